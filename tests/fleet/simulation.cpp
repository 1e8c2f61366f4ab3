#include "fleet/simulation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "fleet/virtual_fleet.hpp"

namespace shoal::fleet_simulation {
namespace {

using namespace std::chrono_literals;
namespace leader = cluster::leader;

fleet_options size_of(const run_options& options, random_source& random) {
    fleet_options out;
    out.seed = random.next();
    out.planted = options.planted;
    out.lease_on_wall_clock = options.lease_on_wall_clock;
    if (options.large) {
        out.shards = 16384;
        out.keys = 16384;  // So that the start, which is not what these runs are about, is one wave.
    } else {
        // Mostly small ones: what goes wrong goes wrong there, too, and more of them can be run.
        out.shards = static_cast<std::uint32_t>(2 + random.below(random.chance(0.1) ? 510 : random.chance(0.3) ? 120 : 30));
        out.keys = out.shards > 200 ? 64 : std::int64_t{1} << random.below(5);
        if (out.shards / out.keys > 40) out.keys = 16;
    }
    // Its own randomness, so that a seed's other story is the one it was.
    auto rest = random_source(options.seed ^ 0x4E57);
    constexpr std::uint32_t limits[] = {50, 50, 500, 12};
    out.rest_limit = limits[rest.below(options.large ? 3 : 4)];
    if (random_source(options.seed ^ 0xFE2CE).chance(0.3)) out.fence = cluster::fence_policy::close;
    out.budget = 1000 + 30 * static_cast<std::int64_t>(out.shards);
    // In some there is little more than the start takes: the reserve is reached, and must hold.
    auto budget = random_source(options.seed ^ 0xB4D6);
    if (!options.large && budget.chance(0.2))
        out.budget = (static_cast<std::int64_t>(out.shards) + 5 + static_cast<std::int64_t>(budget.below(30))) * 10 / 9 + 1;
    if (random.chance(0.5)) out.weather.doubled = 0.02;
    if (random.chance(0.5)) out.weather.reordered = 0.02;
    if (random.chance(0.5)) out.weather.late_from_the_dead = 0.2;
    if (random.chance(0.2)) out.weather.delay_most = 200ms;
    return out;
}

class simulation_run {
public:
    explicit simulation_run(const run_options& options)
        : options_(options),
          random_(random_source(options.seed ^ 0xF1EE7).next()),
          rest_random_(options.seed ^ 0x4E58),
          size_(size_of(options, random_)),
          fleet_(size_) {
        report_.seed = options.seed;
        report_.large = options.large;
    }

    run_report go() {
        const auto count = options_.large ? 200 : 1 + random_.below(random_.chance(0.2) ? 20 : 6);
        fleet_.start_coordinator();
        for (std::uint64_t i = 0; i < count; ++i) birth(fmt::format("w{}", ++names_));
        report_.workers = count;
        report_.shards = size_.shards;
        until_served("after the start", patience());
        const auto end = fleet_.time.now() + (options_.large ? 30s : 90s);
        while (fleet_.time.now() < end && fleet_.findings.empty()) {
            change_demand();
            strike();
            ++report_.strikes;
            fleet_.time.run_for(random_.between(50ms, random_.chance(0.2) ? 9s : 1500ms));
        }
        if (fleet_.findings.empty()) come_to_rest();
        if (fleet_.findings.empty()) check_demand();
        if (fleet_.findings.empty()) check_join();
        if (fleet_.findings.empty()) check_deaths();
        if (fleet_.findings.empty()) check_books();
        for (const auto& [number, worker] : fleet_.workers) report_.stale_orders += worker->machine().stale_orders();
        report_.findings = fleet_.findings;
        report_.transcript = fleet_.transcript;
        report_.identifies = fleet_.discord.identifies;
        report_.resumes = fleet_.discord.resumes;
        return std::move(report_);
    }

private:
    [[nodiscard]] duration patience() const {
        // All shards may have to IDENTIFY, one of a key in 5.25 s, some in vain; before it, a lease and the keys of the leader
        // before. And balance moves some meanwhile, a few at once.
        return 45s + 8s * (static_cast<std::int64_t>(size_.shards) / size_.keys + 1) + 20ms * size_.shards;
    }

    void birth(const std::string& name, cluster::incarnation succeeds = {}) {
        virtual_fleet::birth how;
        how.capacity.millicores = static_cast<std::uint32_t>(1000 * (1 + random_.below(4)));
        how.zone = fmt::format("z{}", random_.below(3));
        how.succeeds = succeeds;
        fleet_.start_worker(name, how);
    }

