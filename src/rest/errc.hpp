#pragma once
// How a REST call can end without what it asked for.

#include <cstdint>
#include <string_view>

namespace shoal::rest {

enum class errc : std::uint8_t {
    timed_out,         ///< No answer before the call's deadline.
    rate_limited,      ///< The limits allow it only after the call's deadline.
    too_many_waiting,  ///< The queue's bound.
    unauthorized,      ///< 401: the token is wrong; every call with it is refused from now on.
    refused,           ///< Another 4xx; the detail has Discord's code and message.
    server_failed,     ///< 5xx, and trying again did not help or was not safe.
    unreachable,       ///< No exchange took place, and trying again did not help or was not safe.
    invalid_budget,    ///< Close to Discord's limit of invalid requests: stopped before Discord bans this address.
    bad_answer,        ///< What came is no answer: no HTTP, cut short, too large, or 2xx with a body that is no JSON.
    stopped,           ///< The bot stops.
    bad_route,         ///< No method, or no path, of Discord's.
};

[[nodiscard]] constexpr std::string_view errc_room(errc) noexcept { return "rest"; }
[[nodiscard]] constexpr std::string_view errc_text(errc e) noexcept {
    switch (e) {
        case errc::timed_out: return "no answer in time";
        case errc::rate_limited: return "rate limited beyond the call's deadline";
        case errc::too_many_waiting: return "too many calls waiting";
        case errc::unauthorized: return "the token is refused";
        case errc::refused: return "refused by Discord";
        case errc::server_failed: return "Discord's server failed";
        case errc::unreachable: return "Discord not reachable";
        case errc::invalid_budget: return "too many refused requests, stopped before a ban";
        case errc::bad_answer: return "answer not readable";
        case errc::stopped: return "the bot stops";
        case errc::bad_route: return "no such route";
    }
    return "unknown";
}

}  // namespace shoal::rest
