// What Discord refuses one shard, or the whole bot, while a fleet runs it: who goes on, who ends, and that nobody tries without
// end.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>

#include <boost/json.hpp>

#include "system/support/fleet_stage.hpp"
#include "system/support/mistake.hpp"
#include "system/support/node_numbers.hpp"

using namespace shoal::system_test;

namespace {

constexpr std::uint32_t shards = 9;
constexpr int refused_shard = 5;
const discord_options with_traffic{.shards = shards, .guilds = 90, .max_concurrency = 16, .rate = 5};

struct served_fleet : fleet_stage {
    explicit served_fleet(const discord_options& options = with_traffic, std::vector<std::string> workers = {"w1", "w2", "w3"})
        : fleet_stage(options) {
        certificate("me", "operator");
        for (const auto& name : workers) start_worker(name);
    }
    [[nodiscard]] outcome shoal(std::vector<std::string> words) const {
        words.insert(words.begin(), program_path("shoal"));
        words.insert(words.end(), {"--coordinator-url", coordinator_url(), "--certs", certs("me")});
        return run(words, environment());
    }
    [[nodiscard]] bool alarmed(std::string_view kind, bool on = true) const {
        return eventually(
            [&] { return metric(ops_url(), fmt::format("shoal_fleet_alarm{{kind=\"{}\"}}", kind)) == (on ? 1 : 0); });
    }
    [[nodiscard]] std::size_t how_many_run() const {
        std::size_t sum = 0;
        for (const auto& [name, count] : running()) sum += count;
        return sum;
    }
    [[nodiscard]] std::string owner_of(int shard) const {
        const auto seen = state();
        const auto* all = seen.if_contains("shards");
        if (all == nullptr) return {};
        const auto& worker = all->as_array().at(static_cast<std::size_t>(shard)).as_object().at("worker");
        return worker.is_string() ? std::string(worker.as_string()) : std::string();
    }
    [[nodiscard]] bool runs(const std::string& name) { return !worker(name).wait(0s).has_value(); }
    /// Discord forgets a shard's session, so that it has to IDENTIFY.
    void lose_session(int shard) const {
        (void)discord.control(fmt::format(R"({{"do":"fault","fault":"F23","shard":{}}})", shard));
        (void)discord.control(fmt::format(R"({{"do":"fault","fault":"F1","shard":{}}})", shard));
    }
};

}  // namespace

TEST_CASE(
    "a shard that Discord refuses stays off and is an alarm; the others do not notice, and an operator says when to try again") {
    served_fleet fleet;
    require_placed(fleet, {"w1", "w2", "w3"});
    const auto identifies = fleet.discord.counter("identifies");
    const auto moved = fleet.discord.counter("resumed");
    (void)fleet.discord.control(fmt::format(R"({{"do":"fault","fault":"F4","code":4011,"shard":{}}})", refused_shard));
    REQUIRE(fleet.alarmed("refused"));
    REQUIRE(eventually([&] { return fleet.how_many_run() == shards - 1; }));
    REQUIRE(fleet.further_events(400));
    CHECK(fleet.how_many_run() == shards - 1);
    CHECK(fleet.owner_of(refused_shard).empty());
    for (const auto* name : {"w1", "w2", "w3"}) CHECK(fleet.runs(name));
    CHECK(fleet.discord.counter("identifies") == identifies);
    CHECK(fleet.discord.counter("resumed") == moved);

    const std::string sentence =
        fmt::format("Shard {}/{} was closed with 4011: This shard would hold more than 2,500 guilds.", refused_shard, shards);
    CHECK(ops_page(fleet.ops_url(), "/ready").contains(sentence));
    CHECK(fleet.shoal({"status"}).out.contains(sentence));
    CHECK(fleet.shoal({"events"}).out.contains(sentence));
    CHECK(fleet.shoal({"shards", fmt::format("{}", refused_shard)}).out.contains("refused: 4011"));
    const auto why = fleet.shoal({"explain", fmt::format("{}", refused_shard)}).out;
    CHECK(why.contains(sentence));
    CHECK(why.contains(fmt::format("\"shoal move {}\" tries again", refused_shard)));

    // Neither the end of a worker nor that of the coordinator makes anybody try.
    fleet.kill_worker("w1");
    REQUIRE(eventually([&] { return fleet.how_many_run() == shards - 1 && !fleet.running().contains("w1"); }, 60s));
    fleet.kill_coordinator();
    fleet.start_coordinator();
    REQUIRE(eventually([&] { return fleet.how_many_run() == shards - 1; }, 60s));
    CHECK(fleet.alarmed("refused"));
    CHECK(fleet.owner_of(refused_shard).empty());
    CHECK(fleet.discord.counter("identifies") == identifies);

    const auto moved_it = fleet.shoal({"move", fmt::format("{}", refused_shard), "--to", "w2", "--wait"});
    CHECK_MESSAGE(moved_it.code == 0, moved_it.said);
    CHECK(fleet.owner_of(refused_shard) == "w2");
    CHECK(fleet.how_many_run() == shards);
    CHECK(fleet.alarmed("refused", false));
    CHECK(fleet.discord.counter("identifies") <= identifies + 1);
}

