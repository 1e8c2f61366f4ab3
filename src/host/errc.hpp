#pragma once
// What can go wrong when shards are run.

#include <cstdint>
#include <string_view>

namespace shoal::host {

enum class errc : std::uint8_t {
    unauthorized,     ///< Discord does not accept the token.
    api_unavailable,  ///< Discord's API does not answer, or with an error that may pass.
    bad_answer,       ///< It answered something else than was asked for.
    not_here,         ///< The shard does not run in this process, or not on this thread.
    too_large,        ///< Over Discord's 4,096 bytes.
    queue_full,       ///< 1,000 commands wait already.
    bad_command,      ///< Not an op that a bot may send, or its data is no JSON.
    stopped,          ///< The shard has stopped.
};

[[nodiscard]] constexpr std::string_view errc_room(errc) noexcept { return "host"; }
[[nodiscard]] constexpr std::string_view errc_text(errc e) noexcept {
    switch (e) {
        case errc::unauthorized: return "token not accepted";
        case errc::api_unavailable: return "Discord's API is not available";
        case errc::bad_answer: return "unexpected answer";
        case errc::not_here: return "shard does not run here";
        case errc::too_large: return "command too large";
        case errc::queue_full: return "too many commands wait";
        case errc::bad_command: return "not a gateway command";
        case errc::stopped: return "shard has stopped";
    }
    return "unknown";
}

}  // namespace shoal::host
