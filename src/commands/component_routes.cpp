#include "commands/component_routes.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "commands/names.hpp"

namespace shoal::commands {

result<std::size_t> component_routes::add(std::string custom_id) {
    constexpr std::size_t most_characters = 100;
    const auto length = characters(custom_id);
    if (!length || *length == 0 || *length > most_characters) {
        return std::unexpected(failure(
            errc::bad_name, fmt::format("custom_id '{}': 1 to {} characters of UTF-8 are allowed", custom_id, most_characters)));
    }
    if (std::ranges::find(ids_, custom_id) != ids_.end()) {
        return std::unexpected(failure(errc::duplicate, fmt::format("custom_id '{}'", custom_id)));
    }
    ids_.push_back(std::move(custom_id));
    return ids_.size() - 1;
}

std::optional<std::size_t> component_routes::route(std::string_view custom_id) const {
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < ids_.size(); ++i) {
        const std::string_view each = ids_[i];
        if (each == custom_id) return i;
        if (!each.ends_with('*') || !custom_id.starts_with(each.substr(0, each.size() - 1))) continue;
        if (!best || each.size() > ids_[*best].size()) best = i;
    }
    return best;
}

}  // namespace shoal::commands
