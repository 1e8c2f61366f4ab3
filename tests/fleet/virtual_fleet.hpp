#pragma once
// A whole fleet in one thread of virtual time: a coordinator, workers, network, store and Discord, and what must hold at every
// moment. Not here: what befalls it (simulation.cpp from a seed, transcript_test.cpp from a file).

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fleet/virtual_coordinator.hpp"
#include "fleet/virtual_worker.hpp"

namespace shoal::fleet_simulation {

struct fleet_options {
    std::uint64_t seed = 1;
    std::uint32_t shards = 16;
    std::int64_t keys = 16;      ///< max_concurrency.
    std::int64_t budget = 1000;  ///< IDENTIFYs.
    network_weather weather;
    cluster::planted_bugs planted;
    std::uint32_t rest_limit = 50;  ///< Discord's, requests a second.
    cluster::fence_policy fence = cluster::fence_policy::keep;
    bool lease_on_wall_clock = false;  ///< Planted, in the worker's driver.
    bool keep_transcript = true;
};

class virtual_fleet {
public:
    explicit virtual_fleet(fleet_options options);
    ~virtual_fleet();
    virtual_fleet(const virtual_fleet&) = delete;
    virtual_fleet& operator=(const virtual_fleet&) = delete;

    // What can befall it.
    void start_coordinator();
    void kill_coordinator() { coordinator_.reset(); }
    void lose_store();
    struct birth {
        cluster::capacity capacity{2000, 0, 0};
        std::string zone;
        cluster::incarnation succeeds{};
    };
    virtual_worker& start_worker(const std::string& name, birth how);
    /// kill -9. With `proof` somebody saw it.
    void kill(std::uint64_t number, bool proof);
    void reap_ended();

    virtual_scheduler time;
    virtual_network network;
    virtual_gateway discord;
    store::memory_contents kept;
    std::map<std::uint64_t, std::unique_ptr<virtual_worker>> workers;
    std::unique_ptr<virtual_coordinator> const& coordinator() const noexcept { return coordinator_; }
    [[nodiscard]] const fleet_options& options() const noexcept { return options_; }

    // What is found.
    void wrong(std::string what);
    void write(std::string line);
    /// Every shard is served by exactly one worker, and that under the assignment that the coordinator knows.
    [[nodiscard]] bool all_served(std::string* why = nullptr) const;
    [[nodiscard]] virtual_worker* by_name(const std::string& name);
    [[nodiscard]] const std::deque<std::string>& lines() const noexcept { return lines_; }
    /// Everybody's slice; what may be used stays within the limit.
    [[nodiscard]] std::string rest_slices() const;
    std::vector<std::string> findings;
    std::string transcript;  ///< Up to the first finding.
    std::uint64_t moves_ordered = 0;
    cluster::operator_answer last_answer;

private:
    void hear_up(cluster::stream_id stream, cluster::to_coordinator what);
    void check_identify(std::uint32_t shard);
    void check_owners(virtual_worker& by, std::uint32_t shard, const char* doing);
    void check_orphan(virtual_worker& by, std::uint32_t shard, bool failed);
    void check_twins();
    /// With fence_policy::close: who has no right to a shard has no socket for it.
    void check_fences();
    /// `just_now`: what differs from what was seen last has changed in this moment, not at some time since.
    void check_rest(bool just_now);
    void watch_rest();

    fleet_options options_;
    random_source random_;
    world world_;
    std::deque<std::string> lines_;
    std::map<std::uint64_t, std::uint64_t> place_of_;
    std::map<std::string, std::uint64_t> places_;
    std::map<std::pair<std::uint64_t, std::uint32_t>, instant> orphan_dials_;  // Under the present order.
    struct rest_right {
        std::uint32_t per_second;
        instant last;  // That it was seen to have so much.
    };
    std::map<std::uint64_t, std::deque<rest_right>> rest_used_;  // Of each worker in the last second, the dead ones' too.
    std::unique_ptr<virtual_coordinator> coordinator_;
    std::uint64_t last_worker_ = 0, incarnations_ = 0, heard_ = 0;
};

}  // namespace shoal::fleet_simulation
