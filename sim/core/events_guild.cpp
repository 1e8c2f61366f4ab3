// The guild itself: channels, roles, threads, emojis and what else administrators do.

#include <array>

#include "sim/core/events.hpp"

namespace shoal::sim {
namespace {

using with = guild_renderer::with_guild_id;

bool bot_may(const event_site& site, std::uint64_t either) {
    return (site.things.bot_permissions() & (permission::administrator | either)) != 0;
}

/// Traffic keeps a guild near the size that it began with: a class stays a class in a long run.
bool may_grow(const event_site& site, kind what, std::uint32_t cap) {
    const std::uint32_t count = site.facts().count(what), base = site.facts().base_count(what);
    return count < cap && count < base + 4;
}
bool may_shrink(const event_site& site, kind what) {
    const std::uint32_t count = site.facts().count(what), base = site.facts().base_count(what);
    return count > 3 && count + 3 > base;
}

std::string role_event(event_site& site, std::uint32_t role) {
    json_text out;
    out.open('{').raw("role", site.things.role(role)).id("guild_id", site.guild.id).close('}');
    return out.take();
}

std::string only_guild(event_site& site) {
    json_text out;
    out.open('{').id("guild_id", site.guild.id).close('}');
    return out.take();
}

}  // namespace

std::optional<world_event> guild_update(event_site& site) {
    guild_changes& changes = site.guild.changed();
    ++changes.guild_revision;
    ++changes.version;
    return site.world.tell("GUILD_UPDATE", site.guild.id, intent::guilds, site.things.guild());
}

std::optional<world_event> channel_create(event_site& site) {
    if (!may_grow(site, kind::channel, 500)) return std::nullopt;
    const std::uint32_t index = site.world.create_entity(site.guild, kind::channel, site.now);
    return site.world.tell("CHANNEL_CREATE", site.guild.id, intent::guilds, site.things.channel(index, with::yes));
}

std::optional<world_event> channel_update(event_site& site) {
    const auto index = site.some_of(kind::channel);
    if (!index) return std::nullopt;
    site.world.touch(site.guild, kind::channel, *index);
    return site.world.tell("CHANNEL_UPDATE", site.guild.id, intent::guilds, site.things.channel(*index, with::yes));
}

std::optional<world_event> channel_delete(event_site& site) {
    if (!may_shrink(site, kind::channel)) return std::nullopt;
    // Categories stay (their children would need events of their own), and so does the first text and the first voice channel.
    const std::uint32_t categories = std::max(1U, site.facts().base_count(kind::channel) / 8);
    const auto index = site.some_of(kind::channel, categories + 2);
    if (!index) return std::nullopt;
    std::string last = site.things.channel(*index, with::yes);
    site.world.erase_entity(site.guild, kind::channel, *index);
    return site.world.tell("CHANNEL_DELETE", site.guild.id, intent::guilds, std::move(last));
}

std::optional<world_event> role_create(event_site& site) {
    if (!may_grow(site, kind::role, 250)) return std::nullopt;
    const std::uint32_t index = site.world.create_entity(site.guild, kind::role, site.now);
    return site.world.tell("GUILD_ROLE_CREATE", site.guild.id, intent::guilds, role_event(site, index));
}

std::optional<world_event> role_update(event_site& site) {
    const auto index = site.some_of(kind::role, 2);
    if (!index) return std::nullopt;
    site.world.touch(site.guild, kind::role, *index);
    return site.world.tell("GUILD_ROLE_UPDATE", site.guild.id, intent::guilds, role_event(site, *index));
}

std::optional<world_event> role_delete(event_site& site) {
    const auto index = may_shrink(site, kind::role) ? site.some_of(kind::role, 2) : std::nullopt;
    if (!index) return std::nullopt;
    const std::uint64_t id = site.facts().id_of(kind::role, *index);
    site.world.erase_entity(site.guild, kind::role, *index);
    json_text out;
    out.open('{').id("role_id", id).id("guild_id", site.guild.id).close('}');
    return site.world.tell("GUILD_ROLE_DELETE", site.guild.id, intent::guilds, out.take());
}

std::optional<world_event> thread_create(event_site& site) {
    if (site.facts().count(kind::thread) >= std::min(site.facts().base_count(kind::thread) + 6, 1000U)) return std::nullopt;
    const std::uint32_t index = site.world.create_entity(site.guild, kind::thread, site.now);
    if (!site.things.thread_active(index)) {
        // Its parent would be gone or hidden: nobody hears of such a thread.
        site.world.erase_entity(site.guild, kind::thread, index);
        return std::nullopt;
    }
    std::string thread = site.things.thread(index, with::yes);
    thread.pop_back();
    return site.world.tell("THREAD_CREATE", site.guild.id, intent::guilds, thread + ",\"newly_created\":true}");
}

std::optional<world_event> thread_update(event_site& site) {
    const auto index = site.some_of(kind::thread);
    if (!index || !site.things.thread_active(*index)) return std::nullopt;
    site.world.touch(site.guild, kind::thread, *index);
    return site.world.tell("THREAD_UPDATE", site.guild.id, intent::guilds, site.things.thread(*index, with::yes));
}

std::optional<world_event> thread_delete(event_site& site) {
    const auto index = site.some_of(kind::thread);
    if (!index || !site.things.thread_active(*index)) return std::nullopt;
    if (site.facts().count(kind::thread) + 6 < site.facts().base_count(kind::thread)) return std::nullopt;
    const std::uint64_t parent = site.facts().id_of(kind::channel, *site.things.thread_parent(*index));
    json_text out;
    out.open('{').field("type", 11).id("parent_id", parent).id("id", site.facts().id_of(kind::thread, *index));
    out.id("guild_id", site.guild.id).close('}');
    site.world.erase_entity(site.guild, kind::thread, *index);
    return site.world.tell("THREAD_DELETE", site.guild.id, intent::guilds, out.take());
}

std::optional<world_event> thread_list_sync(event_site& site) {
    const auto parent = site.some_text_channel();
    if (!parent) return std::nullopt;
    json_text out;
    out.open('{')
        .id("guild_id", site.guild.id)
        .key("channel_ids")
        .open('[')
        .id(site.facts().id_of(kind::channel, *parent))
        .close(']');
    out.key("threads").open('[');
    for (std::uint32_t i = 0; i < site.facts().end_index(kind::thread); ++i) {
        if (site.things.thread_active(i) && site.things.thread_parent(i) == parent) out.raw(site.things.thread(i, with::yes));
    }
    out.close(']').key("members").open('[').close(']').close('}');
    return site.world.tell("THREAD_LIST_SYNC", site.guild.id, intent::guilds, out.take());
}

std::optional<world_event> emojis_update(event_site& site) {
    if (site.facts().base_count(kind::emoji) == 0) return std::nullopt;
    if (site.random.chance(0.5) && may_grow(site, kind::emoji, 500)) {
        site.world.create_entity(site.guild, kind::emoji, site.now);
    } else if (const auto index = may_shrink(site, kind::emoji) ? site.some_of(kind::emoji) : std::nullopt; index) {
        site.world.erase_entity(site.guild, kind::emoji, *index);
    }
    json_text out;
    out.open('{').id("guild_id", site.guild.id).key("emojis").open('[');
    for (std::uint32_t i = 0; i < site.facts().end_index(kind::emoji); ++i) {
        if (site.facts().exists(kind::emoji, i)) out.raw(site.things.emoji(i));
    }
    out.close(']').close('}');
    return site.world.tell("GUILD_EMOJIS_UPDATE", site.guild.id, intent::expressions, out.take());
}

std::optional<world_event> stickers_update(event_site& site) {
    json_text out;
    out.open('{').id("guild_id", site.guild.id).key("stickers").open('[');
    for (std::uint32_t i = 0; i < site.facts().end_index(kind::sticker); ++i) {
        if (site.facts().exists(kind::sticker, i)) out.raw(site.things.sticker(i));
    }
    out.close(']').close('}');
    return site.world.tell("GUILD_STICKERS_UPDATE", site.guild.id, intent::expressions, out.take());
}

std::optional<world_event> soundboard_update(event_site& site) {
    if (site.facts().base_count(kind::sound) == 0) return std::nullopt;
    const auto index = static_cast<std::uint32_t>(site.random.below(site.facts().base_count(kind::sound)));
    return site.world.tell("GUILD_SOUNDBOARD_SOUND_UPDATE", site.guild.id, intent::expressions, site.things.sound(index));
}

std::optional<world_event> webhooks_update(event_site& site) {
    const auto channel = site.some_text_channel();
    if (!channel) return std::nullopt;
    json_text out;
    out.open('{').id("guild_id", site.guild.id).id("channel_id", site.facts().id_of(kind::channel, *channel)).close('}');
    return site.world.tell("WEBHOOKS_UPDATE", site.guild.id, intent::webhooks, out.take());
}

std::optional<world_event> integrations_update(event_site& site) {
    if (site.random.chance(0.5))
        return site.world.tell("GUILD_INTEGRATIONS_UPDATE", site.guild.id, intent::integrations, only_guild(site));
    json_text out;
    const std::uint64_t user = site.facts().user_of(site.some_member());
    out.open('{').id("id", site.fresh_id()).field("name", "Twitch ↗").field("type", "twitch").field("enabled", true);
    out.id("guild_id", site.guild.id).raw("user", user_json(user, site.world.bot));
    out.key("account").open('{').field("id", "77").field("name", "stream").close('}');
    // Only integrations of bots come without these; discord.py reads all of them of a stream.
    out.field("syncing", false).field("role_id", nullptr).field("enable_emoticons", true).field("expire_behavior", 0);
    out.field("expire_grace_period", 7).field("synced_at", "2026-09-30T12:00:00.000000+00:00").field("subscriber_count", 12);
    out.field("revoked", false).close('}');
    return site.world.tell("INTEGRATION_CREATE", site.guild.id, intent::integrations, out.take());
}

std::optional<world_event> invite_create(event_site& site) {
    const auto channel = bot_may(site, permission::manage_channels) ? site.some_text_channel() : std::nullopt;
    if (!channel) return std::nullopt;
    json_text out;
    out.open('{').field("type", 0).field("uses", 0).field("temporary", false).field("max_uses", 0).field("max_age", 604800);
    out.raw("inviter", user_json(site.facts().user_of(site.some_member()), site.world.bot)).id("guild_id", site.guild.id);
    out.field("expires_at", site.time_text()).field("created_at", site.time_text()).field("code", emoji_name(site.random));
    out.id("channel_id", site.facts().id_of(kind::channel, *channel)).close('}');
    return site.world.tell("INVITE_CREATE", site.guild.id, intent::invites, out.take());
}

std::optional<world_event> invite_delete(event_site& site) {
    const auto channel = bot_may(site, permission::manage_channels) ? site.some_text_channel() : std::nullopt;
    if (!channel) return std::nullopt;
    json_text out;
    out.open('{').id("guild_id", site.guild.id).field("code", emoji_name(site.random));
    out.id("channel_id", site.facts().id_of(kind::channel, *channel)).close('}');
    return site.world.tell("INVITE_DELETE", site.guild.id, intent::invites, out.take());
}

std::optional<world_event> audit_log_entry(event_site& site) {
    if (!bot_may(site, permission::view_audit_log)) return std::nullopt;
    json_text out;
    out.open('{').id("user_id", site.facts().user_of(site.some_member())).id("target_id", site.facts().user_of(0));
    out.id("id", site.fresh_id())
        .key("changes")
        .open('[')
        .open('{')
        .field("new_value", "x")
        .field("key", "nick")
        .close('}')
        .close(']');
    out.field("reason", prose(site.random, 20)).field("action_type", 24).id("guild_id", site.guild.id).close('}');
    return site.world.tell("GUILD_AUDIT_LOG_ENTRY_CREATE", site.guild.id, intent::moderation, out.take());
}

std::optional<world_event> stage_instance_event(event_site& site) {
    const auto stages = site.things.channels_of({13});
    if (stages.empty()) return std::nullopt;
    return site.world.tell("STAGE_INSTANCE_UPDATE", site.guild.id, intent::guilds,
                           site.things.stage_instance(stages[site.random.below(stages.size())]));
}

std::optional<world_event> scheduled_event_event(event_site& site) {
    if (site.guild.size < guild_class::community) return std::nullopt;
    if (site.random.chance(0.5)) {
        return site.world.tell("GUILD_SCHEDULED_EVENT_UPDATE", site.guild.id, intent::scheduled_events,
                               site.things.scheduled_event(0));
    }
    json_text out;
    out.open('{').id("guild_scheduled_event_id", site.facts().id_of(kind::scheduled, 0)).id("guild_id", site.guild.id);
    out.id("user_id", site.facts().user_of(site.some_member())).close('}');
    return site.world.tell("GUILD_SCHEDULED_EVENT_USER_ADD", site.guild.id, intent::scheduled_events, out.take());
}

std::optional<world_event> automod_rule(event_site& site) {
    if (!bot_may(site, permission::manage_guild)) return std::nullopt;
    json_text out;
    out.open('{').id("id", site.facts().id_of(kind::rule, 0)).id("guild_id", site.guild.id).field("name", "No \"spam\"");
    out.id("creator_id", site.facts().user_of(0)).field("event_type", 1).field("trigger_type", 3);
    out.key("trigger_metadata").open('{').close('}').key("actions").open('[').open('{').field("type", 1);
    // Documented as optional, but Discord's rules carry it always, and discord.js 14 reads through it unasked.
    out.key("metadata").open('{').close('}').close('}').close(']');
    out.field("enabled", true).key("exempt_roles").open('[').close(']').key("exempt_channels").open('[').close(']').close('}');
    return site.world.tell("AUTO_MODERATION_RULE_UPDATE", site.guild.id, intent::automod_configuration, out.take());
}

std::optional<world_event> automod_execution(event_site& site) {
    const auto channel = bot_may(site, permission::manage_guild) ? site.some_text_channel() : std::nullopt;
    if (!channel) return std::nullopt;
    const std::uint64_t user = site.facts().user_of(site.some_member());
    const std::string content = prose(site.random, 30);
    const auto write = [&](std::string_view text) {
        json_text out;
        out.open('{')
            .id("guild_id", site.guild.id)
            .key("action")
            .open('{')
            .field("type", 1)
            .key("metadata")
            .open('{')
            .close('}')
            .close('}');
        out.id("rule_id", site.facts().id_of(kind::rule, 0)).field("rule_trigger_type", 3).id("user_id", user);
        out.id("channel_id", site.facts().id_of(kind::channel, *channel)).field("content", text).field("matched_content", text);
        out.field("matched_keyword", nullptr).close('}');
        return out.take();
    };
    world_event event =
        site.world.tell("AUTO_MODERATION_ACTION_EXECUTION", site.guild.id, intent::automod_execution, write(content));
    event.data_without_content = site.world.finish(write(""));
    return event;
}

std::optional<world_event> unknown_event(event_site& site) {
    constexpr std::array names = {"GUILD_JOIN_REQUEST_UPDATE", "GUILD_JOIN_REQUEST_CREATE", "EMBEDDED_ACTIVITY_UPDATE_V2",
                                  "GUILD_APPLIED_BOOSTS_UPDATE", "X_EVENT_OF_THE_FUTURE"};
    json_text out;
    out.open('{').id("guild_id", site.guild.id).field("status", "SUBMITTED").key("request").open('{').id("id", site.fresh_id());
    out.id("user_id", site.facts().user_of(site.some_member())).key("form_responses").open('[').close(']').close('}').close('}');
    return site.world.tell(names[site.random.below(names.size())], site.guild.id, 0, out.take());
}

}  // namespace shoal::sim
