#pragma once
// Gives out identify permits in single-process mode: the governor over a ledger that the processes of one host share, with
// /gateway/bot read before each wave. On a fleet the coordinator takes its place.
// Not here: the rules (budget/identify_governor.hpp), the file (state/shared_ledger.hpp).

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/logger.hpp"
#include "base/scheduler.hpp"
#include "budget/identify_governor.hpp"
#include "host/bootstrap.hpp"
#include "host/ledger_port.hpp"
#include "host/planted.hpp"
#include "host/shard_host.hpp"

namespace shoal::host {

struct desk_options {
    budget::governor_policy policy;
    /// Another process may return a permit at any time: a desk with shards waiting looks into the ledger at least this often.
    duration longest_sleep = std::chrono::seconds(5);
    duration busy_retry = std::chrono::milliseconds(20);
    /// Processes hold the ledger's lock for moments: one that holds it for this long stands still, and is told of once.
    duration busy_told_after = std::chrono::seconds(5);
    logger log;
    planted_bugs planted;  ///< For tests/simulation only.
};

/// A picture of the budget, for logs and the ops page.
struct budget_snapshot {
    budget::session_start_limit seen;
    std::int64_t spent = 0, foreign = 0;
    std::size_t waiting = 0;
    std::string trouble;  ///< Why nobody gets a permit, or empty.
};

class identify_desk final : public permit_source {
public:
    /// Everything runs on `on`, which must be the source's scheduler too. Storing the ledger flushes a small file: give it a
    /// thread on which no shard lives. `on_fatal` is told once when Discord does not accept the token.
    identify_desk(scheduler& on, std::unique_ptr<ledger_port> ledger, gateway_bot_source source, desk_options options,
                  std::function<void(failure)> on_fatal = {});
    /// On `on`'s thread, or when that does nothing any more.
    ~identify_desk() override;

    void ask(shard_key shard, bool had_session, scheduler& reply_on, std::function<void(answer)> on_answer) override;
    void withdraw(shard_key shard) override;
    void used(std::uint64_t permit, shard_key shard) override;
    void returned(std::uint64_t permit, shard_key shard) override;
    void identify_ended(shard_key shard, bool ready) override;
    void can_spare(shard_key shard, scheduler& reply_on, std::function<void(bool)> on_answer) override;

    /// The bootstrap's answer, so that the first wave needs no second request.
    void budget_seen(budget::session_start_limit limit);
    /// On `on`'s thread.
    [[nodiscard]] budget_snapshot budget() const;

private:
    struct core;
    std::shared_ptr<core> core_;
};

}  // namespace shoal::host
