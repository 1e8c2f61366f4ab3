#pragma once
// The checkpoints of a process's shards: read at a start, and kept while it runs. Not here: what is stored of one shard
// (shard_checkpoint.hpp), whether any is (src/roles).

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/logger.hpp"
#include "bot/shard_checkpoint.hpp"
#include "host/ticket_keeper.hpp"
#include "shoal/cache_settings.hpp"
#include "state/checkpoint_writer.hpp"

namespace shoal::runtime {

struct checkpoint_setup {
    std::string state_folder;
    std::uint64_t bot = 0;      ///< state::application_key
    std::uint64_t intents = 0;  ///< That IDENTIFY would ask for.
    std::string presence;
    cache_settings cache;
    logger log;
};

/// Why a session cannot be gone on with, as the end of a sentence; nullopt: it is worth a try. `now`: seconds of the wall clock.
[[nodiscard]] std::optional<std::string> why_not(const gateway::kept_ticket& found, shard_key shard,
                                                 const checkpoint_setup& wanted, std::int64_t now_unix_seconds);

class checkpoint_desk final : public host::ticket_keeper {
public:
    checkpoint_desk(checkpoint_setup setup, const std::vector<shard_key>& shards);

    /// Before the shards run: what the process before left of each. What cannot be used is said in the log and removed.
    [[nodiscard]] std::map<shard_key, gateway::resume_ticket> recall();
    /// nullptr: not one of this process's shards. Fixed after construction, so from any thread.
    [[nodiscard]] shard_checkpoint* of(shard_key shard) noexcept;
    /// When no shard runs any more: all that was kept is written, and nothing is from here on. The caches stay.
    void close() { writer_.close(); }

    void keep(const gateway::resume_ticket& ticket, const std::vector<gateway::known_guild>* guilds) override;
    [[nodiscard]] std::uint64_t kept(shard_key shard) override;
    void drop(shard_key shard) override;

private:
    [[nodiscard]] std::optional<gateway::resume_ticket> recall(shard_key shard, std::size_t& guilds);

    checkpoint_setup setup_;
    ticket_frame frame_;
    state::checkpoint_writer writer_;
    std::map<shard_key, std::unique_ptr<shard_checkpoint>> shards_;
};

}  // namespace shoal::runtime
