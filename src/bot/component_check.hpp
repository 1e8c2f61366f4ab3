#pragma once
// Discord's limits of components, in a message or a modal, as one walk over all of them [5.10].
// Not here: what messages and modals have besides (message_check.cpp, modal_check.cpp).

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "bot/limits.hpp"
#include "shoal/component.hpp"

namespace shoal::runtime {

/// Where the components are: not every kind may stand everywhere.
enum class component_place : std::uint8_t { message, message_v2, modal };

[[nodiscard]] inline bool is_menu(component_type of) noexcept {
    return of >= component_type::string_select && of <= component_type::channel_select && of != component_type::text_input;
}
/// What a user fills in or chooses, in a modal.
[[nodiscard]] inline bool is_input(component_type of) noexcept {
    return is_menu(of) || of == component_type::text_input ||
           (of >= component_type::file_upload && of <= component_type::checkbox);
}

/// What the components of one message or modal share; `inside` walks over them.
struct component_check {
    limit_check& is;
    component_place place = component_place::message;
    std::size_t count = 0;
    std::size_t text_characters = 0;
    std::set<std::string> custom_ids = {};

    void inside(const std::string& at, const std::vector<component>& list);

private:
    void one(const std::string& at, const component& what);
    void custom_id(const std::string& at, const component& what);
    void button(const std::string& at, const component& what);
    void menu(const std::string& at, const component& what);
    void choices(const std::string& at, const component& what, std::size_t least, std::size_t most);
    void picked(const std::string& at, const component& what, std::uint32_t most);
    void gallery(const std::string& at, const component& what);
    void row(const std::string& at, const component& what);
    void section(const std::string& at, const component& what);
    void label(const std::string& at, const component& what);
    void text_input(const std::string& at, const component& what);
};

}  // namespace shoal::runtime
