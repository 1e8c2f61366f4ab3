// What an operator asks a coordinator: one method a request.

#include "wire/codec.hpp"
#include "wire/methods.hpp"
#include "wire/parts.hpp"

namespace shoal::wire {
namespace {

using cluster::operator_request;

std::string bytes(const cluster::picture_ask&) { return v1::PictureAsk().SerializeAsString(); }
std::string bytes(const cluster::events_ask& from) {
    v1::EventsAsk to;
    to.set_after(from.after);
    return to.SerializeAsString();
}
std::string bytes(const cluster::explain_ask& from) {
    v1::ExplainAsk to;
    to.set_shard(from.shard);
    return to.SerializeAsString();
}
std::string bytes(const cluster::move_ask& from) {
    v1::MoveAsk to;
    for (const auto shard : from.shards) to.add_shards(shard);
    if (from.to) to.set_to(name_text(from.to->value));
    to.set_dry_run(from.dry_run);
    return to.SerializeAsString();
}
std::string bytes(const cluster::drain_ask& from) {
    v1::DrainAsk to;
    to.set_process(name_text(from.process.value));
    to.set_dry_run(from.dry_run);
    return to.SerializeAsString();
}
std::string bytes(const cluster::cordon_ask& from) {
    v1::CordonAsk to;
    to.set_process(name_text(from.process.value));
    to.set_on(from.on);
    return to.SerializeAsString();
}
std::string bytes(const cluster::pause_ask& from) {
    v1::PauseAsk to;
    to.set_on(from.on);
    return to.SerializeAsString();
}
std::string bytes(const cluster::rebalance_ask& from) {
    v1::RebalanceAsk to;
    to.set_dry_run(from.dry_run);
    return to.SerializeAsString();
}
std::string bytes(const cluster::fence_ask& from) {
    v1::FenceAsk to;
    to.set_process(name_text(from.process.value));
    if (from.incarnation) to.set_incarnation(cluster::number(*from.incarnation));
    return to.SerializeAsString();
}
std::string bytes(const cluster::reserve_ask& from) {
    v1::ReserveAsk to;
    to.set_use(from.use);
    return to.SerializeAsString();
}

operator_request read(const v1::PictureAsk&, field_checks&) { return cluster::picture_ask{}; }
operator_request read(const v1::EventsAsk& from, field_checks&) { return cluster::events_ask{from.after()}; }
operator_request read(const v1::ExplainAsk& from, field_checks& checks) {
    return cluster::explain_ask{checks.shard(from.shard())};
}
operator_request read(const v1::MoveAsk& from, field_checks& checks) {
    cluster::move_ask to;
    checks.require(from.shards_size() >= 1 && static_cast<std::size_t>(from.shards_size()) <= most_total_shards, "shards");
    for (const auto shard : from.shards()) to.shards.push_back(checks.shard(shard));
    if (from.has_to()) to.to = cluster::process_id{checks.some_name(from.to(), "to")};
    to.dry_run = from.dry_run();
    return to;
}
operator_request read(const v1::DrainAsk& from, field_checks& checks) {
    return cluster::drain_ask{{checks.some_name(from.process(), "process")}, from.dry_run()};
}
operator_request read(const v1::CordonAsk& from, field_checks& checks) {
    return cluster::cordon_ask{{checks.some_name(from.process(), "process")}, from.on()};
}
operator_request read(const v1::PauseAsk& from, field_checks&) { return cluster::pause_ask{from.on()}; }
operator_request read(const v1::RebalanceAsk& from, field_checks&) { return cluster::rebalance_ask{from.dry_run()}; }
operator_request read(const v1::FenceAsk& from, field_checks& checks) {
    cluster::fence_ask to{{checks.some_name(from.process(), "process")}, std::nullopt};
    if (from.has_incarnation()) to.incarnation = checks.counter<cluster::incarnation>(from.incarnation(), "incarnation");
    return to;
}
operator_request read(const v1::ReserveAsk& from, field_checks&) { return cluster::reserve_ask{from.use()}; }

template <class Message>
result<operator_request> decode_as(std::string_view bytes) {
    Message in;
    if (auto parsed = parse(bytes, most_request_bytes, in); !parsed) return std::unexpected(std::move(parsed).error());
    field_checks checks;
    auto request = read(in, checks);
    return std::move(checks).give(std::move(request));
}

struct request_row {
    std::string_view method;
    result<operator_request> (*decode)(std::string_view);
};
/// In the order of operator_request's alternatives.
constexpr request_row rows[] = {
    {picture_method, &decode_as<v1::PictureAsk>}, {events_method, &decode_as<v1::EventsAsk>},
    {explain_method, &decode_as<v1::ExplainAsk>}, {move_method, &decode_as<v1::MoveAsk>},
    {drain_method, &decode_as<v1::DrainAsk>},     {cordon_method, &decode_as<v1::CordonAsk>},
    {pause_method, &decode_as<v1::PauseAsk>},     {rebalance_method, &decode_as<v1::RebalanceAsk>},
    {fence_method, &decode_as<v1::FenceAsk>},     {reserve_method, &decode_as<v1::ReserveAsk>},
};
static_assert(std::size(rows) == std::variant_size_v<operator_request>);

}  // namespace

std::string_view method_of(const operator_request& request) noexcept { return rows[request.index()].method; }

std::string encode(const operator_request& request) {
    return std::visit([](const auto& one) { return bytes(one); }, request);
}

result<operator_request> decode_operator_request(std::string_view method, std::string_view bytes) {
    for (const auto& row : rows) {
        if (row.method == method) return row.decode(bytes);
    }
    return std::unexpected(failure(errc::unknown_kind));
}

}  // namespace shoal::wire
