#pragma once
// What a bot's author sees of its shards and of bad answers, from what the host counts. Pure.
// Not here: counting (src/host).

#include "host/bad_answer.hpp"
#include "host/event_sink.hpp"
#include "shoal/bot.hpp"

namespace shoal::runtime {

struct shard_room;

/// `room` is nullptr before the shard's first event.
[[nodiscard]] shard_status status_of(host::shard_snapshot seen, const shard_room* room);
[[nodiscard]] bad_answers counts_of(const host::bad_answer_log& seen);

}  // namespace shoal::runtime
