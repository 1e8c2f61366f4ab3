#pragma once
// Faults of the accept path (F5, F6, F7): what one listening port does to new connections, by percentage.

#include <optional>

#include "base/random.hpp"
#include "net/byte_stream.hpp"
#include "sim/core/facts.hpp"

namespace shoal::sim {

class accept_faults {
public:
    explicit accept_faults(std::uint64_t seed) : random_(seed) {}

    void apply(const accept_order& order) {
        if (order.fault == accept_fault::refuse_tcp) refuse_ = order.percent;
        if (order.fault == accept_fault::mute_tls) mute_ = order.percent;
        if (order.fault == accept_fault::upgrade_status) {
            upgrade_ = order.percent;
            status_ = order.status;
        }
    }
    /// True if the port should not even listen, so that the kernel refuses.
    [[nodiscard]] bool refuses_all() const noexcept { return refuse_ >= 100; }
    [[nodiscard]] net::accept_policy on_accept() {
        if (strikes(refuse_)) return net::accept_policy::reset;
        return strikes(mute_) ? net::accept_policy::mute_tls : net::accept_policy::serve;
    }
    /// The status that this upgrade gets instead of 101.
    [[nodiscard]] std::optional<int> on_upgrade() {
        return strikes(upgrade_) ? std::optional<int>(status_ == 0 ? 503 : status_) : std::nullopt;
    }

private:
    [[nodiscard]] bool strikes(double percent) { return percent > 0 && random_.chance(percent / 100); }

    random_source random_;
    double refuse_ = 0, mute_ = 0, upgrade_ = 0;
    int status_ = 503;
};

}  // namespace shoal::sim
