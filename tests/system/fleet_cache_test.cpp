// A worker dies and its caches with it: what the worker that goes on says of guilds meanwhile, and how it fills them.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <set>
#include <sstream>

#include "sim/audit/journal_reader.hpp"
#include "system/support/fleet_stage.hpp"
#include "system/support/http_once.hpp"

using namespace shoal::system_test;
namespace json = boost::json;
namespace sim = shoal::sim;

namespace {

const discord_options few_guilds{.shards = 8, .guilds = 48, .max_concurrency = 8, .rate = 15, .plain = true};
constexpr int rest_per_second = 40;

struct guild_line {
    std::string name;
    std::size_t roles = 0, channels = 0;
    std::uint64_t permissions = 0;
    friend bool operator==(const guild_line&, const guild_line&) = default;
};

/// What a reading bot said: which guilds it found partial, and what it said last of each that was complete.
struct said {
    std::set<std::string> partial, other;
    std::map<std::string, guild_line> guilds;
    explicit said(const std::string& out) {
        std::istringstream lines(out);
        for (std::string line; std::getline(lines, line);) {
            std::istringstream words(line);
            std::string what, id;
            words >> what >> id;
            if (what == "partial") partial.insert(id);
            if (what == "pretends" || what == "absent" || what == "failed") other.insert(line);
            if (what != "guild") continue;
            auto& guild = guilds[id];
            words >> guild.name >> guild.roles >> guild.channels >> guild.permissions;
        }
    }
    /// Found partial and complete since.
    [[nodiscard]] std::set<std::string> loaded() const {
        std::set<std::string> out;
        for (const auto& id : partial)
            if (guilds.contains(id)) out.insert(id);
        return out;
    }
};

json::value ask(const fleet_stage& fleet, const std::string& path) {
    const auto base = fleet.discord.api_base();
    const auto slash = base.find('/', base.find("://") + 3);
    const auto answer =
        http_once("GET", base.substr(0, slash), base.substr(slash) + path, {},
                  fmt::format("Authorization: Bot {}\r\nUser-Agent: DiscordBot (https://example.org, 1)", bot_token));
    REQUIRE_MESSAGE(answer.status == 200, path << ": " << answer.status << " " << answer.body);
    return json::parse(answer.body);
}

std::string text_of(const json::value& of, std::string_view key) { return std::string(of.at(key).as_string()); }

/// As the simulated Discord has it.
guild_line truth_of(const fleet_stage& fleet, const std::string& id, const std::string& bot) {
    const auto guild = ask(fleet, "/guilds/" + id);
    guild_line out;
    out.name = text_of(guild, "name");
    std::ranges::replace(out.name, ' ', '_');
    const auto& roles = guild.at("roles").as_array();
    out.roles = roles.size();
    out.channels = ask(fleet, "/guilds/" + id + "/channels").as_array().size();
    const auto member = ask(fleet, fmt::format("/guilds/{}/members/{}", id, bot));
    const auto& own = member.at("roles").as_array();
    for (const auto& role : roles) {
        const auto which = text_of(role, "id");
        if (which == id || std::ranges::find(own, json::value(which)) != own.end())
            out.permissions |= std::stoull(text_of(role, "permissions"));
    }
    return out;
}

/// What Discord sent to sessions that were given up for new ones, of so many shards: all of it was handed out up to where the
/// bot left, and nothing behind.
struct given_up {
    std::size_t sessions = 0;
    std::uint64_t handed_out = 0;     ///< In all of them, from the first number on without a hole.
    std::uint64_t sent = 0;           ///< In all of them.
    std::uint64_t never_written = 0;  ///< Of those sent: when they happened the session had no connection any more.
};

given_up sessions_given_up(const fleet_stage& fleet) {
    const auto journals = sim::read_journals(journal_folder(fleet.home));
    REQUIRE(journals);
    std::map<std::string, std::set<std::uint64_t>> handed_out;
    for (const auto& one : *journals)
        for (const auto& record : one.records)
            if (record.kind == sim::journal_kind::started) handed_out[one.sessions[record.session]].insert(record.seq);
    given_up out;
    for (const auto& each : fleet.discord.control(R"({"do":"sessions"})").at("sessions").as_array()) {
        if (each.at("state").as_string() == "live") continue;
        const auto number = [&](std::string_view name) { return each.at(name).to_number<std::uint64_t>(); };
        const auto& numbers = handed_out[text_of(each, "id")];
        REQUIRE_FALSE(numbers.empty());
        CHECK(numbers.size() == *numbers.rbegin());
        CHECK(number("written_seq") >= *numbers.rbegin());
        ++out.sessions;
        out.handed_out += numbers.size();
        out.sent += number("last_seq");
        out.never_written += number("last_seq") - number("written_seq");
    }
    return out;
}

std::size_t with_whole_cache(const fleet_stage& fleet) {
    const auto seen = fleet.state();
    const auto* shards = seen.if_contains("shards");
    if (shards == nullptr) return 0;
    return static_cast<std::size_t>(
        std::ranges::count_if(shards->as_array(), [](const auto& each) { return each.at("cacheComplete").as_bool(); }));
}

/// Two workers; the first of them dies under traffic. How many shards moved.
std::size_t lose_one(fleet_stage& fleet, const std::vector<std::string>& settings) {
    for (const auto* name : {"w1", "w2"}) fleet.start_worker(name, settings);
    require_placed(fleet, {"w1", "w2"});
    REQUIRE(fleet.discord.all_live(few_guilds.shards));
    REQUIRE(fleet.further_events(200));
    const auto moved = fleet.running().at("w1");
    fleet.kill_worker("w1");
    require_placed(fleet, {"w2"});
    return moved;
}

}  // namespace

