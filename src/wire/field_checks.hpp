#pragma once
// Reads fields against their bounds and remembers the first one that is out of them. For the sources of this room only.
// Not here: which fields a message has.

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/utf8.hpp"
#include "shoal/error.hpp"
#include "trust/join_proof.hpp"
#include "wire/errc.hpp"
#include "wire/limits.hpp"

namespace shoal::wire {

class field_checks {
public:
    /// A text of at most `most` bytes without control characters: it ends in logs and on terminals.
    std::string text(const std::string& value, std::string_view field, std::size_t most) {
        bool fine = value.size() <= most && is_utf8(value);
        for (const char c : value) fine = fine && static_cast<unsigned char>(c) >= 0x20 && c != 0x7F;
        require(fine, field);
        return fine ? value : std::string();
    }
    std::string name(const std::string& value, std::string_view field) { return text(value, field, most_name_bytes); }
    /// A name that must be there.
    std::string some_name(const std::string& value, std::string_view field) {
        require(!value.empty(), field);
        return name(value, field);
    }
    std::string sentence(const std::string& value, std::string_view field) { return text(value, field, most_text_bytes); }
    std::uint32_t shard(std::uint32_t value) {
        require(value < most_total_shards, "shard");
        return value;
    }
    std::uint16_t close_code(std::uint32_t value, std::string_view field) {
        require(value >= 1000 && value < 5000, field);
        return static_cast<std::uint16_t>(value);
    }
    double share(double value, std::string_view field) {
        const bool fine = std::isfinite(value) && value >= 0 && value <= 1e12;
        require(fine, field);
        return fine ? value : 0;
    }
    duration span(std::int64_t nanoseconds, std::string_view field) {
        require(nanoseconds >= 0 && nanoseconds <= longest.count(), field);
        return duration(nanoseconds);
    }
    /// A number that counts from one.
    template <class Counter>
    Counter counter(std::uint64_t value, std::string_view field) {
        require(value != 0, field);
        return static_cast<Counter>(value);
    }
    /// Protocol enums begin with an "unspecified" that nobody may send; ours do not have it.
    template <class Enum>
    Enum choice(int value, std::size_t count, std::string_view field) {
        const bool fine = value >= 1 && static_cast<std::size_t>(value) <= count;
        require(fine, field);
        return static_cast<Enum>(fine ? value - 1 : 0);
    }
    std::array<unsigned char, 32> bytes32(const std::string& value, std::string_view field) {
        std::array<unsigned char, 32> copy{};
        require(value.size() == copy.size(), field);
        if (value.size() == copy.size()) value.copy(reinterpret_cast<char*>(copy.data()), copy.size());
        return copy;
    }
    void require(bool fine, std::string_view field) {
        if (!fine && wrong_.empty()) wrong_ = field;
    }

    /// The value if nothing was out of bounds.
    template <class T>
    [[nodiscard]] result<T> give(T value) && {
        if (!wrong_.empty()) return std::unexpected(failure(errc::bad_field, std::string(wrong_)));
        return value;
    }

private:
    std::string_view wrong_;
};

/// What a writer makes of a text, so that every reader takes it: cut at a character's end, without control characters.
[[nodiscard]] inline std::string clipped(std::string_view value, std::size_t most) {
    std::string text(value.substr(0, most));
    while (!text.empty() && !is_utf8(text) && text.size() + 4 > std::min(most, value.size())) text.pop_back();
    const bool whole = is_utf8(text);
    if (!whole) text = value.substr(0, most);
    for (auto& c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F || (!whole && byte >= 0x80)) c = '?';
    }
    return text;
}
[[nodiscard]] inline std::string name_text(std::string_view value) { return clipped(value, most_name_bytes); }
[[nodiscard]] inline std::string sentence_text(std::string_view value) { return clipped(value, most_text_bytes); }

}  // namespace shoal::wire
