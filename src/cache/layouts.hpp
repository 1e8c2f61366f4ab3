#pragma once
// The one table of what the cache keeps: for each kind its fields, the JSON key of each, from which detail on it is kept, and how
// it is packed. Readers, records, snapshots, old values and docs/cache.md all follow from it. Not here: how a record is packed
// (record.hpp), which events change what (shard_cache.hpp).
//
// A field's place in its table is its bit in a record, and records travel in snapshots: fields are added at the end, and none is
// ever moved, taken out or given another type (snapshot.hpp says why).

#include <array>
#include <cstddef>
#include <string_view>
#include <tuple>

#include "cache/json_reading.hpp"
#include "shoal/cache.hpp"
#include "shoal/cache_settings.hpp"

namespace shoal::cache {

enum class packing : std::uint8_t {
    plain,     ///< As its type says; texts stand in the record, up to 1,024 bytes.
    shared,    ///< A text that many things have: once in the shard's pool.
    long_text  ///< Up to 16,384 bytes.
};

template <class M>
struct member_of;
template <class T, class M>
struct member_of<M T::*> {
    using type = M;
};

/// One field. `read` takes it from JSON where its type does not say how.
template <auto Member, packing How = packing::plain>
struct field {
    using type = typename member_of<decltype(Member)>::type;
    static constexpr auto member = Member;
    static constexpr packing how = How;
    std::string_view key;
    cache_detail from = cache_detail::core;
    void (*read)(type& into, const discord::json_value& value, json_reading& reading) = nullptr;
};

template <class T>
struct layout;

inline constexpr auto core = cache_detail::core;
inline constexpr auto standard = cache_detail::standard;
inline constexpr auto all = cache_detail::all;
inline constexpr auto shared = packing::shared;
inline constexpr auto long_text = packing::long_text;

template <>
struct layout<cached_guild_fields> {
    static constexpr std::string_view name = "guild";
    static constexpr auto key = &cached_guild_fields::id;
    static constexpr std::string_view key_name = "id";
    static constexpr std::array<std::string_view, 0> inside{};
    using t = cached_guild_fields;
    static constexpr std::tuple fields{
        field<&t::name>{"name"},
        field<&t::owner_id>{"owner_id"},
        field<&t::joined_at>{"joined_at", standard},
        field<&t::icon>{"icon", standard},
        field<&t::preferred_locale>{"preferred_locale", standard},
        field<&t::verification_level>{"verification_level", standard},
        field<&t::system_channel_id>{"system_channel_id", standard},
        field<&t::afk_timeout>{"afk_timeout", standard},
        field<&t::afk_channel_id>{"afk_channel_id", standard},
        field<&t::rules_channel_id>{"rules_channel_id", standard},
        field<&t::public_updates_channel_id>{"public_updates_channel_id", standard},
        field<&t::default_message_notifications>{"default_message_notifications", standard},
        field<&t::explicit_content_filter>{"explicit_content_filter", standard},
        field<&t::mfa_level>{"mfa_level", standard},
        field<&t::nsfw_level>{"nsfw_level", standard},
        field<&t::premium_tier>{"premium_tier", standard},
        field<&t::premium_subscription_count>{"premium_subscription_count", standard},
        field<&t::vanity_url_code>{"vanity_url_code", standard},
        field<&t::large>{"large", standard},
        field<&t::banner>{"banner", all},
        field<&t::splash>{"splash", all},
        field<&t::discovery_splash>{"discovery_splash", all},
        field<&t::description, long_text>{"description", all},
        field<&t::features>{"features", all},
        field<&t::safety_alerts_channel_id>{"safety_alerts_channel_id", all},
        field<&t::system_channel_flags>{"system_channel_flags", all},
        field<&t::max_members>{"max_members", all},
    };
};

template <>
struct layout<cached_channel> {
    static constexpr std::string_view name = "channel";
    static constexpr auto key = &cached_channel::id;
    static constexpr std::string_view key_name = "id";
    static constexpr std::array<std::string_view, 0> inside{};
    using t = cached_channel;
    static constexpr std::tuple fields{
        field<&t::name, shared>{"name"},
        field<&t::type>{"type"},
        field<&t::position>{"position"},
        field<&t::parent_id>{"parent_id"},
        field<&t::overwrites>{"permission_overwrites", core, read_overwrites},
        field<&t::nsfw>{"nsfw"},
        field<&t::rate_limit_per_user>{"rate_limit_per_user", standard},
        field<&t::user_limit>{"user_limit", standard},
        field<&t::bitrate>{"bitrate", standard},
        field<&t::flags>{"flags", standard},
        field<&t::topic, long_text>{"topic", all},
        field<&t::status>{"status", all},
        field<&t::rtc_region>{"rtc_region", all},
        field<&t::video_quality_mode>{"video_quality_mode", all},
        field<&t::auto_archive_minutes>{"default_auto_archive_duration", all},
        field<&t::thread_rate_limit_per_user>{"default_thread_rate_limit_per_user", all},
        field<&t::last_pin_at>{"last_pin_timestamp", all},
    };
};

template <>
struct layout<cached_thread> {
    static constexpr std::string_view name = "thread";
    static constexpr auto key = &cached_thread::id;
    static constexpr std::string_view key_name = "id";
    static constexpr std::array<std::string_view, 1> inside{"thread_metadata"};
    using t = cached_thread;
    static constexpr std::tuple fields{
        field<&t::name>{"name"},
        field<&t::type>{"type"},
        field<&t::parent_id>{"parent_id"},
        field<&t::owner_id>{"owner_id"},
        field<&t::auto_archive_minutes>{"auto_archive_duration"},
        field<&t::locked>{"locked"},
        field<&t::joined>{"member", core, read_presence_of},
        field<&t::member_count>{"member_count"},
        field<&t::message_count>{"message_count"},
        field<&t::rate_limit_per_user>{"rate_limit_per_user"},
        field<&t::flags>{"flags"},
        field<&t::invitable>{"invitable"},
        field<&t::applied_tags>{"applied_tags", all},
        field<&t::total_message_sent>{"total_message_sent", all},
        field<&t::archive_timestamp>{"archive_timestamp", all},
        field<&t::create_timestamp>{"create_timestamp", all},
    };
};

template <>
struct layout<cached_role> {
    static constexpr std::string_view name = "role";
    static constexpr auto key = &cached_role::id;
    static constexpr std::string_view key_name = "id";
    static constexpr std::array<std::string_view, 2> inside{"colors", "tags"};
    using t = cached_role;
    static constexpr std::tuple fields{
        field<&t::name, shared>{"name"},
        field<&t::permissions>{"permissions"},
        field<&t::position>{"position"},
        field<&t::color>{"color"},
        field<&t::hoist>{"hoist"},
        field<&t::managed>{"managed"},
        field<&t::mentionable>{"mentionable"},
        field<&t::secondary_color>{"secondary_color", all},
        field<&t::tertiary_color>{"tertiary_color", all},
        field<&t::icon>{"icon", all},
        field<&t::unicode_emoji>{"unicode_emoji", all},
        field<&t::flags>{"flags", all},
        field<&t::bot_id>{"bot_id", all},
        field<&t::integration_id>{"integration_id", all},
        // In `tags` null means true.
        field<&t::premium_subscriber>{"premium_subscriber", all, read_true},
    };
};

template <>
struct layout<cached_emoji> {
    static constexpr std::string_view name = "emoji";
    static constexpr auto key = &cached_emoji::id;
    static constexpr std::string_view key_name = "id";
    static constexpr std::array<std::string_view, 0> inside{};
    using t = cached_emoji;
    static constexpr std::tuple fields{
        field<&t::name>{"name"},       field<&t::animated>{"animated"},
        field<&t::managed>{"managed"}, field<&t::unavailable>{"available", core, read_inverted},
        field<&t::roles>{"roles"},     field<&t::creator_id>{"user", all, read_id_of_user},
    };
};

template <>
struct layout<cached_sticker> {
    static constexpr std::string_view name = "sticker";
    static constexpr auto key = &cached_sticker::id;
    static constexpr std::string_view key_name = "id";
    static constexpr std::array<std::string_view, 0> inside{};
    using t = cached_sticker;
    static constexpr std::tuple fields{
        field<&t::name>{"name"},
        field<&t::format>{"format_type"},
        field<&t::unavailable>{"available", core, read_inverted},
        field<&t::description>{"description", all},
        field<&t::tags>{"tags", all},
        field<&t::creator_id>{"user", all, read_id_of_user},
    };
};

template <>
struct layout<cached_voice_state> {
    static constexpr std::string_view name = "voice state";
    static constexpr auto key = &cached_voice_state::user_id;
    static constexpr std::string_view key_name = "user_id";
    static constexpr std::array<std::string_view, 0> inside{};
    using t = cached_voice_state;
    static constexpr std::tuple fields{
        field<&t::channel_id>{"channel_id"},
        field<&t::session_id>{"session_id"},
        field<&t::self_deaf>{"self_deaf"},
        field<&t::self_mute>{"self_mute"},
        field<&t::deaf>{"deaf"},
        field<&t::mute>{"mute"},
        field<&t::suppress>{"suppress"},
        field<&t::self_stream>{"self_stream"},
        field<&t::self_video>{"self_video"},
        field<&t::request_to_speak_at>{"request_to_speak_timestamp"},
    };
};

template <>
struct layout<cached_user> {
    static constexpr std::string_view name = "user";
    static constexpr auto key = &cached_user::id;
    static constexpr std::string_view key_name = "id";
    static constexpr std::array<std::string_view, 0> inside{};
    using t = cached_user;
    static constexpr std::tuple fields{
        field<&t::holders>{""},
        field<&t::username>{"username"},
        field<&t::avatar>{"avatar"},
        field<&t::global_name>{"global_name"},
        field<&t::public_flags>{"public_flags"},
        field<&t::discriminator>{"discriminator"},
        field<&t::bot>{"bot"},
        field<&t::system>{"system", all},
        field<&t::banner>{"banner", all},
        field<&t::accent_color>{"accent_color", all},
    };
};

template <>
struct layout<cached_member> {
    static constexpr std::string_view name = "member";
    static constexpr auto key = &cached_member::id;
    static constexpr std::string_view key_name = "";  // In `user`, or beside the member.
    static constexpr std::array<std::string_view, 0> inside{};
    using t = cached_member;
    static constexpr std::tuple fields{
        field<&t::joined_at>{"joined_at"},
        field<&t::roles>{"roles"},
        field<&t::nick>{"nick"},
        field<&t::premium_since>{"premium_since"},
        field<&t::flags>{"flags"},
        field<&t::deaf>{"deaf"},
        field<&t::mute>{"mute"},
        field<&t::pending>{"pending"},
        field<&t::timeout_until>{"communication_disabled_until"},
        field<&t::avatar>{"avatar"},
        field<&t::only_in_voice>{""},
        field<&t::banner>{"banner", all},
    };
};

template <>
struct layout<cached_presence> {
    static constexpr std::string_view name = "presence";
    static constexpr auto key = &cached_presence::user_id;
    static constexpr std::string_view key_name = "";
    static constexpr std::array<std::string_view, 1> inside{"client_status"};
    using t = cached_presence;
    static constexpr std::tuple fields{
        field<&t::overall>{"status"},
        field<&t::desktop>{"desktop"},
        field<&t::mobile>{"mobile"},
        field<&t::web>{"web"},
    };
};

template <>
struct layout<cached_stage> {
    static constexpr std::string_view name = "stage instance";
    static constexpr auto key = &cached_stage::id;
    static constexpr std::string_view key_name = "id";
    static constexpr std::array<std::string_view, 0> inside{};
    using t = cached_stage;
    static constexpr std::tuple fields{
        field<&t::channel_id>{"channel_id"},
        field<&t::topic>{"topic"},
        field<&t::privacy_level>{"privacy_level"},
        field<&t::scheduled_event_id>{"guild_scheduled_event_id"},
    };
};

template <>
struct layout<cached_scheduled_event> {
    static constexpr std::string_view name = "scheduled event";
    static constexpr auto key = &cached_scheduled_event::id;
    static constexpr std::string_view key_name = "id";
    static constexpr std::array<std::string_view, 1> inside{"entity_metadata"};
    using t = cached_scheduled_event;
    static constexpr std::tuple fields{
        field<&t::name>{"name"},
        field<&t::starts_at>{"scheduled_start_time"},
        field<&t::ends_at>{"scheduled_end_time"},
        field<&t::status>{"status"},
        field<&t::entity_type>{"entity_type"},
        field<&t::privacy_level>{"privacy_level"},
        field<&t::channel_id>{"channel_id"},
        field<&t::creator_id>{"creator_id"},
        field<&t::entity_id>{"entity_id"},
        field<&t::user_count>{"user_count"},
        field<&t::location>{"location"},
        field<&t::description, long_text>{"description", all},
        field<&t::image>{"image", all},
    };
};

template <>
struct layout<cached_sound> {
    static constexpr std::string_view name = "sound";
    static constexpr auto key = &cached_sound::id;
    static constexpr std::string_view key_name = "sound_id";
    static constexpr std::array<std::string_view, 0> inside{};
    using t = cached_sound;
    static constexpr std::tuple fields{
        field<&t::name>{"name"},
        field<&t::volume_permille>{"volume", core, read_permille},
        field<&t::emoji_id>{"emoji_id"},
        field<&t::emoji_name>{"emoji_name"},
        field<&t::creator_id>{"user", all, read_id_of_user},
        field<&t::unavailable>{"available", core, read_inverted},
    };
};

/// Calls `visit(field, std::integral_constant<std::size_t, place>)` for each field of T, in order.
template <class T, class F>
constexpr void for_each_field(F&& visit) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
        (visit(std::get<I>(layout<T>::fields), std::integral_constant<std::size_t, I>{}), ...);
    }(std::make_index_sequence<std::tuple_size_v<decltype(layout<T>::fields)>>{});
}

