#pragma once
// One worker process: the real worker_session over light shards that dial, RESUME, IDENTIFY and hand out by its leave. It can
// crash, freeze and be twinned. Not here: the real shard drivers (tests/simulation has those against the simulator's core).

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "base/virtual_scheduler.hpp"
#include "cluster/worker_session.hpp"
#include "fleet/virtual_gateway.hpp"
#include "fleet/virtual_network.hpp"

namespace shoal::fleet_simulation {

class virtual_worker;

/// What a worker needs of the world, and what the checkers want to hear.
struct world {
    virtual_scheduler& time;
    virtual_gateway& discord;
    virtual_network& network;
    std::function<void(std::string)> wrong;
    std::function<void(std::string)> write;  ///< Into the transcript.
    std::function<void(virtual_worker&, std::uint32_t)> before_dial;
    std::function<void(virtual_worker&, std::uint32_t)> before_hand_out;
    std::function<void(virtual_worker&, std::uint32_t, bool failed)> on_orphan_dial;
    std::function<void(virtual_worker&)> on_end;
    std::function<void(virtual_worker&)> on_rest;            ///< Its slice changed, or may have while it stood still.
    bool lease_on_wall_clock = false;                        ///< Planted.
    std::vector<std::vector<virtual_worker*>> holders = {};  ///< Of each shard: usually one.
};

class virtual_worker {
public:
    virtual_worker(world& in, std::uint64_t number, std::uint64_t place, cluster::worker_config config, std::uint64_t seed);
    ~virtual_worker();
    virtual_worker(const virtual_worker&) = delete;
    virtual_worker& operator=(const virtual_worker&) = delete;

    void begin() { feed(cluster::worker::started{}); }
    void freeze() { frozen_ = true; }
    void thaw();
    void ask_to_stop() {
        run([this] { feed(cluster::worker::stop_asked{}); });
    }
    void jump_wall_clock(duration by) { wall_ += by; }
    /// Its handlers want to send so many requests a second from now on.
    void want_rest(std::uint32_t per_second) { rest_wanted_ = per_second; }
    /// What it may send a second now: its limiter asks the machine before each request, also when it wakes.
    [[nodiscard]] std::uint32_t rest_right() const { return ended_ || frozen_ ? 0 : machine_.rest_right(now()); }

    // What the world tells.
    void hear(cluster::to_worker what, bool of_the_dead);
    void stream_closed(cluster::stream_id which);
    void kicked(socket_id socket);
    /// Discord closes the shard's socket; it can be resumed.
    void cut_socket(std::uint32_t shard);

    [[nodiscard]] instant now() const { return time_of_its_own(); }
    [[nodiscard]] bool frozen() const noexcept { return frozen_; }
    [[nodiscard]] bool ended() const noexcept { return ended_; }
    [[nodiscard]] const std::optional<cluster::refusal>& ended_why() const noexcept { return ended_why_; }
    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
    [[nodiscard]] std::uint64_t place() const noexcept { return place_; }
    [[nodiscard]] const cluster::process_id& process() const noexcept { return config_.self.process; }
    [[nodiscard]] cluster::incarnation incarnation() const noexcept { return config_.self.incarnation; }
    [[nodiscard]] cluster::worker_session& machine() noexcept { return machine_; }
    [[nodiscard]] const cluster::worker_session& machine() const noexcept { return machine_; }
    /// Live, leased and handing out.
    [[nodiscard]] bool serves(std::uint32_t shard) const;
    [[nodiscard]] bool owns_any() const {
        return std::ranges::any_of(runs_, [this](const auto& run) { return machine_.owns(run.first, now()); });
    }
    /// A shard with a socket to which the right was over a moment ago already; none while it stands still.
    [[nodiscard]] std::optional<std::uint32_t> unfenced() const;
    [[nodiscard]] std::vector<std::uint32_t> shards() const;
    [[nodiscard]] bool holds(std::uint32_t shard) const { return runs_.contains(shard); }
    /// For people.
    [[nodiscard]] std::string describe(std::uint32_t shard) const;

private:
    struct shard_run {
        shard_key key;
        std::optional<cluster::resume_ticket> ticket;
        gateway_session* session = nullptr;  // That its socket carries, once it is live.
        cluster::shard_status status = cluster::shard_status::starting;
        std::uint64_t dial = 0;   // Of the present socket or attempt; 0: none.
        bool open = false;        // HELLO came.
        bool taken_over = false;  // Resumes after `done`, as somebody else received what is behind it.
        bool blocked = false;     // may_dial said no.
        bool stopping = false;
        std::string lost_session;
        instant looked_at{};  // Events up to pending_ were handed out by then.
        std::uint64_t pending = 0;
        std::uint64_t resumes = 0, identifies = 0;
    };

    [[nodiscard]] instant time_of_its_own() const;
    void feed(cluster::worker::fact what);
    void run(std::function<void()> job);
    void later(duration wait, std::function<void()> job);
    void carry_out(cluster::worker::order& what);
    void publish();
    void dial(std::uint32_t shard);
    void hello(std::uint32_t shard, std::uint64_t which);
    void answer_to_resume(std::uint32_t shard, std::uint64_t which);
    void want_permit(std::uint32_t shard, std::uint64_t which);
    void identify(std::uint32_t shard, cluster::permit_number permit, instant valid_until);
    void ready(std::uint32_t shard, std::uint64_t which, const std::string& session);
    void be_refused(std::uint32_t shard, shard_run& it, std::uint16_t code);
    void close(std::uint32_t shard, bool redial);
    [[nodiscard]] bool must_close(std::uint32_t shard) const;
    void progress(std::uint32_t shard, shard_run& it);
    void stop(std::uint32_t shard);
    void forget(std::uint32_t shard);
    shard_run* find(std::uint32_t shard, std::uint64_t which);

    world& in_;
    std::uint64_t number_, place_;
    cluster::worker_config config_;
    random_source random_;
    cluster::worker_session machine_;
    duration offset_;  // Its boot clock began at another time than the others'.
    duration wall_{};
    std::shared_ptr<virtual_worker*> self_;
    std::uint32_t rest_wanted_ = 0;
    bool frozen_ = false, ended_ = false;
    std::optional<cluster::refusal> ended_why_;
    std::vector<std::function<void()>> missed_;  // While it was frozen.
    cluster::stream_id stream_{};
    std::uint64_t streams_ = 0;
    timer_id timer_ = timer_id::none;
    std::uint64_t dials_ = 0;
    std::map<std::uint32_t, shard_run> runs_;
    std::map<std::uint32_t, cluster::shard_epoch> newest_epoch_;
    cluster::leader_epoch newest_leader_{};
    cluster::fleet_id fleet_{};
    const cluster::to_worker* hearing_ = nullptr;
};

}  // namespace shoal::fleet_simulation
