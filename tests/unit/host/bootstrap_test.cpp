// /gateway/bot: what is read, what is retried, what is final.

#include "host/bootstrap.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <deque>
#include <optional>

#include "base/virtual_scheduler.hpp"
#include "host/errc.hpp"
#include "net/errc.hpp"

using namespace shoal;
using namespace shoal::host;
using namespace std::chrono_literals;

namespace {
constexpr auto good_body =
    R"({"url":"wss://gateway.test/","shards":9,"session_start_limit":{"total":1000,"remaining":999,"reset_after":14400000,"max_concurrency":16}})";

class scripted_http final : public net::http_client {
public:
    void send(net::http_request request, answered on_answer) override {
        requests.push_back(request);
        auto next = answers.empty() ? result<net::http_response>(net::http_response{200, {}, good_body}) : answers.front();
        if (!answers.empty()) answers.pop_front();
        time.post([next, on_answer = std::move(on_answer)]() mutable { on_answer(std::move(next)); });
    }
    virtual_scheduler time;
    std::deque<result<net::http_response>> answers;
    std::vector<net::http_request> requests;
};
}  // namespace

TEST_CASE("the answer of /gateway/bot is read whole") {
    const auto answer = read_gateway_bot({200, {}, good_body});
    REQUIRE(answer.what);
    CHECK(answer.what->url == "wss://gateway.test/");
    CHECK(answer.what->shards == 9);
    CHECK(answer.what->limit.total == 1000);
    CHECK(answer.what->limit.remaining == 999);
    CHECK(answer.what->limit.reset_after == 4h);
    CHECK(answer.what->limit.max_concurrency == 16);
}

TEST_CASE("an answer that is none is a failure that is tried again") {
    for (const std::string body : {"", "<html>", "{}", R"({"url":"x","shards":1})",
                                   R"({"url":"x","shards":0,"session_start_limit":{"total":1,"remaining":1}})"}) {
        CAPTURE(body);
        const auto answer = read_gateway_bot({200, {}, body});
        REQUIRE(!answer.what);
        CHECK(answer.what.error().is(errc::bad_answer));
        CHECK(!answer.fatal());
    }
}

