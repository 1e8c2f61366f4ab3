// The settings of a fleet's coordinator and worker, read together.

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "config/bot_options.hpp"

using namespace shoal;
using namespace shoal::config;
using namespace std::chrono_literals;

namespace {

using words = std::vector<std::string>;

std::expected<bot_start, startup_problem> read(words arguments) {
    option_sources sources;
    sources.environment.emplace_back("DISCORD_TOKEN", "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcdE.abcdefghijklmnopqrstuvwxyz0123456789AB");
    sources.arguments = std::move(arguments);
    return read_bot_settings(sources, "mybot", {}, true);
}

words with(words base, const words& more) {
    base.insert(base.end(), more.begin(), more.end());
    return base;
}

const words worker{"--mode", "worker", "--coordinator-url", "https://c1:8443", "--certs", "/c"};
const words coordinator{"--mode", "coordinator", "--listen-url", "https://+:8443", "--certs", "/c", "--state-dir", "/s"};

std::string wrong(const words& arguments) {
    const auto got = read(arguments);
    REQUIRE_FALSE(got.has_value());
    CHECK(got.error().code == exit_code::bad_setting);
    return got.error().sentence;
}

}  // namespace

TEST_CASE("a worker knows its coordinators in order, its bounds and its zone") {
    const auto start = read(with(worker, {"--coordinator-url", "https://c1:8443, https://c2:8443/"}));
    CHECK_FALSE(start.has_value());  // Twice the same flag.
    const auto got =
        read({"--mode", "worker", "--coordinator-url", "https://c1:8443, https://c2:8443/", "--certs", "/c", "--max-shards", "10",
              "--zone", "rack-1", "--process-id", "worker-1", "--listen-url", "https://+:8444"});
    REQUIRE(got.has_value());
    const auto& settings = got->settings;
    CHECK(settings.mode == run_mode::worker);
    CHECK(settings.fleet.coordinators == words{"https://c1:8443", "https://c2:8443"});
    CHECK(settings.fleet.max_shards == 10U);
    CHECK(settings.fleet.zone == "rack-1");
    CHECK(settings.process_id == "worker-1");
    CHECK(settings.fleet.listen.value().address == "0.0.0.0:8444");
    CHECK(got->warnings.empty());
}

TEST_CASE("a coordinator keeps its store in the state folder unless another is named") {
    const auto got = read(coordinator);
    REQUIRE(got.has_value());
    CHECK(got->settings.mode == run_mode::coordinator);
    CHECK(got->settings.fleet.store == "sqlite:/s/fleet.db");
    CHECK(got->settings.fleet.lease == 5s);
    CHECK(got->settings.fleet.heartbeat == 1s);
    CHECK(read(with(coordinator, {"--store", "sqlite:/x/y.db"}))->settings.fleet.store == "sqlite:/x/y.db");
    CHECK(read(with(coordinator, {"--total-shards", "64"}))->warnings.empty());
}

TEST_CASE("what a mode needs and was not given is named with the reason") {
    CHECK(wrong({"--mode", "worker", "--certs", "/c"}).contains("mode worker needs --coordinator-url"));
    CHECK(wrong({"--mode", "worker", "--coordinator-url", "https://c1:8443"}).contains("needs --certs"));
    CHECK(wrong({"--mode", "coordinator", "--certs", "/c"}).contains("mode coordinator needs --listen-url"));
    CHECK(wrong({"--mode", "coordinator", "--certs", "/c", "--listen-url", "https://+:1"}).contains("needs --state-dir"));
}

TEST_CASE("addresses of a fleet are https with a port, and nothing of a password in one is repeated") {
    for (const auto* url :
         {"http://c1:8443", "https://c1", "c1:8443", "https://c1:8443/x", "https://a:8443,,https://b:8443", "https://"}) {
        CAPTURE(url);
        CHECK(wrong({"--mode", "worker", "--certs", "/c", "--coordinator-url", url}).contains("is no coordinator's address"));
    }
    const auto password = wrong({"--mode", "worker", "--certs", "/c", "--coordinator-url", "https://me:hunter2@c1:8443"});
    CHECK_FALSE(password.contains("hunter2"));
    CHECK(wrong({"--mode", "coordinator", "--certs", "/c", "--state-dir", "/s", "--listen-url", "http://127.0.0.1:1"})
              .contains("between nodes there is only https"));
    CHECK(wrong(with(coordinator, {"--store", "etcd:https://h1:2379"})).contains("write sqlite:PATH"));
}

TEST_CASE("a lease that one lost heartbeat ends is refused") {
    CHECK(wrong(with(coordinator, {"--lease", "2s"})).contains("at least three times --heartbeat"));
    CHECK(read(with(coordinator, {"--lease", "3s"})).has_value());
}

TEST_CASE("a fence keeps or closes, and keeps unless it is told to close") {
    CHECK_FALSE(read(worker)->settings.fleet.close_without_lease);
    CHECK_FALSE(read(with(worker, {"--fence", "keep"}))->settings.fleet.close_without_lease);
    CHECK(read(with(worker, {"--fence", "close"}))->settings.fleet.close_without_lease);
    CHECK(wrong(with(worker, {"--fence", "shut"})).contains("keep"));
    CHECK(read(with(coordinator, {"--fence", "close"}))->warnings == words{"--fence means nothing in mode coordinator"});
}

TEST_CASE("a setting of another mode is warned of") {
    const auto got = read(with(worker, {"--store", "sqlite:/x", "--total-shards", "4"}));
    REQUIRE(got.has_value());
    CHECK(got->warnings == words{"--total-shards means nothing in mode worker", "--store means nothing in mode worker"});
}
