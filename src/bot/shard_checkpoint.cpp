#include "bot/shard_checkpoint.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace shoal::runtime {

using namespace std::chrono_literals;

namespace {

// So much of the log is handed over at once, not with the next ticket.
constexpr std::size_t large_log_bytes = 256U << 10;
// While so much of this shard's waits for the disk, no snapshot is added.
constexpr std::size_t enough_waiting_bytes = 1U << 20;
// After a failure a new round is begun no sooner.
constexpr duration pause_after_failure = 10s;
// A ticket says when it was written, so that one is written now and then though nothing happens.
constexpr duration oldest_ticket = 5s;

std::int64_t unix_seconds_now() {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

shard_checkpoint::shard_checkpoint(state::checkpoint_writer& writer, state::checkpoint_files files, const ticket_frame& frame,
                                   const cache_settings& keeps)
    : writer_(writer),
      files_(std::move(files)),
      frame_(frame),
      own_(keeps),
      track_(std::make_shared<state::checkpoint_writer::track>(files_)) {}

void shard_checkpoint::go_on(cache::checkpoint_reading found, const gateway::resume_ticket& ticket, bool presence_differs) {
    copy_ = std::move(found.copy);
    seq_ = std::max(ticket.done, found.last_seq);
    presence_differs_ = presence_differs;
    stored_.go_on(std::move(found.position), cache(), seq_);
}

void shard_checkpoint::begin_session() {
    // A track of its own: numbers that an older session's writes make safe mean nothing here.
    track_ = std::make_shared<state::checkpoint_writer::track>(files_);
    presence_differs_ = refused_ = false;
    if (!stores_) return;
    next_try_ = told_at_ = instant::min();
    told_ = {};
    guilds_.clear();
    seq_ = 0;
    stored_.begin_session(cache(), seq_);
}

void shard_checkpoint::event(discord::event_kind kind, std::string_view name, std::string_view json, std::uint64_t seq) {
    seq_ = seq;
    if (!stored_.active() || refused_ || !cache().listens_to(kind)) return;
    stored_.event(seq, name, json);
    if (stored_.waiting_bytes() >= large_log_bytes && !stored_.overflown()) hand_over(false);
}

void shard_checkpoint::keep(const gateway::resume_ticket& ticket, const std::vector<gateway::known_guild>* guilds, instant now) {
    if (!stored_.active()) return;
    if (guilds != nullptr) guilds_ = gateway::write_guilds(*guilds);
    if (!goes_well(now)) return;
    if (told_ != ticket || guilds != nullptr || told_at_ == instant::min() || now - told_at_ >= oldest_ticket) {
        told_ = ticket;
        told_at_ = now;
        const gateway::kept_ticket kept{ticket, frame_.bot, frame_.presence, unix_seconds_now()};
        stored_.note(gateway::write_ticket(kept), guilds_);
    }
    if (stored_.due()) hand_over(track_->waiting_bytes() < enough_waiting_bytes);
}

/// False while there is no use in writing. What failed is begun anew after a while.
bool shard_checkpoint::goes_well(instant now) {
    if (!refused_ && !stored_.overflown() && !track_->failed(stored_.round())) return true;
    if (next_try_ == instant::min()) {
        given_up_.fetch_add(1, std::memory_order_relaxed);
        next_try_ = now + pause_after_failure;
    }
    if (now < next_try_) return false;
    next_try_ = instant::min();
    refused_ = false;
    told_ = {};  // Whatever is the same as before is to be told again.
    stored_.lost(cache(), seq_);
    return true;
}

void shard_checkpoint::hand_over(bool with_snapshot) {
    auto part = stored_.take(cache(), seq_, writer_.spare(), with_snapshot);
    refused_ = !writer_.write(track_, {.round = part.round,
                                       .forgets_older = part.forgets_older,
                                       .begins = part.begins,
                                       .whole = part.whole,
                                       .log = std::move(part.log),
                                       .snapshot = std::move(part.snapshot),
                                       .done = part.readable ? told_.done : 0});
}

void shard_checkpoint::drop() {
    stored_.end_session();
    writer_.forget(track_);
}

}  // namespace shoal::runtime
