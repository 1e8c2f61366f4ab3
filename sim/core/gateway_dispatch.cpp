// Dispatches: who is told of what happens, in which numbering, and the GUILD_CREATE burst.

#include <utility>

#include "sim/core/gateway.hpp"
#include "sim/core/json_variation.hpp"
#include "sim/core/protocol.hpp"

#include <fmt/format.h>

namespace shoal::sim {

namespace {
shared_text unavailable(std::uint64_t guild) {
    return std::make_shared<const std::string>(fmt::format(R"({{"id":"{}","unavailable":true}})", guild));
}
}  // namespace

void gateway::dispatch(session& s, std::string_view name, shared_text data, instant now) {
    dispatch(s, sessions_.intern(name), std::move(data), now);
}

void gateway::dispatch(session& s, const std::string* name, shared_text data, instant now) {
    if (s.state == session_state::dead) return;
    if (!s.mute.empty() && s.mute.contains(*name)) {
        ++count_.muted;
        return;
    }
    ++count_.dispatches;
    // READY and RESUMED are the session's own, no events: F22 spares them (F14 can name them).
    if (s.skip_next > 0 && *name != "READY" && *name != "RESUMED") {
        --s.skip_next;
        session_table::skip(s);
        return;
    }
    const std::uint64_t seq = sessions_.remember(s, name, data, now, config_.replay_age);
    if (!s.conn) {
        if (session_table::overrun(s)) end(s, "overflow", 0);
        return;
    }
    connection* c = find(*s.conn);
    if (c == nullptr) return;
    if (c->silent) {
        c->withheld = true;
        return;
    }
    s.written_seq = seq;
    out_->push_back(send_payload{c->id, {op::dispatch, *name, seq, std::move(data)}});
}

shared_text gateway::varied(const shared_text& data) {
    if (!config_.world.vary_json || data == nullptr) return data;
    return std::make_shared<const std::string>(vary_json(*data, variation_));
}

void gateway::publish(const world_event& event, instant now) {
    // An interaction waits for nothing; everything else of a guild waits until the guild is there.
    const bool of_guild = event.guild != 0 && event.name != "INTERACTION_CREATE";
    if (of_guild && event.name != "GUILD_DELETE" && (outages_.contains(event.guild) || away_.contains(event.guild))) return;
    const std::string* name = sessions_.intern(event.name);
    const shared_text whole = varied(event.data);
    const shared_text bare = event.data_without_content == nullptr ? whole : varied(event.data_without_content);
    const bool leaves = event.name == "GUILD_DELETE";
    // Deliveries of one event twice are Discord's habit; an interaction's are not.
    const bool twice = event.intents != 0 && config_.spontaneous_duplicates > 0 && chance_.chance(config_.spontaneous_duplicates);
    if (twice) ++count_.duplicates;
    sessions_.for_each_of(event.guild, [&](session& s) {
        if (event.intents != 0 && (s.intents & event.intents) == 0) return;
        if (leaves) {
            s.pending.erase(event.guild);
        } else if (of_guild && !s.pending.empty() && s.pending.contains(event.guild)) {
            ++count_.before_guild;
            return;
        }
        const shared_text& data = (s.intents & intent::message_content) != 0 ? whole : bare;
        dispatch(s, name, data, now);
        if (twice) dispatch(s, name, data, now);
    });
    if (event.intents != 0 && config_.world.unknown_event_share > 0 && chance_.chance(config_.world.unknown_event_share)) {
        ++count_.unknown_events;
        const std::uint64_t kind = chance_.below(5);
        const auto extra = std::make_shared<const std::string>(
            fmt::format(R"({{"guild_id":"{}","sim_kind":{},"nested":{{"list":[1,null,"x"]}}}})", event.guild, kind));
        const std::string* unknown = sessions_.intern(fmt::format("SIM_UNDOCUMENTED_{}", kind));
        sessions_.for_each_of(event.guild, [&](session& s) { dispatch(s, unknown, extra, now); });
    }
}

// ---- guilds ------------------------------------------------------------------------------------------------------------

shared_text gateway::guild_create(const session& s, std::uint64_t guild) {
    if (const auto giant = giants_.find(guild); giant != giants_.end()) return giant->second;
    return varied(world_.guild_create(guild, {s.intents, s.large_threshold}));
}

void gateway::send_guild(session& s, std::uint64_t guild, instant now) {
    s.pending.erase(guild);
    if (!world_.has_guild(guild) || away_.contains(guild)) return;
    if (outages_.contains(guild)) {
        dispatch(s, config_.outage_as_create ? "GUILD_CREATE" : "GUILD_DELETE", unavailable(guild), now);
    } else {
        dispatch(s, "GUILD_CREATE", guild_create(s, guild), now);
    }
}

void gateway::run_burst(session& s, instant now) {
    while (!s.burst.empty() && s.burst.back().when <= now) {
        const std::uint64_t guild = s.burst.back().guild;
        s.burst.pop_back();
        // Whoever left meanwhile is not pending any more.
        if (s.pending.contains(guild)) send_guild(s, guild, now);
    }
    if (!s.burst.empty()) agenda_.at(s.burst.back().when, [this, &s](instant later) { run_burst(s, later); });
}

void gateway::guild_joined(std::uint64_t guild, instant now) {
    sessions_.for_each_of(guild, [&](session& s) {
        if ((s.intents & intent::guilds) != 0) dispatch(s, "GUILD_CREATE", guild_create(s, guild), now);
    });
    rescale_limits();
}

void gateway::guild_available(std::uint64_t guild, instant now) {
    sessions_.for_each_of(guild, [&](session& s) {
        if ((s.intents & intent::guilds) != 0 && !s.pending.contains(guild)) send_guild(s, guild, now);
    });
}

void gateway::guild_left(std::uint64_t guild, instant now) {
    outages_.erase(guild);
    giants_.erase(guild);
    const auto gone = std::make_shared<const std::string>(fmt::format(R"({{"id":"{}"}})", guild));
    sessions_.for_each_of(guild, [&](session& s) {
        s.pending.erase(guild);
        if ((s.intents & intent::guilds) != 0) dispatch(s, "GUILD_DELETE", gone, now);
    });
    rescale_limits();
}

void gateway::set_outage(std::uint64_t guild, bool down, instant now) {
    const bool changed = down ? outages_.insert(guild).second : outages_.erase(guild) != 0;
    if (!changed || !world_.has_guild(guild) || away_.contains(guild)) return;
    guild_available(guild, now);
}

void gateway::set_away(std::uint64_t guild, bool away, instant now) {
    const bool changed = away ? away_.insert(guild).second : away_.erase(guild) != 0;
    if (!changed || !world_.has_guild(guild)) return;
    const auto gone = std::make_shared<const std::string>(fmt::format(R"({{"id":"{}"}})", guild));
    sessions_.for_each_of(guild, [&](session& s) {
        s.pending.erase(guild);
        if ((s.intents & intent::guilds) == 0) return;
        if (away) {
            dispatch(s, "GUILD_DELETE", gone, now);
        } else {
            send_guild(s, guild, now);
        }
    });
}

bool gateway::settled() const noexcept {
    if (pending_jobs_ != 0) return false;
    for (const auto& [id, c] : connections_) {
        if (c.withheld) return false;
    }
    for (const auto& one : sessions_.all()) {
        if (one->state == session_state::live && !one->burst.empty()) return false;
    }
    return true;
}

}  // namespace shoal::sim