TEST_CASE(
    "an intent that is withdrawn ends the one worker that hears of it; nobody else tries, and one that is started anew does") {
    served_fleet fleet;
    require_placed(fleet, {"w1", "w2", "w3"});
    const auto identifies = fleet.discord.counter("identifies");
    const auto first = fleet.owner_of(refused_shard);
    (void)fleet.discord.control(R"({"do":"fault","fault":"F29","code":4014,"intents":32768})");
    fleet.lose_session(refused_shard);
    const auto ended = fleet.worker(first).wait(60s);
    REQUIRE_MESSAGE(ended.has_value(), fleet.last_lines(15));
    expect({ended->code, fleet.worker(first).err(), fleet.worker(first).out()}, 9, "asked for MESSAGE_CONTENT",
           "shoal-fleet-bot");
    CHECK(fleet.alarmed("bot"));
    REQUIRE(eventually([&] { return fleet.how_many_run() == shards - 1 && fleet.running().size() == 2; }, 60s));
    REQUIRE(fleet.further_events(400));
    for (const std::string name : {"w1", "w2", "w3"}) CHECK(fleet.runs(name) == (name != first));
    CHECK(fleet.discord.counter("identifies") == identifies + 1);
    CHECK(ops_page(fleet.ops_url(), "/ready").contains("was closed with 4014"));
    CHECK(fleet.shoal({"status"}).out.contains("start a worker anew"));
    CHECK(fleet.shoal({"explain", fmt::format("{}", refused_shard)}).out.contains("Discord refuses the bot"));

    (void)fleet.discord.control(R"({"do":"clear"})");
    fleet.start_worker(first);
    require_placed(fleet, {"w1", "w2", "w3"});
    CHECK(fleet.alarmed("bot", false));
    CHECK(fleet.owner_of(refused_shard) == first);
    CHECK(fleet.discord.counter("identifies") == identifies + 2);
}

TEST_CASE("intents that Discord does not allow cost a fleet that starts one wave of IDENTIFYs, and each worker after it one") {
    auto refusing = with_traffic;
    refusing.more = {"--privileged-intents", "0"};
    served_fleet fleet(refusing, {"w1", "w2"});
    for (const auto* name : {"w1", "w2"}) {
        const auto ended = fleet.worker(name).wait(60s);
        REQUIRE_MESSAGE(ended.has_value(), fleet.last_lines(15));
        CHECK(ended->code == 9);
    }
    CHECK(fleet.discord.counter("identifies") <= shards);
    CHECK(fleet.alarmed("bot"));
    CHECK(fleet.coordinator().says("Discord refuses the bot"));
    for (int more = 1; more <= 2; ++more) {
        const auto before = fleet.discord.counter("identifies");
        fleet.start_worker("w1");
        const auto ended = fleet.worker("w1").wait(90s);
        REQUIRE_MESSAGE(ended.has_value(), fleet.last_lines(15));
        CHECK(ended->code == 9);
        CHECK(fleet.discord.counter("identifies") == before + 1);
    }
}

TEST_CASE("at the reserve of IDENTIFYs a shard waits and says why, in numbers and sentences, until an operator releases it") {
    served_fleet fleet({.shards = 4, .guilds = 20, .max_concurrency = 16, .rate = 5, .more = {"--identify-total", "6"}},
                       {"w1", "w2"});
    require_placed(fleet, {"w1", "w2"});
    fleet.lose_session(0);
    REQUIRE(eventually([&] { return fleet.discord.counter("identifies") == 5; }, 60s));
    REQUIRE(eventually([&] { return fleet.how_many_run() == 4; }, 60s));
    fleet.lose_session(1);
    REQUIRE(fleet.alarmed("budget"));
    CHECK(metric(fleet.ops_url(), "shoal_identify_blocked") == 1);
    CHECK(metric(fleet.ops_url(), "shoal_identify_waiting") == 1);
    CHECK(metric(fleet.ops_url(), "shoal_identify_total") == 6);
    CHECK(metric(fleet.ops_url(), "shoal_identify_remaining") == 1);
    CHECK(metric(fleet.ops_url(), "shoal_identify_spent") == 5);
    CHECK(metric(fleet.ops_url(), "shoal_identify_foreign") == 0);
    CHECK(ops_page(fleet.ops_url(), "/ready").contains("shoal reserve use"));
    CHECK(fleet.shoal({"events"}).out.contains("shoal reserve use"));
    CHECK(fleet.worker(fleet.owner_of(1)).says("kept in reserve"));
    CHECK(fleet.how_many_run() == 3);
    CHECK(fleet.discord.counter("identifies") == 5);
    CHECK(fleet.shoal({"reserve", "use"}).code == 0);
    REQUIRE(eventually([&] { return fleet.how_many_run() == 4; }, 60s));
    CHECK(fleet.alarmed("budget", false));
    CHECK(fleet.discord.counter("identifies") == 6);
    CHECK(fleet.coordinator().says("the operator me releases the reserve of IDENTIFYs"));
}
