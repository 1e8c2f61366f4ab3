// Mistakes in what a person sets: flags, the environment, the settings file, the token. Nothing here needs a Discord.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include "system/support/mistake.hpp"

using namespace shoal::system_test;

TEST_CASE("no token") {
    const temp_folder home;
    expect(run(demo_bot(), {{"HOME", home.path()}}), 3, "There is no bot token: set DISCORD_TOKEN");
    expect(run(demo_bot({"--token-file", home / "none"}), {{"HOME", home.path()}}), 3,
           "cannot be read (No such file or directory)");
    expect(run(demo_bot({"--token-file", home.path()}), {{"HOME", home.path()}}), 3, "cannot be read (Is a directory)");
    write_file(home / "empty", "\n");
    expect(run(demo_bot({"--token-file", home / "empty"}), {{"HOME", home.path()}}), 3, "there is no token in it");
}

TEST_CASE("a malformed token is told by its kind and never sent anywhere") {
    const temp_folder home;
    const std::string good(bot_token);
    const std::string kept = good.substr(good.rfind('.') + 1);
    // The first two are wrong at any server, the others where Discord itself is meant.
    for (const auto& [token, words] :
         {std::pair("\"" + good + "\"", "quotation marks"), std::pair(good.substr(0, 40) + " " + kept, "white space"),
          std::pair(std::string("${DISCORD_TOKEN}"), "placeholder"),
          std::pair(std::string("100000000000000001"), "application's id"),
          std::pair(std::string("0123456789abcdef0123456789abcdef"), "client secret"),
          std::pair(good.substr(0, good.size() - 20), "cut off")}) {
        CAPTURE(std::string(words));
        expect(run(demo_bot(), {{"HOME", home.path()}, {"DISCORD_TOKEN", token}}), 15, words);
    }
    write_file(home / "token", "one.two.three\nfour\n");
    expect(run(demo_bot({"--token-file", home / "token"}), {{"HOME", home.path()}}), 15, "white space or control characters");
}

TEST_CASE("a token as a flag is refused and not repeated") {
    expect(run(demo_bot({"--token", std::string(bot_token)})), 2, "every user of this machine can read it");
    expect(run(demo_bot({"--log-level", std::string(bot_token)})), 2, "every user of this machine can read it");
    const temp_folder home;
    write_file(home / "bot.toml", fmt::format("token = \"{}\"\n", bot_token));
    expect(run(demo_bot({"--config", home / "bot.toml"})), 2, "bot.toml:1: token does not belong into the settings file");
}

TEST_CASE("nonsense of each kind in a flag, a variable and the file says where it stands and what is allowed") {
    struct nonsense {
        const char* option;
        const char* value;
        const char* words;
    };
    const temp_folder home;
    for (const nonsense& one :
         {nonsense{"total-shards", "none", "\"none\" is no whole number; allowed is a whole number from 1 to 65536."},
          nonsense{"total-shards", "0", "\"0\" is out of range; allowed is a whole number from 1 to 65536."},
          nonsense{"threads", "99999999999999999999", "allowed is a whole number from 0 to 1024."},
          nonsense{"compression", "gzip", "\"gzip\" is unknown; allowed is one of zstd, zlib, none."},
          nonsense{"guild-wait", "soon", "\"soon\" is no time; allowed is a time such as 500ms, 15s, 2m or 1h."},
          nonsense{"stop-deadline", "99999999h", "is no time; allowed is a time such as"},
          nonsense{"shard-ids", "3-1",
                   "\"3-1\" is no list of whole numbers; allowed is whole numbers from 0 to 65535 with commas"},
          nonsense{"shard-ids", "70000", "\"70000\" is out of range"},
          nonsense{"api-base", "discord.com", "\"discord.com\" is no url; allowed is a url such as https://host:8443"},
          nonsense{"api-base", "https://localhost:99999", "has a port that is no number from 1 to 65535"},
          nonsense{"end-sessions", "maybe", "\"maybe\" is neither true nor false; allowed is true or false."}}) {
        CAPTURE(std::string(one.option));
        CAPTURE(std::string(one.value));
        auto environment = bot_environment(home);
        expect(run(demo_bot({fmt::format("--{}={}", one.option, one.value)}), environment), 2, one.words);

        std::string variable = "SHOAL_";
        for (const char c : std::string_view(one.option)) variable += c == '-' ? '_' : static_cast<char>(c - 'a' + 'A');
        environment[variable] = one.value;
        const auto in_variable = run(demo_bot(), environment);
        expect(in_variable, 2, one.words);
        expect(in_variable, 2, variable + ": ");

        environment.erase(variable);
        write_file(home / "bot.toml", fmt::format("# a line before\n{} = \"{}\"\n", one.option, one.value));
        const auto in_file = run(demo_bot({"--config", home / "bot.toml"}), environment);
        expect(in_file, 2, one.words);
        expect(in_file, 2, fmt::format("bot.toml:2: {}: ", one.option));
    }
}

