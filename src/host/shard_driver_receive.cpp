// What a shard receives: inflate, find op, s and t, ask the machine's verdict, hand out.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "discord/errc.hpp"
#include "discord/json_cursor.hpp"
#include "discord/opcodes.hpp"
#include "host/errc.hpp"
#include "host/shard_driver.hpp"

namespace shoal::host {

using discord::event_kind;
using discord::opcode;
using gateway::verdict;

namespace {

// An ACK comes with each beat, so a connection that brings bytes and no message for so long, and for three beats, is stuck in
// one that never ends; its pieces keep the zombie rule from seeing it.
constexpr duration longest_message = std::chrono::minutes(2);
constexpr std::int64_t longest_interval_ms = 3'600'000;
// Discord allows 2,500 guilds a shard; a READY of 64 MB could name millions, each of which costs a hundred times its bytes.
constexpr std::size_t most_guilds = 65'536;
// No gap of Discord's is larger than what it keeps for a replay. A number behind a larger one is broken, and to believe it
// would cost the session: no RESUME could name it.
constexpr std::uint64_t largest_gap = 100'000'000;

}  // namespace

void shard_driver::on_message(net::message_kind, std::span<const char> bytes) {
    if (inflater_ == nullptr) return;
    auto message = inflater_->feed(bytes);
    if (!message) {
        const bool bomb = message.error().is(gateway::errc::message_too_large);
        return broken(bomb ? bad_input::too_large : bad_input::compression, message.error().message());
    }
    message_waits_ = message->size() == 0;
    if (message_waits_) return;
    message_at_ = now();
    // Before anybody who should close this could say so: after a freeze ready sockets come first.
    if (check_lease()) return;
    take_message(std::move(*message));
}

/// A message that was cut off inside its compression takes what follows it for its own rest, and says nothing for ever.
void shard_driver::check_deafness() {
    if (socket_ == nullptr || inflater_ == nullptr) return;
    if (reading_paused_ || session_.status() == gateway::session_status::connecting) message_at_ = now();
    if (now() - message_at_ < std::max(longest_message, 3 * beat_interval_)) return;
    message_at_ = now();
    broken(message_waits_ ? bad_input::compression : bad_input::transport, "a message that never ends");
}

/// A message that cannot be read poisons the connection: the machine reconnects and RESUMEs, and steps over it the second time.
void shard_driver::broken(bad_input kind, std::string what, std::optional<std::uint64_t> seq) {
    count_bad(kind, what);
    feed(gateway::stream_broken{std::move(what), seq});
}

void shard_driver::count_bad(bad_input kind, std::string_view what) {
    const auto which = static_cast<std::size_t>(kind);
    ++bad_[which];
    const auto held_back = lines_.pass(which, now());
    if (!held_back) return;
    auto line = fmt::format("shard {}: Discord sent {}: {}", shard().id, to_string(kind), what);
    if (*held_back != 0) line += fmt::format(" ({} more since the last such line)", *held_back);
    options_.log.warn(line, {{"shard", fmt::format("{}/{}", shard().id, shard().total)}}, correlation_);
}

void shard_driver::take_message(buffer message) {
    discord::json_outline outline;
    const auto read = discord::read_envelope(message.view(), &outline);
    if (!read) {
        const bool is_json = read.error().is(discord::errc::not_a_gateway_message);
        return broken(is_json ? bad_input::wrong_shape : bad_input::not_json, read.error().message());
    }
    switch (static_cast<opcode>(read->op)) {
        case opcode::dispatch: return take_dispatch(*read, std::move(message));
        case opcode::heartbeat: return feed(gateway::heartbeat_requested{});
        case opcode::reconnect: return feed(gateway::reconnect_requested{});
        case opcode::invalid_session: {
            // Whether the session is lost is not to be guessed: RESUME will tell.
            const auto resumable = discord::json_value(read->data).boolean();
            if (!resumable) return broken(bad_input::wrong_shape, "op 9 that does not say whether the session is lost");
            if (std::exchange(identify_open_, false) && !options_.planted.failures_not_told)
                permits_.identify_ended(shard(), false);
            return feed(gateway::session_invalidated{*resumable});
        }
        case opcode::hello: {
            const auto told = discord::json_value(read->data)["heartbeat_interval"].integer();
            if (!told || *told <= 0) return broken(bad_input::wrong_shape, "HELLO without heartbeat_interval");
            const std::chrono::milliseconds interval(std::min(*told, longest_interval_ms));
            beat_interval_ = interval;
            outbound_.connected(interval);
            return feed(gateway::hello_received{interval});
        }
        case opcode::heartbeat_ack:
            if (options_.planted.acks_ignored_after_reconnect && connections_ > 1) return;
            return feed(gateway::heartbeat_acked{});
        default: say_unknown(fmt::format("op {}", read->op));
    }
}

/// No fault of anybody's: Discord adds things all the time.
void shard_driver::say_unknown(std::string_view what) {
    if (!options_.log.on(log_level::debug)) return;
    const auto held_back = lines_.pass(strange, now());
    if (!held_back) return;
    options_.log.debug(fmt::format("shard {}: {} is not known ({} more of that sort since the last such line)", shard().id,
                                   what.substr(0, 64), *held_back),
                       {}, correlation_);
}

void shard_driver::count_event(event_kind kind) noexcept {
    events_.count();
    half_deaf_.on_event(kind);
    if (kind == event_kind::unknown) ++unknown_events_;
}

void shard_driver::take_dispatch(const discord::envelope& what, buffer message) {
    if (!what.seq) return broken(bad_input::wrong_shape, "a dispatch without a number");
    const auto seq = *what.seq;
    if (const auto& ticket = session_.ticket(); seq > (ticket ? ticket->seq : 0) + largest_gap)
        return broken(bad_input::wrong_shape, "a dispatch whose number cannot be");
    if (what.kind == event_kind::ready) return take_ready(what, seq);
    if (what.kind == event_kind::resumed) return take_resumed(seq);
    const auto found = session_.on_dispatch(seq, message_at_);
    if (found == verdict::ignore) return;
    if (found == verdict::duplicate && !options_.planted.duplicates_handed_out) return;
    tell_takeover();
    count_event(what.kind);
    if (what.kind == event_kind::unknown) [[unlikely]] {
        // Without a name nobody can have asked for it: it has its number, and is let pass.
        if (what.name.empty()) count_bad(bad_input::wrong_shape, "a dispatch without a name");
        say_unknown(what.name);
    }
    hand_out(what, std::move(message), seq, mark_of(seq, found, message_at_));
}

/// Whether somebody else may have handed this number out, or may do so now.
delivery shard_driver::mark_of(std::uint64_t seq, verdict found, instant when) {
    if (takeover_.may_be_known(seq, when) || found != verdict::deliver)
        return options_.planted.replay_unmarked ? delivery::fresh : delivery::replayed;
    const bool taken = options_.rights != nullptr && options_.rights->may_be_taken(shard(), now());
    return taken ? delivery::possibly_taken : delivery::fresh;
}

void shard_driver::take_ready(const discord::envelope& what, std::uint64_t seq) {
    std::string session_id, resume_url;
    application_id application;
    std::vector<guild_id> guilds;
    for (const auto& [key, value] : discord::json_value(what.data).fields()) {
        if (key == "session_id")
            session_id = value.text_or("");
        else if (key == "resume_gateway_url")
            resume_url = value.text_or("");
        else if (key == "application")
            application = value["id"].id<application_id>();
        else if (key == "guilds")
            for (const auto& guild : value.elements()) {
                if (guilds.size() == most_guilds) {
                    count_bad(bad_input::wrong_shape, "READY with more guilds than a shard can have");
                    break;
                }
                if (const auto id = guild["id"].id<guild_id>()) guilds.push_back(id);
            }
    }
    if (session_id.empty()) return broken(bad_input::wrong_shape, "READY without session_id");
    if (const auto& kept = session_.ticket(); kept && kept->session_id == session_id) {
        (void)session_.on_dispatch(seq, now());  // A replay brought it again: the session has not begun anew.
        return;
    }
    if (std::exchange(identify_open_, false)) permits_.identify_ended(shard(), true);
    step(gateway::ready_received{session_id, resume_url, application});
    lost_session_.clear();
    wait_until_known(session_id);
    if (session_.on_dispatch(seq, now()) == verdict::ignore) return settle();
    count_event(what.kind);
    begin_window(session_id, seq);
    half_deaf_.on_new_session();
    move_renewal_.on_new_session();
    session_.on_done(seq);
    constexpr std::uint64_t guilds_intent = 1;
    takeover_.end();
    unsettled_ = false;
    guild_changes_.begin();
    guilds_.begin(guilds, now(), (options_.session.intents & guilds_intent) != 0);
    if (journal_ != nullptr) journal_->started(window_->session_index(), seq, 0, now());
    sink_.on_session(shard(), what.data);
    if (journal_ != nullptr) journal_->ended(window_->session_index(), seq, 0, now());
    outbound_.presence_again();
    members_.on_new_session();
    keep();
    settle();
    guilds_maybe_ready();
}

void shard_driver::take_resumed(std::uint64_t seq) {
    step(gateway::resumed_received{});
    const auto found = session_.on_dispatch(seq, now());
    if (found != verdict::ignore && found != verdict::duplicate) {
        tell_takeover();
        if (takeover_.on_resumed(seq, now())) unsettled_ = false;
        count_event(event_kind::resumed);
        // An orphan's RESUME brings the RESUMEDs of whoever took its session, too.
        const auto how = mark_of(seq, found, now());
        if (journal_ != nullptr && window_)
            journal_->started(window_->session_index(), seq, static_cast<std::uint8_t>(how), now());
        sink_.on_resumed(shard());
        if (window_) {
            // Nobody handles it, but its number has its place among those of the events whose handlers still run.
            const auto guard = window_->begin(seq, how);
            ++in_flight_;
            window_->settled();
            highest_handed_out_ = seq;
        }
    }
    keep();
    settle();
    guilds_maybe_ready();
}

/// Discord goes on with a session that another process began: READY does not come, so the bot is told in its own words, once.
void shard_driver::tell_takeover() {
    if (!takeover_.on() || std::exchange(takeover_told_, true)) return;
    sink_.on_adopted(shard(), session_.ticket()->application);
}

void shard_driver::hand_out(const discord::envelope& what, buffer message, std::uint64_t seq, delivery how) {
    if (!window_) return;
    if (options_.planted.drop_when_full && in_flight_ >= options_.most_in_flight) return;
    const auto change = note_guild(what, seq);
    if (what.kind == event_kind::guild_members_chunk) members_.on_chunk(what.data);
    if (what.kind == event_kind::rate_limited) members_.on_rate_limited(what.data);

    const auto index = window_->session_index();
    const bool again = seq <= highest_handed_out_;  // only with a planted bug
    auto& window = *window_;
    event_guard guard;
    if (!again) guard = window.begin(seq, how), ++in_flight_;
    if (options_.planted.done_at_start) session_.on_done(seq);
    if (journal_ != nullptr) journal_->started(index, seq, static_cast<std::uint8_t>(how), now());
    if (hooks_.on_busy) hooks_.on_busy(what.kind);
    dispatch event{shard(), seq, what.kind, what.name, what.data, what.outline, std::move(message), how, std::move(guard)};
    auto taken = sink_.on_dispatch(std::move(event), change);
    if (hooks_.on_idle) hooks_.on_idle();
    if (again) return;
    if (!taken && window.take_back()) {
        --in_flight_;
        if (journal_ != nullptr) journal_->take_back();
        return broken(bad_input::unreadable_event, taken.error().message(),
                      options_.planted.failed_counts_as_received ? std::nullopt : std::optional(seq));
    }
    if (taken) window.settled();
    highest_handed_out_ = seq;
    if (change != guild_change::none && live()) guilds_maybe_ready();
    flow();
}

guild_change shard_driver::note_guild(const discord::envelope& what, std::uint64_t seq) {
    if (what.kind != event_kind::guild_create && what.kind != event_kind::guild_delete) return guild_change::none;
    const auto guild = what.object();
    guild_id id;
    bool unavailable = false;
    int missing = 2;
    // A GUILD_CREATE may be megabytes long, and what stands behind both keys is not looked at.
    for (const auto& [key, value] : guild.fields()) {
        if (key == "id")
            id = value.id<guild_id>(), --missing;
        else if (key == "unavailable")
            unavailable = value.boolean().value_or(false), --missing;
        if (missing == 0) break;
    }
    if (!id) return guild_change::none;
    const auto before = guilds_.state_of(id);
    const auto is_old = [&] { return !guilds_.knows_all() && takeover_.is_older(timestamp(guild["joined_at"].text_or(""))); };
    const auto change = what.kind == event_kind::guild_create ? guilds_.created(id, unavailable, now(), is_old())
                                                              : guilds_.deleted(id, unavailable, now());
    if (guilds_.state_of(id) != before) guild_changes_.note(seq, id, before);
    return change;
}

/// Tells once a session that the shard's guilds are there, or waits for the late ones.
void shard_driver::guilds_maybe_ready() {
    if (guilds_.became_ready(now())) {
        clear_timer(guild_timer_);
        if (hooks_.on_changed) hooks_.on_changed();
        return sink_.on_shard_ready(shard(), static_cast<std::uint32_t>(guilds_.missing()));
    }
    if (guild_timer_ == timer_id::none) set_timer(guild_timer_, guilds_.ready_at(), &shard_driver::guilds_due);
}

void shard_driver::guilds_due() {
    // While the connection is away no guild can come: the wait goes on once it is back.
    if (!live()) return set_timer(guild_timer_, now() + options_.guild_wait, &shard_driver::guilds_due);
    guilds_maybe_ready();
}

}  // namespace shoal::host
