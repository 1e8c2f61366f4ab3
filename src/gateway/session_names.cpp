// What the states and notes of a session are called, for logs and people.

#include "gateway/session.hpp"

namespace shoal::gateway {

std::string_view to_string(session_status status) noexcept {
    switch (status) {
        case session_status::idle: return "idle";
        case session_status::waiting: return "waiting";
        case session_status::waiting_for_lease: return "waiting_for_lease";
        case session_status::connecting: return "connecting";
        case session_status::waiting_for_permit: return "waiting_for_permit";
        case session_status::identifying: return "identifying";
        case session_status::resuming: return "resuming";
        case session_status::live: return "live";
        case session_status::closing: return "closing";
        case session_status::stopped: return "stopped";
    }
    return "unknown";
}

std::string_view to_string(note_code code) noexcept {
    switch (code) {
        case note_code::dialing: return "dialing";
        case note_code::waiting_for_lease: return "waiting_for_lease";
        case note_code::lease_over: return "lease_over";
        case note_code::dial_failed: return "dial_failed";
        case note_code::hello: return "hello";
        case note_code::identifying: return "identifying";
        case note_code::resuming: return "resuming";
        case note_code::ready: return "ready";
        case note_code::resumed: return "resumed";
        case note_code::heartbeat_late: return "heartbeat_late";
        case note_code::zombie: return "zombie";
        case note_code::reconnect_op7: return "reconnect_op7";
        case note_code::invalid_session_op9: return "invalid_session_op9";
        case note_code::closed_by_peer: return "closed_by_peer";
        case note_code::backing_off: return "backing_off";
        case note_code::session_lost: return "session_lost";
        case note_code::resume_url_abandoned: return "resume_url_abandoned";
        case note_code::poison_skipped: return "poison_skipped";
        case note_code::stream_error: return "stream_error";
        case note_code::waiting_for_permit: return "waiting_for_permit";
        case note_code::permit_refused: return "permit_refused";
        case note_code::replay_gap: return "replay_gap";
        case note_code::replay_duplicate: return "replay_duplicate";
        case note_code::stopped: return "stopped";
        case note_code::given_up: return "given_up";
        case note_code::presence_dropped: return "presence_dropped";
        case note_code::permit_expired: return "permit_expired";
    }
    return "unknown";
}

}  // namespace shoal::gateway
