#pragma once
// Proof that a worker of this host is dead: the port on loopback on which it listened as long as it lived refuses connections. A
// refusal from another host proves nothing (protocols.md 2), and is not asked for. Not here: what follows from it
// (cluster/brain.hpp).

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/scheduler.hpp"

namespace shoal::roles {

/// The port of a url whose host is an address of loopback, IPv4: "https://127.0.0.1:8444".
[[nodiscard]] std::optional<std::uint16_t> loopback_port(std::string_view url);

class death_probe {
public:
    explicit death_probe(scheduler& on) : on_(on), alive_(std::make_shared<bool>(true)) {}
    ~death_probe() { *alive_ = false; }
    death_probe(const death_probe&) = delete;
    death_probe& operator=(const death_probe&) = delete;

    /// Whether this is a port of loopback that takes connections, here. Asked while its worker lives: one that came by a relay of
    /// this host has its port on another host's loopback, and that it refuses here says nothing.
    [[nodiscard]] static bool listens(std::string_view listen_url);
    /// A worker's stream broke: whether its port refuses is looked at a few times within two seconds, since a process that ends
    /// closes its sockets one after the other. `proven` is called at most once, with how it is known.
    void look(const std::string& listen_url, std::function<void(std::string how)> proven);

private:
    void attempt(std::uint16_t port, std::size_t which, std::function<void(std::string)> proven);

    scheduler& on_;
    std::shared_ptr<bool> alive_;
};

}  // namespace shoal::roles
