#pragma once
// Which address RESUME goes to: the session's own (resume_gateway_url), or the general one while the own one is dead [2.7.12].
// Pure. Not here: whether there is a session to resume, and when a dial is due (session.hpp).

#include <algorithm>
#include <optional>

#include "base/time.hpp"

namespace shoal::gateway {

/// Discord takes RESUME at the general address too, and may end such a connection early [2.5.3, #13]. So an address that is dead
/// is left after a while, and tried again with one dial only and ever more rarely: a session whose own host is gone for good is
/// not dialed there again and again, and one whose host was away for a minute does not stay away from it for days.
class resume_address {
public:
    struct policy {
        duration patience;      ///< Dials that fail for so long leave the address.
        duration rest;          ///< So long it is left alone then, and twice as long after each dial that fails again,
        duration longest_rest;  ///< at most.
    };
    explicit resume_address(policy how) noexcept : how_(how) {}

    /// Before a dial: how long the own address is left alone from now on, if this is where patience with it ends.
    [[nodiscard]] std::optional<duration> leave_if_patience_is_over(instant now) noexcept {
        if (!failing_since_ || now - *failing_since_ < how_.patience) return std::nullopt;
        failing_since_.reset();
        rest_ = how_.rest;
        rests_until_ = now + rest_;
        return rest_;
    }
    /// The dial goes to the general address.
    [[nodiscard]] bool rests(instant now) const noexcept { return was_left() && now < rests_until_; }
    /// The own address was left, and has not answered since: a dial there is only a try.
    [[nodiscard]] bool was_left() const noexcept { return rest_ != duration{}; }
    /// What patience is left, once dials fail: the general address is tried as soon as it ends.
    [[nodiscard]] std::optional<duration> patience_left(instant now) const noexcept {
        if (!failing_since_) return std::nullopt;
        return std::max(*failing_since_ + how_.patience - now, duration{});
    }

    /// A connection to the own address ended without HELLO,
    void failed(instant dialed_at, instant now) noexcept {
        if (was_left()) {
            rest_ = std::min(rest_ * 2, how_.longest_rest);
            rests_until_ = now + rest_;
        } else if (!failing_since_) {
            failing_since_ = dialed_at;
        }
    }
    /// or it brought one.
    void answered() noexcept { forget(); }
    /// The session is gone, and its address with it: the next one is another.
    void forget() noexcept {
        failing_since_.reset();
        rest_ = {};
    }

private:
    policy how_;
    std::optional<instant> failing_since_;
    duration rest_{};  // 0: it was not left.
    instant rests_until_{};
};

}  // namespace shoal::gateway
