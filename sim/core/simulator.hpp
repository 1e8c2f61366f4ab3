#pragma once
// Discord, as one pure machine: gateway sessions, a world of guilds with traffic, the REST routes that bots live on, faults, and
// an oracle that knows what was sent. Deterministic: the same config, facts and times give the same orders. Not here: sockets
// (sim/server), compression and framing (sim/wire).

#include <boost/json/object.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/config.hpp"
#include "sim/core/facts.hpp"

namespace shoal::sim {

class simulator {
public:
    explicit simulator(simulator_config config);
    ~simulator();

    void step(const input& fact, instant now, std::vector<action>& out);

    /// The control API (sim/README.md): one command as JSON, its answer as JSON ({"error": "..."} if it makes no sense).
    /// {"do":"fault","fault":"F11","shard":3} | {"do":"clear"} | {"do":"traffic","rate":50} | {"do":"drain"} | {"do":"slash",...}
    /// | ...
    [[nodiscard]] boost::json::object control(const boost::json::object& command, instant now, std::vector<action>& out);

    /// The oracle [7.1 #50]: per session what was sent; interactions; counters [#51]. Format: docs/oracle.md.
    [[nodiscard]] boost::json::object oracle() const;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace shoal::sim
