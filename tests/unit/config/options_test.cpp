#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "config/bot_options.hpp"
#include "config/reference.hpp"
#include "config/token_shape.hpp"

using namespace shoal;
using namespace shoal::config;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view a_token = "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs";

struct trial {
    option_sources sources;
    trial() { sources.environment.emplace_back("DISCORD_TOKEN", std::string(a_token)); }
    trial& flags(std::vector<std::string> arguments) {
        sources.arguments = std::move(arguments);
        return *this;
    }
    trial& env(std::string name, std::string value) {
        sources.environment.emplace_back(std::move(name), std::move(value));
        return *this;
    }
    trial& code(std::string name, std::string value) {
        sources.code[std::move(name)] = std::move(value);
        return *this;
    }
    [[nodiscard]] auto read() const { return read_bot_settings(sources, "mybot"); }
    [[nodiscard]] bot_settings good() const {
        auto start = read();
        if (!start) FAIL(start.error().sentence);
        return start->settings;
    }
    [[nodiscard]] startup_problem bad() const {
        auto start = read();
        REQUIRE_FALSE(start.has_value());
        return start.error();
    }
};

/// A file that is gone when the test ends.
class temp_file {
public:
    explicit temp_file(std::string_view text) {
        char name[] = "/tmp/shoal-config-XXXXXX";
        const int descriptor = mkstemp(name);
        REQUIRE(descriptor >= 0);
        path = name;
        std::FILE* out = fdopen(descriptor, "w");
        std::fwrite(text.data(), 1, text.size(), out);
        std::fclose(out);
    }
    ~temp_file() { std::remove(path.c_str()); }
    temp_file(const temp_file&) = delete;
    temp_file& operator=(const temp_file&) = delete;
    std::string path;
};

bool holds(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::filesystem::path source_root() { return SHOAL_SOURCE_ROOT; }

std::string contents(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::stringstream bytes;
    bytes << in.rdbuf();
    return bytes.str();
}

}  // namespace

TEST_CASE("nothing but a token gives the defaults") {
    const auto settings = trial().good();
    CHECK(settings.token.reveal() == a_token);
    CHECK(settings.api_base == "https://discord.com/api/v10");
    CHECK(settings.shard_ids.empty());
    CHECK_FALSE(settings.total_shards.has_value());
    CHECK(settings.compression == transport::zstd);
    CHECK(settings.level == log_level::info);
    CHECK(settings.guild_wait == 15s);
    CHECK(settings.half_deaf_after == 15min);
    CHECK_FALSE(settings.use_identify_reserve);
}

TEST_CASE("a flag wins over the environment, that over the file, that over the code") {
    const temp_file file("total-shards = 3\n");
    auto t = trial().code("total-shards", "2");
    CHECK(t.good().total_shards == 2U);
    t.flags({"--config", file.path});
    CHECK(t.good().total_shards == 3U);
    t.env("SHOAL_TOTAL_SHARDS", "4");
    CHECK(t.good().total_shards == 4U);
    t.flags({"--config", file.path, "--total-shards", "5"});
    CHECK(t.good().total_shards == 5U);
}

TEST_CASE("aliases are read, and the own name wins over them") {
    CHECK(trial().env("SHARD_MODE", "coordinator").bad().code == exit_code::mode_not_here);
    CHECK(trial().env("SHARD_MODE", "coordinator").env("SHOAL_MODE", "single").read().has_value());
    for (const auto* name : {"COORDINATOR_URL", "LISTEN_URL", "MAX_SHARDS"}) {
        const auto start = trial().env(name, name == std::string_view("MAX_SHARDS") ? "4" : "https://c1:8443").read();
        REQUIRE(start.has_value());
        REQUIRE(start->warnings.size() == 1);
        CHECK(holds(start->warnings.front(), name));
    }
}

TEST_CASE("an empty variable counts as not set") { CHECK(trial().env("SHOAL_TOTAL_SHARDS", "").read().has_value()); }

