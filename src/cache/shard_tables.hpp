#pragma once
// What a shard keeps once for all of its guilds: shared texts, users, who the bot is. Not here: guilds (shard_cache.hpp).

#include "cache/record.hpp"
#include "cache/text_pool.hpp"
#include "shoal/cache.hpp"

namespace shoal {
inline namespace v0 {
namespace detail {

struct shard_tables {
    cache::text_pool texts;
    packed_table users;
    user_id self;
    runtime::bot_runtime* bot = nullptr;  ///< Only handed on, to the things that are read: their methods need it.
};

}  // namespace detail
}  // namespace v0
}  // namespace shoal
