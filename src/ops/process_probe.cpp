#include "ops/process_probe.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <fstream>

namespace shoal::ops {
namespace {

double cpu_seconds_now() {
    rusage use{};
    ::getrusage(RUSAGE_SELF, &use);
    const auto seconds = [](const timeval& of) { return static_cast<double>(of.tv_sec) + static_cast<double>(of.tv_usec) / 1e6; };
    return seconds(use.ru_utime) + seconds(use.ru_stime);
}

std::uint64_t resident_now() {
    std::ifstream file("/proc/self/statm");
    std::uint64_t pages = 0, resident = 0;
    file >> pages >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

process_probe::process_probe()
    : started_at_seconds_(std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count()) {}

process_use process_probe::look(instant now) {
    const auto seconds = cpu_seconds_now();
    const auto span = std::chrono::duration<double>(now - since_).count();
    if (since_ == instant{}) {
        since_ = now;
        seconds_then_ = seconds;
    } else if (span >= 1) {
        percent_ = 100 * (seconds - seconds_then_) / span;
        since_ = now;
        seconds_then_ = seconds;
    }
    return {seconds, percent_, resident_now(), started_at_seconds_};
}

}  // namespace shoal::ops
