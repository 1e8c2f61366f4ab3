#include "system/support/fleet_stage.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "system/support/http_once.hpp"

namespace shoal::system_test {

namespace json = boost::json;

namespace {

constexpr std::string_view ops_token = "the-token-of-the-ops-page-0123456789";

/// A port that was free a moment ago: a coordinator that is started again must be where it was.
std::uint16_t free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&at), size) == 0);
    REQUIRE(::getsockname(socket, reinterpret_cast<sockaddr*>(&at), &size) == 0);
    ::close(socket);
    return ntohs(at.sin_port);
}

discord_options in_the_middle(discord_options options) {
    const auto any_port = std::string(hosts::middle) + ":0";
    options.more.insert(options.more.end(), {"--listen", any_port, "--resume-listen", any_port});
    return options;
}

std::string text_of(const json::object& of, std::string_view key) {
    const auto* found = of.if_contains(key);
    return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
}

}  // namespace

fleet_stage::fleet_stage(discord_options options, int lease, hosts* net, std::string bot, std::vector<std::string> more)
    : net_(net),
      discord(net != nullptr ? in_the_middle(options) : options),
      shards_(options.shards),
      lease_(lease),
      bot_(std::move(bot)),
      port_(free_port()),
      ops_port_(free_port()) {
    process made({program_path("shoal"), "certs", "init", "--certs", home / "certs"});
    const auto ended = made.wait(20s);
    REQUIRE_MESSAGE((ended && ended->code == 0), made.err());
    certificate("c1", "coordinator");
    write_file(home / "ops-token", ops_token);
    start_coordinator(std::move(more));
}

std::map<std::string, std::string> fleet_stage::environment() const {
    auto all = bot_environment(home);
    all["TEST_DEMAND"] = home / "demand";
    return all;
}

void fleet_stage::want_rest(const std::string& worker, int per_second) const {
    // In one step: who reads it must not see half of it.
    write_file(home / "demand-new", fmt::format("{}", per_second));
    REQUIRE(::rename((home / "demand-new").c_str(), (home / "demand-" + worker).c_str()) == 0);
}

std::optional<hosts::on> fleet_stage::on(const std::string& node) const {
    if (net_ == nullptr) return std::nullopt;
    return std::optional<hosts::on>(std::in_place, *net_, node);
}

void fleet_stage::certificate(const std::string& name, std::string_view role) const {
    process made({program_path("shoal"), "certs", "node", name, "--role", std::string(role), "--host", address(name), "--certs",
                  home / "certs"});
    const auto ended = made.wait(20s);
    REQUIRE_MESSAGE((ended && ended->code == 0), made.err());
}

outcome fleet_stage::shoal(std::vector<std::string> words, std::map<std::string, std::string> environment) const {
    if (read_file(certs("me") + "/node.pem").empty()) certificate("me", "operator");
    words.insert(words.begin(), program_path("shoal"));
    environment.try_emplace("COORDINATOR_URL", coordinator_url());
    environment.try_emplace("SHOAL_CERTS", certs("me"));
    environment.try_emplace("HOME", home.path());
    return run(words, environment);
}

