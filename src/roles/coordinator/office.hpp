#pragma once
// The coordinator's brain at work: facts from workers, operators, the store and Discord go in, its orders are carried out.
// Not here: decisions (cluster/brain.hpp), streams and certificates (fleet_port.hpp), what is made in which order
// (coordinator_role.hpp).

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/logger.hpp"
#include "base/scheduler.hpp"
#include "cluster/brain.hpp"
#include "host/bootstrap.hpp"
#include "shoal/error.hpp"
#include "store/state_store.hpp"

namespace shoal::roles {

/// A worker's stream, as the office speaks into it. Never calls back into the office.
class worker_line {
public:
    virtual void say(const cluster::to_worker& what) = 0;
    /// After what was said before; nothing is said any more.
    virtual void close(std::string_view why) = 0;

protected:
    ~worker_line() = default;
};

struct office_options {
    cluster::brain_config brain;
    std::optional<std::uint32_t> total_shards;  ///< Configured; none: Discord's recommendation when the fleet is new.
    logger log;
    /// Nothing is led any more: Discord does not take the token, which is `refused` then, or somebody else leads. Called once, on
    /// the office's thread.
    std::function<void(const std::string& why, const std::optional<failure>& refused)> stepped_down;
};

/// Everything happens on one scheduler's thread, which is the store's and the source's too.
class office {
public:
    office(scheduler& on, store::state_store& keeps, host::gateway_bot_source discord, office_options options);
    ~office();
    office(const office&) = delete;
    office& operator=(const office&) = delete;

    /// Takes office over what the store holds. `began_anew`: why it holds nothing although it should, or empty.
    void open(const store::contents& what, std::string began_anew);
    /// Discord's first answer, if the caller has it already.
    void discord_said(const host::gateway_bot& what);

    /// A worker's stream was opened; `line` must live until detach() or close().
    [[nodiscard]] cluster::stream_id attach(worker_line& line);
    void said(cluster::stream_id stream, cluster::to_coordinator what);
    void detach(cluster::stream_id stream);
    /// `answered` is called once, maybe inside of this call; not at all if the office goes first.
    /// `by`: the operator's name.
    void ask(cluster::operator_request what, std::string by, std::function<void(cluster::operator_answer)> answered);
    /// The exit of this incarnation was seen.
    void death_proven(cluster::process_id process, cluster::incarnation which, std::string how);

    [[nodiscard]] cluster::cluster_picture picture() const;
    [[nodiscard]] const cluster::brain::alarms& alarmed() const noexcept { return brain_.alarmed(); }
    [[nodiscard]] const std::array<std::uint64_t, cluster::refusals>& refused() const noexcept { return brain_.refused(); }

private:
    void step(const cluster::leader::fact& what);
    void carry_out();
    void obey(const cluster::leader::say& order);
    void obey(const cluster::leader::close_stream& order);
    void obey(cluster::leader::write& order);
    void obey(const cluster::leader::read_budget&);
    void obey(cluster::leader::answer& order);
    void obey(const cluster::leader::wake_at& order);
    void obey(const cluster::leader::step_down& order);
    void obey(const cluster::leader::note& order);
    void end(std::string_view what, const std::string& why, const std::optional<failure>& refused);

    scheduler& on_;
    store::state_store& store_;
    host::gateway_bot_source discord_;
    office_options options_;
    cluster::brain brain_;

    std::map<cluster::stream_id, worker_line*> lines_;
    std::map<std::uint64_t, std::function<void(cluster::operator_answer)>> asked_;
    std::uint64_t last_stream_ = 0, last_request_ = 0;
    store::revision fleet_at_{};  // Of the fleet's own record: whoever writes it leads.
    timer_id timer_ = timer_id::none;
    instant wakes_at_ = never;
    std::vector<cluster::leader::order> orders_;
    std::vector<cluster::leader::fact> facts_;  // That came while orders were carried out.
    bool stepping_ = false, over_ = false;
    std::shared_ptr<office*> self_;  // Emptied when this object goes: answers may still be on their way.
};

}  // namespace shoal::roles
