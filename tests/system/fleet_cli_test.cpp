// The operator's commands of shoal against a real coordinator and its workers, and the mistakes of whoever types them.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>

#include <boost/json.hpp>

#include "system/support/fleet_stage.hpp"

using namespace shoal::system_test;

namespace json = boost::json;

namespace {

constexpr std::uint32_t shards = 6;
const discord_options under_traffic{.shards = shards, .guilds = 120, .max_concurrency = 16, .rate = 10};

/// A fleet of two workers, and its operator.
struct operated_fleet : fleet_stage {
    explicit operated_fleet(const discord_options& options = under_traffic) : fleet_stage(options) {
        certificate("me", "operator");
        start_worker("w1");
        start_worker("w2");
        if (!placed({"w1", "w2"})) FAIL(last_lines(15));
    }
    /// What it prints, of a call that must succeed.
    [[nodiscard]] std::string said_by(std::vector<std::string> words) const {
        const auto got = shoal(std::move(words));
        CHECK_MESSAGE(got.code == 0, got.said);
        CHECK_MESSAGE(got.said.empty(), got.said);
        return got.out;
    }
    [[nodiscard]] json::object json_of(std::vector<std::string> words) const {
        words.emplace_back("--json");
        return json::parse(said_by(std::move(words))).as_object();
    }
    [[nodiscard]] std::size_t held_by(std::string_view worker) const {
        return json_of({"shards", "--worker", std::string(worker)}).at("shards").as_array().size();
    }
    [[nodiscard]] std::string shards_of(std::string_view worker) const {
        std::string out;
        const auto seen = json_of({"shards", "--worker", std::string(worker)});
        for (const auto& each : seen.at("shards").as_array())
            out += fmt::format("{}{}", out.empty() ? "" : ",", each.at("id").to_number<int>());
        return out;
    }
};

}  // namespace

TEST_CASE("an operator sees the fleet, in tables and for programs") {
    const operated_fleet fleet;
    const auto status = fleet.said_by({"status"});
    CHECK(status.contains("coordinator   c1, epoch 1\n"));
    CHECK(status.contains(fmt::format("shards        {0}: {0} running\n", shards)));
    CHECK(status.contains("workers       2: 2 healthy\n"));
    CHECK(status.contains("\nw1      healthy       3  "));
    CHECK(fleet.said_by({"workers"}).contains("\nw2      healthy       3  "));
    CHECK(fleet.said_by({"shards", "0-1"}).contains("\n    1  w"));
    CHECK(fleet.said_by({"explain", "0"}).contains("shard 0 is running on w"));
    CHECK(fleet.said_by({"events"}).contains("placed: "));

    const auto whole = fleet.json_of({"status"});
    CHECK(whole.at("coordinatorId").as_string() == "c1");
    CHECK(whole.at("totalShards").to_number<int>() == shards);
    CHECK(fleet.json_of({"workers"}).at("workers").as_array().at(0).at("processId").as_string() == "w1");
    CHECK(fleet.json_of({"events"}).at("events").as_array().at(0).at("number").to_number<int>() == 1);
    CHECK(fleet.json_of({"explain", "0"}).at("lines").as_array().size() >= 3);
}

TEST_CASE("move, drain, cordon and uncordon do what they say, and nothing of the bot's is lost") {
    operated_fleet fleet;
    REQUIRE(fleet.further_events(100));
    const auto away = fleet.shards_of("w1");
    const auto plan = fleet.json_of({"move", away, "--to", "w2", "--dry-run"});
    CHECK(plan.at("dryRun").as_bool());
    CHECK(plan.at("moves").as_array().size() == 3);
    CHECK(fleet.shards_of("w1") == away);

    CHECK(fleet.said_by({"cordon", "w1"}) == "w1 gets no more shards.\n");
    CHECK(fleet.said_by({"move", away, "--to", "w2", "--wait"}).ends_with("3 shards moved.\n"));
    CHECK(fleet.held_by("w2") == shards);
    CHECK(fleet.said_by({"shards"}).contains("the operator me moves it"));
    CHECK(fleet.said_by({"workers"}).contains("healthy, cordoned"));
    // Where there is room, the planner would put some back: the cordon keeps it from that.
    CHECK(fleet.said_by({"rebalance"}) == "Nothing is to be moved.\n");

    CHECK(fleet.said_by({"uncordon", "w1"}) == "w1 takes shards.\n");
    (void)fleet.said_by({"rebalance"});
    REQUIRE(fleet.placed({"w1", "w2"}));
    CHECK(fleet.said_by({"drain", "w2", "--wait"}).ends_with("w2 is empty.\n"));
    CHECK(fleet.held_by("w2") == 0);
    CHECK(fleet.held_by("w1") == shards);
    CHECK(fleet.said_by({"status"}).contains("1 draining"));
    REQUIRE(fleet.further_events(100));

    const auto report = fleet.audit();
    CAPTURE(fleet.last_lines(15));
    check_clean(report, fleet.discord.oracle());
    CHECK(fleet.discord.counter("identifies") == shards);
}

