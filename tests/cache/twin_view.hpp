#pragma once
// A shard's cache in the twin's words, so that the two can be compared. Not here: the twin itself (twin.hpp).

#include "cache/shard_cache.hpp"
#include "tests/cache/twin.hpp"

namespace shoal::test {

[[nodiscard]] twin_guild plain(const cached_guild& guild);
[[nodiscard]] things plain_users(const cache::shard_cache& cache);
/// Empty if both know the same; else where they differ first.
[[nodiscard]] std::string difference(const cache::shard_cache& cache, const twin& other);
[[nodiscard]] std::string difference(const cache::shard_cache& a, const cache::shard_cache& b);

}  // namespace shoal::test
