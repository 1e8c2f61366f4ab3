#pragma once
// One coordinator process: the real brain over a store in memory, reached with a delay, that can fail or be lost.
// Not here: its network (virtual_network.hpp).

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "base/virtual_scheduler.hpp"
#include "cluster/brain.hpp"
#include "fleet/virtual_gateway.hpp"
#include "fleet/virtual_network.hpp"
#include "store/memory/memory_store.hpp"

namespace shoal::fleet_simulation {

class virtual_coordinator {
public:
    struct hooks {
        std::function<void(const cluster::to_worker&)> on_say;
        std::function<void(std::string)> write;
        std::function<void(cluster::operator_answer)> on_answer;
    };
    virtual_coordinator(virtual_scheduler& time, virtual_gateway& discord, virtual_network& network, store::memory_contents& kept,
                        cluster::brain_config config, std::uint32_t shards, std::uint64_t seed, hooks told);
    ~virtual_coordinator();
    virtual_coordinator(const virtual_coordinator&) = delete;
    virtual_coordinator& operator=(const virtual_coordinator&) = delete;

    void feed(const cluster::leader::fact& what);
    /// How many shards a rebalance would move now.
    [[nodiscard]] std::size_t would_move();
    void fail_store(duration span) { store_works_at_ = time_.now() + span; }
    [[nodiscard]] const cluster::brain& brain() const noexcept { return brain_; }
    [[nodiscard]] instant now() const { return time_.now() + offset_; }
    [[nodiscard]] bool stepped_down() const noexcept { return stepped_down_; }

private:
    void carry_out(const cluster::leader::order& what);
    void commit(const std::vector<cluster::record>& records);

    virtual_scheduler& time_;
    virtual_gateway& discord_;
    virtual_network& network_;
    store::memory_contents& kept_;
    std::uint32_t shards_;
    random_source random_;
    duration offset_;
    hooks told_;
    cluster::brain brain_;
    store::revision leads_by_{};  // The fleet record's revision: the condition of every write.
    instant store_works_at_{};
    bool stepped_down_ = false;
    std::size_t* probe_ = nullptr;  // Where the next plan's moves are counted in place of being told.
    timer_id timer_ = timer_id::none;
    std::shared_ptr<virtual_coordinator*> self_;
};

}  // namespace shoal::fleet_simulation
