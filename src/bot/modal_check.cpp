// Discord's limits of modals [5.6].

#include "bot/component_check.hpp"
#include "shoal/modal.hpp"

namespace shoal {
inline namespace v0 {

result<void> modal::check() const {
    runtime::limit_check is;
    is.text("custom_id", custom_id, 1, 100);
    is.text("title", title, 1, 45);
    is.count("components", components.size(), 1, 5);
    for (const auto& each : components) {
        is.require(each.type == component_type::label || each.type == component_type::text_display, "components",
                   "has something outside of a label that is no text");
    }
    runtime::component_check walk{.is = is, .place = runtime::component_place::modal};
    walk.inside("components", components);
    return std::move(is).outcome();
}

}  // namespace v0
}  // namespace shoal
