#include "bot/component_check.hpp"

#include <fmt/format.h>

namespace shoal::runtime {

using type = component_type;

void component_check::custom_id(const std::string& at, const component& what) {
    is.text(at + ".custom_id", what.custom_id, 1, 100);
    is.require(custom_ids.insert(what.custom_id).second, at + ".custom_id",
               place == component_place::modal ? "stands in this modal twice" : "stands in this message twice");
}

void component_check::button(const std::string& at, const component& what) {
    const auto style = static_cast<button_style>(what.style);
    is.require(what.style >= 1 && what.style <= 6, at + ".style", "is none of Discord's");
    is.text(at + ".label", what.label, 0, 80);
    switch (style) {
        case button_style::link: is.text(at + ".url", what.url, 1, 512); break;
        case button_style::premium: is.require(bool(what.sku), at + ".sku", "is missing"); break;
        default:
            custom_id(at, what);
            is.require(!what.label.empty() || what.emoji, at + ".label", "is empty, and there is no emoji");
    }
}

void component_check::picked(const std::string& at, const component& what, std::uint32_t most) {
    is.require(what.min_values.value_or(1) <= most, at + ".min_values", fmt::format("is above {}", most));
    is.require(what.max_values.value_or(1) >= 1 && what.max_values.value_or(1) <= most, at + ".max_values",
               fmt::format("is not 1 to {}", most));
    is.require(what.min_values.value_or(1) <= what.max_values.value_or(1), at + ".min_values", "is above max_values");
}

void component_check::choices(const std::string& at, const component& what, std::size_t least, std::size_t most) {
    is.count(at + ".options", what.options.size(), least, most);
    std::set<std::string> values;
    for (std::size_t i = 0; is.good() && i < what.options.size(); ++i) {
        const auto option = fmt::format("{}.options[{}]", at, i);
        is.text(option + ".label", what.options[i].label, 1, 100);
        is.text(option + ".value", what.options[i].value, 1, 100);
        is.text(option + ".description", what.options[i].description, 0, 100);
        is.require(values.insert(what.options[i].value).second, option + ".value", "stands in this menu twice");
    }
}

void component_check::menu(const std::string& at, const component& what) {
    custom_id(at, what);
    is.text(at + ".placeholder", what.placeholder, 0, 150);
    picked(at, what, 25);
    if (what.type == type::string_select) choices(at, what, 1, 25);
}

void component_check::text_input(const std::string& at, const component& what) {
    constexpr std::uint32_t most = 4000;
    custom_id(at, what);
    is.require(what.style == 1 || what.style == 2, at + ".style", "is neither 1 (one line) nor 2 (several)");
    is.text(at + ".placeholder", what.placeholder, 0, 100);
    is.text(at + ".value", what.value, 0, most);
    is.require(what.min_length.value_or(0) <= most, at + ".min_length", "is above 4000");
    is.require(what.max_length.value_or(1) >= 1 && what.max_length.value_or(1) <= most, at + ".max_length", "is not 1 to 4000");
    is.require(what.min_length.value_or(0) <= what.max_length.value_or(most), at + ".min_length", "is above max_length");
    is.require(what.label.empty(), at + ".label", "belongs to the label around it");
}

void component_check::label(const std::string& at, const component& what) {
    is.text(at + ".label", what.label, 1, 45);
    is.text(at + ".description", what.description, 0, 100);
    is.count(at + ".components", what.components.size(), 1, 1);
    for (const auto& each : what.components)
        is.require(is_input(each.type), at + ".components", "has something that takes no input");
}

void component_check::gallery(const std::string& at, const component& what) {
    is.count(at + ".pictures", what.pictures.size(), 1, 10);
    for (std::size_t i = 0; is.good() && i < what.pictures.size(); ++i) {
        const auto picture = fmt::format("{}.pictures[{}]", at, i);
        is.text(picture + ".url", what.pictures[i].url, 1, 2048);
        is.text(picture + ".description", what.pictures[i].description, 0, 1024);
    }
}

void component_check::row(const std::string& at, const component& what) {
    is.count(at + ".components", what.components.size(), 1, 5);
    const bool menus = is.good() && is_menu(what.components[0].type);
    is.require(!menus || what.components.size() == 1, at + ".components", "has something beside a menu");
    for (const auto& each : what.components) {
        is.require(each.type == type::button || is_menu(each.type), at + ".components",
                   "has something that is neither a button nor a menu");
    }
}

void component_check::section(const std::string& at, const component& what) {
    is.count(at + ".components", what.components.size(), 1, 3);
    for (const auto& each : what.components)
        is.require(each.type == type::text_display, at + ".components", "has something that is no text");
    is.count(at + ".accessory", what.accessory.size(), 1, 1);
    for (const auto& each : what.accessory) {
        is.require(each.type == type::button || each.type == type::thumbnail, at + ".accessory",
                   "is neither a button nor a thumbnail");
    }
}

void component_check::one(const std::string& at, const component& what) {
    if (!is.good()) return;
    ++count;
    const bool forms = what.type == type::text_input || what.type == type::label || what.type >= type::file_upload;
    const bool layout = what.type >= type::section;
    if (place == component_place::modal) {
        is.require(forms || is_menu(what.type) || what.type == type::text_display, at,
                   "belongs into a message, not into a modal");
    } else {
        is.require(!forms, at, "belongs into a modal, not into a message");
        is.require(place == component_place::message_v2 || !layout, at, "needs the flag is_components_v2");
    }
    switch (what.type) {
        case type::action_row: row(at, what); break;
        case type::button: button(at, what); break;
        case type::string_select:
        case type::user_select:
        case type::role_select:
        case type::mentionable_select:
        case type::channel_select: menu(at, what); break;
        case type::section: section(at, what); break;
        case type::text_display:
            is.text(at + ".content", what.content, 1, 4000);
            text_characters += characters(what.content);
            break;
        case type::thumbnail:
            is.text(at + ".url", what.url, 1, 2048);
            is.text(at + ".description", what.description, 0, 1024);
            break;
        case type::media_gallery: gallery(at, what); break;
        case type::file: is.require(what.url.starts_with("attachment://"), at + ".url", "is no \"attachment://name\""); break;
        case type::separator: is.require(what.spacing == 1 || what.spacing == 2, at + ".spacing", "is neither 1 nor 2"); break;
        case type::container:
            is.count(at + ".components", what.components.size(), 1, 39);
            is.require(!what.accent_color || *what.accent_color <= 0xFFFFFF, at + ".accent_color", "is above 0xFFFFFF");
            for (const auto& each : what.components)
                is.require(each.type != type::container, at + ".components", "has a container");
            break;
        case type::text_input: text_input(at, what); break;
        case type::label: label(at, what); break;
        case type::file_upload:
            custom_id(at, what);
            picked(at, what, 10);
            break;
        case type::radio_group:
            custom_id(at, what);
            choices(at, what, 2, 10);
            break;
        case type::checkbox_group:
            custom_id(at, what);
            choices(at, what, 1, 10);
            picked(at, what, 10);
            break;
        case type::checkbox: custom_id(at, what); break;
    }
    inside(at + ".components", what.components);
    inside(at + ".accessory", what.accessory);
}

void component_check::inside(const std::string& at, const std::vector<component>& list) {
    for (std::size_t i = 0; is.good() && i < list.size(); ++i) one(fmt::format("{}[{}]", at, i), list[i]);
}

}  // namespace shoal::runtime
