// What a coordinator says to its workers.

#include "wire/codec.hpp"
#include "wire/parts.hpp"

namespace shoal::wire {
namespace {

using cluster::number;

void write(const cluster::registered& from, v1::ToWorker& out) {
    auto& to = *out.mutable_registered();
    to.set_leader(number(from.leader));
    to.set_fleet(number(from.fleet));
    to.set_coordinator(name_text(from.coordinator));
    to.set_lease(from.lease.count());
    to.set_beat_every(from.beat_every.count());
    to.set_total_shards(from.total_shards);
}
void write(const cluster::register_refused& from, v1::ToWorker& out) {
    auto& to = *out.mutable_register_refused();
    to.set_why(static_cast<v1::Refusal>(static_cast<int>(from.why) + 1));
    to.set_detail(sentence_text(from.detail));
    to.set_retry_after(from.retry_after.count());
}
void write(const cluster::heartbeat_ack& from, v1::ToWorker& out) {
    auto& to = *out.mutable_heartbeat_ack();
    to.set_number(number(from.number));
    to.set_leader(number(from.leader));
    to.set_lease(from.lease.count());
    wire::write(from.rest, *to.mutable_rest());
}
/// What every order has.
template <class From, class To>
void write_order(const From& from, To& to) {
    to.set_shard(from.shard);
    to.set_epoch(number(from.epoch));
    to.set_leader(number(from.leader));
}
void write(const cluster::start_order& from, v1::ToWorker& out) {
    auto& to = *out.mutable_start_order();
    to.set_shard(from.shard.id);
    to.set_total(from.shard.total);
    to.set_epoch(number(from.epoch));
    to.set_leader(number(from.leader));
    if (from.ticket) wire::write(*from.ticket, *to.mutable_ticket());
    to.set_adopted(from.adopted);
    to.set_reason(sentence_text(from.reason));
}
void write(const cluster::stop_order& from, v1::ToWorker& out) {
    write_order(from, *out.mutable_stop_order());
    out.mutable_stop_order()->set_reason(sentence_text(from.reason));
}
void write(const cluster::ticket_noted& from, v1::ToWorker& out) {
    write_order(from, *out.mutable_ticket_noted());
    out.mutable_ticket_noted()->set_session_id(clipped(from.session_id, most_url_bytes));
}
void write(const cluster::permit_grant& from, v1::ToWorker& out) {
    auto& to = *out.mutable_permit_grant();
    write_order(from, to);
    to.set_permit(number(from.permit));
    to.set_counted_from(number(from.counted_from));
    to.set_valid_for(from.valid_for.count());
}
void write(const cluster::permit_refusal& from, v1::ToWorker& out) {
    write_order(from, *out.mutable_permit_refusal());
    out.mutable_permit_refusal()->set_why(sentence_text(from.why));
}
void write(const cluster::spare_answer& from, v1::ToWorker& out) {
    write_order(from, *out.mutable_spare_answer());
    out.mutable_spare_answer()->set_can_spare(from.can_spare);
}
void write(const cluster::drain_told& from, v1::ToWorker& out) {
    auto& to = *out.mutable_drain_told();
    to.set_leader(number(from.leader));
    to.set_draining(from.draining);
}

coordinator_challenge read(const v1::Challenge& from, field_checks& checks) {
    return {.version = from.version(),
            .nonce = checks.bytes32(from.nonce(), "nonce"),
            .token_proof = checks.bytes32(from.token_proof(), "token_proof")};
}
cluster::registered read(const v1::Registered& from, field_checks& checks) {
    checks.require(from.total_shards() <= most_total_shards, "total_shards");
    // A lease of nothing would make every worker an orphan, and a beat of nothing would never end.
    checks.require(from.lease() > 0, "lease");
    checks.require(from.beat_every() > 0, "beat_every");
    return {.leader = checks.counter<cluster::leader_epoch>(from.leader(), "leader"),
            .fleet = checks.counter<cluster::fleet_id>(from.fleet(), "fleet"),
            .coordinator = checks.name(from.coordinator(), "coordinator"),
            .lease = checks.span(from.lease(), "lease"),
            .beat_every = checks.span(from.beat_every(), "beat_every"),
            .total_shards = from.total_shards()};
}
cluster::register_refused read(const v1::RegisterRefused& from, field_checks& checks) {
    return {.why = checks.choice<cluster::refusal>(from.why(), cluster::refusals, "why"),
            .detail = checks.sentence(from.detail(), "detail"),
            .retry_after = checks.span(from.retry_after(), "retry_after")};
}
cluster::heartbeat_ack read(const v1::HeartbeatAck& from, field_checks& checks) {
    return {.number = checks.counter<cluster::beat_number>(from.number(), "number"),
            .leader = checks.counter<cluster::leader_epoch>(from.leader(), "leader"),
            .lease = checks.span(from.lease(), "lease"),
            .rest = wire::read(from.rest(), checks)};
}
template <class To, class From>
To read_order(const From& from, field_checks& checks) {
    To to;
    to.shard = checks.shard(from.shard());
    to.epoch = cluster::shard_epoch(from.epoch());
    to.leader = checks.counter<cluster::leader_epoch>(from.leader(), "leader");
    return to;
}
cluster::start_order read(const v1::StartOrder& from, field_checks& checks) {
    cluster::start_order to;
    checks.require(from.total() >= 1 && from.total() <= most_total_shards && from.shard() < from.total(), "shard");
    to.shard = {from.shard(), from.total()};
    to.epoch = checks.counter<cluster::shard_epoch>(from.epoch(), "epoch");
    to.leader = checks.counter<cluster::leader_epoch>(from.leader(), "leader");
    if (from.has_ticket()) {
        to.ticket = wire::read(from.ticket(), checks);
        // A session belongs to exactly one pair [2.7.11].
        checks.require(to.ticket->shard == to.shard, "ticket.shard");
    }
    to.adopted = from.adopted();
    to.reason = checks.sentence(from.reason(), "reason");
    return to;
}
cluster::stop_order read(const v1::StopOrder& from, field_checks& checks) {
    auto to = read_order<cluster::stop_order>(from, checks);
    to.reason = checks.sentence(from.reason(), "reason");
    return to;
}
cluster::ticket_noted read(const v1::TicketNoted& from, field_checks& checks) {
    auto to = read_order<cluster::ticket_noted>(from, checks);
    to.session_id = checks.text(from.session_id(), "session_id", most_url_bytes);
    return to;
}
cluster::permit_grant read(const v1::PermitGrant& from, field_checks& checks) {
    auto to = read_order<cluster::permit_grant>(from, checks);
    to.permit = checks.counter<cluster::permit_number>(from.permit(), "permit");
    to.counted_from = cluster::beat_number(from.counted_from());
    to.valid_for = checks.span(from.valid_for(), "valid_for");
    return to;
}
cluster::permit_refusal read(const v1::PermitRefusal& from, field_checks& checks) {
    auto to = read_order<cluster::permit_refusal>(from, checks);
    to.why = checks.sentence(from.why(), "why");
    return to;
}
cluster::spare_answer read(const v1::SpareAnswer& from, field_checks& checks) {
    auto to = read_order<cluster::spare_answer>(from, checks);
    to.can_spare = from.can_spare();
    return to;
}
cluster::drain_told read(const v1::DrainTold& from, field_checks& checks) {
    return {.leader = checks.counter<cluster::leader_epoch>(from.leader(), "leader"), .draining = from.draining()};
}

}  // namespace

std::string encode(const coordinator_challenge& message) {
    v1::ToWorker out;
    auto& to = *out.mutable_challenge();
    to.set_version(message.version);
    to.set_nonce(message.nonce.data(), message.nonce.size());
    to.set_token_proof(message.token_proof.data(), message.token_proof.size());
    return out.SerializeAsString();
}

std::string encode(const cluster::to_worker& message) {
    v1::ToWorker out;
    std::visit([&](const auto& one) { write(one, out); }, message);
    return out.SerializeAsString();
}

result<from_coordinator> decode_from_coordinator(std::string_view bytes) {
    v1::ToWorker in;
    if (auto read = parse(bytes, most_stream_bytes, in); !read) return std::unexpected(std::move(read).error());
    field_checks checks;
    const auto give = [&](auto value) { return std::move(checks).give<from_coordinator>(cluster::to_worker(std::move(value))); };
    switch (in.kind_case()) {
        case v1::ToWorker::kChallenge: {
            auto challenge = read(in.challenge(), checks);
            return std::move(checks).give<from_coordinator>(challenge);
        }
        case v1::ToWorker::kRegistered: return give(read(in.registered(), checks));
        case v1::ToWorker::kRegisterRefused: return give(read(in.register_refused(), checks));
        case v1::ToWorker::kHeartbeatAck: return give(read(in.heartbeat_ack(), checks));
        case v1::ToWorker::kStartOrder: return give(read(in.start_order(), checks));
        case v1::ToWorker::kStopOrder: return give(read(in.stop_order(), checks));
        case v1::ToWorker::kTicketNoted: return give(read(in.ticket_noted(), checks));
        case v1::ToWorker::kPermitGrant: return give(read(in.permit_grant(), checks));
        case v1::ToWorker::kPermitRefusal: return give(read(in.permit_refusal(), checks));
        case v1::ToWorker::kSpareAnswer: return give(read(in.spare_answer(), checks));
        case v1::ToWorker::kDrainTold: return give(read(in.drain_told(), checks));
        case v1::ToWorker::KIND_NOT_SET: break;
    }
    return std::unexpected(failure(errc::unknown_kind));
}

}  // namespace shoal::wire
