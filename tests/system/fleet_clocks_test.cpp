// A fleet and time: a machine that is suspended longer than a lease, and wall clocks that jump by hours. The one costs at most
// RESUMEs, the other decides nothing.

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <thread>

#include "system/support/fleet_stage.hpp"

using namespace shoal::system_test;

namespace {

/// The wall clock of one process, so many hours off. What leases are counted by goes on as it is.
class wall_clock {
public:
    explicit wall_clock(const std::string& path) : path_(path) { write_file(path, std::string(sizeof(std::int64_t), '\0')); }
    void jump_to(std::chrono::hours off) const {
        // In place: the program has the file mapped.
        const std::int64_t seconds = std::chrono::seconds(off).count();
        const int file = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
        REQUIRE(::pwrite(file, &seconds, sizeof seconds, 0) == sizeof seconds);
        ::close(file);
    }
    [[nodiscard]] std::map<std::string, std::string> settings() const {
        return {{"LD_PRELOAD", program_path("libshoal-test-clock.so")}, {"SHOAL_TEST_CLOCK", path_}};
    }

private:
    std::string path_;
};

}  // namespace

TEST_CASE("a machine with coordinator and worker is suspended longer than the lease: RESUMEs at most, and one owner a shard") {
    fleet_stage fleet(under_traffic);
    for (const auto* name : {"w1", "w2"}) fleet.start_worker(name);
    require_placed(fleet, {"w1", "w2"});
    REQUIRE(fleet.further_events(200));
    fleet.coordinator().send(SIGSTOP);
    fleet.worker("w1").send(SIGSTOP);
    std::this_thread::sleep_for(std::chrono::seconds(fleet.lease() + 2));  // The suspension's own length.
    fleet.worker("w1").send(SIGCONT);
    fleet.coordinator().send(SIGCONT);
    for (const auto* name : {"w1", "w2"})
        if (!eventually([&] { return fleet.worker_state(name) == "healthy"; })) FAIL(name << fleet.last_lines(15));
    require_placed(fleet, {"w1", "w2"});
    REQUIRE(fleet.discord.all_live(under_traffic.shards));
    REQUIRE(fleet.further_events(200));
    MESSAGE("RESUMEs: " << fleet.discord.counter("resumed"));
    check_fleet(fleet);
}

TEST_CASE("wall clocks that jump by hours decide nothing: no shard is moved, resumed or begun anew") {
    // A sanitizer must be the first library of its program.
    if (is_sanitized()) return;
    temp_folder folder;
    const wall_clock workers(folder / "w1"), coordinators(folder / "c1");
    workers.jump_to(-30 * 365 * 24h);
    process year({"/bin/date", "+%Y"}, workers.settings());
    REQUIRE(year.wait().has_value());
    REQUIRE(year.out() < "2000");  // Programs do see it.
    workers.jump_to(0h);
    fleet_stage fleet(under_traffic);
    fleet.kill_coordinator();
    fleet.start_coordinator({}, coordinators.settings());
    fleet.start_worker("w1", {}, workers.settings());
    fleet.start_worker("w2");
    require_placed(fleet, {"w1", "w2"});
    REQUIRE(fleet.discord.all_live(under_traffic.shards));
    fleet.discord.slash(2);
    REQUIRE(fleet.further_events(200));
    const auto before = fleet.running();
    for (const auto jump : {3h, -3h, 0h}) {
        for (const auto* clock : {&workers, &coordinators}) {
            clock->jump_to(jump);
            // More than a lease.
            REQUIRE(fleet.further_events(under_traffic.shards * 10 * (fleet.lease() + 1)));
            CHECK(fleet.worker_state("w1") == "healthy");
            CHECK(fleet.worker_state("w2") == "healthy");
        }
    }
    CHECK(fleet.running() == before);
    CHECK(fleet.discord.counter("resumed") == 0);
    check_fleet(fleet);
}