    virtual_worker* any() {
        if (fleet_.workers.empty()) return nullptr;
        return std::next(fleet_.workers.begin(), static_cast<std::ptrdiff_t>(random_.below(fleet_.workers.size())))->second.get();
    }

    void after(duration wait, std::function<void()> job) { fleet_.time.wake_at(fleet_.time.now() + wait, std::move(job)); }

    void restart_later(const std::string& name, duration wait, cluster::incarnation succeeds = {}) {
        after(wait, [this, name, succeeds] {
            if (!at_rest_ && fleet_.by_name(name) == nullptr) birth(name, succeeds);
        });
    }

    void change_demand() {
        constexpr std::uint32_t demands[] = {0, 0, 5, 40, 400};
        for (auto& [number, worker] : fleet_.workers)
            if (rest_random_.chance(0.2)) worker->want_rest(demands[rest_random_.below(5)]);
    }

    void strike() {
        fleet_.reap_ended();
        auto* who = any();
        if (who == nullptr) return birth(fmt::format("w{}", ++names_));
        const auto name = who->process().value;
        const auto number = who->number();
        switch (random_.below(17)) {
            case 0: fleet_.kill(number, false); return restart_later(name, random_.between(500ms, 15s));
            case 1: fleet_.kill(number, true); return restart_later(name, random_.between(500ms, 15s));
            case 2: {
                const auto before = who->incarnation();
                fleet_.kill(number, false);
                return restart_later(name, random_.between(100ms, 2s), before);
            }
            case 3:
            case 4: return freeze(number);
            case 5:
            case 6: return cut(*who);
            case 7: return restart_coordinator(false);
            case 8:
                restart_coordinator(random_.chance(0.5));
                fleet_.kill(number, false);
                return restart_later(name, random_.between(500ms, 5s));
            case 9: return restart_coordinator(true);
            case 10: return strike_sockets();
            case 11:
                for (auto n = random_.below(3) + 1; n > 0; --n)
                    fleet_.discord.invalidate(static_cast<std::uint32_t>(random_.below(size_.shards)));
                return;
            case 12:
                if (fleet_.workers.size() < report_.workers + 4) birth(fmt::format("w{}", ++names_));
                return;
            case 13: return birth(name);  // A twin.
            case 14:
                if (fleet_.coordinator()) fleet_.coordinator()->fail_store(random_.between(500ms, 6s));
                return;
            case 15:
                fleet_.write(name + "'s wall clock jumps");
                who->jump_wall_clock(random_.between(-100s, 100s));
                return;
            default: return random_.chance(0.4) ? stop_in_order(*who) : operate(name);
        }
    }

    void freeze(std::uint64_t number) {
        auto& who = *fleet_.workers.at(number);
        if (who.frozen()) return;
        fleet_.write(who.process().value + " freezes");
        who.freeze();
        after(random_.between(500ms, 15s), [this, number] { thaw(number); });
    }

    void thaw(std::uint64_t number) {
        const auto found = fleet_.workers.find(number);
        if (found == fleet_.workers.end() || !found->second->frozen()) return;
        fleet_.write(found->second->process().value + " wakes");
        found->second->thaw();
    }

    void cut(const virtual_worker& who) {
        const auto how = random_.below(3);
        const auto place = who.place();
        fleet_.write(fmt::format("{} is cut off{}", who.process().value,
                                 how == 0   ? ""
                                 : how == 1 ? ", it hears"
                                            : ", it is heard"));
        fleet_.network.cut(place, how != 2, how != 1);
        after(random_.between(500ms, 20s), [this, place] {
            fleet_.write(fmt::format("place {} is healed", place));
            fleet_.network.heal(place);
        });
    }

    void restart_coordinator(bool lose) {
        if (!fleet_.coordinator()) return;
        fleet_.write("the coordinator is killed");
        fleet_.kill_coordinator();
        if (lose) fleet_.lose_store();
        after(random_.between(200ms, 10s), [this] {
            if (!fleet_.coordinator()) fleet_.start_coordinator();
        });
    }

    void strike_sockets() {
        for (auto n = random_.below(6) + 1; n > 0; --n) {
            auto* who = any();
            const auto held = who->shards();
            if (held.empty()) continue;
            who->cut_socket(held[random_.below(held.size())]);
        }
    }

