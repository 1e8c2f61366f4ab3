#include "rest/limiter.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace shoal;
using namespace std::chrono_literals;
using rest::errc;
using rest::limit_scope;

namespace {

/// Steps a limiter and keeps what it ordered.
struct script {
    rest::limiter machine;
    instant now = instant{} + 1h;
    std::vector<std::uint64_t> sent;
    std::vector<std::uint64_t> completed;
    std::vector<std::pair<std::uint64_t, errc>> refused;
    std::vector<std::string> notes;
    instant wake = never;
    std::uint64_t last = 0;

    explicit script(rest::limiter_policy policy = {}) : machine(policy) {}

    void step(const rest::fact& what) {
        std::vector<rest::order> orders;
        machine.step(what, now, orders);
        for (const auto& each : orders) {
            if (const auto* s = std::get_if<rest::send>(&each)) sent.push_back(s->number);
            if (const auto* c = std::get_if<rest::complete>(&each)) completed.push_back(c->number);
            if (const auto* r = std::get_if<rest::refuse>(&each)) refused.emplace_back(r->number, r->why);
            if (const auto* n = std::get_if<rest::note>(&each)) notes.push_back(n->text);
            if (const auto* w = std::get_if<rest::wake_at>(&each)) wake = w->when;
        }
    }
    std::uint64_t ask(std::string major = "1", duration within = 1h, std::string key = "POST /x") {
        step(rest::asked{.number = ++last, .key = std::move(key), .major = std::move(major), .deadline = now + within});
        return last;
    }
    void answer(std::uint64_t number, std::uint16_t status, rest::limit_headers limits = {}) {
        step(rest::answered{number, {status, std::move(limits)}});
    }
    /// Moves the clock, waking the machine whenever it asked for it.
    void advance(duration span) {
        const auto until = now + span;
        while (wake <= until) {
            REQUIRE(wake >= now);
            now = wake;
            wake = never;
            step(rest::tick{});
        }
        now = until;
    }
    [[nodiscard]] std::size_t times_sent(std::uint64_t number) const {
        return static_cast<std::size_t>(std::ranges::count(sent, number));
    }
};

rest::limit_headers headers(std::int64_t limit, std::int64_t remaining, duration reset_after, std::string bucket = "b") {
    rest::limit_headers out;
    out.limit = limit;
    out.remaining = remaining;
    out.reset_after = reset_after;
    out.bucket = std::move(bucket);
    return out;
}
rest::limit_headers too_many(duration retry_after, limit_scope scope, bool with_headers = false) {
    auto out = with_headers ? headers(5, 3, 1s) : rest::limit_headers{};
    out.retry_after = retry_after;
    out.scope = scope;
    return out;
}

}  // namespace

TEST_CASE("until a route's first answer one call of it goes out at a time, other resources beside it") {
    script s;
    const auto a = s.ask("1");
    const auto b = s.ask("1");
    const auto c = s.ask("2");
    CHECK(s.sent == std::vector{a, c});
    s.answer(a, 200, headers(5, 4, 5s));
    CHECK(s.sent == std::vector{a, c, b});
    CHECK(s.completed == std::vector{a});
}

TEST_CASE("a bucket that is spent waits for its reset and some slack, then a whole window goes out") {
    script s;
    const auto first = s.ask();
    s.answer(first, 200, headers(3, 2, 5s));
    for (int i = 0; i < 6; ++i) s.ask();
    CHECK(s.sent.size() == 3);
    for (const auto n : {2U, 3U}) s.answer(n, 200, headers(3, 3 - n, 5s));
    CHECK(s.sent.size() == 3);
    s.advance(5s + 49ms);
    CHECK(s.sent.size() == 3);
    s.advance(1ms);
    CHECK(s.sent.size() == 6);
    CHECK(std::ranges::is_sorted(s.sent));
}

TEST_CASE("a route without limit headers has no limit of its own") {
    script s;
    const auto first = s.ask();
    s.ask();
    s.ask();
    CHECK(s.sent.size() == 1);
    s.answer(first, 204);
    CHECK(s.sent.size() == 3);
}