TEST_CASE("nonsense in a flag names the flag and what is allowed") {
    const auto why = trial().flags({"--total-shards", "many"}).bad();
    CHECK(why.code == exit_code::bad_setting);
    CHECK(why.sentence == "--total-shards: \"many\" is no whole number; allowed is a whole number from 1 to 65536.");
    CHECK(holds(trial().flags({"--total-shards", "0"}).bad().sentence, "is out of range"));
    CHECK(holds(trial().flags({"--compression", "gzip"}).bad().sentence, "one of zstd, zlib, none"));
    CHECK(holds(trial().flags({"--guild-wait", "soon"}).bad().sentence, "500ms, 15s"));
    CHECK(holds(trial().flags({"--total-shards"}).bad().sentence, "--total-shards has no value"));
    CHECK(holds(trial().flags({"--total-shards", "--shard-id", "1"}).bad().sentence, "--total-shards has no value"));
    CHECK(holds(trial().flags({"--threads", "1", "--threads", "2"}).bad().sentence, "more than once"));
    CHECK(holds(trial().flags({"--use-identify-reserve=maybe"}).bad().sentence, "true or false"));
}

TEST_CASE("nonsense in the environment names the variable") {
    const auto why = trial().env("SHOAL_THREADS", "-1").bad();
    CHECK(why.code == exit_code::bad_setting);
    CHECK(holds(why.sentence, "SHOAL_THREADS: \"-1\" is out of range"));
    CHECK(holds(trial().env("MAX_SHARDS", "x").bad().sentence, "MAX_SHARDS: \"x\""));
}

TEST_CASE("nonsense in the file names file and line") {
    const temp_file value("log-level = \"info\"\n\ntotal-shards = \"many\"\n");
    CHECK(holds(trial().flags({"--config", value.path}).bad().sentence,
                value.path + ":3: total-shards: \"many\" is no whole number"));
    const temp_file type("log-level = 3\n");
    CHECK(holds(trial().flags({"--config", type.path}).bad().sentence, type.path + ":1: log-level is of the wrong type"));
    const temp_file syntax("threads = 1\nthis is no toml\n");
    CHECK(holds(trial().flags({"--config", syntax.path}).bad().sentence, syntax.path + ":2: this is no TOML"));
    const temp_file unknown("totl-shards = 3\n");
    CHECK(holds(trial().flags({"--config", unknown.path}).bad().sentence, "did you mean total-shards?"));
    const temp_file itself("config = \"x\"\n");
    CHECK(holds(trial().flags({"--config", itself.path}).bad().sentence, "is no setting"));
    const auto missing = trial().flags({"--config", "/nowhere/at/all.toml"}).bad();
    CHECK(missing.code == exit_code::bad_setting);
    CHECK(holds(missing.sentence, "--config: the settings file \"/nowhere/at/all.toml\" cannot be read"));
}

TEST_CASE("the file has its own types: arrays, booleans, numbers") {
    const temp_file file("shard-ids = [0, 2]\ntotal-shards = 4\nuse-identify-reserve = true\nguild-wait = 2.5\n");
    const auto settings = trial().flags({"--config", file.path}).good();
    CHECK(settings.shard_ids == std::vector<std::uint32_t>{0, 2});
    CHECK(settings.use_identify_reserve);
    CHECK(settings.guild_wait == 2500ms);
}

TEST_CASE("the settings file may be named by the environment") {
    const temp_file file("total-shards = 9\n");
    CHECK(trial().env("SHOAL_CONFIG", file.path).good().total_shards == 9U);
}

TEST_CASE("an unknown flag is refused with the nearest name") {
    const auto why = trial().flags({"--shard-idz", "3"}).bad();
    CHECK(why.code == exit_code::bad_setting);
    CHECK(holds(why.sentence, "Did you mean --shard-ids?"));
    CHECK(holds(trial().flags({"--zzzzzzzzzzzzz"}).bad().sentence, "--help"));
    CHECK(holds(trial().flags({"run"}).bad().sentence, "\"run\" stands alone"));
}

TEST_CASE("an unknown SHOAL_ variable is warned of with the nearest name, others are left alone") {
    const auto start = trial().env("SHOAL_TOTAL_SHARD", "4").env("EDITOR", "vi").read();
    REQUIRE(start.has_value());
    REQUIRE(start->warnings.size() == 1);
    CHECK(start->warnings.front() == "\"SHOAL_TOTAL_SHARD\" is no setting and is ignored; did you mean SHOAL_TOTAL_SHARDS?");
}

TEST_CASE("a token on the command line is refused and never repeated") {
    for (const auto& arguments : std::vector<std::vector<std::string>>{{"--token", std::string(a_token)},
                                                                       {"--token=" + std::string(a_token)},
                                                                       {"--discord-token", "plain.token.here"},
                                                                       {"-token", "plain.token.here"},
                                                                       {std::string(a_token)},
                                                                       {"--threads", std::string(a_token)},
                                                                       {"--tokn=" + std::string(a_token)}}) {
        const auto why = trial().flags(arguments).bad();
        CHECK(why.code == exit_code::bad_setting);
        CHECK(holds(why.sentence, "DISCORD_TOKEN"));
        CHECK_FALSE(holds(why.sentence, a_token.substr(0, 12)));
        CHECK_FALSE(holds(why.sentence, "plain.token"));
    }
}

