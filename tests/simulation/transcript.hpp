#pragma once
// The last lines of what happened in a simulated run, for a failure's message.

#include <deque>
#include <string>

#include "base/virtual_scheduler.hpp"

namespace shoal::simulation {

class transcript {
public:
    explicit transcript(const virtual_scheduler& time) : time_(time), begun_(time.now()) {}
    void write(std::string line);
    [[nodiscard]] std::string tail(std::size_t lines) const;

private:
    const virtual_scheduler& time_;
    instant begun_;
    std::deque<std::string> lines_;
};

}  // namespace shoal::simulation