TEST_CASE("what is no setting at all is told with what was perhaps meant") {
    const temp_folder home;
    auto environment = bot_environment(home);
    expect(run(demo_bot({"--totl-shards", "3"}), environment), 2,
           "\"--totl-shards\" is no flag of this program. Did you mean --total-shards?");
    expect(run(demo_bot({"--nothing-like-it"}), environment), 2, "--help lists what there is.");
    expect(run(demo_bot({"start"}), environment), 2,
           "\"start\" stands alone on the command line; settings are written --name value.");
    expect(run(demo_bot({"--threads"}), environment), 2, "--threads has no value; allowed is a whole number from 0 to 1024.");
    write_file(home / "bot.toml", "threads = 2\nlog-levle = \"info\"\n");
    expect(run(demo_bot({"--config", home / "bot.toml"}), environment), 2,
           "bot.toml:2: \"log-levle\" is no setting; did you mean log-level?");
    // The environment is shared with other programs: a warning, and the bot goes on to the next mistake.
    environment["SHOAL_TOTAL_SHARD"] = "3";
    const auto got = run(demo_bot({"--api-base", "http://127.0.0.1:9", "--start-patience", "0s"}), environment);
    expect(got, 10, "cannot be reached");
    CHECK(got.said.find("\"SHOAL_TOTAL_SHARD\" is no setting and is ignored; did you mean SHOAL_TOTAL_SHARDS?") !=
          std::string::npos);
}

TEST_CASE("the same thing twice") {
    const temp_folder home;
    const auto environment = bot_environment(home);
    expect(run(demo_bot({"--threads", "1", "--threads=2"}), environment), 2, "--threads is given more than once; give it once.");
    expect(run(demo_bot({"--end-sessions", "--end-sessions=false"}), environment), 2, "--end-sessions is given more than once");
    expect(run(demo_bot({"--shard-ids", "1", "--shard-id", "2", "--total-shards", "4"}), environment), 2,
           "--shard-ids and --shard-id are both set; one of them is enough.");
    write_file(home / "bot.toml", "threads = 1\nthreads = 2\n");
    expect(run(demo_bot({"--config", home / "bot.toml"}), environment), 2, "bot.toml:2: this is no TOML");
}

TEST_CASE("a settings file that cannot be read") {
    const temp_folder home;
    const auto environment = bot_environment(home);
    expect(run(demo_bot({"--config", home / "none.toml"}), environment), 2,
           "none.toml\" cannot be read (No such file or directory)");
    expect(run(demo_bot({"--config", home.path()}), environment), 2,
           "cannot be read (Is a directory). Give the name of a TOML file");
    REQUIRE(::symlink("loop.toml", (home / "loop.toml").c_str()) == 0);
    expect(run(demo_bot({"--config", home / "loop.toml"}), environment), 2, "cannot be read (Too many levels of symbolic links)");
    expect(run(demo_bot({"--config", "/dev/zero"}), environment), 2, "cannot be read (it is over 1048576 bytes)");
    write_file(home / "bot.toml", "threads = \n");
    expect(run(demo_bot({"--config", home / "bot.toml"}), environment), 2, "bot.toml:1: this is no TOML");
    auto in_variable = environment;
    in_variable["SHOAL_CONFIG"] = home.path();
    expect(run(demo_bot(), in_variable), 2, "SHOAL_CONFIG: the settings file");
}

TEST_CASE("modes that this program was linked without") {
    const temp_folder home;
    expect(run(demo_bot({"--mode", "worker"}), bot_environment(home)), 14, "shoal::fleet::main");
}

TEST_CASE("a wrong pair of shard and total is told before anybody is asked") {
    const temp_folder home;
    expect(run(demo_bot({"--shard-ids", "4", "--total-shards", "4"}), bot_environment(home)), 5,
           "--shard-ids: there is no shard 4 among 4 shards; they are numbered from 0 to 3.");
    expect(run(demo_bot({"--shard-id", "1"}), bot_environment(home)), 5, "hand-picked shards need --total-shards");
}
