#pragma once
// Which events of a session that was taken over the process before may have handed out already: those are marked replayed. Pure.
// Not here: which events are asked for (gateway/session.hpp), who knows the ticket.
//
// Discord repeats RESUMEDs too. One that the process before was told is no end of the replay; its number is in the ticket,
// unless that process died between its RESUME and the next ticket ("unsettled"), or before that one was written. Then nothing
// tells which RESUMED is the answer to ours, so the mark stays on for a while behind the first: as long as what follows an old
// one takes to arrive. A mark too many costs little; one too few is a double in disguise.

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "gateway/ticket.hpp"
#include "shoal/timestamp.hpp"

namespace shoal::host {

class takeover {
public:
    static constexpr duration doubt = std::chrono::seconds(1);
    static constexpr duration doubt_unsettled = std::chrono::seconds(5);
    /// No replay lasts this long [2.7.8]; where no RESUMED came, it was lost.
    static constexpr duration longest_replay = std::chrono::seconds(60);

    /// What a guild was joined later than so long before may be news of the replay: no session is kept longer without a
    /// connection [2.7.8].
    static constexpr duration longest_kept = std::chrono::minutes(10);

    /// `wall_clock`: as it is now.
    void begin(const gateway::resume_ticket& ticket, std::chrono::system_clock::time_point wall_clock) noexcept {
        on_ = true;
        began_unix_ = wall_clock;
        up_to_ = ticket.seq;
        unsettled_ = ticket.unsettled;
    }
    /// READY: a session of this process's own.
    void end() noexcept { on_ = false; }
    /// True until READY: the session began in another process.
    [[nodiscard]] bool on() const noexcept { return on_; }

    /// True for a guild that the bot had joined when the process before lived: its GUILD_CREATE is no joining.
    [[nodiscard]] bool is_older(timestamp joined_at) const noexcept {
        const auto when = joined_at.time();
        return on_ && when && *when < began_unix_ - longest_kept;
    }

    /// What the process before received, as far as is known: 0 for a session of this process's own.
    [[nodiscard]] std::uint64_t received_before() const noexcept { return on_ ? up_to_ : 0; }
    /// True if this RESUMED may be the answer to this process's RESUME.
    bool on_resumed(std::uint64_t seq, instant now) noexcept {
        if (!on_) return true;
        if (seq <= up_to_) return false;
        if (!until_) until_ = now + (unsettled_ ? doubt_unsettled : doubt);
        return true;
    }
    [[nodiscard]] bool may_be_known(std::uint64_t seq, instant now) noexcept {
        if (!on_) return false;
        if (!began_) began_ = now;
        return seq <= up_to_ || now < until_.value_or(*began_ + longest_replay);
    }

private:
    bool on_ = false, unsettled_ = false;
    std::uint64_t up_to_ = 0;
    std::optional<instant> began_, until_;
    std::chrono::system_clock::time_point began_unix_{};
};

}  // namespace shoal::host
