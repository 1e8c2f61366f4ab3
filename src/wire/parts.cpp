#include "wire/parts.hpp"

namespace shoal::wire {

void write(const discord::resume_ticket& from, v1::Ticket& to) {
    to.set_shard(from.shard.id);
    to.set_total(from.shard.total);
    to.set_session_id(clipped(from.session_id, most_url_bytes));
    to.set_resume_url(clipped(from.resume_url, most_url_bytes));
    to.set_seq(from.seq);
    to.set_done(from.done);
    to.set_intents(from.intents);
    to.set_application(from.application.value());
    to.set_unsettled(from.unsettled);
    to.set_without_guilds(from.without_guilds && from.guilds.empty());
    // Without them the next owner knows less, and that is all.
    if (from.guilds.size() > most_ticket_guilds) return;
    for (const auto& each : from.guilds) {
        to.add_guilds(each.id.value());
        to.mutable_guild_states()->push_back(static_cast<char>(each.state));
    }
}

static std::vector<discord::known_guild> read_guilds(const v1::Ticket& from, field_checks& checks) {
    const auto count = static_cast<std::size_t>(from.guilds_size());
    const bool fine =
        count <= most_ticket_guilds && from.guild_states().size() == count && (count == 0 || !from.without_guilds());
    checks.require(fine, "ticket.guilds");
    std::vector<discord::known_guild> out;
    if (!fine) return out;
    out.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const auto id = from.guilds(static_cast<int>(i));
        const auto state = static_cast<std::uint8_t>(from.guild_states()[i]);
        checks.require(id != 0 && state <= static_cast<std::uint8_t>(discord::guild_state::joining), "ticket.guilds");
        out.push_back({guild_id(id), static_cast<discord::guild_state>(state)});
    }
    return out;
}

discord::resume_ticket read(const v1::Ticket& from, field_checks& checks) {
    checks.require(from.total() >= 1 && from.total() <= most_total_shards && from.shard() < from.total(), "ticket.shard");
    checks.require(!from.session_id().empty(), "ticket.session_id");
    checks.require(!from.resume_url().empty(), "ticket.resume_url");
    // Nothing is done that was not received.
    checks.require(from.done() <= from.seq(), "ticket.done");
    return {.shard = {from.shard(), from.total()},
            .session_id = checks.text(from.session_id(), "ticket.session_id", most_url_bytes),
            .resume_url = checks.text(from.resume_url(), "ticket.resume_url", most_url_bytes),
            .seq = from.seq(),
            .done = from.done(),
            .intents = from.intents(),
            .application = application_id(from.application()),
            .unsettled = from.unsettled(),
            .guilds = read_guilds(from, checks),
            .without_guilds = from.without_guilds()};
}

void write(const cluster::capacity& from, v1::Capacity& to) {
    to.set_millicores(from.millicores);
    to.set_memory_mb(from.memory_mb);
    to.set_max_shards(from.max_shards);
}

cluster::capacity read(const v1::Capacity& from) {
    return {.millicores = from.millicores(), .memory_mb = from.memory_mb(), .max_shards = from.max_shards()};
}

void write(const cluster::node_metrics& from, v1::NodeMetrics& to) {
    to.set_cpu_share(from.cpu_share);
    to.set_memory_mb(from.memory_mb);
    to.set_events_per_second(from.events_per_second);
    to.set_queue_depth(from.queue_depth);
}

cluster::node_metrics read(const v1::NodeMetrics& from, field_checks& checks) {
    return {.cpu_share = checks.share(from.cpu_share(), "metrics.cpu_share"),
            .memory_mb = from.memory_mb(),
            .events_per_second = checks.share(from.events_per_second(), "metrics.events_per_second"),
            .queue_depth = from.queue_depth()};
}

void write(const cluster::shard_metrics& from, v1::ShardMetrics& to) {
    to.set_guilds(from.guilds);
    to.set_cpu_share(from.cpu_share);
    to.set_events_per_second(from.events_per_second);
    to.set_latency(from.latency.count());
    to.set_lost_events(from.lost_events);
    to.set_resumes(from.resumes);
    to.set_identifies(from.identifies);
    to.set_queue_depth(from.queue_depth);
    to.set_cache_incomplete(from.cache_incomplete);
    to.set_partial_guilds(from.partial_guilds);
}

cluster::shard_metrics read(const v1::ShardMetrics& from, field_checks& checks) {
    return {.guilds = from.guilds(),
            .cpu_share = checks.share(from.cpu_share(), "metrics.cpu_share"),
            .events_per_second = checks.share(from.events_per_second(), "metrics.events_per_second"),
            .latency = checks.span(from.latency(), "metrics.latency"),
            .lost_events = from.lost_events(),
            .resumes = from.resumes(),
            .identifies = from.identifies(),
            .queue_depth = from.queue_depth(),
            .cache_incomplete = from.cache_incomplete(),
            .partial_guilds = from.partial_guilds()};
}

void write(const cluster::rest_use& from, v1::RestUse& to) {
    to.set_sent_per_second(from.sent_per_second);
    to.set_waiting(from.waiting);
    to.set_in_use(from.in_use);
    to.set_most(from.most);
    to.set_obeys(cluster::number(from.obeys));
}

cluster::rest_use read(const v1::RestUse& from, field_checks& checks) {
    // A coordinator adds these up.
    checks.require(from.in_use() <= most_rest_per_second, "rest.in_use");
    return {.sent_per_second = checks.share(from.sent_per_second(), "rest.sent_per_second"),
            .waiting = from.waiting(),
            .in_use = from.in_use(),
            .most = from.most(),
            .obeys = cluster::beat_number(from.obeys())};
}

void write(const cluster::rest_slice& from, v1::RestSlice& to) {
    to.set_per_second(from.per_second);
    to.set_good_for(from.good_for.count());
    to.set_minimum(from.minimum);
    to.set_minimum_for(from.minimum_for.count());
}

cluster::rest_slice read(const v1::RestSlice& from, field_checks& checks) {
    checks.require(from.per_second() <= most_rest_per_second, "rest.per_second");
    checks.require(from.minimum() <= from.per_second(), "rest.minimum");
    return {.per_second = from.per_second(),
            .good_for = checks.span(from.good_for(), "rest.good_for"),
            .minimum = from.minimum(),
            .minimum_for = checks.span(from.minimum_for(), "rest.minimum_for")};
}

}  // namespace shoal::wire
