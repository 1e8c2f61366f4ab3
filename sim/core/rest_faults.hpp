#pragma once
// The faults of REST, F39 to F45 [7.2]: how a command starts one, and what those that stand do to a request.
// Not here: how an answer is cut or delayed on the wire (sim/server), the count that leads to a ban (invalid_requests.hpp).

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "sim/core/rest_route.hpp"

namespace shoal::sim {

/// What the faults make of one request.
struct rest_strike {
    std::optional<rest_answer> instead;  ///< Answered in place of what the route says,
    bool applied = false;                ///< after the route has done its work all the same.
    http_delivery delivery = http_delivery::whole;
    duration span{};
    bool never = false;
    std::int64_t skew_ms = 0;  ///< F42: by how much X-RateLimit-Reset is wrong.
};

[[nodiscard]] constexpr bool is_rest_fault(int number) noexcept { return number >= 39 && number <= 45; }

/// Starts one of F39 to F45; a sentence in `problem` if the command makes no sense.
[[nodiscard]] boost::json::object start_rest_fault(rest_state& state, const boost::json::object& command, int number, instant now,
                                                   std::string& problem);
[[nodiscard]] rest_strike strike_of(rest_state& state, const rest_route& route, instant now);

}  // namespace shoal::sim
