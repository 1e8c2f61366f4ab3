// A worker whose --coordinator-url names the wrong place, and certificates at the wrong end: each is told what is the matter,
// once and in words that say what to do; whoever can go on trying does.

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "system/support/certificate.hpp"
#include "system/support/fleet_stage.hpp"
#include "system/support/mistake.hpp"
#include "system/support/node_numbers.hpp"
#include "system/support/visitor.hpp"

using namespace shoal::system_test;

namespace {

const discord_options small{.shards = 2, .guilds = 4};

/// A port at which somebody takes connections and says this, or nothing.
class plain_server {
public:
    explicit plain_server(std::string says) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof at;
        REQUIRE(::bind(fd_, reinterpret_cast<const sockaddr*>(&at), size) == 0);
        REQUIRE(::getsockname(fd_, reinterpret_cast<sockaddr*>(&at), &size) == 0);
        REQUIRE(::listen(fd_, 64) == 0);
        url_ = fmt::format("https://127.0.0.1:{}", ntohs(at.sin_port));
        thread_ = std::thread([this, says = std::move(says)] {
            for (;;) {
                const int one = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
                if (one < 0) return;
                if (!says.empty()) (void)::send(one, says.data(), says.size(), MSG_NOSIGNAL);
                taken_.push_back(one);
            }
        });
    }
    ~plain_server() {
        ::shutdown(fd_, SHUT_RDWR);
        thread_.join();
        for (const auto one : taken_) ::close(one);
        ::close(fd_);
    }
    [[nodiscard]] const std::string& url() const noexcept { return url_; }

private:
    int fd_;
    std::string url_;
    std::vector<int> taken_;  // Of the thread, until it has ended.
    std::thread thread_;
};

std::string https(std::string_view address) {
    const auto host = address.substr(address.find("//") + 2);
    return "https://" + std::string(host.substr(0, host.find('/')));
}

}  // namespace

TEST_CASE("a worker whose coordinator's address is wrong goes on trying, says why once, and /ready says it, too") {
    fleet_stage fleet(under_traffic);
    fleet.start_worker("w1", {"--ops-url", "https://127.0.0.1:0"});
    require_placed(fleet, {"w1"});
    const plain_server garbage("220 mail.example ESMTP\r\n");
    const plain_server silent("");
    const temp_folder other_fleet;
    (void)run({program_path("shoal"), "certs", "init", "--certs", other_fleet.path()});
    (void)run(
        {program_path("shoal"), "certs", "node", "w9", "--role", "worker", "--host", "127.0.0.1", "--certs", other_fleet.path()});
    struct wrong {
        std::string url, kind, words, certs;
    };
    fleet.certificate("w9", "worker");
    const auto own = fleet.certs("w9");
    const std::vector<wrong> all{
        {"https://127.0.0.1:1", "unreachable", "nobody answers at https://127.0.0.1:1 (", own},
        {"https://no-such-host.invalid:8443", "unreachable", "nobody answers at https://no-such-host.invalid:8443 (", own},
        {garbage.url(), "no_coordinator", "is no coordinator", own},
        {silent.url(), "silent", "takes the connection and says nothing", own},
        {https(fleet.discord.control_address()), "no_coordinator", "is no coordinator", own},
        {https(fleet.discord.api_base()), "untrusted", "do not trust each other", own},
        {listen_url_of(fleet, "w1"), "no_coordinator", "is no coordinator (this node does not serve it)", own},
        {ops_url_of(fleet.worker("w1")), "no_coordinator", "is no coordinator", own},
        {fleet.coordinator_url(), "untrusted", "do not trust each other", other_fleet / "w9"},
    };
    std::vector<std::unique_ptr<process>> workers;
    for (const auto& one : all) {
        auto flags = with_ops(fleet);
        flags.insert(flags.end(), {"--mode", "worker", "--process-id", "w9", "--coordinator-url", one.url, "--certs", one.certs});
        workers.push_back(std::make_unique<process>(fleet.bot_command(flags), fleet.environment()));
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto& worker = *workers[i];
        CAPTURE(all[i].url);
        CHECK_MESSAGE(worker.says(all[i].words), worker.err());
        const auto ops = ops_url_of(worker);
        CHECK(metric_reaches(ops, fmt::format("shoal_coordinator_lost_total{{kind=\"{}\"}}", all[i].kind), 3, 60s));
        CHECK(ops_page(ops, "/ready").contains("\"ready\":false"));
        CHECK_MESSAGE(ops_page(ops, "/ready").contains(all[i].words), ops_page(ops, "/ready"));
        CHECK(times_said(worker.err(), "the coordinator cannot be heard") == 1);
        worker.send(SIGTERM);
    }
    for (auto& worker : workers) {
        const auto ended = worker->wait(30s);
        CHECK((ended && ended->code == 0));
    }
    REQUIRE(fleet.further_events(100));
    check_fleet(fleet);
}

