#pragma once
// What a handler of a command, a button, a menu or a modal gets: who asked, where, and how to answer. Copy it freely; it is one
// counted pointer. Not here: the command's options (command.hpp), options that are typed (completion.hpp).
// Source: https://discord.com/developers/docs/interactions/receiving-and-responding

#include <fmt/core.h>

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "shoal/detail/event_of.hpp"
#include "shoal/event.hpp"
#include "shoal/events/interactions.hpp"
#include "shoal/modal.hpp"
#include "shoal/models/interactions.hpp"
#include "shoal/rest/sending.hpp"

namespace shoal {
inline namespace v0 {

/// An interaction of a user. The first reply answers it, within Discord's 3 seconds; each further one is a follow-up message.
class context : public detail::event_of<detail::interaction_create_head, detail::event_type::interaction_create> {
public:
    using event_of::event_of;

    [[nodiscard]] interaction_id id() const noexcept { return head().id; }
    /// 0 in direct messages.
    [[nodiscard]] shoal::guild_id guild_id() const noexcept { return head().guild_id; }
    [[nodiscard]] shoal::channel_id channel_id() const noexcept { return head().channel_id; }
    /// Everything that Discord told of it; read when this or one of the next five is first asked for.
    [[nodiscard]] const interaction_view& interaction() const noexcept { return part<interaction_view>(0); }
    /// Who asked.
    [[nodiscard]] const user_view& user() const noexcept { return interaction().user; }
    /// The same in the guild; nullptr in direct messages.
    [[nodiscard]] const member_view* member() const noexcept { return interaction().member; }
    /// The user's language as Discord names it: "en-GB".
    [[nodiscard]] std::string_view locale() const noexcept { return interaction().locale; }
    /// The command's name; empty for components and modals.
    [[nodiscard]] std::string_view command() const noexcept { return interaction().data.name; }
    /// The custom_id of a component or modal.
    [[nodiscard]] std::string_view custom_id() const noexcept { return interaction().data.custom_id; }
    /// What was done: a command, a component, an option that is typed, a form.
    [[nodiscard]] interaction_type kind() const noexcept { return head().type; }
    [[nodiscard]] channel_ref channel() const noexcept { return channel_at(head().channel_id); }
    /// From the shard's cache: nullptr in direct messages and without a cache; good until the next co_await.
    [[nodiscard]] const cached_guild* guild() const noexcept { return cached(head().guild_id); }

    /// Answers with a text of 1 to 2,000 characters: as the answer, in place of "is thinking" after defer(), or as a follow-up
    /// (for 15 minutes). Fails with bot_errc::refused if Discord does not take it; after a failed answer another may be tried.
    [[nodiscard]] reply_call reply(std::string text) const;
    /// The same with everything that a message may have.
    [[nodiscard]] reply_call reply(shoal::message what, std::vector<file> files = {}) const;
    /// The same with {fmt}'s placeholders, checked at compile time.
    template <class... Args>
    [[nodiscard]] reply_call replyf(fmt::format_string<Args...> format, Args&&... args) const {
        return reply(fmt::vformat(format, fmt::make_format_args(args...)));
    }
    /// Tells Discord that the answer takes longer than 3 seconds; the user sees "is thinking". Then reply() within 15 minutes.
    [[nodiscard]] reply_call defer() const;
    /// Opens a form on the user's screen, as the answer: at once, for after defer() or another answer Discord takes none. What is
    /// filled in comes to bot.on_modal(). Fails with bad_request for what breaks a limit, and in answer to a modal.
    [[nodiscard]] call<void> show(modal what) const;

    /// Of a button or menu: changes the message that it stands in, as the answer or after defer_update(). Further reply()s are
    /// follow-ups. Fails with bad_request if it is none, or was answered with a message.
    [[nodiscard]] call<void> update(shoal::message what, std::vector<file> files = {}) const;
    /// Of a button or menu: takes note of it and shows nothing. Then update() or reply() within 15 minutes, or nothing.
    [[nodiscard]] call<void> defer_update() const;

    /// Changes the first answer, for 15 minutes; after update() and defer_update() that is the message of the component. Fails
    /// with bad_request before there is one.
    [[nodiscard]] call<owned<message_view>> edit_reply(message_edit what, std::vector<file> files = {}) const;
    /// Removes it.
    [[nodiscard]] call<void> delete_reply() const;

    /// What was chosen in a menu: its values, or the ids of users, roles and channels.
    [[nodiscard]] std::span<const std::string_view> choices() const noexcept { return interaction().data.values; }
    /// A field of a modal by its custom_id, with `value` (a text, or the radio button that was chosen), `values` (of menus, boxes
    /// and files) and `checked`; nullptr if there is none. Good as long as the event.
    [[nodiscard]] const component_view* field(std::string_view custom_id) const noexcept;
    /// What was typed into a modal's field, or chosen where there is one choice; empty if nothing was, or there is no such field.
    [[nodiscard]] std::string_view input(std::string_view custom_id) const noexcept;

    /// True once an answer (or a deferral) was accepted by Discord or is on its way.
    [[nodiscard]] bool answered() const noexcept;
};

/// bot.on([](shoal::interaction_create event) ...) sees every interaction, commands included.
using interaction_create = context;

}  // namespace v0
}  // namespace shoal
