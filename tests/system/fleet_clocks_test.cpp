// A fleet and time: machines that are suspended longer than a lease, and wall clocks that jump by hours. The one costs at most
// RESUMEs, the other decides nothing.

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <map>
#include <string>
#include <thread>

#include "sim/audit/journal_reader.hpp"
#include "system/support/fleet_stage.hpp"
#include "system/support/node_numbers.hpp"

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

/// As journals have it.
std::uint64_t boot_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

/// What one process handed out from some moment on.
struct handed_out {
    std::size_t fresh = 0, possibly_taken = 0;
    std::map<std::string, std::uint64_t> highest;      ///< Of each session.
    std::map<std::string, std::uint64_t> first_fresh;  ///< Of each session, the first that carries no mark.
};

handed_out handed_out_by(const fleet_stage& fleet, pid_t process, std::uint64_t since) {
    handed_out out;
    const auto journals = shoal::sim::read_journals(journal_folder(fleet.home));
    REQUIRE(journals);
    for (const auto& one : *journals) {
        if (one.process != static_cast<std::uint64_t>(process)) continue;
        for (const auto& record : one.records) {
            if (record.kind != shoal::sim::journal_kind::started || record.boot_ns < since) continue;
            const auto& session = one.sessions[record.session];
            out.fresh += record.delivery == 0 ? 1U : 0U;
            out.possibly_taken += record.delivery == 2 ? 1U : 0U;
            auto& highest = out.highest[session];
            highest = std::max(highest, record.seq);
            if (record.delivery == 0) out.first_fresh.try_emplace(session, record.seq);
        }
    }
    return out;
}

void become_healthy(const fleet_stage& fleet, const std::vector<std::string>& workers) {
    for (const auto& name : workers)
        if (!eventually([&] { return fleet.worker_state(name) == "healthy"; })) FAIL(name << fleet.last_lines(15));
}

}  // namespace

TEST_CASE(
    "a machine with a worker is suspended longer than the lease: its shards are taken over by RESUME, and it lets them go") {
    fleet_stage fleet(under_traffic);
    for (const auto* name : {"w1", "w2"}) fleet.start_worker(name);
    require_placed(fleet, {"w1", "w2"});
    REQUIRE(fleet.discord.all_live(under_traffic.shards));
    REQUIRE(fleet.further_events(200));
    const auto held = static_cast<std::int64_t>(fleet.running().at("w1"));
    // Nothing is moved to it when it is back: whatever it connected then it would have reached for itself.
    REQUIRE(fleet.shoal({"cordon", "w1"}).code == 0);
    const auto connections = fleet.discord.counter("connections");
    const auto suspended = clock::now();
    fleet.worker("w1").send(SIGSTOP);
    REQUIRE(eventually([&] { return fleet.discord.counter("resumed") > 0; }));
    // Silence proves nothing before. Its last heartbeat was a second ago at most, or two where the machine is busy.
    CHECK(clock::now() - suspended >= std::chrono::seconds(fleet.lease() - 2));
    require_placed(fleet, {"w2"});
    REQUIRE(fleet.discord.all_live(under_traffic.shards));
    CHECK(fleet.discord.counter("resumed") == held);
    REQUIRE(fleet.further_events(200));

    const auto woke = boot_ns();
    fleet.worker("w1").send(SIGCONT);
    become_healthy(fleet, {"w1"});
    REQUIRE(fleet.further_events(300));
    // It did not fight back, and has let go: each shard was resumed once, by its new owner.
    CHECK(fleet.discord.counter("resumed") == held);
    CHECK(fleet.discord.counter("connections") == connections + held);
    CHECK(fleet.running() == std::map<std::string, std::size_t>{{"w2", under_traffic.shards}});
    // What it found in its sockets it handed out marked; unmarked at most what each of its threads had in its hands when it
    // froze.
    const auto awake = handed_out_by(fleet, fleet.worker("w1").pid(), woke);
    MESSAGE(awake.possibly_taken << " events of its sockets handed out when it woke, all marked but " << awake.fresh);
    CHECK(awake.possibly_taken > 0);
    CHECK(awake.fresh <= std::thread::hardware_concurrency());
    // Nothing of them came after the takeover.
    const auto taken = handed_out_by(fleet, fleet.worker("w2").pid(), 0);
    for (const auto& [session, last] : awake.highest) {
        CAPTURE(session);
        REQUIRE(taken.first_fresh.contains(session));
        CHECK(last < taken.first_fresh.at(session));
    }

    // It serves again like any other.
    REQUIRE(fleet.shoal({"uncordon", "w1"}).code == 0);
    REQUIRE(fleet.shoal({"rebalance"}).code == 0);
    require_placed(fleet, {"w1", "w2"});
    check_fleet(fleet);
}

TEST_CASE("a machine with coordinator and worker is suspended longer than the lease: RESUMEs at most, and one owner a shard") {
    fleet_stage fleet(under_traffic);
    for (const auto* name : {"w1", "w2"}) fleet.start_worker(name);
    require_placed(fleet, {"w1", "w2"});
    REQUIRE(fleet.further_events(200));
    fleet.coordinator().send(SIGSTOP);
    fleet.worker("w1").send(SIGSTOP);
    std::this_thread::sleep_for(std::chrono::seconds(fleet.lease() + 2));  // The suspension's own length.
    const auto woke = boot_ns();
    fleet.worker("w1").send(SIGCONT);
    fleet.coordinator().send(SIGCONT);
    become_healthy(fleet, {"w1", "w2"});
    require_placed(fleet, {"w1", "w2"});
    REQUIRE(fleet.discord.all_live(under_traffic.shards));
    REQUIRE(fleet.further_events(200));
    // What nobody could say proves nothing: they are waited for, and where that is too short for one it is taken over once, and
    // given shards again.
    MESSAGE("RESUMEs: " << fleet.discord.counter("resumed"));
    CHECK(fleet.discord.counter("resumed") <= under_traffic.shards);
    // No lease, no word that is not marked: of the one that slept, and of the one that had nobody to renew it.
    CHECK(handed_out_by(fleet, fleet.worker("w1").pid(), woke).possibly_taken > 0);
    CHECK(handed_out_by(fleet, fleet.worker("w2").pid(), 0).possibly_taken > 0);
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
