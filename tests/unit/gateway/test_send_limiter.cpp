#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "base/random.hpp"
#include "gateway/send_limiter.hpp"

using namespace shoal;
using namespace shoal::gateway;
using namespace std::chrono_literals;

namespace {

constexpr instant start = instant{} + 1h;

std::size_t in_window(const std::vector<instant>& sent, instant end, duration window) {
    return static_cast<std::size_t>(std::ranges::count_if(sent, [&](instant t) { return t > end - window && t <= end; }));
}

}  // namespace

TEST_CASE("at Discord's interval 107 commands go at once and the rest of the 120 is kept for heartbeats [2.1.9]") {
    send_limiter limiter(41250ms);
    CHECK(limiter.reserved() == 13);  // Two beats, the handshake, and ten at Discord's request.
    int sent = 0;
    while (limiter.earliest(send_class::command, start) == start && sent < 1000) {
        limiter.sent(send_class::command, start);
        ++sent;
    }
    CHECK(sent == 107);
    CHECK(limiter.earliest(send_class::command, start) >= start + 60s);
    CHECK(limiter.earliest(send_class::command, start) <= start + 61s);
    CHECK(limiter.earliest(send_class::heartbeat, start) == start);
    CHECK(limiter.earliest(send_class::handshake, start) == start);
}

TEST_CASE("the window slides: room comes back one by one as messages leave it") {
    send_limiter limiter(41250ms);
    for (int i = 0; i < 107; ++i) limiter.sent(send_class::command, start + i * 100ms);
    const auto now = start + 12s;
    CHECK(limiter.earliest(send_class::command, now) == start + 60500ms);
    limiter.sent(send_class::command, start + 60500ms);
    CHECK(limiter.earliest(send_class::command, start + 60500ms) == start + 60600ms);
}

TEST_CASE("presence updates are held to 5 in 20 s") {
    send_limiter limiter(41250ms);
    for (int i = 0; i < 5; ++i) {
        CHECK(limiter.earliest(send_class::presence, start) == start);
        limiter.sent(send_class::presence, start);
    }
    CHECK(limiter.earliest(send_class::presence, start) == start + 20500ms);
    CHECK(limiter.earliest(send_class::command, start) == start);
}

TEST_CASE("a tiny interval does not eat the whole limit") {
    send_limiter limiter(100ms);
    CHECK(limiter.reserved() == 90);
    CHECK(send_limiter(0ms).reserved() == 90);
    CHECK(send_limiter(1s).reserved() == 72);
    CHECK(send_limiter(45s).reserved() == 13);
    CHECK(send_limiter(30s).reserved() == 14);
    CHECK(send_limiter(20s).reserved() == 15);
}

TEST_CASE("no minute ever sees more than 120 messages, whatever is asked for, with ten beats a minute at Discord's request") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        random_source random(seed);
        const duration interval = random.chance(0.5) ? 41250ms : random.between(1s, 20s);
        send_limiter limiter(interval);
        std::vector<instant> all;
        std::vector<instant> presences;
        auto now = start;
        auto beat = start + 5s;
        all.push_back(now);
        limiter.sent(send_class::handshake, now);
        std::vector<instant> asked;
        for (int i = 0; i < 3000; ++i) {
            now += random.between(0ms, random.chance(0.1) ? 3s : 200ms);
            while (beat <= now) {
                limiter.sent(send_class::heartbeat, beat);
                all.push_back(beat);
                beat += interval;
            }
            if (random.chance(0.2) && in_window(asked, now, 60500ms) < 10) {
                asked.push_back(now);
                limiter.sent(send_class::heartbeat, now);
                all.push_back(now);
            }
            const auto what = random.chance(0.2) ? send_class::presence : send_class::command;
            if (limiter.earliest(what, now) > now) continue;
            limiter.sent(what, now);
            all.push_back(now);
            if (what == send_class::presence) presences.push_back(now);
        }
        for (const auto end : all) REQUIRE(in_window(all, end, 60s) <= 120);
        for (const auto end : presences) REQUIRE(in_window(presences, end, 20s) <= 5);
    }
}
