// Which ports a bot listens on: none that nobody asked for, so that none can be in use.

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <sstream>

#include "system/support/stage.hpp"

using namespace shoal::system_test;

namespace {

/// How many of a process's own sockets wait for connections, TCP over IPv4 and IPv6.
std::size_t listening_sockets(pid_t of) {
    const auto process_folder = "/proc/" + std::to_string(of);
    std::set<std::string> own;
    for (const auto& each : std::filesystem::directory_iterator(process_folder + "/fd")) {
        std::error_code gone;
        const auto target = std::filesystem::read_symlink(each.path(), gone).string();
        if (target.starts_with("socket:[")) own.insert(target.substr(8, target.size() - 9));
    }
    std::size_t count = 0;
    for (const auto* table : {"/net/tcp", "/net/tcp6"}) {
        std::istringstream lines(read_file(process_folder + table));
        std::string line;
        std::getline(lines, line);  // The heading.
        while (std::getline(lines, line)) {
            std::istringstream words(line);
            std::string number, local, remote, state, queues, timer, again, user, timeout, inode;
            words >> number >> local >> remote >> state >> queues >> timer >> again >> user >> timeout >> inode;
            if (state == "0A" && own.contains(inode)) ++count;
        }
    }
    return count;
}

}  // namespace

TEST_CASE("a bot listens on no port unless --ops-url asks for one, and the simulator on three") {
    discord_process discord({.shards = 2, .guilds = 4});
    const temp_folder home;
    bot_process bot(discord, home);
    REQUIRE(bot.ready());
    CHECK(listening_sockets(discord.running().pid()) == 3);
    CHECK(listening_sockets(bot.running().pid()) == 0);
    CHECK(bot.stop() == 0);
    bot_process watched(discord, home, {"--ops-url", "http://127.0.0.1:0"});
    REQUIRE(watched.ready());
    CHECK(listening_sockets(watched.running().pid()) == 1);
    CHECK(watched.stop() == 0);
}
