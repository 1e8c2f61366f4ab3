#include "roles/cli/intents_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "config/option_table.hpp"
#include "config/token_shape.hpp"

namespace shoal::roles::cli {
namespace {

constexpr unsigned bits = 63;

std::string as_discord_writes(std::string_view name) {
    std::string out(name);
    for (auto& c : out) {
        if (c == '-' || c == ' ') c = '_';
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return out;
}

std::expected<intents, std::string> one(std::string_view name) {
    const auto wanted = as_discord_writes(name);
    if (wanted == "ALL") return intents::all;
    if (wanted == "UNPRIVILEGED") return intents::unprivileged;
    if (wanted == "NONE") return intents::none;
    std::vector<std::string_view> known;
    for (unsigned bit = 0; bit < bits; ++bit) {
        const auto is = intent_name(bit);
        if (is.empty()) continue;
        if (is == wanted) return intents(std::uint64_t{1} << bit);
        known.push_back(is);
    }
    const auto meant = config::nearest_name(wanted, known);
    return std::unexpected(fmt::format("{} is no intent of Discord's{}", config::shown(name),
                                       meant.empty() ? std::string(".") : fmt::format("; did you mean {}?", meant)));
}

}  // namespace

std::expected<intents, std::string> read_intents(std::string_view text) {
    std::uint64_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (!text.empty() && read.ec == std::errc() && read.ptr == text.data() + text.size()) {
        if (number >> bits != 0) return std::unexpected(fmt::format("{} is no number of intents.", text));
        return intents(number);
    }
    intents all;
    for (std::size_t at = 0; at <= text.size();) {
        const auto end = std::min(text.find(',', at), text.size());
        auto name = text.substr(at, end - at);
        while (name.starts_with(' ')) name.remove_prefix(1);
        while (name.ends_with(' ')) name.remove_suffix(1);
        const auto got = one(name);
        if (!got) return got;
        all |= *got;
        at = end + 1;
    }
    return all;
}

}  // namespace shoal::roles::cli