TEST_CASE("a broken exchange at the start of a window does not hold its bucket for ever") {
    script s;
    s.answer(s.ask(), 200, headers(1, 0, 1s));
    s.advance(2s);
    const auto lost = s.ask();
    const auto next = s.ask();
    CHECK(s.times_sent(lost) == 1);
    CHECK(s.times_sent(next) == 0);
    s.step(rest::broken{lost, true});
    CHECK(s.refused == std::vector{std::pair{lost, errc::unreachable}});
    CHECK(s.times_sent(next) == 1);
}

TEST_CASE("a change of the bucket's hash starts its count anew") {
    script s({.global_per_second = 500});
    s.answer(s.ask(), 200, headers(5, 0, 60s, "one"));
    const auto held = s.ask();
    CHECK(s.times_sent(held) == 0);
    s.advance(61s);
    CHECK(s.times_sent(held) == 1);
    s.answer(held, 200, headers(100, 99, 1s, "two"));
    for (int i = 0; i < 20; ++i) s.ask();
    CHECK(s.sent.size() == 22);
}

TEST_CASE("Retry-After stands over bucket headers that show room") {
    script s;
    const auto a = s.ask();
    const auto b = s.ask();
    s.answer(a, 429, too_many(1337s, limit_scope::shared, true));
    CHECK(s.times_sent(b) == 0);
    s.advance(1336s);
    CHECK(s.sent.size() == 1);
    s.advance(2s);
    CHECK(s.times_sent(a) == 2);
    CHECK(s.machine.stats().shared_429 == 1);
    CHECK(s.machine.stats().invalid == 0);
}

TEST_CASE("a 429 is sent again by itself in its old place") {
    script s;
    s.answer(s.ask(), 200, headers(5, 4, 5s));
    const auto a = s.ask();
    const auto b = s.ask();
    s.answer(a, 429, too_many(500ms, limit_scope::user));
    s.answer(b, 429, too_many(500ms, limit_scope::user));
    s.sent.clear();
    s.advance(600ms);
    CHECK(s.sent == std::vector{a, b});
    CHECK(s.machine.stats().invalid == 2);
}

TEST_CASE("a global 429 stops everything but what is exempt from the global limit") {
    script s;
    const auto a = s.ask("1");
    s.answer(a, 429, too_many(2s, limit_scope::global));
    const auto b = s.ask("2");
    CHECK(s.times_sent(b) == 0);
    s.step(rest::asked{.number = ++s.last,
                       .key = "callback",
                       .major = "i",
                       .deadline = s.now + 3s,
                       .authorized = false,
                       .counts_globally = false});
    CHECK(s.times_sent(s.last) == 1);
    s.advance(2100ms);
    CHECK(s.times_sent(a) == 2);
    CHECK(s.times_sent(b) == 1);
}

TEST_CASE("an edge's block holds everything, for its time or ten minutes") {
    script s;
    rest::limit_headers edge;
    edge.edge = true;
    const auto a = s.ask("1");
    s.answer(a, 429, edge);
    s.step(rest::asked{.number = ++s.last, .key = "callback", .major = "i", .deadline = s.now + 1h, .counts_globally = false});
    CHECK(s.times_sent(s.last) == 0);
    CHECK(s.notes.size() == 1);
    s.advance(9min);
    CHECK(s.sent.size() == 1);
    s.advance(2min);
    CHECK(s.times_sent(a) == 2);
    CHECK(s.times_sent(s.last) == 1);
}

TEST_CASE("no second has more than 45 calls and no tenth more than 6, and interaction answers are not among them") {
    script s;
    for (int i = 0; i < 200; ++i) s.ask(std::to_string(i));
    CHECK(s.sent.size() == 6);
    for (int i = 0; i < 30; ++i) {
        s.step(rest::asked{
            .number = ++s.last, .key = "callback", .major = std::to_string(i), .deadline = s.now + 3s, .counts_globally = false});
    }
    CHECK(s.sent.size() == 36);
    s.advance(99ms);
    CHECK(s.sent.size() == 36);
    s.advance(1ms);
    CHECK(s.sent.size() == 42);
    s.advance(899ms);
    CHECK(s.sent.size() == 75);
    s.advance(1ms);
    CHECK(s.sent.size() == 81);
    s.advance(10s);
    CHECK(s.sent.size() == 230);
}

