#include "net/io_thread.hpp"

#include <pthread.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <csignal>
#include <ctime>

#include "base/assert.hpp"
#include "net/io_loop.hpp"

namespace shoal::net {

instant boot_now() noexcept {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return instant(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

io_thread::impl::impl(io_thread&) : open(loop.get_executor()), timer(loop) {
    const int fd = ::timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    SHOAL_ASSERT(fd >= 0);
    timer.assign(fd);
    spare_wakes.reserve(most_spare);
    spare_times.reserve(most_spare);
}

void io_thread::impl::run(io_thread& owner, const std::string& name) {
    ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str());
    const current_scope scope(owner);
    loop.run();
    destroy_what_is_left();
}

// Jobs are destroyed on their own thread, with the scheduler still current, since they may own whole connections. Destroying one
// may post further work: that work is destroyed in its turn.
void io_thread::impl::destroy_what_is_left() {
    stopping = true;
    for (;;) {
        std::vector<work> jobs;
        {
            const std::lock_guard lock(inbox_mutex);
            inbox_closed = true;
            jobs.swap(inbox);
        }
        auto timed = std::exchange(wakes, {});
        wake_times.clear();
        if (jobs.empty() && timed.empty()) return;
    }
}

void io_thread::impl::drain_inbox() {
    std::vector<work> jobs;
    {
        const std::lock_guard lock(inbox_mutex);
        jobs.swap(inbox);
        inbox_announced = false;
    }
    for (auto& job : jobs) {
        if (stopping) return;
        auto mine = std::move(job);
        mine();
    }
}

void io_thread::impl::on_due() {
    const auto now = boot_now();
    // What is woken here and asks to be woken at once again waits for the next turn: sockets get their share.
    const auto newest = last_wake;
    while (!stopping && !wakes.empty()) {
        const auto first = wakes.begin();
        if (first->first.when > now || first->first.number > newest) break;
        auto node = wakes.extract(first);
        forget_wake(node.key().number);
        auto job = keep_node(std::move(node));
        job();
    }
    arm();
}

/// The job of a wake-up that is over; its node is for the next one.
work io_thread::impl::keep_node(std::map<wake_key, work>::node_type node) noexcept {
    auto job = std::move(node.mapped());
    if (spare_wakes.size() < most_spare) spare_wakes.push_back(std::move(node));
    return job;
}

void io_thread::impl::forget_wake(std::uint64_t number) noexcept {
    auto node = wake_times.extract(number);
    if (spare_times.size() < most_spare) spare_times.push_back(std::move(node));
}

// The timer is set only for an earlier wake-up than it is set for: a cancelled one costs one idle turn, not a system call.
void io_thread::impl::arm() {
    if (wakes.empty() || stopping) return;
    const auto when = wakes.begin()->first.when;
    if (when < armed_for) {
        armed_for = when;
        // Zero would disarm the timer, and times before boot do not exist.
        const auto at = std::max(when.time_since_epoch(), duration(1));
        const auto whole = std::chrono::duration_cast<std::chrono::seconds>(at);
        itimerspec spec{};
        spec.it_value.tv_sec = whole.count();
        spec.it_value.tv_nsec = (at - whole).count();
        ::timerfd_settime(timer.native_handle(), TFD_TIMER_ABSTIME, &spec, nullptr);
    }
    if (waiting) return;
    waiting = true;
    timer.async_wait(asio::posix::descriptor_base::wait_read, [this](boost::system::error_code ec) {
        waiting = false;
        if (ec) return arm();
        std::uint64_t expirations = 0;
        if (::read(timer.native_handle(), &expirations, sizeof expirations) > 0) armed_for = never;
        on_due();
    });
}

io_thread::io_thread(std::string name) : impl_(std::make_unique<impl>(*this)) {
    // Signals are the business of the program's own threads.
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP}) ::sigdelset(&all, fault);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    impl_->thread = std::thread([this, name = std::move(name)] { impl_->run(*this, name); });
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

io_thread::~io_thread() {
    stop();
    join();
}

instant io_thread::now() const noexcept { return boot_now(); }

void io_thread::post(work job) {
    bool announce = false;
    {
        const std::lock_guard lock(impl_->inbox_mutex);
        if (!impl_->inbox_closed) {
            impl_->inbox.push_back(std::move(job));
            announce = !std::exchange(impl_->inbox_announced, true);
        }
    }
    if (announce) asio::post(impl_->loop, [inner = impl_.get()] { inner->drain_inbox(); });
}

timer_id io_thread::wake_at(instant when, work job) {
    SHOAL_ASSERT(is_current());
    if (impl_->stopping || when == never) return timer_id::none;
    const auto number = ++impl_->last_wake;
    auto& my = *impl_;
    if (my.spare_wakes.empty()) {
        my.wakes.emplace(impl::wake_key{when, number}, std::move(job));
    } else {
        auto node = std::move(my.spare_wakes.back());
        my.spare_wakes.pop_back();
        node.key() = {when, number};
        node.mapped() = std::move(job);
        my.wakes.insert(std::move(node));
    }
    if (my.spare_times.empty()) {
        my.wake_times.emplace(number, when);
    } else {
        auto node = std::move(my.spare_times.back());
        my.spare_times.pop_back();
        node.key() = number;
        node.mapped() = when;
        my.wake_times.insert(std::move(node));
    }
    my.arm();
    return timer_id{number};
}

void io_thread::cancel(timer_id timer) noexcept {
    const auto found = impl_->wake_times.find(static_cast<std::uint64_t>(timer));
    if (found == impl_->wake_times.end()) return;
    auto node = impl_->wakes.extract(impl::wake_key{found->second, found->first});
    impl_->forget_wake(found->first);
    // The job is destroyed last: its destructor may come back here.
    const auto job = impl_->keep_node(std::move(node));
    if (impl_->finishing && impl_->wakes.empty()) impl_->timer.cancel();
}

bool io_thread::is_current() const noexcept { return scheduler::current() == this; }

void io_thread::finish() noexcept {
    post([inner = impl_.get()] {
        inner->finishing = true;
        if (inner->wakes.empty()) inner->timer.cancel();
        inner->open.reset();
    });
}

void io_thread::stop() noexcept {
    impl_->stopping = true;
    impl_->loop.stop();
}

void io_thread::join() {
    SHOAL_ASSERT(!is_current());
    if (impl_->thread.joinable()) impl_->thread.join();
}

}  // namespace shoal::net
