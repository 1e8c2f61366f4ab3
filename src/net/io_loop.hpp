#pragma once
// The inside of io_thread: its event loop, its inbox of posted work and its heap of wake-ups. For the sources of this room only;
// it names Asio.

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "net/io_thread.hpp"

namespace shoal::net {

namespace asio = boost::asio;

struct io_thread::impl {
    explicit impl(io_thread& owner);

    void run(io_thread& owner, const std::string& name);
    void drain_inbox();
    void on_due();
    void arm();
    void destroy_what_is_left();

    asio::io_context loop{1};
    /// Keeps the loop alive until finish().
    std::optional<asio::executor_work_guard<asio::io_context::executor_type>> open;
    std::atomic<bool> stopping{false};

    // Posted work: any thread puts in, the loop takes all at once. One wake-up of the loop serves many posts.
    std::mutex inbox_mutex;
    std::vector<work> inbox;
    bool inbox_closed = false;
    bool inbox_announced = false;

    // Wake-ups: ordered by when they are due, then by when they were asked for; one timerfd serves them all.
    struct wake_key {
        instant when;
        std::uint64_t number;
        friend constexpr auto operator<=>(const wake_key&, const wake_key&) = default;
    };
    [[nodiscard]] work keep_node(std::map<wake_key, work>::node_type node) noexcept;
    void forget_wake(std::uint64_t number) noexcept;
    std::map<wake_key, work> wakes;
    std::map<std::uint64_t, instant> wake_times;
    // Of wake-ups that are over, for the next ones: a timer that sets itself again allocates nothing.
    static constexpr std::size_t most_spare = 64;
    std::vector<std::map<wake_key, work>::node_type> spare_wakes;
    std::vector<std::map<std::uint64_t, instant>::node_type> spare_times;
    std::uint64_t last_wake = 0;
    instant armed_for = never;
    bool waiting = false;
    bool finishing = false;
    asio::posix::basic_stream_descriptor<asio::io_context::executor_type> timer;

    std::thread thread;
};

}  // namespace shoal::net
