// What the ops address says, and to whom.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "base/virtual_scheduler.hpp"
#include "ops/health.hpp"
#include "ops/metrics.hpp"
#include "ops/ops_pages.hpp"
#include "ops/process_probe.hpp"

using namespace shoal;
using namespace shoal::ops;

namespace {

constexpr std::string_view token = "0123456789abcdef0123456789abcdef";

shard_status shard(std::uint32_t id, shard_state state, bool guilds) {
    shard_status out;
    out.id = id;
    out.total = 2;
    out.status = state;
    out.guilds_ready = guilds;
    return out;
}

struct node {
    node() {
        now.process_id = "worker-1";
        now.mode = "single";
        now.version = "9.9.9";
    }
    net::http_response get(std::string url, std::string authorization = {}, bool trusted = false, std::string method = "GET") {
        net::http_request request;
        request.method = std::move(method);
        request.url = std::move(url);
        if (!authorization.empty()) request.headers.push_back({"authorization", std::move(authorization)});
        return pages.answer(request, {"127.0.0.1:1", trusted});
    }
    node_picture now;
    ops_pages pages{[this] { return now; }, secret(std::string(token))};
};

}  // namespace

TEST_CASE("a node is starting until every shard has its guilds, ready then, degraded when one is away, and stopping at the end") {
    node n;
    CHECK(n.get("/ready").status == 503);
    CHECK(n.get("/ready").body == "{\"ready\":false,\"status\":\"starting\",\"waitingFor\":[]}\n");
    n.now.shards = {shard(0, shard_state::live, true), shard(1, shard_state::live, false)};
    CHECK(n.get("/ready").body == "{\"ready\":false,\"status\":\"starting\",\"waitingFor\":[1]}\n");
    n.now.shards[1].guilds_ready = true;
    CHECK(n.get("/ready").status == 200);
    CHECK(n.get("/ready").body == "{\"ready\":true,\"status\":\"ready\",\"waitingFor\":[]}\n");
    n.now.shards[0].status = shard_state::resuming;
    CHECK(n.get("/ready").status == 200);
    CHECK(n.get("/health").body.contains("\"status\":\"degraded\""));
    n.now.shards[0].guilds_ready = false;
    CHECK(n.get("/ready").status == 503);
    n.now.stopping = true;
    CHECK(n.get("/ready").status == 503);
    CHECK(n.get("/health").status == 200);
    CHECK(n.get("/health").body.contains("\"status\":\"stopping\""));
}

TEST_CASE("/health names the process, its shards, its processor time and its memory") {
    node n;
    n.now.shards = {shard(3, shard_state::live, true), shard(7, shard_state::live, true)};
    n.now.process.cpu_percent = 12.5;
    n.now.process.resident_bytes = 50'000'000;
    const auto answer = n.get("/health?x=1");
    CHECK(answer.status == 200);
    CHECK(answer.header("content-type") == "application/json");
    CHECK(answer.body ==
          "{\"processId\":\"worker-1\",\"mode\":\"single\",\"version\":\"9.9.9\",\"status\":\"ready\",\"shards\":[3,7],"
          "\"cpuUsage\":12.5,\"memoryMb\":50}\n");
}

TEST_CASE("health and readiness are for everybody, everything else for a certificate or the token") {
    node n;
    n.pages.add("/cluster/state", [] { return net::http_response{200, {}, "state"}; });
    for (const auto* page : {"/metrics", "/cluster/state"}) {
        CAPTURE(page);
        CHECK(n.get(page).status == 401);
        CHECK(n.get(page).header("www-authenticate") == "Bearer");
        CHECK(n.get(page, "Bearer " + std::string(token)).status == 200);
        CHECK(n.get(page, {}, true).status == 200);
        for (const std::string wrong :
             {"Bearer ", "Bearer 0123456789abcdef0123456789abcdeF", "Bearer 0123456789abcdef", "Basic x",
              "0123456789abcdef0123456789abcdef", "bearer 0123456789abcdef0123456789abcdef"}) {
            CAPTURE(wrong);
            CHECK(n.get(page, wrong).status == 401);
            CHECK_FALSE(n.get(page, wrong).body.contains(token));
        }
        CHECK(n.get(page, "Bearer " + std::string(token), false, "POST").status == 405);
    }
    CHECK(n.get("/health", {}, false, "DELETE").header("allow") == "GET");
    CHECK(n.get("/nothing").status == 404);
    CHECK(n.get("/nothing").body == "There is no such page. There are: /health /ready /cluster/state /metrics\n");
}

