#include "sim/core/traffic_pump.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace shoal::sim {

using namespace std::chrono_literals;

duration traffic_pump::gap() {
    const double times = even_ ? 1.0 : -std::log(1.0 - random_.unit());
    return duration(std::max<std::int64_t>(1, static_cast<std::int64_t>(times * 1e9 / per_second_)));
}

void traffic_pump::set(double per_second, bool even, instant now) {
    per_second_ = per_second;
    even_ = even;
    next_ = per_second > 0 ? now + gap() : never;
}

bool traffic_pump::take(instant now) {
    if (next_ > now) return false;
    next_ = std::max(next_, now - duration(1s)) + gap();
    return true;
}

}  // namespace shoal::sim
