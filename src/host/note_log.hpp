#pragma once
// The session machine's notes as log lines for people.
// Not here: when they are made (gateway/session.hpp).

#include <string_view>

#include "base/logger.hpp"
#include "gateway/session.hpp"
#include "shoal/ids.hpp"

namespace shoal::host {

[[nodiscard]] log_level level_of(gateway::note_code code) noexcept;
void write_note(const logger& log, shard_key shard, const gateway::note& note, std::string_view correlation);

}  // namespace shoal::host
