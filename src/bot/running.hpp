#pragma once
// Which handler a thread runs right now: published for the watchdog, restored when a handler goes on after a wait.
// Not here: the watchdog (src/host).

#include <atomic>
#include <string>
#include <utility>

namespace shoal::runtime {

struct shard_room;

/// Where a shard says what it runs; the names live as long as the bot.
struct running_board {
    std::atomic<const std::string*> name{nullptr};
};

/// A handler of a shard, or nobody.
struct running_mark {
    shard_room* room = nullptr;
    running_board* board = nullptr;
    const std::string* name = nullptr;

    [[nodiscard]] static running_mark now() noexcept { return current; }

private:
    friend class running_scope;
    static thread_local running_mark current;
};
inline thread_local running_mark running_mark::current;

/// From here to the end of the scope this thread runs that handler.
class running_scope {
public:
    explicit running_scope(running_mark mark) noexcept : before_(std::exchange(running_mark::current, mark)) { publish(mark); }
    ~running_scope() {
        if (running_mark::current.board != nullptr) running_mark::current.board->name.store(nullptr, std::memory_order_relaxed);
        running_mark::current = before_;
        publish(before_);
    }
    running_scope(const running_scope&) = delete;
    running_scope& operator=(const running_scope&) = delete;

private:
    static void publish(const running_mark& mark) noexcept {
        if (mark.board != nullptr) mark.board->name.store(mark.name, std::memory_order_relaxed);
    }
    running_mark before_;
};

}  // namespace shoal::runtime
