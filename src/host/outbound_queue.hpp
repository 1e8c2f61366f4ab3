#pragma once
// What a bot wants to send over its shard's connection: bounded, in order, within Discord's limits, only while the shard is live.
// Pure. Not here: heartbeats and handshakes; they go ahead and are only counted.

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "gateway/send_limiter.hpp"
#include "shoal/error.hpp"

namespace shoal::host {

class outbound_queue {
public:
    static constexpr std::size_t bound = 1000;

    /// Queues `{"op":op,"d":d}`. Presence updates do not queue up: a newer one takes the place of one that still waits.
    /// `tag` comes back from sent(), for those who must know when it left.
    [[nodiscard]] result<void> add(std::uint8_t op, std::string d, std::uint64_t tag = 0);

    /// A new connection said HELLO: its limits start afresh.
    void connected(duration heartbeat_interval) { limiter_.emplace(heartbeat_interval); }
    void disconnected() noexcept { limiter_.reset(); }
    /// A heartbeat or handshake went out.
    void counted(gateway::send_class what, instant now) noexcept {
        if (limiter_) limiter_->sent(what, now);
    }
    /// A new session knows nothing of the presence that was set in an older one [2.8.6].
    void presence_again() { presence_waits_ = last_presence_.has_value(); }

    /// What may go out now, or nothing; then `wait_until` says when to ask again (never: when something is added).
    [[nodiscard]] const std::string* next(instant now, instant& wait_until) noexcept;
    /// What next() gave was sent; returns its tag.
    std::uint64_t sent(instant now) noexcept;

    [[nodiscard]] std::size_t size() const noexcept { return commands_.size() + (presence_waits_ ? 1 : 0); }
    /// The `d` of the newest presence update; empty if there was none.
    [[nodiscard]] std::string_view presence() const noexcept { return presence_d_; }

private:
    std::optional<gateway::send_limiter> limiter_;
    struct command {
        std::string payload;
        std::uint64_t tag;
    };
    std::deque<command> commands_;
    std::optional<std::string> last_presence_;  // the whole payload
    std::string presence_d_;
    bool presence_waits_ = false;
    bool next_is_presence_ = false;
};

}  // namespace shoal::host
