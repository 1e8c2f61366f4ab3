#pragma once
// Between the threads of a worker's shards and the control thread, on which its side of the fleet is decided: asks for dials,
// permits and the right to hand out go one way, answers the other. Not here: what the answers are (cluster/worker_session.hpp).

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/scheduler.hpp"
#include "cluster/worker_session.hpp"
#include "host/permit_source.hpp"
#include "host/shard_rights.hpp"

namespace shoal::roles {

class fleet_desk final : public host::shard_rights, public host::permit_source {
public:
    /// `session` is asked, and `told` of facts, on `control`'s thread only; both outlive the desk. `fence`: the session's.
    fleet_desk(scheduler& control, cluster::worker_session& session, cluster::fence_policy fence,
               std::function<void(cluster::worker::fact)> told);
    ~fleet_desk() override;

    // ---- on the control thread ---------------------------------------------------------------------------------------------
    /// Before its first start: there is a place for its lease from here on.
    void expect(shard_key shard);
    /// Leases as they are now, after each step of the session.
    void refresh();
    void obey(const cluster::worker::hand_out& order);
    void obey(const cluster::worker::give_permit& order);
    void obey(const cluster::worker::refuse_permit& order);
    void obey(const cluster::worker::answer_spare& order);
    void obey(const cluster::worker::rights_changed&);
    /// Nothing of it is asked any more.
    void forget(std::uint32_t shard);
    /// The session that Discord last called lost, for a permit's request; from the host's picture.
    void lost(std::uint32_t shard, std::string session_id) { lost_sessions_[shard] = std::move(session_id); }

    // ---- host::shard_rights, on the shards' threads ----------------------------------------------------------------------
    void ask_to_dial(shard_key shard, bool has_session, scheduler& reply_on, std::function<void()> allowed) override;
    void dial_failed(shard_key shard) override;
    void ask_to_hand_out(shard_key shard, std::string_view session_id, scheduler& reply_on,
                         std::function<void()> allowed) override;
    [[nodiscard]] bool may_be_taken(shard_key shard, instant now) const noexcept override;
    [[nodiscard]] bool must_close(shard_key shard, instant now) const noexcept override {
        return fence_ == cluster::fence_policy::close && may_be_taken(shard, now);
    }

    // ---- host::permit_source, on the shards' threads ---------------------------------------------------------------------
    void ask(shard_key shard, bool had_session, scheduler& reply_on, std::function<void(answer)> on_answer) override;
    void withdraw(shard_key shard) override;
    void used(std::uint64_t permit, shard_key shard) override;
    void returned(std::uint64_t permit, shard_key shard) override;
    void identify_ended(shard_key shard, bool ready) override;
    void can_spare(shard_key shard, scheduler& reply_on, std::function<void(bool)> on_answer) override;

private:
    struct waiting_dial {
        bool has_session;
        scheduler* reply_on;
        std::function<void()> allowed;
    };
    struct waiting_session {
        std::string session_id;
        scheduler* reply_on;
        std::function<void()> allowed;
    };
    struct waiting_permit {
        scheduler* reply_on;
        std::function<void(answer)> on_answer;
    };
    struct waiting_spare {
        scheduler* reply_on;
        std::function<void(bool)> on_answer;
    };
    /// Runs this on the control thread, if the desk still lives then.
    void there(std::move_only_function<void(fleet_desk&)> job);
    void try_dial(std::uint32_t shard);
    void tell(cluster::worker::fact fact) { told_(std::move(fact)); }

    scheduler& control_;
    cluster::worker_session& session_;
    const cluster::fence_policy fence_;
    std::function<void(cluster::worker::fact)> told_;
    std::map<std::uint32_t, waiting_dial> dials_;
    std::map<std::uint32_t, waiting_session> sessions_;
    std::map<std::uint32_t, waiting_permit> permits_;
    std::map<std::uint32_t, waiting_spare> spares_;
    std::map<std::uint32_t, std::string> lost_sessions_;
    std::set<std::uint32_t> expected_;

    // Until when each shard's lease lasts, in nanoseconds of the clock; written by the control thread, read by all.
    std::uint32_t places_ = 0;
    std::unique_ptr<std::atomic<std::int64_t>[]> fresh_until_;
    std::shared_ptr<fleet_desk*> self_;  // Emptied when the desk goes: posted work holds it.
};

}  // namespace shoal::roles
