#include "ops/cluster_state.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "discord/json_writer.hpp"
#include "ops/eighths.hpp"

namespace shoal::ops {
namespace {

using discord::json_writer;

std::string hex(std::uint64_t number) { return fmt::format("{:016x}", number); }

std::int64_t ms_of(duration span) { return std::chrono::duration_cast<std::chrono::milliseconds>(span).count(); }

void write_identify(json_writer& out, const cluster::identify_picture& budget, std::chrono::sys_seconds calendar) {
    out.key("identify").begin_object();
    if (budget.budget_known) {
        const auto reset = calendar + std::chrono::duration_cast<std::chrono::seconds>(budget.reset_after);
        out.field("total", budget.total)
            .field("remaining", budget.remaining)
            .field("resetAt", fmt::format("{:%Y-%m-%dT%H:%M:%S}Z", reset));
    } else {
        out.field("total", nullptr).field("remaining", nullptr).field("resetAt", nullptr);
    }
    out.field("reserve", budget.reserve)
        .field("reserveInUse", budget.reserve_in_use)
        .field("foreign", budget.foreign)
        .field("spent", budget.spent)
        .field("waiting", budget.waiting)
        .end_object();
}

void write_rest(json_writer& out, const cluster::rest_picture& rest) {
    out.key("rest")
        .begin_object()
        .field("limitPerSecond", rest.limit_per_second)
        .field("pacedPerSecond", rest.paced_per_second)
        .field("leasedPerSecond", rest.leased_per_second)
        .field("keptPerSecond", rest.kept_per_second)
        .field("sentPerSecond", to_eighths(rest.sent_per_second))
        .field("waiting", rest.waiting)
        .end_object();
}

void write_worker(json_writer& out, const cluster::worker_picture& worker) {
    out.begin_object().field("processId", worker.process.value).key("shards").begin_array();
    for (const auto each : worker.shards) out.value(each);
    out.end_array()
        .field("cpuUsage", to_eighths(100 * worker.metrics.cpu_share))
        .field("memoryMb", worker.metrics.memory_mb)
        .field("eventsPerSecond", to_eighths(worker.metrics.events_per_second))
        .field("queueDepth", worker.metrics.queue_depth)
        .field("restPerSecond", worker.rest_per_second)
        .field("restSentPerSecond", to_eighths(worker.rest_sent_per_second))
        .field("restWaiting", worker.rest_waiting)
        .field("status", cluster::to_string(worker.state))
        .field("reason", worker.reason)
        .field("cordoned", worker.cordoned)
        .field("version", worker.software)
        .field("zone", worker.zone)
        .field("listenUrl", worker.listen_url)
        .field("maxShards", worker.capacity.max_shards)
        .field("millicores", worker.capacity.millicores)
        .field("lastHeardMs", ms_of(worker.last_heard))
        .field("incarnation", hex(cluster::number(worker.incarnation)))
        .end_object();
}

void write_shard(json_writer& out, const cluster::shard_picture& shard) {
    out.begin_object().field("id", shard.shard).key("worker");
    if (shard.owner) {
        out.value(shard.owner->value);
    } else {
        out.value(nullptr);
    }
    out.field("epoch", cluster::number(shard.epoch))
        .field("status", cluster::to_string(shard.state))
        .field("reported", cluster::to_string(shard.status))
        .field("reason", shard.reason)
        .field("refusedWith", shard.refused_with)
        .field("guilds", shard.metrics.guilds)
        .field("latencyMs", ms_of(shard.metrics.latency))
        .field("eventsPerSecond", to_eighths(shard.metrics.events_per_second))
        .field("cpuUsage", to_eighths(100 * shard.metrics.cpu_share))
        .field("queueDepth", shard.metrics.queue_depth)
        .field("lostEvents", shard.metrics.lost_events)
        .field("resumes", shard.metrics.resumes)
        .field("identifies", shard.metrics.identifies)
        .field("cacheComplete", !shard.metrics.cache_incomplete)
        .field("partialGuilds", shard.metrics.partial_guilds)
        .end_object();
}

void write_workers(json_writer& out, const cluster::cluster_picture& fleet) {
    out.key("workers").begin_array();
    for (const auto& each : fleet.workers) write_worker(out, each);
    out.end_array();
}

void write_shards(json_writer& out, const cluster::cluster_picture& fleet) {
    out.key("shards").begin_array();
    for (const auto& each : fleet.shards) write_shard(out, each);
    out.end_array();
}

}  // namespace

std::string cluster_workers_json(const cluster::cluster_picture& fleet) {
    json_writer out;
    out.begin_object();
    write_workers(out, fleet);
    out.end_object();
    return std::move(out).take() + "\n";
}

std::string cluster_shards_json(const cluster::cluster_picture& fleet) {
    json_writer out;
    out.begin_object();
    write_shards(out, fleet);
    out.end_object();
    return std::move(out).take() + "\n";
}

std::string cluster_state_json(const cluster::cluster_picture& fleet, std::chrono::sys_seconds calendar) {
    json_writer out;
    out.begin_object()
        .field("coordinatorId", fleet.coordinator)
        .field("epoch", cluster::number(fleet.leader))
        .field("fleet", hex(cluster::number(fleet.fleet)))
        .key("succession")
        .begin_array();
    for (const auto& each : fleet.succession) out.value(each);
    out.end_array().field("totalShards", fleet.total_shards).field("paused", fleet.paused).field("waitingFor", fleet.waiting_for);
    out.key("alarms").begin_array();
    for (const auto& each : fleet.alarms) out.value(each);
    out.end_array();
    write_identify(out, fleet.identify, calendar);
    write_rest(out, fleet.rest);
    write_workers(out, fleet);
    write_shards(out, fleet);
    out.end_object();
    return std::move(out).take() + "\n";
}

}  // namespace shoal::ops
