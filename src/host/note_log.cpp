#include "host/note_log.hpp"

#include <fmt/format.h>

#include <string>

namespace shoal::host {

log_level level_of(gateway::note_code code) noexcept {
    using enum gateway::note_code;
    switch (code) {
        case dialing:
        case hello:
        case waiting_for_lease:
        case waiting_for_permit:
        case backing_off: return log_level::debug;
        case identifying:
        case resuming:
        case ready:
        case resumed:
        case lease_over:
        case reconnect_op7:
        case closed_by_peer:
        case stopped: return log_level::info;
        case dial_failed:
        case heartbeat_late:
        case zombie:
        case invalid_session_op9:
        case session_lost:
        case resume_url_abandoned:
        case stream_error:
        case presence_dropped:
        case permit_expired:
        case replay_duplicate: return log_level::warn;
        case poison_skipped:
        case permit_refused:
        case replay_gap:
        case given_up: return log_level::error;
    }
    return log_level::info;
}

void write_note(const logger& log, shard_key shard, const gateway::note& note, std::string_view correlation) {
    const auto level = level_of(note.code);
    if (!log.on(level)) return;
    std::string words(gateway::to_string(note.code));
    for (auto& c : words)
        if (c == '_') c = ' ';
    auto line = fmt::format("shard {}: {}", shard.id, words);
    if (!note.detail.empty()) line.append(": ").append(note.detail);
    log.write(level, line,
              {{"shard", fmt::format("{}/{}", shard.id, shard.total)}, {"note", std::string(gateway::to_string(note.code))}},
              correlation);
}

}  // namespace shoal::host
