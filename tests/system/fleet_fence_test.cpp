// A fleet whose workers close their connections at the end of their lease (--fence close): Discord sees each end, resumably, and
// everything goes on when there is a lease again, even where a handler blocked a thread meanwhile.

#include <doctest/doctest.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>

#include "system/support/fleet_stage.hpp"

using namespace shoal::system_test;
namespace json = boost::json;

namespace {

const discord_options few_shards{.shards = 6, .guilds = 120, .max_concurrency = 16, .rate = 10};
constexpr int lease = 2;                                       // Seconds.
const std::vector<std::string> beats{"--heartbeat", "300ms"};  // Enough of them in a lease for a busy machine.
const std::vector<std::string> closing{"--fence", "close"};

/// How often clients ended connections with this code, or with none.
std::int64_t closed(const fleet_stage& fleet, std::string_view code) {
    const auto status = fleet.discord.status();
    const auto& closes = status.at("counters").at("closed_by_client").as_object();
    const auto* times = closes.if_contains(code);
    return times == nullptr ? 0 : times->to_number<std::int64_t>();
}

/// Whether a thread of that name runs in this process.
bool has_thread(const process& of, std::string_view name) {
    for (const auto& each : std::filesystem::directory_iterator("/proc/" + std::to_string(of.pid()) + "/task"))
        if (read_file(each.path() / "comm").starts_with(name)) return true;
    return false;
}

std::size_t times(std::string_view all, std::string_view text) {
    std::size_t count = 0;
    for (auto at = all.find(text); at != std::string_view::npos; at = all.find(text, at + 1)) ++count;
    return count;
}

void begin(fleet_stage& fleet, const std::vector<std::string>& on) {
    require_placed(fleet, on);
    REQUIRE(fleet.discord.all_live(few_shards.shards));
    REQUIRE(fleet.further_events(50));
}

/// Everybody has a lease and every session goes on: nothing was lost, begun anew or doubled without a mark.
void end(fleet_stage& fleet, std::int64_t least_resumed) {
    REQUIRE_MESSAGE(fleet.discord.all_live(few_shards.shards), fleet.last_lines(15));
    CHECK(fleet.discord.counter("resumed") >= least_resumed);
    REQUIRE(fleet.further_events(50));
    const auto report = fleet.audit();
    CAPTURE(fleet.last_lines(15));
    check_clean(report, fleet.discord.oracle());
    CHECK(fleet.discord.counter("identifies") == few_shards.shards);
}

}  // namespace

TEST_CASE("the coordinator dies: at the end of the lease all close with 4000, and when it is back all RESUME by themselves") {
    fleet_stage fleet(few_shards, lease, nullptr, "shoal-fleet-bot", beats);
    fleet.start_worker("w1", closing);
    fleet.start_worker("w2");  // Keeps.
    begin(fleet, {"w1", "w2"});
    CHECK(has_thread(fleet.worker("w1"), "shoal-fence"));
    CHECK_FALSE(has_thread(fleet.worker("w2"), "shoal-fence"));
    const auto strict = static_cast<std::int64_t>(fleet.running().at("w1"));
    const auto before = closed(fleet, "4000"), resumes = fleet.discord.counter("resumes");
    // Where nothing comes no thread notices by itself.
    (void)fleet.discord.control(R"({"do":"traffic","rate":0})");
    fleet.kill_coordinator();
    REQUIRE_MESSAGE(eventually([&] { return fleet.discord.live_sessions() == few_shards.shards - strict; }),
                    fleet.last_lines(15));
    // A thread that the machine did not run for a second is cut instead.
    CHECK(closed(fleet, "4000") - before + closed(fleet, "none") >= strict);
    CHECK(closed(fleet, "4000") > before);
    // Others go on, and those that are closed stay so.
    (void)fleet.discord.control(R"({"do":"traffic","rate":10})");
    REQUIRE(fleet.further_events(50));
    CHECK(fleet.discord.live_sessions() == few_shards.shards - strict);
    CHECK(fleet.discord.counter("resumes") == resumes);
    fleet.start_coordinator(beats);
    end(fleet, strict);
}

TEST_CASE(
    "a handler blocks its thread past the lease: Discord sees the ends all the same, and what waited meanwhile is neither lost "
    "nor "
    "doubled") {
    fleet_stage fleet(few_shards, lease, nullptr, "shoal-test-bot", beats);
    const auto block = fleet.home / "block";
    auto more = closing;
    more.insert(more.end(), {"--threads", "1"});
    fleet.start_worker("w1", more, {{"TEST_BLOCK", block}});
    begin(fleet, {"w1"});
    std::size_t round = 0;
    const auto says_again = [&](std::string_view text) {
        return eventually([&] { return times(fleet.worker("w1").out(), text) == round; });
    };
    for (const bool wakes_with_a_lease : {false, true}) {
        CAPTURE(wakes_with_a_lease);
        ++round;
        write_file(block, "");
        REQUIRE_MESSAGE(says_again("the handler blocks"), fleet.last_lines(15));
        const auto in_order = closed(fleet, "4000"), cut = closed(fleet, "none"), resumes = fleet.discord.counter("resumes");
        fleet.kill_coordinator();
        REQUIRE_MESSAGE(eventually([&] { return fleet.discord.live_sessions() == 0; }), fleet.last_lines(15));
        CHECK(closed(fleet, "none") - cut == few_shards.shards);
        CHECK(closed(fleet, "4000") == in_order);
        CHECK(fleet.worker("w1").says("was cut from outside"));
        CHECK(fleet.discord.counter("resumes") == resumes);
        if (wakes_with_a_lease) {
            fleet.start_coordinator(beats);
            REQUIRE(eventually([&] { return fleet.worker_state("w1") == "healthy"; }));
        }
        ::unlink(block.c_str());
        REQUIRE(says_again("the handler goes on"));
        if (!wakes_with_a_lease) {
            CHECK(fleet.discord.counter("resumes") == resumes);
            fleet.start_coordinator(beats);
        }
        REQUIRE_MESSAGE(fleet.discord.all_live(few_shards.shards), fleet.last_lines(15));
        REQUIRE(fleet.further_events(50));
    }
    end(fleet, std::int64_t{2} * few_shards.shards);
}
