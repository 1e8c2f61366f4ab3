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

/// The first message in the nested `errors` of a 50035: "options.0.name: Must be ...".
std::string first_detail(const discord::json_value& errors) {
    std::string path;
    auto level = errors;
    for (int depth = 0; depth < 16; ++depth) {
        const auto list = level["_errors"];
        if (list) {
            for (const auto& each : list.elements()) return path + ": " + each["message"].text_or("");
            return path;
        }
        discord::json_value next;
        for (const auto& [key, value] : level.fields()) {
            if (!path.empty()) path += '.';
            path += key;
            next = value;
            break;
        }
        if (!next) break;
        level = next;
    }
    return path;
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

error_body read_error(std::uint16_t status, std::string_view body) {
    error_body out;
    const discord::json_value json(body);
    if (!json.is(discord::json_kind::object)) {
        // HTML or plain text of an edge: its status says all that is worth saying.
        out.message = fmt::format("status {}", status);
        return out;
    }
    out.code = json["code"].value_or<std::int64_t>(0);
    out.message = fmt::format("status {}, code {}: {}", status, out.code, json["message"].text_or(""));
    if (const auto errors = json["errors"]) {
        if (const auto detail = first_detail(errors); !detail.empty()) out.message += " (" + detail + ")";
    }
    if (out.message.size() > 300) out.message.resize(300);
    return out;
}

}  // namespace shoal::rest