TEST_CASE(
    "guilds of shards that lost their cache read as partial, and are fetched once somebody asks, within a fifth of the share") {
    fleet_stage fleet(few_guilds, 3, nullptr, "shoal-test-reading-bot");
    const auto before = clock::now();
    const auto moved = lose_one(fleet, {"--rest-per-second", std::to_string(rest_per_second)});
    REQUIRE(eventually([&] { return with_whole_cache(fleet) == few_guilds.shards - moved; }));
    REQUIRE(eventually([&] { return said(fleet.worker("w2").out()).loaded().size() >= 6; }, 60s));
    const auto loads = said(fleet.worker("w2").out()).loaded().size();
    const auto seconds = std::chrono::duration<double>(clock::now() - before).count();
    // Three requests a guild (threads are not kept), and one who the bot is.
    CHECK(3.0 * static_cast<double>(loads) <= seconds * rest_per_second / 5 + 3 + 1);

    // With the traffic at its end the last word on each guild is the truth.
    REQUIRE(fleet.discord.drain(40s));
    const auto bot = text_of(ask(fleet, "/users/@me"), "id");
    const auto all_true = [&] {
        const said now(fleet.worker("w2").out());
        return std::ranges::all_of(now.loaded(), [&](const auto& id) { return now.guilds.at(id) == truth_of(fleet, id, bot); });
    };
    CHECK(eventually(all_true, 20s));
    CHECK(said(fleet.worker("w2").out()).other.empty());
    const auto report = fleet.audit();
    CAPTURE(fleet.last_lines(15));
    check_clean(report, fleet.discord.oracle());
    CHECK(fleet.discord.counter("identifies") == few_guilds.shards);
}

TEST_CASE("with --after-move identify each shard that lost its cache is renewed by one IDENTIFY, and whole again") {
    fleet_stage fleet(few_guilds, 3, nullptr, "shoal-test-reading-bot");
    const auto moved = lose_one(fleet, {"--after-move", "identify"});
    const auto identifies = static_cast<std::int64_t>(few_guilds.shards + moved);
    REQUIRE(eventually(
        [&] { return fleet.discord.counter("identifies") == identifies && with_whole_cache(fleet) == few_guilds.shards; }, 90s));
    REQUIRE(fleet.discord.all_live(few_guilds.shards));
    REQUIRE(fleet.further_events(200));
    CHECK(fleet.discord.counter("identifies") == identifies);
    CHECK(fleet.discord.counter("concurrency_breaches") == 0);
    REQUIRE(fleet.discord.drain(40s));
    // Discord keeps a session that was given up for a while, as it could be resumed, and what happens meanwhile counts as sent to
    // it. That nobody fetches any more: the new session was told of it, too, from its READY on. So what is lost is all that and
    // what was on its way when the connection was closed, which is a moment's traffic; of other sessions nothing is.
    const auto old = sessions_given_up(fleet);
    const auto truth = fleet.discord.oracle();
    sim::audit_report report;
    CHECK(eventually([&] {
        report = sim::audit_folder(journal_folder(fleet.home), truth);
        return report.refused.empty() && report.unfinished == 0 && report.lost == old.sent - old.handed_out;
    }));
    MESSAGE(report.lost << " lost, " << old.never_written << " of them after the sessions had been left");
    CAPTURE(sim::to_text(report));
    CAPTURE(fleet.last_lines(15));
    CHECK(report.refused.empty());
    CHECK(report.doubled == 0);
    CHECK(report.out_of_order == 0);
    CHECK(report.lost == old.sent - old.handed_out);
    CHECK(report.lost_with_session == 0);
    CHECK(old.sessions == moved);
    CHECK(report.lost >= old.never_written);
    CHECK(static_cast<double>(report.lost - old.never_written) <= 2 * few_guilds.rate * static_cast<double>(moved));
}
