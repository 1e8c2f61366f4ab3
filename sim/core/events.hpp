#pragma once
// How traffic is made: one function per kind of event, each with the shape of [3.2] and with the state that it changes.
// Not here: which guild is next and how often (world.cpp, the simulator).

#include <optional>
#include <string>

#include "sim/core/names.hpp"
#include "sim/core/world_state.hpp"

namespace shoal::sim {

/// Where an event happens.
struct event_site {
    world_state& world;
    guild_record& guild;
    guild_renderer things;
    instant now;
    random_source& random;

    event_site(world_state& where, guild_record& in, instant at)
        : world(where), guild(in), things(where.renderer(in)), now(at), random(where.random) {}

    [[nodiscard]] const guild_facts& facts() const { return things.facts(); }
    [[nodiscard]] std::uint64_t fresh_id() { return world.mint.next(world.clock.discord_ms(now)); }
    [[nodiscard]] std::string time_text() const { return iso_time(world.clock.unix_ms(now), 204); }

    /// A member; the owner if luck is bad.
    [[nodiscard]] std::uint32_t some_member();
    /// A text channel that the bot sees.
    [[nodiscard]] std::optional<std::uint32_t> some_text_channel();
    [[nodiscard]] std::optional<std::uint32_t> some_of(kind what, std::uint32_t from = 0);
    /// A message of this guild: one that was sent lately, else an old one of some channel.
    [[nodiscard]] std::optional<message_note> some_message();
};

using event_maker = std::optional<world_event> (*)(event_site&);

// events_messages.cpp
std::optional<world_event> message_create(event_site&);
std::optional<world_event> message_update(event_site&);
std::optional<world_event> message_delete(event_site&);
std::optional<world_event> message_delete_bulk(event_site&);
std::optional<world_event> reaction_add(event_site&);
std::optional<world_event> reaction_remove(event_site&);
std::optional<world_event> reaction_remove_all(event_site&);
std::optional<world_event> reaction_remove_emoji(event_site&);
std::optional<world_event> typing_start(event_site&);
std::optional<world_event> poll_vote(event_site&);
std::optional<world_event> pins_update(event_site&);

// events_members.cpp
std::optional<world_event> member_add(event_site&);
std::optional<world_event> member_update(event_site&);
std::optional<world_event> own_member_update(event_site&);
std::optional<world_event> member_remove(event_site&);
std::optional<world_event> ban_add(event_site&);
std::optional<world_event> ban_remove(event_site&);
std::optional<world_event> voice_state_update(event_site&);
std::optional<world_event> presence_update(event_site&);
std::optional<world_event> thread_member_update(event_site&);
std::optional<world_event> thread_members_update(event_site&);

// events_guild.cpp
std::optional<world_event> guild_update(event_site&);
std::optional<world_event> channel_create(event_site&);
std::optional<world_event> channel_update(event_site&);
std::optional<world_event> channel_delete(event_site&);
std::optional<world_event> role_create(event_site&);
std::optional<world_event> role_update(event_site&);
std::optional<world_event> role_delete(event_site&);
std::optional<world_event> thread_create(event_site&);
std::optional<world_event> thread_update(event_site&);
std::optional<world_event> thread_delete(event_site&);
std::optional<world_event> thread_list_sync(event_site&);
std::optional<world_event> emojis_update(event_site&);
std::optional<world_event> stickers_update(event_site&);
std::optional<world_event> soundboard_update(event_site&);
std::optional<world_event> webhooks_update(event_site&);
std::optional<world_event> integrations_update(event_site&);
std::optional<world_event> invite_create(event_site&);
std::optional<world_event> invite_delete(event_site&);
std::optional<world_event> audit_log_entry(event_site&);
std::optional<world_event> stage_instance_event(event_site&);
std::optional<world_event> scheduled_event_event(event_site&);
std::optional<world_event> automod_rule(event_site&);
std::optional<world_event> automod_execution(event_site&);
std::optional<world_event> unknown_event(event_site&);

}  // namespace shoal::sim
