#pragma once
// Discord's limits of what is sent, as one walk that stops at the first that is broken and names the field.
// Not here: what is sent (message_json.hpp).

#include <fmt/format.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "shoal/bot.hpp"
#include "shoal/error.hpp"

namespace shoal::runtime {

/// Characters as Discord counts them: code points. A byte that is no UTF-8 is sent as one.
[[nodiscard]] constexpr std::size_t characters(std::string_view text) noexcept {
    std::size_t count = 0;
    for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1U : 0U;
    return count;
}

/// The first broken limit; further ones are not looked at.
class limit_check {
public:
    void text(std::string_view field, std::string_view what, std::size_t least, std::size_t most) {
        const auto count = characters(what);
        if (count < least)
            return broken(field,
                          least == 1 ? "is empty" : fmt::format("has {} characters; at least {} are needed", count, least));
        if (count > most) broken(field, fmt::format("has {} characters; at most {} are allowed", count, most));
    }
    void count(std::string_view field, std::size_t have, std::size_t least, std::size_t most) {
        if (have < least) return broken(field, fmt::format("has {} entries; at least {} are needed", have, least));
        if (have > most) broken(field, fmt::format("has {} entries; at most {} are allowed", have, most));
    }
    void require(bool holds, std::string_view field, std::string_view otherwise) {
        if (!holds) broken(field, std::string(otherwise));
    }
    [[nodiscard]] bool good() const noexcept { return !broken_; }
    [[nodiscard]] result<void> outcome() && {
        if (broken_) return std::unexpected(failure(bot_errc::bad_request, *std::move(broken_)));
        return {};
    }

private:
    void broken(std::string_view field, const std::string& how) {
        if (!broken_) broken_ = fmt::format("{} {}", field, how);
    }
    std::optional<std::string> broken_;
};

}  // namespace shoal::runtime
