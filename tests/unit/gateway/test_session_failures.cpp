// One script, repeated with a failure after each of its steps: whatever happens when, the invariants of little_discord hold and
// the session ends up live again, or stopped for a reason that was given.

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "unit/gateway/little_discord.hpp"

using namespace shoal;
using namespace shoal::gateway;
using namespace shoal::gateway::testing;

namespace {

struct fault {
    std::string name;
    std::function<void(little_discord&)> strike;
    bool keeps_session = true;  ///< A session that lived before must be resumed, not replaced.
    bool stops = false;
};

std::vector<fault> faults() {
    return {
        {"F1 cut", [](auto& d) { d.server_closes(std::nullopt, "reset"); }},
        {"F4 close 4000", [](auto& d) { d.server_closes(4000); }},
        {"F4 close 1000", [](auto& d) { d.server_closes(1000); }, false},
        {"F4 close 4007", [](auto& d) { d.server_closes(4007); }, false},
        {"F4 close 4009", [](auto& d) { d.server_closes(4009); }},
        {"F4 close 4014", [](auto& d) { d.server_closes(4014); }, false, true},
        {"F24 op 7", [](auto& d) { d.server_says(reconnect_requested{}); }},
        {"op 9 true", [](auto& d) { d.server_says(session_invalidated{true}); }},
        {"op 9 false",
         [](auto& d) {
             if (!d.is_connected()) return;
             d.kill_session();
             d.server_says(session_invalidated{false});
         },
         false},
        {"F35 stream broken", [](auto& d) { d.server_says(stream_broken{"corrupt"}); }, false},
        {"op 1", [](auto& d) { d.server_says(heartbeat_requested{}); }},
        {"a second HELLO", [](auto& d) { d.server_says(hello_received{40s}); }},
        {"RESUMED that nobody asked for", [](auto& d) { d.server_says(resumed_received{}); }, false},
        {"F11 zombie",
         [](auto& d) {
             d.deaf = true;
             d.run(2min);
             d.deaf = false;
         },
         false},
        {"F5 the next five dials fail",
         [](auto& d) {
             for (int i = 0; i < 5; ++i) d.on_dial.emplace_back(answer::refuse);
             d.server_closes(std::nullopt);
         }},
        {"F8 the resume host dies",
         [](auto& d) {
             d.resume_host_dead = true;
             d.server_closes(std::nullopt);
         }},
        {"F18 F19 silence, cut and op 9 in turn",
         [](auto& d) {
             d.on_hello = {answer::silence, answer::op7};
             d.on_identify = {answer::silence, answer::cut, answer::op9_true};
             d.on_resume = {answer::cut, answer::op9_true, answer::silence};
             d.server_closes(std::nullopt);
         },
         false},
        {"permits come too late",
         [](auto& d) {
             d.grant_age = 1200ms;
             d.run(5s);
             d.grant_age = {};
         }},
        {"edge trouble",
         [](auto& d) {
             d.fact(edge_trouble{true});
             d.server_closes(std::nullopt);
         }},
        {"renew", [](auto& d) { d.fact(renew_requested{}); }, false},
        {"a tick that nobody wished for", [](auto& d) { d.fact(tick{}); }},
        {"closed without a connection",
         [](auto& d) {
             if (!d.is_connected() && !d.is_dialing()) d.fact(closed{std::nullopt, true, "stray"});
         }},
        {"stop", [](auto& d) { d.fact(stop_requested{false}); }, true, true},
        {"stop for good", [](auto& d) { d.fact(stop_requested{true}); }, false, true},
    };
}

/// The script: start, live, a cut and RESUME, op 9 false and IDENTIFY, op 7 and RESUME.
void play(little_discord& discord) {
    discord.event_every = 400ms;
    auto at = [&](duration when, std::function<void()> what) {
        discord.clock.wake_at(discord.now() + when, [what = std::move(what)] { what(); });
    };
    at(2s, [&] { discord.server_closes(std::nullopt); });
    at(4s, [&] {
        if (!discord.is_connected()) return;
        discord.kill_session();
        discord.server_says(session_invalidated{false});
    });
    at(14s, [&] { discord.server_says(reconnect_requested{}); });
    discord.start();
}

constexpr auto script_length = 17s;

std::uint64_t count_steps() {
    little_discord discord;
    play(discord);
    discord.run(script_length);
    REQUIRE(discord.machine.status() == session_status::live);
    return discord.facts;
}

}  // namespace

TEST_CASE("the script with a failure after each step ends live again or stopped for a stated reason") {
    const auto steps = count_steps();
    REQUIRE(steps > 20);
    for (const auto& what : faults()) {
        for (std::uint64_t step = 1; step <= steps; ++step) {
            CAPTURE(what.name);
            CAPTURE(step);
            little_discord discord;
            play(discord);
            while (discord.facts < step && discord.clock.run_one(discord.now() + script_length)) {
            }
            const auto ticket = discord.machine.ticket();
            const auto identifies = discord.machine.stats().identifies;
            const bool was_resumable = ticket.has_value() && discord.machine.status() == session_status::live;
            what.strike(discord);
            discord.run(script_length);
            discord.run(3min);
            if (discord.ended) {
                CHECK(what.stops);
                CHECK(discord.machine.status() == session_status::stopped);
                const auto facts = discord.facts;
                discord.run(5min);
                CHECK(discord.facts == facts);
                discord.check_permits_at_rest();
                continue;
            }
            REQUIRE(discord.run_until(session_status::live, 30min));
            discord.run(3s);
            CHECK(discord.machine.status() == session_status::live);
            CHECK(discord.machine.stats().poison == 0);
            CHECK(discord.machine.stats().gaps == 0);
            discord.check_delivery();
            discord.check_permits_at_rest();
            // The script itself loses one session, at 4 s; beyond that only what the fault costs.
            CHECK(discord.machine.stats().identifies <= 3 + (what.name.starts_with("F18") ? 4 : 0));
            if (what.keeps_session && was_resumable && step > 1 && identifies == 2) {
                CHECK(discord.machine.stats().identifies == 2);
                CHECK(discord.machine.ticket()->session_id == ticket->session_id);
            }
        }
    }
}

TEST_CASE("two failures at once, at every pair of kinds, at many moments") {
    const auto steps = count_steps();
    const auto kinds = faults();
    for (const auto& first : kinds) {
        for (const auto& second : kinds) {
            for (std::uint64_t step = 3; step <= steps; step += 9) {
                CAPTURE(first.name);
                CAPTURE(second.name);
                CAPTURE(step);
                little_discord discord;
                play(discord);
                while (discord.facts < step && discord.clock.run_one(discord.now() + script_length)) {
                }
                first.strike(discord);
                if (!discord.ended) second.strike(discord);
                discord.run(5min);
                if (discord.ended) {
                    CHECK((first.stops || second.stops));
                    continue;
                }
                REQUIRE(discord.run_until(session_status::live, 30min));
                discord.run(3s);
                discord.check_delivery();
                discord.check_permits_at_rest();
            }
        }
    }
}
