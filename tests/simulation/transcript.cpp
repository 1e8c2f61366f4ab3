#include "simulation/transcript.hpp"

#include <fmt/format.h>

#include <utility>

namespace shoal::simulation {

void transcript::write(std::string line) {
    lines_.push_back(fmt::format("{:>9.3f}  {}", static_cast<double>(to_ms(time_.now() - begun_)) / 1000.0, line));
    if (lines_.size() > 2000) lines_.pop_front();
}

std::string transcript::tail(std::size_t lines) const {
    std::string text;
    for (std::size_t i = lines_.size() > lines ? lines_.size() - lines : 0; i < lines_.size(); ++i) text += lines_[i] + "\n";
    return text;
}

}  // namespace shoal::simulation
