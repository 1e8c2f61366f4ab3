#pragma once
// Discord's REST interface from a bot's code: any route by its path, under the same limits as everything else, and what the
// limits did to the calls of this process. Not here: typed calls of single routes (shoal/calls). Source:
// https://discord.com/developers/docs/topics/rate-limits

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "shoal/call.hpp"
#include "shoal/file.hpp"
#include "shoal/rest/all.hpp"

namespace shoal {
inline namespace v0 {

/// What REST did since the start of the bot, and what it holds now. A bot's process has one queue for all of its shards.
struct rest_status {
    std::size_t waiting = 0;    ///< Calls that a limit holds back; at 4,096 further ones fail with queue_full.
    std::size_t in_flight = 0;  ///< Sent and not answered.
    std::uint64_t sent = 0;     ///< Requests, repetitions included.
    std::uint64_t retried = 0;
    std::uint64_t refused = 0;          ///< Calls that were not sent, or not sent again, by our own decision.
    std::uint64_t held_back = 0;        ///< Calls that had to wait for a limit.
    std::chrono::nanoseconds waited{};  ///< How long all calls together waited until they went out: limits, back-offs.
    std::size_t per_second = 0;         ///< May go out a second: this process's part of the global limit, paced.
    std::uint64_t limited_user = 0;     ///< 429s of the bot's own limit on a route,
    std::uint64_t limited_shared = 0;   ///< of a resource that others use too,
    std::uint64_t limited_global = 0;   ///< of the limit on everything that the bot does,
    std::uint64_t limited_edge = 0;     ///< of Discord's edge, which blocks the whole address.
    /// Answers 401, 403 and 429 that Discord counts: at 10,000 it bans the address. Shoal stops at 9,000.
    std::size_t invalid_in_10_minutes = 0;
};

/// A limit was felt: a call waits, or Discord answered 429.
struct rest_notice {
    enum class kind : std::uint8_t { held_back, limited_user, limited_shared, limited_global, limited_edge };
    kind what = kind::held_back;
    std::chrono::nanoseconds wait{};  ///< How long, as far as is known; 0: until another call's answer.
    std::string_view route = {};      ///< "POST /channels/{channel}/messages"; good inside of the handler only.
    std::size_t waiting = 0;          ///< Calls that wait now.
};
[[nodiscard]] std::string_view to_string(rest_notice::kind what) noexcept;

/// bot.rest(): a way to Discord's REST interface; copy it freely. The bot must outlive it, and must run when a call is awaited.
/// What every typed call has: within(), reason() where Discord takes one, result(), forget(), and the failures of request().
class rest_api : public detail::all_rest_calls {
public:
    explicit rest_api(runtime::bot_runtime& bot) noexcept : rest_home(bot) {}

    /// Any route: `rest.request("PATCH", "/guilds/10/members/20", R"({"nick":"x"})")`. Yields the answer's body, which is empty
    /// after 204. `path` begins behind the version: "/channels/5?with=x". `json` is sent as it is; empty: no body. Waits, 429s,
    /// 5xx and broken exchanges are handled as for typed calls; a POST is not repeated when nobody knows whether it took effect.
    /// Within 30 s unless within() says otherwise. Fails with bad_request for a method or path that is none (nothing was sent),
    /// refused (failure.discord() has Discord's code and the fields that it did not like), rate_limited, unavailable, timed_out,
    /// queue_full, not_running.
    [[nodiscard]] call<std::string> request(std::string method, std::string path, std::string json = {}) const;
    /// The same with files, as Discord's multipart with `json` as payload_json. Fails with bad_request, and sends nothing, if a
    /// file cannot be read.
    [[nodiscard]] call<std::string> request(std::string method, std::string path, std::string json,
                                            std::vector<file> files) const;

    /// From any thread.
    [[nodiscard]] rest_status status() const;
};

}  // namespace v0
}  // namespace shoal
