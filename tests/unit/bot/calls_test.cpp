// call<T>: lazy, thrown or returned, with a time-out on virtual time, or forgotten and logged. And REST's driver beneath it.
#include <doctest/doctest.h>

#include <stdexcept>

#include "base/task_group.hpp"
#include "bot_fixture.hpp"
#include "discord/json_cursor.hpp"

using namespace shoal;
using namespace shoal::test;

namespace {
const auto sent_message_answer = [](const net::http_request&) {
    return net::http_response{200, {}, R"({"id":"77","channel_id":"20","content":"x"})"};
};
std::string header_of(const net::http_request& request, std::string_view name) {
    for (const auto& each : request.headers) {
        if (each.name == name) return each.value;
    }
    return {};
}
}  // namespace

TEST_CASE("nothing happens until a call is awaited") {
    fixture f;
    f.bot.on([&](message_create event) -> task<> {
        auto later = event.channel().send("x").reason("why");
        co_await f.gate(1);
        const auto sent = co_await std::move(later);
        CHECK(sent.id == message_id(77));
        CHECK(sent.channel_id == channel_id(20));
    });
    f.http.answer = sent_message_answer;
    f.open();
    CHECK(f.message(R"("x")"));
    f.on.run_for(10s);
    CHECK(f.http.requests.empty());
    f.on_thread([&] { f.gate.open(1); });
    f.on.run_for(1s);
    REQUIRE(f.http.lines() == std::vector<std::string>{"POST /api/channels/20/messages"});
    CHECK(f.log.empty());
}

TEST_CASE("a sent message carries the token in its header alone, an enforced nonce and its reason, encoded") {
    fixture f;
    f.bot.on([&](message_create event) -> task<> {
        co_await event.channel().send("a").reason("größe & co\n");
        co_await event.reply("b");
    });
    f.http.answer = sent_message_answer;
    f.open();
    CHECK(f.message(R"("x")"));
    f.on.run_for(1s);
    REQUIRE(f.http.requests.size() == 2);
    const auto& first = f.http.requests[0];
    CHECK(header_of(first, "Authorization") == "Bot SECRET.token.value");
    CHECK(header_of(first, "X-Audit-Log-Reason") == "gr%C3%B6%C3%9Fe%20%26%20co%0A");
    CHECK(header_of(first, "User-Agent").starts_with("DiscordBot ("));
    CHECK(first.url.find("SECRET") == std::string::npos);
    CHECK(first.body.find("SECRET") == std::string::npos);
    const discord::json_value body(first.body);
    CHECK(body["enforce_nonce"].value_or(false));
    const auto nonce = body["nonce"].text_or("");
    CHECK(nonce.size() <= 25);
    CHECK(nonce != discord::json_value(f.http.requests[1].body)["nonce"].text_or(""));
    CHECK(discord::json_value(f.http.requests[1].body)["message_reference"]["message_id"].text_or("") == "50");
}

TEST_CASE("co_await throws shoal::error, result() gives the same as a value") {
    fixture f;
    std::vector<std::string> seen;
    f.bot.on([&](message_create event) -> task<> {
        auto outcome = co_await event.channel().send("x").result();
        REQUIRE_FALSE(outcome);
        seen.push_back(outcome.error().message());
        try {
            co_await event.channel().send("x");
        } catch (const error& e) {
            seen.push_back(e.what());
        }
    });
    f.http.answer = [](const net::http_request&) {
        return net::http_response{403, {}, R"({"code":50013,"message":"Missing Permissions"})"};
    };
    f.open();
    CHECK(f.message(R"("x")"));
    f.on.run_for(1s);
    REQUIRE(seen.size() == 2);
    CHECK(seen[0] == seen[1]);
    CHECK(seen[0].find("code 50013: Missing Permissions") != std::string::npos);
}

