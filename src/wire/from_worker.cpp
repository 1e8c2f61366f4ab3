// What a worker says to its coordinator.

#include <set>

#include "wire/codec.hpp"
#include "wire/parts.hpp"

namespace shoal::wire {
namespace {

using cluster::number;

void write_nonce(const std::array<unsigned char, 32>& from, std::string* to) {
    to->assign(reinterpret_cast<const char*>(from.data()), from.size());
}

void write(const cluster::shard_report& from, v1::ShardReport& to) {
    to.set_shard(from.shard);
    to.set_epoch(number(from.epoch));
    to.set_status(static_cast<v1::ShardStatus>(static_cast<int>(from.status) + 1));
    if (from.ticket) wire::write(*from.ticket, *to.mutable_ticket());
    to.set_seq(from.seq);
    to.set_done(from.done);
    to.set_lost_session(clipped(from.lost_session, most_url_bytes));
    to.set_without_guilds(from.without_guilds);
    to.set_leased(from.leased);
    wire::write(from.metrics, *to.mutable_metrics());
    if (!from.refused) return;
    to.set_refused_with(from.refused->code);
    to.set_refused_why(sentence_text(from.refused->why));
}

cluster::shard_report read(const v1::ShardReport& from, field_checks& checks) {
    cluster::shard_report to;
    to.shard = checks.shard(from.shard());
    to.epoch = cluster::shard_epoch(from.epoch());
    to.status = checks.choice<cluster::shard_status>(from.status(), cluster::shard_statuses, "shards.status");
    if (from.has_ticket()) {
        to.ticket = wire::read(from.ticket(), checks);
        checks.require(to.ticket->shard.id == to.shard, "ticket.shard");
    }
    to.seq = from.seq();
    to.done = from.done();
    checks.require(to.done <= to.seq, "shards.done");
    to.lost_session = checks.text(from.lost_session(), "shards.lost_session", most_url_bytes);
    to.without_guilds = from.without_guilds();
    to.leased = from.leased();
    to.metrics = wire::read(from.metrics(), checks);
    if (from.refused_with() != 0) {
        to.refused = {checks.close_code(from.refused_with(), "shards.refused_with"),
                      checks.sentence(from.refused_why(), "shards.refused_why")};
    }
    return to;
}

/// All that a worker holds: each shard once.
template <class Reports>
std::vector<cluster::shard_report> read_reports(const Reports& from, field_checks& checks) {
    std::vector<cluster::shard_report> to;
    checks.require(static_cast<std::size_t>(from.size()) <= most_reports, "shards");
    if (static_cast<std::size_t>(from.size()) > most_reports) return to;
    std::set<std::uint32_t> seen;
    to.reserve(static_cast<std::size_t>(from.size()));
    for (const auto& one : from) {
        checks.require(seen.insert(one.shard()).second, "shards");
        to.push_back(read(one, checks));
    }
    return to;
}

// Each alternative writes its own member of the oneof.
void write(const cluster::register_ask& from, v1::FromWorker& out) {
    auto& to = *out.mutable_register_ask();
    to.set_version(from.version);
    to.set_process(name_text(from.process.value));
    to.set_incarnation(number(from.incarnation));
    to.set_succeeds(number(from.succeeds));
    to.set_zone(name_text(from.zone));
    to.set_listen_url(clipped(from.listen_url, most_url_bytes));
    to.set_software(name_text(from.software));
    wire::write(from.capacity, *to.mutable_capacity());
    to.set_token_proof(from.token_proof);
    to.set_intents_proof(from.intents_proof);
    to.set_fleet(number(from.fleet));
    to.set_highest_leader(number(from.highest_leader));
    to.set_fresh(from.fresh);
    for (const auto& one : from.shards) write(one, *to.add_shards());
    to.set_draining(from.draining);
    wire::write(from.rest, *to.mutable_rest());
}
void write(const cluster::heartbeat& from, v1::FromWorker& out) {
    auto& to = *out.mutable_heartbeat();
    to.set_number(number(from.number));
    wire::write(from.metrics, *to.mutable_metrics());
    for (const auto& one : from.shards) write(one, *to.add_shards());
    to.set_draining(from.draining);
    wire::write(from.rest, *to.mutable_rest());
}
template <class From, class To>
void write_place(const From& from, To& to) {
    to.set_shard(from.shard);
    to.set_epoch(number(from.epoch));
}
void write(const cluster::permit_ask& from, v1::FromWorker& out) {
    auto& to = *out.mutable_permit_ask();
    write_place(from, to);
    to.set_had_session(from.had_session);
    to.set_lost_session(clipped(from.lost_session, most_url_bytes));
}
void write(const cluster::permit_withdrawn& from, v1::FromWorker& out) { write_place(from, *out.mutable_permit_withdrawn()); }
void write(const cluster::permit_used& from, v1::FromWorker& out) {
    write_place(from, *out.mutable_permit_used());
    out.mutable_permit_used()->set_permit(number(from.permit));
}
void write(const cluster::permit_returned& from, v1::FromWorker& out) {
    write_place(from, *out.mutable_permit_returned());
    out.mutable_permit_returned()->set_permit(number(from.permit));
}
void write(const cluster::identify_ended& from, v1::FromWorker& out) {
    write_place(from, *out.mutable_identify_ended());
    out.mutable_identify_ended()->set_ready(from.ready);
}
void write(const cluster::spare_ask& from, v1::FromWorker& out) { write_place(from, *out.mutable_spare_ask()); }
void write(const cluster::goodbye&, v1::FromWorker& out) { out.mutable_goodbye(); }

worker_hello read(const v1::Hello& from, field_checks& checks) {
    return {.version = from.version(),
            .process = {checks.some_name(from.process(), "process")},
            .incarnation = checks.counter<cluster::incarnation>(from.incarnation(), "incarnation"),
            .nonce = checks.bytes32(from.nonce(), "nonce")};
}
cluster::register_ask read(const v1::RegisterAsk& from, field_checks& checks) {
    cluster::register_ask to;
    to.version = from.version();
    to.process = {checks.some_name(from.process(), "process")};
    to.incarnation = checks.counter<cluster::incarnation>(from.incarnation(), "incarnation");
    to.succeeds = cluster::incarnation(from.succeeds());
    to.zone = checks.name(from.zone(), "zone");
    to.listen_url = checks.text(from.listen_url(), "listen_url", most_url_bytes);
    to.software = checks.name(from.software(), "software");
    to.capacity = wire::read(from.capacity());
    checks.bytes32(from.token_proof(), "token_proof");
    checks.bytes32(from.intents_proof(), "intents_proof");
    to.token_proof = from.token_proof();
    to.intents_proof = from.intents_proof();
    to.fleet = cluster::fleet_id(from.fleet());
    to.highest_leader = cluster::leader_epoch(from.highest_leader());
    to.fresh = from.fresh();
    to.shards = read_reports(from.shards(), checks);
    to.draining = from.draining();
    to.rest = wire::read(from.rest(), checks);
    return to;
}
cluster::heartbeat read(const v1::Heartbeat& from, field_checks& checks) {
    cluster::heartbeat to;
    to.number = checks.counter<cluster::beat_number>(from.number(), "number");
    to.metrics = wire::read(from.metrics(), checks);
    to.shards = read_reports(from.shards(), checks);
    to.draining = from.draining();
    to.rest = wire::read(from.rest(), checks);
    return to;
}
template <class To, class From>
To read_place(const From& from, field_checks& checks) {
    To to;
    to.shard = checks.shard(from.shard());
    to.epoch = cluster::shard_epoch(from.epoch());
    return to;
}
template <class To, class From>
To read_permit(const From& from, field_checks& checks) {
    auto to = read_place<To>(from, checks);
    to.permit = checks.counter<cluster::permit_number>(from.permit(), "permit");
    return to;
}
cluster::permit_ask read(const v1::PermitAsk& from, field_checks& checks) {
    auto to = read_place<cluster::permit_ask>(from, checks);
    to.had_session = from.had_session();
    to.lost_session = checks.text(from.lost_session(), "lost_session", most_url_bytes);
    return to;
}
cluster::identify_ended read(const v1::IdentifyEnded& from, field_checks& checks) {
    auto to = read_place<cluster::identify_ended>(from, checks);
    to.ready = from.ready();
    return to;
}

}  // namespace

std::string encode(const worker_hello& message) {
    v1::FromWorker out;
    auto& to = *out.mutable_hello();
    to.set_version(message.version);
    to.set_process(name_text(message.process.value));
    to.set_incarnation(number(message.incarnation));
    write_nonce(message.nonce, to.mutable_nonce());
    return out.SerializeAsString();
}

std::string encode(const cluster::to_coordinator& message) {
    v1::FromWorker out;
    std::visit([&](const auto& one) { write(one, out); }, message);
    return out.SerializeAsString();
}

result<from_worker> decode_from_worker(std::string_view bytes) {
    v1::FromWorker in;
    if (auto read = parse(bytes, most_stream_bytes, in); !read) return std::unexpected(std::move(read).error());
    field_checks checks;
    const auto give = [&](auto value) { return std::move(checks).give<from_worker>(cluster::to_coordinator(std::move(value))); };
    switch (in.kind_case()) {
        case v1::FromWorker::kHello: {
            auto hello = read(in.hello(), checks);
            return std::move(checks).give<from_worker>(std::move(hello));
        }
        case v1::FromWorker::kRegisterAsk: return give(read(in.register_ask(), checks));
        case v1::FromWorker::kHeartbeat: return give(read(in.heartbeat(), checks));
        case v1::FromWorker::kPermitAsk: return give(read(in.permit_ask(), checks));
        case v1::FromWorker::kPermitWithdrawn: return give(read_place<cluster::permit_withdrawn>(in.permit_withdrawn(), checks));
        case v1::FromWorker::kPermitUsed: return give(read_permit<cluster::permit_used>(in.permit_used(), checks));
        case v1::FromWorker::kPermitReturned: return give(read_permit<cluster::permit_returned>(in.permit_returned(), checks));
        case v1::FromWorker::kIdentifyEnded: return give(read(in.identify_ended(), checks));
        case v1::FromWorker::kSpareAsk: return give(read_place<cluster::spare_ask>(in.spare_ask(), checks));
        case v1::FromWorker::kGoodbye: return give(cluster::goodbye{});
        case v1::FromWorker::KIND_NOT_SET: break;
    }
    return std::unexpected(failure(errc::unknown_kind));
}

}  // namespace shoal::wire
