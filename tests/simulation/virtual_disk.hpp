#pragma once
// Where one process keeps its tickets: what it writes arrives in order and a while later, and a crash of the process loses what
// has not arrived. At most a second behind, tick and delay together. Not here: bytes and files (tests/cache, tests/unit/state).

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "base/virtual_scheduler.hpp"
#include "host/ticket_keeper.hpp"

namespace shoal::simulation {

class virtual_disk final : public host::ticket_keeper {
public:
    virtual_disk(virtual_scheduler& time, std::uint64_t seed) : time_(time), random_(seed) {}

    void keep(const gateway::resume_ticket& ticket, const std::vector<gateway::known_guild>* guilds) override {
        auto& latest = latest_[ticket.shard];
        auto known = guilds != nullptr ? *guilds : std::move(latest.guilds);
        latest = ticket;
        latest.guilds = std::move(known);
        write(ticket.shard, latest);
    }
    std::uint64_t kept(shard_key shard) override {
        const auto found = stored_.find(shard);
        return found != stored_.end() && found->second.session_id == latest_[shard].session_id ? found->second.done : 0;
    }
    void drop(shard_key shard) override { write(shard, std::nullopt); }

    /// The process died: what is on its way is lost.
    void crash() { forget_writes(); }
    /// It ended in order.
    void flush() {
        for (auto& one : writes_) store(one);
        forget_writes();
    }
    [[nodiscard]] std::map<shard_key, gateway::resume_ticket> tickets(const std::vector<shard_key>& shards) const {
        std::map<shard_key, gateway::resume_ticket> out;
        for (const auto& shard : shards)
            if (const auto found = stored_.find(shard); found != stored_.end()) out.insert(*found);
        return out;
    }
    /// A process that goes on says so before it dials.
    void note_takeover() {
        for (auto& [shard, ticket] : stored_) ticket.unsettled = true;
    }
    /// nullopt: nothing of this session is here.
    [[nodiscard]] std::optional<std::uint64_t> done_of(const std::string& session) const {
        for (const auto& [shard, ticket] : stored_)
            if (ticket.session_id == session) return ticket.done;
        return std::nullopt;
    }

private:
    struct write_order {
        instant due;
        shard_key shard;
        std::optional<gateway::resume_ticket> ticket;
    };
    void write(shard_key shard, std::optional<gateway::resume_ticket> ticket) {
        const auto soonest = writes_.empty() ? time_.now() : writes_.back().due;
        const auto due = std::max(soonest, time_.now() + random_.between({}, std::chrono::milliseconds(700)));
        writes_.push_back({due, shard, std::move(ticket)});
        time_.wake_at(due, [this, mine = life_] {
            if (*mine) return;
            store(writes_.front());
            writes_.pop_front();
        });
    }
    void store(write_order& one) {
        if (one.ticket) {
            stored_.insert_or_assign(one.shard, std::move(*one.ticket));
        } else {
            stored_.erase(one.shard);
        }
    }
    void forget_writes() {
        *life_ = true;
        life_ = std::make_shared<bool>(false);
        writes_.clear();
    }

    virtual_scheduler& time_;
    random_source random_;
    std::map<shard_key, gateway::resume_ticket> latest_, stored_;
    std::deque<write_order> writes_;
    std::shared_ptr<bool> life_ = std::make_shared<bool>(false);  // True: over.
};

}  // namespace shoal::simulation
