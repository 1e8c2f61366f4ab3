#include "cache/checkpoint.hpp"

#include <algorithm>
#include <utility>

#include "cache/bytes.hpp"

namespace shoal::cache {

void checkpoint::begin_session(shard_cache& cache, std::uint64_t seq) {
    ticket_.clear();
    guilds_.clear();
    active_ = true;
    stands_ = false;
    begin_round(cache, seq, false);
}

void checkpoint::go_on(checkpoint_position from, shard_cache& cache, std::uint64_t seq) {
    active_ = stands_ = readable_ = true;
    overflown_ = begins_ = false;
    log_.clear();
    writer_.reset();
    ticket_ = std::move(from.ticket);
    guilds_ = std::move(from.guilds);
    round_ = from.last;
    snapshot_bytes_ = from.snapshot_bytes;
    log_bytes_ = from.log_bytes;
    // The process before was in the middle of a round.
    if (from.last != from.base) begin_round(cache, seq, true);
}

void checkpoint::end_session() noexcept {
    active_ = false;
    writer_.reset();
    log_.clear();
}

void checkpoint::lost(shard_cache& cache, std::uint64_t seq) { begin_round(cache, seq, false); }

void checkpoint::begin_round(shard_cache& cache, std::uint64_t seq, bool follows) {
    ++round_;
    begins_ = true;
    overflown_ = false;
    readable_ = follows;
    log_bytes_ = snapshot_bytes_ = 0;
    log_.clear();
    empty_ = !cache.settings().on;
    writer_.reset();
    // A giant's tables may still be frozen for the writer before: it has to go first.
    if (!empty_) writer_.emplace(cache, seq);
    std::string head;
    append_raw(head, round_);
    append_raw(head, seq);
    head.push_back(follows ? 1 : 0);
    log_.append_piece(piece::log_begin, head);
    if (!guilds_.empty()) log_.append_piece(piece::guilds_known, guilds_);
    if (!ticket_.empty()) log_.append_piece(piece::ticket, ticket_);
}

void checkpoint::event(std::uint64_t seq, std::string_view name, std::string_view json) {
    if (!active_ || overflown_) return;
    overflown_ = !log_.append(seq, name, json);
}

void checkpoint::note(std::string_view ticket, std::string_view guilds) {
    if (!active_ || overflown_) return;
    if (!guilds.empty() && guilds != guilds_) log_.append_piece(piece::guilds_known, guilds_ = guilds);
    if (ticket != ticket_) log_.append_piece(piece::ticket, ticket_ = ticket);
}

checkpoint_part checkpoint::take(shard_cache& cache, std::uint64_t seq, std::string spare, bool more_snapshot) {
    checkpoint_part part;
    part.round = round_;
    part.begins = std::exchange(begins_, false);
    part.forgets_older = part.begins && !stands_;
    part.log = log_.exchange(std::move(spare));
    log_bytes_ += part.log.size();
    if (empty_ && part.begins) part.whole = true;
    if (writer_ && more_snapshot) {
        bool more = true;
        while (more && part.snapshot.size() < limits_.piece_bytes) more = writer_->next(part.snapshot, seq);
        snapshot_bytes_ += part.snapshot.size();
        if (!more) {
            writer_.reset();
            part.whole = true;
        }
    }
    if (part.whole) stands_ = readable_ = true;
    part.readable = readable_;
    if (!writer_ && log_bytes_ > std::max(limits_.least_log_bytes, snapshot_bytes_)) begin_round(cache, seq, true);
    return part;
}

// ---- reading ------------------------------------------------------------------------------------------------------------

namespace {

struct log_reader {
    checkpoint_reading& into;

    /// Reads one log; false if what follows it cannot go on from it.
    bool read(const stored_round& round, bool first) {
        std::size_t at = 0;
        bool has_begun = false;
        while (at < round.log.size()) {
            const auto each = read_frame(round.log.substr(at));
            if (!each) break;
            if (!has_begun) {
                if (!begins(*each, round.number, first)) return false;
                has_begun = true;
                into.position.last = round.number;
            }
            if (!take(*each)) break;
            at += each->bytes;
        }
        if (!has_begun) return false;
        into.position.log_bytes = at;
        into.torn = at != round.log.size();
        return !into.torn;
    }

    static bool begins(const frame& head, std::uint64_t number, bool first) {
        byte_reader in(head.body);
        const auto round = in.raw<std::uint64_t>();
        (void)in.raw<std::uint64_t>();
        const auto follows = in.raw<std::uint8_t>();
        return head.kind == piece::log_begin && in.ok && round == number && (first || follows == 1);
    }

    bool take(const frame& each) {
        if (each.kind == piece::ticket) into.position.ticket = each.body;
        if (each.kind == piece::guilds_known) into.position.guilds = each.body;
        if (each.kind != piece::events) return true;
        const auto event = read_event(each);
        if (!event) return false;
        ++into.events;
        into.last_seq = std::max(into.last_seq, event->seq);
        if (into.copy) into.copy->event(discord::event_kind_of(event->name), event->json, event->seq);
        return true;
    }
};

/// The copy that a whole snapshot makes.
result<std::unique_ptr<replica>> read_snapshot(std::string_view bytes, const cache_settings& keeps) {
    auto copy = std::make_unique<replica>(keeps);
    if (bytes.empty()) return std::unexpected(failure(errc::cut_off, "there is no snapshot"));
    while (!bytes.empty()) {
        const auto taken = copy->take(bytes);
        if (!taken) return std::unexpected(taken.error());
        bytes.remove_prefix(*taken);
    }
    if (!copy->whole()) return std::unexpected(failure(errc::cut_off, "snapshot"));
    return copy;
}

}  // namespace

result<checkpoint_reading> read_checkpoint(std::span<const stored_round> rounds, const cache_settings& keeps) {
    std::optional<failure> why;
    for (auto base = rounds.size(); base-- > 0;) {
        checkpoint_reading out;
        if (keeps.on) {
            auto copy = read_snapshot(rounds[base].snapshot, keeps);
            if (!copy) {
                // A round in the making says nothing about the one before it.
                if (!why || !copy.error().is(errc::cut_off)) why = copy.error();
                continue;
            }
            out.copy = std::move(*copy);
        }
        out.position.base = rounds[base].number;
        out.position.snapshot_bytes = rounds[base].snapshot.size();
        log_reader logs{out};
        for (auto at = base; at < rounds.size(); ++at) {
            if (rounds[at].number != rounds[base].number + (at - base) || !logs.read(rounds[at], at == base)) break;
        }
        if (out.position.last == 0) {
            why = failure(errc::damaged, "log");
            continue;
        }
        return out;
    }
    return std::unexpected(why.value_or(failure(errc::not_ours, "no round")));
}

}  // namespace shoal::cache
