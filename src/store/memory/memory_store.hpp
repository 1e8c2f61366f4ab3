#pragma once
// A store that lasts as long as its memory_contents: for tests, simulations, and coordinators that need not remember.
// Not here: anything durable (store/sqlite).

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/scheduler.hpp"
#include "store/state_store.hpp"

namespace shoal::store {

/// What is kept; it may outlive the stores over it. One store at a time, on one thread.
struct memory_contents {
    std::map<std::string, std::pair<std::string, revision>> entries;
    revision at{};
};

/// `on` outlives the store.
[[nodiscard]] std::unique_ptr<state_store> open_memory(std::shared_ptr<memory_contents> kept, scheduler& on);

/// What a transaction does: the one meaning that all stores share.
[[nodiscard]] outcome apply(const transaction& what, memory_contents& to);

}  // namespace shoal::store
