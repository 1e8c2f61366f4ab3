#pragma once
// The inside of the REST API, shared by its sources: a request as its handlers see it, the answers that wait, and the books.
// Not for others: they use rest.hpp.

#include <boost/json/value.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/random.hpp"
#include "sim/core/commands.hpp"
#include "sim/core/form_errors.hpp"
#include "sim/core/interactions.hpp"
#include "sim/core/rest.hpp"
#include "sim/core/rest_limits.hpp"
#include "sim/core/rest_messages.hpp"
#include "sim/core/snowflakes.hpp"

namespace shoal::sim {

struct rest_request {
    std::string_view method;
    int version = 6;
    std::vector<std::string> segments;  ///< Of the path behind /api/vN, percent-decoded.
    std::map<std::string, std::string, std::less<>> query;
    boost::json::value body;  ///< null if there was none.
    instant now;

    [[nodiscard]] std::uint64_t id(std::size_t segment) const {
        return segment < segments.size() ? parse_snowflake(segments[segment]).value_or(0) : 0;
    }
    /// A number from the query, clamped; `otherwise` if it is absent or none.
    [[nodiscard]] std::uint32_t number(std::string_view key, std::uint32_t otherwise, std::uint32_t least,
                                       std::uint32_t most) const;
    [[nodiscard]] bool truth(std::string_view key) const;  ///< True, true, 1 [4.2]
    [[nodiscard]] std::uint64_t query_id(std::string_view key) const;
    /// The body as an object; an empty one if it is something else.
    [[nodiscard]] const boost::json::object& fields() const;
};

struct rest_answer {
    int status = 200;
    std::string body;
    std::vector<header> headers = {};
    std::vector<world_event> events = {};  ///< Told to the sessions at about the time of the answer [#34].
};

/// {"message", "code"} with a status.
[[nodiscard]] rest_answer refuse(int status, int code, std::string_view message);
[[nodiscard]] inline rest_answer nothing() { return {.status = 204, .body = {}}; }
[[nodiscard]] std::string joined(const std::vector<std::string>& objects);

struct rest_state;

struct rest_route {
    enum class who : std::uint8_t { anybody, bot };
    std::string_view method;
    std::string_view path;  ///< "/channels/{id}/messages"; the id behind channels, guilds or webhooks is the major one.
    who may = who::bot;
    bucket_rule bucket;
    bool counts_globally = true;
    rest_answer (*handle)(rest_state&, const rest_request&) = nullptr;
};

/// Finds the route; sets `method_known` if another method of the same path exists.
[[nodiscard]] const rest_route* find_route(std::string_view method, const std::vector<std::string>& segments, bool& path_known);

struct rest_state {
    rest_state(const simulator_config& config, world& where, rest_context& context);

    const simulator_config& config;
    world& where;
    rest_context& context;
    random_source random;
    rest_limits limits;
    command_registry commands;
    interaction_book interactions;
    message_store messages;

    // ---- what waits for its time
    struct waiting {
        instant when;
        std::uint64_t order;
        std::optional<http_answer> answer;
        std::optional<world_event> event;
    };
    struct later {
        bool operator()(const waiting& a, const waiting& b) const noexcept {
            return a.when != b.when ? a.when > b.when : a.order > b.order;
        }
    };
    std::priority_queue<waiting, std::vector<waiting>, later> queue;
    std::uint64_t order = 0;

    // ---- counters [#51]
    std::map<std::string, std::uint64_t> requests_by_route;
    std::uint64_t requests = 0, unauthorized = 0, too_many = 0, invalid = 0, user_agents_missing = 0, unknown_routes = 0;

    [[nodiscard]] rest_answer answer(const http_arrived& request, instant now);
    void later_answer(const http_arrived& request, rest_answer made, instant now);
    [[nodiscard]] std::uint64_t fresh_id(instant now) { return where.mint_id(now); }
    [[nodiscard]] std::string time_text(instant now) const { return iso_time(where.unix_ms(now), 17); }

