// How a path finds its row in the table of routes.

#include <fmt/format.h>

#include <algorithm>

#include "sim/core/rest_handlers.hpp"
#include "sim/core/rest_route.hpp"

namespace shoal::sim {
namespace {

bool fits(std::string_view path, const std::vector<std::string>& segments) {
    std::size_t at = 0;
    while (!path.empty()) {
        path.remove_prefix(1);  // the slash
        const std::size_t end = path.find('/');
        const std::string_view part = path.substr(0, end);
        path = end == std::string_view::npos ? std::string_view() : path.substr(end);
        if (at == segments.size()) return false;
        const bool variable = part.starts_with('{');
        if (variable ? segments[at].empty() : part != segments[at]) return false;
        // Ids are digits, or "@original" of an interaction: "/channels/x" is no route.
        if (part == "{id}" && !parse_snowflake(segments[at]) && segments[at] != "@original") return false;
        ++at;
    }
    return at == segments.size();
}

}  // namespace

const rest_route* find_route(std::string_view method, const std::vector<std::string>& segments, bool& path_known) {
    path_known = false;
    for (const rest_route& one : all_routes()) {
        if (!fits(one.path, segments)) continue;
        path_known = true;
        if (one.method == method) return &one;
    }
    return nullptr;
}

bool is_route(std::string_view text) {
    return std::ranges::any_of(all_routes(), [text](const rest_route& one) {
        return text == one.path || text == fmt::format("{} {}", one.method, one.path);
    });
}

}  // namespace shoal::sim
