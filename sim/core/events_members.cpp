// Members, bans, voice, presences, members of threads.

#include "sim/core/events.hpp"

namespace shoal::sim {
namespace {

/// A member object with the guild's id, as the GUILD_MEMBER_ events have it.
std::string with_guild(std::string member, std::uint64_t guild) {
    member.pop_back();
    member.append(",\"guild_id\":\"").append(std::to_string(guild)).append("\"}");
    return member;
}

bool bot_may(const event_site& site, std::uint64_t either) {
    const std::uint64_t has = site.things.bot_permissions();
    return (has & (permission::administrator | either)) != 0;
}

std::string of_user(event_site& site, std::uint64_t user) {
    json_text out;
    out.open('{').raw("user", user_json(user, site.world.bot)).id("guild_id", site.guild.id).close('}');
    return out.take();
}

/// Takes somebody out of the list; nullopt if too few are left or it would be the owner.
std::optional<std::uint32_t> leave(event_site& site) {
    const std::uint32_t member = site.some_member();
    if (member == 0 || site.facts().member_end() < 2) return std::nullopt;
    // The list must not run dry in a long run.
    const std::size_t gone = site.guild.changes ? site.guild.changes->members_gone.size() : 0;
    if (gone > 16 && gone * 2 > site.facts().member_end()) return std::nullopt;
    guild_changes& changes = site.guild.changed();
    changes.members_gone.insert(member);
    changes.members.erase(member);
    changes.voice.erase(member);
    ++changes.version;
    return member;
}

}  // namespace

std::optional<world_event> member_add(event_site& site) {
    if (site.random.chance(0.03)) {
        // Discord repeats it for an existing member now and then.
        const std::string again = site.things.member(site.some_member(), guild_renderer::parts::with_user);
        return site.world.tell("GUILD_MEMBER_ADD", site.guild.id, intent::members, with_guild(again, site.guild.id));
    }
    guild_changes& changes = site.guild.changed();
    std::uint32_t member = 0;
    if (!changes.members_gone.empty() && (changes.members_gone.size() > 8 || site.random.chance(0.3))) {
        member = *changes.members_gone.begin();
        changes.members_gone.erase(changes.members_gone.begin());
    } else {
        member = site.facts().member_end();
        ++changes.members_added;
    }
    changes.bans.erase(site.facts().user_of(member));
    ++changes.version;
    return site.world.tell("GUILD_MEMBER_ADD", site.guild.id, intent::members,
                           with_guild(site.things.member(member, guild_renderer::parts::with_user), site.guild.id));
}

std::optional<world_event> member_update(event_site& site) {
    const std::uint32_t member = site.some_member();
    guild_changes& changes = site.guild.changed();
    ++changes.members[member].revision;
    ++changes.version;
    return site.world.tell("GUILD_MEMBER_UPDATE", site.guild.id, intent::members,
                           with_guild(site.things.member(member, guild_renderer::parts::with_user), site.guild.id));
}

std::optional<world_event> own_member_update(event_site& site) {
    // Sent whatever the intents are [2.9.1].
    return site.world.tell("GUILD_MEMBER_UPDATE", site.guild.id, 0,
                           with_guild(site.things.bot_member(guild_renderer::parts::with_user), site.guild.id));
}

std::optional<world_event> member_remove(event_site& site) {
    const auto member = leave(site);
    if (!member) return std::nullopt;
    return site.world.tell("GUILD_MEMBER_REMOVE", site.guild.id, intent::members, of_user(site, site.facts().user_of(*member)));
}

std::optional<world_event> ban_add(event_site& site) {
    if (!bot_may(site, permission::ban_members | permission::view_audit_log)) return std::nullopt;
    // A ban of somebody who is not there: one of a present member would be two events, and this makes one.
    const std::uint64_t user = user_id_of(site.random.below(user_pool));
    if (site.facts().member_index(user)) return std::nullopt;
    guild_changes& changes = site.guild.changed();
    if (changes.bans.size() < 64) changes.bans.emplace(user, std::string());
    return site.world.tell("GUILD_BAN_ADD", site.guild.id, intent::moderation, of_user(site, user));
}

std::optional<world_event> ban_remove(event_site& site) {
    if (!bot_may(site, permission::ban_members | permission::view_audit_log)) return std::nullopt;
    if (!site.guild.changes || site.guild.changes->bans.empty()) return std::nullopt;
    const std::uint64_t user = site.guild.changes->bans.begin()->first;
    site.guild.changes->bans.erase(user);
    return site.world.tell("GUILD_BAN_REMOVE", site.guild.id, intent::moderation, of_user(site, user));
}

std::optional<world_event> voice_state_update(event_site& site) {
    const auto rooms = site.things.channels_of({2});
    if (rooms.empty()) return std::nullopt;
    const auto present = site.things.members_in_voice();
    std::uint32_t member = site.some_member();
    std::uint64_t channel = site.facts().id_of(kind::channel, rooms[site.random.below(rooms.size())]);
    // About as many leave as come.
    if (!present.empty() && (present.size() > site.facts().base_voices() + 4 || site.random.chance(0.4))) {
        member = present[site.random.below(present.size())];
        channel = 0;
    }
    if (site.guild.changes == nullptr || !site.guild.changes->voice.contains(member) ||
        site.guild.changes->voice[member] != channel) {
        guild_changes& changes = site.guild.changed();
        if (channel == 0 && member > site.facts().base_voices()) {
            changes.voice.erase(member);
        } else {
            changes.voice[member] = channel;
        }
        ++changes.version;
    }
    return site.world.tell("VOICE_STATE_UPDATE", site.guild.id, intent::voice_states,
                           site.things.voice_state(member, channel, true));
}

std::optional<world_event> presence_update(event_site& site) {
    return site.world.tell("PRESENCE_UPDATE", site.guild.id, intent::presences, site.things.presence(site.some_member(), true));
}

std::optional<world_event> thread_member_update(event_site& site) {
    const auto thread = site.some_of(kind::thread);
    if (!thread || !site.things.thread_active(*thread)) return std::nullopt;
    json_text out;
    out.open('{').id("user_id", site.world.bot.user).id("id", site.facts().id_of(kind::thread, *thread)).field("flags", 1);
    out.field("join_timestamp", site.time_text()).field("muted", false).field("mute_config", nullptr);
    out.id("guild_id", site.guild.id).close('}');
    return site.world.tell("THREAD_MEMBER_UPDATE", site.guild.id, intent::guilds, out.take());
}

std::optional<world_event> thread_members_update(event_site& site) {
    const auto thread = site.some_of(kind::thread);
    if (!thread || !site.things.thread_active(*thread)) return std::nullopt;
    const std::uint64_t id = site.facts().id_of(kind::thread, *thread);
    const bool of_bot = site.random.chance(0.3);
    const std::uint64_t user = of_bot ? site.world.bot.user : site.facts().user_of(site.some_member());
    json_text out;
    out.open('{').id("id", id).id("guild_id", site.guild.id).field("member_count", 1 + static_cast<int>(site.random.below(50)));
    if (of_bot || site.random.chance(0.6)) {
        out.key("added_members").open('[').open('{').id("user_id", user).id("id", id).field("join_timestamp", site.time_text());
        out.field("flags", 1).close('}').close(']');
    } else {
        out.key("removed_member_ids").open('[').id(user).close(']');
    }
    out.close('}');
    // With GUILDS alone a bot hears of itself; others need GUILD_MEMBERS.
    return site.world.tell("THREAD_MEMBERS_UPDATE", site.guild.id, of_bot ? intent::guilds | intent::members : intent::members,
                           out.take());
}

}  // namespace shoal::sim
