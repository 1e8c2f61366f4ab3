// Preloaded into a program, a wall clock that jumps: CLOCK_REALTIME is so many seconds away from the true one as the file
// SHOAL_TEST_CLOCK says (eight bytes, a signed number of this machine). Not here: the clocks that leases are counted by, which
// go on as they are.

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>

namespace {

const std::atomic<std::int64_t>* open_file() noexcept {
    static const std::atomic<std::int64_t> none{0};
    const char* path = std::getenv("SHOAL_TEST_CLOCK");
    if (path == nullptr) return &none;
    const int file = ::open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return &none;
    void* mapped = ::mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, file, 0);
    ::close(file);
    return mapped == MAP_FAILED ? &none : static_cast<const std::atomic<std::int64_t>*>(mapped);
}

std::int64_t seconds_off() noexcept {
    static const auto* const told = open_file();
    return told->load(std::memory_order_relaxed);
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t which, timespec* out) noexcept {
    // Not by a system call: that costs a hundred times as much as the C library's way, and programs ask for the time often.
    using asked = int (*)(clockid_t, timespec*);
    static const auto real = reinterpret_cast<asked>(::dlsym(RTLD_NEXT, "clock_gettime"));
    const int answer = real(which, out);
    if (answer == 0 && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE)) out->tv_sec += seconds_off();
    return answer;
}

int gettimeofday(timeval* out, void*) noexcept {
    timespec now{};
    const int answer = clock_gettime(CLOCK_REALTIME, &now);
    if (answer == 0) *out = {now.tv_sec, now.tv_nsec / 1000};
    return answer;
}

time_t time(time_t* out) noexcept {
    timespec now{};
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
    if (out != nullptr) *out = now.tv_sec;
    return now.tv_sec;
}
}
