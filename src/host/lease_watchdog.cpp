#include "host/lease_watchdog.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <utility>
#include <vector>

namespace shoal::host {

lease_watchdog::lease_watchdog(const shard_rights& rights, const scheduler& clock, duration patience, logger log)
    : rights_(rights), clock_(clock), patience_(patience), log_(std::move(log)), thread_([this] { run(); }) {
    ::pthread_setname_np(thread_.native_handle(), "shoal-fence");
}

lease_watchdog::~lease_watchdog() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

std::shared_ptr<net::socket_fuse> lease_watchdog::fuse_for(shard_key shard) {
    auto fuse = std::make_shared<net::socket_fuse>();
    const std::lock_guard lock(mutex_);
    fuses_.insert_or_assign(shard, fuse);
    return fuse;
}

void lease_watchdog::forget(shard_key shard) {
    const std::lock_guard lock(mutex_);
    fuses_.erase(shard);
}

std::size_t lease_watchdog::look(instant now) {
    std::vector<shard_key> cut;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [shard, fuse] : fuses_)
            if (rights_.must_close(shard, now - patience_) && fuse->blow()) cut.push_back(shard);
    }
    for (const auto& shard : cut) {
        log_.warn(fmt::format("shard {}: its lease is over and its thread stands still: its connection was cut from outside",
                              shard.id));
    }
    return cut.size();
}

void lease_watchdog::run() {
    // Asked by a clock that counts suspensions, waited for by one that need not: a machine that wakes is looked at at once.
    const auto pause = patience_ / 4;
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, pause, [this] { return stopping_; })) {
        lock.unlock();
        look(clock_.now());
        lock.lock();
    }
}

}  // namespace shoal::host
