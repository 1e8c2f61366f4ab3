#pragma once
// Takes connections from a port and hands those on that begin to speak TLS: what knocks and says nothing, or says something else,
// never gets further, and of those that never finish what they began there is a bounded number. For this room only. Not here:
// TLS, and whose certificate it is.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/time.hpp"
#include "rpc/endpoint.hpp"
#include "shoal/error.hpp"

namespace shoal::rpc {

struct listener_limits {
    std::size_t silent = 256;                      ///< Connections without a first byte; the oldest makes room for a new one.
    std::size_t unproven = 512;                    ///< Handed on, and no call came yet; more wait, silent or not.
    duration patience = std::chrono::seconds(10);  ///< For the first byte, and then for the first call.
};

/// What has come to a port since it was opened.
struct listener_counts {
    std::uint64_t accepted = 0;
    std::uint64_t handed_on = 0;
    std::uint64_t proven = 0;        ///< Made a call.
    std::uint64_t silent = 0;        ///< Said nothing in time, or made room for others.
    std::uint64_t not_tls = 0;       ///< Began with something else.
    std::uint64_t never_proven = 0;  ///< No call in time: a failed handshake, mostly.
};

/// Connections between being handed on and their first call. Pure; not thread-safe.
class unproven_table {
public:
    unproven_table(std::size_t most, duration patience) : most_(most), patience_(patience) {}
    [[nodiscard]] bool has_room(instant now) {
        forget_old(now);
        return since_.size() < most_;
    }
    void add(std::string peer, instant now) { since_.insert_or_assign(std::move(peer), now); }
    /// True the first time.
    bool prove(const std::string& peer) { return since_.erase(peer) > 0; }
    [[nodiscard]] std::uint64_t forgotten() const noexcept { return forgotten_; }
    [[nodiscard]] std::size_t size() const noexcept { return since_.size(); }
    void forget_old(instant now) {
        forgotten_ += std::erase_if(since_, [&](const auto& one) { return one.second + patience_ <= now; });
    }

private:
    std::size_t most_;
    duration patience_;
    std::map<std::string, instant> since_;
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
