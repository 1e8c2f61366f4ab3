#pragma once
// How far a run's shards are: which got ready, which gave up, and whether the bot goes on without those. Pure.
// Not here: what a shard does (src/host), the sentence that an operator reads (exit_reasons.hpp).

#include <cstddef>
#include <cstdint>
#include <set>

#include "shoal/ids.hpp"

namespace shoal::roles {

class shard_census {
public:
    void expect(std::size_t shards) noexcept { shards_ = shards; }

    /// True once: with this one all are ready.
    [[nodiscard]] bool ready(shard_key shard) {
        ready_.insert(shard);
        if (ready_.size() != shards_ || all_told_) return false;
        all_told_ = true;
        return true;
    }
    /// A shard gave up: true if the bot ends. Before any shard was ready this is a mistake that the others would only repeat, at
    /// the price of an IDENTIFY each. Later the others go on serving their guilds, unless the token itself is dead.
    [[nodiscard]] bool gave_up(shard_key shard, std::uint16_t close_code) {
        constexpr std::uint16_t authentication_failed = 4004;
        given_up_.insert(shard);
        return ready_.empty() || close_code == authentication_failed || given_up_.size() == shards_;
    }
    /// The gateway's certificate cannot be trusted: true if the bot ends. At a start this is a mistake in the settings or the
    /// clock. A bot that serves already goes on: its other shards live, and a certificate gets renewed.
    [[nodiscard]] bool untrusted() const noexcept { return ready_.empty(); }

private:
    std::size_t shards_ = 0;
    std::set<shard_key> ready_, given_up_;
    bool all_told_ = false;
};

}  // namespace shoal::roles
