#pragma once
// One process of the bot in the simulation: a real shard_host and identify_desk over the virtual network, and handlers that take
// their time. Not here: what must hold in the end (checkers.cpp).

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "base/virtual_scheduler.hpp"
#include "host/identify_desk.hpp"
#include "host/shard_host.hpp"
#include "simulation/virtual_discord.hpp"
#include "simulation/virtual_disk.hpp"
#include "simulation/virtual_network.hpp"

namespace shoal::simulation {

/// What the handlers of all processes saw of one session.
struct session_record {
    std::uint32_t shard = 0;
    std::set<std::uint64_t> started, ended;
    std::set<std::uint64_t> skipped;              ///< Its reader failed twice.
    std::map<std::uint64_t, int> failed;          ///< How often its reader failed.
    bool owner_killed = false;                    ///< Nobody could go on with it.
    bool deafened = false;                        ///< F14: Discord brings no more of some kinds; giving it up is right.
    std::vector<std::string> wrong;               ///< What a handler itself noticed: order, doubles.
    std::map<std::uint64_t, instant> handed_out;  ///< When each was first.
    /// The highest number that a heartbeat acknowledged though it was on no disk: it was five seconds old, and Discord may have
    /// forgotten it.
    std::uint64_t given_up = 0;
    std::uint64_t replayed = 0;  ///< Handed out by a later process, which said so.
};

/// One request for a guild's members.
struct member_ask {
    std::uint32_t shard = 0;
    std::string nonce;             ///< Of its chunks so far.
    std::set<std::uint64_t> came;  ///< Their indexes.
    std::optional<std::uint64_t> count;
    int ended = 0;
    bool complete = false, owner_killed = false;
};

/// The memory that outlives processes: what the checkers look at.
struct witness {
    std::map<std::string, session_record> sessions;
    bool quiet = false;                          ///< No reader fails any more.
    std::map<std::uint32_t, std::string> known;  ///< The session that each shard's owner knows of.
    std::vector<std::shared_ptr<member_ask>> asks;
    std::map<std::uint32_t, std::uint16_t> gave_up;  ///< Shards that stopped for good, and Discord's reason.
    std::vector<std::string> wrong;                  ///< What a process noticed that is of no one session.
    std::uint64_t ready_with_missing = 0;            ///< How often a shard was told ready without some of its guilds.
};

/// The ledger that the processes share.
struct shared_ledger {
    budget::identify_ledger ledger;
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
    virtual_process(virtual_scheduler& time, virtual_discord& discord, shared_ledger& ledger, virtual_disk& disk, witness& seen,
                    transcript& notes, process_options options, std::map<shard_key, gateway::resume_ticket> tickets);
    ~virtual_process() override;

    /// In order: `done` gets the tickets when all shards have stopped.
    void stop(std::function<void(std::map<shard_key, gateway::resume_ticket>)> done);
    /// As kill -9: nothing is finished, nothing is handed over but what the disk holds by now.
    void kill();
    /// Members of a guild of one of its shards: by ids, or all.
    void ask_members(shard_key shard, guild_id guild, std::vector<user_id> users);
    /// Counts and pictures that must fit what the handlers saw. Nothing may be in flight.
    void check_pictures();

    [[nodiscard]] bool all_live() const;
    [[nodiscard]] std::uint64_t reconnects() const;
    [[nodiscard]] std::string picture() const;
    [[nodiscard]] const std::vector<shard_key>& shards() const noexcept { return options_.shards; }

private:
    void on_session(shard_key shard, std::string_view ready_json) override;
    [[nodiscard]] result<void> on_dispatch(host::dispatch event, host::guild_change change) override;
    void on_resumed(shard_key) override {}
    void on_shard_ready(shard_key shard, std::uint32_t missing) override;
    void on_status(shard_key shard, gateway::session_status status) override;
    void on_gave_up(shard_key shard, std::uint16_t close_code, std::string_view why) override;
    void end_handler(std::uint64_t which);
    void read_log(std::string_view line);
    void note_guild(const host::dispatch& event);
    void check_wait(shard_key shard);
    [[nodiscard]] bool can_read(const host::dispatch& event, const std::string& session, session_record& record);

    struct running {
        std::string session;
        host::dispatch event;
        timer_id timer = timer_id::none;
    };

    virtual_scheduler& time_;
    virtual_discord& discord_;
    witness& seen_;
    transcript& notes_;
    process_options options_;
    random_source random_;
    virtual_dialer dialer_;
    virtual_http http_;
    std::map<std::uint32_t, std::string> session_of_;
    std::map<std::string, std::uint64_t> highest_;                     // of each session, in this process
    std::map<std::string, std::uint64_t> done_before_;                 // of sessions that were taken over
    std::map<std::uint32_t, std::set<std::uint64_t>> guilds_to_come_;  // of shards whose READY this process saw
    std::map<std::string, int> ready_told_;                            // by session
    std::map<std::uint32_t, instant> wait_began_;                      // of live shards that are not told ready yet
    std::map<std::uint32_t, std::uint64_t> unreadable_;                // events whose reader failed, by shard
    std::map<std::uint64_t, running> handlers_;
    std::uint64_t last_handler_ = 0;
    std::vector<std::shared_ptr<member_ask>> own_asks_;
    bool gone_ = false;
    std::unique_ptr<host::identify_desk> desk_;
    std::unique_ptr<host::shard_host> host_;
};

}  // namespace shoal::simulation
