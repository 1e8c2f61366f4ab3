#pragma once
// completion: an option that is being typed, and what is suggested for it (bot.autocomplete()).
// Not here: commands and their options (command.hpp), other interactions (context.hpp).
// Source: https://discord.com/developers/docs/interactions/application-commands#autocomplete

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "shoal/call.hpp"
#include "shoal/event.hpp"
#include "shoal/models/interactions.hpp"

namespace shoal {
inline namespace v0 {

/// One choice that is offered.
struct suggestion {
    std::string name;                                       ///< What people read: 1 to 100 characters.
    std::variant<std::string, std::int64_t, double> value;  ///< What the command gets: of the option's own type, a text of 1 to
                                                            ///< 100 characters.
};

/// A user types an option of a command: one of these comes with every few keys. Copy it freely; it is one counted pointer.
class completion : public event {
public:
    explicit completion(detail::event_ref ref) noexcept : event(std::move(ref)) {}

    /// 0 in direct messages.
    [[nodiscard]] shoal::guild_id guild_id() const noexcept;
    [[nodiscard]] shoal::channel_id channel_id() const noexcept;
    /// Everything that Discord told of it; read when this, user() or command() is first asked for.
    [[nodiscard]] const interaction_view& interaction() const noexcept;
    /// Who types.
    [[nodiscard]] const user_view& user() const noexcept { return interaction().user; }
    [[nodiscard]] std::string_view command() const noexcept { return interaction().data.name; }
    /// The name of the option.
    [[nodiscard]] std::string_view option() const noexcept;
    /// What stands in it so far, a number too, which may be none yet.
    [[nodiscard]] std::string typed() const;
    /// The same of another option of the command; nothing if it was not filled in yet. Discord has checked none of it.
    [[nodiscard]] std::optional<std::string> typed(std::string_view other) const;
    /// From the shard's cache: nullptr in direct messages and without a cache; good until the next co_await.
    [[nodiscard]] const cached_guild* guild() const noexcept { return cached(guild_id()); }

    /// Offers at most 25 choices, once; none is an answer too. Discord forgets who asked after 3 seconds, counted from when the
    /// event came: what is later fails with timed_out and is not sent. Fails with bad_request and the choice that breaks a limit.
    [[nodiscard]] call<void> suggest(std::vector<suggestion> choices) const;
};

}  // namespace v0
}  // namespace shoal
