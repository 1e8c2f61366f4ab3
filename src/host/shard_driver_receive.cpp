// What a shard receives: inflate, find op, s and t, ask the machine's verdict, hand out.

#include <fmt/format.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "discord/json_cursor.hpp"
#include "discord/opcodes.hpp"
#include "host/errc.hpp"
#include "host/shard_driver.hpp"

namespace shoal::host {

using discord::event_kind;
using discord::opcode;
using gateway::verdict;

void shard_driver::on_message(net::message_kind, std::span<const char> bytes) {
    if (inflater_ == nullptr) return;
    auto message = inflater_->feed(bytes);
    if (!message) return broken(message.error().message());
    if (message->size() != 0) take_message(std::move(*message));
}

/// A message that cannot be read poisons the connection: the machine reconnects and RESUMEs, and steps over it the second time.
void shard_driver::broken(std::string what) { feed(gateway::stream_broken{std::move(what), {}}); }

void shard_driver::take_message(buffer message) {
    const auto read = discord::read_envelope(message.view());
    if (!read) return broken(read.error().message());
    switch (static_cast<opcode>(read->op)) {
        case opcode::dispatch: return take_dispatch(*read, std::move(message));
        case opcode::heartbeat: return feed(gateway::heartbeat_requested{});
        case opcode::reconnect: return feed(gateway::reconnect_requested{});
        case opcode::invalid_session:
            if (std::exchange(identify_open_, false)) permits_.identify_ended(false);
            return feed(gateway::session_invalidated{discord::json_value(read->data).boolean().value_or(false)});
        case opcode::hello: {
            const auto interval = discord::json_value(read->data)["heartbeat_interval"].integer();
            if (!interval || *interval <= 0) return broken("HELLO without heartbeat_interval");
            outbound_.connected(std::chrono::milliseconds(*interval));
            return feed(gateway::hello_received{std::chrono::milliseconds(*interval)});
        }
        case opcode::heartbeat_ack:
            if (options_.planted.acks_ignored_after_reconnect && connections_ > 1) return;
            return feed(gateway::heartbeat_acked{});
        default: options_.log.debug(fmt::format("shard {}: op {} is not known", shard().id, read->op), {}, correlation_);
    }
}

void shard_driver::count_event(event_kind kind) noexcept {
    ++events_;
    if (kind == event_kind::unknown) ++unknown_events_;
}

void shard_driver::take_dispatch(const discord::envelope& what, buffer message) {
    if (!what.seq) return broken("a dispatch without a number");
    const auto seq = *what.seq;
    if (what.kind == event_kind::ready) return take_ready(what, seq);
    if (what.kind == event_kind::resumed) return take_resumed(seq);
    const auto found = session_.on_dispatch(seq, now());
    if (found == verdict::ignore) return;
    if (found == verdict::duplicate && !options_.planted.duplicates_handed_out) return;
    count_event(what.kind);
    // A RESUMED of earlier days is replayed too, so that what follows it looks fresh: the process before may have handed it out.
    const bool maybe_seen = !had_ready_ && seq <= taken_over_up_to_;
    hand_out(what, std::move(message), seq, found == verdict::deliver && !maybe_seen ? delivery::fresh : delivery::replayed);
}

void shard_driver::take_ready(const discord::envelope& what, std::uint64_t seq) {
    std::string session_id, resume_url;
    std::vector<guild_id> guilds;
    for (const auto& [key, value] : discord::json_value(what.data).fields()) {
        if (key == "session_id")
            session_id = value.text_or("");
        else if (key == "resume_gateway_url")
            resume_url = value.text_or("");
        else if (key == "guilds")
            for (const auto& guild : value.elements())
                if (const auto id = guild["id"].id<guild_id>()) guilds.push_back(id);
    }
    if (session_id.empty()) return broken("READY without session_id");
    if (std::exchange(identify_open_, false)) permits_.identify_ended(true);
    step(gateway::ready_received{session_id, resume_url});
    if (session_.on_dispatch(seq, now()) == verdict::ignore) return settle();
    count_event(what.kind);
    begin_window(session_id, seq);
    session_.on_done(seq);
    constexpr std::uint64_t guilds_intent = 1;
    had_ready_ = true;
    guilds_.begin(guilds, now(), (options_.session.intents & guilds_intent) != 0);
    if (journal_ != nullptr) journal_->started(window_->session_index(), seq, 0, now());
    sink_.on_session(shard(), what.data);
    if (journal_ != nullptr) journal_->ended(window_->session_index(), seq, 0, now());
    outbound_.presence_again();
    members_.on_new_session();
    settle();
    guilds_maybe_ready();
}

void shard_driver::take_resumed(std::uint64_t seq) {
    step(gateway::resumed_received{});
    const auto found = session_.on_dispatch(seq, now());
    if (found != verdict::ignore && found != verdict::duplicate) {
        count_event(event_kind::resumed);
        if (!had_ready_ && !guilds_.is_ready()) guilds_.adopt({}, {});
        const auto how = found == verdict::deliver_replayed ? delivery::replayed : delivery::fresh;
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
    settle();
    guilds_maybe_ready();
}

void shard_driver::hand_out(const discord::envelope& what, buffer message, std::uint64_t seq, delivery how) {
    if (!window_) return;
    if (options_.planted.drop_when_full && in_flight_ >= options_.most_in_flight) return;
    const auto change = note_guild(what);
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
    dispatch event{shard(), seq, what.kind, what.name, what.data, std::move(message), how, std::move(guard)};
    auto taken = sink_.on_dispatch(std::move(event), change);
    if (hooks_.on_idle) hooks_.on_idle();
    if (again) return;
    if (!taken && window.take_back()) {
        --in_flight_;
        if (journal_ != nullptr) journal_->take_back();
        return feed(gateway::stream_broken{taken.error().message(),
                                           options_.planted.failed_counts_as_received ? std::nullopt : std::optional(seq)});
    }
    if (taken) window.settled();
    highest_handed_out_ = seq;
    if (change != guild_change::none) guilds_maybe_ready();
    flow();
}

guild_change shard_driver::note_guild(const discord::envelope& what) {
    if (what.kind != event_kind::guild_create && what.kind != event_kind::guild_delete) return guild_change::none;
    const discord::json_value guild(what.data);
    guild_id id;
    bool unavailable = false;
    int missing = 2;
    // Both keys stand near the front of what Discord sends, and a GUILD_CREATE may be megabytes long: stop when both were seen.
    for (const auto& [key, value] : guild.fields()) {
        if (key == "id")
            id = value.id<guild_id>(), --missing;
        else if (key == "unavailable")
            unavailable = value.boolean().value_or(false), --missing;
        if (missing == 0) break;
    }
    if (!id) return guild_change::none;
    return what.kind == event_kind::guild_create ? guilds_.created(id, unavailable, now())
                                                 : guilds_.deleted(id, unavailable, now());
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