TEST_CASE("a refusal carries Discord's code and the fields that it did not like") {
    fixture f;
    bool checked = false;
    f.bot.on([&](message_create event) -> task<> {
        const auto outcome = co_await event.channel().send("x").result();
        REQUIRE_FALSE(outcome);
        CHECK(outcome.error().has_discord_code(50035));
        const auto* discord = outcome.error().discord();
        REQUIRE(discord != nullptr);
        CHECK(discord->status == 400);
        REQUIRE(discord->fields.size() == 1);
        CHECK(discord->fields[0].path == "content");
        checked = true;
    });
    f.http.answer = [](const net::http_request&) {
        return net::http_response{
            400,
            {},
            R"({"code":50035,"message":"Invalid Form Body","errors":{"content":{"_errors":[{"code":"X","message":"No"}]}}})"};
    };
    f.open();
    CHECK(f.message(R"("x")"));
    f.on.run_for(1s);
    CHECK(checked);
}

TEST_CASE("any route may be asked, with the token, a body and a reason, and nonsense is refused before it is sent") {
    fixture f;
    std::vector<std::string> seen;
    f.bot.on([&](message_create) -> task<> {
        seen.push_back(co_await f.bot.rest().request("PATCH", "/guilds/10/members/20", R"({"nick":"x"})").reason("because"));
        for (const auto& [method, path] : std::vector<std::pair<std::string, std::string>>{{"BREW", "/x"},
                                                                                           {"GET", "guilds"},
                                                                                           {"GET", "/a b"},
                                                                                           {"GET", "/a\r\nX: y"},
                                                                                           {"GET", "/guilds/../x"},
                                                                                           {"GET", ""},
                                                                                           {"GET", "/"}}) {
            const auto outcome = co_await f.bot.rest().request(method, path).result();
            CAPTURE(path);
            REQUIRE_FALSE(outcome);
            CHECK(outcome.error().is(bot_errc::bad_request));
        }
    });
    f.http.answer = [](const net::http_request&) { return net::http_response{200, {}, R"({"nick":"x"})"}; };
    f.open();
    CHECK(f.message(R"("x")"));
    f.on.run_for(1s);
    CHECK(seen == std::vector<std::string>{R"({"nick":"x"})"});
    REQUIRE(f.http.lines() == std::vector<std::string>{"PATCH /api/guilds/10/members/20"});
    CHECK(header_of(f.http.requests[0], "X-Audit-Log-Reason") == "because");
    CHECK(header_of(f.http.requests[0], "Authorization") == "Bot SECRET.token.value");
    CHECK(f.bot.rest().status().sent == 1);
}

TEST_CASE("a call that still waits goes with its handler; one on its way is left to end, for what it says of the limits") {
    fixture f;
    f.http.latency = 5s;
    f.http.answer = [](const net::http_request&) {
        return net::http_response{200,
                                  {{"X-RateLimit-Limit", "1"}, {"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset-After", "60"}},
                                  R"({"id":"77"})"};
    };
    f.bot.on([&](message_create event) -> task<> { co_await event.channel().send("x"); });
    f.open();
    CHECK(f.message(R"("one")"));
    CHECK(f.message(R"("two")"));
    f.on.run_for(1s);
    CHECK(f.bot.rest().status().in_flight == 1);
    CHECK(f.bot.rest().status().waiting == 1);
    f.drain(0s);  // Both handlers are destroyed.
    f.on.run_for(1s);
    CHECK(f.bot.rest().status().waiting == 0);
    CHECK(f.bot.rest().status().in_flight == 1);
    f.on.run_for(2min);
    CHECK(f.bot.rest().status().in_flight == 0);
    CHECK(f.http.requests.size() == 1);
}

