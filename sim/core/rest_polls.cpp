// Polls of messages; how one comes into being is a message's business (rest_compose.cpp).

#include <boost/json/serialize.hpp>

#include "sim/core/rest_handlers.hpp"
#include "sim/core/rest_posts.hpp"
#include "sim/core/rest_writes.hpp"

namespace shoal::sim::route {
namespace json = boost::json;

rest_answer poll_expire(rest_state& state, const rest_request& asked) {
    const channel_of channel(state, asked);
    if (channel.refusal) return *channel.refusal;
    stored_message* message = find_message(state, channel.place.channel, asked.id(3), asked.now);
    json::value* poll = message == nullptr ? nullptr : message->object.if_contains("poll");
    if (poll == nullptr) return unknown_message();
    if (message->object.at("author").at("id") != json::value(std::to_string(state.where.bot_user_id())))
        return refuse(403, 520002, "You cannot expire the poll of another user");
    json::object& fields = poll->as_object();
    if (fields.at("results").at("is_finalized") == true) return refuse(400, 520006, "Poll expired");
    fields["expiry"] = state.time_text(asked.now);
    fields["results"].as_object()["is_finalized"] = true;
    rest_answer answer;
    tell_update(state, *message, asked.now, answer, false);
    answer.body = json::serialize(message->object);
    post_system_message(
        state, channel.place, 46,
        {{"message_reference", json::object{{"message_id", asked.segments[3]}, {"channel_id", asked.segments[1]}}}}, asked.now,
        answer);
    return answer;
}

rest_answer poll_voters(rest_state& state, const rest_request& asked) {
    const channel_of channel(state, asked);
    if (channel.refusal) return *channel.refusal;
    const auto message = read_message(state, channel.place.channel, asked.id(3), asked.now);
    if (!message || !message->contains("poll")) return unknown_message();
    const std::uint64_t answer = asked.id(5);
    const auto& answers = message->at("poll").at("answers").as_array();
    if (answer == 0 || answer > answers.size()) return refuse(404, 10102, "Unknown Poll Answer");
    // Nobody votes over REST: bots cannot, and votes of the world's people are not kept.
    return {.body = json::serialize(json::object{{"users", json::array()}})};
}

}  // namespace shoal::sim::route
