#pragma once
// Which handler a custom_id belongs to: buttons, menus and modals are known by it alone.
// Not here: handlers (src/bot keeps them by the same index), slash commands (registry.hpp).

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commands/errc.hpp"
#include "shoal/error.hpp"

namespace shoal::commands {

/// A custom_id as it is, or with '*' at its end: then all that begin with what stands before the star. So an id can carry what
/// its handler needs: "vote:*" takes "vote:17". Of several that fit the longest wins, and one without a star before all.
class component_routes {
public:
    /// Its index; fails if it is empty, longer than Discord's 100 characters, or there already.
    [[nodiscard]] result<std::size_t> add(std::string custom_id);
    [[nodiscard]] std::optional<std::size_t> route(std::string_view custom_id) const;
    [[nodiscard]] bool empty() const noexcept { return ids_.empty(); }

private:
    std::vector<std::string> ids_;
};

}  // namespace shoal::commands
