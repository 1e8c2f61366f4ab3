#pragma once
// Has a half-deaf session given up for a new one [2.7.13], when the budget of IDENTIFYs can spare it.
// Not here: how one is noticed (gateway/silence_watch.hpp), the new session (gateway/session.hpp).

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/scheduler.hpp"
#include "gateway/silence_watch.hpp"
#include "host/permit_source.hpp"

namespace shoal::host {

class half_deaf_watch {
public:
    struct orders {
        /// Asked last of all, with the budget's consent at hand.
        std::function<bool()> may_renew;
        /// `why` is for people.
        std::function<void(std::string why)> renew;
    };
    /// On the thread of `on`, which outlives it, as `permits` does.
    half_deaf_watch(shard_key shard, gateway::silence_policy policy, scheduler& on, permit_source& permits, orders to);
    ~half_deaf_watch() { *self_ = nullptr; }
    half_deaf_watch(const half_deaf_watch&) = delete;
    half_deaf_watch& operator=(const half_deaf_watch&) = delete;

    /// The hot path.
    void on_event(discord::event_kind kind) noexcept { silence_.on_event(kind); }
    void on_new_session() noexcept { silence_.on_new_session(); }
    /// About once a second. `listening`: the session is live and its socket is being read.
    void on_second(bool listening);
    /// Sessions that were given up.
    [[nodiscard]] std::uint64_t renewals() const noexcept { return renewals_; }

private:
    void renew();

    shard_key shard_;
    gateway::silence_watch silence_;
    scheduler& on_;
    permit_source& permits_;
    orders to_;
    std::optional<gateway::silence_watch::finding> found_;  // as of the last second
    bool asking_ = false;
    std::uint64_t renewals_ = 0;
    std::shared_ptr<half_deaf_watch*> self_;  // emptied when this goes: what was asked holds it
};

}  // namespace shoal::host
