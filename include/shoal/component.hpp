#pragma once
// component: buttons, menus and layout of a message or a form, to be sent.
// Not here: what people did with them (context.hpp); components that come (models/messages.hpp).
// Source, also of the limits: https://discord.com/developers/docs/components/reference

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shoal/ids.hpp"
#include "shoal/models/messages.hpp"

namespace shoal {
inline namespace v0 {

/// An emoji to be sent: a guild's by its id, or one of Unicode by itself.
struct emoji_choice {
    emoji_id id = {};
    std::string name = {};
    bool animated = false;
    [[nodiscard]] explicit operator bool() const noexcept { return id || !name.empty(); }
};

/// One choice of a menu.
struct select_choice {
    std::string label;             ///< What people read: 1 to 100 characters.
    std::string value;             ///< What the bot gets: 1 to 100 characters, no two alike.
    std::string description = {};  ///< Below the label: at most 100 characters.
    emoji_choice emoji = {};
    bool chosen = false;  ///< From the start.
};

/// One picture of a gallery.
struct gallery_picture {
    std::string url;               ///< http, https, or "attachment://name" of a file of the same message.
    std::string description = {};  ///< What it shows, for those who cannot see it: at most 1,024 characters.
    bool spoiler = false;          ///< It is blurred until somebody wants to see it.
};

/// A component of any kind; the functions below make them, and their fields may be set afterwards. Which fields count depends on
/// the type; Discord's names are kept where a field is sent as it is.
struct component {
    component_type type = component_type::text_display;
    std::string custom_id = {};  ///< What the bot knows it by: 1 to 100 characters, unique in its message.
    std::uint32_t style = 0;     ///< Of a button (button_style) or a text input (1 one line, 2 several).
    std::string label = {};      ///< On a button at most 80 characters, of a label 45.
    emoji_choice emoji = {};
    std::string url = {};  ///< Of a link button at most 512 characters; of a thumbnail or a file where it is.
    sku_id sku = {};       ///< Of a premium button.
    bool disabled = false;
    std::vector<select_choice> options = {};       ///< Of a string menu, 1 to 25.
    std::vector<channel_type> channel_types = {};  ///< Which a channel menu offers; empty: all.
    std::string placeholder = {};                  ///< At most 150 characters, of a text input 100.
    std::optional<std::uint32_t> min_values = {};  ///< 0 to 25; nothing: 1.
    std::optional<std::uint32_t> max_values = {};  ///< 1 to 25; nothing: 1.
    std::optional<std::uint32_t> min_length = {};  ///< 0 to 4,000.
    std::optional<std::uint32_t> max_length = {};  ///< 1 to 4,000.
    std::optional<bool> required = {};             ///< Nothing: it must be filled in.
    std::string value = {};                        ///< What stands in a text input from the start: at most 4,000 characters.
    std::string content = {};                      ///< Of a text display.
    std::string description = {};  ///< What a thumbnail shows, at most 1,024; below a label at most 100 characters.
    bool spoiler = false;
    std::vector<gallery_picture> pictures = {};      ///< Of a gallery, 1 to 10.
    bool divider = true;                             ///< Of a separator.
    std::uint32_t spacing = 1;                       ///< Of a separator: 1 small, 2 large.
    std::optional<std::uint32_t> accent_color = {};  ///< 0xRRGGBB, of a container's edge.
    std::vector<component> components = {};          ///< What is in it; of a label one.
    std::vector<component> accessory = {};           ///< Of a section, one: a button or a thumbnail.
};

[[nodiscard]] inline component button(std::string custom_id, std::string label, button_style style = button_style::primary) {
    return {.type = component_type::button,
            .custom_id = std::move(custom_id),
            .style = static_cast<std::uint32_t>(style),
            .label = std::move(label)};
}
/// Opens a page and tells the bot nothing.
[[nodiscard]] inline component link_button(std::string url, std::string label) {
    return {.type = component_type::button,
            .style = static_cast<std::uint32_t>(button_style::link),
            .label = std::move(label),
            .url = std::move(url)};
}
[[nodiscard]] inline component string_menu(std::string custom_id, std::vector<select_choice> options) {
    return {.type = component_type::string_select, .custom_id = std::move(custom_id), .options = std::move(options)};
}
/// A menu of the guild's own things: user_select, role_select, mentionable_select or channel_select.
[[nodiscard]] inline component menu(component_type type, std::string custom_id) {
    return {.type = type, .custom_id = std::move(custom_id)};
}
/// Up to 5 buttons, or one menu.
[[nodiscard]] inline component row(std::vector<component> inside) {
    return {.type = component_type::action_row, .components = std::move(inside)};
}
[[nodiscard]] inline component text_display(std::string content) {
    return {.type = component_type::text_display, .content = std::move(content)};
}
/// One to three texts beside a button or a thumbnail.
[[nodiscard]] inline component section(std::vector<component> texts, component accessory) {
    component out{.type = component_type::section, .components = std::move(texts)};
    out.accessory.push_back(std::move(accessory));
    return out;
}
[[nodiscard]] inline component thumbnail(std::string url, std::string description = {}) {
    return {.type = component_type::thumbnail, .url = std::move(url), .description = std::move(description)};
}
[[nodiscard]] inline component gallery(std::vector<gallery_picture> pictures) {
    return {.type = component_type::media_gallery, .pictures = std::move(pictures)};
}
/// A file of the same message: "attachment://name".
[[nodiscard]] inline component file_display(std::string url) { return {.type = component_type::file, .url = std::move(url)}; }
[[nodiscard]] inline component separator(bool divider = true, std::uint32_t spacing = 1) {
    return {.type = component_type::separator, .divider = divider, .spacing = spacing};
}
[[nodiscard]] inline component container(std::vector<component> inside, std::optional<std::uint32_t> accent_color = {}) {
    return {.type = component_type::container, .accent_color = accent_color, .components = std::move(inside)};
}

}  // namespace v0
}  // namespace shoal
