#include "roles/cli/fleet_text.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "discord/json_writer.hpp"
#include "roles/cli/text_table.hpp"

namespace shoal::roles::cli {
namespace {

using discord::json_writer;

std::string span_text(duration span) {
    using namespace std::chrono;
    const auto ms = duration_cast<milliseconds>(span).count();
    if (ms < 10'000) return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000);
    if (ms < 120'000) return fmt::format("{} s", ms / 1000);
    if (ms < 7'200'000) return fmt::format("{} min", ms / 60'000);
    return fmt::format("{} h {} min", ms / 3'600'000, ms / 60'000 % 60);
}

std::string or_dash(std::string_view text) { return text.empty() ? "-" : printable(text); }

std::string per_second(double number) { return fmt::format("{:.1f}", number); }

std::string time_text(std::chrono::sys_seconds when) {
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(when)));
}

std::chrono::sys_seconds time_of(const cluster::fleet_event& event, std::chrono::sys_seconds now) {
    return std::chrono::floor<std::chrono::seconds>(now - event.ago);
}

/// "12 running, 3 releasing, 1 unplaced": the kinds that there are.
template <class Kind, std::size_t count, class Rows>
std::string kinds_text(const Rows& rows, Kind (*kind_of)(const typename Rows::value_type&)) {
    std::array<std::size_t, count> of{};
    for (const auto& row : rows) ++of[static_cast<std::size_t>(kind_of(row))];
    std::string out;
    for (std::size_t i = 0; i < count; ++i) {
        if (of[i] == 0) continue;
        out += fmt::format("{}{} {}", out.empty() ? "" : ", ", of[i], to_string(static_cast<Kind>(i)));
    }
    return out;
}

std::string identify_text(const cluster::identify_picture& budget) {
    if (!budget.budget_known) return "Discord has not been asked yet";
    auto out = fmt::format("{} of {} left, anew in {}, {} in reserve{}", budget.remaining, budget.total,
                           span_text(budget.reset_after), budget.reserve, budget.reserve_in_use ? " (in use)" : "");
    if (budget.foreign != 0) out += fmt::format(", {} spent by others", budget.foreign);
    if (budget.waiting != 0) out += fmt::format("; {} waiting", counted(budget.waiting, "shard"));
    return out;
}

std::string rest_text(const cluster::rest_picture& rest) {
    auto out = fmt::format("{:.0f} requests in the last second, {} of {} leased", rest.sent_per_second, rest.leased_per_second,
                           rest.limit_per_second);
    if (rest.kept_per_second > 0) out += fmt::format(" ({} to lost workers)", rest.kept_per_second);
    if (rest.waiting > 0) out += fmt::format("; {} call{} waiting", rest.waiting, rest.waiting == 1 ? "" : "s");
    return out;
}

std::string state_text(const cluster::worker_picture& worker) {
    return fmt::format("{}{}", to_string(worker.state), worker.cordoned ? ", cordoned" : "");
}

void append(json_writer& out, const cluster::fleet_event& event, std::chrono::sys_seconds now) {
    out.begin_object().field("number", event.number).field("time", time_text(time_of(event, now))).key("worker");
    if (event.process.empty()) {
        out.value(nullptr);
    } else {
        out.value(event.process);
    }
    out.field("shard", event.shard).field("what", event.what).end_object();
}

}  // namespace

std::string status_text(const cluster::cluster_picture& fleet) {
    std::string out;
    const auto line = [&](std::string_view name, const std::string& what) { out += fmt::format("{:<12}  {}\n", name, what); };
    line("coordinator", fmt::format("{}, epoch {}", or_dash(fleet.coordinator), cluster::number(fleet.leader)));
    line("shards", fleet.total_shards == 0
                       ? std::string("not known yet")
                       : fmt::format("{}: {}", fleet.total_shards,
                                     kinds_text<cluster::placement_state, cluster::placement_states>(
                                         fleet.shards, +[](const cluster::shard_picture& each) { return each.state; })));
    line("workers", fleet.workers.empty()
                        ? std::string("none")
                        : fmt::format("{}: {}", fleet.workers.size(),
                                      kinds_text<cluster::worker_state, cluster::worker_states>(
                                          fleet.workers, +[](const cluster::worker_picture& each) { return each.state; })));
    line("identifies", identify_text(fleet.identify));
    line("rest", rest_text(fleet.rest));
    if (fleet.paused) line("PAUSED", "nothing is moved, and shards of lost workers wait; shoal resume ends it");
    if (!fleet.waiting_for.empty()) line("WAITING", "for " + printable(fleet.waiting_for));
    for (const auto& alarm : fleet.alarms) line("ALARM", printable(alarm));
    if (!fleet.workers.empty()) out += "\n" + workers_text(fleet);
    return out;
}

std::string workers_text(const cluster::cluster_picture& fleet) {
    std::vector<table_row> rows{
        {"WORKER", "STATE", "SHARDS", "CPU", "MEMORY", "EVENTS/S", "QUEUE", "REST/S", "ZONE", "HEARD", "REASON"}};
    for (const auto& each : fleet.workers) {
        rows.push_back({printable(each.process.value), state_text(each),
                        each.capacity.max_shards == 0 ? fmt::format("{}", each.shards.size())
                                                      : fmt::format("{}/{}", each.shards.size(), each.capacity.max_shards),
                        fmt::format("{:.0f} %", 100 * each.metrics.cpu_share), fmt::format("{} MB", each.metrics.memory_mb),
                        per_second(each.metrics.events_per_second), fmt::format("{}", each.metrics.queue_depth),
                        fmt::format("{:.0f} of {}", each.rest_sent_per_second, each.rest_per_second), or_dash(each.zone),
                        span_text(each.last_heard) + " ago", or_dash(each.reason)});
    }
    return table_text(rows, {2, 3, 4, 5, 6, 7, 9});
}

static std::string cache_text(const cluster::shard_picture& shard) {
    if (!shard.owner || !shard.metrics.cache_incomplete) return shard.owner ? "whole" : "-";
    return shard.metrics.partial_guilds == 0 ? "partial" : fmt::format("partial: {}", shard.metrics.partial_guilds);
}

static std::string session_text(const cluster::shard_picture& shard) {
    if (shard.refused_with != 0) return fmt::format("refused: {}", shard.refused_with);
    return shard.owner ? std::string(to_string(shard.status)) : "-";
}

std::string shards_text(const cluster::cluster_picture& fleet) {
    std::vector<table_row> rows{{"SHARD", "WORKER", "STATE", "SESSION", "EPOCH", "GUILDS", "CACHE", "CPU", "LATENCY", "EVENTS/S",
                                 "LOST", "RESUMES", "IDENTIFIES", "REASON"}};
    for (const auto& each : fleet.shards) {
        const auto latency = std::chrono::duration_cast<std::chrono::milliseconds>(each.metrics.latency).count();
        rows.push_back(
            {fmt::format("{}", each.shard), each.owner ? printable(each.owner->value) : "-", std::string(to_string(each.state)),
             session_text(each), fmt::format("{}", cluster::number(each.epoch)), fmt::format("{}", each.metrics.guilds),
             cache_text(each), fmt::format("{:.1f} %", 100 * each.metrics.cpu_share), fmt::format("{} ms", latency),
             per_second(each.metrics.events_per_second), fmt::format("{}", each.metrics.lost_events),
             fmt::format("{}", each.metrics.resumes), fmt::format("{}", each.metrics.identifies), or_dash(each.reason)});
    }
    return table_text(rows, {0, 4, 5, 7, 8, 9, 10, 11, 12});
}

std::string events_text(std::span<const cluster::fleet_event> events, std::chrono::sys_seconds now, bool heading) {
    // Fixed widths: lines that follow later must stand below those of before.
    std::string out;
    if (heading) out += fmt::format("{:<20}  {:<12}  {:>5}  {}\n", "TIME", "WORKER", "SHARD", "WHAT");
    for (const auto& each : events) {
        out += fmt::format("{:<20}  {:<12}  {:>5}  {}\n", time_text(time_of(each, now)), or_dash(each.process),
                           each.shard ? fmt::format("{}", *each.shard) : "-", printable(each.what));
    }
    return out;
}

std::string event_json(const cluster::fleet_event& event, std::chrono::sys_seconds now) {
    json_writer out;
    append(out, event, now);
    return std::move(out).take() + "\n";
}

std::string events_json(std::span<const cluster::fleet_event> events, std::chrono::sys_seconds now) {
    json_writer out;
    out.begin_object().key("events").begin_array();
    for (const auto& each : events) append(out, each, now);
    out.end_array().end_object();
    return std::move(out).take() + "\n";
}

std::string explained_text(const cluster::explained& what) {
    std::string out;
    for (const auto& line : what.lines) out += printable(line) + "\n";
    return out;
}

std::string explained_json(std::uint32_t shard, const cluster::explained& what) {
    json_writer out;
    out.begin_object().field("shard", shard).key("lines").begin_array();
    for (const auto& line : what.lines) out.value(line);
    out.end_array().end_object();
    return std::move(out).take() + "\n";
}

std::string plan_text(const cluster::plan_told& plan) {
    std::string out;
    if (plan.moves.empty()) {
        out = "Nothing is to be moved.\n";
    } else {
        std::vector<table_row> rows{{"SHARD", "FROM", "TO", "WHY"}};
        for (const auto& each : plan.moves) {
            rows.push_back({fmt::format("{}", each.shard), each.from ? printable(each.from->value) : "-",
                            printable(each.to.value), or_dash(each.reason)});
        }
        out = table_text(rows, {0});
    }
    for (const auto& each : plan.left_out) out += "Left out: " + printable(each) + "\n";
    if (plan.dry_run) out += "This was a dry run: nothing was ordered.\n";
    return out;
}

std::string plan_json(const cluster::plan_told& plan) {
    json_writer out;
    out.begin_object().field("dryRun", plan.dry_run).key("moves").begin_array();
    for (const auto& each : plan.moves) {
        out.begin_object().field("shard", each.shard).key("from");
        if (each.from) {
            out.value(each.from->value);
        } else {
            out.value(nullptr);
        }
        out.field("to", each.to.value).field("reason", each.reason).end_object();
    }
    out.end_array().key("leftOut").begin_array();
    for (const auto& each : plan.left_out) out.value(each);
    out.end_array().end_object();
    return std::move(out).take() + "\n";
}

std::string done_json(const cluster::operator_done& done) {
    json_writer out;
    out.begin_object().field("done", done.detail).end_object();
    return std::move(out).take() + "\n";
}

}  // namespace shoal::roles::cli
