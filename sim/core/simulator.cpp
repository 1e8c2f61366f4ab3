#include "sim/core/simulator.hpp"

#include <boost/json.hpp>
#include <utility>

#include "sim/core/simulator_impl.hpp"

namespace shoal::sim {

namespace json = boost::json;

simulator::impl::impl(simulator_config with)
    : config(std::move(with)),
      where(config.world, config.seed, config.application_id),
      gate(config, where, later),
      rest(config, where, *this),
      traffic(config.seed ^ 0x7AFFULL),
      slashes(config.seed ^ 0x51A5ULL),
      shards(config.seed ^ 0x5A4DULL) {}

simulator::simulator(simulator_config config) : impl_(std::make_unique<impl>(std::move(config))) {}
simulator::~simulator() = default;

void simulator::step(const input& fact, instant now, std::vector<action>& out) {
    impl& all = *impl_;
    all.out = &out;
    all.gate.set_out(&out);
    all.run_due(now);
    struct taker {
        impl& all;
        instant now;
        void operator()(const connection_opened& f) const { all.gate.opened(f, now); }
        void operator()(const message_arrived& f) const { all.gate.arrived(f, now); }
        void operator()(const connection_closed& f) const { all.gate.closed(f, now); }
        void operator()(const http_arrived& f) const { all.rest.take(f, now); }
        void operator()(const tick&) const {}
    };
    std::visit(taker{all, now}, fact);
    all.run_due(now);
    all.ask_wake();
    all.out = nullptr;
    all.gate.set_out(nullptr);
}

json::object simulator::control(const json::object& command, instant now, std::vector<action>& out) {
    impl& all = *impl_;
    all.out = &out;
    all.gate.set_out(&out);
    all.run_due(now);
    json::object answer = all.command(command, now);
    all.run_due(now);
    all.ask_wake();
    all.out = nullptr;
    all.gate.set_out(nullptr);
    return answer;
}

json::object simulator::oracle() const {
    const impl& all = *impl_;
    json::object counters = all.gate.counters().to_json();
    for (auto& member : all.rest.counters()) counters[member.key()] = member.value();
    return {{"version", 1},
            {"drained", all.drained()},
            {"sessions", all.gate.oracle_sessions()},
            {"interactions", all.rest.interactions()},
            {"audit_log", all.rest.audit_log()},
            {"counters", std::move(counters)}};
}

// ---- time --------------------------------------------------------------------------------------------------------------

void simulator::impl::run_due(instant now) {
    last_now = std::max(last_now, now);
    if (!std::exchange(started, true)) set_traffic(now);
    while (true) {
        if (later.run_next(now)) continue;
        if (rest.next_due() > now) return;
        const instant before = rest.next_due();
        rest.due(now, *out);
        if (rest.next_due() == before && later.next() > now) return;
    }
}

void simulator::impl::ask_wake() {
    const instant next = std::min(later.next(), rest.next_due());
    if (std::exchange(wish, next) != next) out->push_back(wake_at{next});
}

bool simulator::impl::drained() const noexcept {
    // A second's grace for what REST writes still announce.
    return draining_since && last_now >= *draining_since + 1s && gate.settled();
}

// ---- traffic -----------------------------------------------------------------------------------------------------------

void simulator::impl::set_traffic(instant now) {
    const std::uint64_t round = ++traffic_round;
    const world_config& how = config.world;
    traffic.set(how.events_per_second_per_shard * how.traffic_shards, how.even_traffic, now);
    slashes.set(how.slash_commands_per_second, how.even_traffic, now);
    later.at(traffic.next(), [this, round](instant at) { pump(at, round); });
    later.at(slashes.next(), [this, round](instant at) { pump_slash(at, round); });
}

void simulator::impl::pump(instant now, std::uint64_t round) {
    if (round != traffic_round) return;
    const std::uint32_t total = std::max(1U, config.world.traffic_shards);
    while (traffic.take(now)) {
        const std::uint64_t shard = config.world.even_traffic ? even_shard++ % total : shards.below(total);
        if (const auto event = where.random_event_of_shard(static_cast<std::uint32_t>(shard), total, now))
            gate.publish(*event, now);
    }
    later.at(traffic.next(), [this, round](instant at) { pump(at, round); });
}

void simulator::impl::pump_slash(instant now, std::uint64_t round) {
    if (round != traffic_round) return;
    while (slashes.take(now)) (void)rest.random_slash(now);
    later.at(slashes.next(), [this, round](instant at) { pump_slash(at, round); });
}

}  // namespace shoal::sim