TEST_CASE("a token in the settings file is refused and never repeated") {
    const temp_file file("threads = 1\ntoken = \"" + std::string(a_token) + "\"\n");
    const auto why = trial().flags({"--config", file.path}).bad();
    CHECK(holds(why.sentence, file.path + ":2: token does not belong into the settings file"));
    CHECK_FALSE(holds(why.sentence, a_token.substr(0, 12)));
    const temp_file astray("threads = \"" + std::string(a_token) + "\"\n");
    CHECK_FALSE(holds(trial().flags({"--config", astray.path}).bad().sentence, a_token.substr(0, 12)));
    const temp_file broken("token = " + std::string(a_token) + "\n");
    CHECK_FALSE(holds(trial().flags({"--config", broken.path}).bad().sentence, a_token.substr(0, 12)));
}

TEST_CASE("a token astray in a variable is not repeated") {
    CHECK_FALSE(holds(trial().env("SHOAL_THREADS", std::string(a_token)).bad().sentence, a_token.substr(0, 12)));
    const auto in_a_name = trial().env("SHOAL_" + std::string(a_token), "1").read();
    REQUIRE(in_a_name.has_value());
    CHECK(in_a_name->warnings == std::vector<std::string>{"\"[token]\" is no setting and is ignored"});
}

TEST_CASE("tokens that are glued together are hidden whole") {
    const auto glued = std::string(a_token) + std::string(a_token);
    CHECK(shown(glued) == "\"[token]\"");
    CHECK(shown(std::string(a_token) + ".") == "\"[token].\"");
    CHECK(shown("AAAAAAAAAAAAAAAAAA.BBBBB." + glued) == "\"[token]\"");
    CHECK_FALSE(holds(trial().env("SHOAL_LOG_LEVEL", glued).bad().sentence, a_token.substr(a_token.rfind('.') + 1)));
}

TEST_CASE("a missing token has a sentence and a code of its own") {
    trial t;
    t.sources.environment.clear();
    CHECK(t.bad().code == exit_code::no_token);
    CHECK(holds(t.bad().sentence, "set DISCORD_TOKEN"));
}

TEST_CASE("a token may come from SHOAL_TOKEN, from a file, or from the code, as people paste it") {
    trial t;
    t.sources.environment.clear();
    t.env("SHOAL_API_BASE", "http://127.0.0.1:1");
    CHECK(read_bot_settings(t.sources, "b", secret("from.the.code"))->settings.token.reveal() == "from.the.code");
    t.env("SHOAL_TOKEN", "Bot own.name");
    CHECK(t.good().token.reveal() == "own.name");
    const temp_file file("  in.a.file \n");
    CHECK(t.flags({"--token-file", file.path}).good().token.reveal() == "in.a.file");
}

TEST_CASE("where the environment has both token and token-file, the token wins") {
    const temp_file file("in.a.file");
    CHECK(trial().env("SHOAL_TOKEN_FILE", file.path).good().token.reveal() == a_token);
}

TEST_CASE("a token file that is missing, empty, no text or a folder is told apart from no token") {
    const auto missing = trial().flags({"--token-file", "/nowhere/token"}).bad();
    CHECK(missing.code == exit_code::no_token);
    CHECK(holds(missing.sentence, "--token-file: the token file \"/nowhere/token\" cannot be read"));
    CHECK(trial().flags({"--token-file", "/tmp"}).bad().code == exit_code::no_token);
    const temp_file empty("\n");
    CHECK(holds(trial().flags({"--token-file", empty.path}).bad().sentence, "there is no token in it"));
    const temp_file two_lines("one.two.three\nfour");
    const auto why = trial().flags({"--token-file", two_lines.path}).bad();
    CHECK(holds(why.sentence, "white space"));
    CHECK_FALSE(holds(why.sentence, "one.two"));
}