/// Which table of a guild a kind lives in.
template <class T>
inline constexpr detail::cache_table table_of = [] {
    using enum detail::cache_table;
    if constexpr (std::is_same_v<T, cached_guild_fields>) return fields;
    if constexpr (std::is_same_v<T, cached_channel>) return channels;
    if constexpr (std::is_same_v<T, cached_role>) return roles;
    if constexpr (std::is_same_v<T, cached_thread>) return threads;
    if constexpr (std::is_same_v<T, cached_emoji>) return emojis;
    if constexpr (std::is_same_v<T, cached_sticker>) return stickers;
    if constexpr (std::is_same_v<T, cached_voice_state>) return voice_states;
    if constexpr (std::is_same_v<T, cached_member>) return members;
    if constexpr (std::is_same_v<T, cached_presence>) return presences;
    if constexpr (std::is_same_v<T, cached_stage>) return stages;
    if constexpr (std::is_same_v<T, cached_scheduled_event>) return scheduled_events;
    if constexpr (std::is_same_v<T, cached_sound>) return sounds;
}();

/// Calls `visit.template operator()<T>()` for each kind that a guild has a table of, in the tables' order.
template <class F>
constexpr void for_each_table(F&& visit) {
    visit.template operator()<cached_guild_fields>();
    visit.template operator()<cached_channel>();
    visit.template operator()<cached_role>();
    visit.template operator()<cached_thread>();
    visit.template operator()<cached_emoji>();
    visit.template operator()<cached_sticker>();
    visit.template operator()<cached_voice_state>();
    visit.template operator()<cached_member>();
    visit.template operator()<cached_presence>();
    visit.template operator()<cached_stage>();
    visit.template operator()<cached_scheduled_event>();
    visit.template operator()<cached_sound>();
}

}  // namespace shoal::cache
