// Pins: told by an update of the message, a time of the channel, and a message of the system.

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "sim/core/json_text.hpp"
#include "sim/core/rest_handlers.hpp"
#include "sim/core/rest_posts.hpp"
#include "sim/core/rest_writes.hpp"
#include "sim/core/world_state.hpp"

namespace shoal::sim::route {
namespace json = boost::json;
namespace {

constexpr std::size_t most_pins = 250;  // [6.7]

/// The pinned ones of a channel, the last pin first.
std::vector<const stored_message*> pins_of(rest_state& state, std::uint64_t channel) {
    std::vector<const stored_message*> list;
    for (const std::uint64_t id : state.messages.of(channel)) {
        const stored_message* one = state.messages.find(id);
        if (one->pinned) list.push_back(one);
    }
    std::ranges::sort(list, std::greater{}, [](const stored_message* one) { return *one->pinned; });
    return list;
}

world_event pins_update(rest_state& state, const post_place& place) {
    const auto pins = pins_of(state, place.channel);
    json_text out;
    out.open('{').id("channel_id", place.channel);
    if (place.guild != 0) out.id("guild_id", place.guild);
    if (pins.empty()) {
        out.field("last_pin_timestamp", nullptr);
    } else {
        out.field("last_pin_timestamp", state.time_text(*pins.front()->pinned));
    }
    out.close('}');
    return channel_event(state, "CHANNEL_PINS_UPDATE", place, intent::guilds, intent::direct_messages, out.take());
}

/// The message that a pin's path names last.
std::uint64_t pinned_id(const rest_request& asked) { return parse_snowflake(asked.segments.back()).value_or(0); }

}  // namespace

rest_answer pins_list(rest_state& state, const rest_request& asked) {
    const channel_of channel(state, asked);
    if (channel.refusal) return *channel.refusal;
    json::array list;
    for (const stored_message* one : pins_of(state, channel.place.channel)) list.push_back(one->object);
    return {.body = json::serialize(list)};
}

rest_answer pins_page(rest_state& state, const rest_request& asked) {
    const channel_of channel(state, asked);
    if (channel.refusal) return *channel.refusal;
    const std::string_view before = asked.word("before");
    const std::uint32_t limit = asked.number("limit", 50, 1, 50);
    json::array items;
    bool more = false;
    for (const stored_message* one : pins_of(state, channel.place.channel)) {
        const std::string when = state.time_text(*one->pinned);
        if (!before.empty() && when >= before) continue;
        more = items.size() == limit;
        if (more) break;
        items.push_back(json::object{{"pinned_at", when}, {"message", one->object}});
    }
    return {.body = json::serialize(json::object{{"items", std::move(items)}, {"has_more", more}})};
}

rest_answer pin_put(rest_state& state, const rest_request& asked) {
    const channel_of channel(state, asked);
    if (channel.refusal) return *channel.refusal;
    stored_message* message = find_message(state, channel.place.channel, pinned_id(asked), asked.now);
    if (message == nullptr) return unknown_message();
    if (message->pinned) return nothing();
    if (pins_of(state, channel.place.channel).size() >= most_pins)
        return refuse(400, 30003, "Maximum number of pins reached for the channel (250)");
    message->pinned = asked.now;
    message->object["pinned"] = true;
    rest_answer answer = nothing();
    tell_update(state, *message, asked.now, answer, false);
    answer.events.push_back(pins_update(state, channel.place));
    json::object about{{"type", 0}, {"message_id", message->object.at("id")}, {"channel_id", asked.segments[1]}};
    if (channel.place.guild != 0) about["guild_id"] = std::to_string(channel.place.guild);
    post_system_message(state, channel.place, 6, {{"message_reference", std::move(about)}}, asked.now, answer);
    return answer;
}

rest_answer pin_delete(rest_state& state, const rest_request& asked) {
    const channel_of channel(state, asked);
    if (channel.refusal) return *channel.refusal;
    stored_message* message = find_message(state, channel.place.channel, pinned_id(asked), asked.now);
    if (message == nullptr) return unknown_message();
    if (!message->pinned) return nothing();
    message->pinned.reset();
    message->object["pinned"] = false;
    rest_answer answer = nothing();
    tell_update(state, *message, asked.now, answer, false);
    answer.events.push_back(pins_update(state, channel.place));
    return answer;
}

}  // namespace shoal::sim::route
