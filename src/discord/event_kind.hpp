#pragma once
// Every dispatch name that Discord documents, as an enum, with the intents that bring it.
// Source: https://discord.com/developers/docs/events/gateway-events#receive-events

#include <cstdint>
#include <string_view>

namespace shoal::discord {

/// `unknown` stands for names that this version does not know [3.3]: they are counted, numbered and reach on_raw.
enum class event_kind : std::uint8_t {
    unknown,
#define SHOAL_EVENT(kind, NAME, intents) kind,
#include "discord/event_kind.inc"
#undef SHOAL_EVENT
    count_
};

[[nodiscard]] event_kind event_kind_of(std::string_view name) noexcept;
/// "MESSAGE_CREATE"; empty for unknown.
[[nodiscard]] std::string_view name_of(event_kind kind) noexcept;
/// Any of these intents brings the event; 0 means that it is always sent [2.9.1].
[[nodiscard]] std::uint64_t intents_of(event_kind kind) noexcept;

}  // namespace shoal::discord
