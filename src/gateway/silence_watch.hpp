#pragma once
// Notices a half-deaf session [2.7.13]: one that is ACKed and brings most events, but no more of a kind that used to come. Each
// kind is held against its own past in this session. A pure machine.
// Not here: silence of the whole connection (session.hpp), the new session (session.hpp, by permit of the identify governor).

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "discord/event_kind.hpp"

namespace shoal::gateway {

/// Wide on purpose: a false alarm costs a session and an IDENTIFY, and a kind that is rare or comes in spells is never judged.
struct silence_policy {
    duration least_silence = std::chrono::minutes(15);  ///< 0: nobody watches.
    duration least_past = std::chrono::hours(1);        ///< A kind must have come for so long,
    std::uint32_t least_events = 100;                   ///< and so often.
    std::uint32_t times_longest_gap = 10;               ///< How many of its longest pauses in that past make a silence.
    double least_share_of_rest = 0.5;  ///< All other kinds must have gone on at this share of their pace, or the guilds sleep.
    std::uint32_t least_rest = 20;     ///< And so many of them must have come during the silence.
    /// A kind that a new session did not bring either fell silent by itself: it is not judged for so long.
    duration distrust = std::chrono::hours(24);
    /// Between two renewals of one process: a kind that all shards miss at once is missing at Discord, and must not cost the
    /// budget.
    duration between_renewals = std::chrono::minutes(5);
};

class silence_watch {
public:
    struct finding {
        discord::event_kind kind = discord::event_kind::unknown;
        duration silence{};
    };

    explicit silence_watch(silence_policy policy) noexcept : policy_(policy) {}

    /// The hot path: an event arrived.
    void on_event(discord::event_kind kind) noexcept { ++fresh_[static_cast<std::size_t>(kind)]; }
    /// About once a second. `listening`: the session is live and its socket is being read; other time is no silence. What is
    /// found is told each time until a new session begins.
    [[nodiscard]] std::optional<finding> on_second(instant now, bool listening) noexcept;
    /// The session was given up for this kind: the next one shows whether that was right.
    void renewed_for(discord::event_kind kind) noexcept { trial_ = trial{kind, {}}; }
    /// READY: a new session has no past.
    void on_new_session() noexcept;

private:
    static constexpr std::size_t kinds = static_cast<std::size_t>(discord::event_kind::count_);
    /// A part of a kind's past. Times are of clock_; `all_events` is how many events of any kind had come.
    struct stretch {
        duration began{};
        std::uint64_t all_events_before = 0, events = 0;
        duration longest_gap{};
    };
    struct past {
        stretch older, newer;  // The older one is complete; it goes when the newer one is.
        duration last{};
        std::uint64_t all_events_then = 0;
        duration trusted_from{};
    };
    /// The kind for which a session was given up, and since when its successor is live.
    struct trial {
        discord::event_kind kind;
        std::optional<duration> began;
    };
    void take_in(past& of, std::uint32_t events) noexcept;
    [[nodiscard]] bool is_silent(const past& of) const noexcept;
    void judge_trial() noexcept;

    silence_policy policy_;
    std::array<std::uint32_t, kinds> fresh_{};  // since the last second
    std::array<past, kinds> pasts_{};
    duration clock_{};  // how long it has listened
    std::optional<instant> last_second_;
    std::uint64_t all_events_ = 0;
    std::optional<trial> trial_;
};

}  // namespace shoal::gateway
