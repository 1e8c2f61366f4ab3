#pragma once
// The real scheduler: one thread with one event loop. Everything that lives on it (sockets, shards, timers) stays there for life.

#include <memory>
#include <string>

#include "base/scheduler.hpp"
#include "net/http_client.hpp"
#include "net/tls.hpp"
#include "net/websocket.hpp"

namespace shoal::net {

/// A scheduler with a thread of its own. Posted work that is still queued when the thread stops is destroyed without being run.
class io_thread final : public scheduler {
public:
    /// Starts the thread. `name` is what the system shows (15 characters count).
    explicit io_thread(std::string name);
    /// stop() and join.
    ~io_thread() override;

    [[nodiscard]] instant now() const noexcept override;
    void post(work job) override;
    timer_id wake_at(instant when, work job) override;
    void cancel(timer_id timer) noexcept override;
    [[nodiscard]] bool is_current() const noexcept override;

    /// Lets the loop end once nothing is left to do (work is posted and sockets are open no more). From any thread.
    void finish() noexcept;
    /// Ends the loop after the piece of work that runs now. From any thread.
    void stop() noexcept;
    /// Waits for the thread to end. Not from the thread itself.
    void join();

    struct impl;
    [[nodiscard]] impl& inner() noexcept { return *impl_; }

private:
    std::unique_ptr<impl> impl_;
};

/// A dialer for connections on `on`. `tls` may be null if only ws:// to loopback is dialed.
[[nodiscard]] std::unique_ptr<dialer> make_dialer(io_thread& on, tls_context_ptr tls);

struct http_pool_options {
    std::size_t connections_per_host = 8;  ///< Further requests wait in order.
    std::size_t waiting_requests = 4096;   ///< More fail with queue_full.
    duration idle = std::chrono::seconds(60);
    std::string user_agent;
};
/// A client for requests on `on`.
[[nodiscard]] std::unique_ptr<http_client> make_http_client(io_thread& on, tls_context_ptr tls, http_pool_options options);

/// CLOCK_BOOTTIME now.
[[nodiscard]] instant boot_now() noexcept;

}  // namespace shoal::net
