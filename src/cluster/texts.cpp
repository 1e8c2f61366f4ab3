// The words for people of this room's enums.

#include <fmt/format.h>

#include "cluster/operator_messages.hpp"

namespace shoal::cluster {

std::string_view to_string(shard_status status) noexcept {
    switch (status) {
        case shard_status::starting: return "starting";
        case shard_status::waiting_for_permit: return "waiting for permit";
        case shard_status::connecting: return "connecting";
        case shard_status::live: return "live";
        case shard_status::taken: return "taken";
        case shard_status::released: return "released";
    }
    return "unknown";
}

/// "7", "3, 7 and 9", "0, 1, 2 and 61 more".
std::string list_of(const std::set<std::uint32_t>& shards) {
    constexpr std::size_t most = 5;
    std::string out;
    std::size_t told = 0;
    for (const auto shard : shards) {
        const auto left = shards.size() - told;
        if (told == most && left > 1) return out + fmt::format(" and {} more", left);
        out += fmt::format("{}{}", told == 0 ? "" : left == 1 ? " and " : ", ", shard);
        ++told;
    }
    return out;
}

std::string_view to_string(refusal why) noexcept {
    switch (why) {
        case refusal::process_id_in_use: return "another live worker has this process id";
        case refusal::other_token: return "its bot token is another one than the coordinator's";
        case refusal::other_intents: return "its intents are others than the coordinator's";
        case refusal::other_version: return "it speaks another version of the protocol";
        case refusal::not_leader: return "this coordinator does not lead";
        case refusal::fenced: return "this worker was declared dead";
        case refusal::malformed: return "its registration is malformed";
        case refusal::not_ready: return "the coordinator is not ready";
    }
    return "unknown";
}

std::string_view name_of(refusal why) noexcept {
    switch (why) {
        case refusal::process_id_in_use: return "process_id_in_use";
        case refusal::other_token: return "other_token";
        case refusal::other_intents: return "other_intents";
        case refusal::other_version: return "other_version";
        case refusal::not_leader: return "not_leader";
        case refusal::fenced: return "fenced";
        case refusal::malformed: return "malformed";
        case refusal::not_ready: return "not_ready";
    }
    return "unknown";
}

std::string_view to_string(worker_state state) noexcept {
    switch (state) {
        case worker_state::joining: return "joining";
        case worker_state::healthy: return "healthy";
        case worker_state::suspect: return "suspect";
        case worker_state::orphan: return "orphan";
        case worker_state::draining: return "draining";
        case worker_state::dead: return "dead";
    }
    return "unknown";
}

std::string_view name_of(alarm_kind kind) noexcept {
    switch (kind) {
        case alarm_kind::store: return "store";
        case alarm_kind::room: return "room";
        case alarm_kind::count: return "count";
        case alarm_kind::refused: return "refused";
        case alarm_kind::bot: return "bot";
        case alarm_kind::budget: return "budget";
        case alarm_kind::foreign: return "foreign";
        case alarm_kind::guilds: return "guilds";
    }
    return "unknown";
}

std::string_view to_string(placement_state state) noexcept {
    switch (state) {
        case placement_state::unplaced: return "unplaced";
        case placement_state::storing: return "storing";
        case placement_state::starting: return "starting";
        case placement_state::running: return "running";
        case placement_state::releasing: return "releasing";
    }
    return "unknown";
}

}  // namespace shoal::cluster
