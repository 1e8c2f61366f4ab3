#pragma once
// What sits behind the sockets: the simulated Discord, or a recording of one. Facts in, orders out, on one thread.
// Not here: sockets (server.hpp).

#include <boost/json/object.hpp>
#include <memory>
#include <vector>

#include "sim/core/simulator.hpp"

namespace shoal::sim {

class machine {
public:
    machine() = default;
    machine(const machine&) = delete;
    machine& operator=(const machine&) = delete;
    virtual ~machine() = default;
    virtual void step(const input& fact, instant now, std::vector<action>& out) = 0;
    [[nodiscard]] virtual boost::json::object control(const boost::json::object& command, instant now,
                                                      std::vector<action>& out) = 0;
    [[nodiscard]] virtual boost::json::object oracle() const = 0;
    /// Everything sent to this connection was handed to the kernel. Only recordings served at full speed care.
    virtual void drained(conn_id /*conn*/, instant /*now*/, std::vector<action>& /*out*/) {}
};

/// The simulated Discord of sim/core.
[[nodiscard]] std::unique_ptr<machine> make_live_machine(simulator_config config);

}  // namespace shoal::sim
