// What control commands and faults do to many at once: whom a selector means, and what then happens to them.

#include <boost/json.hpp>
#include <utility>

#include "sim/core/fault_table.hpp"
#include "sim/core/gateway.hpp"
#include "sim/core/protocol.hpp"

namespace shoal::sim {

namespace json = boost::json;

std::vector<gateway::connection*> gateway::pick_connections(const selector& by) {
    std::vector<connection*> out;
    for (auto& [id, c] : connections_) {
        if (meant(by, subject(c))) out.push_back(&c);
    }
    std::ranges::sort(out, {}, [](const connection* c) { return c->id; });
    if (by.percent) std::erase_if(out, [&](const connection*) { return !chance_.chance(*by.percent / 100.0); });
    return out;
}

std::vector<session*> gateway::pick_sessions(const selector& by) {
    std::vector<session*> out;
    for (const auto& one : sessions_.all()) {
        if (one->state == session_state::dead) continue;
        if (meant(by, {one->conn, one->shard, one->total, one->id})) out.push_back(one.get());
    }
    if (by.percent) std::erase_if(out, [&](const session*) { return !chance_.chance(*by.percent / 100.0); });
    return out;
}

std::vector<std::uint64_t> gateway::pick_guilds(const selector& by) {
    std::vector<std::uint64_t> out = world_.guilds();
    if (by.shard) {
        // Without a total, the largest shard set that is there is meant.
        std::uint32_t total = by.total.value_or(1);
        for (const auto& one : sessions_.all()) {
            if (!by.total && one->state != session_state::dead) total = std::max(total, one->total);
        }
        std::erase_if(out, [&](std::uint64_t guild) { return shard_of(guild, total) != *by.shard; });
    }
    if (by.percent) std::erase_if(out, [&](std::uint64_t) { return !chance_.chance(*by.percent / 100.0); });
    return out;
}

json::object gateway::reconnect_some(const selector& by, duration spread, instant now) {
    std::uint64_t struck = 0;
    for (connection* c : pick_connections(by)) {
        ++struck;
        if (spread <= duration{}) {
            reconnect(*c, now);
            continue;
        }
        agenda_.at(now + timing_.between({}, spread), [this, id = c->id](instant later) {
            if (connection* still = find(id)) reconnect(*still, later);
        });
    }
    return {{"ok", true}, {"connections", struck}};
}

json::object gateway::invalidate_some(const selector& by, std::optional<bool> resumable, instant now) {
    std::uint64_t struck = 0;
    for (session* s : pick_sessions(by)) {
        connection* c = s->conn ? find(*s->conn) : nullptr;
        if (c == nullptr) continue;
        ++struck;
        const bool may_resume = resumable.value_or(chance_.chance(config_.op9_resumable_share));
        if (may_resume) {
            detach(*s, now);
        } else {
            end(*s, "invalidated", 0);
        }
        c->of = nullptr;
        c->at = phase::condemned;
        invalid_session(*c, may_resume);
    }
    return {{"ok", true}, {"sessions", struck}};
}

json::object gateway::cut_some(const selector& by, wire_fault how, bool lose_sessions, instant now) {
    std::uint64_t struck = 0;
    for (connection* c : pick_connections(by)) {
        ++struck;
        if (lose_sessions && c->of != nullptr) end(*c->of, "invalidated", 0);
        cut(*c, how, now);
    }
    return {{"ok", true}, {"connections", struck}};
}

json::object gateway::ask_heartbeats(const selector& by, duration within, instant now) {
    const auto picked = pick_connections(by);
    for (connection* c : picked) ask_heartbeat(*c, within, now);
    return {{"ok", true}, {"connections", picked.size()}};
}

json::object gateway::send_raw(const selector& by, std::string_view event, shared_text data, instant now) {
    const auto picked = pick_sessions(by);
    for (session* s : picked) dispatch(*s, event, data, now);
    return {{"ok", true}, {"sessions", picked.size()}};
}

void gateway::storm(std::vector<std::uint64_t> guilds, duration span, duration pause, std::uint64_t times, bool away,
                    instant now) {
    const auto change = [this, away](const std::vector<std::uint64_t>& which, bool down, instant at) {
        for (const std::uint64_t guild : which) away ? set_away(guild, down, at) : set_outage(guild, down, at);
    };
    change(guilds, true, now);
    agenda_.at(now + span, [=, this, which = std::move(guilds), round = storms_](instant later) mutable {
        if (round != storms_) return;
        change(which, false, later);
        if (times <= 1) return;
        agenda_.at(later + pause, [=, this, again = std::move(which)](instant at) mutable {
            if (round == storms_) storm(std::move(again), span, pause, times - 1, away, at);
        });
    });
}

}  // namespace shoal::sim
