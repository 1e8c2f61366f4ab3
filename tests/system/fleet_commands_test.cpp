// Which worker of a fleet registers the bot's commands: the one that has shard 0, whoever that is.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <boost/json.hpp>

#include "system/support/fleet_stage.hpp"
#include "system/support/node_numbers.hpp"

using namespace shoal::system_test;
namespace json = boost::json;

namespace {

constexpr auto route = "PUT /applications/{id}/commands";

/// How often Discord was asked to register commands, by whomever.
std::int64_t registrations(const fleet_stage& fleet) {
    const auto truth = json::parse(fleet.discord.oracle());
    const auto* found = truth.at("counters").at("rest_by_route").as_object().if_contains(route);
    return found == nullptr ? 0 : found->to_number<std::int64_t>();
}

std::string owner_of_shard_0(const fleet_stage& fleet) {
    const auto seen = fleet.state();
    for (const auto& each : seen.at("shards").as_array())
        if (each.at("id").to_number<int>() == 0) return std::string(each.at("worker").as_string());
    return {};
}

/// The workers that say that they have registered them.
std::vector<std::string> registered_by(fleet_stage& fleet) {
    std::vector<std::string> out;
    for (const auto* name : {"w1", "w2", "w3"})
        if (times_said(fleet.worker(name).err(), "commands registered") != 0) out.emplace_back(name);
    return out;
}

}  // namespace

TEST_CASE("of all workers the one with shard 0 registers the commands, and if it dies before it has, the one that takes over") {
    fleet_stage fleet(under_traffic);
    // The first one waits for an answer that never comes, and has changed nothing.
    (void)fleet.discord.control(
        fmt::format(R"({{"do":"fault","fault":"F41","how":"silence","applied":false,"route":"{}"}})", route));
    fleet.start_worker("w1");
    require_placed(fleet, {"w1"});
    REQUIRE(eventually([&] { return registrations(fleet) > 0; }));
    // The others join, and nothing moves to them before it dies.
    REQUIRE(fleet.shoal({"pause"}).code == 0);
    for (const auto* name : {"w2", "w3"}) {
        fleet.start_worker(name);
        REQUIRE(eventually([&] { return fleet.worker_state(name) == "healthy"; }));
    }
    (void)fleet.discord.control(R"({"do":"clear"})");
    fleet.kill_worker("w1");
    const auto before = registrations(fleet);
    REQUIRE(fleet.shoal({"resume"}).code == 0);
    require_placed(fleet, {"w2", "w3"});
    const auto second = owner_of_shard_0(fleet);
    REQUIRE(fleet.worker(second).says("commands registered"));
    // There are commands now, and they are answered on every shard.
    fleet.discord.slash(10);
    REQUIRE(fleet.discord.issued_commands(20));
    REQUIRE(fleet.further_events(200));
    CHECK(registered_by(fleet) == std::vector{second});
    CHECK(registrations(fleet) == before + 1);
    check_fleet(fleet);
}
