#pragma once
// What only the network sees: which IDENTIFY came when, which connection was left for no reason, what Discord said of a session.
// It judges what it can, and keeps the rest for the checkers (checkers.cpp). Not here: carrying messages (virtual_discord.hpp).

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/virtual_scheduler.hpp"
#include "sim/core/facts.hpp"
#include "simulation/transcript.hpp"
#include "simulation/virtual_link.hpp"

namespace shoal::simulation {

class network_watch {
public:
    network_watch(const virtual_scheduler& time, transcript& notes) : time_(time), notes_(notes) {}

    /// A finding.
    std::function<void(std::string)> on_wrong;
    /// Called as a heartbeat of a session reaches Discord, with what it acknowledges.
    std::function<void(const std::string& session, std::uint64_t seq)> on_heartbeat;
    /// Called as an IDENTIFY reaches Discord.
    std::function<void(std::uint32_t shard)> on_identify;

    // ---- what happens ----
    void dialed();
    /// By the process that `leaving` tells of, to a host that there is not.
    void dialed_nowhere(const std::shared_ptr<const bool>& leaving, const std::string& url);
    /// Text of the client's reached Discord. `owner` is the shard of a session.
    void came(virtual_link& from, std::string_view text,
              const std::function<std::optional<std::uint32_t>(std::string_view session)>& owner);
    /// Discord says something.
    void said(virtual_link& to, const sim::payload& what);
    void closed_by_discord(virtual_link& to, std::optional<std::uint16_t> code);
    /// An op 9 in answer to IDENTIFY arrived.
    void identify_failed() { ++failed_identifies_; }
    /// The client hangs up.
    void hung_up(const virtual_link& which) const;
    /// The client says that its connection shows no life.
    void called_dead(std::uint32_t shard, const virtual_link& which) const;

    // ---- what the checkers want to know ----
    /// Dispatches that the sink is not handed: READY and RESUMED, by session.
    std::map<std::string, std::set<std::uint64_t>> system_numbers;
    /// Shards whose session Discord declared lost (op 9 false, or a close that says so) since their last IDENTIFY.
    std::set<std::uint32_t> told_lost;
    std::uint64_t dials = 0;
    /// The most dials that began within a minute, over all shards.
    std::size_t most_dials_in_a_minute = 0;

private:
    const virtual_scheduler& time_;
    transcript& notes_;
    std::deque<instant> recent_dials_;
    struct dead_host {
        instant first, last;
    };
    std::map<std::pair<std::shared_ptr<const bool>, std::string>, dead_host> dead_hosts_;
    std::uint32_t failed_identifies_ = 0;  // in a row
    instant last_identify_{};
};

}  // namespace shoal::simulation