TEST_CASE("a worker whose coordinator comes later is taken then, and says so") {
    fleet_stage fleet(small);
    fleet.kill_coordinator();
    fleet.start_worker("w1", with_ops(fleet));
    REQUIRE(fleet.worker("w1").says("nobody answers at https://127.0.0.1:"));
    fleet.start_coordinator();
    require_placed(fleet, {"w1"});
    const auto ops = ops_url_of(fleet.worker("w1"));
    CHECK(fleet.worker("w1").says("the coordinator has taken this worker"));
    CHECK(metric_reaches(ops, "shoal_coordinator_registered", 1));
    CHECK(eventually([&] { return ops_page(ops, "/ready").contains("\"ready\":true"); }));
    CHECK_FALSE(ops_page(ops, "/ready").contains("trouble"));
}

TEST_CASE("addresses that are none, and certificates of another role, end the program with a sentence") {
    const fleet_stage fleet(small);
    fleet.certificate("w1", "worker");
    fleet.certificate("me", "operator");
    const auto node = [&](std::vector<std::string> more, int code, std::string_view words) {
        expect(run(fleet.bot_command(std::move(more)), fleet.environment()), code, words, "shoal-fleet-bot");
    };
    for (const auto* url : {"coordinator", "http://127.0.0.1:8443", "https://127.0.0.1", "https://127.0.0.1:0",
                            "https://127.0.0.1:66000", "https://127.0.0.1:eight", "https://:8443", "https://127.0.0.1:8443/path",
                            "https://me@127.0.0.1:8443", "https://127.0.0.1:8443,,https://127.0.0.1:8444"}) {
        CAPTURE(std::string(url));
        node({"--mode", "worker", "--coordinator-url", url, "--certs", fleet.certs("w1")}, 2,
             "is no coordinator's address; write https://host:8443.");
    }
    const std::vector<std::string> as_worker{"--mode", "worker", "--coordinator-url", fleet.coordinator_url(), "--certs"};
    const std::vector<std::string> as_coordinator{"--mode",      "coordinator",      "--listen-url", "https://127.0.0.1:0",
                                                  "--state-dir", fleet.home / "new", "--certs"};
    const auto with = [](std::vector<std::string> flags, std::string folder) {
        flags.push_back(std::move(folder));
        return flags;
    };
    node(with(as_worker, fleet.certs("c1")), 11, "is for coordinator, not for a worker; \"shoal certs node NAME --role worker\"");
    node(with(as_worker, fleet.certs("me")), 11, "is for operator, not for a worker");
    node(with(as_coordinator, fleet.certs("w1")), 11,
         "is for worker, not for a coordinator; \"shoal certs node NAME --role coordinator\" makes one.");
    node(with(as_coordinator, fleet.home / "none"), 11, "ca.pem");
}

TEST_CASE("TLS 1.2 and strangers' certificates get nowhere at the port, whatever they say afterwards") {
    fleet_stage fleet(small);
    fleet.start_worker("w1");
    require_placed(fleet, {"w1"});
    const auto port = port_of(fleet.coordinator_url());
    visitor old(port);
    CHECK_FALSE(old.shake_hands({.certs = fleet.certs("w1"), .only_1_2 = true}));
    CHECK(old.is_closed());
    // A client of TLS 1.3 believes that it is through before it has been refused.
    visitor nobody(port);
    (void)nobody.shake_hands();
    CHECK(nobody.is_closed());
    const temp_folder other;
    (void)run({program_path("shoal"), "certs", "init", "--certs", other.path()});
    (void)run({program_path("shoal"), "certs", "node", "w1", "--role", "worker", "--certs", other.path()});
    visitor stranger(port);
    (void)stranger.shake_hands({.certs = other / "w1"});
    CHECK(stranger.is_closed());
    CHECK(metric_reaches(fleet.ops_url(), "shoal_node_connections_total{outcome=\"never_proven\"}", 3));
    CHECK(fleet.worker_state("w1") == "healthy");
}

TEST_CASE("an operator without a certificate, with a worker's, or with one that has ended is refused with a sentence") {
    const fleet_stage fleet(small);
    fleet.certificate("w1", "worker");
    fleet.certificate("me", "operator");
    const auto refused = [&](const std::string& certs, std::string_view words) {
        for (const auto* command : {"status", "pause"}) {
            expect(run({program_path("shoal"), command, "--coordinator-url", fleet.coordinator_url(), "--certs", certs}), 11,
                   words, "shoal");
        }
    };
    refused(fleet.certs("w1"), "role not allowed");
    refused(fleet.home / "none", "there is no operator's certificate in ");
    // One that the fleet's own authority signed, and that was good until yesterday.
    fleet.certificate("old", "operator");
    make_ended(fleet.certs("old"), fleet.home / "certs");
    refused(fleet.certs("old"), "ended on");
    visitor ended(port_of(fleet.coordinator_url()));
    (void)ended.shake_hands({.certs = fleet.certs("old")});
    CHECK(ended.is_closed());
    CHECK(metric_reaches(fleet.ops_url(), "shoal_node_calls_total{outcome=\"wrong_role\"}", 2));
}