TEST_CASE("while the fleet is paused the shards of a lost worker wait, and go on when the pause ends") {
    operated_fleet fleet;
    CHECK(fleet.said_by({"pause"}).starts_with("nothing is moved"));
    CHECK(fleet.said_by({"status"}).contains("PAUSED "));
    const auto which = fleet.json_of({"workers"}).at("workers").as_array().at(1).at("incarnation").as_string();
    expect(fleet.shoal({"fence", "w2", "--incarnation", "00000000000000ff"}), 1, "another incarnation", "shoal");
    CHECK(fleet.said_by({"fence", "w2", "--incarnation", std::string(which)}).contains("counts as dead"));
    CHECK(eventually([&] { return fleet.said_by({"events"}).contains("the operator me fenced it"); }));
    // It was fenced alive: its shards are nobody's until the pause ends.
    expect(fleet.shoal({"move", "0-5", "--to", "w1", "--wait", "--timeout", "1s"}), 1, "", "shoal");
    CHECK(fleet.held_by("w1") == 3);
    CHECK(fleet.said_by({"resume"}) == "the fleet goes on.\n");
    CHECK(eventually([&] { return fleet.running().size() >= 1 && fleet.discord.live_sessions() == shards; }));
    CHECK(fleet.said_by({"reserve", "use"}) == "the reserve may be used.\n");
    CHECK(fleet.said_by({"status"}).contains("in reserve (in use)"));
    CHECK(fleet.said_by({"reserve", "keep"}) == "the reserve is kept.\n");
}

TEST_CASE("a wait that runs out of time says what is left") {
    const operated_fleet fleet({.shards = shards, .guilds = 12});
    REQUIRE_FALSE(fleet.said_by({"pause"}).empty());
    // A paused fleet moves nothing by its own wish, and a drain is one.
    const auto got = fleet.shoal({"drain", "w1", "--wait", "--timeout", "1s"});
    expect(got, 1, "not done within 1s: 3 shards left: ", "shoal");
    CHECK(got.said.contains("is live on w1"));
    CHECK(got.said.ends_with("; the fleet is paused.\n"));
}

TEST_CASE("events --follow tells what comes, also of a coordinator that was restarted") {
    operated_fleet fleet({.shards = 2, .guilds = 4});
    process follower({program_path("shoal"), "events", "--follow", "--coordinator-url", fleet.coordinator_url(), "--certs",
                      fleet.certs("me")});
    const auto told = [&](std::string_view what) { return eventually([&] { return follower.out().contains(what); }); };
    REQUIRE(told("placed: "));
    CHECK(fleet.said_by({"cordon", "w1"}).contains("w1"));
    CHECK(told("the operator me cordons w1"));
    fleet.kill_coordinator();
    fleet.start_coordinator();
    CHECK(fleet.said_by({"uncordon", "w1"}).contains("w1"));
    CHECK(told("the operator me uncordons w1"));
    follower.send(SIGINT);
    CHECK(follower.wait(20s).has_value());
}

TEST_CASE("shoal coordinator coordinates workers without any bot's code") {
    operated_fleet fleet({.shards = 2, .guilds = 4});
    fleet.kill_coordinator();
    const auto coordinate = [&](std::string_view intents) {
        auto environment = fleet.environment();
        environment["SHOAL_INTENTS"] = intents;
        return std::make_unique<process>(
            std::vector<std::string>{program_path("shoal"), "coordinator", "--api-base", fleet.discord.api_base(), "--ca-file",
                                     fleet.discord.ca_file(), "--listen-url", fleet.coordinator_url(), "--certs",
                                     fleet.certs("c1"), "--state-dir", fleet.home / "c1", "--process-id", "c2", "--lease", "3s"},
            environment);
    };
    const auto named = coordinate("GUILDS,GUILD_MESSAGES,DIRECT_MESSAGES,MESSAGE_CONTENT");
    REQUIRE_MESSAGE(named->says("coordinating"), named->err());
    CHECK(eventually([&] { return fleet.said_by({"status"}).contains("workers       2: 2 healthy\n"); }));
    CHECK(fleet.said_by({"status"}).contains("coordinator   c2, epoch 2\n"));
    CHECK(fleet.discord.counter("identifies") == 2);
    named->send(SIGTERM);
    const auto ended = named->wait(30s);
    REQUIRE_MESSAGE(ended.has_value(), named->err());
    CHECK(ended->code == 0);
}

