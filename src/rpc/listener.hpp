#pragma once
// Takes connections from a port and hands those on that begin to speak TLS: what knocks and says nothing, or says something else,
// never gets further, and of those that never finish what they began there is a bounded number. For this room only. Not here:
// TLS, and whose certificate it is.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "rpc/endpoint.hpp"
#include "shoal/error.hpp"

namespace shoal::rpc {

struct listener_limits {
    std::size_t silent = 256;                      ///< Connections without a first byte; the oldest makes room for a new one.
    std::size_t unproven = 512;                    ///< Handed on, and no call came yet; one more takes the oldest one's place,
    duration grace = std::chrono::seconds(1);      ///< if that has had so much time; else it waits, silent or not.
    duration patience = std::chrono::seconds(10);  ///< For the first byte, and then for the first call.
};

/// What has come to a port since it was opened.
struct listener_counts {
    std::uint64_t accepted = 0;
    std::uint64_t handed_on = 0;
    std::uint64_t proven = 0;        ///< Made a call.
    std::uint64_t silent = 0;        ///< Said nothing in time, or made room for others.
    std::uint64_t not_tls = 0;       ///< Began with something else.
    std::uint64_t never_proven = 0;  ///< Ended without a call, or made none in time: a failed handshake, mostly.
};

/// Connections between being handed on and their first call, each with a number that the caller knows it by (a socket). Pure; not
/// thread-safe.
class unproven_table {
public:
    unproven_table(std::size_t most, duration grace, duration patience) : most_(most), grace_(grace), patience_(patience) {}
    [[nodiscard]] bool has_room() const noexcept { return all_.size() < most_; }
    void add(std::string peer, int number, instant now) { all_.insert_or_assign(std::move(peer), one{number, now}); }
    /// A call came: its number, the first time.
    std::optional<int> prove(const std::string& peer) {
        const auto found = all_.find(peer);
        if (found == all_.end()) return std::nullopt;
        const auto number = found->second.number;
        all_.erase(found);
        return number;
    }
    /// It ended without a call. False if the table has it no more, or has another by that name now.
    bool ended(const std::string& peer, int number) {
        const auto found = all_.find(peer);
        if (found == all_.end() || found->second.number != number) return false;
        all_.erase(found);
        ++forgotten_;
        return true;
    }
    /// For another: the oldest, if it has had its grace.
    std::optional<int> take_oldest(instant now) {
        const auto oldest = std::ranges::min_element(all_, {}, [](const auto& each) { return each.second.since; });
        if (oldest == all_.end() || oldest->second.since + grace_ > now) return std::nullopt;
        return take(oldest);
    }
    /// The next whose time is up.
    std::optional<int> take_old(instant now) {
        const auto old = std::ranges::find_if(all_, [&](const auto& each) { return each.second.since + patience_ <= now; });
        return old == all_.end() ? std::nullopt : std::optional(take(old));
    }
    [[nodiscard]] std::uint64_t forgotten() const noexcept { return forgotten_; }
    [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }
    template <class Tell>
    void each(Tell tell) const {
        for (const auto& [peer, what] : all_) tell(peer, what.number);
    }

private:
    struct one {
        int number;
        instant since;
    };
    int take(std::map<std::string, one>::iterator which) {
        const auto number = which->second.number;
        all_.erase(which);
        ++forgotten_;
        return number;
    }

    std::size_t most_;
    duration grace_, patience_;
    std::map<std::string, one> all_;
    std::uint64_t forgotten_ = 0;
};

class listener {
public:
    /// Opens the port; nothing is taken before begin(). Errors: errc::address_in_use, listen_failed, each with the address and
    /// what to do.
    [[nodiscard]] static result<std::unique_ptr<listener>> open(const endpoint& at, listener_limits limits);
    ~listener();
    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept;
    /// From now on `hand_on` gets the sockets, on a thread of the listener's own.
    void begin(std::function<void(int socket)> hand_on);
    /// Takes no more; returns when its thread has ended. What was not handed on is closed with the listener.
    void stop();
    /// A call came from this peer ("127.0.0.1:40312"). From any thread.
    void proven(const std::string& peer);
    [[nodiscard]] listener_counts counts() const;

private:
    struct impl;
    explicit listener(std::unique_ptr<impl> inner);
    std::unique_ptr<impl> impl_;
};

}  // namespace shoal::rpc
