#include "gateway/silence_watch.hpp"

#include <algorithm>
#include <utility>

namespace shoal::gateway {
namespace {

using discord::event_kind;

// Seconds are told about once a second. More between two of them means that this process stood still, which is not Discord's
// silence.
constexpr duration longest_step = std::chrono::seconds(2);

/// Kinds that come by the world's doing. The others answer to what the bot itself asked for, or are the session's own.
constexpr bool is_watched(event_kind kind) noexcept {
    switch (kind) {
        case event_kind::unknown:
        case event_kind::ready:
        case event_kind::resumed:
        case event_kind::rate_limited:
        case event_kind::guild_members_chunk:
        case event_kind::soundboard_sounds:
        case event_kind::channel_info:
        case event_kind::voice_server_update:
        case event_kind::count_: return false;
        default: return true;
    }
}

double per_second(std::uint64_t events, duration span) noexcept {
    return static_cast<double>(events) / std::max(std::chrono::duration<double>(span).count(), 1.0);
}

}  // namespace

std::optional<silence_watch::finding> silence_watch::on_second(instant now, bool listening) noexcept {
    const auto step = last_second_ ? std::min<duration>(now - *last_second_, longest_step) : duration{};
    last_second_ = now;
    if (policy_.least_silence <= duration{}) return std::nullopt;
    if (listening) clock_ += step;
    for (std::size_t i = 0; i < kinds; ++i) {
        const auto events = std::exchange(fresh_[i], 0);
        if (events == 0 || !is_watched(static_cast<event_kind>(i))) continue;
        all_events_ += events;
        take_in(pasts_[i], events);
        // The new session brings it: the old one was half deaf.
        if (trial_ && trial_->began && static_cast<std::size_t>(trial_->kind) == i) trial_.reset();
    }
    judge_trial();
    if (!listening) return std::nullopt;
    for (std::size_t i = 0; i < kinds; ++i) {
        if (is_silent(pasts_[i])) return finding{static_cast<event_kind>(i), clock_ - pasts_[i].last};
    }
    return std::nullopt;
}

void silence_watch::take_in(past& of, std::uint32_t events) noexcept {
    if (of.newer.events == 0 && of.older.events == 0) {
        of.newer.began = clock_;
        of.newer.all_events_before = all_events_;
    } else {
        of.newer.longest_gap = std::max(of.newer.longest_gap, clock_ - of.last);
    }
    of.newer.events += events;
    of.last = clock_;
    of.all_events_then = all_events_;
    if (clock_ - of.newer.began < policy_.least_past) return;
    of.older = of.newer;
    of.newer = {.began = clock_, .all_events_before = all_events_};
}

bool silence_watch::is_silent(const past& of) const noexcept {
    const auto silence = clock_ - of.last;
    const auto events = of.older.events + of.newer.events;
    if (silence < policy_.least_silence || events < policy_.least_events || clock_ < of.trusted_from) return false;
    const auto& first = of.older.events != 0 ? of.older : of.newer;
    const auto span = of.last - first.began;
    if (span < policy_.least_past) return false;
    if (silence < std::max(of.older.longest_gap, of.newer.longest_gap) * policy_.times_longest_gap) return false;
    const auto rest_before = of.all_events_then - first.all_events_before;
    const auto rest_since = all_events_ - of.all_events_then;
    const auto of_it = std::min(events, rest_before);
    return rest_since >= policy_.least_rest &&
           per_second(rest_since, silence) >= policy_.least_share_of_rest * per_second(rest_before - of_it, span);
}

void silence_watch::judge_trial() noexcept {
    if (!trial_ || !trial_->began || clock_ - *trial_->began < policy_.least_silence) return;
    pasts_[static_cast<std::size_t>(trial_->kind)].trusted_from = clock_ + policy_.distrust;
    trial_.reset();
}

void silence_watch::on_new_session() noexcept {
    for (auto& one : pasts_) one = {.older = {}, .newer = {}, .last = {}, .all_events_then = 0, .trusted_from = one.trusted_from};
    fresh_.fill(0);
    if (trial_) trial_->began = clock_;
}

}  // namespace shoal::gateway
