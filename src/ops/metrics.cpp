#include "ops/metrics.hpp"

#include <fmt/format.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <chrono>
#include <utility>
#include <vector>

namespace shoal::ops {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

/// Families in the order in which they are begun; values go into the last one.
class sheet {
public:
    sheet& gauge(std::string name, std::string help) { return begin(std::move(name), std::move(help), MetricType::Gauge); }
    sheet& counter(std::string name, std::string help) { return begin(std::move(name), std::move(help), MetricType::Counter); }
    template <class Number>
    sheet& value(Number number, std::vector<ClientMetric::Label> labels = {}) {
        ClientMetric metric;
        metric.label = std::move(labels);
        (all_.back().type == MetricType::Gauge ? metric.gauge.value : metric.counter.value) = static_cast<double>(number);
        all_.back().metric.push_back(std::move(metric));
        return *this;
    }
    [[nodiscard]] const std::vector<MetricFamily>& all() const noexcept { return all_; }

private:
    sheet& begin(std::string name, std::string help, MetricType type) {
        all_.push_back({std::move(name), std::move(help), type, {}});
        return *this;
    }
    std::vector<MetricFamily> all_;
};

constexpr std::array every_status{node_status::starting, node_status::ready, node_status::degraded, node_status::stopping};

void of_process(sheet& out, const node_picture& node, node_status status) {
    out.gauge("shoal_build_info", "Always 1; its labels say what runs.")
        .value(1, {{"version", node.version}, {"mode", node.mode}, {"process_id", node.process_id}});
    out.gauge("shoal_node_status", "1 for the status that the node has, 0 for the others.");
    for (const auto each : every_status) out.value(each == status ? 1 : 0, {{"status", std::string(to_string(each))}});
    out.counter("process_cpu_seconds_total", "User and system time of the process.").value(node.process.cpu_seconds);
    out.gauge("process_resident_memory_bytes", "Resident memory of the process.").value(node.process.resident_bytes);
    out.gauge("process_start_time_seconds", "Start of the process, Unix time.").value(node.process.started_at_seconds);
}

void of_shards(sheet& out, const node_picture& node) {
    const auto each = [&](auto of) {
        for (const auto& shard : node.shards) out.value(of(shard), {{"shard", std::to_string(shard.id)}});
    };
    const auto gauge = [&](const char* name, const char* help, auto of) {
        out.gauge(name, help);
        each(of);
    };
    const auto counter = [&](const char* name, const char* help, auto of) {
        out.counter(name, help);
        each(of);
    };
    gauge("shoal_shard_live", "1 while events come, 0 while the shard connects, resumes or waits.",
          [](const auto& s) { return s.status == shard_state::live ? 1 : 0; });
    gauge("shoal_shard_guilds_ready", "1 once the guilds of the session came, or the wait for late ones ended.",
          [](const auto& s) { return s.guilds_ready ? 1 : 0; });
    gauge("shoal_shard_guilds", "Guilds of the shard, unavailable ones included.", [](const auto& s) { return s.guilds; });
    gauge("shoal_shard_unavailable_guilds", "Guilds in an outage, or not come yet.",
          [](const auto& s) { return s.unavailable_guilds; });
    gauge("shoal_shard_latency_seconds", "Heartbeat to its acknowledgement; 0 before the first.",
          [](const auto& s) { return std::chrono::duration<double>(s.latency).count(); });
    gauge("shoal_shard_handlers_in_flight", "Events that a handler still holds; at 1024 reading stops.",
          [](const auto& s) { return s.handlers_in_flight; });
    gauge("shoal_shard_cpu_ratio", "Of one core, over the last 5 s: the shard's part of its thread's time, by events.",
          [](const auto& s) { return s.cpu_share; });
    counter("shoal_shard_events_total", "Events received, replayed ones included.", [](const auto& s) { return s.events; });
    counter("shoal_shard_lost_events_total", "Events that Discord numbered and that never came.",
            [](const auto& s) { return s.lost; });
    counter("shoal_shard_resumes_total", "Sessions that went on after a gap.", [](const auto& s) { return s.resumes; });
    counter("shoal_shard_identifies_total", "New sessions: what the identify budget counts.",
            [](const auto& s) { return s.identifies; });
    counter("shoal_shard_half_deaf_total", "Sessions given up because a kind of event came no more.",
            [](const auto& s) { return s.half_deaf; });
    counter("shoal_shard_renewed_after_moves_total", "Sessions given up because their cache stayed in another process.",
            [](const auto& s) { return s.renewed_after_moves; });
    gauge("shoal_shard_cache_complete", "0 while the session goes on without the cache that belongs to it.",
          [](const auto& s) { return s.cache_complete ? 1 : 0; });
    gauge("shoal_shard_partial_guilds", "Guilds of such a shard that are known and not complete.",
          [](const auto& s) { return s.partial_guilds; });
    counter("shoal_shard_guilds_loaded_total", "Guilds of such a shard that were read over HTTP.",
            [](const auto& s) { return s.guilds_loaded; });
    counter("shoal_shard_guild_loads_failed_total", "How often that failed.", [](const auto& s) { return s.guild_loads_failed; });
    counter("shoal_shard_handler_errors_total", "Exceptions that left a handler.",
            [](const auto& s) { return s.handler_errors; });
    counter("shoal_shard_stepped_over_total", "Events that could not be read twice, and were left out.",
            [](const auto& s) { return s.stepped_over; });
    counter("shoal_shard_unknown_events_total", "Events of a kind that this version does not know.",
            [](const auto& s) { return s.unknown_events; });
    gauge("shoal_shard_journal_broken", "1 if the shard's event journal ended early or was never begun.",
          [](const auto& s) { return s.journal_problem.empty() ? 0 : 1; });
}

void of_bad_input(sheet& out, const node_picture& node) {
    bad_input sum;
    for (const auto& shard : node.shards) {
        sum.compression += shard.bad_input.compression;
        sum.too_large += shard.bad_input.too_large;
        sum.not_json += shard.bad_input.not_json;
        sum.wrong_shape += shard.bad_input.wrong_shape;
        sum.unreadable_event += shard.bad_input.unreadable_event;
        sum.transport += shard.bad_input.transport;
    }
    out.counter("shoal_bad_input_total", "What came over a gateway connection and could not be read, by kind, over all shards.")
        .value(sum.compression, {{"kind", "compression"}})
        .value(sum.too_large, {{"kind", "too_large"}})
        .value(sum.not_json, {{"kind", "not_json"}})
        .value(sum.wrong_shape, {{"kind", "wrong_shape"}})
        .value(sum.unreadable_event, {{"kind", "unreadable_event"}})
        .value(sum.transport, {{"kind", "transport"}});
    const auto& answers = node.answers;
    out.counter("shoal_bad_answers_total", "Answers of Discord's HTTP API that could not be read, by kind.")
        .value(answers.not_http, {{"kind", "not_http"}})
        .value(answers.cut_short, {{"kind", "cut_short"}})
        .value(answers.too_large, {{"kind", "too_large"}})
        .value(answers.endless, {{"kind", "endless"}})
        .value(answers.not_json, {{"kind", "not_json"}})
        .value(answers.wrong_shape, {{"kind", "wrong_shape"}});
}

void of_rest(sheet& out, const rest_status& rest) {
    out.gauge("shoal_rest_waiting", "REST calls that a limit holds back; at 4096 further ones fail.").value(rest.waiting);
    out.gauge("shoal_rest_in_flight", "REST requests sent and not answered.").value(rest.in_flight);
    out.counter("shoal_rest_requests_total", "REST requests sent, repetitions included.").value(rest.sent);
    out.counter("shoal_rest_retries_total", "REST requests sent again.").value(rest.retried);
    out.counter("shoal_rest_refused_total", "REST calls that were not sent, or not again, by our own decision.")
        .value(rest.refused);
    out.counter("shoal_rest_held_back_total", "REST calls that had to wait for a limit.").value(rest.held_back);
    out.counter("shoal_rest_waited_seconds_total", "Time that all REST calls together waited until they went out.")
        .value(std::chrono::duration<double>(rest.waited).count());
    out.gauge("shoal_rest_per_second",
              "REST requests that may go out a second: this process's part of the bot's global limit, paced.")
        .value(rest.per_second);
    out.counter("shoal_rest_limited_total", "Answers 429, by the scope of the limit.")
        .value(rest.limited_user, {{"scope", "user"}})
        .value(rest.limited_shared, {{"scope", "shared"}})
        .value(rest.limited_global, {{"scope", "global"}})
        .value(rest.limited_edge, {{"scope", "edge"}});
    out.gauge("shoal_rest_invalid_in_10_minutes", "Answers 401, 403 and 429 of the last 10 minutes; Discord bans at 10000.")
        .value(rest.invalid_in_10_minutes);
}

void of_fleet_rest(sheet& out, const cluster::rest_picture& rest) {
    out.gauge("shoal_fleet_rest_limit", "Coordinator: the bot's global REST limit, requests a second.")
        .value(rest.limit_per_second);
    out.gauge("shoal_fleet_rest_leased", "Coordinator: the most that all workers together may send a second now.")
        .value(rest.leased_per_second);
    out.gauge("shoal_fleet_rest_kept",
              "Coordinator: of that, what lost and silent workers may still send until their leases end.")
        .value(rest.kept_per_second);
    out.gauge("shoal_fleet_rest_sent", "Coordinator: what the workers said that they sent in the last second.")
        .value(rest.sent_per_second);
    out.gauge("shoal_fleet_rest_waiting", "Coordinator: REST calls that nothing but the workers' slices of the limit holds back.")
        .value(rest.waiting);
}

void of_budget(sheet& out, const identify_use& budget) {
    out.gauge("shoal_identify_total", "Identifies that Discord allows a day; 0 before its first word.").value(budget.total);
    out.gauge("shoal_identify_remaining", "Identifies left at Discord's last word; of a coordinator: less what was given since.")
        .value(budget.remaining);
    out.gauge("shoal_identify_waiting", "Shards that wait for a permit.").value(budget.waiting);
    out.gauge("shoal_identify_blocked", "1 if nobody gets a permit; the log says why.").value(budget.trouble.empty() ? 0 : 1);
    out.gauge("shoal_identify_spent", "Identifies of this bot's processes since the budget was last reset.").value(budget.spent);
    out.gauge("shoal_identify_foreign", "Identifies since then that somebody else spent with the same token.")
        .value(budget.foreign);
}

void of_counts(sheet& out, const counts_by& counts, const char* label) {
    for (const auto& [value, count] : counts) out.value(count, {{label, std::string(value)}});
}

void of_coordinator(sheet& out, const coordinator_use& use) {
    out.gauge("shoal_coordinator_registered", "1 while a coordinator has taken this worker.").value(use.registered ? 1 : 0);
    out.counter("shoal_coordinator_lost_total", "Streams to a coordinator that ended or did not come about, by how.");
    of_counts(out, use.lost, "kind");
    out.counter("shoal_coordinator_refused_total", "Times that a coordinator did not take this worker, by reason.");
    of_counts(out, use.refused, "why");
}

void of_fleet(sheet& out, const fleet_use& fleet) {
    out.gauge("shoal_fleet_workers", "Workers by state.");
    of_counts(out, fleet.workers, "state");
    out.gauge("shoal_fleet_shards", "Shards by where they are on their way.");
    of_counts(out, fleet.shards, "state");
    out.gauge(
        "shoal_fleet_alarm",
        "1 while the store cannot be written (store), shards have no place (room), another number of shards is wanted than "
        "runs (count), Discord refuses single shards (refused) or the bot (bot), shards wait for an IDENTIFY that is not "
        "left (budget), somebody else spends IDENTIFYs (foreign), or shards have 2,000 guilds of Discord's 2,500 (guilds).");
    of_counts(out, fleet.alarms, "kind");
    out.counter("shoal_fleet_refused_total", "Registrations of workers that were refused, by reason.");
    of_counts(out, fleet.refused, "why");
}

void of_node_port(sheet& out, const node_port_use& port) {
    out.counter("shoal_node_connections_total",
                "Connections to the port for other nodes: accepted; of these proven by a call, silent, not_tls, or never_proven "
                "(a failed or unfinished handshake, or no call in time).");
    of_counts(out, port.connections, "outcome");
    out.counter("shoal_node_calls_total", "Calls of other nodes: taken, or refused for their role, as unknown, or as too many.");
    of_counts(out, port.calls, "outcome");
    out.counter("shoal_node_bad_messages_total",
                "Messages of other nodes that could not be read; unknown_kind is a newer version's, which is passed over.");
    of_counts(out, port.bad_messages, "kind");
}

sheet everything(const node_picture& node, node_status status) {
    sheet out;
    of_process(out, node, status);
    of_shards(out, node);
    of_bad_input(out, node);
    of_rest(out, node.rest);
    if (node.identify) of_budget(out, *node.identify);
    if (node.fleet_rest) of_fleet_rest(out, *node.fleet_rest);
    if (node.coordinator) of_coordinator(out, *node.coordinator);
    if (node.fleet) of_fleet(out, *node.fleet);
    if (node.node_port) of_node_port(out, *node.node_port);
    out.counter("shoal_ops_connections_total",
                "Connections to the ops address: accepted; of these ended while they shook hands, for room or because their time "
                "was up, turned away, or idle.");
    of_counts(out, node.ops_connections, "outcome");
    return out;
}

}  // namespace

