#pragma once
// The simulator's own tables of Discord's gateway protocol: opcodes, close codes, intents, limits.
// Not here: anything of the client's. The two sides share no table on purpose, so that one mistake cannot sit on both.

#include <cstddef>
#include <cstdint>

namespace shoal::sim {

namespace op {
inline constexpr int dispatch = 0;
inline constexpr int heartbeat = 1;
inline constexpr int identify = 2;
inline constexpr int presence_update = 3;
inline constexpr int voice_state_update = 4;
inline constexpr int resume = 6;
inline constexpr int reconnect = 7;
inline constexpr int request_guild_members = 8;
inline constexpr int invalid_session = 9;
inline constexpr int hello = 10;
inline constexpr int heartbeat_ack = 11;
inline constexpr int request_soundboard_sounds = 31;
inline constexpr int request_channel_info = 43;

/// Whether a client may send it at all.
[[nodiscard]] constexpr bool from_clients(std::int64_t code) noexcept {
    switch (code) {
        case heartbeat:
        case identify:
        case presence_update:
        case voice_state_update:
        case resume:
        case request_guild_members:
        case request_soundboard_sounds:
        case request_channel_info: return true;
        default: return false;
    }
}
}  // namespace op

namespace close_code {
inline constexpr std::uint16_t normal = 1000;
inline constexpr std::uint16_t going_away = 1001;
inline constexpr std::uint16_t unknown_error = 4000;
inline constexpr std::uint16_t unknown_opcode = 4001;
inline constexpr std::uint16_t decode_error = 4002;
inline constexpr std::uint16_t not_authenticated = 4003;
inline constexpr std::uint16_t authentication_failed = 4004;
inline constexpr std::uint16_t already_authenticated = 4005;
inline constexpr std::uint16_t session_invalid = 4006;
inline constexpr std::uint16_t invalid_seq = 4007;
inline constexpr std::uint16_t rate_limited = 4008;
inline constexpr std::uint16_t session_timed_out = 4009;
inline constexpr std::uint16_t invalid_shard = 4010;
inline constexpr std::uint16_t sharding_required = 4011;
inline constexpr std::uint16_t invalid_version = 4012;
inline constexpr std::uint16_t invalid_intents = 4013;
inline constexpr std::uint16_t disallowed_intents = 4014;
}  // namespace close_code

namespace intent {
inline constexpr std::uint64_t guilds = 1U << 0;
inline constexpr std::uint64_t guild_members = 1U << 1;
inline constexpr std::uint64_t guild_voice_states = 1U << 7;
inline constexpr std::uint64_t guild_presences = 1U << 8;
inline constexpr std::uint64_t message_content = 1U << 15;
inline constexpr std::uint64_t all = 0x331FFFF;
inline constexpr std::uint64_t privileged = 0x8102;
}  // namespace intent

namespace limits {
inline constexpr std::size_t client_payload_bytes = 4096;
inline constexpr std::size_t sends_per_minute = 120;
inline constexpr std::size_t presences_per_20_s = 5;
inline constexpr std::size_t nonce_bytes = 32;
inline constexpr std::size_t members_per_chunk = 1000;
inline constexpr std::size_t members_per_query = 100;
}  // namespace limits

/// The shard formula [1.5]: which shard of `total` a guild belongs to.
[[nodiscard]] constexpr std::uint32_t shard_of(std::uint64_t guild, std::uint32_t total) noexcept {
    return static_cast<std::uint32_t>((guild >> 22) % total);
}

}  // namespace shoal::sim
