#include "system/support/stage.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>

#include <boost/json.hpp>

#include "system/support/http_once.hpp"

namespace shoal::system_test {

namespace json = boost::json;

namespace {

json::object parsed(const http_answer& answer, std::string_view asked) {
    if (answer.status != 200) FAIL(fmt::format("the simulator answered {} to {}: {}", answer.status, asked, answer.body));
    return json::parse(answer.body).as_object();
}

/// A member along a path of objects.
const json::value& at(const json::object& object, std::string_view name) {
    const auto* found = object.if_contains(name);
    if (found == nullptr) FAIL(fmt::format("{} is missing in {}", name, json::serialize(object)));
    return *found;
}

}  // namespace

discord_process::discord_process(discord_options options) {
    std::vector<std::string> command{program_path("shoal-sim"), "serve"};
    const auto add = [&](std::string name, auto value) {
        command.push_back(std::move(name));
        command.push_back(fmt::format("{}", value));
    };
    const auto ready_file = folder_ / "ready.json";
    add("--ready-file", ready_file);
    add("--token", options.token);
    add("--shards", options.shards);
    add("--guilds", options.guilds);
    add("--max-concurrency", options.max_concurrency);
    add("--traffic-shards", options.shards);
    add("--rate", options.rate);
    if (!options.late_guilds) add("--late-guild-share", 0);
    if (options.plain) {
        command.push_back("--plain");
    } else {
        add("--ca-out", folder_ / "ca.pem");
        ca_file_ = folder_ / "ca.pem";
    }
    command.insert(command.end(), options.more.begin(), options.more.end());
    if (options.most_file_blocks != 0) command = with_small_files(std::move(command), options.most_file_blocks);
    process_ = std::make_unique<process>(std::move(command));
    const bool up = eventually([&] { return !read_file(ready_file).empty() || process_->wait(0s).has_value(); });
    if (!up || process_->wait(0s)) FAIL(fmt::format("shoal-sim did not start: {}", process_->err()));
    const auto ready = json::parse(read_file(ready_file)).as_object();
    control_ = at(ready, "control").as_string();
    api_base_ = at(ready, "api_base").as_string();
}

json::object discord_process::control(std::string_view command) const {
    return parsed(http_once("POST", control_, "/control", command), command);
}

json::object discord_process::status() const { return control(R"({"do":"status"})"); }

std::int64_t discord_process::counter(std::string_view name) const {
    return at(at(status(), "counters").as_object(), name).to_number<std::int64_t>();
}

std::int64_t discord_process::live_sessions() const {
    return at(at(status(), "sessions").as_object(), "live").to_number<std::int64_t>();
}

std::string discord_process::oracle() const { return json::serialize(parsed(http_once("GET", control_, "/oracle"), "/oracle")); }

void discord_process::slash(double rate) const { (void)control(fmt::format(R"({{"do":"traffic","slash_rate":{}}})", rate)); }

bool discord_process::all_live(std::int64_t sessions, clock::duration within) const {
    return eventually([&] { return live_sessions() == sessions; }, within);
}

bool discord_process::issued_commands(std::size_t least, clock::duration within) const {
    return eventually(
        [&] { return at(parsed(http_once("GET", control_, "/oracle"), "/oracle"), "interactions").as_array().size() >= least; },
        within);
}

bool discord_process::drain(clock::duration within) const {
    (void)control(R"({"do":"drain"})");
    return eventually(
        [&] {
            const auto truth = parsed(http_once("GET", control_, "/oracle"), "/oracle");
            if (!at(truth, "drained").as_bool()) return false;
            for (const auto& one : at(truth, "interactions").as_array()) {
                if (at(one.as_object(), "state").as_string() == "waiting") return false;
            }
            return true;
        },
        within);
}

std::vector<std::string> bot_command(const discord_process& discord, std::vector<std::string> more) {
    std::vector<std::string> command{
        program_path("shoal-demo-bot"), "--api-base", discord.api_base(), "--log-format", "json", "--guild-wait", "2s"};
    if (!discord.ca_file().empty()) {
        command.emplace_back("--ca-file");
        command.push_back(discord.ca_file());
    }
    command.insert(command.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    return command;
}

std::map<std::string, std::string> bot_environment(const temp_folder& home) {
    return {{"DISCORD_TOKEN", std::string(bot_token)}, {"HOME", home.path()}, {"SHOAL_IDENTIFY_LEDGER", home / "ledger"}};
}

std::string journal_folder(const temp_folder& home) { return home / "journal"; }

namespace {
std::vector<std::string> with_journal(std::vector<std::string> more, const temp_folder& home) {
    more.emplace_back("--journal");
    more.push_back(journal_folder(home));
    return more;
}
}  // namespace

bot_process::bot_process(const discord_process& discord, const temp_folder& home, std::vector<std::string> more)
    : process_(bot_command(discord, with_journal(std::move(more), home)), bot_environment(home)) {}

std::string bot_process::last_lines(std::size_t count) const {
    const auto all = process_.err();
    auto at = all.size();
    while (count-- > 0 && at != std::string::npos && at > 0) at = all.rfind('\n', at - 1);
    return at == std::string::npos ? all : all.substr(at);
}

int bot_process::stop() {
    process_.send(SIGINT);
    const auto ended = process_.wait(30s);
    return ended ? ended->code : -1;
}

sim::audit_report settled_audit(const discord_process& discord, const temp_folder& home, clock::duration within) {
    const auto truth = discord.oracle();
    sim::audit_report report;
    (void)eventually(
        [&] {
            report = sim::audit_folder(journal_folder(home), truth);
            return report.refused.empty() && report.lost == 0 && report.unfinished == 0;
        },
        within);
    return report;
}

void check_clean(const sim::audit_report& report, std::string_view oracle) {
    CAPTURE(sim::to_text(report));
    for (const auto& session : json::parse(oracle).as_object().at("sessions").as_array()) {
        // Discord's own bound was hit: the run proves nothing, which is not the same as having passed.
        REQUIRE_MESSAGE(at(session.as_object(), "ended_why").as_string() != "overflow", "invalid: the replay bound was hit");
    }
    CHECK(report.refused.empty());
    CHECK(report.lost == 0);
    CHECK(report.doubled == 0);
    CHECK(report.out_of_order == 0);
    CHECK(report.poison == 0);
    CHECK(report.unanswered_commands == 0);
    CHECK(report.events_sent > 0);
    CHECK(report.handled == report.events_sent - report.lost_with_session);
}

}  // namespace shoal::system_test
