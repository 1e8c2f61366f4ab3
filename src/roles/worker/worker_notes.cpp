#include "roles/worker/worker_notes.hpp"

#include <fmt/format.h>

#include <utility>

#include "roles/worker/line_end.hpp"

namespace shoal::roles {

namespace worker = cluster::worker;

namespace {

std::pair<log_level, std::string_view> line_of(worker::note_code code) noexcept {
    using enum worker::note_code;
    switch (code) {
        case registering: return {log_level::info, "asking the coordinator to be taken"};
        case registered: return {log_level::info, "the coordinator has taken this worker"};
        case refused: return {log_level::error, "the coordinator does not take this worker"};
        case stream_lost: return {log_level::warn, "the coordinator cannot be heard"};
        case lease_lost: return {log_level::warn, "the lease is over"};
        case lease_back: return {log_level::info, "this worker has a lease"};
        case stale_order: return {log_level::warn, "an old order was refused"};
        case order_without_registration: return {log_level::debug, "an order came on a stream that has not registered"};
        case permit_expired: return {log_level::warn, "an identify permit came too late"};
        case taken: return {log_level::warn, "another worker has the session of a shard"};
        case drained: return {log_level::info, "this worker is emptied"};
    }
    return {log_level::info, "note"};
}

cluster::shard_status status_of(gateway::session_status status) noexcept {
    using enum gateway::session_status;
    switch (status) {
        case waiting_for_permit: return cluster::shard_status::waiting_for_permit;
        case live: return cluster::shard_status::live;
        case waiting_for_lease:
        case connecting:
        case identifying:
        case resuming: return cluster::shard_status::connecting;
        default: return cluster::shard_status::starting;
    }
}

}  // namespace

void write_note(const logger& log, const worker::note& what, std::uint64_t held_back) {
    const auto [level, text] = line_of(what.code);
    logger::fields fields{{"detail", what.refused ? sentence_of(*what.refused, what.detail) : what.detail}};
    if (held_back > 0) fields.emplace_back("and_as_often_before", fmt::format("{}", held_back));
    log.write(level, text, fields);
}

worker::shard_seen seen_of(const host::shard_snapshot& picture) {
    worker::shard_seen seen;
    seen.shard = picture.shard.id;
    seen.status = status_of(picture.status);
    seen.ticket = picture.ticket;
    seen.lost_session = picture.lost_session;
    seen.metrics.guilds = picture.guilds;
    seen.metrics.cpu_share = picture.cpu_share;
    seen.metrics.events_per_second = picture.events_per_second;
    seen.metrics.latency = picture.latency;
    seen.metrics.lost_events = picture.lost;
    seen.metrics.resumes = picture.resumes;
    seen.metrics.identifies = picture.identifies;
    seen.metrics.queue_depth = picture.in_flight;
    return seen;
}

}  // namespace shoal::roles
