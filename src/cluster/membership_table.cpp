#include "cluster/membership_table.hpp"

namespace shoal::cluster {

admission membership_table::judge(const register_ask& ask) const {
    if (fenced_.contains({ask.process, ask.incarnation})) return admission::fenced;
    const auto* known = find(ask.process);
    if (known == nullptr) return admission::fresh;
    if (known->incarnation == ask.incarnation) return admission::returning;
    const bool over = known->state == worker_state::dead || known->state == worker_state::orphan;
    return over || ask.succeeds == known->incarnation ? admission::fresh : admission::in_use;
}

member& membership_table::admit(const register_ask& ask, stream_id stream) {
    auto& row = members_[ask.process];
    by_stream_.erase(row.stream);
    const bool same = row.incarnation == ask.incarnation && row.process == ask.process;
    // What an operator said of a name stays true for its next incarnation.
    const bool cordoned = row.cordoned, draining = row.draining;
    const auto last_beat = same ? row.last_beat : beat_number::none;
    const auto lease_until = row.lease_until;
    const bool stored = same && row.stored, may_try = row.may_try;
    auto state = same ? row.state : worker_state::joining;
    row = {};
    row.process = ask.process;
    row.incarnation = ask.incarnation;
    row.zone = ask.zone;
    row.listen_url = ask.listen_url;
    row.software = ask.software;
    row.capacity = ask.capacity;
    row.cordoned = cordoned;
    row.draining = draining;
    row.leaving = ask.draining;
    row.stream = stream;
    row.stored = stored;
    row.may_try = same && may_try;
    row.last_beat = last_beat;
    row.lease_until = lease_until;
    row.state = state;
    by_stream_[stream] = &row;
    return row;
}

member& membership_table::remember(member what) {
    auto name = what.process;
    return members_.insert_or_assign(std::move(name), std::move(what)).first->second;
}

member* membership_table::stream_closed(stream_id stream) {
    const auto found = by_stream_.find(stream);
    if (found == by_stream_.end()) return nullptr;
    auto* who = found->second;
    by_stream_.erase(found);
    who->stream = stream_id::none;
    return who;
}

void membership_table::prove_dead(member& who, std::string how) {
    fence(who.process, who.incarnation);
    who.proof = std::move(how);
    by_stream_.erase(who.stream);
    who.stream = stream_id::none;
}

void membership_table::forget(const process_id& process) {
    const auto found = members_.find(process);
    if (found == members_.end()) return;
    by_stream_.erase(found->second.stream);
    members_.erase(found);
}

member* membership_table::find(const process_id& process) {
    const auto found = members_.find(process);
    return found == members_.end() ? nullptr : &found->second;
}

const member* membership_table::find(const process_id& process) const {
    const auto found = members_.find(process);
    return found == members_.end() ? nullptr : &found->second;
}

member* membership_table::by_stream(stream_id stream) {
    const auto found = by_stream_.find(stream);
    return found == by_stream_.end() ? nullptr : found->second;
}

}  // namespace shoal::cluster
