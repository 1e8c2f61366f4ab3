#pragma once
// The gateway of the simulated Discord: connections, sessions, dispatches, and the faults in them. A part of the simulator, which
// composes it with the world and the REST side; like that it is a pure machine.
// Not here: sockets and compression (sim/server, sim/wire), what guilds say (world.hpp), routes (rest.hpp).

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/random.hpp"
#include "sim/core/agenda.hpp"
#include "sim/core/config.hpp"
#include "sim/core/facts.hpp"
#include "sim/core/fault_table.hpp"
#include "sim/core/identify_limits.hpp"
#include "sim/core/identify_request.hpp"
#include "sim/core/protocol.hpp"
#include "sim/core/rest.hpp"
#include "sim/core/send_window.hpp"
#include "sim/core/session_table.hpp"
#include "sim/core/upgrade_query.hpp"
#include "sim/core/world.hpp"

namespace shoal::sim {

class command_reader;

/// What there is to judge a client by [#51].
struct gateway_counters {
    std::uint64_t connections = 0, identifies = 0, readies = 0, resumes = 0, resumed = 0, op9s = 0;
    std::uint64_t concurrency_breaches = 0, budget_breaches = 0, takeovers = 0;
    std::uint64_t breaches_by_fault = 0;  ///< F27's share of concurrency_breaches: no fault of the client's.
    std::uint64_t heartbeats = 0, late_heartbeats = 0, missed_heartbeats = 0;
    std::uint64_t sends = 0, most_sends_per_minute = 0, presences_ignored = 0;
    std::uint64_t dispatches = 0, replayed = 0, muted = 0, before_guild = 0, unknown_events = 0, duplicates = 0;
    std::uint64_t wrong_host_resumes = 0, identifies_on_resume_host = 0, member_requests = 0, member_requests_limited = 0;
    std::uint64_t op7s = 0, spontaneous_cuts = 0;
    std::map<std::uint16_t, std::uint64_t> closed_with;       ///< Server's close codes.
    std::map<std::uint16_t, std::uint64_t> closed_by_client;  ///< The client's; 0: its end came without a close frame.

    [[nodiscard]] boost::json::object to_json() const;
};

class gateway {
public:
    /// `config` belongs to the simulator, which may change it while running.
    gateway(simulator_config& config, world& where, agenda& later);

    /// Where orders go until the next call; set for the time of one step.
    void set_out(std::vector<action>* out) noexcept { out_ = out; }

    // ---- facts ----
    void opened(const connection_opened& fact, instant now);
    void arrived(const message_arrived& fact, instant now);
    void closed(const connection_closed& fact, instant now);

    // ---- what happens in the world ----
    void publish(const world_event& event, instant now);
    void guild_joined(std::uint64_t guild, instant now);
    void guild_left(std::uint64_t guild, instant now);
    void set_outage(std::uint64_t guild, bool unavailable, instant now);
    /// F31: the guild is gone from the bot's sight, or back.
    void set_away(std::uint64_t guild, bool away, instant now);

    // ---- what REST asks ----
    [[nodiscard]] boost::json::object gateway_bot(instant now);
    [[nodiscard]] std::optional<forced_answer> gateway_bot_fault(instant now);
    [[nodiscard]] const std::string& token() const noexcept { return token_; }

    // ---- control ----
    /// Starts a fault; a sentence in `problem` if the command makes no sense. The answer says how many it struck.
    boost::json::object start_fault(const boost::json::object& command, int number, instant now, std::string& problem);
    /// Ends standing faults and undoes what can be undone.
    void clear_faults(instant now);
    boost::json::object reconnect_some(const selector& by, duration spread, instant now);
    boost::json::object invalidate_some(const selector& by, std::optional<bool> resumable, instant now);
    boost::json::object cut_some(const selector& by, wire_fault how, bool lose_sessions, instant now);
    boost::json::object ask_heartbeats(const selector& by, duration within, instant now);
    boost::json::object send_raw(const selector& by, std::string_view event, shared_text data, instant now);
    void restart_window(instant now);
    void rescale_limits();  ///< After config or guild counts changed.

    // ---- what is true ----
    [[nodiscard]] boost::json::array oracle_sessions() const;
    [[nodiscard]] boost::json::array describe_sessions() const;
    [[nodiscard]] boost::json::array faults(instant now) const { return faults_.list(now); }
    [[nodiscard]] const gateway_counters& counters() const noexcept { return count_; }
    [[nodiscard]] std::int64_t identifies_left(instant now) const { return limits_.front().remaining(now); }
    [[nodiscard]] bool online() const noexcept { return sessions_.online(); }
    [[nodiscard]] std::size_t connections() const noexcept { return connections_.size(); }
    [[nodiscard]] std::size_t sessions() const noexcept { return sessions_.all().size(); }
    /// Nothing is on its way to a live connection: no READY, burst or chunk is pending, and no connection is kept silent.
    [[nodiscard]] bool settled() const noexcept;

private:
    enum class phase : std::uint8_t { open, identifying, live, condemned };
    struct connection {
        conn_id id{};
        bool on_resume_host = false;
        upgrade_query asked;
        phase at = phase::open;
        session* of = nullptr;
        duration interval{};
        instant last_beat{};
        bool beat_asked = false;
        std::uint64_t beats_asked = 0;
        bool acks = true;     ///< F11
        bool reading = true;  ///< F12
        bool silent = false;  ///< F11: dispatches stay in the replay buffer.
        bool withheld = false;
        std::uint64_t op7s = 0;
        send_window sends{limits::sends_per_minute, std::chrono::seconds(60)};
        send_window presences{limits::presences_per_20_s, std::chrono::seconds(20)};
    };

