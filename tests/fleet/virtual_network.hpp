#pragma once
// Streams between workers and the coordinator in virtual time: delay, doubling, reordering, cuts of one direction or both. A
// direction that lost one message loses all later ones of that stream, as a connection does. Not here: what is said.

#include <cstdint>
#include <functional>
#include <map>
#include <set>

#include "base/random.hpp"
#include "base/virtual_scheduler.hpp"
#include "cluster/messages.hpp"

namespace shoal::fleet_simulation {

struct network_weather {
    duration delay_least = std::chrono::milliseconds(1), delay_most = std::chrono::milliseconds(15);
    double doubled = 0, reordered = 0;
    double late_from_the_dead = 0;  ///< Orders of a coordinator that died since, kept somewhere on the way.
};

class virtual_network {
public:
    virtual_network(virtual_scheduler& time, random_source random, network_weather weather)
        : time_(time), random_(random), weather_(weather) {}

    /// Worker `who` dials; `answer` comes with the stream, or with none.
    void open(std::uint64_t who, std::function<void(cluster::stream_id)> answer);
    void say_up(cluster::stream_id stream, cluster::to_coordinator what);
    void say_down(cluster::stream_id stream, cluster::to_worker what);
    void close_from_worker(cluster::stream_id stream);
    void close_from_coordinator(cluster::stream_id stream);
    void coordinator_died();
    void coordinator_lives();
    void worker_died(std::uint64_t who);

    /// Cuts by the place where a worker runs, so that they outlast its restart.
    void cut(std::uint64_t place, bool up, bool down);
    void heal(std::uint64_t place) { cuts_.erase(place); }
    void heal_all() { cuts_.clear(); }
    void calm() { weather_.doubled = weather_.reordered = weather_.late_from_the_dead = 0; }

    std::function<std::uint64_t(std::uint64_t)> place_of;  ///< Of a worker.
    std::function<void(cluster::stream_id, cluster::to_coordinator)> on_up;
    std::function<void(cluster::stream_id)> on_closed_up;
    std::function<void(std::uint64_t, cluster::to_worker, bool of_the_dead)> on_down;
    std::function<void(std::uint64_t, cluster::stream_id)> on_closed_down;
    std::function<void(cluster::stream_id, std::uint64_t)> on_opened;

private:
    struct stream {
        std::uint64_t who = 0, term = 0;
        bool up = true, down = true;  // false: closed, or lost something
        instant up_last{}, down_last{};
    };
    struct cut_state {
        bool up = false, down = false;
    };
    [[nodiscard]] cut_state cut_of(std::uint64_t who) const;
    instant arrival(instant& last);

    virtual_scheduler& time_;
    random_source random_;
    network_weather weather_;
    std::map<cluster::stream_id, stream> streams_;
    std::map<std::uint64_t, cut_state> cuts_;
    std::set<cluster::stream_id> open_at_death_;  // Streams that ended with a coordinator.
    std::uint64_t last_ = 0, term_ = 0;
    bool alive_ = false;
};

}  // namespace shoal::fleet_simulation
