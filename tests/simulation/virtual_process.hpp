#pragma once
// One process of the bot in the simulation: a real shard_host and identify_desk over the virtual network, and handlers that take
// their time. Not here: what is right and wrong (checkers.hpp).

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "base/virtual_scheduler.hpp"
#include "host/identify_desk.hpp"
#include "host/shard_host.hpp"
#include "simulation/virtual_discord.hpp"

namespace shoal::simulation {

/// What the handlers of all processes saw of one session.
struct session_record {
    std::uint32_t shard = 0;
    std::set<std::uint64_t> started, ended;
    std::set<std::uint64_t> skipped;      ///< Its reader failed twice.
    std::map<std::uint64_t, int> failed;  ///< How often its reader failed.
    bool owner_killed = false;            ///< Nobody could go on with it.
    std::vector<std::string> wrong;       ///< What a handler itself noticed: order, doubles.
};

/// The memory that outlives processes: what the checkers look at.
struct witness {
    std::map<std::string, session_record> sessions;
    bool quiet = false;                          ///< No reader fails any more.
    std::map<std::uint32_t, std::string> known;  ///< The session that each shard's owner knows of.
};

/// The ledger that the processes share.
struct shared_ledger {
    gateway::identify_ledger ledger;
};

struct process_options {
    std::vector<shard_key> shards;
    gateway::compression transport = gateway::compression::none;
    std::uint64_t seed = 1;
    std::uint32_t most_in_flight = 64;
    double slow_handlers = 0.05;    ///< Share of events whose handlers take a while.
    double stuck_handlers = 0.002;  ///< Share of those that take up to a minute.
    double failing_readers = 0.002;
    host::planted_bugs planted;
};

class virtual_process final : public host::event_sink {
public:
    virtual_process(virtual_scheduler& time, virtual_discord& discord, shared_ledger& ledger, witness& seen, transcript& notes,
                    process_options options, std::map<shard_key, gateway::resume_ticket> tickets);
    ~virtual_process() override;

    /// In order: `done` gets the tickets when all shards have stopped.
    void stop(std::function<void(std::map<shard_key, gateway::resume_ticket>)> done);
    /// As kill -9: nothing is finished, nothing is handed over.
    void kill();

    [[nodiscard]] bool all_live() const;
    [[nodiscard]] std::uint64_t reconnects() const;
    [[nodiscard]] std::string picture() const;
    [[nodiscard]] const std::vector<shard_key>& shards() const noexcept { return options_.shards; }

private:
    void on_session(shard_key shard, std::string_view ready_json) override;
    [[nodiscard]] result<void> on_dispatch(host::dispatch event, host::guild_change change) override;
    void on_resumed(shard_key) override {}
    void on_shard_ready(shard_key, std::uint32_t) override {}
    void on_status(shard_key shard, gateway::session_status status) override;
    void on_gave_up(shard_key shard, std::uint16_t close_code, std::string_view why) override;
    void end_handler(std::uint64_t which);

    struct running {
        std::string session;
        host::dispatch event;
        timer_id timer = timer_id::none;
    };

    virtual_scheduler& time_;
    witness& seen_;
    transcript& notes_;
    process_options options_;
    random_source random_;
    virtual_dialer dialer_;
    virtual_http http_;
    std::map<std::uint32_t, std::string> session_of_;
    std::map<std::string, std::uint64_t> highest_;  // of each session, in this process
    std::map<std::uint64_t, running> handlers_;
    std::uint64_t last_handler_ = 0;
    bool gone_ = false;
    std::unique_ptr<host::identify_desk> desk_;
    std::unique_ptr<host::shard_host> host_;
};

}  // namespace shoal::simulation
