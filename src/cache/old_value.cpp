#include "cache/old_value.hpp"

#include "cache/guild_access.hpp"
#include "cache/record.hpp"

namespace shoal::cache {

using discord::event_kind;
using discord::json_value;

namespace {

template <class T>
constexpr int number_of() {
    if constexpr (std::is_same_v<T, cached_user>) return static_cast<int>(detail::cache_tables);
    if constexpr (!std::is_same_v<T, cached_user>) return static_cast<int>(table_of<T>);
}

}  // namespace

template <class T>
void old_value::take(const record_home& home, const detail::packed_table::entry& from) {
    if (from.record.data() == nullptr) return;
    what_ = number_of<T>();
    kept one{from.key, std::string(from.record), {}};
    if constexpr (has_shared_text<T>) {
        byte_reader in(from.record);
        if ((in.number() & 1) != 0) one.text = home.texts->view(in.raw<std::uint32_t>());
    }
    records_.push_back(std::move(one));
}

template <class T>
void old_value::take(const cached_guild& guild, std::uint64_t key) {
    take<T>(guild_access::home(guild), {key, guild_access::table(guild, table_of<T>).find(key)});
    // Only what names roles needs the list of their ids.
    if constexpr (std::is_same_v<T, cached_member> || std::is_same_v<T, cached_channel>) {
        if (!records_.empty()) role_ids_ = guild_access::role_ids(guild);
    }
}

template <class T>
std::optional<T> old_value::get() const {
    if (records_.empty() || what_ != number_of<T>()) return std::nullopt;
    const auto& one = records_.front();
    return read_record<T>(one.key, one.record, {nullptr, &role_ids_, one.text});
}

template <class T>
std::vector<T> old_value::all() const {
    std::vector<T> out;
    if (what_ != number_of<T>()) return out;
    out.reserve(records_.size());
    for (const auto& one : records_) out.push_back(read_record<T>(one.key, one.record, {nullptr, &role_ids_, one.text}));
    return out;
}

old_value old_value::before(const shard_cache& cache, event_kind kind, std::string_view json, std::uint64_t seq) {
    using enum event_kind;
    old_value out;
    if (!cache.listens_to(kind)) return out;
    const json_value object(json);
    const auto number = [&object](std::string_view key) { return object[key].unsigned_integer().value_or(0); };
    if (kind == user_update) {
        const auto who = number("id");
        out.take<cached_user>({}, {who, guild_access::tables(cache).users.find(who)});
        return out;
    }
    const bool of_guild_itself = kind == guild_create || kind == guild_update || kind == guild_delete;
    const auto* guild = cache.guild(guild_id(number(of_guild_itself ? "id" : "guild_id")));
    if (guild == nullptr || (seq != 0 && seq <= guild_access::seq(*guild))) return out;
    switch (kind) {
        case guild_create:
        case guild_update:
        case guild_delete: out.take<cached_guild_fields>(*guild, guild->id().value()); break;
        case channel_create:
        case channel_update:
        case channel_delete:
        case voice_channel_status_update: out.take<cached_channel>(*guild, number("id")); break;
        case channel_pins_update: out.take<cached_channel>(*guild, number("channel_id")); break;
        case thread_create:
        case thread_update:
        case thread_delete:
        case thread_member_update:
        case thread_members_update: out.take<cached_thread>(*guild, number("id")); break;
        case guild_role_create:
        case guild_role_update: out.take<cached_role>(*guild, object["role"]["id"].unsigned_integer().value_or(0)); break;
        case guild_role_delete: out.take<cached_role>(*guild, number("role_id")); break;
        case guild_member_add:
        case guild_member_update:
        case guild_member_remove: out.take<cached_member>(*guild, object["user"]["id"].unsigned_integer().value_or(0)); break;
        case voice_state_update: out.take<cached_voice_state>(*guild, number("user_id")); break;
        case presence_update: out.take<cached_presence>(*guild, object["user"]["id"].unsigned_integer().value_or(0)); break;
        case stage_instance_create:
        case stage_instance_update:
        case stage_instance_delete: out.take<cached_stage>(*guild, number("id")); break;
        case guild_scheduled_event_create:
        case guild_scheduled_event_update:
        case guild_scheduled_event_delete: out.take<cached_scheduled_event>(*guild, number("id")); break;
        case guild_soundboard_sound_create:
        case guild_soundboard_sound_update:
        case guild_soundboard_sound_delete: out.take<cached_sound>(*guild, number("sound_id")); break;
        case guild_emojis_update:
            for (const auto& each : guild_access::table(*guild, detail::cache_table::emojis)) {
                out.take<cached_emoji>(guild_access::home(*guild), each);
            }
            out.role_ids_ = guild_access::role_ids(*guild);
            break;
        case guild_stickers_update:
            for (const auto& each : guild_access::table(*guild, detail::cache_table::stickers)) {
                out.take<cached_sticker>(guild_access::home(*guild), each);
            }
            break;
        default: break;
    }
    return out;
}

template std::optional<cached_user> old_value::get() const;
template std::optional<cached_guild_fields> old_value::get() const;
template std::optional<cached_channel> old_value::get() const;
template std::optional<cached_role> old_value::get() const;
template std::optional<cached_thread> old_value::get() const;
template std::optional<cached_member> old_value::get() const;
template std::optional<cached_voice_state> old_value::get() const;
template std::optional<cached_presence> old_value::get() const;
template std::optional<cached_stage> old_value::get() const;
template std::optional<cached_scheduled_event> old_value::get() const;
template std::optional<cached_sound> old_value::get() const;
template std::vector<cached_emoji> old_value::all() const;
template std::vector<cached_sticker> old_value::all() const;

}  // namespace shoal::cache
