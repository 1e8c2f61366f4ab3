#include "bot/bot_status.hpp"

#include <chrono>
#include <cstddef>
#include <utility>

#include "bot/shard_room.hpp"

namespace shoal::runtime {
namespace {

shard_state state_of(gateway::session_status status) noexcept {
    using from = gateway::session_status;
    switch (status) {
        case from::idle: return shard_state::idle;
        case from::waiting_for_lease: return shard_state::waiting_for_lease;
        case from::waiting:
        case from::connecting: return shard_state::connecting;
        case from::waiting_for_permit:
        case from::identifying: return shard_state::identifying;
        case from::resuming: return shard_state::resuming;
        case from::live: return shard_state::live;
        case from::closing: return shard_state::closing;
        case from::stopped: return shard_state::stopped;
    }
    return shard_state::idle;
}

bad_input bad_input_of(const host::bad_input_counts& seen) noexcept {
    const auto count = [&](host::bad_input kind) { return seen[static_cast<std::size_t>(kind)]; };
    using enum host::bad_input;
    return {.compression = count(compression),
            .too_large = count(too_large),
            .not_json = count(not_json),
            .wrong_shape = count(wrong_shape),
            .unreadable_event = count(unreadable_event),
            .transport = count(transport)};
}

}  // namespace

shard_status status_of(host::shard_snapshot seen, const shard_room* room) {
    return {.id = seen.shard.id,
            .total = seen.shard.total,
            .status = state_of(seen.status),
            .guilds_ready = seen.guilds_ready,
            .guilds = seen.guilds,
            .unavailable_guilds = seen.unavailable_guilds,
            .latency = std::chrono::duration_cast<std::chrono::milliseconds>(seen.latency),
            .events_per_second = seen.events_per_second,
            .cpu_share = seen.cpu_share,
            .events = seen.events,
            .seq = seen.seq,
            .handlers_in_flight = seen.in_flight,
            .resumes = seen.resumes,
            .identifies = seen.identifies,
            .half_deaf = seen.half_deaf,
            .renewed_after_moves = seen.renewed_after_moves,
            .cache_complete = room == nullptr || !room->cache.lost_its_past() ||
                              (!room->cache.guesses_guilds() && room->cache.partial_guilds() == 0),
            .partial_guilds = room == nullptr || !room->cache.lost_its_past() ? 0 : room->cache.partial_guilds(),
            .guilds_loaded = room == nullptr ? 0 : room->guilds_loaded.load(std::memory_order_relaxed),
            .guild_loads_failed = room == nullptr ? 0 : room->guild_loads_failed.load(std::memory_order_relaxed),
            .handler_errors = room == nullptr ? 0 : room->handler_errors.load(std::memory_order_relaxed),
            .unknown_events = seen.unknown_events,
            .stepped_over = seen.poison,
            .lost = seen.lost,
            .bad_input = bad_input_of(seen.bad_input),
            .checkpoints_given_up = room == nullptr || room->stored == nullptr ? 0 : room->stored->given_up(),
            .journal_problem = std::move(seen.journal_problem),
            .last_reconnect_reason = std::move(seen.last_reconnect_reason)};
}

bad_answers counts_of(const host::bad_answer_log& seen) {
    const auto counts = seen.counts();
    const auto count = [&](host::bad_answer kind) { return counts[static_cast<std::size_t>(kind)]; };
    using enum host::bad_answer;
    return {.not_http = count(not_http),
            .cut_short = count(cut_short),
            .too_large = count(too_large),
            .endless = count(endless),
            .not_json = count(not_json),
            .wrong_shape = count(wrong_shape)};
}

}  // namespace shoal::runtime
