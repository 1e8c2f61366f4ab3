#pragma once
// The port through which a host hands out what its shards receive. The bot implements it; so do tests.
// Everything here is called on the thread that owns the shard, unless it says otherwise.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/buffer.hpp"
#include "base/scheduler.hpp"
#include "discord/event_kind.hpp"
#include "discord/json_cursor.hpp"
#include "gateway/guild_availability.hpp"
#include "gateway/session.hpp"
#include "gateway/ticket.hpp"
#include "host/bad_input.hpp"
#include "shoal/error.hpp"
#include "shoal/ids.hpp"

namespace shoal::host {

/// Held by whoever still works on an event. When the last copy goes, the event is done: its number may be forgotten and its
/// place among the 1,024 in flight is free. Copies stay on the shard's thread.
class event_guard {
public:
    class owner {
    public:
        virtual void event_done(std::uint64_t seq) noexcept = 0;

    protected:
        ~owner() = default;
    };

    event_guard() noexcept = default;
    event_guard(owner& home, std::uint64_t seq) : token_(take(home, seq)) {}
    event_guard(const event_guard& other) noexcept : token_(other.token_) {
        if (token_ != nullptr) ++token_->holders;
    }
    event_guard(event_guard&& other) noexcept : token_(std::exchange(other.token_, nullptr)) {}
    event_guard& operator=(event_guard other) noexcept {
        std::swap(token_, other.token_);
        return *this;
    }
    ~event_guard() {
        if (token_ == nullptr || --token_->holders != 0) return;
        auto* const home = token_->home;
        const auto seq = token_->seq;
        give_back(token_);
        home->event_done(seq);
    }
    [[nodiscard]] explicit operator bool() const noexcept { return token_ != nullptr; }

private:
    struct token {
        owner* home = nullptr;
        std::uint64_t seq = 0;
        std::uint32_t holders = 0;
        token* next = nullptr;
    };
    /// Tokens are used again, so that handing out an event allocates nothing. Guards stay on their thread and so do these.
    struct free_list {
        token* first = nullptr;
        std::uint32_t count = 0;
        ~free_list() {
            while (first != nullptr) delete std::exchange(first, first->next);
        }
    };
    static free_list& spare() noexcept {
        static thread_local free_list list;
        return list;
    }
    static constexpr std::uint32_t most_kept = 4096;

    static token* take(owner& home, std::uint64_t seq) {
        auto& list = spare();
        token* got = list.first;
        if (got != nullptr) {
            list.first = got->next;
            --list.count;
        } else {
            got = new token;
        }
        *got = {&home, seq, 1, nullptr};
        return got;
    }
    static void give_back(token* which) noexcept {
        auto& list = spare();
        if (list.count >= most_kept) {
            delete which;
            return;
        }
        which->next = std::exchange(list.first, which);
        ++list.count;
    }
    token* token_ = nullptr;
};

enum class delivery : std::uint8_t { fresh, replayed, possibly_taken };

/// One dispatch on its way to the handlers.
struct dispatch {
    shard_key shard;
    std::uint64_t seq = 0;
    discord::event_kind kind = discord::event_kind::unknown;
    std::string_view name;                           ///< Lives as long as `bytes`.
    std::string_view data;                           ///< The raw JSON of d; lives as long as `bytes`; padded like a buffer.
    const discord::json_outline* outline = nullptr;  ///< Where the fields of `data` stand, if known; only inside on_dispatch.
    buffer bytes;                                    ///< The whole message.
    delivery how = delivery::fresh;
    event_guard guard;  ///< Empty for events that nobody counts (READY, RESUMED).

    /// `data`, to be walked.
    [[nodiscard]] discord::json_value object() const noexcept { return {data, outline}; }
};

/// What a guild's CREATE or DELETE means, told apart by the shard's own set of known guilds [2.6].
using guild_change = gateway::guild_change;

struct shard_snapshot {
    shard_key shard;
    gateway::session_status status = gateway::session_status::idle;
    bool guilds_ready = false;  ///< All of READY's guilds came, or the time-out for late ones passed.
    std::uint32_t guilds = 0;   ///< Known, unavailable ones included.
    std::uint32_t unavailable_guilds = 0;
    duration latency{};
    double events_per_second = 0;  ///< Over the last seconds.
    double cpu_share = 0;          ///< Of one core: its part of its thread's time, by events.
    std::uint64_t events = 0;
    std::uint64_t seq = 0;
    std::uint32_t in_flight = 0;  ///< Handlers that have not ended.
    std::uint64_t unknown_events = 0;
    std::uint64_t resumes = 0, identifies = 0, reconnects = 0, poison = 0, lost = 0, duplicates = 0;
    std::uint64_t half_deaf = 0;            ///< Sessions given up because they brought no more of a kind of event.
    std::uint64_t renewed_after_moves = 0;  ///< Sessions given up because their cache stayed in another process.
    bad_input_counts bad_input{};           ///< By kind: what came and could not be read.
    std::string session_id;
    /// What goes on with the session, without its guilds; absent: there is none.
    std::optional<gateway::resume_ticket> ticket;
    /// The last session that Discord called lost, while no other has followed; else empty.
    std::string lost_session;
    std::string last_reconnect_reason;
    std::string journal_problem;  ///< Why the event journal ends before the shard does; empty: it does not.
};

/// What a sink has of a session that another process began.
enum class session_past : std::uint8_t {
    at_hand,      ///< Its cache, or it keeps none.
    left_behind,  ///< Its cache stayed in the other process.
    foreign,      ///< It is another bot's: nobody goes on with it.
};

class event_sink {
public:
    virtual ~event_sink() = default;
    /// What the shard's thread runs of the sink's right now, for people ("command ping"); empty: nothing that has a name. The one
    /// method here that is called on any thread: the watchdog asks while the shard's own is blocked.
    [[nodiscard]] virtual std::string running_handler(shard_key /*shard*/) const { return {}; }
    /// A new session's READY; the shard's cache starts empty.
    virtual void on_session(shard_key shard, std::string_view ready_json) = 0;
    /// One event, in seq order. `change` is for GUILD_CREATE and GUILD_DELETE. A failure means that the message could not be
    /// read: the host reconnects and RESUMEs, and steps over it if it fails again at the same seq.
    [[nodiscard]] virtual result<void> on_dispatch(dispatch event, guild_change change) = 0;
    /// Before anything is dialed: RESUME is to go on with this session of another process, whose guilds the ticket names if they
    /// are known.
    [[nodiscard]] virtual session_past on_takeover(const gateway::resume_ticket& /*ticket*/) { return session_past::at_hand; }
    /// The session that another process began goes on here; READY does not come, and what is to be known of it was told before
    /// the start. Before its first event.
    virtual void on_adopted(shard_key /*shard*/, application_id /*application*/) {}
    /// RESUMED.
    virtual void on_resumed(shard_key shard) = 0;
    /// All guilds are there, or the time-out for late ones passed; once a session.
    virtual void on_shard_ready(shard_key shard, std::uint32_t missing_guilds) = 0;
    virtual void on_status(shard_key shard, gateway::session_status status) = 0;
    /// The gateway's certificate cannot be trusted; `why` says what to do. The shard goes on trying, since clocks get set and
    /// certificates renewed.
    virtual void on_untrusted(shard_key /*shard*/, std::string_view /*why*/) {}
    /// The shard stopped for good: `why` is a sentence for people, `close_code` Discord's or 0.
    virtual void on_gave_up(shard_key shard, std::uint16_t close_code, std::string_view why) = 0;
};

}  // namespace shoal::host
