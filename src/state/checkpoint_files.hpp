#pragma once
// The files in which a shard's rounds lie: <state folder>/shard-<id>of<total>/<round>.log and <round>.snapshot. Readable by their
// owner only, since a ticket in them is as good as the session.
// Not here: what is in them (src/cache, src/gateway), when they are written (checkpoint_writer.hpp).

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "shoal/error.hpp"
#include "shoal/ids.hpp"
#include "state/files.hpp"

namespace shoal::state {

struct checkpoint_round {
    std::uint64_t number = 0;
    std::string snapshot, log;  ///< Empty: the file is not there.
};

/// One shard's folder. Values only: nothing is open between calls.
class checkpoint_files {
public:
    checkpoint_files(std::string_view state_folder, shard_key shard);

    /// All rounds in order of their numbers; none if there is no folder.
    [[nodiscard]] result<std::vector<checkpoint_round>> read() const;
    /// What a process that goes on leaves: rounds up to `last`, whose log is cut off at so many bytes.
    [[nodiscard]] result<void> keep_until(std::uint64_t last, std::size_t log_bytes) const;
    /// Removes all rounds below `round`.
    [[nodiscard]] result<void> forget_below(std::uint64_t round) const;
    /// Removes all rounds.
    [[nodiscard]] result<void> forget() const;

    /// Opens a file of a round for appending; makes it, and the folder, where they are missing. `anew` empties it.
    [[nodiscard]] result<unique_fd> open_log(std::uint64_t round, bool anew) const;
    [[nodiscard]] result<unique_fd> open_snapshot(std::uint64_t round, bool anew) const;

    [[nodiscard]] const std::string& folder() const noexcept { return folder_; }
    [[nodiscard]] shard_key shard() const noexcept { return shard_; }

private:
    [[nodiscard]] std::string path_of(std::uint64_t round, std::string_view kind) const;
    [[nodiscard]] result<unique_fd> open(std::uint64_t round, std::string_view kind, bool anew) const;
    [[nodiscard]] result<std::vector<std::uint64_t>> numbers() const;
    [[nodiscard]] result<void> remove(std::uint64_t round) const;

    shard_key shard_;
    std::string folder_;
};

/// Removes what is kept in this state folder of shards whose total is another one; of how many.
[[nodiscard]] result<std::size_t> forget_other_totals(std::string_view state_folder, std::uint32_t total);

}  // namespace shoal::state