std::vector<std::string> fleet_stage::bot_command(std::vector<std::string> more) const {
    std::vector<std::string> command{program_path(bot_), "--api-base", discord.api_base(), "--log-format", "json",
                                     "--guild-wait",     "2s"};
    if (!discord.ca_file().empty()) command.insert(command.end(), {"--ca-file", discord.ca_file()});
    command.insert(command.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    return command;
}

void fleet_stage::start_coordinator(std::vector<std::string> more, std::map<std::string, std::string> settings) {
    more.insert(more.end(),
                {"--mode", "coordinator", "--process-id", "c1", "--listen-url", coordinator_url(), "--certs", certs("c1"),
                 "--state-dir", home / "c1", "--ops-token-file", ops_token_file(), "--lease", fmt::format("{}s", lease_)});
    if (std::ranges::find(more, "--ops-url") == more.end()) more.insert(more.end(), {"--ops-url", ops_url()});
    settings.merge(environment());
    const auto there = on("c1");
    coordinator_ = std::make_unique<process>(bot_command(std::move(more)), std::move(settings));
    if (!coordinator_->says("coordinating", 30s)) FAIL(coordinator_->err());
}

void fleet_stage::kill_coordinator() {
    coordinator_->send(SIGKILL);
    REQUIRE(coordinator_->wait(10s).has_value());
}

void fleet_stage::start_worker(const std::string& name, std::vector<std::string> more,
                               std::map<std::string, std::string> settings) {
    if (read_file(certs(name) + "/node.pem").empty()) certificate(name, "worker");
    if (std::ranges::find(more, "--listen-url") == more.end())
        more.insert(more.end(), {"--listen-url", "https://" + address(name) + ":0"});
    more.insert(more.end(), {"--mode", "worker", "--process-id", name, "--coordinator-url", coordinator_url(), "--certs",
                             certs(name), "--state-dir", home / name, "--journal", journal_folder(home)});
    settings.merge(environment());
    const auto there = on(name);
    workers_[name] = std::make_unique<process>(bot_command(std::move(more)), std::move(settings));
}

void fleet_stage::kill_worker(const std::string& name) {
    auto& which = worker(name);
    which.send(SIGKILL);
    REQUIRE(which.wait(10s).has_value());
}

std::string fleet_stage::ops_url() const { return fmt::format("http://127.0.0.1:{}", ops_port_); }
std::string fleet_stage::ops_header() { return fmt::format("Authorization: Bearer {}", ops_token); }

json::object fleet_stage::state() const {
    // On the coordinator's own host: no cut line is in the way.
    const auto there = on("c1");
    const auto answer = http_once("GET", ops_url(), "/cluster/state", {}, ops_header());
    if (answer.status != 200) return {};
    return json::parse(answer.body).as_object();
}

std::map<std::string, std::size_t> fleet_stage::running() const {
    std::map<std::string, std::size_t> count;
    const auto seen = state();
    const auto* shards = seen.if_contains("shards");
    if (shards == nullptr) return count;
    for (const auto& each : shards->as_array()) {
        const auto& shard = each.as_object();
        if (text_of(shard, "status") == "running") ++count[text_of(shard, "worker")];
    }
    return count;
}

bool fleet_stage::placed(const std::vector<std::string>& on, clock::duration within) const {
    return eventually(
        [&] {
            const auto count = running();
            std::size_t sum = 0;
            for (const auto& [name, shards] : count) sum += shards;
            return sum == shards_ && count.size() == on.size() &&
                   std::ranges::all_of(on, [&](const auto& name) { return count.contains(name); });
        },
        within);
}

std::string fleet_stage::worker_state(std::string_view name) const {
    const auto seen = state();
    const auto* workers = seen.if_contains("workers");
    if (workers == nullptr) return {};
    for (const auto& each : workers->as_array()) {
        if (text_of(each.as_object(), "processId") == name) return text_of(each.as_object(), "status");
    }
    return {};
}

double fleet_stage::number_of(std::string_view worker, std::string_view field) const {
    const auto seen = state();
    const auto* workers = seen.if_contains("workers");
    if (workers == nullptr) return 0;
    for (const auto& each : workers->as_array())
        if (text_of(each.as_object(), "processId") == worker) return each.as_object().at(field).to_number<double>();
    return 0;
}

bool fleet_stage::further_events(std::int64_t count) const {
    const auto from = discord.counter("dispatches");
    return eventually([&] { return discord.counter("dispatches") > from + count; });
}

sim::audit_report fleet_stage::audit() {
    REQUIRE(discord.drain(40s));
    auto report = settled_audit(discord, home, 20s);
    for (auto& [name, which] : workers_) {
        if (which->wait(0s)) continue;
        which->send(SIGTERM);
    }
    for (auto& [name, which] : workers_) {
        const auto ended = which->wait(40s);
        CHECK_MESSAGE(ended.has_value(), name);
    }
    coordinator_->send(SIGTERM);
    const auto ended = coordinator_->wait(30s);
    CHECK((ended && ended->code == 0));
    return report;
}

std::string fleet_stage::last_lines(std::size_t count) const {
    const auto tail = [count](const std::string& all) {
        auto at = all.size();
        for (auto left = count; left-- > 0 && at != std::string::npos && at > 0;) at = all.rfind('\n', at - 1);
        return at == std::string::npos ? all : all.substr(at);
    };
    std::string out = "coordinator:" + tail(coordinator_->err());
    for (const auto& [name, which] : workers_) out += fmt::format("\n{}:{}", name, tail(which->err()));
    return out;
}

void require_placed(const fleet_stage& fleet, const std::vector<std::string>& on) {
    if (!fleet.placed(on)) FAIL(json::serialize(fleet.state()) << fleet.last_lines(15));
}

void check_fleet(fleet_stage& fleet) {
    const auto report = fleet.audit();
    CAPTURE(fleet.last_lines(15));
    check_clean(report, fleet.discord.oracle());
    CHECK(fleet.discord.counter("identifies") == under_traffic.shards);
    CHECK(fleet.discord.counter("concurrency_breaches") == 0);
}

}  // namespace shoal::system_test