TEST_CASE("waits and 429s are told as they happen and counted by scope") {
    fixture f;
    std::vector<std::string> told;
    f.bot.on_rest_limit([&](const rest_notice& what) {
        told.push_back(std::string(to_string(what.what)) + " " + std::string(what.route));
        throw std::runtime_error("a handler's own mistake");
    });
    f.bot.on([&](message_create event) -> task<> { co_await event.channel().send("x"); });
    int answers = 0;
    f.http.answer = [&](const net::http_request&) {
        static const std::string scopes[] = {"user", "shared", "global"};
        if (answers < 3) {
            return net::http_response{
                429, {{"X-RateLimit-Scope", scopes[answers++]}, {"Retry-After", "1"}}, R"({"retry_after":1.0,"global":false})"};
        }
        return net::http_response{200, {}, R"({"id":"77"})"};
    };
    f.open();
    CHECK(f.message(R"("x")"));
    f.on.run_for(10s);
    const std::string route = " POST /channels/{channel}/messages";
    CHECK(told == std::vector<std::string>{"limited (user)" + route, "held back" + route, "limited (shared)" + route,
                                           "limited (global)" + route});
    const auto status = f.bot.rest().status();
    CHECK(status.limited_user == 1);
    CHECK(status.limited_shared == 1);
    CHECK(status.limited_global == 1);
    CHECK(status.held_back == 1);
    CHECK(status.waited >= 3s);  // A second for each of the three.
    CHECK(status.waited < 9s);
    CHECK(status.retried == 3);
    CHECK(status.invalid_in_10_minutes == 2);
    CHECK(f.logged("a handler threw") == 4);
}

TEST_CASE("within() bounds a call, rate limits included") {
    fixture f;
    std::vector<std::pair<bot_errc, duration>> failed;
    const auto started = f.on.now();
    f.bot.on([&](message_create event) -> task<> {
        auto slow = co_await event.channel().send("x").within(2s).result();
        REQUIRE_FALSE(slow);
        CHECK(slow.error().is(bot_errc::timed_out));
        failed.emplace_back(bot_errc::timed_out, f.on.now() - started);
        f.http.latency = 10ms;
        f.http.answer = [](const net::http_request&) {
            return net::http_response{
                429, {{"X-RateLimit-Scope", "user"}, {"Retry-After", "60"}}, R"({"retry_after":60.0,"global":false})"};
        };
        auto limited = co_await event.channel().send("x").within(30s).result();
        REQUIRE_FALSE(limited);
        CHECK(limited.error().is(bot_errc::rate_limited));
        failed.emplace_back(bot_errc::rate_limited, f.on.now() - started);
    });
    f.http.latency = 1h;
    f.open();
    CHECK(f.message(R"("x")"));
    f.on.run_for(1min);
    REQUIRE(failed.size() == 2);
    CHECK(failed[0].second == 2s);
    // The second is refused as soon as it is known that its turn comes too late.
    CHECK(failed[1].second == 2s + 10ms);
}

TEST_CASE("a 429 is waited for and sent again by itself") {
    fixture f;
    int answers = 0;
    bool sent = false;
    f.bot.on([&](message_create event) -> task<> {
        co_await event.channel().send("x");
        sent = true;
    });
    f.http.answer = [&](const net::http_request& request) {
        if (++answers == 1) {
            return net::http_response{429, {{"X-RateLimit-Scope", "user"}}, R"({"retry_after":1.5,"global":false})"};
        }
        return sent_message_answer(request);
    };
    f.open();
    CHECK(f.message(R"("x")"));
    f.on.run_for(1s);
    CHECK(answers == 1);
    f.on.run_for(1s);
    CHECK(answers == 2);
    CHECK(sent);
}

