#include "fleet/virtual_coordinator.hpp"

#include <chrono>
#include <utility>

namespace shoal::fleet_simulation {

using namespace std::chrono_literals;
namespace leader = cluster::leader;

virtual_coordinator::virtual_coordinator(virtual_scheduler& time, virtual_gateway& discord, virtual_network& network,
                                         store::memory_contents& kept, cluster::brain_config config, std::uint32_t shards,
                                         std::uint64_t seed, hooks told)
    : time_(time),
      discord_(discord),
      network_(network),
      kept_(kept),
      shards_(shards),
      random_(seed),
      // The ledger's times are of this machine, which goes on; only a lost store may come up on another one.
      offset_(500000s),
      told_(std::move(told)),
      brain_(std::move(config)),
      self_(std::make_shared<virtual_coordinator*>(this)) {
    leader::office_taken office;
    for (const auto& [key, held] : kept_.entries) office.records.push_back({key, held.first});
    if (const auto found = kept_.entries.find("fleet"); found != kept_.entries.end()) leads_by_ = found->second.second;
    if (kept_.entries.empty()) office.began_anew = "there was none";
    office.fresh_fleet = cluster::fleet_id{random_.next() | 1};
    network_.coordinator_lives();
    feed(office);
    time_.wake_at(time_.now() + 150ms, [self = self_] {
        if (*self != nullptr) (*self)->feed(leader::shard_count_told{(*self)->shards_});
    });
}

virtual_coordinator::~virtual_coordinator() {
    *self_ = nullptr;
    network_.coordinator_died();
}

void virtual_coordinator::feed(const leader::fact& what) {
    if (stepped_down_) return;
    std::vector<leader::order> orders;
    brain_.step(what, now(), orders);
    for (const auto& one : orders) carry_out(one);
}

std::size_t virtual_coordinator::would_move() {
    std::size_t moves = 0;
    probe_ = &moves;
    feed(leader::operator_asked{0, cluster::rebalance_ask{true}});
    return moves;
}

void virtual_coordinator::carry_out(const leader::order& what) {
    const auto later = [this](duration wait, leader::fact fact) {
        time_.wake_at(time_.now() + wait, [self = self_, fact = std::move(fact)] {
            if (*self != nullptr) (*self)->feed(fact);
        });
    };
    if (const auto* say = std::get_if<leader::say>(&what)) {
        told_.on_say(say->what);
        network_.say_down(say->stream, say->what);
    } else if (const auto* close = std::get_if<leader::close_stream>(&what)) {
        network_.close_from_coordinator(close->stream);
    } else if (const auto* write = std::get_if<leader::write>(&what)) {
        time_.wake_at(time_.now() + random_.between(1ms, 5ms), [self = self_, records = write->records] {
            if (*self != nullptr) (*self)->commit(records);
        });
    } else if (std::holds_alternative<leader::read_budget>(what)) {
        if (random_.chance(0.1)) return later(80ms, leader::budget_failed{2s});
        later(80ms, leader::budget_told{discord_.limit()});
    } else if (const auto* answer = std::get_if<leader::answer>(&what)) {
        const auto* plan = std::get_if<cluster::plan_told>(&answer->what);
        if (plan != nullptr && probe_ != nullptr) {
            *std::exchange(probe_, nullptr) = plan->moves.size();
        } else {
            told_.on_answer(answer->what);
        }
    } else if (const auto* wake = std::get_if<leader::wake_at>(&what)) {
        if (timer_ != timer_id::none) time_.cancel(timer_);
        timer_ = time_.wake_at(wake->when - offset_, [self = self_] {
            if (*self == nullptr) return;
            (*self)->timer_ = timer_id::none;
            (*self)->feed(leader::tick{});
        });
    } else if (const auto* note = std::get_if<leader::note>(&what)) {
        told_.write("coordinator: " + note->detail);
    } else if (const auto* down = std::get_if<leader::step_down>(&what)) {
        told_.write("coordinator steps down: " + down->why);
        stepped_down_ = true;
    }
}

void virtual_coordinator::commit(const std::vector<cluster::record>& records) {
    if (time_.now() < store_works_at_) return feed(leader::write_failed{"the disk is full", false});
    store::transaction what{{{"fleet", leads_by_}}, {}};
    bool renewed = false;
    for (const auto& one : records) {
        what.changes.push_back({one.key, one.value});
        renewed |= one.key == "fleet";
    }
    const auto done = store::apply(what, kept_);
    if (!done.done) return feed(leader::write_failed{"another coordinator took office", true});
    if (renewed) leads_by_ = done.at;
    feed(leader::write_stored{});
}

}  // namespace shoal::fleet_simulation
