#include "bot/drain.hpp"

#include <fmt/format.h>

#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "bot/offload_pool.hpp"
#include "bot/runtime.hpp"
#include "bot/shard_room.hpp"

namespace shoal::runtime {
namespace {

/// Counts down and calls once.
class countdown {
public:
    countdown(std::size_t count, std::function<void()> done) : left_(count), done_(std::move(done)) {}
    void one() {
        if (left_.fetch_sub(1) == 1) done_();
    }

private:
    std::atomic<std::size_t> left_;
    std::function<void()> done_;
};

/// Ends one shard's handlers: at once if there are none, when they ended, or when `grace` is over.
void drain_room(shard_room& room, duration grace, const std::shared_ptr<countdown>& left) {
    if (room.handlers->empty()) return left->one();
    struct waiting {
        timer_id timer = timer_id::none;
        bool over = false;
    };
    auto state = std::make_shared<waiting>();
    room.handlers->on_empty([&room, state, left] {
        if (std::exchange(state->over, true)) return;
        // Not from inside the last handler's end.
        room.on.post([&room, state, left] {
            room.on.cancel(state->timer);
            room.handlers = std::make_unique<task_group>();
            left->one();
        });
    });
    state->timer = room.on.wake_at(room.on.now() + grace, [&room, state, left] {
        if (std::exchange(state->over, true)) return;
        room.bot.log().warn(
            "handlers did not end in time and are given up",
            {{"shard", fmt::format("{}", room.key.id)}, {"handlers", fmt::format("{}", room.handlers->running())}});
        room.handlers = std::make_unique<task_group>();
        left->one();
    });
}

}  // namespace

void drain(const room_table& table, offload_pool& workers, duration grace, std::function<void()> done) {
    std::vector<shard_room*> rooms;
    table.for_each([&](shard_room& each) { rooms.push_back(&each); });
    if (rooms.empty()) return done();
    // Three rounds: the handlers, the workers (which may hold events), and what those handed back to the shards' threads.
    auto flush = std::make_shared<countdown>(rooms.size(), std::move(done));
    auto workers_stopped = [rooms, flush] {
        for (auto* each : rooms) each->on.post([flush] { flush->one(); });
    };
    auto handlers_ended =
        std::make_shared<countdown>(rooms.size(), [&workers, workers_stopped] { workers.stop(workers_stopped); });
    for (auto* each : rooms) {
        each->on.post([each, grace, handlers_ended] { drain_room(*each, grace, handlers_ended); });
    }
}

}  // namespace shoal::runtime
