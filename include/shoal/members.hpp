#pragma once
// Asking Discord for members of a guild (bot.request_members): what to ask for, and what came.
// Not here: members that come with events (events.hpp), and those that the cache keeps (cache.hpp).
// Source: https://discord.com/developers/docs/events/gateway-events#request-guild-members

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shoal/ids.hpp"
#include "shoal/models.hpp"

namespace shoal {
inline namespace v0 {

/// Which members: all of them if nothing is set, else those whose name starts with `prefix`, or up to 100 `users`.
struct member_request {
    std::string prefix = {};          ///< Of the username or the nick, as Discord matches it. Not together with `users`.
    std::uint32_t limit = 100;        ///< The most that come for a prefix: 1 to 100.
    std::vector<user_id> users = {};  ///< At most 100; those who are no members come back in not_found().
    bool presences = false;           ///< Their presences too. Needs the privileged intent GUILD_PRESENCES.
    /// Discord gives a guild's whole list once in 30 s. Who asks sooner waits until it is free again, and asks again, up to three
    /// times, when Discord says RATE_LIMITED. False: it fails at once, with bot_errc::rate_limited and the time in its detail.
    bool wait_when_limited = true;
};

namespace detail {
/// What the bot fills in; the memory that the texts lie in stands behind it.
struct member_store {
    std::vector<member_view> members;
    std::vector<user_id> not_found;
    std::vector<std::string_view> presences;
};
}  // namespace detail

/// The members that came. A copy is one counted pointer; texts and lists live as long as any copy, on whatever thread.
class member_list {
public:
    member_list() = default;
    explicit member_list(std::shared_ptr<const detail::member_store> store) noexcept : store_(std::move(store)) {}

    /// In the order in which Discord sent them, of which it promises nothing.
    [[nodiscard]] std::span<const member_view> members() const noexcept {
        return store_ ? std::span<const member_view>(store_->members) : std::span<const member_view>();
    }
    /// Ids that were asked for and are no members. An id that Discord could not read as one may be among them.
    [[nodiscard]] std::span<const user_id> not_found() const noexcept {
        return store_ ? std::span<const user_id>(store_->not_found) : std::span<const user_id>();
    }
    /// The presences that came with them, each as Discord's JSON; members who are offline have none.
    [[nodiscard]] std::span<const std::string_view> presences() const noexcept {
        return store_ ? std::span<const std::string_view>(store_->presences) : std::span<const std::string_view>();
    }

    [[nodiscard]] std::size_t size() const noexcept { return members().size(); }
    [[nodiscard]] bool empty() const noexcept { return members().empty(); }
    [[nodiscard]] auto begin() const noexcept { return members().begin(); }
    [[nodiscard]] auto end() const noexcept { return members().end(); }
    /// The member of that id, or nullptr; looks at one after the other.
    [[nodiscard]] const member_view* find(user_id who) const noexcept {
        for (const auto& each : members()) {
            if (each.user.id == who) return &each;
        }
        return nullptr;
    }

private:
    std::shared_ptr<const detail::member_store> store_;
};

}  // namespace v0
}  // namespace shoal
