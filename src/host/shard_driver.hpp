#pragma once
// One shard: carries out the orders of its session machine on a websocket, and hands out what arrives. It runs on the scheduler
// and dialer ports only, so that a simulation runs this very code. Not here: when to connect, resume, identify or back off
// (gateway/session.hpp); which shards run (shard_host.hpp).

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/buffer.hpp"
#include "base/log_limiter.hpp"
#include "base/logger.hpp"
#include "base/random.hpp"
#include "discord/envelope.hpp"
#include "gateway/guild_availability.hpp"
#include "gateway/guild_history.hpp"
#include "gateway/inflater.hpp"
#include "gateway/session.hpp"
#include "gateway/silence_watch.hpp"
#include "host/bad_input.hpp"
#include "host/event_rate.hpp"
#include "host/event_sink.hpp"
#include "host/flight_window.hpp"
#include "host/half_deaf_watch.hpp"
#include "host/member_desk.hpp"
#include "host/move_renewal.hpp"
#include "host/outbound_queue.hpp"
#include "host/planted.hpp"
#include "host/shard_host.hpp"
#include "host/shard_rights.hpp"
#include "host/takeover.hpp"
#include "host/ticket_keeper.hpp"
#include "net/websocket.hpp"
#include "state/journal_writer.hpp"

namespace shoal::host {

struct driver_options {
    gateway::session_config session;
    duration guild_wait = std::chrono::seconds(15);
    std::uint32_t most_in_flight = 1024;
    /// After the connection ended for a stop, running handlers get this long before their events count as not done.
    duration drain_patience = std::chrono::seconds(5);
    duration close_grace = std::chrono::seconds(1);
    std::string user_agent;
    logger log;
    gateway::silence_policy silence;
    bool renew_after_move = false;  ///< A session whose cache stayed in another process is given up for a new one.
    std::function<std::chrono::system_clock::time_point()> wall_clock = std::chrono::system_clock::now;
    ticket_keeper* keeper = nullptr;  ///< Must outlive the driver; nullptr: nobody goes on with what this process leaves.
    shard_rights* rights = nullptr;   ///< Must outlive the driver; nullptr: no lease bounds it.
    /// Another thread's hand on the next connection, asked for before each dial; none: nobody has one.
    std::function<std::shared_ptr<net::socket_fuse>()> fuse;
    planted_bugs planted;
};

/// What a driver tells its host, on the driver's thread.
struct driver_hooks {
    std::function<void(bool live)> on_connection;  ///< Became live, or lost its connection (a failed dial included).
    std::function<void()> on_left;                 ///< Was live, and closes for want of a lease: no fault of Discord's.
    std::function<void()> on_changed;              ///< The snapshot should be published now.
    /// The session is half deaf and the budget has an IDENTIFY to spare: whether it may be given up now.
    std::function<bool()> may_renew;
    /// The session came without its cache: whether it is this shard's turn to give it up, and that it is over.
    std::function<bool()> take_turn;
    std::function<void()> end_turn;
    /// The end, told once and never inside a call to the driver; it may be destroyed inside.
    std::function<void()> on_stopped;
    /// Around each hand-out: what this thread is busy with, for the watchdog.
    std::function<void(discord::event_kind)> on_busy;
    std::function<void()> on_idle;
};

class shard_driver final : private net::websocket_events, private flight_window::listener {
public:
    /// All on the thread of `where`. `pool`, `journal` (nullptr: none), `permits` and `sink` must outlive the driver.
    shard_driver(shard_thread where, buffer_pool& pool, state::journal_writer* journal, driver_options options,
                 std::optional<gateway::resume_ticket> ticket, permit_source& permits, event_sink& sink, driver_hooks hooks);
    ~shard_driver();
    shard_driver(const shard_driver&) = delete;
    shard_driver& operator=(const shard_driver&) = delete;

    void start();
    /// on_stopped follows when the connection has ended and the handlers have, or their time is up.
    void stop(bool for_good);
    [[nodiscard]] result<void> send(std::uint8_t op, std::string d);
    [[nodiscard]] member_desk& members() noexcept { return members_; }
    void edge_trouble(bool now);
    void gateway_url_changed(std::string url);
    void renew();
    /// Closes the connection if the lease that it stands on is over; true if that is so. RESUMEs by itself when there is one.
    bool check_lease();
    /// A second passed: events per second are counted anew, and silence is looked for.
    void second_passed();
    /// Tells the keeper where the session is; to be called a few times a second.
    void keep();

    [[nodiscard]] shard_key shard() const noexcept { return options_.session.shard; }
    [[nodiscard]] shard_snapshot snapshot() const;
    [[nodiscard]] double events_per_second() const noexcept { return events_.per_second(); }
    /// What is still good after a stop.
    [[nodiscard]] std::optional<gateway::resume_ticket> ticket() const;

private:
    // The machine: facts (shard_driver.cpp) and orders (shard_driver_orders.cpp).
    void feed(gateway::input fact);
    void step(gateway::input fact);
    void settle();
    void carry_out(gateway::action& order);
    void order(gateway::dial& what);
    void order(gateway::ask_permit& what);
    void order(gateway::use_permit& what);
    void order(gateway::return_permit& what);
    void order(gateway::send& what);
    void order(gateway::hang_up& what);
    void order(gateway::wake_at& what);
    void order(gateway::give_up& what);
    void order(gateway::note& what);

