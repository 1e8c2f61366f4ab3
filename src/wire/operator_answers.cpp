// What a coordinator answers an operator.

#include "wire/codec.hpp"
#include "wire/parts.hpp"

namespace shoal::wire {
namespace {

using cluster::number;
constexpr std::size_t operator_refusals = 5;

void write(const cluster::worker_picture& from, v1::WorkerPicture& to) {
    to.set_process(name_text(from.process.value));
    to.set_incarnation(number(from.incarnation));
    to.set_state(static_cast<v1::WorkerState>(static_cast<int>(from.state) + 1));
    to.set_reason(sentence_text(from.reason));
    to.set_zone(name_text(from.zone));
    to.set_software(name_text(from.software));
    to.set_listen_url(clipped(from.listen_url, most_url_bytes));
    wire::write(from.capacity, *to.mutable_capacity());
    wire::write(from.metrics, *to.mutable_metrics());
    to.set_cordoned(from.cordoned);
    to.set_last_heard(from.last_heard.count());
    for (const auto shard : from.shards) to.add_shards(shard);
    to.set_rest_per_second(from.rest_per_second);
    to.set_rest_sent_per_second(from.rest_sent_per_second);
    to.set_rest_waiting(from.rest_waiting);
}
cluster::worker_picture read(const v1::WorkerPicture& from, field_checks& checks) {
    cluster::worker_picture to;
    to.process = {checks.some_name(from.process(), "workers.process")};
    to.incarnation = cluster::incarnation(from.incarnation());
    to.state = checks.choice<cluster::worker_state>(from.state(), cluster::worker_states, "workers.state");
    to.reason = checks.sentence(from.reason(), "workers.reason");
    to.zone = checks.name(from.zone(), "workers.zone");
    to.software = checks.name(from.software(), "workers.software");
    to.listen_url = checks.text(from.listen_url(), "workers.listen_url", most_url_bytes);
    to.capacity = wire::read(from.capacity());
    to.metrics = wire::read(from.metrics(), checks);
    to.cordoned = from.cordoned();
    to.last_heard = checks.span(from.last_heard(), "workers.last_heard");
    checks.require(static_cast<std::size_t>(from.shards_size()) <= most_total_shards, "workers.shards");
    for (const auto shard : from.shards()) to.shards.push_back(checks.shard(shard));
    to.rest_per_second = from.rest_per_second();
    to.rest_sent_per_second = checks.share(from.rest_sent_per_second(), "workers.rest_sent_per_second");
    to.rest_waiting = from.rest_waiting();
    return to;
}

void write(const cluster::shard_picture& from, v1::ShardPicture& to) {
    to.set_shard(from.shard);
    if (from.owner) to.set_owner(name_text(from.owner->value));
    to.set_epoch(number(from.epoch));
    to.set_state(static_cast<v1::PlacementState>(static_cast<int>(from.state) + 1));
    to.set_status(static_cast<v1::ShardStatus>(static_cast<int>(from.status) + 1));
    to.set_reason(sentence_text(from.reason));
    wire::write(from.metrics, *to.mutable_metrics());
    to.set_refused_with(from.refused_with);
}
cluster::shard_picture read(const v1::ShardPicture& from, field_checks& checks) {
    cluster::shard_picture to;
    to.shard = checks.shard(from.shard());
    if (from.has_owner()) to.owner = cluster::process_id{checks.some_name(from.owner(), "shards.owner")};
    to.epoch = cluster::shard_epoch(from.epoch());
    to.state = checks.choice<cluster::placement_state>(from.state(), cluster::placement_states, "shards.state");
    to.status = checks.choice<cluster::shard_status>(from.status(), cluster::shard_statuses, "shards.status");
    to.reason = checks.sentence(from.reason(), "shards.reason");
    to.metrics = wire::read(from.metrics(), checks);
    if (from.refused_with() != 0) to.refused_with = checks.close_code(from.refused_with(), "shards.refused_with");
    return to;
}

void write(const cluster::identify_picture& from, v1::IdentifyPicture& to) {
    to.set_total(from.total);
    to.set_remaining(from.remaining);
    to.set_reserve(from.reserve);
    to.set_foreign(from.foreign);
    to.set_reset_after(from.reset_after.count());
    to.set_waiting(from.waiting);
    to.set_budget_known(from.budget_known);
    to.set_reserve_in_use(from.reserve_in_use);
    to.set_spent(from.spent);
    to.set_trouble(sentence_text(from.trouble));
}
cluster::identify_picture read(const v1::IdentifyPicture& from, field_checks& checks) {
    return {.total = from.total(),
            .remaining = from.remaining(),
            .reserve = from.reserve(),
            .foreign = from.foreign(),
            .spent = from.spent(),
            .reset_after = checks.span(from.reset_after(), "identify.reset_after"),
            .waiting = from.waiting(),
            .budget_known = from.budget_known(),
            .reserve_in_use = from.reserve_in_use(),
            .trouble = checks.sentence(from.trouble(), "identify.trouble")};
}

void write(const cluster::rest_picture& from, v1::RestPicture& to) {
    to.set_limit_per_second(from.limit_per_second);
    to.set_paced_per_second(from.paced_per_second);
    to.set_leased_per_second(from.leased_per_second);
    to.set_kept_per_second(from.kept_per_second);
    to.set_sent_per_second(from.sent_per_second);
    to.set_waiting(from.waiting);
    to.set_without(from.without);
}
cluster::rest_picture read(const v1::RestPicture& from, field_checks& checks) {
    return {.limit_per_second = from.limit_per_second(),
            .paced_per_second = from.paced_per_second(),
            .leased_per_second = from.leased_per_second(),
            .kept_per_second = from.kept_per_second(),
            .sent_per_second = checks.share(from.sent_per_second(), "rest.sent_per_second"),
            .waiting = from.waiting(),
            .without = from.without()};
}

/// Sentences for people, a bounded number of them.
template <class Texts>
std::vector<std::string> read_sentences(const Texts& from, field_checks& checks, std::string_view field) {
    std::vector<std::string> to;
    const bool fine = static_cast<std::size_t>(from.size()) <= most_total_shards;
    checks.require(fine, field);
    if (!fine) return to;
    for (const auto& one : from) to.push_back(checks.sentence(one, field));
    return to;
}

void write(const cluster::cluster_picture& from, v1::OperatorAnswer& out) {
    auto& to = *out.mutable_picture();
    to.set_coordinator(name_text(from.coordinator));
    to.set_leader(number(from.leader));
    to.set_fleet(number(from.fleet));
    to.set_total_shards(from.total_shards);
    for (const auto& one : from.succession) to.add_succession(sentence_text(one));
    to.set_paused(from.paused);
    to.set_waiting_for(sentence_text(from.waiting_for));
    for (const auto& one : from.alarms) to.add_alarms(sentence_text(one));
    write(from.identify, *to.mutable_identify());
    write(from.rest, *to.mutable_rest());
    for (const auto& one : from.workers) write(one, *to.add_workers());
    for (const auto& one : from.shards) write(one, *to.add_shards());
}
cluster::cluster_picture read(const v1::ClusterPicture& from, field_checks& checks) {
    cluster::cluster_picture to;
    to.coordinator = checks.name(from.coordinator(), "coordinator");
    to.leader = cluster::leader_epoch(from.leader());
    to.fleet = cluster::fleet_id(from.fleet());
    checks.require(from.total_shards() <= most_total_shards, "total_shards");
    to.total_shards = from.total_shards();
    to.succession = read_sentences(from.succession(), checks, "succession");
    to.paused = from.paused();
    to.waiting_for = checks.sentence(from.waiting_for(), "waiting_for");
    to.alarms = read_sentences(from.alarms(), checks, "alarms");
    to.identify = read(from.identify(), checks);
    to.rest = read(from.rest(), checks);
    checks.require(static_cast<std::size_t>(from.workers_size()) <= most_workers, "workers");
    checks.require(static_cast<std::size_t>(from.shards_size()) <= most_total_shards, "shards");
    for (const auto& one : from.workers()) to.workers.push_back(read(one, checks));
    for (const auto& one : from.shards()) to.shards.push_back(read(one, checks));
    return to;
}

void write(const cluster::events_told& from, v1::OperatorAnswer& out) {
    auto& to = *out.mutable_events();
    for (const auto& one : from.events) {
        auto& event = *to.add_events();
        event.set_number(one.number);
        event.set_ago(one.ago.count());
        event.set_process(name_text(one.process));
        if (one.shard) event.set_shard(*one.shard);
        event.set_what(sentence_text(one.what));
    }
}
cluster::events_told read(const v1::EventsTold& from, field_checks& checks) {
    cluster::events_told to;
    checks.require(static_cast<std::size_t>(from.events_size()) <= most_listed_events, "events");
    for (const auto& one : from.events()) {
        cluster::fleet_event event;
        event.number = one.number();
        event.ago = checks.span(one.ago(), "events.ago");
        event.process = checks.name(one.process(), "events.process");
        if (one.has_shard()) event.shard = checks.shard(one.shard());
        event.what = checks.sentence(one.what(), "events.what");
        to.events.push_back(std::move(event));
    }
    return to;
}

void write(const cluster::explained& from, v1::OperatorAnswer& out) {
    auto& to = *out.mutable_explained();
    for (const auto& one : from.lines) to.add_lines(sentence_text(one));
}
cluster::explained read(const v1::Explained& from, field_checks& checks) {
    return {read_sentences(from.lines(), checks, "lines")};
}

void write(const cluster::plan_told& from, v1::OperatorAnswer& out) {
    auto& to = *out.mutable_plan();
    for (const auto& one : from.moves) {
        auto& move = *to.add_moves();
        move.set_shard(one.shard);
        if (one.from) move.set_from(name_text(one.from->value));
        move.set_to(name_text(one.to.value));
        move.set_reason(sentence_text(one.reason));
    }
    for (const auto& one : from.left_out) to.add_left_out(sentence_text(one));
    to.set_dry_run(from.dry_run);
}
cluster::plan_told read(const v1::PlanTold& from, field_checks& checks) {
    cluster::plan_told to;
    checks.require(static_cast<std::size_t>(from.moves_size()) <= most_total_shards, "moves");
    for (const auto& one : from.moves()) {
        cluster::planned_move move;
        move.shard = checks.shard(one.shard());
        if (one.has_from()) move.from = cluster::process_id{checks.some_name(one.from(), "moves.from")};
        move.to = {checks.name(one.to(), "moves.to")};
        move.reason = checks.sentence(one.reason(), "moves.reason");
        to.moves.push_back(std::move(move));
    }
    to.left_out = read_sentences(from.left_out(), checks, "left_out");
    to.dry_run = from.dry_run();
    return to;
}

void write(const cluster::operator_done& from, v1::OperatorAnswer& out) {
    out.mutable_done()->set_detail(sentence_text(from.detail));
}
void write(const cluster::operator_refused& from, v1::OperatorAnswer& out) {
    out.mutable_refused()->set_why(static_cast<v1::OperatorRefusal>(static_cast<int>(from.why) + 1));
    out.mutable_refused()->set_detail(sentence_text(from.detail));
}

}  // namespace

std::string encode(const cluster::operator_answer& answer) {
    v1::OperatorAnswer out;
    std::visit([&](const auto& one) { write(one, out); }, answer);
    return out.SerializeAsString();
}

result<cluster::operator_answer> decode_operator_answer(std::string_view bytes) {
    v1::OperatorAnswer in;
    if (auto parsed = parse(bytes, most_answer_bytes, in); !parsed) return std::unexpected(std::move(parsed).error());
    field_checks checks;
    const auto give = [&](auto value) { return std::move(checks).give<cluster::operator_answer>(std::move(value)); };
    switch (in.kind_case()) {
        case v1::OperatorAnswer::kPicture: return give(read(in.picture(), checks));
        case v1::OperatorAnswer::kEvents: return give(read(in.events(), checks));
        case v1::OperatorAnswer::kExplained: return give(read(in.explained(), checks));
        case v1::OperatorAnswer::kPlan: return give(read(in.plan(), checks));
        case v1::OperatorAnswer::kDone: return give(cluster::operator_done{checks.sentence(in.done().detail(), "detail")});
        case v1::OperatorAnswer::kRefused: {
            using reason = cluster::operator_refused::reason;
            const auto why = checks.choice<reason>(in.refused().why(), operator_refusals, "why");
            return give(cluster::operator_refused{why, checks.sentence(in.refused().detail(), "detail")});
        }
        case v1::OperatorAnswer::KIND_NOT_SET: break;
    }
    return std::unexpected(failure(errc::unknown_kind));
}

}  // namespace shoal::wire
