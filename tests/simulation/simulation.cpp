#include "simulation/simulation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <memory>
#include <utility>

#include "simulation/virtual_discord.hpp"
#include "simulation/virtual_process.hpp"

namespace shoal::simulation {

namespace json = boost::json;

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
    config.max_concurrency = random.chance(0.5) ? 1 : 2;
    // Nothing happens by itself, so that a quiet time is quiet.
    config.forced_op7_most = {};
    config.spontaneous_cut_most = {};
    config.replay_bound = random.chance(0.2) ? 100 : 3000;
    config.late_guild_share = 0.05;
    config.op9_resumable_share = 0.2;
    return config;
}

class simulation_run {
public:
    explicit simulation_run(const run_options& options)
        : options_(options),
          random_(options.seed * 0x9E3779B97F4A7C15ULL + 1),
          notes_(time_),
          discord_(time_, discord_of(random_), random_.next(), notes_) {
        report_.seed = options.seed;
        discord_.on_identify = [this](std::uint32_t shard) { check_identify(shard); };
        process_.seed = random_.next();
        process_.transport = std::array{gateway::compression::none, gateway::compression::zlib_stream,
                                        gateway::compression::zstd_stream}[random_.below(3)];
        process_.most_in_flight = random_.chance(0.5) ? 8 : 256;
        process_.planted = options.planted;
        start(0, {});
        start(1, {});
    }

    run_report go() {
        time_.run_for(60s);
        const auto faults_end = time_.now() + 8min;
        while (time_.now() < faults_end) {
            time_.run_for(random_.between(500ms, 40s));
            strike();
        }
        discord_.control({{"do", "clear"}});
        notes_.write("---- faults end ----");
        seen_.quiet = true;
        wait_until_live(10min);
        const auto before = reconnects();
        time_.run_for(4min);
        // What was black or paused before the quiet time has shown by now; after it nobody has a reason to reconnect.
        const auto settled = reconnects();
        time_.run_for(5min);
        if (reconnects() != settled)
            find(fmt::format("{} reconnects in five quiet minutes ({} in the four before)", reconnects() - settled,
                             settled - before));
        discord_.control({{"do", "drain"}});
        time_.run_for(90s);
        // Without events only the answers to heartbeats show life.
        const auto silent = reconnects();
        time_.run_for(5min);
        if (reconnects() != silent) find(fmt::format("{} reconnects in five minutes without events", reconnects() - silent));
        check_end();
        return std::move(report_);
    }

private:
    // ---- the bot -------------------------------------------------------------------------------------------------------

    void start(std::size_t which, std::map<shard_key, gateway::resume_ticket> tickets) {
        auto with = process_;
        with.seed = random_.next();
        with.shards = which == 0 ? std::vector<shard_key>{{0, 4}, {1, 4}} : std::vector<shard_key>{{2, 4}, {3, 4}};
        for (const auto& shard : with.shards)
            if (!tickets.contains(shard)) seen_.known.erase(shard.id);
        processes_[which] = std::make_unique<virtual_process>(time_, discord_, ledgers_[options_.ledger_not_shared ? which : 0],
                                                              seen_, notes_, std::move(with), std::move(tickets));
    }

    void restart(std::size_t which, bool in_order) {
        if (processes_[which] == nullptr) return;
        notes_.write(fmt::format("---- process {} {} ----", which, in_order ? "restarts in order" : "is killed"));
        if (in_order) {
            processes_[which]->stop([this, which](std::map<shard_key, gateway::resume_ticket> tickets) {
                time_.post([this, which, tickets = std::move(tickets)]() mutable {
                    processes_[which].reset();
                    time_.wake_at(time_.now() + random_.between(10ms, 5s),
                                  [this, which, tickets = std::move(tickets)]() mutable { start(which, std::move(tickets)); });
                });
            });
            return;
        }
        for (const auto& shard : processes_[which]->shards())
            if (const auto known = seen_.known.find(shard.id); known != seen_.known.end())
                seen_.sessions[known->second].owner_killed = true;
        processes_[which].reset();
        time_.wake_at(time_.now() + random_.between(100ms, 20s), [this, which] { start(which, {}); });
    }

    [[nodiscard]] bool all_live() const {
        return std::all_of(processes_.begin(), processes_.end(),
                           [](const auto& one) { return one != nullptr && one->all_live(); });
    }
    [[nodiscard]] std::uint64_t reconnects() const {
        std::uint64_t count = 0;
        for (const auto& one : processes_)
            if (one != nullptr) count += one->reconnects();
        return count;
    }

    void wait_until_live(duration bound) {
        const auto until = time_.now() + bound;
        while (time_.now() < until && !all_live()) time_.run_for(1s);
        if (all_live()) return;
        std::string pictures;
        for (const auto& one : processes_) pictures += one == nullptr ? "(no process)\n" : one->picture();
        find(fmt::format("not every shard is live {} s after the faults ended:\n{}", bound / 1s, pictures));
    }

