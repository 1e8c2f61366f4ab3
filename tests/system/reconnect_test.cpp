// What Discord says before it ends a connection, and what it leaves unsaid.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <memory>
#include <thread>

#include "system/support/stage.hpp"

using namespace shoal::system_test;

namespace {

constexpr std::int64_t shards = 4;

/// A bot under traffic, and its audit at the end.
struct stage {
    explicit stage(std::string_view knobs = {}, double slash_rate = 4)
        : discord({.shards = shards, .guilds = 50 * shards, .rate = 50}) {
        if (!knobs.empty()) (void)discord.control(knobs);
        bot = std::make_unique<bot_process>(discord, home);
        REQUIRE(eventually([&] { return discord.counter("readies") == shards; }));
        REQUIRE(bot->ready());
        if (slash_rate > 0) discord.slash(slash_rate);
        identifies = discord.counter("identifies");
    }
    void finish() {
        REQUIRE(discord.all_live(shards));
        REQUIRE(discord.drain());
        const auto report = settled_audit(discord, home);
        CHECK(bot->stop() == 0);
        check_clean(report, discord.oracle());
    }
    discord_process discord;
    temp_folder home;
    std::unique_ptr<bot_process> bot;
    std::int64_t identifies = 0;
};

}  // namespace

TEST_CASE("op 7 to all shards at once: each resumes, none identifies") {
    stage here;
    (void)here.discord.control(R"({"do":"op7","all":true})");
    REQUIRE(eventually([&] { return here.discord.counter("resumed") == shards; }));
    (void)here.discord.control(R"({"do":"op7","all":true,"ms":500})");
    REQUIRE(eventually([&] { return here.discord.counter("resumed") == 2 * shards; }));
    here.finish();
    CHECK(here.discord.counter("identifies") == here.identifies);
}

TEST_CASE("op 9 true: the session is resumed") {
    // The wait of 1 to 5 s behind op 9 is longer than the 3 s in which a command wants its answer: none here.
    stage here({}, 0);
    (void)here.discord.control(R"({"do":"op9","all":true,"resumable":true})");
    REQUIRE(eventually([&] { return here.discord.counter("resumed") == shards; }));
    here.finish();
    CHECK(here.discord.counter("identifies") == here.identifies);
}

TEST_CASE("op 9 false: a new session, by one IDENTIFY through the governor") {
    // Commands that are under way when Discord throws a session away go down with it: none here.
    stage here({}, 0);
    (void)here.discord.control(R"({"do":"op9","shard":1,"total":4,"resumable":false})");
    REQUIRE(eventually([&] { return here.discord.counter("readies") == shards + 1; }));
    here.finish();
    CHECK(here.discord.counter("identifies") == here.identifies + 1);
    CHECK(here.discord.counter("concurrency_breaches") == 0);
}

TEST_CASE("4001 and 4007 cost a session: one IDENTIFY and no more") {
    int code = 0;
    SUBCASE("4001") { code = 4001; }
    SUBCASE("4007") { code = 4007; }
    stage here({}, 0);
    (void)here.discord.control(fmt::format(R"({{"do":"fault","fault":"F4","shard":3,"code":{}}})", code));
    REQUIRE(eventually([&] { return here.discord.counter("readies") == shards + 1; }, 20s));
    here.finish();
    CHECK(here.discord.counter("identifies") == here.identifies + 1);
    CHECK(here.discord.counter("concurrency_breaches") == 0);
}

TEST_CASE("a zombie that acknowledges nothing and sends nothing is left and its session resumed") {
    stage here(R"({"do":"set","heartbeat_interval":1000})");
    (void)here.discord.control(R"({"do":"fault","fault":"F11","shard":2})");
    REQUIRE(eventually([&] { return here.discord.counter("resumed") == 1; }, 30s));
    here.finish();
    CHECK(here.discord.counter("identifies") == here.identifies);
}

TEST_CASE("F8 a resume host that is dead for a session's life is dialed for some seconds once, and no event is lost") {
    discord_process discord({.shards = 1, .guilds = 50, .rate = 50});
    // Nobody listens on port 1; and Discord leaves nobody in peace who resumed at the wrong address.
    (void)discord.control(R"({"do":"fault","fault":"F8","all":true,"url":"wss://127.0.0.1:1"})");
    (void)discord.control(R"({"do":"set","wrong_host_op7":1000})");
    temp_folder home;
    bot_process bot(discord, home, {"--log-level", "debug"});
    REQUIRE(bot.ready());
    const auto dials = [&] {
        const auto log = bot.running().err();
        std::size_t count = 0;
        for (auto at = log.find("dialing: wss://127.0.0.1:1/"); at != std::string::npos;
             at = log.find("dialing: wss://127.0.0.1:1/", at + 1))
            ++count;
        return count;
    };
    (void)discord.control(R"({"do":"cut","all":true})");
    REQUIRE(eventually([&] { return discord.counter("wrong_host_resumes") >= 1; }, 60s));
    const auto at_first = dials();
    CHECK(at_first >= 2);
    // Each of these connections lasts a second, and the next one goes where RESUME works at once.
    REQUIRE(eventually([&] { return discord.counter("wrong_host_resumes") >= 6; }, 60s));
    CHECK(dials() <= at_first + 1);  // One is tried after a minute, should this machine take so long.
    CHECK(discord.counter("identifies") == 1);
    (void)discord.control(R"({"do":"set","wrong_host_op7":0})");
    REQUIRE(discord.all_live(1));
    REQUIRE(discord.drain());
    const auto report = settled_audit(discord, home);
    CHECK(bot.stop() == 0);
    check_clean(report, discord.oracle());
}

TEST_CASE("every close code that keeps the session is answered by RESUME") {
    stage here;
    std::int64_t resumed = 0;
    for (const int code : {1000, 1001, 1011, 1012, 4000, 4002, 4003, 4005, 4006, 4008, 4009, 4777}) {
        CAPTURE(code);
        (void)here.discord.control(fmt::format(R"({{"do":"fault","fault":"F4","shard":3,"code":{}}})", code));
        REQUIRE(eventually([&] { return here.discord.counter("resumed") == resumed + 1; }, 20s));
        ++resumed;
    }
    here.finish();
    CHECK(here.discord.counter("identifies") == here.identifies);
}
