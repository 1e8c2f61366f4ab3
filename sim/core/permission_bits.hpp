#pragma once
// Discord's permissions, the simulator's own table [6.4]. Not here: who has them (render.hpp), which route needs which
// (rest_routes.cpp).

#include <cstdint>

namespace shoal::sim::permission {

inline constexpr std::uint64_t create_invite = 1ULL << 0, kick_members = 1ULL << 1, ban_members = 1ULL << 2,
                               administrator = 1ULL << 3, manage_channels = 1ULL << 4, manage_guild = 1ULL << 5,
                               add_reactions = 1ULL << 6, view_audit_log = 1ULL << 7, view_channel = 1ULL << 10,
                               send_messages = 1ULL << 11, send_tts = 1ULL << 12, manage_messages = 1ULL << 13,
                               attach_files = 1ULL << 15, read_history = 1ULL << 16, mute_members = 1ULL << 22,
                               deafen_members = 1ULL << 23, move_members = 1ULL << 24, change_nickname = 1ULL << 26,
                               manage_nicknames = 1ULL << 27, manage_roles = 1ULL << 28, manage_webhooks = 1ULL << 29,
                               manage_expressions = 1ULL << 30, manage_events = 1ULL << 33, manage_threads = 1ULL << 34,
                               create_public_threads = 1ULL << 35, create_private_threads = 1ULL << 36,
                               send_in_threads = 1ULL << 38, moderate_members = 1ULL << 40, create_expressions = 1ULL << 43,
                               create_events = 1ULL << 44, send_polls = 1ULL << 49, pin_messages = 1ULL << 51;
/// What a new guild gives everybody, as it is often met: among others to write, in threads too.
inline constexpr std::uint64_t everyone = 1071698660929;
inline constexpr std::uint64_t everything = (1ULL << 53) - 1 - (1ULL << 47);  // bit 47 is unused, 52 is the highest [6.4]

}  // namespace shoal::sim::permission
