// Mistakes on purpose: each has one clear sentence on stderr and an exit code of its own (docs/exit-codes.md).

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "system/support/stage.hpp"

using namespace shoal::system_test;

namespace {

struct outcome {
    int code = -1;
    std::string said;
};

outcome run(const std::vector<std::string>& command, const std::map<std::string, std::string>& environment) {
    process bot(command, environment);
    const auto ended = bot.wait(40s);
    return {ended ? ended->code : -1, bot.err()};
}

/// The program's own sentence is the last line.
std::string last_line(std::string text) {
    while (!text.empty() && text.back() == '\n') text.pop_back();
    const auto at = text.rfind('\n');
    return at == std::string::npos ? text : text.substr(at + 1);
}

void expect(const outcome& got, int code, std::string_view words) {
    CAPTURE(got.said);
    CHECK(got.code == code);
    const auto line = last_line(got.said);
    CHECK(line.starts_with("shoal-demo-bot: "));
    CHECK_MESSAGE(line.find(words) != std::string::npos, std::string(words));
    CHECK(got.said.find(bot_token) == std::string::npos);
}

const std::vector<std::string> bare() { return {program_path("shoal-demo-bot")}; }

std::vector<std::string> bare_with(std::vector<std::string> more) {
    auto command = bare();
    command.insert(command.end(), more.begin(), more.end());
    return command;
}

}  // namespace

TEST_CASE("no token") {
    const temp_folder home;
    expect(run(bare(), {{"HOME", home.path()}}), 3, "There is no bot token: set DISCORD_TOKEN");
    expect(run(bare_with({"--token-file", home / "none"}), {{"HOME", home.path()}}), 3, "cannot be read");
}

TEST_CASE("a token as a flag is refused and not repeated") {
    const temp_folder home;
    expect(run(bare_with({"--token", std::string(bot_token)}), {}), 2, "every user of this machine can read it");
    expect(run(bare_with({"--log-level", std::string(bot_token)}), {}), 2, "every user of this machine can read it");
}

TEST_CASE("nonsense in a flag, a variable and the file") {
    const temp_folder home;
    auto environment = bot_environment(home);
    expect(run(bare_with({"--total-shards", "none"}), environment), 2, "--total-shards: \"none\" is no whole number");
    expect(run(bare_with({"--totl-shards", "3"}), environment), 2, "Did you mean --total-shards?");
    environment["SHOAL_COMPRESSION"] = "gzip";
    expect(run(bare(), environment), 2, "SHOAL_COMPRESSION: \"gzip\" is unknown; allowed is one of zstd, zlib, none");
    environment.erase("SHOAL_COMPRESSION");
    write_file(home / "bot.toml", "threads = 2\nlog-levle = \"info\"\n");
    expect(run(bare_with({"--config", home / "bot.toml"}), environment), 2,
           "bot.toml:2: \"log-levle\" is no setting; did you mean log-level?");
}

TEST_CASE("modes that are not built yet") {
    const temp_folder home;
    expect(run(bare_with({"--mode", "worker"}), bot_environment(home)), 14, "not built yet");
}

TEST_CASE("a shard that there is not among so many") {
    const temp_folder home;
    expect(run(bare_with({"--shard-ids", "4", "--total-shards", "4"}), bot_environment(home)), 5,
           "there is no shard 4 among 4 shards");
}

TEST_CASE("an API that nobody answers at") {
    const temp_folder home;
    // Port 9 is "discard": nothing listens there on a test machine, and connecting needs no luck to fail.
    expect(run(bare_with({"--api-base", "http://127.0.0.1:9", "--start-patience", "500ms"}), bot_environment(home)), 10,
           "cannot be reached");
    expect(run(bare_with({"--api-base", "https://no-such-host.invalid", "--start-patience", "500ms"}), bot_environment(home)), 10,
           "cannot be reached");
}

TEST_CASE("certificates") {
    const discord_process discord({.shards = 1, .guilds = 2});
    const temp_folder home;
    // The simulator's certificate is its own authority, which no system trusts.
    expect(run(bare_with({"--api-base", discord.api_base()}), bot_environment(home)), 11, "is not trusted");
    write_file(home / "ca.pem", "this is no certificate\n");
    expect(run(bare_with({"--api-base", discord.api_base(), "--ca-file", home / "ca.pem"}), bot_environment(home)), 11,
           "--ca-file");
    expect(run(bare_with({"--api-base", discord.api_base(), "--ca-file", home / "none.pem"}), bot_environment(home)), 11,
           "--ca-file");
}

TEST_CASE("a token that Discord refuses") {
    const discord_process discord({.shards = 1, .guilds = 2});
    const temp_folder home;
    auto environment = bot_environment(home);
    environment["DISCORD_TOKEN"] = "some.other.token-of-nobody";
    const auto got = run(bot_command(discord), environment);
    expect(got, 4, "refuses the bot's token (401)");
    CHECK(got.said.find("token-of-nobody") == std::string::npos);
    CHECK(discord.counter("identifies") == 0);
}

TEST_CASE("folders that cannot be used") {
    const temp_folder home;
    write_file(home / "file", "");
    expect(run(bare_with({"--state-dir", home / "file"}), bot_environment(home)), 13, "The state folder");
    expect(run(bare_with({"--journal", home / "file"}), bot_environment(home)), 13, "The journal folder");
    expect(run(bare_with({"--identify-ledger", home / "file"}), bot_environment(home)), 13, "identify ledger");
    expect(run(bare_with({"--state-dir", "/proc/shoal"}), bot_environment(home)), 13, "The state folder");
}

TEST_CASE("closes that cannot be tried again end the bot after one IDENTIFY, each with its code") {
    struct refusal {
        const char* command;
        int code;
        const char* words;
    };
    for (const refusal& one : {refusal{R"({"do":"fault","fault":"F29","code":4010})", 5, "closed with 4010"},
                               refusal{R"({"do":"fault","fault":"F29","code":4011,"most":0})", 6, "closed with 4011"}}) {
        CAPTURE(one.command);
        const discord_process discord({.shards = 1, .guilds = 20});
        (void)discord.control(one.command);
        const temp_folder home;
        expect(run(bot_command(discord, {"--total-shards", "1"}), bot_environment(home)), one.code, one.words);
        CHECK(discord.counter("identifies") <= 1);
    }
}

TEST_CASE("a token that dies while the bot runs ends it with the code for that") {
    const discord_process discord({.shards = 2, .guilds = 20});
    const temp_folder home;
    bot_process bot(discord, home);
    REQUIRE(bot.ready());
    (void)discord.control(R"({"do":"fault","fault":"F26","breach":true})");
    const auto ended = bot.running().wait(30s);
    REQUIRE(ended.has_value());
    expect({ended->code, bot.running().err()}, 4, "token");
}
