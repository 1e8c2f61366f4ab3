// Folders that are locked, cannot be written, or have no room: at the start, and while the bot runs.

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>

#include "system/support/mistake.hpp"
#include "system/support/small_disk.hpp"

using namespace shoal::system_test;

namespace {

std::size_t count_of(const std::string& text, std::string_view part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++count;
    return count;
}

/// Each kind of folder below the same place, with the words that its sentence begins with.
void expect_for_each_folder(const std::string& place, int code, std::string_view words) {
    const temp_folder home;
    struct folder {
        const char* flag;
        const char* begin;
    };
    for (const folder& one : {folder{"--state-dir", "The state folder "}, folder{"--journal", "The journal folder "},
                              folder{"--identify-ledger", "The identify ledger's folder "}}) {
        CAPTURE(std::string(one.flag));
        const auto got = run(demo_bot({one.flag, place}), bot_environment(home));
        expect(got, code, words);
        expect(got, code, fmt::format("{}{} cannot be used: ", one.begin, place));
    }
}

}  // namespace

TEST_CASE("a file in a folder's place, and a place where no folder can be made") {
    const temp_folder home;
    write_file(home / "file", "");
    expect_for_each_folder(home / "file", 13, "Not a directory; remove what is there, or choose another path.");
    expect_for_each_folder("/proc/shoal", 13, "; choose another path.");
}

TEST_CASE("a folder that root itself cannot write") {
    const small_disk disk(64);
    SHOAL_NEEDS_MOUNT(disk);
    std::filesystem::create_directory(disk / "there");
    disk.make_read_only();
    expect_for_each_folder(disk / "there", 13, "Read-only file system; choose a path on a file system that can be written.");
    expect_for_each_folder(disk / "new", 13, "Read-only file system");
}

TEST_CASE("a state folder that another process holds: the sentence says which") {
    const discord_process discord({.shards = 1, .guilds = 2});
    const temp_folder home;
    process first(bot_command(discord, {"--state-dir", home / "state"}), bot_environment(home));
    REQUIRE(first.says("all shards are ready", 60s));
    expect(run(bot_command(discord, {"--state-dir", home / "state"}), bot_environment(home)), 13,
           fmt::format("is held by process {}; stop that process, or give this one a folder of its own with --state-dir",
                       first.pid()));
    CHECK(discord.counter("identifies") == 1);
    // One that died without a word holds nothing.
    first.send(SIGKILL);
    REQUIRE(first.wait(10s).has_value());
    process next(bot_command(discord, {"--state-dir", home / "state"}), bot_environment(home));
    CHECK(next.says("all shards are ready", 60s));
}

TEST_CASE("a disk that is full at the start") {
    const small_disk disk(64);
    SHOAL_NEEDS_MOUNT(disk);
    std::filesystem::create_directory(disk / "there");
    disk.fill();
    expect_for_each_folder(disk / "there", 16, "No space left on device; free some space, or choose a path on another disk.");
}

TEST_CASE("room for some shards' journals is not room for all") {
    const small_disk disk(3 * 1024);
    SHOAL_NEEDS_MOUNT(disk);
    const discord_process discord({.shards = 4, .guilds = 4});
    const temp_folder home;
    expect(run(bot_command(discord, {"--journal", disk / "journal"}), bot_environment(home)), 16,
           "cannot reserve 4 MiB for journals in");
    CHECK(discord.counter("identifies") == 0);
    CHECK(std::filesystem::is_empty(disk / "journal"));
}

TEST_CASE("files that may not grow are a full disk, not a killed process") {
    const temp_folder home;
    const auto environment = bot_environment(home);
    expect(run(with_small_files(demo_bot({"--state-dir", home / "state"}), 1), environment), 16,
           "File too large; free some space");
    expect(run(with_small_files(demo_bot({"--journal", home / "journal"}), 64), environment), 16, "The journal folder");
    expect(run(with_small_files(demo_bot(), 1), environment), 16, "The identify ledger's folder");
}

