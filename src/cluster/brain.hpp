#pragma once
// The coordinator as a pure machine: membership, faults, assignments, planner and identify governor, composed. Facts in, orders
// out, time passed in; no clock, no socket, no store, no log, no throw. Not here: streams (src/rpc), the store (src/store),
// asking Discord (roles), the worker's side (worker_session.hpp).

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/log_limiter.hpp"
#include "base/time.hpp"
#include "budget/identify_governor.hpp"
#include "cluster/assignment_table.hpp"
#include "cluster/brain_facts.hpp"
#include "cluster/fault_detector.hpp"
#include "cluster/fleet_history.hpp"
#include "cluster/membership_table.hpp"
#include "cluster/messages.hpp"
#include "cluster/operator_messages.hpp"
#include "cluster/outbox.hpp"
#include "cluster/placement_planner.hpp"
#include "cluster/planted.hpp"
#include "cluster/rest_shares.hpp"
#include "cluster/stored_state.hpp"

namespace shoal::cluster {

struct brain_config {
    std::string coordinator;                 ///< Its name.
    std::string token_proof, intents_proof;  ///< What a worker's must equal.
    std::uint64_t application = 0;           ///< Of the identify ledger.
    std::string boot_id;                     ///< Of this machine: whether the ledger's times mean anything.
    fault_policy faults;
    placement_policy placement;
    budget::governor_policy identify;
    rest_policy rest;                                      ///< Without what follows from `faults`.
    duration order_patience = std::chrono::seconds(2);     ///< An order that shows no effect is given again.
    duration progress_every = std::chrono::seconds(5);     ///< How old stored `seq` and `done` may be.
    duration place_every = std::chrono::seconds(1);        ///< While shards have no place, one is looked for so often.
    duration look_every = std::chrono::milliseconds(100);  ///< How late a lease's end may be noticed.
    duration store_retry = std::chrono::seconds(1);
    std::size_t moves_at_once = 8;
    duration reread_every = std::chrono::hours(1);  ///< Discord is asked for count and budget, though nobody waits for either.
    duration reread_retry = std::chrono::minutes(1);
    duration forget_after = std::chrono::minutes(10);  ///< A lost worker that owns nothing is shown for so long.
    planted_bugs planted;
};

class brain {
public:
    explicit brain(brain_config config);

    void step(const leader::fact& what, instant now, std::vector<leader::order>& out);

    /// For /cluster/state and `shoal status`.
    [[nodiscard]] cluster_picture picture(instant now) const;
    [[nodiscard]] const assignment_table& assignments() const noexcept { return table_; }
    [[nodiscard]] const membership_table& members() const noexcept { return members_; }
    [[nodiscard]] const rest_shares& rest() const noexcept { return rest_; }
    [[nodiscard]] const budget::identify_ledger& ledger() const noexcept { return ledger_; }
    [[nodiscard]] leader_epoch epoch() const noexcept { return fleet_.leader; }
    /// What should not be so, a sentence each, empty while all is well.
    using alarms = std::array<std::string, alarm_kinds>;
    [[nodiscard]] const alarms& alarmed() const noexcept { return alarms_; }
    /// Moves that wait for their turn, and words that wait for the store: both bounded.
    [[nodiscard]] std::size_t queued_moves() const noexcept { return queue_.size(); }
    [[nodiscard]] std::size_t unsaid() const noexcept { return outbox_.waiting(); }
    /// Registrations that were refused, by reason.
    [[nodiscard]] const std::array<std::uint64_t, refusals>& refused() const noexcept { return refused_; }

private:
    // brain.cpp: office, the store, time
    void on(const leader::office_taken& what);
    void on(const leader::shard_count_told& what);
    void on(const leader::write_stored&);
    void on(const leader::write_failed& what);
    void on(const leader::tick&);
    void notice_sleep();
    void settle();
    void flush();
    void carry_out(const afterwards& what);
    void begin_shards(std::uint32_t total);
    void load(const record& what);
    [[nodiscard]] bool waits() const noexcept { return now_ < waiting_until_; }
    [[nodiscard]] bool all_confirmed() const;
    [[nodiscard]] std::vector<record> records_of(const unstored& what) const;

    // brain_members.cpp: who is there
    void on(const leader::said& what);
    void on(const leader::stream_closed& what);
    void on(const leader::death_proven& what);
    void hear(stream_id stream, const register_ask& ask);
    void hear(member& who, const heartbeat& beat);
    void hear(member& who, const goodbye&);
    [[nodiscard]] std::optional<register_refused> objection(const register_ask& ask) const;
    void refuse(stream_id stream, register_refused why, const process_id& process);
    void look_at(member& who);
    void look_at_all();
    void prove_dead(member& who, std::string how);
    void vacate_all(const process_id& process, incarnation which, const std::string& why);
    void miss(const member& who, const std::vector<shard_report>& reports);