    void stop_in_order(virtual_worker& who) {
        fleet_.write(who.process().value + " is asked to end");
        const auto name = who.process().value;
        who.ask_to_stop();
        restart_later(name, random_.between(5s, 20s));
    }

    void operate(const std::string& name) {
        if (!fleet_.coordinator()) return;
        auto& office = *fleet_.coordinator();
        const auto ask = [&](cluster::operator_request what) { office.feed(leader::operator_asked{1, std::move(what)}); };
        const cluster::process_id process{name};
        switch (random_.below(5)) {
            case 0: return ask(cluster::drain_ask{process, false});
            case 1: return ask(cluster::cordon_ask{process, true});
            case 2: return ask(cluster::cordon_ask{process, false});
            case 3: return ask(cluster::rebalance_ask{false});
            default:
                return ask(cluster::move_ask{{static_cast<std::uint32_t>(random_.below(size_.shards))},
                                             random_.chance(0.5) ? std::optional(process) : std::nullopt,
                                             false});
        }
    }

    void until_served(std::string_view when, duration bound) {
        const auto end = fleet_.time.now() + bound;
        std::string why;
        while (fleet_.time.now() < end && fleet_.findings.empty()) {
            fleet_.time.run_for(options_.large ? duration(1s) : duration(200ms));
            if (fleet_.all_served(&why)) return;
        }
        if (fleet_.findings.empty()) fleet_.wrong(fmt::format("{} s {}: {}", bound / 1s, when, why));
    }

    /// No more faults: everything comes back within a bound.
    void come_to_rest() {
        at_rest_ = true;
        fleet_.write("---- quiet");
        fleet_.network.heal_all();
        fleet_.network.calm();
        if (size_.budget < 1000) refill();
        for (const auto number : numbers()) thaw(number);
        fleet_.reap_ended();
        std::set<std::string> names;
        for (const auto number : numbers())
            if (!names.insert(fleet_.workers.at(number)->process().value).second) fleet_.kill(number, true);
        if (!fleet_.coordinator()) fleet_.start_coordinator();
        if (fleet_.workers.size() < 2) birth(fmt::format("w{}", ++names_));
        fleet_.time.run_for(15s);
        fleet_.reap_ended();
        if (fleet_.workers.empty()) birth(fmt::format("w{}", ++names_));
        for (const auto number : numbers())
            fleet_.coordinator()->feed(
                leader::operator_asked{1, cluster::cordon_ask{fleet_.workers.at(number)->process(), false}});
        until_served("after the faults", patience());
        // What is still being moved is moved.
        const auto end = fleet_.time.now() + patience();
        for (auto before = ~std::uint64_t{0}; before != fleet_.moves_ordered && fleet_.time.now() < end;) {
            before = fleet_.moves_ordered;
            fleet_.time.run_for(options_.large ? 5s : 20s);
        }
        until_served("after it was quiet", 5s);
        const auto moves = fleet_.moves_ordered;
        fleet_.coordinator()->feed(leader::operator_asked{1, cluster::rebalance_ask{false}});  // Who was cordoned has less.
        fleet_.time.run_for(options_.large ? 20s : 10s);
        check_balance(fleet_.moves_ordered - moves);
        for (const auto& [process, who] : fleet_.coordinator()->brain().members().all())
            if (who.present() && !who.accepts())
                fleet_.wrong(fmt::format("{} is {} in quiet: {}{}{}{}", process.value, cluster::to_string(who.state), who.reason,
                                         who.cordoned ? ", cordoned" : "", who.draining ? ", draining" : "",
                                         who.leaving ? ", leaving" : ""));
    }

    /// What waited at the reserve has to come back like the rest.
    void refill() {
        fleet_.discord.allow_more(1000 + 30 * static_cast<std::int64_t>(size_.shards));
        fleet_.time.run_for(61s);  // As old as a budget may be.
        if (!fleet_.coordinator()) fleet_.start_coordinator();
        fleet_.coordinator()->feed(leader::operator_asked{1, cluster::reserve_ask{false}});  // Who waits asks anew.
    }

    [[nodiscard]] std::vector<std::uint64_t> numbers() const {
        std::vector<std::uint64_t> out;
        for (const auto& [number, worker] : fleet_.workers) out.push_back(number);
        return out;
    }

