#pragma once
// The end of what handlers still do: each shard's get their time, then their frames go, then the workers end, then what those
// handed back. Not here: ending intake before (src/host), joining threads after (src/roles).

#include <functional>

#include "base/time.hpp"

namespace shoal::runtime {

class offload_pool;
class room_table;

/// `done` is called once, on some shard's thread, or inside this call if nothing ever ran. The io threads must be running; all
/// arguments must live until then.
void drain(const room_table& rooms, offload_pool& workers, duration grace, std::function<void()> done);

}  // namespace shoal::runtime
