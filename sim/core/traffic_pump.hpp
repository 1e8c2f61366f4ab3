#pragma once
// When the next event is due at a rate: Poisson, or at even distances.
// Not here: what the event is (world.hpp).

#include "base/random.hpp"
#include "base/time.hpp"

namespace shoal::sim {

class traffic_pump {
public:
    explicit traffic_pump(std::uint64_t seed) : random_(seed) {}

    /// From now on `per_second` in all; 0 stops.
    void set(double per_second, bool even, instant now);
    [[nodiscard]] instant next() const noexcept { return next_; }
    /// True if one is due, and plans the one after it. After a long sleep at most a second's worth is caught up.
    [[nodiscard]] bool take(instant now);

private:
    [[nodiscard]] duration gap();
    random_source random_;
    double per_second_ = 0;
    bool even_ = false;
    instant next_ = never;
};

}  // namespace shoal::sim
