// One shard: facts to its machine, its connection, what it sends and what is in flight.

#include "host/shard_driver.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/assert.hpp"
#include "discord/opcodes.hpp"
#include "host/errc.hpp"
#include "net/errc.hpp"

namespace shoal::host {

using namespace std::chrono_literals;

namespace {

/// Handlers of the process before may not have ended for what it received last: those events are asked for again. The guilds go
/// where they are kept.
std::optional<gateway::resume_ticket> taken_over(std::optional<gateway::resume_ticket> ticket, session_past past,
                                                 const planted_bugs& planted) {
    if (!ticket || past == session_past::foreign) return std::nullopt;
    if (!planted.resume_from_received) ticket->seq = ticket->done;
    ticket->guilds = {};
    ticket->without_guilds = false;
    return ticket;
}

driver_options with_bugs(driver_options options) {
    const auto& planted = options.planted;
    if (planted.impatient_for_ready) options.session.ready_timeout = 5s;
    if (planted.waits_for_every_guild) options.guild_wait = std::chrono::hours(24);
    if (planted.clings_to_dead_address) options.session.resume_url_rest = options.session.resume_url_longest_rest = 1ms;
    if (planted.deaf_to_silence) options.silence.least_silence = {};
    if (planted.alarmed_by_every_pause)
        options.silence = {.least_silence = 5s, .least_past = 20s, .least_events = 5, .times_longest_gap = 1, .least_rest = 1};
    return options;
}

}  // namespace

shard_driver::shard_driver(shard_thread where, buffer_pool& pool, state::journal_writer* journal, driver_options options,
                           std::optional<gateway::resume_ticket> ticket, permit_source& permits, event_sink& sink,
                           driver_hooks hooks)
    : where_(where),
      pool_(pool),
      journal_(journal),
      options_(with_bugs(std::move(options))),
      permits_(permits),
      sink_(sink),
      hooks_(std::move(hooks)),
      random_(options_.session.seed ^ 0x636f7272656c6174ULL),
      past_(ticket ? sink.on_takeover(*ticket) : session_past::at_hand),
      session_(options_.session, taken_over(ticket, past_, options_.planted)),
      link_(std::make_shared<flight_window::link>()),
      guilds_(options_.guild_wait),
      members_(
          *where_.on, outbound_, options_.session.seed, [this] { pump(); }, options_.planted),
      half_deaf_(options_.session.shard, options_.silence, *where_.on, permits_,
                 {.may_renew = [this] { return live() && (!hooks_.may_renew || hooks_.may_renew()); },
                  .renew = [this](std::string why) { feed(gateway::renew_requested{std::move(why)}); }}),
      move_renewal_(options_.session.shard, *where_.on, permits_,
                    {.take_turn = [this] { return !hooks_.take_turn || hooks_.take_turn(); },
                     .end_turn =
                         [this] {
                             if (hooks_.end_turn) hooks_.end_turn();
                         },
                     .may_renew = [this] { return live(); },
                     .renew = [this] { feed(gateway::renew_requested{"its cache stayed behind"}); }}),
      self_(std::make_shared<shard_driver*>(this)) {
    link_->home = this;
    if (const auto& kept = session_.ticket()) {
        begin_window(kept->session_id, kept->done);
        takeover_.begin(*ticket, options_.wall_clock());
        if (journal_ != nullptr) journal_->taken_over(window_->session_index(), kept->done, now());
        unsettled_ = true;  // Until a RESUMED answers this process.
        guilds_.adopt(ticket->guilds, now(), ticket->without_guilds);
        if (past_ == session_past::left_behind && options_.renew_after_move) move_renewal_.want();
    } else if (ticket) {
        lost_session_ = ticket->session_id;  // Nobody can go on with it here, and whoever gave it is told so.
    }
}

shard_driver::~shard_driver() {
    *self_ = nullptr;
    link_->home = nullptr;
    for (auto* timer : {&machine_timer_, &guild_timer_, &pump_timer_, &drain_timer_}) clear_timer(*timer);
}

// ---- the machine -------------------------------------------------------------------------------------------------------

void shard_driver::start() { feed(gateway::started{}); }

void shard_driver::stop(bool for_good) { feed(gateway::stop_requested{for_good}); }

void shard_driver::edge_trouble(bool now) { feed(gateway::edge_trouble{now}); }

void shard_driver::gateway_url_changed(std::string url) { feed(gateway::gateway_url_changed{std::move(url)}); }

void shard_driver::renew() { feed(gateway::renew_requested{}); }

void shard_driver::feed(gateway::input fact) {
    step(std::move(fact));
    settle();
}

void shard_driver::step(gateway::input fact) {
    later_.push_back(std::move(fact));
    if (stepping_) return;  // the orders of the fact before must be carried out first
    stepping_ = true;
    while (!later_.empty()) {
        const auto next = std::move(later_.front());
        later_.pop_front();
        const auto session = session_.ticket() ? session_.ticket()->session_id : std::string();
        session_.step(next, now(), orders_);
        if (!session_.ticket() && !session.empty()) {
            lost_session_ = session;
            session_unknown_ = false;  // Nothing of it comes any more; whatever follows is to be read.
        }
        for (auto& one : orders_) carry_out(one);
        orders_.clear();
    }
    stepping_ = false;
}

/// Tells what changed by the facts before.
void shard_driver::settle() {
    if (stepping_) return;
    if (const auto lost = session_.stats().gaps; lost > lost_told_) {
        options_.log.error(fmt::format("shard {}: {} event(s) never came", shard().id, lost - lost_told_), {}, correlation_);
        lost_told_ = lost;
    }
    const auto status = session_.status();
    if (status == told_status_) return;
    told_status_ = status;
    if (status == gateway::session_status::resuming) {
        unsettled_ = true;
        // The replay comes now. A connection begins with reading; what held the one before back still does.
        flow();
    }
    sink_.on_status(shard(), status);
    if (hooks_.on_changed) hooks_.on_changed();
    if (live() != told_live_) {
        told_live_ = live();
        if (hooks_.on_connection) hooks_.on_connection(told_live_);
    }
    if (live()) {
        guilds_maybe_ready();
        pump();
    }
    keep();
}

void shard_driver::machine_due() {
    // A pause of our own is not the peer's silence.
    if (reading_paused_) session_.on_pause(now());
    feed(gateway::tick{});
}

// ---- the connection ----------------------------------------------------------------------------------------------------

void shard_driver::on_open() {
    message_at_ = now();
    message_waits_ = false;
    feed(gateway::opened{});
}

void shard_driver::on_traffic() {
    if (options_.planted.acks_ignored_after_reconnect && connections_ > 1) return;
    session_.on_traffic(now());
}

void shard_driver::on_closed(const net::close_report& report) {
    const auto gone = std::exchange(socket_, nullptr);
    inflater_.reset();
    outbound_.disconnected();
    reading_paused_ = false;
    clear_timer(pump_timer_);
    if (std::exchange(identify_open_, false) && !options_.planted.failures_not_told) permits_.identify_ended(shard(), false);
    if (report.while_dialing && report.why && report.why->is(net::errc::untrusted))
        sink_.on_untrusted(shard(), report.why->detail());
    if (report.while_dialing && told_live_ == false && hooks_.on_connection) hooks_.on_connection(false);
    if (report.while_dialing && options_.rights != nullptr) options_.rights->dial_failed(shard());
    std::string detail = report.reason;
    if (detail.empty() && report.why) detail = report.why->message();
    // A message that the transport itself cannot read (text that is not UTF-8) is as poisonous as one that its reader cannot:
    // without this, RESUME would bring it again for ever.
    if (!report.by_us && report.why) {
        const bool too_large = report.why->is(net::errc::too_large);
        if (too_large || report.why->is(net::errc::protocol_broken)) {
            count_bad(too_large ? bad_input::too_large : bad_input::transport, detail);
            if (!report.while_dialing) step(gateway::stream_broken{detail, {}});
        }
    }
    if (options_.planted.identify_after_close && !report.by_us && !report.while_dialing) step(gateway::renew_requested{});
    feed(gateway::closed{report.code, report.while_dialing, std::move(detail)});
    if (options_.planted.forget_backoff && report.while_dialing && !given_up_) {
        session_ = gateway::session(options_.session, session_.ticket());
        feed(gateway::started{});
    }
}

// ---- what is sent ------------------------------------------------------------------------------------------------------

result<void> shard_driver::send(std::uint8_t op, std::string d) {
    if (given_up_) return std::unexpected(failure(errc::stopped, fmt::format("shard {}", shard().id)));
    if (auto added = outbound_.add(op, std::move(d)); !added) return added;
    // The next IDENTIFY shows it from its first moment on; a new session is told again in case that one was under way.
    if (op == static_cast<std::uint8_t>(discord::opcode::presence_update))
        step(gateway::presence_changed{std::string(outbound_.presence())});
    pump();
    return {};
}

void shard_driver::pump() {
    while (live() && socket_ != nullptr) {
        auto wait_until = never;
        const auto* next = outbound_.next(now(), wait_until);
        if (next == nullptr) return set_timer(pump_timer_, wait_until, &shard_driver::pump_due);
        // A peer that does not read fills the socket's queue: what waits here is still in order, and bounded.
        if (!socket_->send(*next)) return set_timer(pump_timer_, now() + 1s, &shard_driver::pump_due);
        if (const auto tag = outbound_.sent(now()); tag != 0) members_.sent(tag);
    }
}

void shard_driver::pump_due() { pump(); }

// ---- what is in flight -------------------------------------------------------------------------------------------------

void shard_driver::begin_window(std::string_view session_id, std::uint64_t done) {
    const auto index = journal_ == nullptr ? 0 : journal_->session(session_id, now());
    window_ = flight_window::make(link_, index, done);
    highest_handed_out_ = 0;
}

void shard_driver::on_event_ended(flight_window& window, std::uint64_t seq, delivery how) noexcept {
    --in_flight_;
    if (journal_ != nullptr) journal_->ended(window.session_index(), seq, static_cast<std::uint8_t>(how), now());
    // Numbers of an older session say nothing about this one.
    if (&window == window_.get() && !options_.planted.done_at_start) session_.on_done(window.done());
    flow();
    end_if_drained();
}

/// Reading stops when too many handlers run and goes on when a quarter of the places is free.
void shard_driver::flow() {
    if (socket_ == nullptr) return;
    const bool full = in_flight_ >= options_.most_in_flight && !options_.planted.drop_when_full;
    if (!reading_paused_ && (full || session_unknown_)) {
        reading_paused_ = true;
        socket_->pause_reading();
    } else if (reading_paused_ && !session_unknown_ &&
               in_flight_ <= options_.most_in_flight - (options_.most_in_flight + 3) / 4) {
        reading_paused_ = false;
        session_.on_pause(now());
        socket_->resume_reading();
    }
}

// ---- the end -----------------------------------------------------------------------------------------------------------

void shard_driver::end_if_drained() {
    if (!given_up_ || in_flight_ != 0 || stopped_told_) return;
    drain_due();
}

void shard_driver::drain_due() {
    if (std::exchange(stopped_told_, true)) return;
    clear_timer(drain_timer_);
    where_.on->post([self = self_] {
        if (*self == nullptr) return;
        const auto stopped = (*self)->hooks_.on_stopped;
        if (stopped) stopped();
    });
}

// ---- timers and pictures -----------------------------------------------------------------------------------------------

void shard_driver::set_timer(timer_id& timer, instant when, void (shard_driver::*then)()) {
    clear_timer(timer);
    if (when == never) return;
    timer = where_.on->wake_at(when, [this, &timer, then] {
        timer = timer_id::none;
        (this->*then)();
    });
}

void shard_driver::clear_timer(timer_id& timer) noexcept {
    if (timer != timer_id::none) where_.on->cancel(std::exchange(timer, timer_id::none));
}

void shard_driver::second_passed() {
    if (journal_ != nullptr && !journal_->broken().empty() && !std::exchange(journal_told_, true)) {
        options_.log.error(fmt::format("shard {}: the event journal has ended, the shard goes on without it: {}", shard().id,
                                       journal_->broken()));
    }
    check_deafness();
    events_.second_passed();
    half_deaf_.on_second(live() && !reading_paused_);
    // Behind RESUMED the replay was handed out.
    move_renewal_.on_second(live() && !unsettled_);
}

shard_snapshot shard_driver::snapshot() const {
    const auto& stats = session_.stats();
    shard_snapshot picture;
    picture.shard = options_.session.shard;
    picture.status = session_.status();
    picture.guilds_ready = guilds_.is_ready();
    picture.guilds = static_cast<std::uint32_t>(guilds_.known());
    picture.unavailable_guilds = static_cast<std::uint32_t>(guilds_.unavailable());
    picture.latency = stats.latency;
    picture.events_per_second = events_.per_second();
    picture.events = events_.events();
    picture.in_flight = in_flight_;
    picture.unknown_events = unknown_events_;
    picture.resumes = stats.resumes;
    picture.identifies = stats.identifies;
    picture.reconnects = stats.reconnects;
    picture.half_deaf = half_deaf_.renewals();
    picture.renewed_after_moves = move_renewal_.renewals();
    picture.poison = stats.poison;
    picture.bad_input = bad_;
    if (journal_ != nullptr) picture.journal_problem = journal_->broken();
    picture.lost = stats.gaps;
    picture.duplicates = stats.duplicates;
    picture.last_reconnect_reason = stats.last_reconnect_reason;
    if (const auto& ticket = session_.ticket()) {
        picture.seq = ticket->seq;
        picture.session_id = ticket->session_id;
        picture.ticket = *ticket;
        // All of them would be too much to tell each second.
        if (guilds_.known() == 0) {
            const auto guilds = guilds_at_done();
            picture.ticket->without_guilds = guilds && guilds->empty();
        }
    }
    picture.lost_session = lost_session_;
    return picture;
}

}  // namespace shoal::host