TEST_CASE("without a token only certificates open the pages, whatever is said") {
    ops_pages closed([] { return node_picture{}; }, secret());
    net::http_request request;
    request.url = "/metrics";
    request.headers.push_back({"Authorization", "Bearer "});
    CHECK(closed.answer(request, {"", false}).status == 401);
    CHECK(closed.answer(request, {"", true}).status == 200);
}

TEST_CASE("the metrics say each shard's numbers, and bad input by kind over all shards") {
    node n;
    n.now.shards = {shard(0, shard_state::live, true), shard(1, shard_state::resuming, true)};
    n.now.shards[0].events = 42;
    n.now.shards[0].latency = std::chrono::milliseconds(125);
    n.now.shards[0].bad_input.not_json = 2;
    n.now.shards[1].bad_input.not_json = 3;
    n.now.rest.limited_shared = 7;
    const auto text = n.get("/metrics", {}, true).body;
    for (const auto* line : {
             "# TYPE shoal_shard_events_total counter\n",
             "shoal_shard_events_total{shard=\"0\"} 42\n",
             "shoal_shard_latency_seconds{shard=\"0\"} 0.125\n",
             "shoal_shard_live{shard=\"0\"} 1\n",
             "shoal_shard_live{shard=\"1\"} 0\n",
             "shoal_bad_input_total{kind=\"not_json\"} 5\n",
             "shoal_rest_limited_total{scope=\"shared\"} 7\n",
             "shoal_node_status{status=\"starting\"} 1\n",
             "shoal_node_status{status=\"ready\"} 0\n",
         }) {
        CHECK_MESSAGE(text.contains(line), line);
    }
    // What nobody keeps here is not shown as zero.
    CHECK_FALSE(text.contains("shoal_identify_total"));
    n.now.identify.emplace().remaining = 17;
    CHECK(n.get("/metrics", {}, true).body.contains("shoal_identify_remaining 17\n"));
}

TEST_CASE("the page of metrics is up to date") {
    const std::string file = std::string(SHOAL_SOURCE_ROOT) + "/docs/metrics.md";
    if (std::getenv("SHOAL_WRITE_DOCS") != nullptr) std::ofstream(file, std::ios::binary) << metrics_page();
    std::ifstream in(file, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(in), {});
    CHECK_MESSAGE(text == metrics_page(), "run SHOAL_WRITE_DOCS=1 test_ops and commit the page");
}

TEST_CASE("the process is measured: its memory is some megabytes, and work takes processor time") {
    process_probe probe;
    const auto first = probe.look(instant(std::chrono::seconds(1)));
    CHECK(first.resident_bytes > 1'000'000);
    CHECK(first.started_at_seconds > 1.7e9);
    CHECK(first.cpu_percent == 0);
    volatile std::uint64_t sum = 0;
    while (probe.look(instant(std::chrono::seconds(1))).cpu_seconds < first.cpu_seconds + 0.02) sum = sum + 1;
    // 0.02 s within what it is told were two seconds.
    const auto later = probe.look(instant(std::chrono::seconds(3)));
    CHECK(later.cpu_percent >= 1);
    CHECK(later.cpu_percent < 100);
}

TEST_CASE("the token's file must be its owner's alone and hold one long line") {
    const std::string file = fmt::format("/tmp/shoal-ops-test-{}", ::getpid());
    const auto with = [&file](std::string_view text, mode_t mode) {
        std::ofstream(file) << text;
        ::chmod(file.c_str(), mode);
        return read_ops_token(file);
    };
    const auto good = with(std::string(token) + "\n", 0600);
    REQUIRE(good.has_value());
    CHECK(good->reveal() == token);
    CHECK(with(token, 0640).error().contains("chmod 600"));
    CHECK(with("short\n", 0600).error().contains("openssl rand -hex 32"));
    CHECK(with(std::string(token) + "\nsecond line", 0600).error().contains("one line"));
    CHECK_FALSE(with("secret-" + std::string(token) + " x", 0600).error().contains("secret-"));
    std::remove(file.c_str());
    CHECK(read_ops_token(file).error().contains("cannot be read"));
}
