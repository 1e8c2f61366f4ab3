// Messages, reactions, typing, polls and pins.

#include "sim/core/events.hpp"
#include "sim/core/messages.hpp"

namespace shoal::sim {
namespace {

constexpr std::size_t most_recent = 16;

world_event told(event_site& site, const char* name, message_texts texts) {
    world_event event = site.world.tell(name, site.guild.id, intent::messages, std::move(texts.full));
    if (texts.blank) event.data_without_content = site.world.finish(*std::move(texts.blank));
    return event;
}

void write_emoji(json_text& out, event_site& site) {
    out.key("emoji").open('{');
    const auto own = site.random.chance(0.3) ? site.some_of(kind::emoji) : std::nullopt;
    if (own) {
        random_source words(site.facts().seed_of(kind::emoji, *own));
        out.field("name", emoji_name(words)).id("id", site.facts().id_of(kind::emoji, *own)).field("animated", false);
    } else {
        out.field("name", unicode_emoji(site.random)).field("id", nullptr);
    }
    out.close('}');
}

std::optional<world_event> reaction(event_site& site, const char* name, bool add) {
    const auto note = site.some_message();
    if (!note) return std::nullopt;
    const std::uint32_t member = site.some_member();
    json_text out;
    out.open('{').id("user_id", site.facts().user_of(member)).field("type", 0).id("message_id", note->id);
    if (add) {
        out.id("message_author_id", note->author).raw("member", site.things.member(member, guild_renderer::parts::with_user));
    }
    write_emoji(out, site);
    out.id("channel_id", note->channel).field("burst", false);
    if (add) out.key("burst_colors").open('[').close(']');
    out.id("guild_id", site.guild.id).close('}');
    return site.world.tell(name, site.guild.id, intent::reactions, out.take());
}

}  // namespace

std::optional<world_event> message_create(event_site& site) {
    const auto channel = site.some_text_channel();
    if (!channel) return std::nullopt;
    const bool own = site.random.chance(0.01);
    message_note note{.id = site.fresh_id(),
                      .channel = site.facts().id_of(kind::channel, *channel),
                      .author = own ? site.world.bot.user : site.facts().user_of(site.some_member()),
                      .seed = site.random.next()};
    auto& recent = site.guild.changed().recent;
    if (recent.size() == most_recent) recent.pop_front();
    recent.push_back(note);
    return told(site, "MESSAGE_CREATE", message_of(site, note, false));
}

std::optional<world_event> message_update(event_site& site) {
    const auto note = site.some_message();
    if (!note) return std::nullopt;
    if (site.random.chance(0.05)) {
        // A partial one, as was seen in 2024.
        json_text out;
        out.open('{').id("id", note->id).id("channel_id", note->channel).id("guild_id", site.guild.id);
        out.key("attachments").open('[').close(']').close('}');
        return site.world.tell("MESSAGE_UPDATE", site.guild.id, intent::messages, out.take());
    }
    return told(site, "MESSAGE_UPDATE", message_of(site, *note, true));
}

std::optional<world_event> message_delete(event_site& site) {
    const auto note = site.some_message();
    if (!note) return std::nullopt;
    if (site.guild.changes)
        std::erase_if(site.guild.changes->recent, [&](const message_note& one) { return one.id == note->id; });
    json_text out;
    out.open('{').id("id", note->id).id("channel_id", note->channel).id("guild_id", site.guild.id).close('}');
    return site.world.tell("MESSAGE_DELETE", site.guild.id, intent::messages, out.take());
}

std::optional<world_event> message_delete_bulk(event_site& site) {
    if (!site.guild.changes || site.guild.changes->recent.size() < 2) return std::nullopt;
    auto& recent = site.guild.changes->recent;
    const std::uint64_t channel = recent.back().channel;
    json_text out;
    out.open('{').key("ids").open('[');
    for (const message_note& note : recent) {
        if (note.channel == channel) out.id(note.id);
    }
    out.close(']').id("channel_id", channel).id("guild_id", site.guild.id).close('}');
    std::erase_if(recent, [channel](const message_note& note) { return note.channel == channel; });
    return site.world.tell("MESSAGE_DELETE_BULK", site.guild.id, intent::messages, out.take());
}

std::optional<world_event> reaction_add(event_site& site) { return reaction(site, "MESSAGE_REACTION_ADD", true); }
std::optional<world_event> reaction_remove(event_site& site) { return reaction(site, "MESSAGE_REACTION_REMOVE", false); }

std::optional<world_event> reaction_remove_all(event_site& site) {
    const auto note = site.some_message();
    if (!note) return std::nullopt;
    json_text out;
    out.open('{').id("message_id", note->id).id("channel_id", note->channel).id("guild_id", site.guild.id).close('}');
    return site.world.tell("MESSAGE_REACTION_REMOVE_ALL", site.guild.id, intent::reactions, out.take());
}

std::optional<world_event> reaction_remove_emoji(event_site& site) {
    const auto note = site.some_message();
    if (!note) return std::nullopt;
    json_text out;
    out.open('{').id("message_id", note->id).id("channel_id", note->channel).id("guild_id", site.guild.id);
    write_emoji(out, site);
    out.close('}');
    return site.world.tell("MESSAGE_REACTION_REMOVE_EMOJI", site.guild.id, intent::reactions, out.take());
}

std::optional<world_event> typing_start(event_site& site) {
    const auto channel = site.some_text_channel();
    if (!channel) return std::nullopt;
    const std::uint32_t member = site.some_member();
    json_text out;
    out.open('{').id("user_id", site.facts().user_of(member)).field("timestamp", site.world.clock.unix_ms(site.now) / 1000);
    out.raw("member", site.things.member(member, guild_renderer::parts::with_user));
    out.id("channel_id", site.facts().id_of(kind::channel, *channel)).id("guild_id", site.guild.id).close('}');
    return site.world.tell("TYPING_START", site.guild.id, intent::typing, out.take());
}

std::optional<world_event> poll_vote(event_site& site) {
    const auto note = site.some_message();
    if (!note) return std::nullopt;
    json_text out;
    out.open('{')
        .id("user_id", site.facts().user_of(site.some_member()))
        .id("message_id", note->id)
        .id("channel_id", note->channel);
    out.id("guild_id", site.guild.id).field("answer_id", 1).close('}');
    const char* name = site.random.chance(0.7) ? "MESSAGE_POLL_VOTE_ADD" : "MESSAGE_POLL_VOTE_REMOVE";
    return site.world.tell(name, site.guild.id, intent::polls, out.take());
}

std::optional<world_event> pins_update(event_site& site) {
    const auto channel = site.some_text_channel();
    if (!channel) return std::nullopt;
    json_text out;
    out.open('{').id("guild_id", site.guild.id).id("channel_id", site.facts().id_of(kind::channel, *channel));
    out.field("last_pin_timestamp", site.time_text()).close('}');
    return site.world.tell("CHANNEL_PINS_UPDATE", site.guild.id, intent::guilds, out.take());
}

world_event make_direct_event(world_state& world, instant now) {
    random_source& random = world.random;
    const std::uint64_t user = user_id_of(random.below(64));
    const std::uint64_t id = world.mint.next(world.clock.discord_ms(now));
    const std::string time = iso_time(world.clock.unix_ms(now), 31);
    switch (random.below(8)) {
        case 0: {
            json_text out;
            out.open('{').id("user_id", user).field("timestamp", world.clock.unix_ms(now) / 1000);
            out.id("channel_id", direct_channel_of(user)).close('}');
            return world.tell("TYPING_START", 0, intent::direct_typing, out.take());
        }
        case 1: {
            json_text out;
            out.open('{').id("id", id).id("sku_id", world.bot.application + 10).id("application_id", world.bot.application);
            out.id("user_id", user).field("type", 8).field("deleted", false).field("starts_at", time).field("ends_at", nullptr);
            out.field("consumed", false).close('}');
            return world.tell("ENTITLEMENT_CREATE", 0, 0, out.take());
        }
        case 2: {
            json_text out;
            out.open('{').id("id", id).id("user_id", user).key("sku_ids").open('[').id(world.bot.application + 10).close(']');
            out.key("entitlement_ids").open('[').id(id + 1).close(']').field("renewal_sku_ids", nullptr).field("status", 0);
            out.field("current_period_start", time).field("current_period_end", time).field("canceled_at", nullptr).close('}');
            return world.tell("SUBSCRIPTION_CREATE", 0, 0, out.take());
        }
        default: return world.tell("MESSAGE_CREATE", 0, intent::direct_messages, direct_message(world, id, user, time, random));
    }
}

}  // namespace shoal::sim