TEST_CASE("a call whose turn would come after its deadline is refused at once") {
    script s;
    s.answer(s.ask(), 200, headers(1, 0, 10s));
    const auto late = s.ask("1", 9s);
    CHECK(s.refused == std::vector{std::pair{late, errc::rate_limited}});
    const auto fine = s.ask("1", 11s);
    CHECK(s.refused.size() == 1);
    s.advance(11s);
    CHECK(s.times_sent(fine) == 1);
}

TEST_CASE("a call that waits for an unknown bucket is given up at its deadline, also from the middle of the queue") {
    script s;
    const auto first = s.ask("1", 1h);
    const auto second = s.ask("1", 1h);
    const auto third = s.ask("1", 2s);
    s.advance(1999ms);
    CHECK(s.refused.empty());
    s.advance(1ms);
    CHECK(s.refused == std::vector{std::pair{third, errc::timed_out}});
    s.answer(first, 200, headers(5, 4, 1s));
    CHECK(s.times_sent(second) == 1);
    CHECK(s.machine.waiting() == 0);
}

TEST_CASE("5xx and broken exchanges are tried again only where twice is as good as once") {
    script s;
    const auto unsafe = s.ask("1");
    s.answer(unsafe, 502);
    CHECK(s.completed == std::vector{unsafe});

    s.step(rest::asked{.number = ++s.last, .key = "GET /y", .deadline = s.now + 1h, .harmless_to_repeat = true});
    const auto safe = s.last;
    for (int attempt = 1; attempt <= 3; ++attempt) {
        CHECK(s.times_sent(safe) == static_cast<std::size_t>(attempt));
        s.step(attempt % 2 == 0 ? rest::fact(rest::broken{safe, true}) : rest::fact(rest::answered{safe, {503, {}}}));
        s.advance(6s);
    }
    CHECK(s.times_sent(safe) == 4);
    s.answer(safe, 500);
    CHECK(s.completed == std::vector{unsafe, safe});

    const auto never_left = s.ask("3");
    s.step(rest::broken{never_left, false});
    s.advance(1s);
    CHECK(s.times_sent(never_left) == 2);
}

TEST_CASE("what came instead of an answer is asked for again only where twice is as good as once, and then named") {
    script s;
    const auto unsafe = s.ask("1");
    s.step(rest::broken{unsafe, true, true});
    CHECK(s.refused == std::vector{std::pair{unsafe, errc::bad_answer}});

    s.step(rest::asked{.number = ++s.last, .key = "GET /y", .deadline = s.now + 1h, .harmless_to_repeat = true});
    const auto safe = s.last;
    for (int attempt = 1; attempt <= 4; ++attempt) {
        CHECK(s.times_sent(safe) == static_cast<std::size_t>(attempt));
        s.step(rest::broken{safe, true, true});
        s.advance(6s);
    }
    CHECK(s.times_sent(safe) == 4);
    CHECK(s.refused.back() == std::pair{safe, errc::bad_answer});
}

TEST_CASE("no retry starts after the deadline") {
    script s;
    s.step(rest::asked{.number = ++s.last, .key = "GET /y", .deadline = s.now + 100ms, .harmless_to_repeat = true});
    s.answer(s.last, 503);
    CHECK(s.completed == std::vector{s.last});
    s.step(rest::asked{.number = ++s.last, .key = "GET /y", .deadline = s.now + 100ms, .harmless_to_repeat = true});
    s.now += 100ms;
    s.step(rest::broken{s.last, true});
    CHECK(s.refused == std::vector{std::pair{s.last, errc::timed_out}});
}

TEST_CASE("a 401 ends every call with the token; one of a call without it ends nothing") {
    script s;
    s.step(rest::asked{.number = ++s.last, .key = "callback", .major = "t", .deadline = s.now + 1h, .authorized = false});
    s.answer(s.last, 401);
    const auto a = s.ask("1");
    CHECK(s.times_sent(a) == 1);
    const auto waiting = s.ask("1");
    s.answer(a, 401);
    CHECK(s.completed.back() == a);
    CHECK(s.refused == std::vector{std::pair{waiting, errc::unauthorized}});
    s.ask("2");
    CHECK(s.refused.back() == std::pair{s.last, errc::unauthorized});
    s.step(rest::asked{.number = ++s.last, .key = "callback", .major = "u", .deadline = s.now + 1h, .authorized = false});
    CHECK(s.times_sent(s.last) == 1);
}

