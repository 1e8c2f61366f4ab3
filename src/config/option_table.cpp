#include "config/option_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace shoal::config {

namespace {

constexpr std::size_t most_numbers = 100000;

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto at = text.find(separator);
        parts.push_back(text.substr(0, at));
        if (at == std::string_view::npos) return parts;
        text.remove_prefix(at + 1);
    }
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

std::optional<double> read_number(std::string_view text) {
    double value = 0;
    auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
    return value;
}

std::string bounds(const option_spec& option) {
    if (option.most == INT64_MAX) return fmt::format("{} or more", option.least);
    return fmt::format("from {} to {}", option.least, option.most);
}

bool within(const option_spec& option, std::int64_t value) { return value >= option.least && value <= option.most; }

std::optional<std::string> wrong_with_url(std::string_view text) {
    if (!text.starts_with("https://") && !text.starts_with("http://")) return "is no url";
    if (text.find_first_of(" \t\r\n") != std::string_view::npos) return "is no url: it has white space inside";
    auto host = text.substr(text.find("://") + 3);
    host = host.substr(0, host.find_first_of("/?#"));
    if (host.find('@') != std::string_view::npos) return "has a user name before its host";
    // Colons inside brackets belong to an IPv6 address.
    const auto bracket = host.rfind(']');
    const auto colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
    if (host.substr(0, colon).empty()) return "has no host";
    if (colon == std::string_view::npos) return std::nullopt;
    const auto port = read_integer(host.substr(colon + 1));
    if (!port || *port < 1 || *port > 65535) return "has a port that is no number from 1 to 65535";
    return std::nullopt;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t above = row[j];
            row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
            diagonal = above;
        }
    }
    return row.back();
}

}  // namespace

const option_spec* option_table::find(std::string_view name) const noexcept {
    const auto at = std::ranges::find(options, name, &option_spec::name);
    return at == options.end() ? nullptr : &*at;
}

std::string variable_of(const option_table& table, const option_spec& option) {
    std::string name(table.prefix);
    for (char c : option.name) name += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    return name;
}

std::string allowed_values(const option_spec& option) {
    switch (option.kind) {
        case option_kind::text: return "any text that is not empty";
        case option_kind::path: return "the name of a file or folder";
        case option_kind::url: return "a url such as https://host:8443, or http:// on this machine only";
        case option_kind::integer: return fmt::format("a whole number {}", bounds(option));
        case option_kind::number: return fmt::format("a number {}", bounds(option));
        case option_kind::duration: return "a time such as 500ms, 15s, 2m or 1h";
        case option_kind::flag: return "true or false";
        case option_kind::choice: {
            std::string list;
            for (auto part : split(option.choices, '|')) list += (list.empty() ? "one of " : ", ") + std::string(part);
            return list;
        }
        case option_kind::numbers: return fmt::format("whole numbers {} with commas, ranges too: 0,2,5-7", bounds(option));
        case option_kind::secret: return "a secret";
    }
    return {};
}

std::optional<std::int64_t> read_integer(std::string_view text) {
    std::int64_t value = 0;
    auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return value;
}

std::optional<duration> read_duration(std::string_view text) {
    const auto digits = std::min(text.find_first_not_of("0123456789."), text.size());
    const auto count = read_number(text.substr(0, digits));
    if (!count) return std::nullopt;
    const auto unit = text.substr(digits);
    double ns = 0;
    if (unit == "ms") {
        ns = 1e6;
    } else if (unit == "s" || unit.empty()) {
        ns = 1e9;
    } else if (unit == "m" || unit == "min") {
        ns = 60e9;
    } else if (unit == "h") {
        ns = 3600e9;
    } else if (unit == "d") {
        ns = 86400e9;
    } else {
        return std::nullopt;
    }
    const double total = *count * ns;
    if (total > 3.2e17) return std::nullopt;  // Ten years: whoever writes more has mistyped, and sums must not overflow.
    return duration(static_cast<std::int64_t>(total));
}

std::optional<std::vector<std::uint32_t>> read_numbers(std::string_view text) {
    std::vector<std::uint32_t> found;
    for (auto part : split(text, ',')) {
        part = trimmed(part);
        const auto dash = part.find('-');
        const auto first = read_integer(trimmed(part.substr(0, dash)));
        const auto last = dash == std::string_view::npos ? first : read_integer(trimmed(part.substr(dash + 1)));
        if (!first || !last || *first < 0 || *last < *first || *last > UINT32_MAX) return std::nullopt;
        if (static_cast<std::size_t>(*last - *first) >= most_numbers - found.size()) return std::nullopt;
        for (auto n = *first; n <= *last; ++n) found.push_back(static_cast<std::uint32_t>(n));
    }
    std::ranges::sort(found);
    const auto doubled = std::ranges::unique(found);
    found.erase(doubled.begin(), doubled.end());
    return found;
}

std::optional<bool> read_flag(std::string_view text) {
    if (text == "true" || text == "1" || text == "yes" || text == "on") return true;
    if (text == "false" || text == "0" || text == "no" || text == "off") return false;
    return std::nullopt;
}

std::optional<std::string> wrong_with(const option_spec& option, std::string_view text) {
    switch (option.kind) {
        case option_kind::text:
        case option_kind::path:
        case option_kind::secret:
            if (text.empty()) return "is empty";
            if (text.find('\0') != std::string_view::npos) return "holds a zero byte";
            return std::nullopt;
        case option_kind::url: return wrong_with_url(text);
        case option_kind::integer: {
            const auto value = read_integer(text);
            if (!value) return "is no whole number";
            if (!within(option, *value)) return "is out of range";
            return std::nullopt;
        }
        case option_kind::number: {
            const auto value = read_number(text);
            if (!value) return "is no number";
            if (*value < static_cast<double>(option.least) || *value > static_cast<double>(option.most)) return "is out of range";
            return std::nullopt;
        }
        case option_kind::duration: return read_duration(text) ? std::nullopt : std::optional<std::string>("is no time");
        case option_kind::flag: return read_flag(text) ? std::nullopt : std::optional<std::string>("is neither true nor false");
        case option_kind::choice:
            return std::ranges::count(split(option.choices, '|'), text) != 0 ? std::nullopt
                                                                             : std::optional<std::string>("is unknown");
        case option_kind::numbers: {
            const auto found = read_numbers(text);
            if (!found) return "is no list of whole numbers";
            if (std::ranges::any_of(*found, [&](std::uint32_t n) { return !within(option, n); })) return "is out of range";
            return std::nullopt;
        }
    }
    return std::nullopt;
}

std::string_view nearest_name(std::string_view wrong, std::span<const std::string_view> known) {
    std::string_view best;
    std::size_t best_distance = std::max<std::size_t>(2, wrong.size() / 3) + 1;
    for (auto name : known) {
        const auto distance = edit_distance(wrong, name);
        if (distance < best_distance) {
            best = name;
            best_distance = distance;
        }
    }
    return best;
}

}  // namespace shoal::config
