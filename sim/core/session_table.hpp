#pragma once
// Every session that the simulated Discord ever made: numbering, replay buffer, life and death, and who is told of a guild.
// Not here: sockets' lives and timers (gateway.hpp); what an event says (world.hpp).

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "sim/core/facts.hpp"

namespace shoal::sim {

enum class session_state : std::uint8_t { live, resumable, dead };
[[nodiscard]] std::string_view to_string(session_state state) noexcept;

/// One dispatch as a session remembers it; name and data are shared by all sessions that got it.
struct replay_record {
    std::uint64_t seq = 0;
    instant at{};
    const std::string* name = nullptr;
    shared_text data;
};

/// A GUILD_CREATE of the burst after READY that is still to come.
struct burst_item {
    instant when{};
    std::uint64_t guild = 0;
};

struct session {
    std::string id;
    std::uint32_t bot = 0;  ///< 0: the bot whose world this is; others are in no guild.
    std::uint32_t shard = 0, total = 1;
    int version = 10;
    std::uint64_t intents = 0;
    std::uint32_t large_threshold = 50;
    std::uint32_t bound = 100;  ///< Of the replay buffer.

    session_state state = session_state::live;
    std::string ended_why;
    std::optional<conn_id> conn;
    std::string presence = "online";
    bool compress = false;  ///< IDENTIFY asked for payload compression.

    std::uint64_t last_seq = 0;
    std::uint64_t written_seq = 0;  ///< Highest one given to a connection.
    std::uint64_t acked_seq = 0;    ///< Highest one that the client named in a heartbeat or RESUME.
    std::uint64_t safe_seq = 0;     ///< Of a dead session: docs/oracle.md.
    std::deque<replay_record> buffer;
    std::uint64_t forgotten = 0;             ///< Every dispatch up to here has left the buffer.
    std::uint64_t trimmed_by_heartbeat = 0;  ///< Likewise, because a heartbeat acknowledged it.
    std::vector<std::uint64_t> gaps, doubled;
    std::uint64_t resumes = 0;

    instant attached_at{};
    instant lost_at{};
    std::optional<duration> own_expiry;  ///< F23
    std::uint64_t life = 0;              ///< Rises with every attach and detach: timers of an older life mean nothing.

    std::unordered_set<std::uint64_t> pending;  ///< Guilds whose GUILD_CREATE this session has not had yet.
    std::vector<burst_item> burst;              ///< Latest first.

    std::set<std::string, std::less<>> mute;  ///< F14
    std::uint64_t skip_next = 0;              ///< F22
    std::optional<instant> wedged_until;      ///< F19
};

class session_table {
public:
    /// A new live session under this id.
    session& add(session fresh);
    [[nodiscard]] session* find(std::string_view id) noexcept;

    /// Calls `fn(session&)` for every session that is told of this guild: per shard set the shard of the formula; 0 is shard 0.
    template <class Fn>
    void for_each_of(std::uint64_t guild, Fn&& fn) {
        for (auto& [total, shards] : routes_) {
            // A copy, because `fn` may end a session, which takes it out of the list.
            const auto& there = shards[guild == 0 ? 0 : static_cast<std::size_t>((guild >> 22) % total)];
            const std::vector<session*> list(there.begin(), there.end());
            for (session* one : list) {
                if (one->state != session_state::dead) fn(*one);
            }
        }
    }
    [[nodiscard]] const std::vector<std::unique_ptr<session>>& all() const noexcept { return sessions_; }
    [[nodiscard]] std::size_t alive() const noexcept;
    [[nodiscard]] bool online() const noexcept;

    /// Gives the next number and remembers the dispatch for RESUME, within the bounds of count and age.
    std::uint64_t remember(session& whose, const std::string* name, shared_text data, instant now, duration most_age);
    /// Gives the next number to a dispatch that nobody will ever get (F22).
    static void skip(session& whose);
    /// Forgets what a heartbeat acknowledged.
    static void trim(session& whose, std::uint64_t up_to);
    static void attach(session& whose, conn_id to, instant now);
    /// Its connection is gone; it may be resumed.
    static void detach(session& whose, instant now);
    /// True if a client that got all that was written could no longer be served by a replay.
    [[nodiscard]] static bool overrun(const session& whose) noexcept;
    /// It can never be resumed again. What it remembers is freed.
    void end(session& whose, std::string_view why, std::uint64_t safe_seq);
    /// What the client has certainly been sent when it closes in order at `now`: written a second before, or acknowledged.
    [[nodiscard]] static std::uint64_t surely_sent(const session& whose, instant now) noexcept;

    /// One copy of each event name for as long as the table lives.
    [[nodiscard]] const std::string* intern(std::string_view name);

private:
    std::vector<std::unique_ptr<session>> sessions_;
    std::unordered_map<std::string_view, session*> by_id_;
    std::map<std::uint32_t, std::vector<std::vector<session*>>> routes_;  ///< Total, then shard.
    std::set<std::string, std::less<>> names_;
    std::size_t alive_ = 0;
};

}  // namespace shoal::sim