    // gateway_connections.cpp
    [[nodiscard]] connection* find(conn_id id) noexcept;
    void hello(connection& c, instant now);
    void send(connection& c, int op, shared_text data);
    void close(connection& c, std::uint16_t code, std::string_view why, instant now);
    void cut(connection& c, wire_fault how, instant now);
    void drop(connection& c, instant now);  ///< Forgets it; its session becomes resumable.
    void detach(session& s, instant now);
    void end(session& s, std::string_view why, std::uint64_t safe_seq);
    void heartbeat(connection& c, const boost::json::value* d, instant now);
    void watch_heartbeat(conn_id id, instant when);
    void ask_heartbeat(connection& c, duration within, instant now);
    void reconnect(connection& c, instant now);
    void invalid_session(connection& c, bool resumable);
    [[nodiscard]] static fault_subject subject(const connection& c) noexcept;
    /// F2, F12, F13, F33 to F37, F11 where they stand for later connections too.
    void strike_connection(connection& c, instant now, bool by_percent);
    bool wire_fault_on(connection& c, int number, const boost::json::object& how, instant now);

    // gateway_identify.cpp
    void identify(connection& c, const boost::json::value* d, instant now);
    void refuse_identify(conn_id id, bool resumable, duration after, instant now);
    void ready(conn_id id, const identify_request& request, std::uint32_t bot, instant now);
    void budget_blown(std::uint32_t bot, instant now);
    [[nodiscard]] std::optional<std::uint32_t> bot_of(std::string_view token) const noexcept;
    [[nodiscard]] identify_limits::settings limit_settings() const;
    [[nodiscard]] std::vector<std::uint64_t> guilds_of(std::uint32_t shard, std::uint32_t total) const;
    void set_mode(connection& c, bool compress);
    void keep_restless(session& s, instant now);

    // gateway_resume.cpp
    void resume(connection& c, const boost::json::value* d, instant now);
    [[nodiscard]] bool resume_fault(connection& c, session* s, instant now);
    void replay(connection& c, session& s, std::uint64_t from, instant now);

    // gateway_dispatch.cpp
    void dispatch(session& s, const std::string* name, shared_text data, instant now);
    void dispatch(session& s, std::string_view name, shared_text data, instant now);
    void run_burst(session& s, instant now);
    void send_guild(session& s, std::uint64_t guild, instant now);
    [[nodiscard]] shared_text guild_create(const session& s, std::uint64_t guild);
    [[nodiscard]] shared_text varied(const shared_text& data);

    // gateway_requests.cpp
    void presence(connection& c, const boost::json::value* d, instant now);
    void voice_state(connection& c, const boost::json::value* d, instant now);
    void members(connection& c, const boost::json::value* d, instant now);
    void sounds(connection& c, const boost::json::value* d, instant now);
    void channel_info(connection& c, const boost::json::value* d, instant now);
    void later_dispatch(session& s, std::string_view name, std::string data, duration after, instant now);
    [[nodiscard]] bool sees(const session& s, std::uint64_t guild) const noexcept;

    // gateway_commands.cpp, gateway_wire_faults.cpp, gateway_bot.cpp, gateway_faults.cpp
    [[nodiscard]] std::vector<connection*> pick_connections(const selector& by);
    [[nodiscard]] std::vector<session*> pick_sessions(const selector& by);
    [[nodiscard]] std::vector<std::uint64_t> pick_guilds(const selector& by);
    void tell_listener(int number, double percent, int status, std::string_view host);
    void guild_available(std::uint64_t guild, instant now);  ///< GUILD_CREATE to whoever should know it, as after an outage.
    boost::json::object start_gateway_bot_fault(command_reader& read, selector& by, instant now, std::string& problem);
    boost::json::object start_refusals(command_reader& read, instant now, std::string& problem);
    void storm(std::vector<std::uint64_t> guilds, duration span, duration pause, std::uint64_t times, bool away, instant now);

    simulator_config& config_;
    world& world_;
    agenda& agenda_;
    std::vector<action>* out_ = nullptr;

    std::unordered_map<std::uint64_t, connection> connections_;
    session_table sessions_;
    fault_table faults_;
    std::vector<identify_limits> limits_;  ///< Per bot.
    std::string token_;
    std::uint64_t rotations_ = 0;
    gateway_counters count_;

    random_source ids_, timing_, chance_, variation_;

    std::set<std::uint64_t> outages_, away_;
    std::map<std::uint64_t, shared_text> giants_;  ///< F32: what GUILD_CREATE says in place of the world.
    std::map<std::pair<std::uint32_t, std::uint64_t>, instant> full_lists_;  ///< Op 8's limit, per bot and guild.
    std::set<int> accept_faults_;                                            ///< Which of F5 to F7 the listener was told.
    std::uint64_t storms_ = 0;                       ///< Rises with `clear`: what was planned before it does not happen.
    std::optional<std::int64_t> told_remaining_;     ///< F28
    std::optional<simulator_config> before_faults_;  ///< What F26 and F29 changed.
    std::uint64_t pending_jobs_ = 0;                 ///< READYs and paced dispatches on their way.
};

}  // namespace shoal::sim
