#pragma once
// A run's inside: two processes, a Discord, faults chosen by the seed, and what the checkers need to remember.
// simulation.cpp is the course of a run, strikes.cpp its faults, checkers.cpp what must hold.

#include <array>
#include <boost/json/object.hpp>
#include <map>
#include <memory>
#include <string>

#include "simulation/simulation.hpp"
#include "simulation/virtual_discord.hpp"
#include "simulation/virtual_process.hpp"

namespace shoal::simulation {

class simulation_run {
public:
    explicit simulation_run(const run_options& options);
    run_report go();

private:
    // simulation.cpp
    void start(std::size_t which, std::map<shard_key, gateway::resume_ticket> tickets);
    void restart(std::size_t which);
    void kill(std::size_t which, bool again);
    [[nodiscard]] bool all_live() const;
    [[nodiscard]] std::uint64_t reconnects() const;
    void wait_until_live(duration bound);
    [[nodiscard]] std::map<std::uint32_t, std::uint64_t> last_numbers() const;
    void go_deaf(const std::map<std::uint32_t, std::uint64_t>& before);
    void reset_token();

    // strikes.cpp
    void strike();
    void strike_connections(std::uint64_t which);
    void strike_sessions(std::uint64_t which);
    void strike_identifies(std::uint64_t which);
    void strike_requests(std::uint64_t which);
    void fault(boost::json::object command);
    void lose_session(std::uint64_t shard);
    void deafen(std::uint64_t shard, std::string_view event);
    void ask_members(std::uint64_t shard);

    // checkers.cpp
    void find(std::string what);
    [[nodiscard]] std::int64_t counted(std::string_view name);
    [[nodiscard]] std::int64_t own_breaches();
    void check_identify(std::uint32_t shard);
    void check_heartbeat(const std::string& session, std::uint64_t seq);
    void check_end();
    void check_session(const boost::json::object& session);
    void check_members();

    run_options options_;
    run_report report_;
    random_source random_;
    virtual_scheduler time_;
    transcript notes_;
    witness seen_;
    shared_ledger ledgers_[2];
    std::array<virtual_disk, 2> disks_;
    sim::simulator_config config_;
    virtual_discord discord_;
    process_options process_;
    std::array<std::unique_ptr<virtual_process>, 2> processes_;
    std::int64_t at_once_ = config_.max_concurrency;  // IDENTIFYs in five seconds, as Discord says it now
    instant window_ends_{};                           // Discord's identify window, if it is a short one
    std::int64_t excused_breaches_ = 0;               // while a limit that Discord lowered could not be known
};

}  // namespace shoal::simulation