TEST_CASE("what cannot be a token is told by its kind, without repeating it") {
    const auto why = [](std::string token, bool of_discord = true) {
        trial t;
        t.sources.environment = {{"DISCORD_TOKEN", token}};
        if (!of_discord) t.env("SHOAL_API_BASE", "http://127.0.0.1:1");
        const auto start = t.read();
        if (start) return std::string("fine");
        CHECK(start.error().code == exit_code::token_malformed);
        CHECK(holds(start.error().sentence, "Copy the token from the developer portal"));
        CHECK_FALSE(holds(start.error().sentence, token));
        return start.error().sentence;
    };
    const std::string good(a_token);
    CHECK(why(good) == "fine");
    CHECK(why("Bot " + good) == "fine");
    CHECK(holds(why("\"" + good + "\""), "quotation marks"));
    CHECK(holds(why("'" + good + "'", false), "quotation marks"));
    CHECK(holds(why(good.substr(0, 30) + " " + good.substr(30)), "white space"));
    CHECK(holds(why("${DISCORD_TOKEN}", false), "placeholder"));
    CHECK(holds(why("<your token here>"), "placeholder"));
    CHECK(holds(why("123456789012345678"), "application's id"));
    CHECK(holds(why("0123456789abcdef0123456789abcdef"), "client secret"));
    CHECK(holds(why(good.substr(0, 40)), "cut off"));
    CHECK(holds(why("t\xC3\xB6ken.of.mine", false), "characters that no token has"));
    // Another server's tokens are its own affair.
    CHECK(why("sim.token", false) == "fine");
    CHECK(why("123456789012345678", false) == "fine");
}

TEST_CASE("a settings file that is none says what it is") {
    const auto folder = trial().flags({"--config", "/tmp"}).bad();
    CHECK(folder.code == exit_code::bad_setting);
    CHECK(holds(folder.sentence, "--config: the settings file \"/tmp\" cannot be read (Is a directory)"));
    CHECK(holds(trial().env("SHOAL_CONFIG", "/nowhere/x").bad().sentence, "SHOAL_CONFIG: the settings file"));
    CHECK(holds(trial().flags({"--config", "/dev/zero"}).bad().sentence, "over 1048576 bytes"));
}

TEST_CASE("a flag that is set twice is no riddle about which one counts") {
    CHECK(holds(trial().flags({"--end-sessions", "--end-sessions=false"}).bad().sentence,
                "--end-sessions is given more than once"));
    CHECK(holds(trial().flags({"--threads", "1", "--threads=2"}).bad().sentence, "--threads is given more than once"));
}

TEST_CASE("a url without host or with a nonsensical port is refused before anything is dialed") {
    for (const auto& [url, words] : {std::pair("https://", "has no host"), std::pair("https://:443", "has no host"),
                                     std::pair("https://h:99999", "has a port"), std::pair("https://h:0", "has a port"),
                                     std::pair("https://h:b/api", "has a port"), std::pair("https://h:", "has a port"),
                                     std::pair("https://a b", "white space"), std::pair("https://me:pw@h", "user name"),
                                     std::pair("ftp://me:pw/x?y@h", "is no url"), std::pair("ftp://h", "is no url")}) {
        CAPTURE(url);
        const auto sentence = trial().flags({"--api-base", url}).bad().sentence;
        CHECK(holds(sentence, words));
        CHECK_FALSE(holds(sentence, "me:pw"));
    }
    for (const auto* url : {"https://h", "https://h:8443/api", "https://[::1]:8443", "https://[::1]", "https://+:8443"}) {
        CAPTURE(url);
        CHECK_FALSE(wrong_with(*bot_option_table().find("api-base"), url).has_value());
    }
}

TEST_CASE("a user name and a password in a url are never repeated, whatever is wrong with it") {
    for (const auto* url : {"https://me:hunter2@h", "http://me:hunter2@h:99999/api", "ftp://me:hunter2@h", "me:hunter2@h",
                            "https://me:hunter2/hunter2@h", "https://me:hunter2@hunter2@h", "https://hunter2@",
                            "http:///hunter2@h", "https://me:hunter2@h b", "https://a b me:hunter2@h", "x=y:hunter2@h"}) {
        CAPTURE(url);
        for (const auto& why : {trial().flags({"--api-base", url}).bad(), trial().env("SHOAL_API_BASE", url).bad(),
                                trial().flags({fmt::format("--api-bass={}", url)}).bad(), trial().flags({url}).bad(),
                                trial().flags({"--threads", url}).bad()}) {
            CAPTURE(why.sentence);
            CHECK(why.code == exit_code::bad_setting);
            CHECK_FALSE(holds(why.sentence, "hunter2"));
        }
    }
    for (const auto* line : {"api-base = \"https://me:hunter2@h b\"", "api-base = https://me:hunter2@h",
                             "api-base = \"https://me:hunter2@h", "\"https://me:hunter2@h\" = 1", "https://me:hunter2@h"}) {
        CAPTURE(line);
        const temp_file file(line);
        const auto why = trial().flags({"--config", file.path}).bad();
        CAPTURE(why.sentence);
        CHECK_FALSE(holds(why.sentence, "hunter2"));
    }
    // The host is what a person needs to see.
    CHECK(holds(trial().flags({"--api-base", "https://me:hunter2@discord.example"}).bad().sentence,
                "\"https://[hidden]@discord.example\" has a user name before its host"));
    CHECK(holds(trial().flags({"--threads", "a@b"}).bad().sentence, "\"a@b\""));
}

