#pragma once
// What the fuzz targets share: choices taken off the front of an input, and bytes handed over in pieces that end where their
// allocation ends, so that a sanitizer sees a read behind them. A property that does not hold is a SHOAL_ASSERT, which aborts.
// Not here: the targets, one source each, and their corpus (README.md).

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/assert.hpp"
#include "base/random.hpp"

namespace shoal::fuzz {

/// What libFuzzer handed out. Choices stand in front, so that seeds are a few bytes and then a real message.
class input {
public:
    input(const std::uint8_t* data, std::size_t size) : left_(reinterpret_cast<const char*>(data), size) {}
    /// The next byte, 0 when there is none.
    std::uint8_t choice() {
        if (left_.empty()) return 0;
        const auto byte = static_cast<std::uint8_t>(left_.front());
        left_.remove_prefix(1);
        return byte;
    }
    [[nodiscard]] std::string_view rest() const { return left_; }

private:
    std::string_view left_;
};

/// The same bytes with nothing readable behind them.
class exact {
public:
    explicit exact(std::string_view bytes) : bytes_(bytes.begin(), bytes.end()) { bytes_.shrink_to_fit(); }
    [[nodiscard]] std::string_view view() const { return {bytes_.data(), bytes_.size()}; }

private:
    std::vector<char> bytes_;
};

/// Calls take(piece) for all of `bytes`: in one piece (`how` 0), byte by byte (1), else in pieces whose sizes follow from `how`.
template <class Take>
void in_pieces(std::string_view bytes, std::uint8_t how, Take take) {
    random_source random(how);
    while (!bytes.empty()) {
        const auto most = how == 0 ? bytes.size() : how == 1 ? 1 : 1 + random.below(random.chance(0.5) ? 4 : 200);
        const exact piece(bytes.substr(0, std::min<std::size_t>(most, bytes.size())));
        take(piece.view());
        bytes.remove_prefix(piece.view().size());
    }
}

/// Calls take(line) for each line, at most `most` of them: several messages in one input are written one a line.
template <class Take>
void by_line(std::string_view text, std::size_t most, Take take) {
    for (; most > 0 && !text.empty(); --most) {
        const auto end = std::min(text.find('\n'), text.size());
        take(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

}  // namespace shoal::fuzz
