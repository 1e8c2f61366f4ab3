// The guild object [6.1], GUILD_CREATE with its extras [3.1] and the rule for its members [2.9.3].

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>

#include "sim/core/names.hpp"
#include "sim/core/render.hpp"

namespace shoal::sim {
namespace {

constexpr std::uint64_t intent_presences = 1ULL << 8;
constexpr std::array<std::string_view, 10> features = {"COMMUNITY",
                                                       "NEWS",
                                                       "INVITE_SPLASH",
                                                       "ANIMATED_ICON",
                                                       "ROLE_ICONS",
                                                       "VANITY_URL",
                                                       "WELCOME_SCREEN_ENABLED",
                                                       "AUTO_MODERATION",
                                                       "TEXT_IN_VOICE_ENABLED",
                                                       "ENHANCED_ROLE_COLORS"};

}  // namespace

void guild_renderer::guild_fields(json_text& out) const {
    const guild_record& guild = facts_.record();
    random_source random(mix(guild.seed, 0x6775696C64ULL));
    random_source latest(mix(guild.seed, guild.changes ? guild.changes->guild_revision : 0, 0x67));
    const auto hash = [&](const char* name, double share) {
        if (random.chance(share)) {
            out.field(name, image_hash(random, 0.1));
        } else {
            out.field(name, nullptr);
        }
    };
    const bool big = is_big();
    const int tier = big ? static_cast<int>(random.below(4)) : 0;
    const auto texts = channels_of({0});
    const std::uint64_t first_text = texts.empty() ? 0 : facts_.id_of(kind::channel, texts.front());
    const auto voices = channels_of({2});

    out.id("id", guild.id).text("name", guild_name(latest), some_spelling(random));
    hash("icon", 0.8);
    hash("splash", big ? 0.5 : 0.0);
    hash("discovery_splash", big ? 0.4 : 0.0);
    hash("banner", big ? 0.5 : 0.0);
    out.field("home_header", nullptr)
        .id("owner_id", facts_.user_of(0))
        .field("application_id", nullptr)
        .field("region", "deprecated");
    out.id_or_null("afk_channel_id", !voices.empty() && random.chance(0.3) ? facts_.id_of(kind::channel, voices.front()) : 0);
    out.field("afk_timeout", 300).id_or_null("system_channel_id", first_text).field("system_channel_flags", 0);
    out.field("widget_enabled", false).field("widget_channel_id", nullptr);
    out.field("verification_level", static_cast<int>(random.below(5))).field("default_message_notifications", big ? 1 : 0);
    out.field("explicit_content_filter", big ? 2 : 0).field("mfa_level", big ? 1 : 0).field("nsfw_level", 0).field("nsfw", false);
    out.field("premium_tier", tier).field("premium_subscription_count", tier * 7 + static_cast<int>(random.below(3)));
    out.field("premium_progress_bar_enabled", tier > 0).field("preferred_locale", locale(random));
    out.id_or_null("rules_channel_id", big ? first_text : 0).id_or_null("public_updates_channel_id", big ? first_text : 0);
    out.field("safety_alerts_channel_id", nullptr).field("hub_type", nullptr).field("max_video_channel_users", 25);
    out.field("max_stage_video_channel_users", 50 + 100 * tier).field("max_members", 25000000).field("max_presences", nullptr);
    if (big && random.chance(0.3)) {
        out.field("vanity_url_code", emoji_name(random));
    } else {
        out.field("vanity_url_code", nullptr);
    }
    if (big) {
        out.text("description", prose(random, 120), some_spelling(random));
    } else {
        out.field("description", nullptr);
    }
    out.key("features").open('[');
    for (const std::string_view feature : features) {
        if (random.chance(big ? 0.8 : 0.2)) out.text(feature);
    }
    out.close(']');
    if (random.chance(0.05)) {
        out.key("incidents_data").open('{').field("invites_disabled_until", nullptr).field("dms_disabled_until", nullptr);
        out.field("dm_spam_detected_at", nullptr).field("raid_detected_at", nullptr).close('}');
    } else {
        out.field("incidents_data", nullptr);
    }
    // What Discord sends and nobody documents.
    out.field("lazy", true).field("latest_onboarding_question_id", nullptr).field("inventory_settings", nullptr);
    out.field("owner_configured_content_level", nullptr).key("embedded_activities").open('[').close(']');
    out.key("application_command_counts").open('{').field("1", 20).field("2", 1).field("3", 2).close('}');
    out.key("premium_features").null().field("profile", nullptr).field("clan", nullptr).field("moderator_reporting", nullptr);
    out.field("version", 1'700'000'000'000 + facts_.record().version());

    const auto list = [&](const char* name, kind what, auto write) {
        out.key(name).open('[');
        for (std::uint32_t i = 0; i < facts_.end_index(what); ++i) {
            if (facts_.exists(what, i)) out.raw(write(i));
        }
        out.close(']');
    };
    list("roles", kind::role, [this](std::uint32_t i) { return role(i); });
    list("emojis", kind::emoji, [this](std::uint32_t i) { return emoji(i); });
    list("stickers", kind::sticker, [this](std::uint32_t i) { return sticker(i); });
}

std::string guild_renderer::guild() const {
    json_text out;
    out.open('{');
    guild_fields(out);
    out.close('}');
    const auto& changes = facts_.record().changes;
    return changes && changes->guild_fields ? overlaid(out.view(), *changes->guild_fields) : out.take();
}

void guild_renderer::listed_members(json_text& out, const guild_view& view) const {
    const std::int64_t count = facts_.member_count();
    const bool presences = (view.intents & intent_presences) != 0 && count <= 75000;
    const bool everyone = presences && count <= static_cast<std::int64_t>(view.large_threshold);
    const auto voices = members_in_voice();
    const auto in_voice = [&voices](std::uint32_t i) { return std::find(voices.begin(), voices.end(), i) != voices.end(); };
    const auto remarkable = [&](std::uint32_t i) {
        if (status_of(i) != "offline" || in_voice(i)) return true;
        // Role-holding or nicknamed: read from what would be sent, so that both always agree.
        const std::string json = member(i, parts::partial);
        return json.find("\"roles\":[]") == std::string::npos || json.find("\"nick\":null") == std::string::npos;
    };

    out.key("members").open('[').raw(bot_member(parts::with_user));
    if (presences) {
        for (std::uint32_t i = 0; i < facts_.member_end(); ++i) {
            if (facts_.is_member(i) && (everyone || remarkable(i))) out.raw(member(i, parts::with_user));
        }
    } else {
        for (const std::uint32_t i : voices) out.raw(member(i, parts::with_user));
    }
    out.close(']');
    out.key("presences").open('[');
    if (presences) {
        for (std::uint32_t i = 0; i < facts_.member_end(); ++i) {
            if (facts_.is_member(i) && status_of(i) != "offline") out.raw(presence(i, false));
        }
    }
    out.close(']');
    out.key("voice_states").open('[');
    const auto rooms = channels_of({2, 13});
    for (const std::uint32_t i : voices) out.raw(voice_state(i, voice_channel_of(i, rooms), false));
    out.close(']');
}

std::string guild_renderer::guild_create(const guild_view& view) const {
    json_text out;
    out.reserve(16 * 1024);
    out.open('{');
    const auto& changes = facts_.record().changes;
    if (changes && changes->guild_fields) {
        const std::string fields = guild();
        out.raw(std::string_view(fields).substr(1, fields.size() - 2));
    } else {
        guild_fields(out);
    }
    out.field("joined_at", iso_time(discord_epoch_ms + (discord_ms_of(guild_id()) + world_birth_ms) / 2));
    out.field("large", facts_.member_count() > static_cast<std::int64_t>(view.large_threshold)).field("unavailable", false);
    out.field("member_count", facts_.member_count());
    listed_members(out, view);
    out.key("channels").open('[');
    for (std::uint32_t i = 0; i < facts_.end_index(kind::channel); ++i) {
        if (facts_.exists(kind::channel, i)) out.raw(channel(i, with_guild_id::no));
    }
    out.close(']').key("threads").open('[');
    for (std::uint32_t i = 0; i < facts_.end_index(kind::thread); ++i) {
        if (thread_active(i)) out.raw(thread(i, with_guild_id::no));
    }
    out.close(']').key("stage_instances").open('[');
    for (const std::uint32_t i : channels_of({13})) {
        if (has_stage_instance(i)) out.raw(stage_instance(i));
    }
    out.close(']').key("guild_scheduled_events").open('[');
    for (std::uint32_t i = 0; i < facts_.end_index(kind::scheduled); ++i) {
        if (facts_.exists(kind::scheduled, i)) out.raw(scheduled_event(i));
    }
    out.close(']').key("soundboard_sounds").open('[');
    for (std::uint32_t i = 0; i < facts_.base_count(kind::sound); ++i) out.raw(sound(i));
    out.close(']').key("activity_instances").open('[').close(']').close('}');
    return out.take();
}

}  // namespace shoal::sim