TEST_CASE("hand-picked shards") {
    CHECK(trial().flags({"--shard-ids", "0,5-7, 2", "--total-shards", "8"}).good().shard_ids ==
          std::vector<std::uint32_t>{0, 2, 5, 6, 7});
    CHECK(trial().flags({"--shard-id", "3", "--total-shards", "4"}).good().shard_ids == std::vector<std::uint32_t>{3});
    const auto outside = trial().flags({"--shard-ids", "1,4", "--total-shards", "4"}).bad();
    CHECK(outside.code == exit_code::wrong_shard);
    CHECK(holds(outside.sentence, "there is no shard 4 among 4 shards; they are numbered from 0 to 3"));
    const auto open = trial().flags({"--shard-ids", "1"}).bad();
    CHECK(open.code == exit_code::wrong_shard);
    CHECK(holds(open.sentence, "--total-shards"));
    CHECK(trial().flags({"--shard-ids", "1", "--shard-id", "2", "--total-shards", "4"}).bad().code == exit_code::bad_setting);
    CHECK(trial().env("SHOAL_SHARD_IDS", "0,1").flags({"--shard-id", "2", "--total-shards", "4"}).good().shard_ids ==
          std::vector<std::uint32_t>{2});
    for (const auto* wrong : {"", "1,", "a", "3-1", "-1", "0-99999999", "70000"}) {
        CAPTURE(wrong);
        CHECK(trial().flags({"--shard-ids", wrong, "--total-shards", "4"}).bad().code == exit_code::bad_setting);
    }
}

TEST_CASE("plain http is for this machine only") {
    CHECK(trial().flags({"--api-base", "http://127.0.0.1:8080"}).good().api_base == "http://127.0.0.1:8080/api/v10");
    CHECK(trial().flags({"--api-base", "https://h:1/api"}).good().api_base == "https://h:1/api/v10");
    CHECK(trial().flags({"--api-base", "http://[::1]:8080/api/v10/"}).good().api_base == "http://[::1]:8080/api/v10");
    CHECK(holds(trial().flags({"--api-base", "http://discord.example"}).bad().sentence, "in the clear"));
    CHECK(trial().flags({"--api-base", "http://127.1.2.3:1"}).good().api_base == "http://127.1.2.3:1/api/v10");
    CHECK(trial().flags({"--api-base", "http://localhost:1"}).good().api_base == "http://localhost:1/api/v10");
    for (const auto* far : {"http://localhost.evil.example", "http://127.evil.example", "http://127.0.0.1.evil.example",
                            "http://127.0.0.256", "http://127.0.0.1evil.example:80", "http://[::1]evil.example:80",
                            "http://127.1", "http://[::2]", "http://[::127.0.0.1]:80", "http://1.127.0.1", "http://0127.0.0.1"}) {
        CAPTURE(far);
        CHECK(holds(trial().flags({"--api-base", far}).bad().sentence, "in the clear"));
    }
    CHECK(trial().flags({"--api-base", "discord.com"}).bad().code == exit_code::bad_setting);
}

TEST_CASE("the ops address is an address of this machine with a port, over TLS unless only this machine can reach it") {
    const auto at = [](const char* url) { return trial().flags({"--ops-url", url, "--certs", "/c"}).good().ops.value(); };
    CHECK(at("http://127.0.0.1:9100").address == "127.0.0.1:9100");
    CHECK_FALSE(at("http://localhost:0/").tls);
    CHECK(at("http://localhost:0").address == "127.0.0.1:0");
    CHECK(at("https://+:9100").address == "0.0.0.0:9100");
    CHECK(at("https://[::]:9100").address == "[::]:9100");
    CHECK(at("https://10.0.0.1:9100").tls);
    for (const auto& [url, words] :
         {std::pair("http://127.0.0.1", "has no port"), std::pair("127.0.0.1:9100", "is no url"),
          std::pair("http://0.0.0.0:9100", "for this machine only"), std::pair("https://host.example:9100", "names a host"),
          std::pair("https://+:99999", "from 0 to 65535"), std::pair("https://+:9100/metrics", "behind its port")}) {
        CAPTURE(url);
        CHECK(holds(trial().flags({"--ops-url", url, "--certs", "/c"}).bad().sentence, words));
    }
    CHECK(holds(trial().flags({"--ops-url", "https://+:9100"}).bad().sentence, "--certs"));
    CHECK_FALSE(trial().read()->settings.ops.has_value());
}

