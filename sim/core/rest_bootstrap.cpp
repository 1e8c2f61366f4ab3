// Where a bot begins: the gateway's address, itself, its application, its guilds, its DMs.

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "sim/core/messages.hpp"
#include "sim/core/rest_handlers.hpp"
#include "sim/core/rest_state.hpp"

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
    const json::value* recipient = asked.fields().if_contains("recipient_id");
    form_errors errors;
    const form_path where(errors, {});
    if (recipient == nullptr) where.at("recipient_id").required();
    const auto id = recipient != nullptr && recipient->is_string() ? parse_snowflake(std::string_view(recipient->get_string()))
                                                                   : std::nullopt;
    if (recipient != nullptr && !id) where.at("recipient_id").wrong("NUMBER_TYPE_COERCE", "Value is not snowflake.");
    if (!errors.empty()) return {.status = 400, .body = errors.body(asked.version)};
    const auto user = state.user_text(*id);
    if (!user || *id == state.where.bot_user_id()) return refuse(400, 50033, "Invalid Recipient(s)");
    // The same channel each time [#45].
    return {.body = json::serialize(json::object{{"id", std::to_string(state.open_direct_channel(*id))},
                                                 {"type", 1},
                                                 {"last_message_id", nullptr},
                                                 {"flags", 0},
                                                 {"recipients", json::array{json::parse(*user)}}})};
}

}  // namespace shoal::sim::route
