#pragma once
// What a command's handler gets: who asked, where, and how to answer. Copy it freely; it is one counted pointer.
// Not here: the command's options (command.hpp).
// Source: https://discord.com/developers/docs/interactions/receiving-and-responding

#include <fmt/core.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "shoal/event.hpp"
#include "shoal/models.hpp"

namespace shoal {
inline namespace v0 {

namespace detail {

/// What was read of an interaction.
struct interaction_fields {
    interaction_id id;
    shoal::application_id application_id;
    shoal::guild_id guild_id;
    shoal::channel_id channel_id;
    user_view user;
    std::optional<member_view> member;
    std::string_view token;
    std::string_view locale;
    std::string_view command;
    std::string_view custom_id;
    command_id command_number;
    std::string_view data;  ///< Raw JSON.
    std::uint32_t type = 0;
};

}  // namespace detail

/// An interaction of a user. The first reply answers it, within Discord's 3 seconds; each further one is a follow-up message.
class context : public event {
public:
    static constexpr detail::event_type type = detail::event_type::interaction_create;
    explicit context(detail::event_ref ref) noexcept
        : event(std::move(ref)), fields_(&detail::fields_of<detail::interaction_fields>(ref_)) {}

    [[nodiscard]] interaction_id id() const noexcept { return fields_->id; }
    /// 0 in direct messages.
    [[nodiscard]] shoal::guild_id guild_id() const noexcept { return fields_->guild_id; }
    [[nodiscard]] shoal::channel_id channel_id() const noexcept { return fields_->channel_id; }
    /// Who asked.
    [[nodiscard]] const user_view& user() const noexcept { return fields_->user; }
    /// The same in the guild; none in direct messages.
    [[nodiscard]] const std::optional<member_view>& member() const noexcept { return fields_->member; }
    /// The user's language as Discord names it: "en-GB".
    [[nodiscard]] std::string_view locale() const noexcept { return fields_->locale; }
    /// The command's name; empty for components and modals.
    [[nodiscard]] std::string_view command() const noexcept { return fields_->command; }
    /// Discord's number for the kind: 2 command, 3 component, 4 autocomplete, 5 modal.
    [[nodiscard]] std::uint32_t kind() const noexcept { return fields_->type; }
    /// The custom_id of a component or modal.
    [[nodiscard]] std::string_view custom_id() const noexcept { return fields_->custom_id; }
    [[nodiscard]] channel_ref channel() const noexcept { return channel_at(fields_->channel_id); }
    /// From the shard's cache: nullptr in direct messages and without a cache; good until the next co_await.
    [[nodiscard]] const cached_guild* guild() const noexcept { return cached(fields_->guild_id); }

    /// Answers with a text of 1 to 2,000 characters: as the answer, in place of "is thinking" after defer(), or as a follow-up
    /// (for 15 minutes). Fails with bot_errc::refused if Discord does not take it; after a failed answer another may be tried.
    [[nodiscard]] reply_call reply(std::string text) const;
    /// The same with {fmt}'s placeholders, checked at compile time.
    template <class... Args>
    [[nodiscard]] reply_call replyf(fmt::format_string<Args...> format, Args&&... args) const {
        return reply(fmt::vformat(format, fmt::make_format_args(args...)));
    }
    /// Tells Discord that the answer takes longer than 3 seconds; the user sees "is thinking". Then reply() within 15 minutes.
    [[nodiscard]] reply_call defer() const;
    /// True once an answer (or a deferral) was accepted by Discord or is on its way.
    [[nodiscard]] bool answered() const noexcept;

private:
    const detail::interaction_fields* fields_;
};

/// bot.on([](shoal::interaction_create event) ...) sees every interaction, commands included.
using interaction_create = context;

}  // namespace v0
}  // namespace shoal
