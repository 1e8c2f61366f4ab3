// The token is in no output ever.

#include <doctest/doctest.h>
#include <signal.h>

#include <filesystem>

#include "system/support/stage.hpp"

using namespace shoal::system_test;

TEST_CASE("the token is in no line at trace level and in no file, whatever happens to the connections") {
    for (const char* format : {"text", "json"}) {
        CAPTURE(format);
        const discord_process discord({.shards = 2, .guilds = 20, .rate = 20});
        const temp_folder home;
        auto command =
            bot_command(discord, {"--log-level", "trace", "--journal", journal_folder(home), "--state-dir", home / "state"});
        for (auto& part : command) {
            if (part == "json") part = format;
        }
        process bot(command, bot_environment(home));
        REQUIRE(bot.says("all shards are ready", 60s));
        discord.slash(4);
        (void)discord.control(R"({"do":"cut","all":true})");
        REQUIRE(eventually([&] { return discord.counter("resumed") == 2; }));
        (void)discord.control(R"({"do":"op9","shard":0,"total":2,"resumable":false})");
        REQUIRE(eventually([&] { return discord.counter("readies") == 3; }));
        bot.send(SIGTERM);
        const auto ended = bot.wait(30s);
        REQUIRE(ended.has_value());
        CHECK(ended->code == 0);

        // That it spoke at all, and of connections; else this proves nothing.
        CHECK(bot.err().size() > 2000);
        const auto secret_part = bot_token.substr(bot_token.rfind('.') + 1);
        CHECK(bot.err().find(secret_part) == std::string::npos);
        CHECK(bot.out().find(secret_part) == std::string::npos);
        std::size_t files = 0;
        for (const auto& file : std::filesystem::recursive_directory_iterator(home.path())) {
            if (!file.is_regular_file()) continue;
            ++files;
            CHECK_MESSAGE(read_file(file.path().string()).find(secret_part) == std::string::npos, file.path().string());
        }
        CHECK(files > 2);
    }
}

TEST_CASE("--help and --version need no token and show none") {
    process help({program_path("shoal-demo-bot"), "--help"}, {{"DISCORD_TOKEN", std::string(bot_token)}});
    REQUIRE(help.wait(10s).has_value());
    CHECK(help.wait(0s)->code == 0);
    CHECK(help.out().find("--total-shards") != std::string::npos);
    CHECK(help.out().find(bot_token) == std::string::npos);
    process version({program_path("shoal-demo-bot"), "--version"});
    REQUIRE(version.wait(10s).has_value());
    CHECK(version.out().find("0.1.0") != std::string::npos);
}