TEST_CASE("a disk that fills up under the journal: the bot goes on, says so once, and shards() shows it") {
    const small_disk disk(2 * 1024);
    SHOAL_NEEDS_MOUNT(disk);
    const discord_process discord({.shards = 1, .guilds = 50});
    const temp_folder home;
    auto command = bot_command(discord, {"--journal", disk / "journal"});
    command.front() = program_path("shoal-test-bot");
    process bot(command, bot_environment(home));
    REQUIRE(bot.says("all shards are ready", 60s));
    disk.fill();
    // A journal reserves 1 MiB at a time, which is 16,384 events.
    (void)discord.control(R"({"do":"traffic","rate":3000})");
    REQUIRE(bot.says("the event journal has ended", 120s));
    CHECK(eventually([&] {
        return bot.out().find("shard 0 journal_problem: state: disk full: cannot extend the journal") != std::string::npos;
    }));
    // It serves on: a cut line is resumed under the same traffic.
    (void)discord.control(R"({"do":"traffic","rate":100})");
    (void)discord.control(R"({"do":"cut","all":true})");
    CHECK(eventually([&] { return discord.counter("resumed") == 1; }));
    bot.send(SIGTERM);
    const auto ended = bot.wait(30s);
    REQUIRE(ended.has_value());
    CHECK(ended->code == 0);
    CHECK(count_of(bot.err(), "the event journal has ended, the shard goes on without it") == 1);
    CHECK(bot.err().find("free some space, or choose a path on another disk") != std::string::npos);
}

TEST_CASE("a disk that fills up under ledger and state folder: what runs goes on, an IDENTIFY waits for room") {
    const small_disk disk(64);
    SHOAL_NEEDS_MOUNT(disk);
    const discord_process discord({.shards = 2, .guilds = 20});
    const temp_folder home;
    auto environment = bot_environment(home);
    environment["SHOAL_IDENTIFY_LEDGER"] = disk / "ledger";
    // What is kept of a session goes with it, and that would make the room which is to be missing.
    process bot(bot_command(discord, {"--state-dir", disk / "state", "--checkpoint", "off"}), environment);
    REQUIRE(bot.says("all shards are ready", 60s));
    disk.fill();
    // A session that resumes needs no ledger.
    (void)discord.control(R"({"do":"cut","shard":1})");
    REQUIRE(eventually([&] { return discord.counter("resumed") == 1; }));
    // One that is gone does: it waits, the other serves on.
    (void)discord.control(R"({"do":"op9","shard":0,"total":2,"resumable":false})");
    REQUIRE(bot.says("no IDENTIFY until the ledger can be kept"));
    CHECK(discord.live_sessions() == 1);
    CHECK(discord.counter("identifies") == 2);
    disk.free_again();
    CHECK(eventually([&] { return discord.live_sessions() == 2; }, 60s));
    bot.send(SIGTERM);
    const auto ended = bot.wait(30s);
    REQUIRE(ended.has_value());
    CHECK(ended->code == 0);
    CHECK(count_of(bot.err(), "no IDENTIFY until the ledger can be kept") == 1);
    CHECK(bot.err().find("No space left on device; free some space") != std::string::npos);
}

TEST_CASE("a process that stands still with the ledger's lock is told of, and waited for") {
    const discord_process discord({.shards = 1, .guilds = 2});
    const temp_folder home;
    {
        process first(bot_command(discord), bot_environment(home));
        REQUIRE(first.says("all shards are ready", 60s));
    }
    std::string lock;
    for (const auto& file : std::filesystem::directory_iterator(home / "ledger")) {
        if (file.path().extension() == ".lock") lock = file.path().string();
    }
    const int held = ::open(lock.c_str(), O_RDWR | O_CLOEXEC);
    REQUIRE(held >= 0);
    REQUIRE(::flock(held, LOCK_EX | LOCK_NB) == 0);
    process bot(bot_command(discord), bot_environment(home));
    CHECK(bot.says("no IDENTIFY while another process holds the identify ledger"));
    CHECK(bot.err().find(fmt::format("'fuser {}' names it", lock)) != std::string::npos);
    CHECK(discord.counter("identifies") == 1);
    ::close(held);
    CHECK(bot.says("all shards are ready", 60s));
}
