#include "rest/route.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/assert.hpp"
#include "discord/json_cursor.hpp"

namespace shoal::rest {
namespace {

bool is_id(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::vector<std::string_view> segments_of(std::string_view path) {
    std::vector<std::string_view> out;
    path = path.substr(0, path.find('?'));
    while (!path.empty()) {
        path.remove_prefix(path.starts_with('/') ? 1 : 0);
        const auto size = std::min(path.find('/'), path.size());
        if (size > 0) out.push_back(path.substr(0, size));
        path.remove_prefix(size);
    }
    return out;
}

bool is_sendable(std::string_view path) {
    return std::ranges::all_of(path, [](char c) { return c > ' ' && c < 0x7F && c != '#' && c != '\\'; });
}
/// A method is a short word; whatever else came in its place is not repeated.
std::string_view shown(std::string_view method) { return method.size() <= 8 && is_sendable(method) ? method : "?"; }

/// The methods as the rest of the process knows them, in static storage.
std::string_view known_method(std::string_view method) {
    for (const std::string_view each : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
        if (each == method) return each;
    }
    return {};
}

/// Ages at which DELETE of a message changes its limit [4.16].
std::string_view age_class(std::string_view message, std::int64_t unix_ms) {
    constexpr std::int64_t young_ms = 10'000;
    constexpr std::int64_t old_ms = 14LL * 24 * 3600 * 1000;
    const auto id = message_id::parse(message);
    if (!id || unix_ms == 0) return {};
    const auto age = unix_ms - id->unix_ms();
    return age < young_ms ? " (under 10 s)" : age < old_ms ? "" : " (over 14 days)";
}

/// Name and topic of a channel may be changed twice in 10 minutes, while everything else goes on [4.16].
bool renames(std::string_view body) {
    const discord::json_value json(body);
    return json["name"] || json["topic"] || json["topic"].is_null();
}

/// "/channels/5/messages/6" -> "/channels/{channel}/messages/{id}", and what its limits are counted by.
struct shape {
    std::string pattern;
    std::string major;
    bool has_token = false;  ///< Carries the token of a webhook or an interaction in its path.
};

shape shape_of(const std::vector<std::string_view>& parts) {
    shape out;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto part = parts[i];
        const auto before = i == 0 ? std::string_view{} : parts[i - 1];
        out.pattern += '/';
        if (i == 1 && is_id(part) &&
            (before == "channels" || before == "guilds" || before == "webhooks" || before == "interactions")) {
            out.pattern += fmt::format("{{{}}}", before.substr(0, before.size() - 1));
            out.major = part;
        } else if (i == 2 && (parts[0] == "webhooks" || parts[0] == "interactions")) {
            out.pattern += "{token}";
            // An answer to an interaction counts for its webhook; the callback is one of a kind.
            if (parts[0] == "webhooks") out.major.append("/").append(part);
            out.has_token = true;
        } else if (before == "reactions") {
            // Emoji and user are not part of what is counted: all variants share one bucket [4.16].
            out.pattern.pop_back();
            break;
        } else if (is_id(part) || before == "invites" || before == "templates") {
            out.pattern += "{id}";
        } else {
            out.pattern += part;
        }
    }
    return out;
}

}  // namespace

result<route> route_of(std::string_view method, std::string path, std::string_view body, const route_context& known) {
    route out;
    out.method = known_method(method);
    if (out.method.empty()) return std::unexpected(failure(errc::bad_route, fmt::format("\"{}\" is no method", shown(method))));
    const auto parts = segments_of(path);
    if (!path.starts_with('/') || parts.empty() || !is_sendable(path) || std::ranges::find(parts, "..") != parts.end()) {
        return std::unexpected(failure(errc::bad_route, "the path must look like \"/channels/5/messages\", percent-encoded"));
    }
    auto [pattern, major, has_token] = shape_of(parts);
    out.authorized = !has_token;
    out.counts_globally =
        !(has_token && (parts[0] == "interactions" || (known.application && parts[1] == known.application.to_string())));
    out.harmless_to_repeat = out.method != "POST";
    const bool reactions = pattern.find("/reactions") != std::string::npos && out.method != "GET";
    out.key = fmt::format("{} {}", reactions ? "PUT, DELETE" : out.method, pattern);
    if (out.method == "DELETE" && parts.size() == 4 && parts[0] == "channels" && parts[2] == "messages") {
        out.key += age_class(parts[3], known.unix_ms);
    }
    if (out.method == "PATCH" && parts.size() == 2 && parts[0] == "channels" && renames(body)) out.key += " (name or topic)";
    out.major = std::move(major);
    out.path = std::move(path);
    return out;
}

namespace {
route named(std::string_view method, std::string path) {
    auto made = route_of(method, std::move(path));
    SHOAL_ASSERT(made);
    return std::move(*made);
}
}  // namespace

route overwrite_global_commands(application_id application) {
    return named("PUT", fmt::format("/applications/{}/commands", application.value()));
}

}  // namespace shoal::rest
