// The faults of a run [7.2]: which, when and whom the seed says.

#include <fmt/format.h>

#include <array>
#include <boost/json.hpp>
#include <utility>
#include <vector>

#include "simulation/simulation_run.hpp"

namespace shoal::simulation {

namespace json = boost::json;

void simulation_run::fault(json::object command) {
    notes_.write(fmt::format("---- {} ----", json::serialize(command)));
    discord_.control(command);
}

void simulation_run::strike() {
    ++report_.faults;
    // As often as they have something to choose from.
    const auto which = random_.below(58);
    if (which < 15) return strike_connections(which);
    if (which < 30) return strike_sessions(which - 15);
    if (which < 42) return strike_identifies(which - 30);
    if (which < 49) return strike_requests(which - 42);
    switch (which) {
        case 49:
        case 50: return restart(random_.below(2));
        case 51:
        case 52:
        case 53:
        case 54: return kill(random_.below(2), false);
        case 55: return kill(random_.below(2), true);
        case 56: notes_.write("---- black ----"); return discord_.blackhole(0.5);
        default:
            return fault({{"do", "outage"},
                          {"percent", static_cast<double>(20 + random_.below(81))},
                          {"unavailable", random_.chance(0.5)}});
    }
}

void simulation_run::strike_connections(std::uint64_t which) {
    const auto shard = random_.below(4);
    const auto percent = static_cast<double>(20 + random_.below(81));
    const auto some_ms = static_cast<std::int64_t>(1000 + random_.below(25'000));
    switch (which) {
        case 0: return fault({{"do", "cut"}, {"percent", percent}, {"how", "rst"}});
        case 1: return fault({{"do", "cut"}, {"all", true}, {"how", "fin"}});
        case 2: return fault({{"do", "fault"}, {"fault", "F3"}, {"shard", shard}});
        case 3: {
            static constexpr std::array codes{1000, 1001, 1011, 1012, 4000, 4001, 4002, 4003, 4005, 4006, 4008, 4321};
            return fault({{"do", "fault"}, {"fault", "F4"}, {"shard", shard}, {"code", codes[random_.below(codes.size())]}});
        }
        case 4: {
            const auto* host = random_.chance(0.5) ? "resume" : "both";
            return fault({{"do", "fault"}, {"fault", "F5"}, {"percent", percent}, {"for_ms", 2 * some_ms}, {"host", host}});
        }
        case 5: return fault({{"do", "fault"}, {"fault", "F6"}, {"percent", percent}, {"for_ms", some_ms}});
        case 6: return fault({{"do", "fault"}, {"fault", "F7"}, {"percent", percent}, {"for_ms", some_ms}, {"status", 503}});
        case 7: return fault({{"do", "fault"}, {"fault", "F9"}, {"percent", percent}, {"for_ms", some_ms}});
        case 8: return fault({{"do", "fault"}, {"fault", "F10"}, {"percent", percent}, {"for_ms", some_ms}});
        case 9: return fault({{"do", "fault"}, {"fault", "F11"}, {"shard", shard}});
        case 10: return fault({{"do", "fault"}, {"fault", "F12"}, {"shard", shard}, {"ms", some_ms}});
        case 11: return fault({{"do", "fault"}, {"fault", "F13"}, {"shard", shard}, {"ms", some_ms}});
        // On a line of 20 kB/s the ACK comes later than the next beat is due.
        case 12: return fault({{"do", "fault"}, {"fault", "F15"}, {"shard", shard}, {"megabytes", 1 + random_.below(2)}});
        case 13: return fault({{"do", "fault"}, {"fault", "F33"}, {"shard", shard}});
        default: return fault({{"do", "fault"}, {"fault", "F35"}, {"shard", shard}});
    }
}

void simulation_run::strike_sessions(std::uint64_t which) {
    const auto shard = random_.below(4);
    const auto percent = static_cast<double>(20 + random_.below(81));
    const auto some_ms = static_cast<std::int64_t>(1000 + random_.below(25'000));
    switch (which) {
        case 0: return fault({{"do", "op7"}, {"percent", percent}, {"ms", some_ms}});
        case 1: return fault({{"do", "op9"}, {"shard", shard}, {"resumable", random_.chance(0.5)}});
        case 2: return fault({{"do", "ask_heartbeat"}, {"all", true}, {"within_ms", 5000}});
        case 3:
        case 4: {
            static constexpr std::array answers{"op9_false", "op9_true", "silence", "wedged"};
            fault({{"do", "fault"}, {"fault", "F19"}, {"shard", shard}, {"answer", answers[random_.below(4)]}, {"times", 1}});
            return fault({{"do", "cut"}, {"shard", shard}});
        }
        case 5:
        case 6:
            fault({{"do", "fault"}, {"fault", "F20"}, {"shard", shard}, {"events", random_.below(20)}, {"times", 1}});
            return fault({{"do", "op7"}, {"shard", shard}});
        case 7:
        case 8:
        case 9:
            fault({{"do", "fault"}, {"fault", "F21"}, {"shard", shard}, {"events", 1 + random_.below(20)}, {"times", 1}});
            return fault({{"do", "cut"}, {"shard", shard}});
        case 10: {
            // The gap strikes an event at once; left standing it would strike RESUMED one day, which no client can tell.
            const auto events = 1 + random_.below(3);
            fault({{"do", "fault"}, {"fault", "F22"}, {"shard", shard}, {"events", events}});
            for (std::uint64_t i = 0; i < events; ++i)
                discord_.control({{"do", "send_raw"}, {"shard", shard}, {"event", "TYPING_START"}, {"data", json::object()}});
            return;
        }
        case 11: {
            static constexpr std::array kinds{"MESSAGE_CREATE", "MESSAGE_REACTION_ADD", "GUILD_MEMBER_UPDATE"};
            return deafen(shard, kinds[random_.below(kinds.size())]);
        }
        case 12:
            // The next session's own address is dead for its whole life; that shows when it is to be resumed.
            fault({{"do", "fault"}, {"fault", "F8"}, {"shard", shard}, {"url", fmt::format("ws://gone-{}.sim", report_.faults)}});
            lose_session(shard);
            time_.wake_at(time_.now() + 30s, [this, shard] { fault({{"do", "cut"}, {"shard", shard}}); });
            return;
        default: {
            static constexpr std::array kinds{"all", "utf8", "surrogate", "nesting", "presence_types", "null", "permissions"};
            return fault({{"do", "fault"}, {"fault", "F46"}, {"shard", shard}, {"kind", kinds[random_.below(kinds.size())]}});
        }
    }
}

/// What shows when a shard has to IDENTIFY, so it has to.
void simulation_run::strike_identifies(std::uint64_t which) {
    const auto shard = random_.below(4);
    switch (which) {
        case 0: return fault({{"do", "fault"}, {"fault", "F18"}, {"shard", shard}, {"answer", "op9_false"}, {"times", 2}});
        case 1:
        case 2:
            fault({{"do", "fault"}, {"fault", "F16"}, {"shard", shard}, {"ms", 20'000 + random_.below(220'000)}});
            return lose_session(shard);
        case 3:
        case 4:
            fault({{"do", "fault"}, {"fault", "F17"}, {"shard", shard}, {"guilds_percent", 10 + random_.below(91)}});
            return lose_session(shard);
        case 5:
        case 6:
            fault({{"do", "fault"}, {"fault", "F27"}, {"all", true}, {"for_ms", 60'000 + random_.below(60'000)}});
            for (std::uint64_t each = 0; each < 4; ++each) lose_session(each);
            return;
        case 7:
        case 8:
        case 9:
        case 10: {
            const auto for_ms = 20'000 + random_.below(70'000);
            json::object how{{"do", "fault"}, {"fault", "F28"}};
            switch (random_.below(5)) {
                case 0: how["status"] = 500; break;
                case 1:
                case 2:
                    how["status"] = 429;
                    how["retry_after"] = 5 + random_.below(40);
                    break;
                case 3: how["stale"] = true; break;
                default: how["shards"] = 5 + random_.below(12); break;
            }
            if (!how.contains("shards")) how["for_ms"] = for_ms;
            fault(std::move(how));
            return lose_session(shard);
        }
        default:
            // Only multiples: two shards that share a key of the new number share one of the old number too, so a client that
            // still knows the old number oversteps nothing. (Of 2 and 3 it would: shards 0 and 3.)
            if (at_once_ < 4) at_once_ *= 1 + static_cast<std::int64_t>(random_.below(3));
            fault({{"do", "fault"}, {"fault", "F28"}, {"max_concurrency", at_once_}});
            for (std::uint64_t each = 0; each < 4; ++each) lose_session(each);
    }
}

void simulation_run::strike_requests(std::uint64_t which) {
    const auto shard = random_.below(4);
    if (which != 0) {
        static constexpr std::array tricks{"reorder", "missing", "duplicate", "interleave", "wrong_nonce", "rate_limited"};
        json::object how{{"do", "fault"}, {"fault", "F38"}, {"shard", shard}, {"how", tricks[random_.below(tricks.size())]}};
        if (how.at("how") == "rate_limited") how["retry_after"] = 1 + random_.below(60);
        fault(std::move(how));
    }
    for (std::uint64_t asks = 1 + random_.below(3); asks > 0; --asks) ask_members(shard);
}

void simulation_run::lose_session(std::uint64_t shard) { fault({{"do", "op9"}, {"shard", shard}, {"resumable", false}}); }

void simulation_run::deafen(std::uint64_t shard, std::string_view event) {
    fault({{"do", "fault"}, {"fault", "F14"}, {"shard", shard}, {"events", json::array{event}}});
    for (const auto& one : discord_.oracle().at("sessions").as_array()) {
        const auto& session = one.as_object();
        if (session.at("state").as_string() == "dead" || session.at("shard").as_array().at(0) != shard) continue;
        seen_.sessions[std::string(session.at("id").as_string())].deafened = true;
    }
}

/// All members of one of the shard's guilds, or some by their ids; one of those is nobody's.
void simulation_run::ask_members(std::uint64_t shard) {
    std::vector<std::uint64_t> guilds;
    const auto known = discord_.control({{"do", "guilds"}});
    for (const auto& one : known.at("guilds").as_array())
        if (const auto id = std::stoull(std::string(one.as_string())); (id >> 22) % 4 == shard) guilds.push_back(id);
    auto* const process = processes_[shard / 2].get();
    if (process == nullptr || guilds.empty()) return;
    std::vector<user_id> users;
    if (random_.chance(0.3)) users = {user_id(guilds.front()), user_id(1)};
    process->ask_members({static_cast<std::uint32_t>(shard), 4}, guild_id(guilds[random_.below(guilds.size())]),
                         std::move(users));
}

}  // namespace shoal::simulation
