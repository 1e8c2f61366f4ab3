#pragma once
// modal: a form that opens on a user's screen, checked against Discord's limits before it is shown; and what can stand in it.
// Not here: showing it and reading what was filled in (context.hpp), who handles it (bot.on_modal()).
// Source, also of the limits: https://discord.com/developers/docs/interactions/receiving-and-responding and
// https://discord.com/developers/docs/components/reference

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "shoal/component.hpp"
#include "shoal/error.hpp"

namespace shoal {
inline namespace v0 {

/// `shoal::modal{.custom_id = "feedback", .title = "Feedback", .components = {label("Your name", text_input("name"))}}`
struct modal {
    std::string custom_id;                   ///< What the bot knows it by: 1 to 100 characters.
    std::string title;                       ///< 1 to 45 characters.
    std::vector<component> components = {};  ///< 1 to 5: labels, and texts (text_display) between them.

    /// Fails with bot_errc::bad_request and the field that breaks a limit of Discord's: "components[1].components[0].max_length
    /// is not 1 to 4000".
    [[nodiscard]] result<void> check() const;
};

/// A question of at most 45 characters above what answers it: a text input, a menu, files, boxes. Below it a description of at
/// most 100.
[[nodiscard]] inline component label(std::string text, component input, std::string description = {}) {
    component out{.type = component_type::label, .label = std::move(text), .description = std::move(description)};
    out.components.push_back(std::move(input));
    return out;
}
/// How high a text input is.
enum class text_height : std::uint8_t { one_line = 1, several_lines = 2 };
/// Of its fields min_length, max_length, required, value and placeholder may be set.
[[nodiscard]] inline component text_input(std::string custom_id, text_height height = text_height::one_line) {
    return {.type = component_type::text_input, .custom_id = std::move(custom_id), .style = static_cast<std::uint32_t>(height)};
}
/// Up to 10 files, one unless max_values says otherwise.
[[nodiscard]] inline component file_upload(std::string custom_id) {
    return {.type = component_type::file_upload, .custom_id = std::move(custom_id)};
}
/// One of 2 to 10.
[[nodiscard]] inline component radio_group(std::string custom_id, std::vector<select_choice> options) {
    return {.type = component_type::radio_group, .custom_id = std::move(custom_id), .options = std::move(options)};
}
/// Any of up to 10; how many min_values and max_values say.
[[nodiscard]] inline component checkbox_group(std::string custom_id, std::vector<select_choice> options) {
    return {.type = component_type::checkbox_group, .custom_id = std::move(custom_id), .options = std::move(options)};
}
[[nodiscard]] inline component checkbox(std::string custom_id) {
    return {.type = component_type::checkbox, .custom_id = std::move(custom_id)};
}

}  // namespace v0
}  // namespace shoal