    /// The load for each core differs by at most one shard, unless that would take more moves than a join may have.
    void check_balance(std::uint64_t moved) {
        const auto more = fleet_.coordinator()->would_move();
        const auto workers = fleet_.workers.size();
        if (more != 0 && moved < (size_.shards + workers - 1) / workers)
            fleet_.wrong(fmt::format("{} shards moved for balance, and {} more should", moved, more));
    }

    /// Who alone has something to send has all of the REST limit but the minimum of the others, and what lost ones may still use;
    /// and when somebody else has, it follows.
    void check_demand() {
        for (int turn = 0; turn < 2 && fleet_.findings.empty(); ++turn) {
            fleet_.reap_ended();
            for (auto& [number, worker] : fleet_.workers) worker->want_rest(0);
            auto& who = *any();
            who.want_rest(10 * size_.rest_limit);
            fleet_.time.run_for(20s);
            const auto rest = fleet_.coordinator()->brain().rest().picture(fleet_.coordinator()->now());
            const auto free = rest.paced_per_second - std::min(rest.paced_per_second, rest.kept_per_second);
            const auto workers = static_cast<std::uint32_t>(
                std::ranges::count_if(fleet_.workers, [](const auto& one) { return one.second->machine().is_registered(); }));
            // A minimum for each of the others, and one for whoever joins next, if it is enough for all.
            const auto least = workers <= free ? std::max(1U, free - workers) : free;
            if (who.rest_right() < least)
                fleet_.wrong(fmt::format("{} alone has calls to send, and {} a second of {} ({} kept): {}", who.process().value,
                                         who.rest_right(), rest.paced_per_second, rest.kept_per_second, fleet_.rest_slices()));
        }
    }

    /// One more worker: few shards move, and those without an IDENTIFY.
    void check_join() {
        fleet_.write("---- a worker joins");
        const auto identifies = fleet_.discord.identifies;
        const auto moves = fleet_.moves_ordered;
        birth(fmt::format("w{}", ++names_));
        fleet_.time.run_for(options_.large ? 15s : 30s);
        fleet_.reap_ended();
        const auto workers = fleet_.workers.size();
        const auto most = (size_.shards + workers - 1) / workers;
        if (fleet_.moves_ordered - moves > most)
            fleet_.wrong(fmt::format("a worker joined and {} shards were moved, of {} on {}", fleet_.moves_ordered - moves,
                                     size_.shards, workers));
        until_served("after a worker joined", 5s);
        check_balance(fleet_.moves_ordered - moves);
        if (fleet_.discord.identifies != identifies) fleet_.wrong("a worker joined and somebody had to IDENTIFY");
    }

    /// A worker dies, with and without proof: its shards are resumed elsewhere within what was promised.
    void check_deaths() {
        for (const bool proof : {true, false}) {
            fleet_.reap_ended();
            if (fleet_.workers.size() < 2) birth(fmt::format("w{}", ++names_)), fleet_.time.run_for(20s);
            const auto identifies = fleet_.discord.identifies;
            fleet_.write("---- a worker dies");
            fleet_.kill(any()->number(), proof);
            until_served(proof ? "after a death that was seen" : "after a death that nobody saw", proof ? 2s : 7s);
            if (fleet_.discord.identifies != identifies) fleet_.wrong("a worker died and somebody had to IDENTIFY");
            fleet_.time.run_for(3s);
        }
    }

    /// Every permit that was used was counted.
    void check_books() {
        const auto& ledger = fleet_.coordinator()->brain().ledger();
        if (ledger.seen_at != instant{} && ledger.spent < fleet_.discord.identifies)
            fleet_.wrong(fmt::format("{} IDENTIFYs are counted of {}", ledger.spent, fleet_.discord.identifies));
    }

    run_options options_;
    random_source random_, rest_random_;  // The latter of what bots want to send.
    fleet_options size_;
    virtual_fleet fleet_;
    run_report report_;
    std::uint64_t names_ = 0;
    bool at_rest_ = false;
};

}  // namespace

std::string run_report::text() const {
    std::string all = fmt::format("SEED {} (repeat with SHOAL_{}SEED={}): {} workers, {} shards\n", seed, large ? "LARGE_" : "",
                                  seed, workers, shards);
    for (const auto& finding : findings) all += "- " + finding + "\n";
    return all + "what happened before the first finding:\n" + transcript;
}

run_report run(const run_options& options) { return simulation_run(options).go(); }

}  // namespace shoal::fleet_simulation
