#pragma once
// What a command's handler gets: who asked, where, and how to answer. Copy it freely; it is one counted pointer.
// Not here: the command's options (command.hpp).
// Source: https://discord.com/developers/docs/interactions/receiving-and-responding

#include <fmt/core.h>

#include <string>
#include <string_view>
#include <utility>

#include "shoal/detail/event_of.hpp"
#include "shoal/event.hpp"
#include "shoal/events/interactions.hpp"
#include "shoal/models/interactions.hpp"

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
    /// True once an answer (or a deferral) was accepted by Discord or is on its way.
    [[nodiscard]] bool answered() const noexcept;
};

/// bot.on([](shoal::interaction_create event) ...) sees every interaction, commands included.
using interaction_create = context;

}  // namespace v0
}  // namespace shoal
