#pragma once
// Gateway intents: which events Discord sends to a session, as a set with names.
// Not here: which intents a handler needs (the bot works that out, see intents::from_handlers).
// Source: https://discord.com/developers/docs/events/gateway#gateway-intents

#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace shoal {
inline namespace v0 {

/// A set of intents: `intents::guilds | intents::guild_messages`.
class intents {
public:
    constexpr intents() noexcept = default;
    /// From Discord's number. Unknown bits are kept: Discord may know them although this version does not.
    constexpr explicit intents(std::uint64_t bits) noexcept : bits_(bits) {}

    static const intents none;
    static const intents guilds;
    static const intents guild_members;  ///< Privileged.
    static const intents guild_moderation;
    static const intents guild_expressions;
    static const intents guild_integrations;
    static const intents guild_webhooks;
    static const intents guild_invites;
    static const intents guild_voice_states;
    static const intents guild_presences;  ///< Privileged.
    static const intents guild_messages;
    static const intents guild_message_reactions;
    static const intents guild_message_typing;
    static const intents direct_messages;
    static const intents direct_message_reactions;
    static const intents direct_message_typing;
    static const intents message_content;  ///< Privileged; brings no events, fills content fields.
    static const intents guild_scheduled_events;
    static const intents auto_moderation_configuration;
    static const intents auto_moderation_execution;
    static const intents guild_message_polls;
    static const intents direct_message_polls;

    static const intents privileged;    ///< Those that must be switched on in Discord's developer portal.
    static const intents unprivileged;  ///< All documented ones but the privileged.
    static const intents all;           ///< All documented ones.

    /// Not an intent but a wish: take what the registered handlers need. Others may be added to it with `|`.
    static const intents from_handlers;

    /// What IDENTIFY sends; the wish `from_handlers` is not part of it.
    [[nodiscard]] constexpr std::uint64_t bits() const noexcept { return bits_ & ~marker; }
    [[nodiscard]] constexpr bool wants_handlers() const noexcept { return (bits_ & marker) != 0; }
    /// True if all of `other` are in this set.
    [[nodiscard]] constexpr bool contains(intents other) const noexcept { return (bits_ & other.bits_) == other.bits_; }
    /// True if at least one of `other` is in this set.
    [[nodiscard]] constexpr bool has_any(intents other) const noexcept { return (bits() & other.bits()) != 0; }
    [[nodiscard]] constexpr bool empty() const noexcept { return bits_ == 0; }

    friend constexpr intents operator|(intents a, intents b) noexcept { return intents(a.bits_ | b.bits_); }
    friend constexpr intents operator&(intents a, intents b) noexcept { return intents(a.bits_ & b.bits_); }
    /// `a` without what is in `b`.
    friend constexpr intents operator-(intents a, intents b) noexcept { return intents(a.bits_ & ~b.bits_); }
    constexpr intents& operator|=(intents other) noexcept { return *this = *this | other; }
    constexpr intents& operator-=(intents other) noexcept { return *this = *this - other; }
    friend constexpr bool operator==(intents, intents) noexcept = default;

    /// "GUILDS", "GUILD_MEMBERS" ...: Discord's names in order of bits; "bit 40" for one without a name.
    [[nodiscard]] inline std::vector<std::string> names() const;

private:
    static constexpr std::uint64_t marker = std::uint64_t{1} << 63;
    std::uint64_t bits_ = 0;
};

inline constexpr intents intents::none{};
inline constexpr intents intents::guilds{std::uint64_t{1} << 0};
inline constexpr intents intents::guild_members{std::uint64_t{1} << 1};
inline constexpr intents intents::guild_moderation{std::uint64_t{1} << 2};
inline constexpr intents intents::guild_expressions{std::uint64_t{1} << 3};
inline constexpr intents intents::guild_integrations{std::uint64_t{1} << 4};
inline constexpr intents intents::guild_webhooks{std::uint64_t{1} << 5};
inline constexpr intents intents::guild_invites{std::uint64_t{1} << 6};
inline constexpr intents intents::guild_voice_states{std::uint64_t{1} << 7};
inline constexpr intents intents::guild_presences{std::uint64_t{1} << 8};
inline constexpr intents intents::guild_messages{std::uint64_t{1} << 9};
inline constexpr intents intents::guild_message_reactions{std::uint64_t{1} << 10};
inline constexpr intents intents::guild_message_typing{std::uint64_t{1} << 11};
inline constexpr intents intents::direct_messages{std::uint64_t{1} << 12};
inline constexpr intents intents::direct_message_reactions{std::uint64_t{1} << 13};
inline constexpr intents intents::direct_message_typing{std::uint64_t{1} << 14};
inline constexpr intents intents::message_content{std::uint64_t{1} << 15};
inline constexpr intents intents::guild_scheduled_events{std::uint64_t{1} << 16};
inline constexpr intents intents::auto_moderation_configuration{std::uint64_t{1} << 20};
inline constexpr intents intents::auto_moderation_execution{std::uint64_t{1} << 21};
inline constexpr intents intents::guild_message_polls{std::uint64_t{1} << 24};
inline constexpr intents intents::direct_message_polls{std::uint64_t{1} << 25};
inline constexpr intents intents::privileged{0x8102};
inline constexpr intents intents::unprivileged{0x3317EFD};
inline constexpr intents intents::all{0x331FFFF};
inline constexpr intents intents::from_handlers{std::uint64_t{1} << 63};

/// Discord's name of one intent bit (0 to 62); empty if it has none.
[[nodiscard]] constexpr std::string_view intent_name(unsigned bit) noexcept {
    constexpr std::string_view known[] = {"GUILDS",
                                          "GUILD_MEMBERS",
                                          "GUILD_MODERATION",
                                          "GUILD_EXPRESSIONS",
                                          "GUILD_INTEGRATIONS",
                                          "GUILD_WEBHOOKS",
                                          "GUILD_INVITES",
                                          "GUILD_VOICE_STATES",
                                          "GUILD_PRESENCES",
                                          "GUILD_MESSAGES",
                                          "GUILD_MESSAGE_REACTIONS",
                                          "GUILD_MESSAGE_TYPING",
                                          "DIRECT_MESSAGES",
                                          "DIRECT_MESSAGE_REACTIONS",
                                          "DIRECT_MESSAGE_TYPING",
                                          "MESSAGE_CONTENT",
                                          "GUILD_SCHEDULED_EVENTS",
                                          "",
                                          "",
                                          "",
                                          "AUTO_MODERATION_CONFIGURATION",
                                          "AUTO_MODERATION_EXECUTION",
                                          "",
                                          "",
                                          "GUILD_MESSAGE_POLLS",
                                          "DIRECT_MESSAGE_POLLS"};
    return bit < std::size(known) ? known[bit] : std::string_view{};
}

inline std::vector<std::string> intents::names() const {
    std::vector<std::string> out;
    for (unsigned bit = 0; bit < 63; ++bit) {
        if (((bits() >> bit) & 1) == 0) continue;
        const auto name = intent_name(bit);
        out.push_back(name.empty() ? "bit " + std::to_string(bit) : std::string(name));
    }
    return out;
}

}  // namespace v0
}  // namespace shoal
