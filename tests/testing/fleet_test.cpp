// A whole fleet from a program's code: shoal::fleet::run as coordinator and as worker, against a simulated Discord in this
// process.
#include "shoal/fleet.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>

#include "shoal/shoal.hpp"
#include "shoal/testing/discord.hpp"
#include "testing/running_bot.hpp"
#include "trust/certificate_folder.hpp"

namespace {

namespace trust = shoal::trust;

/// Certificates for a coordinator and a worker, and room for what they keep; gone with it.
struct fleet_folder {
    std::string path;
    fleet_folder() {
        std::string name = "/tmp/shoal-fleet-test-XXXXXX";
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
        const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
        REQUIRE(trust::init_folder(path + "/certs", {}, now));
        for (const auto& [node, role] : {std::pair{"c1", trust::role::coordinator}, std::pair{"w1", trust::role::worker}})
            REQUIRE(
                trust::add_node(path + "/certs", {.name = node, .roles = trust::role_set(role), .hosts = {"127.0.0.1"}}, now));
    }
    ~fleet_folder() { std::filesystem::remove_all(path); }
    fleet_folder(const fleet_folder&) = delete;
    fleet_folder& operator=(const fleet_folder&) = delete;
};

/// One that nobody listens on just now.
std::string free_address() {
    const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof here;
    REQUIRE(::bind(probe, reinterpret_cast<const sockaddr*>(&here), size) == 0);
    REQUIRE(::getsockname(probe, reinterpret_cast<sockaddr*>(&here), &size) == 0);
    ::close(probe);
    return "https://127.0.0.1:" + std::to_string(ntohs(here.sin_port));
}

/// shoal::fleet::run blocks; it ends with the bot.
template <class How>
struct running_node {
    running_node(shoal::bot& which, How how) : bot(which) {
        thread = std::thread([this, how = std::move(how)] { exit_code = shoal::fleet::run(bot, how); });
    }
    ~running_node() { end(); }
    int end() {
        // A stop before the start has got so far is none: it is asked for until it was heard.
        std::thread asking([this] {
            while (exit_code < 0) {
                bot.stop();
                std::this_thread::sleep_for(std::chrono::milliseconds(5));
            }
        });
        if (thread.joinable()) thread.join();
        asking.join();
        return exit_code;
    }
    shoal::bot& bot;
    std::atomic<int> exit_code{-1};
    std::thread thread;
};

}  // namespace

TEST_CASE("coordinator and worker run from a program's code, and end in order when their bots are stopped") {
    const fleet_folder folder;
    shoal::testing::discord discord({.guilds = 4, .shards = 2});
    const auto address = free_address();
    auto options = discord.options();
    options.intents = shoal::intents::guilds;

    shoal::bot leading(options);
    running_node coordinator(
        leading, shoal::coordinator{.listen = address, .certs = folder.path + "/certs/c1", .state_dir = folder.path + "/c1"});
    shoal::bot working(options);
    working.command("ping", "Answers", [](shoal::context ctx) -> shoal::task<> { co_await ctx.reply("Pong"); });
    running_node worker(working,
                        shoal::worker{.coordinators = {address}, .certs = folder.path + "/certs/w1", .process_id = "w1"});

    discord.connected().get();
    CHECK(comes_true([&] {
        const auto shards = working.shards();
        return shards.size() == 2 && std::ranges::all_of(shards, [](const auto& each) { return each.guilds_ready; });
    }));
    CHECK(discord.user("ann").slash("ping").get().text == "Pong");
    CHECK(leading.shards().empty());
    CHECK(worker.end() == 0);
    CHECK(coordinator.end() == 0);
}

TEST_CASE("a coordinator from code whose certificates are not there says so and ends with the documented code") {
    shoal::testing::discord discord;
    shoal::bot leading(discord.options());
    CHECK(shoal::fleet::run(leading, shoal::coordinator{.listen = free_address(), .certs = "/nonexistent/certs"}) == 11);
}
