#pragma once
// The simulated Discord behind a virtual network: connections with latency, loss and half-open ends, on virtual time.
// Not here: one connection (virtual_link.hpp), a process's side of it (virtual_network.hpp), what must hold in the end
// (checkers.cpp).

#include <boost/json/object.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "base/virtual_scheduler.hpp"
#include "net/errc.hpp"
#include "net/http_client.hpp"
#include "net/websocket.hpp"
#include "sim/core/simulator.hpp"
#include "simulation/network_watch.hpp"
#include "simulation/transcript.hpp"
#include "simulation/virtual_link.hpp"

namespace shoal::simulation {

using namespace std::chrono_literals;

class virtual_discord {
public:
    virtual_discord(virtual_scheduler& time, sim::simulator_config config, std::uint64_t seed, transcript& notes);
    ~virtual_discord();

    /// One command of the control API; fails the test if it makes no sense.
    boost::json::object control(const boost::json::object& command);
    [[nodiscard]] boost::json::object oracle() const { return core_.oracle(); }

    /// `leaving` becomes true when the client's process stops: what it hangs up then needs no other reason.
    [[nodiscard]] std::unique_ptr<net::websocket> dial(net::dial_request request, net::websocket_events& events,
                                                       std::shared_ptr<const bool> leaving);
    void http(net::http_request request, net::http_client::answered on_answer);

    /// From now on nothing gets through on a share of the connections, and neither side is told.
    void blackhole(double share);
    /// The client says that this shard's connection shows no life.
    void called_dead(std::uint32_t shard);

    /// What only the network sees.
    [[nodiscard]] network_watch& watch() noexcept { return watch_; }

private:
    class near_end;

    void step(const sim::input& fact);
    void carry_out(std::vector<sim::action>& actions);
    void order(const sim::send_payload& what);
    void order(const sim::close_connection& what);
    void order(const sim::wire_order& what);
    void order(const sim::accept_order& what);
    void order(const sim::http_answer& what);
    void order(const sim::wake_at& what);
    void order(const sim::connection_mode& what);
    void cut(virtual_link& to, bool orderly);
    void take(virtual_link& from, const std::string& text);
    void tell_core_closed(virtual_link& which, std::optional<std::uint16_t> code);
    [[nodiscard]] std::shared_ptr<virtual_link> find(sim::conn_id id) const;
    [[nodiscard]] std::optional<std::uint32_t> shard_of(std::string_view session) const;

    virtual_scheduler& time_;
    random_source random_;
    transcript& notes_;
    network_watch watch_;
    std::string resume_host_;
    std::string gateway_host_;
    sim::simulator core_;
    std::map<std::uint64_t, std::shared_ptr<virtual_link>> links_;
    std::map<std::uint64_t, net::http_client::answered> requests_;
    std::uint64_t last_conn_ = 0, last_request_ = 0;
    timer_id timer_ = timer_id::none;
    sim::accept_order refuse_[2], mute_[2], status_[2];  // by host: gateway, resume
};

}  // namespace shoal::simulation