    // brain_shards.cpp: who holds what
    void take_report(member& who, const shard_report& report, fleet_id counted_by);
    void take_session(member& who, const shard_report& report);
    void confirm(member& who, std::uint32_t shard);
    void start(std::uint32_t shard);
    void stop(const member& who, std::uint32_t shard, shard_epoch epoch, std::string reason);
    void assign(std::uint32_t shard, const member& to, std::string reason);
    void vacate(std::uint32_t shard, std::string reason);
    void move(std::uint32_t shard, std::optional<process_id> to, std::string reason);
    void place();
    [[nodiscard]] cluster_view view(std::uint32_t most_moves) const;
    [[nodiscard]] std::uint32_t fair_share() const;
    void carry_out_plan(const placement_plan& plan);
    void carry_on_moves();
    void queue_move(std::uint32_t shard, std::optional<process_id> to, std::string reason);
    void insist();

    // brain_refusals.cpp: what Discord refuses for good
    void hear_refusal(member& who, const shard_report& report);
    void tell_refusals();
    void count_guilds(std::uint32_t shard, const shard_report& report);
    [[nodiscard]] bool may_identify(const member& who) const noexcept { return fleet_.refused.code == 0 || who.may_try; }
    void bring_to_who_may_try();

    // brain_permits.cpp: who may IDENTIFY
    void on(const leader::budget_told& what);
    void on(const leader::budget_failed& what);
    void hear(member& who, const permit_ask& ask);
    void hear(member& who, const permit_withdrawn& what);
    void hear(member& who, const permit_used& what);
    void hear(member& who, const permit_returned& what);
    void hear(member& who, const identify_ended& what);
    void hear(member& who, const spare_ask& what);
    void want_permit(member& who, std::uint32_t shard, bool had_session);
    void unqueue(std::uint32_t shard);
    void give_permits();
    void ask_discord();
    void tell_foreign();
    void tell_no_budget(bool nothing_left);
    void grant(const budget::identify_governor::granted& what);
    void make_governor();
    [[nodiscard]] shard_key key_of(std::uint32_t shard) const noexcept { return {shard, table_.total()}; }

    // brain_operator.cpp: who asks
    void on(const leader::operator_asked& what);
    [[nodiscard]] operator_answer reply(const picture_ask&);
    [[nodiscard]] operator_answer reply(const events_ask& what);
    [[nodiscard]] operator_answer reply(const explain_ask& what);
    [[nodiscard]] operator_answer reply(const move_ask& what);
    [[nodiscard]] operator_answer reply(const drain_ask& what);
    [[nodiscard]] operator_answer reply(const cordon_ask& what);
    [[nodiscard]] operator_answer reply(const pause_ask& what);
    [[nodiscard]] operator_answer reply(const rebalance_ask& what);
    [[nodiscard]] operator_answer reply(const fence_ask& what);
    [[nodiscard]] operator_answer reply(const reserve_ask& what);

    /// Said once everything that it rests on is stored.
    void tell(const member& who, to_worker what);
    void tell_now(const member& who, to_worker what);
    void say_note(leader::note_code code, std::string detail) { out_->push_back(leader::note{code, std::move(detail), {}}); }
    void alarm(alarm_kind kind, std::string what);
    [[nodiscard]] const std::string& alarm_of(alarm_kind kind) const noexcept { return alarms_[static_cast<std::size_t>(kind)]; }
    [[nodiscard]] bool can_store() const noexcept { return alarm_of(alarm_kind::store).empty(); }
    void remember(const process_id& process, std::optional<std::uint32_t> shard, std::string what) {
        history_.add(now_, process.value, shard, std::move(what));
    }

    brain_config config_;
    std::string asked_by_;
    instant now_{};
    instant stepped_at_{};
    std::vector<leader::order>* out_ = nullptr;

    bool in_office_ = false, stepped_down_ = false;
    bool office_stored_ = false;
    bool anew_ = false;  // The store was lost: it confirms nothing.
    instant office_since_{}, waiting_until_ = never;
    stored_fleet fleet_;
    membership_table members_;
    assignment_table table_;
    outbox outbox_;
    fleet_history history_;
    alarms alarms_;
    std::set<std::uint32_t> crowded_;  // Shards with nearly as many guilds as Discord allows.
    std::array<std::uint64_t, refusals> refused_{};
    std::map<process_id, log_limiter<refusals>> refusals_told_;
    instant write_again_at_ = never, progress_at_ = never, look_at_ = never, place_again_at_{};

    std::uint32_t joined_ = 0;      // Since the last plan, or asked for by an operator: each brings moves for balance.
    std::uint32_t moves_left_ = 0;  // Of those; used up while shards settle.
    bool place_due_ = false, rebalance_due_ = false, members_due_ = false, permits_due_ = false;
    struct queued_move {
        std::uint32_t shard;
        std::optional<process_id> to;
        std::string reason;
    };
    std::vector<queued_move> queue_;

    rest_shares rest_;
    std::optional<budget::identify_governor> governor_;
    budget::identify_ledger ledger_;
    std::map<std::uint32_t, shard_epoch> asking_;  // Shards that wait in the governor, and under which epoch.
    bool budget_asked_ = false;
    instant permits_at_ = never, budget_not_before_{}, decided_at_{}, reread_at_ = never, told_at_{};
};

}  // namespace shoal::cluster
