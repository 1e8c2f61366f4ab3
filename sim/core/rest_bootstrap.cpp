// Where a bot begins: the gateway's address, itself, its application, its guilds, its DMs.

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "sim/core/messages.hpp"
#include "sim/core/rest_handlers.hpp"
#include "sim/core/rest_state.hpp"
#include "sim/core/rest_writes.hpp"

namespace shoal::sim::route {
namespace json = boost::json;

rest_answer gateway(rest_state& state, const rest_request&) {
    return {.body = json::serialize(json::object{{"url", state.config.gateway_url}})};
}

rest_answer gateway_bot(rest_state& state, const rest_request& asked) {
    if (auto fault = state.context.gateway_bot_fault(asked.now)) {
        return {.status = fault->status, .body = std::move(fault->body), .headers = std::move(fault->headers)};
    }
    return {.body = json::serialize(state.context.gateway_bot(asked.now))};
}

rest_answer own_user(rest_state& state, const rest_request&) { return {.body = state.where.bot_user_json()}; }

rest_answer any_user(rest_state& state, const rest_request& asked) {
    auto user = state.user_text(asked.id(1));
    if (!user) return refuse(404, 10013, "Unknown User");
    return {.body = *std::move(user)};
}

rest_answer own_guilds(rest_state& state, const rest_request& asked) {
    const std::uint64_t after = asked.query_id("after"), before = asked.query_id("before");
    const std::uint32_t limit = asked.number("limit", 200, 1, 200);
    json::array list;
    for (const std::uint64_t id : state.where.guilds()) {
        if (list.size() == limit) break;
        if (id <= after || (before != 0 && id >= before)) continue;
        const json::object whole = json::parse(*state.where.guild(id)).as_object();
        list.push_back(json::object{{"id", whole.at("id")},
                                    {"name", whole.at("name")},
                                    {"icon", whole.at("icon")},
                                    {"banner", whole.at("banner")},
                                    {"owner", false},
                                    {"permissions", std::to_string(state.where.bot_permissions(id))},
                                    {"features", whole.at("features")}});
    }
    return {.body = json::serialize(list)};
}

rest_answer own_application(rest_state& state, const rest_request&) {
    const std::string id = std::to_string(state.where.application_id());
    return {.body = json::serialize(json::object{{"id", id},
                                                 {"name", "shoal-sim-bot"},
                                                 {"icon", nullptr},
                                                 {"description", "A bot in a simulated Discord"},
                                                 {"bot_public", true},
                                                 {"bot_require_code_grant", false},
                                                 {"verify_key", std::string(64, 'a')},
                                                 {"flags", 565248},
                                                 {"owner", json::parse(world::named_user("owner"))},
                                                 {"team", nullptr},
                                                 {"interactions_endpoint_url", nullptr},
                                                 {"approximate_guild_count", state.where.guilds().size()},
                                                 {"bot", json::parse(state.where.bot_user_json())}})};
}

rest_answer open_direct(rest_state& state, const rest_request& asked) {
    form_errors errors;
    const auto id = form_path(errors, {}).id(asked.fields(), "recipient_id", true);
    if (!errors.empty()) return refuse_form(errors, asked);
    if (!state.user_text(*id) || *id == state.where.bot_user_id()) return refuse(400, 50033, "Invalid Recipient(s)");
    // The same channel each time [#45]; to bots no CHANNEL_CREATE tells of it [3.2].
    return {.body = state.direct_channel_text(state.open_direct_channel(*id), *id)};
}

rest_answer own_user_patch(rest_state& state, const rest_request& asked) {
    form_errors errors;
    form_path(errors, {}).text(asked.fields(), "username", 2, 32, false);
    if (!errors.empty()) return refuse_form(errors, asked);
    const std::string user = state.where.rename_bot(asked.fields());
    rest_answer answer{.body = user};
    answer.events.push_back({.name = "USER_UPDATE",
                             .guild = 0,
                             .intents = 0,
                             .data = std::make_shared<const std::string>(user),
                             .data_without_content = {}});
    return answer;
}

rest_answer own_member(rest_state& state, const rest_request& asked) {
    auto member = state.where.member(asked.id(3), state.where.bot_user_id());
    return member ? rest_answer{.body = *std::move(member)} : unknown_guild();
}

rest_answer leave_guild(rest_state& state, const rest_request& asked) {
    if (!state.where.has_guild(asked.id(3))) return unknown_guild();
    state.context.leave_guild(asked.id(3), asked.now);
    return nothing();
}

rest_answer voice_regions(rest_state&, const rest_request&) {
    return {.body = R"([{"id":"rotterdam","name":"Rotterdam","optimal":true,"deprecated":false,"custom":false}])"};
}

}  // namespace shoal::sim::route
