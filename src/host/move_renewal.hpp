#pragma once
// Has a session whose cache stayed in another process given up for a new one, which fills it: one shard of the process after the
// other, and only while the budget of IDENTIFYs can spare it. Not here: whether the operator wants that (options), the new
// session (gateway/session.hpp).

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/scheduler.hpp"
#include "host/permit_source.hpp"

namespace shoal::host {

class move_renewal {
public:
    /// After the budget said no.
    static constexpr duration pause = std::chrono::seconds(30);

    struct orders {
        std::function<bool()> take_turn;  ///< True if no other shard of the process is at it.
        std::function<void()> end_turn;
        std::function<bool()> may_renew;  ///< Asked last of all, with the budget's consent at hand.
        std::function<void()> renew;
    };
    /// On the thread of `on`, which outlives it, as `permits` does.
    move_renewal(shard_key shard, scheduler& on, permit_source& permits, orders to);
    ~move_renewal() { *self_ = nullptr; }
    move_renewal(const move_renewal&) = delete;
    move_renewal& operator=(const move_renewal&) = delete;

    /// The present session is to be given up.
    void want() noexcept { wanted_ = true; }
    /// About once a second. `settled`: the session is live and nothing of its replay is missing.
    void on_second(bool settled);
    /// READY, for whatever reason.
    void on_new_session();
    [[nodiscard]] std::uint64_t renewals() const noexcept { return renewals_; }

private:
    void answered(bool spare);

    shard_key shard_;
    scheduler& on_;
    permit_source& permits_;
    orders to_;
    bool wanted_ = false, has_turn_ = false;
    instant not_before_{};
    std::uint64_t renewals_ = 0;
    std::shared_ptr<move_renewal*> self_;  // Emptied when this goes: what was asked holds it.
};

}  // namespace shoal::host
