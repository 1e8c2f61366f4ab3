#include "roles/worker/own_capacity.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <thread>

namespace shoal::roles {
namespace {

std::optional<std::uint64_t> number_at(std::string_view text) {
    std::uint64_t found = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), found);
    if (read.ec != std::errc{}) return std::nullopt;  // "max"
    return found;
}

/// The line "0::/a/b" names the group of a process.
std::string group_of(std::string_view text) {
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        if (line.starts_with("0::")) return std::string(line.substr(3));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
    }
    return {};
}

}  // namespace

own_capacity within_container(own_capacity machine, const std::function<std::string(const std::string&)>& read) {
    auto group = group_of(read("/proc/self/cgroup"));
    if (group.empty()) return machine;
    for (;;) {
        const auto folder = "/sys/fs/cgroup" + (group == "/" ? std::string() : group);
        const auto cpu = read(folder + "/cpu.max");  // "QUOTA PERIOD", both in microseconds
        if (const auto space = cpu.find(' '); space != std::string::npos) {
            const auto quota = number_at(cpu), period = number_at(std::string_view(cpu).substr(space + 1));
            if (quota && period && *period != 0) {
                const auto share = std::max<std::uint64_t>(1, *quota * 1000 / *period);
                machine.millicores = static_cast<std::uint32_t>(std::min<std::uint64_t>(machine.millicores, share));
            }
        }
        if (const auto bytes = number_at(read(folder + "/memory.max"))) {
            const auto most = std::max<std::uint64_t>(1, *bytes / 1'000'000);
            machine.memory_mb = machine.memory_mb == 0 ? most : std::min(machine.memory_mb, most);
        }
        if (group == "/" || group.empty()) return machine;
        group.erase(group.rfind('/'));
        if (group.empty()) group = "/";
    }
}

own_capacity measure_own_capacity() {
    own_capacity machine;
    machine.millicores = 1000 * std::max(1U, std::thread::hardware_concurrency());
    const auto pages = ::sysconf(_SC_PHYS_PAGES), page = ::sysconf(_SC_PAGESIZE);
    if (pages > 0 && page > 0)
        machine.memory_mb = static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page) / 1'000'000;
    return within_container(machine, [](const std::string& path) {
        std::ifstream in(path);
        return std::string(std::istreambuf_iterator<char>(in), {});
    });
}

}  // namespace shoal::roles
