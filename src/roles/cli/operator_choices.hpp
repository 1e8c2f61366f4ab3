#pragma once
// Small decisions of the operator's commands: which events are new, which name was meant, what is an incarnation. Pure.
// Not here: what is printed (fleet_text.hpp), what is left to do (remaining.hpp).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/operator_messages.hpp"

namespace shoal::roles::cli {

/// Follows the fleet's history over many answers. A coordinator that was restarted counts from 1 again, which must not hide what
/// it tells: the last event known is asked for again, and if it is another one or none everything is new.
class event_follower {
public:
    /// For events_ask.
    [[nodiscard]] std::uint64_t asks_after() const noexcept { return last_ == 0 ? 0 : last_ - 1; }
    /// What is new in the answer to it.
    [[nodiscard]] std::vector<cluster::fleet_event> take(const std::vector<cluster::fleet_event>& told);

private:
    std::uint64_t last_ = 0;
    std::string what_;
};

/// "; did you mean w2?", or "; there are w1, w2.", or "; there is none yet.": the end of "there is no worker w".
[[nodiscard]] std::string names_instead(std::string_view wrong, const std::vector<cluster::worker_picture>& workers);
/// "there is no shard 20; they are numbered from 0 to 15."
[[nodiscard]] std::string no_such_shard(std::uint32_t wrong, std::uint32_t total);
/// Hexadecimal, as /cluster/state has it; nothing if it is none.
[[nodiscard]] std::optional<cluster::incarnation> read_incarnation(std::string_view text);

}  // namespace shoal::roles::cli
