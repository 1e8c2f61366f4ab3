#pragma once
// What has to be stored, and what may be said only afterwards. One transaction at a time: what gathers meanwhile goes into the
// next. Not here: what a record holds (stored_state.hpp), how it is stored (src/store).

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
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
    /// What about, to whom, and of which shard; a permit's number in its place, since none replaces another.
    using place = std::tuple<std::size_t, std::size_t, std::string_view, cluster::incarnation, std::uint64_t>;
    static place place_of(const afterwards& what) noexcept {
        if (const auto* one = std::get_if<member_stored>(&what))
            return {what.index(), 0, one->process.value, one->incarnation, 0};
        if (const auto* one = std::get_if<shard_stored>(&what)) return {what.index(), 0, {}, {}, one->shard};
        if (const auto* one = std::get_if<session_stored>(&what)) return {what.index(), 0, {}, {}, one->shard};
        const auto* word = std::get_if<word_to>(&what);
        if (word == nullptr) return {what.index(), 0, {}, {}, 0};
        const auto which = std::visit(
            [](const auto& message) -> std::uint64_t {
                if constexpr (requires { message.permit; }) {
                    return number(message.permit);
                } else if constexpr (requires { message.shard.id; }) {
                    return message.shard.id;
                } else if constexpr (requires { message.shard; }) {
                    return message.shard;
                } else {
                    return 0;
                }
            },
            word->what);
        return {what.index(), word->what.index(), word->process.value, word->incarnation, which};
    }

public:
    [[nodiscard]] unstored& store() noexcept { return next_; }
    /// What a later word of its kind and place replaces is not said twice: while a store does not answer, what waits is bounded
    /// by how many there are to speak to and of, not by how long it lasts.
    void then(afterwards what) {
        waiting_.push_back(std::move(what));
        if (waiting_.size() >= sweep_at_) sweep();
    }
    [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }

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
        sweep();
    }
    [[nodiscard]] bool writing() const noexcept { return writing_.has_value(); }

private:
    static constexpr std::size_t sweep_least = 256;
    /// The last of each kind and place stays, where it stands.
    void sweep() {
        std::set<place> seen;  // Into waiting_, which stays as it is meanwhile.
        std::vector<std::size_t> kept;
        for (auto at = waiting_.size(); at-- > 0;)
            if (seen.insert(place_of(waiting_[at])).second) kept.push_back(at);
        std::vector<afterwards> left;
        left.reserve(kept.size());
        for (auto at = kept.size(); at-- > 0;) left.push_back(std::move(waiting_[kept[at]]));
        waiting_ = std::move(left);
        sweep_at_ = std::max(sweep_least, 2 * waiting_.size());
    }

    unstored next_;
    std::optional<unstored> writing_;
    std::vector<afterwards> waiting_, written_with_;
    std::size_t sweep_at_ = sweep_least;
};

}  // namespace shoal::cluster