std::string metrics_text(const node_picture& node, node_status status) {
    return prometheus::TextSerializer().Serialize(everything(node, status).all());
}

std::string metrics_page() {
    node_picture node;
    node.identify.emplace();
    node.fleet_rest.emplace();
    node.shards.emplace_back();
    const counts_by some{{"", 0}};
    node.coordinator = {.registered = false, .lost = some, .refused = some};
    node.fleet = {.workers = some, .shards = some, .alarms = some, .refused = some};
    node.node_port = {.connections = some, .calls = some, .bad_messages = some};
    node.ops_connections = some;
    std::string out =
        "# Metrics\n\nWritten by `SHOAL_WRITE_DOCS=1 test_ops` from `src/ops/metrics.cpp`; a test fails when this page is out of "
        "date.\n\n`GET /metrics` on the ops address (`--ops-url`), with a bearer token (`--ops-token-file`) or a client "
        "certificate. Counts are since the start of the process.\n\n| metric | kind | labels | meaning |\n|--|--|--|--|\n";
    for (const auto& family : everything(node, node_status::starting).all()) {
        std::string labels;
        for (const auto& label : family.metric.front().label) labels += (labels.empty() ? "" : ", ") + label.name;
        out += fmt::format("| `{}` | {} | {} | {} |\n", family.name, family.type == MetricType::Gauge ? "gauge" : "counter",
                           labels.empty() ? "-" : labels, family.help);
    }
    return out;
}

}  // namespace shoal::ops