TEST_CASE("mistakes of an operator's are one sentence with a code") {
    operated_fleet fleet({.shards = shards, .guilds = 12});
    const auto wrong = [&](std::vector<std::string> words, int code, std::string_view sentence,
                           std::map<std::string, std::string> environment = {}) {
        expect(fleet.shoal(std::move(words), std::move(environment)), code, sentence, "shoal");
    };
    // Names.
    wrong({"drain", "w3"}, 1, "there is no worker w3; did you mean w1?");
    wrong({"move", "0", "--to", "elsewhere"}, 1, "there is no worker elsewhere; there are w1, w2.");
    wrong({"shards", "--worker", "w9"}, 1, "there is no worker w9; did you mean w1?");
    wrong({"move", "0,20", "--to", "w1"}, 1, "there is no shard 20; they are numbered from 0 to 5.");
    wrong({"shards", "20"}, 1, "there is no shard 20; they are numbered from 0 to 5.");
    wrong({"explain", "6"}, 1, "there is no shard 6; they are numbered from 0 to 5.");
    // Words.
    wrong({"move", "all", "--to", "w1"}, 2, "\"all\" names no shards; write them as 0-3,7.");
    wrong({"move", "0", "--wait", "--timeout", "soon"}, 2, "--timeout: \"soon\" is no time");
    wrong({"fence", "w1", "--incarnation", "xyz"}, 2, "16 hexadecimal digits");
    wrong({"statsu"}, 2, "\"statsu\" is no command of shoal; did you mean status?");
    wrong({"drain"}, 2, "worker is required");
    wrong({"reserve", "spend"}, 2, "spend");
    // Addresses.
    wrong({"status"}, 2, "no coordinator is named", {{"COORDINATOR_URL", ""}});
    wrong({"status"}, 2, "write https://host:8443", {{"COORDINATOR_URL", "http://127.0.0.1:1"}});
    wrong({"status"}, 10, "no coordinator can be reached at 127.0.0.1:1 ", {{"COORDINATOR_URL", "https://127.0.0.1:1"}});
    wrong({"status"}, 10, "is no coordinator of Shoal",
          {{"COORDINATOR_URL", "https://" + fleet.discord.control_address().substr(std::string_view("http://").size())}});
    wrong({"status"}, 11, "do not trust each other",
          {{"COORDINATOR_URL", "https://" + fleet.discord.api_base().substr(8, fleet.discord.api_base().find('/', 8) - 8)}});
    // Certificates.
    fleet.certificate("w3", "worker");
    wrong({"drain", "w1"}, 11, "role not allowed", {{"SHOAL_CERTS", fleet.certs("w3")}});
    wrong({"status"}, 11, "there is no operator's certificate in ", {{"SHOAL_CERTS", ""}});
    const temp_folder other;
    (void)run({program_path("shoal"), "certs", "init", "--certs", other.path()});
    (void)run({program_path("shoal"), "certs", "node", "me", "--role", "operator", "--certs", other.path()});
    wrong({"status"}, 11, "do not trust each other", {{"SHOAL_CERTS", other / "me"}});
    // Several addresses are tried in turn.
    const auto second = fleet.shoal({"status"}, {{"COORDINATOR_URL", "https://127.0.0.1:1," + fleet.coordinator_url()}});
    CHECK_MESSAGE(second.code == 0, second.said);
    wrong({"status"}, 10, "no coordinator answers: ", {{"COORDINATOR_URL", "https://127.0.0.1:1,https://127.0.0.1:2"}});
    // A coordinator that does not answer.
    fleet.coordinator().send(SIGSTOP);
    wrong({"pause"}, 10, fleet.coordinator_url().substr(8));
    fleet.coordinator().send(SIGCONT);
    // Of shoal coordinator.
    wrong({"coordinator"}, 2, "shoal coordinator needs --intents");
    wrong({"coordinator", "--intents", "GUILDS"}, 2, "mode coordinator needs --listen-url");
    wrong({"coordinator", "--mode", "worker", "--intents", "GUILDS"}, 2, "--mode says worker");
    wrong({"coordinator", "--intnets", "GUILDS"}, 2, "Did you mean --intents?");
}