    // The connection (net::websocket_events).
    void on_open() override;
    void on_message(net::message_kind kind, std::span<const char> bytes) override;
    void on_traffic() override;
    void on_closed(const net::close_report& report) override;

    // What arrives (shard_driver_receive.cpp).
    void take_message(buffer message);
    void take_dispatch(const discord::envelope& what, buffer message);
    void take_ready(const discord::envelope& what, std::uint64_t seq);
    void take_resumed(std::uint64_t seq);
    [[nodiscard]] delivery mark_of(std::uint64_t seq, gateway::verdict found, instant when);
    void hand_out(const discord::envelope& what, buffer message, std::uint64_t seq, delivery how);
    [[nodiscard]] guild_change note_guild(const discord::envelope& what, std::uint64_t seq);
    void broken(bad_input kind, std::string what, std::optional<std::uint64_t> seq = {});
    void count_bad(bad_input kind, std::string_view what);
    void say_unknown(std::string_view what);
    void check_deafness();
    void tell_takeover();

    // What a lease allows (shard_driver_rights.cpp).
    void dial_allowed(std::uint32_t which, std::string url);
    void dial_now(std::string url);
    void wait_until_known(const std::string& session_id);

    // What is left for another process (shard_driver_keep.cpp).
    [[nodiscard]] gateway::resume_ticket ticket_now() const;
    [[nodiscard]] std::optional<std::vector<gateway::known_guild>> guilds_at_done() const;

    void begin_window(std::string_view session_id, std::uint64_t done);
    void guilds_maybe_ready();
    void count_event(discord::event_kind kind) noexcept;

    // What is in flight (flight_window::listener).
    void on_event_ended(flight_window& window, std::uint64_t seq, delivery how) noexcept override;
    void flow();

    // What is sent.
    void pump();

    void end_if_drained();
    void set_timer(timer_id& timer, instant when, void (shard_driver::*then)());
    void clear_timer(timer_id& timer) noexcept;
    void machine_due();
    void guilds_due();
    void pump_due();
    void drain_due();
    [[nodiscard]] instant now() const noexcept { return where_.on->now(); }
    [[nodiscard]] bool live() const noexcept { return session_.status() == gateway::session_status::live; }

    shard_thread where_;
    buffer_pool& pool_;
    state::journal_writer* journal_;
    driver_options options_;
    permit_source& permits_;
    event_sink& sink_;
    driver_hooks hooks_;
    random_source random_;

    session_past past_;
    gateway::session session_;
    std::vector<gateway::action> orders_;
    std::deque<gateway::input> later_;  // facts that came while orders were carried out
    bool stepping_ = false;
    gateway::session_status told_status_ = gateway::session_status::idle;
    bool told_live_ = false;

    std::unique_ptr<net::websocket> socket_;
    std::unique_ptr<gateway::inflater> inflater_;
    std::string correlation_;
    std::uint32_t connections_ = 0;
    duration beat_interval_{};
    instant message_at_{};        // the last whole message, or the connection's opening
    bool message_waits_ = false;  // the inflater has a part of one
    bool identify_open_ = false;  // an IDENTIFY went out and neither READY nor a failure followed

    std::shared_ptr<flight_window::link> link_;
    flight_window::pointer window_;
    std::uint32_t in_flight_ = 0;           // older sessions' events included
    std::uint64_t highest_handed_out_ = 0;  // of the window's session
    bool reading_paused_ = false;
    bool session_unknown_ = false;  // the present one, to whoever grants rights: nothing of it is handed out yet
    std::string lost_session_;      // as in shard_snapshot

    gateway::guild_availability guilds_;
    gateway::guild_history guild_changes_;  // by events whose handlers may not have ended
    takeover takeover_;
    bool takeover_told_ = false;
    bool unsettled_ = false;  // RESUME was sent, and no RESUMED answered it yet
    bool kept_any_ = false;   // the keeper was told of the present session

    outbound_queue outbound_;
    member_desk members_;

    event_rate events_;
    std::uint64_t unknown_events_ = 0, poison_told_ = 0, lost_told_ = 0;
    bad_input_counts bad_{};
    // One line a minute for each kind of bad input, and for what else the far end can make us say without end.
    static constexpr std::size_t stepping_over = bad_input_kinds, strange = bad_input_kinds + 1;
    log_limiter<bad_input_kinds + 2> lines_;
    bool journal_told_ = false;
    half_deaf_watch half_deaf_;
    move_renewal move_renewal_;

    std::optional<gateway::give_up> given_up_;
    bool stopped_told_ = false;
    std::shared_ptr<shard_driver*> self_;  // emptied when the driver goes: posted work holds it
    timer_id machine_timer_ = timer_id::none, guild_timer_ = timer_id::none, pump_timer_ = timer_id::none,
             drain_timer_ = timer_id::none;
};

}  // namespace shoal::host