TEST_CASE("refused requests stop everything before Discord's ban, until the window moved on") {
    script s({.most_invalid = 10});
    for (int i = 0; i < 9; ++i) {
        s.ask(std::to_string(i));
        s.answer(s.last, 403);
        s.advance(1min);
    }
    CHECK(s.sent.size() == 9);
    s.ask("x");
    CHECK(s.refused.back() == std::pair{s.last, errc::invalid_budget});
    s.advance(2min);
    s.ask("x");
    CHECK(s.times_sent(s.last) == 1);
}

TEST_CASE("the queue is bounded") {
    script s({.most_waiting = 3});
    for (int i = 0; i < 5; ++i) s.ask();
    CHECK(s.refused == std::vector{std::pair{std::uint64_t{5}, errc::too_many_waiting}});
}

TEST_CASE("a withdrawn call is not sent, and one on its way is not handed out but still counts") {
    script s;
    const auto a = s.ask();
    const auto b = s.ask();
    const auto c = s.ask();
    s.step(rest::withdrawn{b});
    s.step(rest::withdrawn{a});
    CHECK(s.machine.waiting() == 1);
    s.answer(a, 200, headers(5, 0, 1s));
    CHECK(s.completed.empty());
    CHECK(s.times_sent(c) == 0);
    s.advance(2s);
    CHECK(s.times_sent(c) == 1);
    CHECK(s.times_sent(b) == 0);
}

TEST_CASE("buckets that nobody uses are forgotten, those of interactions at once") {
    script s({.global_per_second = 500});
    for (int i = 0; i < 20; ++i) {
        s.ask(std::to_string(i), 1h, "callback");
        s.answer(s.last, 204);
    }
    CHECK(s.machine.buckets() == 0);
    for (int i = 0; i < 20; ++i) {
        s.ask(std::to_string(i));
        s.answer(s.last, 200, headers(5, 4, 1s));
    }
    CHECK(s.machine.buckets() == 20);
    s.now += 6min;
    s.ask("z");
    CHECK(s.machine.buckets() == 1);
}

TEST_CASE("against a server with true limits no call is refused by it, and all are served") {
    // The server counts in fixed windows per resource and 50 a second for all; answers take a while and overtake each other.
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        random_source random(seed);
        script s;
        struct window {
            instant ends{};
            std::int64_t used = 0;
        };
        std::map<std::string, window> windows;
        std::deque<instant> all;
        struct flight {
            instant arrives;
            std::uint64_t number;
            rest::limit_headers limits;
        };
        std::vector<flight> flying;
        std::map<std::uint64_t, std::string> majors;
        std::size_t seen = 0;
        std::size_t refused_by_server = 0;
        for (int i = 0; i < 300; ++i) {
            const auto major = std::to_string(random.below(6));
            s.ask(major, 1h);
            majors[s.last] = major;
        }
        while (s.completed.size() < 300) {
            for (; seen < s.sent.size(); ++seen) {
                auto& w = windows[majors[s.sent[seen]]];
                if (s.now >= w.ends) w = {s.now + 1s, 0};
                while (!all.empty() && all.front() + 1s <= s.now) all.pop_front();
                all.push_back(s.now);
                ++w.used;
                if (w.used > 5 || all.size() > 50) ++refused_by_server;
                flying.push_back({s.now + std::chrono::milliseconds(10 + random.below(200)), s.sent[seen],
                                  headers(5, std::max<std::int64_t>(0, 5 - w.used), w.ends - s.now)});
            }
            std::ranges::sort(flying, {}, &flight::arrives);
            const auto next = std::min(s.wake, flying.empty() ? never : flying.front().arrives);
            REQUIRE(next != never);
            if (!flying.empty() && flying.front().arrives <= s.wake) {
                s.now = flying.front().arrives;
                auto landed = flying.front();
                flying.erase(flying.begin());
                s.answer(landed.number, 200, landed.limits);
            } else {
                s.advance(next - s.now);
            }
        }
        CHECK(refused_by_server == 0);
        CHECK(s.refused.empty());
    }
}
