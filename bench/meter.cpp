#include "bench/meter.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>

#include <atomic>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <new>
#include <sstream>

namespace {
std::atomic<std::uint64_t> calls{0};

void* counted(std::size_t size) {
    calls.fetch_add(1, std::memory_order_relaxed);
    if (void* got = std::malloc(size == 0 ? 1 : size)) return got;
    throw std::bad_alloc();
}
void* counted(std::size_t size, std::align_val_t alignment) {
    calls.fetch_add(1, std::memory_order_relaxed);
    const auto align = static_cast<std::size_t>(alignment);
    if (void* got = std::aligned_alloc(align, (size + align - 1) / align * align)) return got;
    throw std::bad_alloc();
}
}  // namespace

void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void* operator new(std::size_t size, std::align_val_t alignment) { return counted(size, alignment); }
void* operator new[](std::size_t size, std::align_val_t alignment) { return counted(size, alignment); }
void operator delete(void* at) noexcept { std::free(at); }
void operator delete[](void* at) noexcept { std::free(at); }
void operator delete(void* at, std::size_t) noexcept { std::free(at); }
void operator delete[](void* at, std::size_t) noexcept { std::free(at); }
void operator delete(void* at, std::align_val_t) noexcept { std::free(at); }
void operator delete[](void* at, std::align_val_t) noexcept { std::free(at); }
void operator delete(void* at, std::size_t, std::align_val_t) noexcept { std::free(at); }
void operator delete[](void* at, std::size_t, std::align_val_t) noexcept { std::free(at); }

namespace bench {
namespace {

std::int64_t clock_ns(clockid_t which) {
    timespec now{};
    clock_gettime(which, &now);
    return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

}  // namespace

std::uint64_t allocations() noexcept { return calls.load(std::memory_order_relaxed); }

std::uint64_t private_bytes() {
    std::ifstream file("/proc/self/smaps_rollup");
    std::uint64_t sum = 0;
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with("Private_Clean:") && !line.starts_with("Private_Dirty:")) continue;
        std::istringstream words(line.substr(line.find(':') + 1));
        std::uint64_t kilobytes = 0;
        words >> kilobytes;
        sum += kilobytes * 1024;
    }
    return sum;
}

std::uint64_t heap_bytes() {
    const auto seen = mallinfo2();
    return seen.uordblks + seen.hblkhd;
}

meter::reading meter::read(std::uint64_t seq) {
    reading now;
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    now.user_us = used.ru_utime.tv_sec * 1'000'000LL + used.ru_utime.tv_usec;
    now.system_us = used.ru_stime.tv_sec * 1'000'000LL + used.ru_stime.tv_usec;
    now.switches = static_cast<std::uint64_t>(used.ru_nvcsw);
    now.allocations = bench::allocations();
    now.seq = seq;
    now.wall_ns = clock_ns(CLOCK_MONOTONIC);
    now.cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    return now;
}

bool meter::message(std::uint64_t seq, std::size_t content_bytes) {
    content_bytes_ += content_bytes;
    ++messages_;
    if (messages_ == from_) begin_ = read(seq);
    if (messages_ != to_) return false;
    end_ = read(seq);
    return true;
}

std::string meter::result() const {
    const auto events = end_.seq - begin_.seq;
    const auto each = [&](auto sum) { return static_cast<double>(sum) / static_cast<double>(events); };
    return fmt::format(
        R"({{"events":{},"cpu_us":{:.3f},"user_us":{:.3f},"system_us":{:.3f},"new_calls":{},"seconds":{:.3f},"switches":{},)"
        R"("content_bytes":{},"private_bytes":{}}})",
        events, each(end_.cpu_ns - begin_.cpu_ns) / 1000, each(end_.user_us - begin_.user_us),
        each(end_.system_us - begin_.system_us), end_.allocations - begin_.allocations,
        static_cast<double>(end_.wall_ns - begin_.wall_ns) / 1e9, end_.switches - begin_.switches, content_bytes_,
        private_bytes());
}

}  // namespace bench
