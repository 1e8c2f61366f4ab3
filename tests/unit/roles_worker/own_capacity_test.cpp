// What a worker says that it can carry.
#include "roles/worker/own_capacity.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace shoal::roles;

namespace {

own_capacity within(const std::map<std::string, std::string>& files) {
    return within_container({4000, 16'000}, [&](const std::string& path) {
        const auto found = files.find(path);
        return found == files.end() ? std::string() : found->second;
    });
}

}  // namespace

TEST_CASE("without a container the machine is what there is") {
    CHECK(within({}) == own_capacity{4000, 16'000});
    CHECK(within({{"/proc/self/cgroup", "4:memory:/somewhere\n"}}) == own_capacity{4000, 16'000});
    CHECK(within({{"/proc/self/cgroup", "0::/\n"}}) == own_capacity{4000, 16'000});
}

TEST_CASE("a container's bounds count where they are tighter") {
    const std::string group = "0::/\n";
    CHECK(within({{"/proc/self/cgroup", group}, {"/sys/fs/cgroup/cpu.max", "150000 100000\n"}}) == own_capacity{1500, 16'000});
    CHECK(within({{"/proc/self/cgroup", group}, {"/sys/fs/cgroup/cpu.max", "max 100000\n"}}) == own_capacity{4000, 16'000});
    CHECK(within({{"/proc/self/cgroup", group}, {"/sys/fs/cgroup/cpu.max", "900000 100000\n"}}) == own_capacity{4000, 16'000});
    CHECK(within({{"/proc/self/cgroup", group}, {"/sys/fs/cgroup/memory.max", "512000000\n"}}) == own_capacity{4000, 512});
    CHECK(within({{"/proc/self/cgroup", group}, {"/sys/fs/cgroup/memory.max", "max\n"}}) == own_capacity{4000, 16'000});
    CHECK(within({{"/proc/self/cgroup", group}, {"/sys/fs/cgroup/cpu.max", "rubbish"}}) == own_capacity{4000, 16'000});
    CHECK(within({{"/proc/self/cgroup", group}, {"/sys/fs/cgroup/cpu.max", "1 0"}}) == own_capacity{4000, 16'000});
}

TEST_CASE("each level above a process may be the one that is bounded") {
    const std::string group = "1:name=systemd:/x\n0::/system.slice/bot.service\n";
    CHECK(within({{"/proc/self/cgroup", group},
                  {"/sys/fs/cgroup/system.slice/bot.service/cpu.max", "300000 100000"},
                  {"/sys/fs/cgroup/system.slice/cpu.max", "50000 100000"},
                  {"/sys/fs/cgroup/system.slice/bot.service/memory.max", "2000000000"},
                  {"/sys/fs/cgroup/memory.max", "1000000000"}}) == own_capacity{500, 1000});
}

TEST_CASE("this process has a core and some memory") {
    const auto own = measure_own_capacity();
    CHECK(own.millicores >= 1);
    CHECK(own.memory_mb > 0);
}
