// What context and completion forward to the bot's inside. Not here: the answers themselves (interaction_calls.hpp).

#include <utility>

#include "bot/event_body.hpp"
#include "bot/interaction_calls.hpp"
#include "bot/runtime.hpp"
#include "bot/shard_room.hpp"
#include "discord/json_cursor.hpp"
#include "shoal/completion.hpp"
#include "shoal/context.hpp"

namespace shoal {
inline namespace v0 {

reply_call context::reply(std::string text) const { return reply(message{.content = std::move(text)}); }
reply_call context::reply(message what, std::vector<file> files) const {
    return {ref_.body()->room.bot, "reply",
            [ref = ref_, what = std::move(what), files = std::move(files)](detail::call_settings settings) mutable {
                return runtime::reply_to(std::move(ref), std::move(what), std::move(files), std::move(settings));
            }};
}
reply_call context::defer() const {
    return {ref_.body()->room.bot, "defer", [ref = ref_](detail::call_settings settings) mutable {
                return runtime::defer_reply(std::move(ref), std::move(settings));
            }};
}
call<void> context::show(modal what) const {
    return {ref_.body()->room.bot, "show", [ref = ref_, what = std::move(what)](detail::call_settings settings) mutable {
                return runtime::show_modal(std::move(ref), std::move(what), std::move(settings));
            }};
}
call<void> context::update(message what, std::vector<file> files) const {
    return {ref_.body()->room.bot, "update",
            [ref = ref_, what = std::move(what), files = std::move(files)](detail::call_settings settings) mutable {
                return runtime::update_message(std::move(ref), std::move(what), std::move(files), std::move(settings));
            }};
}
call<void> context::defer_update() const {
    return {ref_.body()->room.bot, "defer_update", [ref = ref_](detail::call_settings settings) mutable {
                return runtime::defer_update(std::move(ref), std::move(settings));
            }};
}
call<owned<message_view>> context::edit_reply(message_edit what, std::vector<file> files) const {
    return {ref_.body()->room.bot, "edit_reply",
            [ref = ref_, what = std::move(what), files = std::move(files)](detail::call_settings settings) mutable {
                return runtime::edit_first_answer(std::move(ref), std::move(what), std::move(files), std::move(settings));
            }};
}
call<void> context::delete_reply() const {
    return {ref_.body()->room.bot, "delete_reply", [ref = ref_](detail::call_settings settings) mutable {
                return runtime::delete_first_answer(std::move(ref), std::move(settings));
            }};
}
bool context::answered() const noexcept { return ref_.body()->answered != runtime::answer_state::none; }

namespace {

/// Depth first, through labels, rows and whatever Discord may nest.
const component_view* find(std::span<const component_view> in, std::string_view custom_id) noexcept {
    for (const auto& each : in) {
        if (each.custom_id == custom_id) return &each;
        if (each.component != nullptr && each.component->custom_id == custom_id) return each.component;
        if (const auto* found = find(each.components, custom_id)) return found;
    }
    return nullptr;
}

/// A text as it is, anything else as Discord wrote it.
std::string plain(const discord::json_value& value) {
    if (auto text = value.text()) return *std::move(text);
    return std::string(value.raw());
}

discord::json_value options_of(const detail::event_ref& ref) {
    return discord::json_value(runtime::interaction_of(ref).data)["options"];
}

}  // namespace

const component_view* context::field(std::string_view custom_id) const noexcept {
    return find(interaction().data.components, custom_id);
}
std::string_view context::input(std::string_view custom_id) const noexcept {
    const auto* found = field(custom_id);
    if (found == nullptr) return {};
    if (found->value.empty() && !found->values.empty()) return found->values.front();
    return found->value;
}

guild_id completion::guild_id() const noexcept { return runtime::interaction_of(ref_).guild_id; }
channel_id completion::channel_id() const noexcept { return runtime::interaction_of(ref_).channel_id; }
const interaction_view& completion::interaction() const noexcept {
    return *static_cast<const interaction_view*>(detail::part_of(ref_, 0));
}
std::string_view completion::option() const noexcept {
    for (const auto& each : interaction().data.options) {
        if (each.focused) return each.name;
    }
    return {};
}
std::string completion::typed() const {
    for (const auto& each : options_of(ref_).elements()) {
        if (each["focused"].value_or(false)) return plain(each["value"]);
    }
    return {};
}
std::optional<std::string> completion::typed(std::string_view other) const {
    for (const auto& each : options_of(ref_).elements()) {
        if (each["name"].text_or("") == other && each["value"]) return plain(each["value"]);
    }
    return std::nullopt;
}
call<void> completion::suggest(std::vector<suggestion> choices) const {
    return {ref_.body()->room.bot, "suggest", [ref = ref_, choices = std::move(choices)](detail::call_settings settings) mutable {
                return runtime::suggest(std::move(ref), std::move(choices), std::move(settings));
            }};
}

}  // namespace v0
}  // namespace shoal
