#include "sim/core/events.hpp"

#include <array>

namespace shoal::sim {
namespace {

struct share {
    double weight;  // per thousand
    event_maker make;
};

// Mostly messages, as in the wild; the rest so that every family comes within some thousand events.
constexpr std::array shares = {share{610, message_create},
                               share{50, message_update},
                               share{25, message_delete},
                               share{2, message_delete_bulk},
                               share{70, reaction_add},
                               share{25, reaction_remove},
                               share{1, reaction_remove_all},
                               share{1, reaction_remove_emoji},
                               share{55, typing_start},
                               share{2, poll_vote},
                               share{2, pins_update},
                               share{16, member_add},
                               share{28, member_update},
                               share{1, own_member_update},
                               share{14, member_remove},
                               share{2, ban_add},
                               share{1, ban_remove},
                               share{30, voice_state_update},
                               share{20, presence_update},
                               share{1, thread_member_update},
                               share{3, thread_members_update},
                               share{2, guild_update},
                               share{3, channel_create},
                               share{6, channel_update},
                               share{2.5, channel_delete},
                               share{3, role_create},
                               share{5, role_update},
                               share{2.5, role_delete},
                               share{5, thread_create},
                               share{4, thread_update},
                               share{4, thread_delete},
                               share{1, thread_list_sync},
                               share{2, emojis_update},
                               share{1, stickers_update},
                               share{1, soundboard_update},
                               share{1, webhooks_update},
                               share{1, integrations_update},
                               share{2, invite_create},
                               share{1, invite_delete},
                               share{3, audit_log_entry},
                               share{1, stage_instance_event},
                               share{1, scheduled_event_event},
                               share{0.5, automod_rule},
                               share{1, automod_execution}};

event_maker draw(random_source& random) {
    static const double total = [] {
        double sum = 0;
        for (const share& one : shares) sum += one.weight;
        return sum;
    }();
    double left = random.unit() * total;
    for (const share& one : shares) {
        if (left < one.weight) return one.make;
        left -= one.weight;
    }
    return message_create;
}

}  // namespace

std::uint32_t event_site::some_member() {
    const std::uint32_t end = facts().member_end();
    for (int tries = 0; tries < 8 && end > 0; ++tries) {
        const auto index = static_cast<std::uint32_t>(random.below(end));
        if (facts().is_member(index)) return index;
    }
    return 0;
}

std::optional<std::uint32_t> event_site::some_text_channel() {
    const std::uint32_t end = facts().end_index(kind::channel);
    for (int tries = 0; tries < 12 && end > 0; ++tries) {
        const auto index = static_cast<std::uint32_t>(random.below(end));
        const int type = things.channel_type(index);
        if ((type == 0 || type == 5) && facts().exists(kind::channel, index) && things.bot_sees(index)) return index;
    }
    const auto all = things.channels_of({0});
    for (const std::uint32_t index : all) {
        if (things.bot_sees(index)) return index;
    }
    return std::nullopt;
}

std::optional<std::uint32_t> event_site::some_of(kind what, std::uint32_t from) {
    const std::uint32_t end = facts().end_index(what);
    for (int tries = 0; tries < 12 && end > from; ++tries) {
        const auto index = static_cast<std::uint32_t>(from + random.below(end - from));
        if (facts().exists(what, index)) return index;
    }
    return std::nullopt;
}

std::optional<message_note> event_site::some_message() {
    if (guild.changes && !guild.changes->recent.empty()) {
        return guild.changes->recent[random.below(guild.changes->recent.size())];
    }
    const auto channel = some_text_channel();
    if (!channel) return std::nullopt;
    const std::uint64_t id = facts().id_of(kind::channel, *channel);
    const std::uint64_t seed = random.next();
    return message_note{.id = snowflake_of(discord_ms_of(id) + 1 + static_cast<std::int64_t>(seed % 86400000), seed),
                        .channel = id,
                        .author = facts().user_of(some_member()),
                        .seed = seed};
}

world_event make_event(world_state& world, guild_record& guild, bool direct, instant now) {
    event_site site(world, guild, now);
    if (world.random.chance(world.config.unknown_event_share)) {
        if (auto event = unknown_event(site)) return *std::move(event);
    }
    if (direct && world.random.chance(0.004)) return make_direct_event(world, now);
    if (auto event = draw(world.random)(site)) return *std::move(event);
    // What was drawn cannot happen here (no threads, no permission): life goes on with a message.
    if (auto event = message_create(site)) return *std::move(event);
    return *member_update(site);
}

}  // namespace shoal::sim
