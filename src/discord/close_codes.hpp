#pragma once
// Discord's gateway close codes and what a client does about each.
// Source: https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes

#include <cstdint>
#include <optional>
#include <string_view>

namespace shoal::discord {

enum class close_reaction : std::uint8_t {
    resume,       ///< Try RESUME once; op 9 decides.
    new_session,  ///< The session is gone: IDENTIFY.
    stop,         ///< Trying again cannot help: tell the operator.
};

/// The reaction to a server's close; nullopt is a connection that ended without a close frame.
[[nodiscard]] close_reaction reaction_to(std::optional<std::uint16_t> code) noexcept;
/// Of the codes after which trying again cannot help: whether it concerns this one shard (its number, its guilds) and says
/// nothing of the others. The rest is about the bot: its token, its intents, the version.
[[nodiscard]] bool concerns_one_shard(std::uint16_t code) noexcept;
/// A sentence for people: what happened and, for a stop, what to do about it.
[[nodiscard]] std::string_view explain_close(std::optional<std::uint16_t> code) noexcept;

}  // namespace shoal::discord