    // People whom a test called by name, so that they can be written to and found again.
    std::map<std::uint64_t, std::string> named_people;
    std::map<std::uint64_t, std::uint64_t> direct_channels;  ///< Channel -> user.
    [[nodiscard]] std::optional<std::string> user_text(std::uint64_t id) const;
    [[nodiscard]] std::uint64_t open_direct_channel(std::uint64_t user);
    [[nodiscard]] std::optional<std::uint64_t> direct_recipient(std::uint64_t channel) const;
};

// The handlers, by file.
namespace route {
// rest_bootstrap.cpp
rest_answer gateway(rest_state&, const rest_request&);
rest_answer gateway_bot(rest_state&, const rest_request&);
rest_answer own_user(rest_state&, const rest_request&);
rest_answer any_user(rest_state&, const rest_request&);
rest_answer own_guilds(rest_state&, const rest_request&);
rest_answer own_application(rest_state&, const rest_request&);
rest_answer open_direct(rest_state&, const rest_request&);
// rest_commands.cpp; the guild routes have the guild behind "guilds"
rest_answer commands_list(rest_state&, const rest_request&);
rest_answer commands_put(rest_state&, const rest_request&);
rest_answer commands_post(rest_state&, const rest_request&);
rest_answer command_get(rest_state&, const rest_request&);
rest_answer command_patch(rest_state&, const rest_request&);
rest_answer command_delete(rest_state&, const rest_request&);
// rest_interactions.cpp
rest_answer interaction_callback(rest_state&, const rest_request&);
rest_answer followup_post(rest_state&, const rest_request&);
rest_answer followup_get(rest_state&, const rest_request&);
rest_answer followup_patch(rest_state&, const rest_request&);
rest_answer followup_delete(rest_state&, const rest_request&);
// rest_messages.cpp
rest_answer message_post(rest_state&, const rest_request&);
rest_answer message_list(rest_state&, const rest_request&);
rest_answer message_get(rest_state&, const rest_request&);
rest_answer message_patch(rest_state&, const rest_request&);
rest_answer message_delete(rest_state&, const rest_request&);
rest_answer message_bulk_delete(rest_state&, const rest_request&);
rest_answer typing(rest_state&, const rest_request&);
rest_answer reaction_put(rest_state&, const rest_request&);
rest_answer reaction_delete(rest_state&, const rest_request&);
rest_answer reactions_delete_all(rest_state&, const rest_request&);
// rest_guilds.cpp
rest_answer guild_get(rest_state&, const rest_request&);
rest_answer guild_patch(rest_state&, const rest_request&);
rest_answer guild_channels(rest_state&, const rest_request&);
rest_answer channel_post(rest_state&, const rest_request&);
rest_answer channel_get(rest_state&, const rest_request&);
rest_answer channel_patch(rest_state&, const rest_request&);
rest_answer channel_delete(rest_state&, const rest_request&);
rest_answer roles_list(rest_state&, const rest_request&);
rest_answer role_get(rest_state&, const rest_request&);
rest_answer role_post(rest_state&, const rest_request&);
rest_answer role_patch(rest_state&, const rest_request&);
rest_answer role_delete(rest_state&, const rest_request&);
rest_answer members_list(rest_state&, const rest_request&);
rest_answer members_search(rest_state&, const rest_request&);
rest_answer member_get(rest_state&, const rest_request&);
rest_answer member_patch(rest_state&, const rest_request&);
rest_answer member_delete(rest_state&, const rest_request&);
rest_answer member_role_put(rest_state&, const rest_request&);
rest_answer member_role_delete(rest_state&, const rest_request&);
rest_answer ban_put(rest_state&, const rest_request&);
rest_answer ban_delete(rest_state&, const rest_request&);
}  // namespace route

struct rest_api::impl : rest_state {
    using rest_state::rest_state;
};

}  // namespace shoal::sim