TEST_CASE("numbers of /gateway/bot that cannot be are refused or bounded") {
    const auto answer_of = [](std::string_view shards, std::string_view total, std::string_view remaining, std::string_view reset,
                              std::string_view concurrency) {
        return read_gateway_bot(
            {200,
             {},
             fmt::format(
                 R"({{"url":"wss://x/","shards":{},"session_start_limit":{{"total":{},"remaining":{},"reset_after":{},"max_concurrency":{}}}}})",
                 shards, total, remaining, reset, concurrency)});
    };
    CHECK(answer_of("65536", "1", "1", "0", "1").what);
    for (const auto* shards : {"65537", "4294967295", "0", "-1", "\"x\"", "[]"})
        CHECK(answer_of(shards, "1", "1", "0", "1").what.error().is(errc::bad_answer));
    CHECK(answer_of("1", "-1", "1", "0", "1").what.error().is(errc::bad_answer));
    CHECK(answer_of("1", "1", "-1", "0", "1").what.error().is(errc::bad_answer));
    const auto huge = answer_of("1", "9223372036854775807", "9223372036854775807", "9223372036854775807", "9223372036854775807");
    REQUIRE(huge.what);
    CHECK(huge.what->limit.reset_after == 7 * 24h);
    CHECK(huge.what->limit.total == 1'000'000'000);
    CHECK(huge.what->limit.remaining == 1'000'000'000);
    CHECK(huge.what->limit.max_concurrency == 1'000'000'000);
    CHECK(answer_of("1", "10", "11", "-5", "-5").what->limit.remaining == 10);
}

TEST_CASE("answers that cannot be are counted by kind, and told once a kind and minute without a word of their body") {
    scripted_http http;
    std::vector<std::string> lines;
    const logger log([&](const log_record& line) { lines.emplace_back(line.message); }, log_level::debug, "rest");
    const auto bad = std::make_shared<bad_answer_log>(http.time, log);
    const auto source = gateway_bot_over_http(http, "https://x/api", secret("hush"), "agent", bad);
    const auto ask = [&](result<net::http_response> answer) {
        http.answers.push_back(std::move(answer));
        source([](const gateway_bot_answer&) {});
        http.time.run_for(0s);
    };
    for (int i = 0; i < 5; ++i) ask(net::http_response{200, {}, "<html>hush</html>"});
    ask(net::http_response{200, {}, ""});
    ask(net::http_response{502, {}, "<html>"});
    ask(net::http_response{502, {}, ""});                      // a plain error
    ask(net::http_response{429, {}, R"({"retry_after":1})"});  // another
    ask(net::http_response{200, {}, R"({"a":1})"});
    ask(std::unexpected(failure(net::errc::protocol_broken, "x:1: garbage")));
    ask(std::unexpected(failure(net::errc::cut_short, "x:1")));
    ask(std::unexpected(failure(net::errc::too_large, "x:1")));
    ask(std::unexpected(failure(net::errc::endless, "x:1")));
    ask(std::unexpected(failure(net::errc::timed_out, "x:1")));  // nobody answered
    ask(net::http_response{200, {}, good_body});
    CHECK(bad->counts() == bad_answer_counts{1, 1, 1, 1, 7, 1});
    CHECK(lines.size() == 6);
    CHECK(lines[0] == "Discord's API gave an answer that is no JSON: GET /gateway/bot: status 200, 17 bytes");
    http.time.run_for(61s);
    ask(net::http_response{200, {}, "<html>"});
    REQUIRE(lines.size() == 7);
    CHECK(lines.back().ends_with("(6 more since the last such line)"));
    for (const auto& line : lines) CHECK(line.find("hush") == std::string::npos);
}

TEST_CASE("only a refused token is final") {
    CHECK(read_gateway_bot({401, {}, "{}"}).fatal());
    for (const int status : {403, 404, 429, 500, 502, 503, 520})
        CHECK(!read_gateway_bot({static_cast<std::uint16_t>(status), {}, "<html>"}).fatal());
    CHECK(read_gateway_bot({401, {}, "{}"}).what.error().detail().find("DISCORD_TOKEN") != std::string::npos);
}

TEST_CASE("Retry-After is believed from the header and the body, within reason") {
    CHECK(read_gateway_bot({429, {{"Retry-After", "7"}}, ""}).retry_after == 7s);
    CHECK(read_gateway_bot({429, {}, R"({"retry_after":2.5})"}).retry_after == 2500ms);
    CHECK(read_gateway_bot({429, {{"Retry-After", "x"}}, "<html>"}).retry_after == 0s);
    CHECK(read_gateway_bot({429, {{"Retry-After", "1e30"}}, ""}).retry_after == 24h);
    CHECK(read_gateway_bot({503, {{"retry-after", "-3"}}, ""}).retry_after == 0s);
}

TEST_CASE("a budget's reset beyond all reason is bounded") {
    for (const auto& [told, expected] : {std::pair{"9223372036854775807", duration(24h * 7)}, {"-5", duration{}}}) {
        std::string body = good_body;
        body.replace(body.find("14400000"), 8, told);
        const auto answer = read_gateway_bot({200, {}, body});
        REQUIRE(answer.what);
        CHECK(answer.what->limit.reset_after == expected);
    }
}

TEST_CASE("the wait doubles to a minute and is never shorter than Discord said") {
    CHECK(wait_before_retry(1, 0s) == 1s);
    CHECK(wait_before_retry(2, 0s) == 2s);
    CHECK(wait_before_retry(7, 0s) == 60s);
    CHECK(wait_before_retry(1000000, 0s) == 60s);
    CHECK(wait_before_retry(1, 90s) == 90s);
}

TEST_CASE("the request carries the token as Discord wants it and a user agent") {
    scripted_http http;
    const auto source = gateway_bot_over_http(http, "https://discord.com/api/v10/", secret("T"), "agent");
    std::optional<gateway_bot_answer> got;
    source([&](gateway_bot_answer answer) { got = std::move(answer); });
    CHECK(!got);
    http.time.run_for(1ms);
    REQUIRE(got);
    CHECK(got->what->shards == 9);
    REQUIRE(http.requests.size() == 1);
    CHECK(http.requests[0].url == "https://discord.com/api/v10/gateway/bot");
    CHECK(http.requests[0].headers[0].value == "Bot T");
    CHECK(http.requests[0].headers[1].value == "agent");
}

TEST_CASE("the bootstrap asks until there is an answer, and gives up on a refused token") {
    scripted_http http;
    http.answers = {std::unexpected(failure(errc::api_unavailable)), net::http_response{502, {}, "<html>"},
                    net::http_response{429, {{"Retry-After", "30"}}, ""}};
    bootstrap begin(http.time, gateway_bot_over_http(http, "https://x", secret("T"), "a"), {});
    std::optional<result<gateway_bot>> got;
    const auto start = http.time.now();
    std::optional<instant> at;
    SUBCASE("an answer at last") {
        begin.start([&](auto answer) { got = std::move(answer), at = http.time.now(); });
        http.time.run_for(5min);
        REQUIRE(got);
        REQUIRE(got->has_value());
        CHECK(http.requests.size() == 4);
        CHECK(*at - start == 33s);
    }
    SUBCASE("401") {
        http.answers.push_back(net::http_response{401, {}, "{}"});
        begin.start([&](auto answer) { got = std::move(answer); });
        http.time.run_for(5min);
        REQUIRE(got);
        REQUIRE(!got->has_value());
        CHECK(got->error().is(errc::unauthorized));
        CHECK(http.requests.size() == 4);
    }
}

TEST_CASE("a bootstrap that is let go asks no more") {
    scripted_http http;
    http.answers = {net::http_response{502, {}, ""}};
    bool called = false;
    {
        bootstrap begin(http.time, gateway_bot_over_http(http, "https://x", secret("T"), "a"), {});
        begin.start([&](auto) { called = true; });
        http.time.run_for(10ms);
    }
    http.time.run_for(5min);
    CHECK(http.requests.size() == 1);
    CHECK(!called);
}
