#pragma once
// The inside of the REST API, shared by its sources: what handlers know, the answers that wait, and the books.
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
#include "sim/core/audit_book.hpp"
#include "sim/core/commands.hpp"
#include "sim/core/fault_table.hpp"
#include "sim/core/form_errors.hpp"
#include "sim/core/interactions.hpp"
#include "sim/core/invalid_requests.hpp"
#include "sim/core/rest.hpp"
#include "sim/core/rest_limits.hpp"
#include "sim/core/rest_messages.hpp"
#include "sim/core/rest_route.hpp"
#include "sim/core/snowflakes.hpp"
#include "sim/core/thread_clock.hpp"
#include "sim/core/webhook_book.hpp"

namespace shoal::sim {

struct rest_state {
    rest_state(const simulator_config& config, world& where, rest_context& context);

    const simulator_config& config;
    world& where;
    rest_context& context;
    random_source random;
    rest_limits limits;
    invalid_requests edge;
    fault_table faults;  ///< F39 to F45
    command_registry commands;
    interaction_book interactions;
    message_store messages;
    audit_book audit;
    webhook_book webhooks;
    invite_book invites;
    thread_clock threads;
    std::map<std::uint64_t, boost::json::object> app_emojis;
    std::map<std::string, boost::json::object, std::less<>> templates;                          ///< By code.
    std::map<std::pair<std::uint64_t, std::uint64_t>, boost::json::array> command_permissions;  ///< By guild and command.

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
    std::unordered_map<std::uint64_t, instant>
        last_told;  ///< By guild (0: direct messages): when the newest event of a write is due.

    // ---- counters [#51]
    std::map<std::string, std::uint64_t> requests_by_route;
    std::map<std::string, std::uint64_t, std::less<>> too_many_by_scope;
    std::uint64_t requests = 0, unauthorized = 0, too_many = 0, invalid = 0, user_agents_missing = 0, unknown_routes = 0,
                  banned = 0, struck = 0;

    [[nodiscard]] rest_answer answer(const http_arrived& request, instant now);
    /// What the API makes of a request that its edge let through.
    [[nodiscard]] rest_answer serve(const http_arrived& request, rest_request& asked);
    /// Past the checks of who asks: limits, body, and the route itself.
    [[nodiscard]] rest_answer handle(const http_arrived& request, const rest_route& route, std::int64_t skew_ms,
                                     rest_request& asked);
    [[nodiscard]] rest_answer too_many_requests(limit_verdict verdict);
    void later_answer(const http_arrived& request, rest_answer made, instant now);
    [[nodiscard]] std::uint64_t fresh_id(instant now) { return where.mint_id(now); }
    [[nodiscard]] std::string time_text(instant now) const { return iso_time(where.unix_ms(now), 17); }

    // Threads (rest_threads.cpp): a message wakes one that slept and winds its clock; silence archives it.
    void wake_thread(std::uint64_t channel, instant now, rest_answer& answer);
    [[nodiscard]] bool thread_is_locked(std::uint64_t channel) const;
    void archive_idle_threads(instant now);
    /// Enters what a route did into the guild's audit log and tells those who may see it.
    void note_audit(const rest_request& asked, std::uint64_t guild, int action, std::uint64_t target, rest_answer& answer);

    // People whom a test called by name, so that they can be written to and found again.
    std::map<std::uint64_t, std::string> named_people;
    std::map<std::uint64_t, std::uint64_t> direct_channels;  ///< Channel -> user.
    [[nodiscard]] std::optional<std::string> user_text(std::uint64_t id) const;
    [[nodiscard]] std::uint64_t open_direct_channel(std::uint64_t user);
    [[nodiscard]] std::optional<std::uint64_t> direct_recipient(std::uint64_t channel) const;
    [[nodiscard]] std::string direct_channel_text(std::uint64_t channel, std::uint64_t recipient) const;
};

struct rest_api::impl : rest_state {
    using rest_state::rest_state;
};

}  // namespace shoal::sim