TEST_CASE("a page in place of an answer is no success: asked for again where that is harmless, then named and counted") {
    fixture f;
    int healthy_after = 2;
    std::vector<std::string> outcomes;
    f.bot.on([&](message_create event) -> task<> {
        const auto sent = co_await event.channel().send("x").result();
        outcomes.push_back(sent ? "sent" : sent.error().message());
    });
    f.http.answer = [&](const net::http_request& request) -> result<net::http_response> {
        if (healthy_after-- <= 0) return sent_message_answer(request);
        return net::http_response{200, {}, "<html>Bot SECRET.token.value</html>"};
    };
    f.open();
    CHECK(f.message(R"("x")"));
    f.on.run_for(5s);
    CHECK(outcomes == std::vector<std::string>{"sent"});
    CHECK(f.http.requests.size() == 3);
    CHECK(f.bot.bad_answers().not_json == 2);

    healthy_after = 100;
    CHECK(f.message(R"("x")"));
    f.on.run_for(30s);
    REQUIRE(outcomes.size() == 2);
    CHECK(outcomes[1].find("answer not readable") != std::string::npos);
    CHECK(f.bot.bad_answers().not_json == 6);

    f.http.answer = [](const net::http_request&) -> result<net::http_response> {
        return std::unexpected(failure(net::errc::cut_short, "sim:1"));
    };
    CHECK(f.message(R"("x")"));
    f.on.run_for(30s);
    CHECK(outcomes.size() == 3);
    CHECK(f.bot.bad_answers().cut_short == 4);
    CHECK(f.bot.bad_answers().sum() == 10);
    CHECK(f.logged("Discord's API gave an answer that is no JSON: POST /channels/{channel}/messages: status 200, 35 bytes") >= 1);
    CHECK(f.logged("Discord's API gave an answer that is no JSON") <= 2);  // within a minute and a bit
    CHECK(f.logged("SECRET") == 0);
}

TEST_CASE("a forgotten call runs, and its failure is logged and thrown to nobody") {
    fixture f;
    f.bot.on([&](const message_create& event) { event.channel().send("x").forget(); });
    f.http.answer = [](const net::http_request&) {
        return net::http_response{404, {}, R"({"code":10003,"message":"Unknown Channel"})"};
    };
    f.open();
    CHECK(f.message(R"("x")"));
    CHECK(f.owner.open.empty());  // The handler itself has ended.
    f.on.run_for(1s);
    CHECK(f.http.requests.size() == 1);
    REQUIRE(f.log.size() == 1);
    CHECK(f.log[0].level == log_level::warn);
    CHECK(f.log[0].fields.at("call") == "send_message");
    CHECK(f.log[0].fields.at("why").find("10003") != std::string::npos);
}

TEST_CASE("a call may be forgotten outside of any handler, and one of a bot that does not run fails") {
    fixture f;
    f.http.answer = sent_message_answer;
    f.bot.channel(channel_id(20)).send("too early").forget();
    f.open();
    f.bot.channel(channel_id(20)).send("x").forget();
    f.on.run_for(1s);
    CHECK(f.http.requests.size() == 1);
    CHECK(f.log.empty());

    std::string outcome;
    task_group children;
    f.on_thread([&] {
        children.start([](fixture& g, std::string& out) -> task<> {
            auto sent = co_await g.bot.channel(channel_id(20)).send("x").result();
            out = sent ? "sent" : sent.error().message();
        }(f, outcome));
    });
    f.on.run_for(1s);
    CHECK(outcome == "sent");
}

TEST_CASE("close ends what still waits for REST") {
    std::string outcome;
    fixture f;
    f.bot.on([&](message_create event) -> task<> {
        auto sent = co_await event.channel().send("x").result();
        outcome = sent ? "sent" : sent.error().message();
    });
    f.http.latency = 1h;
    f.open();
    CHECK(f.message(R"("x")"));
    f.on.run_for(1s);
    f.inside().close();
    f.on.run_for(1s);
    CHECK(outcome.find("does not run") != std::string::npos);
    CHECK(f.owner.open.empty());
}

TEST_CASE("a handler that is given up while it waits for REST is not resumed by the answer") {
    fixture f;
    f.bot.on([&](message_create event) -> task<> {
        co_await event.channel().send("x");
        FAIL("resumed after the drain");
    });
    f.http.latency = 10s;
    f.http.answer = sent_message_answer;
    f.open();
    CHECK(f.message(R"("x")"));
    f.inside().drain(1s, [&] { f.drained = true; });
    f.on.run_for(2s);
    CHECK(f.drained);
    f.on.run_for(20s);
    CHECK(f.http.requests.size() == 1);
}
