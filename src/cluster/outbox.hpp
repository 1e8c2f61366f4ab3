#pragma once
// What has to be stored, and what may be said only afterwards. One transaction at a time: what gathers meanwhile goes into the
// next. Not here: what a record holds (stored_state.hpp), how it is stored (src/store).

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "cluster/ids.hpp"
#include "cluster/messages.hpp"

namespace shoal::cluster {

/// What is not yet in the store as it is in memory.
struct unstored {
    bool fleet = false, ledger = false;
    std::set<process_id> members, progress;
    std::set<std::uint32_t> shards;
    [[nodiscard]] bool empty() const noexcept {
        return !fleet && !ledger && members.empty() && progress.empty() && shards.empty();
    }
    void merge(unstored other) {
        fleet |= other.fleet;
        ledger |= other.ledger;
        members.merge(other.members);
        progress.merge(other.progress);
        shards.merge(other.shards);
    }
};

// What waits for the store.
struct office_stored {};  ///< The leader's epoch is stored: it may speak.
struct member_stored {
    process_id process;
    cluster::incarnation incarnation{};
};
struct shard_stored {
    std::uint32_t shard = 0;
    shard_epoch epoch{};
};
struct session_stored {
    std::uint32_t shard = 0;
    std::string session_id;
};
struct word_to {
    process_id process;
    cluster::incarnation incarnation{};
    to_worker what;
};
using afterwards = std::variant<office_stored, member_stored, shard_stored, session_stored, word_to>;

class outbox {
public:
    [[nodiscard]] unstored& store() noexcept { return next_; }
    void then(afterwards what) { waiting_.push_back(std::move(what)); }

    /// What should be written now; nullopt: a transaction is on its way, or there is nothing to write.
    [[nodiscard]] std::optional<unstored> begin() {
        if (writing_ || next_.empty()) return std::nullopt;
        writing_ = std::exchange(next_, {});
        written_with_ = std::exchange(waiting_, {});
        return writing_;
    }
    /// What need not wait for anything.
    [[nodiscard]] std::vector<afterwards> ready() {
        return writing_ || !next_.empty() ? std::vector<afterwards>{} : std::exchange(waiting_, {});
    }
    [[nodiscard]] std::vector<afterwards> stored() {
        writing_.reset();
        return std::exchange(written_with_, {});
    }
    /// Nothing of it counts as said; all of it counts as to be stored again.
    void failed() {
        if (writing_) next_.merge(std::move(*writing_));
        writing_.reset();
        written_with_.insert(written_with_.end(), std::make_move_iterator(waiting_.begin()),
                             std::make_move_iterator(waiting_.end()));
        waiting_ = std::exchange(written_with_, {});
    }
    [[nodiscard]] bool writing() const noexcept { return writing_.has_value(); }

private:
    unstored next_;
    std::optional<unstored> writing_;
    std::vector<afterwards> waiting_, written_with_;
};

}  // namespace shoal::cluster