    // ---- the faults ----------------------------------------------------------------------------------------------------

    void fault(json::object command) {
        notes_.write(fmt::format("---- {} ----", json::serialize(command)));
        discord_.control(command);
    }

    void strike() {
        ++report_.faults;
        const auto shard = random_.below(4);
        const auto percent = static_cast<double>(20 + random_.below(81));
        const auto some_ms = static_cast<std::int64_t>(1000 + random_.below(25'000));
        switch (random_.below(28)) {
            case 0: return fault({{"do", "cut"}, {"percent", percent}, {"how", "rst"}});
            case 1: return fault({{"do", "cut"}, {"all", true}, {"how", "fin"}});
            case 2: return fault({{"do", "op7"}, {"percent", percent}, {"ms", some_ms}});
            case 3: return fault({{"do", "op9"}, {"shard", shard}, {"resumable", random_.chance(0.5)}});
            case 4: return fault({{"do", "fault"}, {"fault", "F3"}, {"shard", shard}});
            case 5: {
                static constexpr int codes[] = {1000, 1001, 1011, 1012, 4000, 4001, 4002, 4003, 4005, 4006, 4008, 4321};
                return fault(
                    {{"do", "fault"}, {"fault", "F4"}, {"shard", shard}, {"code", codes[random_.below(std::size(codes))]}});
            }
            case 6:
                return fault({{"do", "fault"}, {"fault", "F5"}, {"percent", percent}, {"for_ms", some_ms}, {"host", "resume"}});
            case 7: return fault({{"do", "fault"}, {"fault", "F6"}, {"percent", percent}, {"for_ms", some_ms}});
            case 8: return fault({{"do", "fault"}, {"fault", "F7"}, {"percent", percent}, {"for_ms", some_ms}, {"status", 503}});
            case 9: return fault({{"do", "fault"}, {"fault", "F9"}, {"percent", percent}, {"for_ms", some_ms}});
            case 10: return fault({{"do", "fault"}, {"fault", "F10"}, {"percent", percent}, {"for_ms", some_ms}});
            case 11: return fault({{"do", "fault"}, {"fault", "F11"}, {"shard", shard}});
            case 12: return fault({{"do", "fault"}, {"fault", "F12"}, {"shard", shard}, {"ms", some_ms}});
            case 13: return fault({{"do", "fault"}, {"fault", "F13"}, {"shard", shard}, {"ms", some_ms}});
            case 14: return fault({{"do", "fault"}, {"fault", "F18"}, {"shard", shard}, {"answer", "op9_false"}, {"times", 2}});
            case 15: {
                static constexpr const char* answers[] = {"op9_false", "op9_true", "silence", "wedged"};
                fault({{"do", "fault"}, {"fault", "F19"}, {"shard", shard}, {"answer", answers[random_.below(4)]}, {"times", 1}});
                return fault({{"do", "cut"}, {"shard", shard}});
            }
            case 16:
                fault({{"do", "fault"}, {"fault", "F20"}, {"shard", shard}, {"events", random_.below(20)}, {"times", 1}});
                return fault({{"do", "op7"}, {"shard", shard}});
            case 17:
            case 18:
                fault({{"do", "fault"}, {"fault", "F21"}, {"shard", shard}, {"events", 1 + random_.below(20)}, {"times", 1}});
                return fault({{"do", "cut"}, {"shard", shard}});
            case 19: {
                // The gap strikes an event at once; left standing it would strike RESUMED one day, which no client can tell.
                const auto events = 1 + random_.below(3);
                fault({{"do", "fault"}, {"fault", "F22"}, {"shard", shard}, {"events", events}});
                for (std::uint64_t i = 0; i < events; ++i)
                    discord_.control({{"do", "send_raw"}, {"shard", shard}, {"event", "TYPING_START"}, {"data", json::object()}});
                return;
            }
            case 20: return fault({{"do", "fault"}, {"fault", "F35"}, {"shard", shard}});
            case 21: return fault({{"do", "ask_heartbeat"}, {"all", true}, {"within_ms", 5000}});
            case 22: notes_.write("---- black ----"); return discord_.blackhole(0.5);
            case 23:
            case 24: return restart(random_.below(2), true);
            case 25: return restart(random_.below(2), false);
            case 26: return fault({{"do", "fault"}, {"fault", "F33"}, {"shard", shard}});
            default: return fault({{"do", "outage"}, {"percent", percent}, {"unavailable", random_.chance(0.5)}});
        }
    }

    // ---- the checkers --------------------------------------------------------------------------------------------------

    void find(std::string what) {
        notes_.write(fmt::format("!!!! {}", what));
        if (report_.findings.size() < 20) report_.findings.push_back(std::move(what));
        if (report_.transcript.empty()) report_.transcript = notes_.tail(120);
    }

    /// An IDENTIFY reached Discord although the shard's owner knows a session that Discord still has and never called lost.
    void check_identify(std::uint32_t shard) {
        const auto lost = discord_.told_lost.erase(shard) != 0;
        const auto known = seen_.known.find(shard);
        if (lost || known == seen_.known.end()) return;
        for (const auto& one : discord_.oracle().at("sessions").as_array()) {
            const auto& session = one.as_object();
            if (session.at("id").as_string() != known->second || session.at("state").as_string() == "dead") continue;
            find(fmt::format("IDENTIFY of shard {} where session {} could be resumed", shard, known->second));
        }
    }

    void check_end() {
        const auto oracle = discord_.oracle();
        const auto& counters = oracle.at("counters").as_object();
        const auto count = [&](std::string_view name) { return counters.at(name).to_number<std::int64_t>(); };
        report_.identifies = static_cast<std::uint64_t>(count("identifies"));
        report_.resumes = static_cast<std::uint64_t>(count("resumed"));
        for (const auto* never_ever : {"concurrency_breaches", "budget_breaches", "identifies_on_resume_host"})
            if (count(never_ever) != 0) find(fmt::format("{}: {}", never_ever, count(never_ever)));
        if (count("most_sends_per_minute") > 120) find(fmt::format("{} messages in a minute", count("most_sends_per_minute")));
        if (!options_.ledger_not_shared && ledgers_[0].ledger.spent < count("identifies"))
            find(fmt::format("the ledger counts {} IDENTIFYs of {}", ledgers_[0].ledger.spent, count("identifies")));
        // Four shards that back off as they should: 0.25 to 60 s between dials.
        if (discord_.most_dials_in_a_minute > 120) find(fmt::format("{} dials in one minute", discord_.most_dials_in_a_minute));
        for (const auto& one : oracle.at("sessions").as_array()) check_session(one.as_object());
        for (const auto& [id, record] : seen_.sessions)
            for (const auto& wrong : record.wrong) find(fmt::format("session {} of shard {}: {}", id, record.shard, wrong));
    }

    void check_session(const json::object& session) {
        const std::string id(session.at("id").as_string());
        const auto state = session.at("state").as_string();
        if (session.at("ended_why").as_string() == "client_closed")
            find(fmt::format("session {} was ended by the client's own close", id));
        const auto found = seen_.sessions.find(id);
        if (found == seen_.sessions.end()) return;  // its READY never arrived
        const auto& record = found->second;
        ++report_.sessions;
        report_.events += record.started.size();

        std::set<std::uint64_t> excused = discord_.system_numbers[id];
        for (const auto& gap : session.at("gaps").as_array()) excused.insert(gap.to_number<std::uint64_t>());
        excused.insert(record.skipped.begin(), record.skipped.end());
        // A session that goes on to the end is complete. One that died is complete up to what the client surely had.
        std::uint64_t up_to = record.started.empty() ? 0 : *record.started.rbegin();
        const bool goes_on = state == "live" && seen_.known[record.shard] == id && !record.owner_killed;
        if (goes_on) up_to = std::max(up_to, session.at("last_seq").to_number<std::uint64_t>());
        if (state == "dead" && !record.owner_killed) up_to = std::max(up_to, session.at("safe_seq").to_number<std::uint64_t>());
        std::vector<std::uint64_t> lost, unfinished;
        for (std::uint64_t seq = 1; seq <= up_to; ++seq) {
            if (excused.contains(seq) && !record.started.contains(seq)) continue;
            if (!record.started.contains(seq))
                lost.push_back(seq);
            else if (goes_on && !record.ended.contains(seq))
                unfinished.push_back(seq);
        }
        if (!lost.empty())
            find(fmt::format("session {} of shard {} ({}): {} of {} lost, the first is s={}", id, record.shard,
                             std::string_view(state), lost.size(), up_to, lost.front()));
        if (!unfinished.empty())
            find(fmt::format("session {} of shard {}: {} events whose handlers never ended, the first is s={}", id, record.shard,
                             unfinished.size(), unfinished.front()));
    }

    run_options options_;
    run_report report_;
    random_source random_;
    virtual_scheduler time_;
    transcript notes_;
    witness seen_;
    shared_ledger ledgers_[2];
    virtual_discord discord_;
    process_options process_;
    std::array<std::unique_ptr<virtual_process>, 2> processes_;
};

}  // namespace

std::string run_report::text() const {
    std::string all = fmt::format("SEED {} (repeat with SHOAL_SEED={})\n", seed, seed);
    for (const auto& finding : findings) all += "- " + finding + "\n";
    return all + "what happened before the first finding:\n" + transcript;
}

run_report run(const run_options& options) { return simulation_run(options).go(); }

}  // namespace shoal::simulation
