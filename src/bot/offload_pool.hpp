#pragma once
// Worker threads for blocking work of handlers, with a bounded queue. They start with the first job.
// Not here: waiting for the outcome (awaiting.hpp).

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace shoal::runtime {

class offload_pool {
public:
    using job = std::move_only_function<void()>;

    offload_pool(unsigned threads, std::size_t most_waiting);
    /// stop() and join.
    ~offload_pool();
    offload_pool(const offload_pool&) = delete;
    offload_pool& operator=(const offload_pool&) = delete;

    /// False if the queue is full or the pool stops.
    [[nodiscard]] bool push(job what);
    /// Jobs that run finish, those that wait are destroyed unrun. `done` is called by the last worker, or inside this call.
    void stop(std::function<void()> done);

private:
    void start();
    void work();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<job> waiting_;
    std::size_t most_waiting_;
    const unsigned wanted_;
    std::size_t alive_ = 0;
    bool stopping_ = false;
    std::vector<std::function<void()>> on_stopped_;
    std::vector<std::thread> threads_;
};

}  // namespace shoal::runtime
