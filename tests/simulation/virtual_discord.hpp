#pragma once
// The simulated Discord behind a virtual network: connections with latency, loss and half-open ends, on virtual time.
// Not here: the bot's side (virtual_process.hpp), what must hold in the end (checkers.cpp).

#include <boost/json/object.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "base/virtual_scheduler.hpp"
#include "net/errc.hpp"
#include "net/http_client.hpp"
#include "net/websocket.hpp"
#include "sim/core/simulator.hpp"
#include "sim/wire/encoder.hpp"

namespace shoal::simulation {

using namespace std::chrono_literals;

/// The last lines of what happened, for a failure's message.
class transcript {
public:
    explicit transcript(const virtual_scheduler& time) : time_(time), begun_(time.now()) {}
    void write(std::string line);
    [[nodiscard]] std::string tail(std::size_t lines) const;

private:
    const virtual_scheduler& time_;
    instant begun_;
    std::deque<std::string> lines_;
};

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

    // ---- what the checkers want to know ----
    /// What the network itself sees to be wrong.
    std::function<void(std::string)> on_wrong;
    /// Called as a heartbeat of a session reaches Discord, with what it acknowledges.
    std::function<void(const std::string& session, std::uint64_t seq)> on_heartbeat;
    /// Called as an IDENTIFY reaches Discord.
    std::function<void(std::uint32_t shard)> on_identify;
    /// Dispatches that the sink is not handed: READY and RESUMED, by session.
    std::map<std::string, std::set<std::uint64_t>> system_numbers;
    /// Shards whose session Discord declared lost (op 9 false, or a close that says so) since their last IDENTIFY.
    std::set<std::uint32_t> told_lost;
    std::uint64_t dialed = 0;
    /// The most dials that began within a minute, over all shards.
    std::size_t most_dials_in_a_minute = 0;

private:
    struct link;
    class near_end;

    void step(const sim::input& fact);
    void carry_out(std::vector<sim::action>& actions);
    void deliver(link& to, const sim::payload& what);
    void wire(const sim::wire_order& order);
    void close_from_server(link& to, std::optional<std::uint16_t> code, std::string reason);
    void cut_from_server(link& to, bool orderly);
    void to_server(const std::shared_ptr<link>& from, std::function<void()> job);
    void to_client(const std::shared_ptr<link>& to, std::function<void()> job);
    void crawl(const std::shared_ptr<link>& to, duration span);
    void check_storm(bool failed);
    void check_hang_up(const link& which);
    void note_from_client(link& from, std::string_view text);
    void tell_core_closed(link& which, std::optional<std::uint16_t> code);
    void end_client(const std::shared_ptr<link>& which, net::close_report report);
    void pump(const std::shared_ptr<link>& to);

    virtual_scheduler& time_;
    random_source random_;
    transcript& notes_;
    std::string resume_host_;
    std::string gateway_host_;
    sim::simulator core_;
    std::map<std::uint64_t, std::shared_ptr<link>> links_;
    std::map<std::uint64_t, net::http_client::answered> requests_;
    std::uint64_t last_conn_ = 0, last_request_ = 0;
    timer_id timer_ = timer_id::none;
    sim::accept_order refuse_[2], mute_[2], status_[2];  // by host: gateway, resume
    std::deque<instant> recent_dials_;
    std::uint32_t failed_identifies_ = 0;  // in a row
    instant last_identify_{};
};

/// One process's view of the network: all that it dialed goes when the process is killed.
class virtual_dialer final : public net::dialer {
public:
    explicit virtual_dialer(virtual_discord& discord) : discord_(discord) {}
    std::unique_ptr<net::websocket> dial(net::dial_request request, net::websocket_events& events) override {
        return discord_.dial(std::move(request), events, leaving_);
    }
    void leave() { *leaving_ = true; }

private:
    virtual_discord& discord_;
    std::shared_ptr<bool> leaving_ = std::make_shared<bool>(false);
};

/// Of one process, too: who was told to wait must.
class virtual_http final : public net::http_client {
public:
    virtual_http(virtual_discord& discord, virtual_scheduler& time) : discord_(discord), time_(time) {}
    void send(net::http_request request, answered on_answer) override;

private:
    virtual_discord& discord_;
    virtual_scheduler& time_;
    std::shared_ptr<instant> not_before_ = std::make_shared<instant>();
};

}  // namespace shoal::simulation
