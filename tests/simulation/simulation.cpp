#include "simulation/simulation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "simulation/simulation_run.hpp"

namespace shoal::simulation {

namespace {

sim::simulator_config discord_of(random_source& random) {
    sim::simulator_config config;
    config.seed = random.next();
    config.gateway_url = "ws://gateway.sim";
    config.resume_url = "ws://resume.sim";
    config.world.guilds = 40;
    config.world.guild_classes = "tiny";
    config.world.traffic_shards = 4;
    config.world.events_per_second_per_shard = static_cast<double>(random.between(1s, 6s) / 1s);
    config.world.vary_json = random.chance(0.3);
    config.members_per_chunk = 2;  // So that a tiny guild's members come in some chunks.
    config.max_concurrency = random.chance(0.5) ? 1 : 2;
    // Nothing happens by itself, so that a quiet time is quiet.
    config.forced_op7_most = {};
    config.spontaneous_cut_most = {};
    config.replay_bound = random.chance(0.2) ? 100 : 3000;
    // Nobody knows what a heartbeat makes Discord forget.
    config.trim_on_heartbeat =
        std::array{sim::trim_rule::no, sim::trim_rule::silent, sim::trim_rule::close_4007, sim::trim_rule::op9}[random.below(4)];
    config.late_guild_share = 0.05;
    config.op9_resumable_share = 0.2;
    if (random.chance(0.25)) config.identify_window = 15min;
    return config;
}

}  // namespace

simulation_run::simulation_run(const run_options& options)
    : options_(options),
      // Through the generator once: a seed times its own step would make each seed's run the run before, begun one word later.
      random_(random_source(options.seed).next()),
      notes_(time_),
      disks_{virtual_disk{time_, options.seed * 2}, virtual_disk{time_, options.seed * 2 + 1}},
      config_(discord_of(random_)),
      discord_(time_, config_, random_.next(), notes_) {
    report_.seed = options.seed;
    discord_.watch().on_wrong = [this](std::string what) { find(std::move(what)); };
    discord_.watch().on_heartbeat = [this](const std::string& session, std::uint64_t seq) { check_heartbeat(session, seq); };
    discord_.watch().on_identify = [this](std::uint32_t shard) { check_identify(shard); };
    process_.seed = random_.next();
    process_.transport = std::array{gateway::compression::none, gateway::compression::zlib_stream,
                                    gateway::compression::zstd_stream}[random_.below(3)];
    process_.most_in_flight = random_.chance(0.5) ? 8 : 256;
    process_.planted = options.planted;
    if (config_.identify_window < 1h) {
        // Nearly all of the budget was spent before: what may be used beside the reserve lasts for the start and little else.
        window_ends_ = time_.now() + config_.identify_window;
        fault({{"do", "fault"}, {"fault", "F26"}, {"remaining", 104 + random_.below(12)}});
    }
    start(0, {});
    start(1, {});
}

run_report simulation_run::go() {
    time_.run_for(60s);
    const auto faults_end = time_.now() + 8min;
    while (time_.now() < faults_end) {
        time_.run_for(random_.between(500ms, 40s));
        strike();
        if (options_.until_found && !report_.findings.empty()) return std::move(report_);
    }
    // A max_concurrency that falls back is known by the next reading of /gateway/bot only, up to a minute later.
    time_.wake_at(time_.now() + 65s, [this, before = own_breaches()] { excused_breaches_ = own_breaches() - before; });
    discord_.control({{"do", "clear"}});
    // A session whose own address is dead lives on the general one, where Discord would leave nobody in peace.
    discord_.control({{"do", "set"}, {"wrong_host_op7", 0}});
    notes_.write("---- faults end ----");
    seen_.quiet = true;
    wait_until_live(std::max<duration>(15min, window_ends_ + 2min - time_.now()));
    if (options_.until_found && !report_.findings.empty()) return std::move(report_);
    const auto before = reconnects();
    time_.run_for(2min);
    // A shard could seem live while the last fault was still on its way to it, or its connection black.
    wait_until_live(std::max<duration>(15min, window_ends_ + 2min - time_.now()));
    for (std::uint64_t shard = 0; shard < 4; ++shard) ask_members(shard);
    time_.run_for(2min);
    check_members();
    // What was black or paused before the quiet time has shown by now; after it nobody has a reason to reconnect.
    const auto settled = reconnects();
    const auto numbers = last_numbers();
    time_.run_for(5min);
    if (reconnects() != settled)
        find(
            fmt::format("{} reconnects in five quiet minutes ({} in the four before)", reconnects() - settled, settled - before));
    if (random_.chance(0.5)) go_deaf(numbers);
    discord_.control({{"do", "drain"}});
    time_.run_for(90s);
    // Without events only the answers to heartbeats show life.
    const auto silent = reconnects();
    time_.run_for(5min);
    if (reconnects() != silent) find(fmt::format("{} reconnects in five minutes without events", reconnects() - silent));
    check_end();
    reset_token();
    return std::move(report_);
}

// ---- the bot -----------------------------------------------------------------------------------------------------------

void simulation_run::start(std::size_t which, std::map<shard_key, gateway::resume_ticket> tickets) {
    auto with = process_;
    with.seed = random_.next();
    with.shards = which == 0 ? std::vector<shard_key>{{0, 4}, {1, 4}} : std::vector<shard_key>{{2, 4}, {3, 4}};
    for (const auto& shard : with.shards)
        if (!tickets.contains(shard)) seen_.known.erase(shard.id);
    if (!tickets.empty()) disks_[which].note_takeover();
    processes_[which] = std::make_unique<virtual_process>(time_, discord_, ledgers_[options_.ledger_not_shared ? which : 0],
                                                          disks_[which], seen_, notes_, std::move(with), std::move(tickets));
}

void simulation_run::restart(std::size_t which) {
    if (processes_[which] == nullptr) return;
    notes_.write(fmt::format("---- process {} restarts in order ----", which));
    processes_[which]->stop([this, which](std::map<shard_key, gateway::resume_ticket> left) {
        time_.post([this, which, left = std::move(left)] {
            const auto shards = processes_[which]->shards();
            processes_[which].reset();
            disks_[which].flush();
            auto tickets = disks_[which].tickets(shards);
            if (tickets != left) find(fmt::format("process {} ended in order, and its disk does not hold what it left", which));
            time_.wake_at(time_.now() + random_.between(10ms, 5s),
                          [this, which, tickets = std::move(tickets)]() mutable { start(which, std::move(tickets)); });
        });
    });
}

/// `again`: and once more, soon after it was started.
void simulation_run::kill(std::size_t which, bool again) {
    if (processes_[which] == nullptr) return;
    notes_.write(fmt::format("---- process {} is killed ----", which));
    ++report_.kills;
    const auto shards = processes_[which]->shards();
    processes_[which].reset();
    disks_[which].crash();
    const auto tickets = disks_[which].tickets(shards);
    for (const auto& shard : shards) {
        const auto known = seen_.known.find(shard.id);
        const auto ticket = tickets.find(shard);
        if (known == seen_.known.end()) continue;
        // Killed before its new session's first ticket was written: nobody can go on with it.
        if (ticket == tickets.end() || ticket->second.session_id != known->second) {
            seen_.sessions[known->second].owner_killed = true;
            seen_.known.erase(known);
        }
    }
    time_.wake_at(time_.now() + random_.between(100ms, 20s), [this, which, again, tickets] {
        start(which, tickets);
        if (again) time_.wake_at(time_.now() + random_.between(5ms, 1500ms), [this, which] { kill(which, false); });
    });
}

bool simulation_run::all_live() const {
    return std::all_of(processes_.begin(), processes_.end(), [](const auto& one) { return one != nullptr && one->all_live(); });
}

std::uint64_t simulation_run::reconnects() const {
    std::uint64_t count = 0;
    for (const auto& one : processes_)
        if (one != nullptr) count += one->reconnects();
    return count;
}

void simulation_run::wait_until_live(duration bound) {
    const auto until = time_.now() + bound;
    while (time_.now() < until && !all_live()) time_.run_for(1s);
    if (all_live()) return;
    std::string pictures;
    for (const auto& one : processes_) pictures += one == nullptr ? "(no process)\n" : one->picture();
    find(fmt::format("not every shard is live {} s after the faults ended:\n{}", bound / 1s, pictures));
}

/// The last number of each shard's live session.
std::map<std::uint32_t, std::uint64_t> simulation_run::last_numbers() const {
    std::map<std::uint32_t, std::uint64_t> numbers;
    for (const auto& one : discord_.oracle().at("sessions").as_array()) {
        const auto& session = one.as_object();
        if (session.at("state").as_string() != "live") continue;
        numbers[session.at("shard").as_array().at(0).to_number<std::uint32_t>()] =
            session.at("last_seq").to_number<std::uint64_t>();
    }
    return numbers;
}

/// One session brings no more messages: it is given up for a new one, and no other is [2.7.13]. It is the one that brought most
/// since `then`, five minutes ago; if that is not much, nobody could tell.
void simulation_run::go_deaf(const std::map<std::uint32_t, std::uint64_t>& then) {
    std::uint32_t shard = 0;
    std::uint64_t most = 0;
    for (const auto& [id, number] : last_numbers()) {
        const auto came = number - then.at(id);
        if (came > most) most = came, shard = id;
    }
    if (most < 200) return;
    const auto before = seen_.known;
    deafen(shard, "MESSAGE_CREATE");
    const auto until = time_.now() + 6min;
    while (time_.now() < until && seen_.known[shard] == before.at(shard)) time_.run_for(1s);
    if (seen_.known[shard] == before.at(shard))
        find(fmt::format("shard {} was half deaf for six minutes and kept its session", shard));
    wait_until_live(2min);
    for (const auto& [other, session] : before)
        if (other != shard && seen_.known[other] != session) find(fmt::format("shard {} gave up a session that was well", other));
}

/// Somebody overspent the budget and Discord reset the token: every shard stops for good, and nobody tries on.
void simulation_run::reset_token() {
    fault({{"do", "fault"}, {"fault", "F26"}, {"breach", true}});
    time_.run_for(2min);
    for (std::uint32_t shard = 0; shard < 4; ++shard) {
        const auto found = seen_.gave_up.find(shard);
        if (found == seen_.gave_up.end() || found->second != 4004) find(fmt::format("shard {} did not give up at 4004", shard));
    }
    const auto dialed = discord_.watch().dials;
    time_.run_for(3min);
    if (discord_.watch().dials != dialed)
        find(fmt::format("{} dials with a token that was reset", discord_.watch().dials - dialed));
}

std::string run_report::text() const {
    std::string all = fmt::format("SEED {} (repeat with SHOAL_SEED={})\n", seed, seed);
    for (const auto& finding : findings) all += "- " + finding + "\n";
    return all + "what happened before the first finding:\n" + transcript;
}

run_report run(const run_options& options) { return simulation_run(options).go(); }

}  // namespace shoal::simulation
