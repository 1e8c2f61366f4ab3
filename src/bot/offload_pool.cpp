#include "bot/offload_pool.hpp"

#include <pthread.h>

#include <utility>

namespace shoal::runtime {

offload_pool::offload_pool(unsigned threads, std::size_t most_waiting)
    : most_waiting_(most_waiting), wanted_(threads == 0 ? 1 : threads) {}

offload_pool::~offload_pool() {
    stop({});
    for (auto& each : threads_) each.join();
}

bool offload_pool::push(job what) {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_ || waiting_.size() >= most_waiting_) return false;
        waiting_.push_back(std::move(what));
        if (threads_.empty()) start();
    }
    changed_.notify_one();
    return true;
}

void offload_pool::stop(std::function<void()> done) {
    std::deque<job> unrun;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        unrun.swap(waiting_);
        if (alive_ != 0) {
            if (done) on_stopped_.push_back(std::exchange(done, {}));
        }
    }
    changed_.notify_all();
    unrun.clear();
    if (done) done();
}

/// A bot that never offloads has no workers.
void offload_pool::start() {
    alive_ = wanted_;
    for (unsigned i = 0; i < wanted_; ++i) {
        threads_.emplace_back([this] { work(); });
        pthread_setname_np(threads_.back().native_handle(), "shoal-offload");
    }
}

void offload_pool::work() {
    for (;;) {
        job next;
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
            if (waiting_.empty()) break;
            next = std::move(waiting_.front());
            waiting_.pop_front();
        }
        next();
    }
    std::vector<std::function<void()>> tell;
    {
        const std::lock_guard lock(mutex_);
        if (--alive_ == 0) tell.swap(on_stopped_);
    }
    for (auto& each : tell) each();
}

}  // namespace shoal::runtime
