#pragma once
// The port of what a coordinator keeps: keys with values, revisions that only rise, transactions that hold only if nobody was
// faster. Not here: what the records mean (cluster/stored_state.hpp), who leads. Every store passes tests/contract.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "shoal/error.hpp"

namespace shoal::store {

/// Counts the transactions that changed something; none is the revision of what does not exist.
enum class revision : std::uint64_t { none = 0 };

struct entry {
    std::string key, value;
    revision modified{};  ///< Of the transaction that wrote it last.
    friend bool operator==(const entry&, const entry&) = default;
};

/// A key at exactly this revision; none: it does not exist.
struct condition {
    std::string key;
    revision modified{};
};

struct change {
    std::string key;
    std::optional<std::string> value;  ///< Absent: the key is erased, if it is there.
};

/// All changes, or none of them.
struct transaction {
    std::vector<condition> only_if;
    std::vector<change> changes;
};

struct outcome {
    bool done = false;  ///< false: a condition did not hold, and nothing was written.
    revision at{};      ///< Of the whole store, afterwards.
};

struct contents {
    std::vector<entry> entries;  ///< In the order of their keys' bytes.
    revision at{};
};

/// Answers come on the scheduler that the store was made with, in the order of the calls, never inside them. They come also while
/// the store is being destroyed, and none after that. A transaction that failed with anything but `overloaded` may have happened:
/// read before relying on either.
class state_store {
public:
    state_store() = default;
    state_store(const state_store&) = delete;
    state_store& operator=(const state_store&) = delete;
    virtual ~state_store() = default;

    /// Everything that is there. From the scheduler's thread, as commit() is.
    virtual void read_all(std::function<void(result<contents>)> on_answer) = 0;
    virtual void commit(transaction what, std::function<void(result<outcome>)> on_answer) = 0;

    /// So many calls may wait; further ones fail with errc::overloaded.
    static constexpr std::size_t most_waiting = 64;
};

}  // namespace shoal::store
