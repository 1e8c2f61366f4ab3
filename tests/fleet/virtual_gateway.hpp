#pragma once
// A light Discord: sessions of shards, the window in which they can be resumed, identify keys and budget. Events are numbers that
// grow with time; nobody makes them one by one. Not here: frames, payloads, guilds (the simulator of sim/ has them).

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "budget/identify_governor.hpp"

namespace shoal::fleet_simulation {

/// One socket: which worker's, for which shard, and the how manieth of it.
struct socket_id {
    std::uint64_t worker = 0;  ///< The number of the process, which no other process has.
    std::uint32_t shard = 0;
    std::uint64_t dial = 0;
    friend bool operator==(const socket_id&, const socket_id&) = default;
};

struct gateway_session {
    std::string id;
    std::uint32_t shard = 0;
    instant born{};
    double events_per_second = 1;
    std::optional<socket_id> socket;
    instant off_since{};
    bool dead = false;
    bool noted = false;         ///< The coordinator has its ticket,
    bool ever_noted = false;    ///< or had.
    std::uint64_t handled = 0;  ///< Events up to here were surely handled, by whomever.

    [[nodiscard]] std::uint64_t seq_at(instant when) const {
        if (when <= born) return 1;
        return 1 + static_cast<std::uint64_t>(std::chrono::duration<double>(when - born).count() * events_per_second);
    }
};

class virtual_gateway {
public:
    virtual_gateway(std::uint32_t shards, std::int64_t total, std::int64_t keys, random_source random)
        : current_(shards), of_shard_(shards), total_(total), keys_(keys), random_(random) {}

    /// A new session, or nothing: the key was used within five seconds.
    gateway_session* identify(socket_id socket, instant now);
    /// The session goes on on this socket, and the one before ends; nullptr: op 9.
    gateway_session* resume(const std::string& session, socket_id socket, instant now);
    void disconnect(socket_id socket, instant now);
    /// From now on an IDENTIFY of this shard, or without a number of any, is closed with this code; 0: no more.
    void refuse(std::optional<std::uint32_t> shard, std::uint16_t code) {
        if (shard) {
            refused_[*shard] = code;
        } else {
            bot_refused_ = code;
        }
    }
    [[nodiscard]] std::uint16_t refuses(std::uint32_t shard) const {
        const auto found = refused_.find(shard);
        return bot_refused_ != 0 || found == refused_.end() ? bot_refused_ : found->second;
    }
    /// Discord calls the session lost.
    void invalidate(std::uint32_t shard);

    [[nodiscard]] gateway_session* find(const std::string& session);
    /// The shard's newest session.
    [[nodiscard]] gateway_session* newest(std::uint32_t shard);
    [[nodiscard]] bool resumable(const gateway_session& session, instant now) const;
    [[nodiscard]] budget::session_start_limit limit() const;
    void forget_notes() {
        for (auto& [id, session] : sessions_) session.noted = false;
    }

    std::function<void(socket_id)> on_kicked;   ///< This socket's session was taken by another one.
    std::function<void(std::string)> on_wrong;  ///< What no client may do.
    std::function<void(std::uint32_t)> before_identify;
    std::int64_t identifies = 0, resumes = 0, invalid = 0, reserve = 0;
    std::int64_t others = 0;  ///< IDENTIFYs that somebody else made with the same token.
    /// Discord allows so many more.
    void allow_more(std::int64_t count) {
        total_ += count;
        reserve = total_ / 10;
    }

private:
    std::vector<std::string> current_;
    std::vector<std::vector<gateway_session*>> of_shard_;  // In their order.
    std::unordered_map<std::string, gateway_session> sessions_;
    std::map<std::int64_t, instant> key_used_;
    std::map<std::uint32_t, std::uint16_t> refused_;
    std::uint16_t bot_refused_ = 0;
    std::int64_t total_, keys_;
    random_source random_;
};

}  // namespace shoal::fleet_simulation