TEST_CASE("the fleet's modes are refused by a program that was linked without them") {
    for (const auto* mode : {"coordinator", "worker"}) {
        const auto why = trial().flags({"--mode", mode}).bad();
        CHECK(why.code == exit_code::mode_not_here);
        CHECK(holds(why.sentence, "shoal::fleet::main"));
    }
}

TEST_CASE("--help names every option, and needs no token") {
    trial t;
    t.sources.environment.clear();
    const auto start = t.flags({"--help", "--threads"}).read();
    REQUIRE(start.has_value());
    for (const auto& option : bot_option_table().options) {
        CAPTURE(option.name);
        CHECK(holds(start->print, option.kind == option_kind::secret ? option.alias : option.name));
    }
    CHECK(holds(t.flags({"--version"}).read()->print, version));
}

TEST_CASE("every option has help, a unique name, and a default that it allows") {
    for (const auto& option : bot_option_table().options) {
        CAPTURE(option.name);
        CHECK(option.help.ends_with('.'));
        CHECK(std::ranges::count(bot_option_table().options, option.name, &option_spec::name) == 1);
        if (!option.fallback.empty()) CHECK_FALSE(wrong_with(option, option.fallback).has_value());
    }
}

TEST_CASE("exit codes are unique and rise") {
    for (std::size_t i = 1; i < exit_codes.size(); ++i) CHECK(exit_codes[i - 1].code < exit_codes[i].code);
    for (std::size_t i = 1; i < tool_exit_codes.size(); ++i) CHECK(tool_exit_codes[i - 1].code < tool_exit_codes[i].code);
    for (std::size_t i = 1; i < simulator_exit_codes.size(); ++i)
        CHECK(simulator_exit_codes[i - 1].code < simulator_exit_codes[i].code);
}

TEST_CASE("times are read with their units") {
    CHECK(read_duration("500ms") == 500ms);
    CHECK(read_duration("1.5s") == 1500ms);
    CHECK(read_duration("2m") == 120s);
    CHECK(read_duration("1h") == 3600s);
    CHECK(read_duration("7") == 7s);
    for (const auto* wrong : {"", "s", "-1s", "1 s", "1y", "99999999999h", "nan", "1e9"}) {
        CAPTURE(wrong);
        CHECK_FALSE(read_duration(wrong).has_value());
    }
}

TEST_CASE("a token is known by its shape, ordinary text is not taken for one") {
    CHECK(find_token(a_token).size == a_token.size());
    const auto inside = "x=\"" + std::string(a_token) + "\";";
    CHECK(find_token(inside).begin == 3);
    for (const auto* fine : {"https://gateway.discord.gg/?v=10", "192.168.100.200", "a.b.c", "shoal.0.1.0", "",
                             "some-long-host-name-of-a-node.region.example.org"}) {
        CAPTURE(fine);
        CHECK_FALSE(find_token(fine));
    }
    CHECK(shown(inside) == "\"x=\"[token]\";\"");
    CHECK(shown("a\nb") == "\"a\\x0ab\"");
}

TEST_CASE("the version is the build's version") {
    CHECK(holds(contents(source_root() / "CMakeLists.txt"), "project(shoal VERSION " + std::string(version) + " "));
}

TEST_CASE("the reference pages are up to date") {
    const std::pair<const char*, std::string> pages[] = {{"docs/options.md", reference_page(bot_option_table())},
                                                         {"docs/exit-codes.md", exit_code_page()}};
    for (const auto& [name, text] : pages) {
        const auto file = source_root() / name;
        if (std::getenv("SHOAL_WRITE_DOCS") != nullptr) std::ofstream(file, std::ios::binary) << text;
        CAPTURE(name);
        CHECK_MESSAGE(contents(file) == text, "run SHOAL_WRITE_DOCS=1 test_config and commit the page");
    }
}
