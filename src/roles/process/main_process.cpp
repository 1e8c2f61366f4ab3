#include "roles/process/main_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string_view>

#include "base/assert.hpp"

namespace shoal::roles {

namespace {

std::atomic<int> pipe_end{-1};
std::atomic<int> signals_seen{0};
static_assert(std::atomic<int>::is_always_lock_free);

struct sigaction old_int, old_term, old_pipe, old_file_size;

// Only what a signal handler may do: atomics, write, _exit.
extern "C" void on_stop_signal(int which) {
    const int saved = errno;
    if (signals_seen.fetch_add(1) == 0) {
        const char byte = 1;
        [[maybe_unused]] const auto written = ::write(pipe_end.load(), &byte, 1);
    } else {
        constexpr std::string_view line = "ended at once by a second signal\n";
        [[maybe_unused]] const auto written = ::write(2, line.data(), line.size());
        ::_exit(128 + which);
    }
    errno = saved;
}

}  // namespace

void raise_descriptor_limit() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

stop_signals::stop_signals() {
    SHOAL_ASSERT(pipe_end.load() == -1);
    int ends[2];
    const bool made = ::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0;
    SHOAL_ASSERT(made);
    read_end_ = ends[0];
    write_end_ = ends[1];
    signals_seen = 0;
    pipe_end = write_end_;
    struct sigaction stop{};
    stop.sa_handler = on_stop_signal;
    stop.sa_flags = SA_RESTART;
    sigemptyset(&stop.sa_mask);
    ::sigaction(SIGINT, &stop, &old_int);
    ::sigaction(SIGTERM, &stop, &old_term);
    struct sigaction ignore{};
    ignore.sa_handler = SIG_IGN;
    sigemptyset(&ignore.sa_mask);
    ::sigaction(SIGPIPE, &ignore, &old_pipe);
    // A file that may not grow (ulimit -f) is a full disk, to be told as one, and no reason to be killed.
    ::sigaction(SIGXFSZ, &ignore, &old_file_size);
}

stop_signals::~stop_signals() {
    ::sigaction(SIGINT, &old_int, nullptr);
    ::sigaction(SIGTERM, &old_term, nullptr);
    ::sigaction(SIGPIPE, &old_pipe, nullptr);
    ::sigaction(SIGXFSZ, &old_file_size, nullptr);
    pipe_end = -1;
    ::close(read_end_);
    ::close(write_end_);
}

}  // namespace shoal::roles
