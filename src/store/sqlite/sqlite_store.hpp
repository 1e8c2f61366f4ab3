#pragma once
// A store in one SQLite file: what a single coordinator keeps over its restarts. It has a thread of its own, so that a slow disk
// delays nobody. Not here: several coordinators; the file is held by one process at a time.

#include <memory>
#include <string>

#include "base/scheduler.hpp"
#include "store/state_store.hpp"

namespace shoal::store {

struct sqlite_options {
    std::string path;
    std::uint64_t most_pages = 0;  ///< Of 4 KiB; 0: as many as the disk has. Further growth fails with errc::full.
};

struct opened_store {
    std::unique_ptr<state_store> store;
    /// Not empty: it is new, and why. "PATH did not exist", or that a damaged one was set aside, and where.
    std::string began_anew;
};

/// Opens or makes the file. Blocks for as long as the disk takes. A damaged file is kept beside as PATH.damaged-N and begun anew:
/// a fleet can be adopted from its workers' reports, and what is unreadable helps nobody. Fails with in_use, unwritable, full,
/// newer_version or io_failed. `on` outlives the store.
[[nodiscard]] result<opened_store> open_sqlite(const sqlite_options& options, scheduler& on);

}  // namespace shoal::store
