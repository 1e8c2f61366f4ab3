#pragma once
// A small thread that ends connections whose lease is over and whose own thread does not, since a handler blocks it or nobody
// could tell it. It reads the leases itself, so that it works while the control thread stands still, too.
// Not here: the orderly end (shard_driver.hpp), how long a lease lasts (cluster/worker_session.hpp).

#include <condition_variable>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "base/logger.hpp"
#include "base/scheduler.hpp"
#include "host/shard_rights.hpp"
#include "net/socket_fuse.hpp"

namespace shoal::host {

class lease_watchdog {
public:
    /// A connection whose lease has been over for `patience` is cut, and `log` says so. `clock` is read on the watchdog's thread.
    /// What is passed by reference outlives this.
    lease_watchdog(const shard_rights& rights, const scheduler& clock, duration patience, logger log);
    ~lease_watchdog();
    lease_watchdog(const lease_watchdog&) = delete;
    lease_watchdog& operator=(const lease_watchdog&) = delete;

    /// For the shard's next connection; the one before has ended. From any thread.
    [[nodiscard]] std::shared_ptr<net::socket_fuse> fuse_for(shard_key shard);
    /// The shard has ended. From any thread.
    void forget(shard_key shard);
    /// One look at all of them, as the thread takes it again and again. How many were cut.
    std::size_t look(instant now);

private:
    void run();

    const shard_rights& rights_;
    const scheduler& clock_;
    const duration patience_;
    const logger log_;
    std::mutex mutex_;  // Taken when a connection is dialed or a shard ends, never while an event is handed out.
    std::condition_variable changed_;
    std::map<shard_key, std::shared_ptr<net::socket_fuse>> fuses_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace shoal::host
