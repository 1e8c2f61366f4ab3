// A coordinator's store that cannot be used: at the start it says why and what to do, and ends; later it goes on without giving
// any order that is not stored, the shards go on, and it takes up its work when the store does.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "system/support/fleet_stage.hpp"
#include "system/support/mistake.hpp"
#include "system/support/node_numbers.hpp"
#include "system/support/small_disk.hpp"

using namespace shoal::system_test;

namespace {

const discord_options small{.shards = 2, .guilds = 4};

/// A coordinator beside the stage's own, run until it ends.
outcome coordinate(const fleet_stage& fleet, std::vector<std::string> more) {
    more.insert(more.end(), {"--mode", "coordinator", "--process-id", "c2", "--listen-url", "https://127.0.0.1:0", "--certs",
                             fleet.certs("c1")});
    return run(fleet.bot_command(std::move(more)), fleet.environment());
}

void stop_coordinator(fleet_stage& fleet) {
    fleet.coordinator().send(SIGTERM);
    REQUIRE(fleet.coordinator().wait(30s).has_value());
}

/// Lets no file of that process grow, or takes that back: every write of its store fails from now on.
void let_no_file_grow(const process& which, bool on) {
    const rlimit limit{on ? 0 : RLIM_INFINITY, RLIM_INFINITY};
    REQUIRE(::prlimit(which.pid(), RLIMIT_FSIZE, &limit, nullptr) == 0);
}

/// The store fails under traffic while a worker dies: nobody is given its shards before that can be stored.
template <class Break, class Mend>
void go_on_without_store(fleet_stage& fleet, Break break_it, Mend mend_it) {
    fleet.start_worker("w1");
    fleet.start_worker("w2");
    require_placed(fleet, {"w1", "w2"});
    const auto mine = fleet.running().at("w1");
    REQUIRE(fleet.further_events(100));
    break_it();
    // What it stores now and then fails soon, also while nothing happens.
    REQUIRE_MESSAGE(metric_reaches(fleet.ops_url(), "shoal_fleet_alarm{kind=\"store\"}", 1), fleet.last_lines(15));
    CHECK(fleet.coordinator().says("the store could not be written"));
    CHECK(ops_page(fleet.ops_url(), "/ready").contains("\"ready\":false"));
    CHECK(ops_page(fleet.ops_url(), "/ready").contains("no shard is moved and no IDENTIFY permitted"));
    CHECK(ops_page(fleet.ops_url(), "/health").contains("the store cannot be written"));
    // Longer than a lease: those are given on, since they need no store.
    REQUIRE(fleet.further_events(900));
    CHECK(fleet.worker_state("w1") == "healthy");
    CHECK(fleet.worker_state("w2") == "healthy");
    CHECK(fleet.discord.live_sessions() == under_traffic.shards);
    fleet.kill_worker("w2");
    REQUIRE(eventually([&] { return fleet.worker_state("w2") == "dead"; }));
    REQUIRE(fleet.further_events(200));
    CHECK(fleet.running() == std::map<std::string, std::size_t>{{"w1", mine}});
    CHECK(fleet.discord.live_sessions() == static_cast<std::int64_t>(mine));
    mend_it();
    require_placed(fleet, {"w1"});
    CHECK(fleet.coordinator().says("the store can be written again"));
    CHECK(metric(fleet.ops_url(), "shoal_fleet_alarm{kind=\"store\"}") == 0);
    CHECK(ops_page(fleet.ops_url(), "/ready").contains("\"ready\":true"));
    REQUIRE(fleet.further_events(100));
    check_fleet(fleet);
}

/// The coordinator dies and its store with it; the next one adopts what the workers have, and touches no shard.
template <class Spoil>
void begin_anew(fleet_stage& fleet, Spoil spoil) {
    fleet.start_worker("w1");
    fleet.start_worker("w2");
    require_placed(fleet, {"w1", "w2"});
    const auto before = fleet.running();
    fleet.kill_coordinator();
    spoil();
    fleet.start_coordinator();
    CHECK(fleet.coordinator().says("the store began anew"));
    require_placed(fleet, {"w1", "w2"});
    REQUIRE(fleet.further_events(100));
    CHECK(fleet.running() == before);
    CHECK(fleet.discord.counter("resumed") == 0);
    check_fleet(fleet);
}

}  // namespace

