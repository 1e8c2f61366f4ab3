#pragma once
// When which number was received, half a second exact, over the last seconds. Allocates nothing. Pure.
// Not here: what follows from it (session.hpp).

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.hpp"

namespace shoal::gateway {

class receipt_times {
public:
    static constexpr duration step = std::chrono::milliseconds(500);
    /// How far back one can ask.
    static constexpr duration reach = std::chrono::seconds(5);

    void note(std::uint64_t seq, instant now) noexcept {
        auto& last = slots_[at_];
        if (last.seq != 0 && now - last.from < step) {
            last.seq = seq;
            return;
        }
        at_ = (at_ + 1) % slots_.size();
        slots_[at_] = {seq, now};
    }
    /// A number that is not smaller than any received before `now - reach`, and not larger than any received half a second later.
    [[nodiscard]] std::uint64_t received_before(instant now) const noexcept {
        std::uint64_t out = 0;
        for (const auto& each : slots_) {
            if (each.seq > out && now - each.from >= reach) out = each.seq;
        }
        return out;
    }
    /// This number was received last, and has to come again: what is received then is received then.
    void take_back(std::uint64_t seq) noexcept {
        for (auto& each : slots_) {
            if (each.seq >= seq) each.seq = seq - 1;
        }
    }
    void clear() noexcept { slots_ = {}; }

private:
    struct slot {
        std::uint64_t seq = 0;  // The last of the half second that begins at `from`; 0: none.
        instant from{};
    };
    std::array<slot, static_cast<std::size_t>(reach / step) + 2> slots_{};
    std::size_t at_ = 0;
};

}  // namespace shoal::gateway
