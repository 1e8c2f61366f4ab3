// The readers of every event type, with all that is in it, of members and slash commands, over any JSON: what they hand out is
// UTF-8, and the ids that name a subject are there.

#include "bot/event_readers.hpp"

#include <span>
#include <type_traits>

#include "base/utf8.hpp"
#include "bytes.hpp"
#include "commands/registry.hpp"
#include "unit/entities/fields.hpp"

using namespace shoal;
using namespace shoal::runtime;

namespace {

// What is read of JSON is UTF-8, in every text of every field; other fields are looked at, so that a sanitizer sees them.
void look(std::string_view text) { SHOAL_ASSERT(is_utf8(text)); }
void look(timestamp time) {
    look(time.text());
    static_cast<void>(time.time());
}
template <class T>
void look(const T& value);
template <class T>
void look(std::span<const T> list) {
    for (const auto& each : list) look(each);
}
template <class View>
void look_at_fields(const View& view) {
    test::fields_of<View>::visit(view, [](const char*, const auto& field, test::how read) {
        if (read != test::how::raw) look(field);
    });
}
template <class T>
void look(const T& value) {
    if constexpr (std::is_pointer_v<T>) {
        if (value != nullptr) look_at_fields(*value);
    } else if constexpr (requires { test::fields_of<T>::name; }) {
        look_at_fields(value);
    }
}

template <class Part>
void look_at_part(event_type type, std::size_t index, std::string_view json) {
    if constexpr (!std::is_void_v<Part>) {
        event_arena arena;
        look_at_fields(*static_cast<const Part*>(read_part(type, index, json, arena)));
    }
}
template <class Head, class First, class Second>
void look_at_event(event_type type, std::string_view json) {
    event_arena arena;
    if (const auto head = read_head(type, json, arena)) {
        SHOAL_ASSERT(named(*static_cast<const Head*>(*head)));
        look_at_fields(*static_cast<const Head*>(*head));
    }
    look_at_part<First>(type, 0, json);
    look_at_part<Second>(type, 1, json);
}

const commands::registry& some_commands() {
    static const commands::registry all = [] {
        commands::registry made;
        std::vector<command_option> options;
        for (const auto kind :
             {option_kind::string, option_kind::integer, option_kind::boolean, option_kind::user, option_kind::number}) {
            options.push_back({"a" + std::to_string(options.size()), "An option.", kind, false});
        }
        SHOAL_ASSERT(made.add({"ping", "Answers.", options}).has_value());
        return made;
    }();
    return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const fuzz::exact bytes(fuzz::input(data, size).rest());
    const auto json = bytes.view();
#define SHOAL_EVENT_TYPE(type, kind, head, first, second, old) look_at_event<head, first, second>(event_type::type, json);
#include "bot/readers/event_types.inc"
#undef SHOAL_EVENT_TYPE
    event_arena copying{event_arena::copying{}};
    look(read_member(discord::json_value(json), copying));
    static_cast<void>(some_commands().route(json));
    return 0;
}