TEST_CASE("a store or state folder that another coordinator has open is named, with what to do") {
    fleet_stage fleet(small);
    expect(coordinate(fleet, {"--state-dir", fleet.home / "c1"}), 13, "stop that process", "shoal-fleet-bot");
    expect(coordinate(fleet, {"--state-dir", fleet.home / "c2", "--store", "sqlite:" + (fleet.home / "c1/fleet.db")}), 13,
           "is open in another process; a fleet has one coordinator a store: end the other one", "shoal-fleet-bot");
    fleet.start_worker("w1");
    require_placed(fleet, {"w1"});
}

TEST_CASE("a store of a newer version is left as it is") {
    fleet_stage fleet(small);
    stop_coordinator(fleet);
    const auto path = fleet.home / "c1/fleet.db";
    {
        // SQLite keeps the number there that a program gives its format.
        std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(60);
        file.write("\0\0\0\x63", 4);
    }
    const auto before = read_file(path);
    expect(coordinate(fleet, {"--state-dir", fleet.home / "c1"}), 13, "was written by a newer version of Shoal",
           "shoal-fleet-bot");
    CHECK(read_file(path) == before);
}

TEST_CASE("places where no store can be") {
    const fleet_stage fleet(small);
    write_file(fleet.home / "file", "");
    const auto wrong = [&](std::vector<std::string> more, int code, std::string_view words) {
        expect(coordinate(fleet, std::move(more)), code, words, "shoal-fleet-bot");
    };
    wrong({"--state-dir", "/proc/shoal"}, 13, "The state folder /proc/shoal cannot be used");
    wrong({"--state-dir", fleet.home / "file"}, 13, "Not a directory; remove what is there");
    wrong({"--store", "sqlite:" + (fleet.home / "nowhere/fleet.db")}, 13, "cannot be written");
    wrong({"--store", "sqlite:" + (fleet.home / "certs")}, 13, "cannot be written");
    wrong({"--store", "etcd:https://127.0.0.1:1"}, 2, "is no store; write sqlite:PATH.");
}

TEST_CASE("a store on a disk that is full or read-only at the start") {
    const small_disk disk(256);
    SHOAL_NEEDS_MOUNT(disk);
    const fleet_stage fleet(small);
    std::filesystem::create_directory(disk / "there");
    disk.fill();
    expect(coordinate(fleet, {"--state-dir", fleet.home / "c2", "--store", "sqlite:" + (disk / "there/fleet.db")}), 16,
           "free some space", "shoal-fleet-bot");
    expect(coordinate(fleet, {"--state-dir", disk / "there"}), 16, "free some space", "shoal-fleet-bot");
    disk.free_again();
    disk.make_read_only();
    expect(coordinate(fleet, {"--state-dir", fleet.home / "c2", "--store", "sqlite:" + (disk / "there/fleet.db")}), 13,
           "cannot be written", "shoal-fleet-bot");
}

TEST_CASE("a store that is gone is made anew from what workers report, and that is said") {
    fleet_stage fleet(under_traffic);
    begin_anew(fleet, [&] {
        for (const auto* name : {"fleet.db", "fleet.db-wal", "fleet.db-shm"}) ::unlink((fleet.home / "c1/" + name).c_str());
    });
}

TEST_CASE("a store that is damaged is kept aside, said, and made anew from what workers report") {
    fleet_stage fleet(under_traffic);
    begin_anew(fleet, [&] {
        for (const auto* log : {"fleet.db-wal", "fleet.db-shm"}) ::unlink((fleet.home / "c1/" + log).c_str());
        write_file(fleet.home / "c1/fleet.db", std::string(8192, 'x'));
    });
    CHECK(std::filesystem::exists(fleet.home / "c1/fleet.db.damaged-1"));
}

TEST_CASE("the store's disk becomes full while the fleet runs") {
    const small_disk disk(1024);
    SHOAL_NEEDS_MOUNT(disk);
    fleet_stage fleet(under_traffic, 3);
    stop_coordinator(fleet);
    fleet.start_coordinator({"--store", "sqlite:" + (disk / "fleet.db")});
    go_on_without_store(fleet, [&] { disk.fill(); }, [&] { disk.free_again(); });
}

TEST_CASE("the store's file cannot be written any more while the fleet runs") {
    fleet_stage fleet(under_traffic, 3);
    go_on_without_store(
        fleet, [&] { let_no_file_grow(fleet.coordinator(), true); }, [&] { let_no_file_grow(fleet.coordinator(), false); });
}
