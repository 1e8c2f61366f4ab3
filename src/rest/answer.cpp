#include "rest/answer.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "discord/json_cursor.hpp"

namespace shoal::rest {
namespace {

constexpr double longest_wait_seconds = 7 * 24 * 3600.0;

/// Seconds with decimals; nullopt for anything that is no sensible time.
std::optional<duration> seconds(std::optional<double> value) {
    if (!value || !std::isfinite(*value) || *value < 0) return std::nullopt;
    return duration(static_cast<std::int64_t>(std::min(*value, longest_wait_seconds) * 1e9));
}

std::optional<double> to_number(std::string_view text) {
    double value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
    return value;
}

std::optional<std::int64_t> to_count(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
    return value;
}

constexpr std::size_t longest_text = 300;
constexpr std::size_t most_fields = 25;
constexpr int deepest_path = 16;

std::string shortened(std::string_view text) {
    if (text.size() <= longest_text) return std::string(text);
    auto end = longest_text;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;  // Not in the middle of a character.
    return std::string(text.substr(0, end));
}

/// Texts of a stranger's, on their way to logs: cut, and without the tokens of what was asked, which they may repeat. Only tokens
/// are longer than an id among a path's parts.
class cleaner {
public:
    explicit cleaner(std::string_view path) : path_(path) {}
    [[nodiscard]] std::string operator()(std::string text) const {
        constexpr std::size_t longest_id = 20;
        constexpr std::size_t longest_searched = 16 * 1024;  // Far beyond any sentence of Discord's.
        if (text.size() > longest_searched) return {};
        for (auto rest = path_; !rest.empty();) {
            const auto part = rest.substr(0, rest.find_first_of("/?"));
            rest.remove_prefix(std::min(part.size() + 1, rest.size()));
            if (part.size() <= longest_id) continue;
            for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at))
                text.replace(at, part.size(), "[token]");
        }
        return shortened(text);  // Last, or a half of a token would stay.
    }

private:
    std::string_view path_;
};

/// The nested `errors` of a 50035, whose leaves are lists named `_errors` [4.3].
void collect_fields(const discord::json_value& level, const std::string& path, int depth, const cleaner& clean,
                    std::vector<discord_error::field>& out) {
    if (depth > deepest_path) return;
    for (const auto& [key, value] : level.fields()) {
        if (out.size() >= most_fields) return;
        if (key == "_errors") {
            for (const auto& each : value.elements()) {
                if (out.size() >= most_fields) return;
                out.push_back({path, clean(each["code"].text_or("")), clean(each["message"].text_or(""))});
            }
            continue;
        }
        auto deeper = path.empty() ? path : path + '.';
        discord::append_utf8(deeper, key);
        collect_fields(value, clean(deeper), depth + 1, clean, out);
    }
}

}  // namespace

answer read_answer(std::uint16_t status, const header_source& header, std::string_view body) {
    answer out;
    out.status = status;
    auto& limits = out.limits;
    limits.limit = to_count(header("x-ratelimit-limit"));
    limits.remaining = to_count(header("x-ratelimit-remaining"));
    limits.reset_after = seconds(to_number(header("x-ratelimit-reset-after")));
    limits.bucket = header("x-ratelimit-bucket");
    if (status != 429) return out;

    const auto scope = header("x-ratelimit-scope");
    limits.scope = scope == "shared"                                             ? limit_scope::shared
                   : scope == "global" || header("x-ratelimit-global") == "true" ? limit_scope::global
                   : scope == "user"                                             ? limit_scope::user
                                                                                 : limit_scope::none;
    const discord::json_value json(body);
    const bool is_limit_body = json.is(discord::json_kind::object) && json["retry_after"].is(discord::json_kind::number);
    if (is_limit_body) {
        limits.retry_after = seconds(json["retry_after"].number());
        if (limits.scope == limit_scope::none && json["global"].value_or(false)) limits.scope = limit_scope::global;
    }
    if (!limits.retry_after) limits.retry_after = seconds(to_number(header("retry-after")));
    limits.edge = limits.scope == limit_scope::none && !is_limit_body && limits.bucket.empty() && header("via").empty();
    return out;
}

discord_error read_error(std::uint16_t status, std::string_view body, std::string_view path) {
    const cleaner clean(path);
    discord_error out;
    out.status = status;
    const discord::json_value json(body);
    // HTML or plain text of an edge: its status says all that is worth saying.
    if (!json.is(discord::json_kind::object)) return out;
    out.code = json["code"].value_or<std::int64_t>(0);
    out.message = clean(json["message"].text_or(""));
    if (const auto errors = json["errors"]) collect_fields(errors, {}, 0, clean, out.fields);
    return out;
}

std::string line_of(const discord_error& what) {
    auto line = fmt::format("status {}", what.status);
    if (what.code != 0 || !what.message.empty()) line += fmt::format(", code {}: {}", what.code, what.message);
    if (!what.fields.empty()) {
        const auto& first = what.fields.front();
        line += fmt::format(" ({}{}{})", first.path, first.path.empty() ? "" : ": ", first.message);
        if (what.fields.size() > 1) line += fmt::format(" and {} more", what.fields.size() - 1);
    }
    return shortened(line);
}

}  // namespace shoal::rest
