#pragma once
// Why a worker has no coordinator at the moment, how often that was so, and when it is worth another line. Pure.
// Not here: the reasons themselves (line_end.hpp).

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/log_limiter.hpp"
#include "base/time.hpp"
#include "cluster/worker_session.hpp"
#include "ops/node_picture.hpp"
#include "roles/worker/line_end.hpp"

namespace shoal::roles {

class coordinator_troubles {
public:
    /// A stream ended, or none came about. How many such were not told since the last one; nullopt: do not tell this one.
    [[nodiscard]] std::optional<std::uint64_t> met(line_end_kind kind, std::string why, instant now) {
        why_ = std::move(why);
        ++lost_[static_cast<std::size_t>(kind)];
        return lines_.pass(static_cast<std::size_t>(kind), now);
    }
    /// The coordinator said no.
    [[nodiscard]] std::optional<std::uint64_t> refused(cluster::refusal kind, std::string why, instant now) {
        why_ = std::move(why);
        ++refused_[static_cast<std::size_t>(kind)];
        return lines_.pass(line_end_kinds + static_cast<std::size_t>(kind), now);
    }
    /// What the session notes; of what concerns the coordinator each kind is told once a minute at most. How many were held back
    /// since the last one; nullopt: hold this one back. `how`: of the stream's end that is being told.
    [[nodiscard]] std::optional<std::uint64_t> heard(const cluster::worker::note& what, line_end_kind how, instant now);
    void show(ops::node_picture& node, bool registered) const;
    /// A coordinator has taken this worker: what comes next is news.
    void over() {
        why_.clear();
        lines_ = {};
    }
    /// Empty while there is a coordinator, and before the first was asked.
    [[nodiscard]] const std::string& why() const noexcept { return why_; }
    [[nodiscard]] const std::array<std::uint64_t, line_end_kinds>& lost() const noexcept { return lost_; }
    [[nodiscard]] const std::array<std::uint64_t, cluster::refusals>& refused() const noexcept { return refused_; }

private:
    std::string why_;
    std::array<std::uint64_t, line_end_kinds> lost_{};
    std::array<std::uint64_t, cluster::refusals> refused_{};
    log_limiter<line_end_kinds + cluster::refusals> lines_;
};

}  // namespace shoal::roles
