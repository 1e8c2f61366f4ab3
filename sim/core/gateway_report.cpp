// What the gateway side knows to be true: sessions for the oracle and for people, counters [#50, #51].

#include <boost/json.hpp>

#include "sim/core/gateway.hpp"

namespace shoal::sim {

namespace json = boost::json;

namespace {
json::array numbers(std::vector<std::uint64_t> list) {
    std::ranges::sort(list);
    const auto doubles = std::ranges::unique(list);
    list.erase(doubles.begin(), doubles.end());
    json::array out;
    out.reserve(list.size());
    for (const std::uint64_t one : list) out.push_back(one);
    return out;
}
}  // namespace

json::array gateway::oracle_sessions() const {
    json::array out;
    out.reserve(sessions_.all().size());
    for (const auto& one : sessions_.all()) {
        const session& s = *one;
        // Other bots' sessions are not this bot's to answer for.
        if (s.bot != 0) continue;
        const bool dead = s.state == session_state::dead;
        out.push_back({{"id", s.id},
                       {"shard", {s.shard, s.total}},
                       {"last_seq", s.last_seq},
                       {"state", to_string(s.state)},
                       {"ended_why", s.ended_why},
                       {"gaps", numbers(s.gaps)},
                       {"doubled", numbers(s.doubled)},
                       {"safe_seq", dead ? s.safe_seq : s.last_seq}});
    }
    return out;
}

json::array gateway::describe_sessions() const {
    json::array out;
    for (const auto& one : sessions_.all()) {
        const session& s = *one;
        json::object item{{"id", s.id},
                          {"shard", {s.shard, s.total}},
                          {"bot", s.bot},
                          {"state", to_string(s.state)},
                          {"ended_why", s.ended_why},
                          {"intents", s.intents},
                          {"presence", s.presence},
                          {"last_seq", s.last_seq},
                          {"acked_seq", s.acked_seq},
                          {"written_seq", s.written_seq},
                          {"buffered", s.buffer.size()},
                          {"replay_bound", s.bound},
                          {"resumes", s.resumes},
                          {"guilds_to_come", s.pending.size()}};
        item["conn"] = s.conn ? json::value(static_cast<std::uint64_t>(*s.conn)) : json::value(nullptr);
        out.push_back(std::move(item));
    }
    return out;
}

json::object gateway_counters::to_json() const {
    json::object closes, by_client;
    for (const auto& [code, times] : closed_with) closes[std::to_string(code)] = times;
    for (const auto& [code, times] : closed_by_client) by_client[code == 0 ? "none" : std::to_string(code)] = times;
    return {{"connections", connections},
            {"identifies", identifies},
            {"readies", readies},
            {"resumes", resumes},
            {"resumed", resumed},
            {"op7s", op7s},
            {"op9s", op9s},
            {"concurrency_breaches", concurrency_breaches},
            {"breaches_by_fault", breaches_by_fault},
            {"budget_breaches", budget_breaches},
            {"takeovers", takeovers},
            {"heartbeats", heartbeats},
            {"late_heartbeats", late_heartbeats},
            {"missed_heartbeats", missed_heartbeats},
            {"sends", sends},
            {"most_sends_per_minute", most_sends_per_minute},
            {"presences_ignored", presences_ignored},
            {"dispatches", dispatches},
            {"replayed", replayed},
            {"muted", muted},
            {"before_guild", before_guild},
            {"unknown_events", unknown_events},
            {"duplicates", duplicates},
            {"wrong_host_resumes", wrong_host_resumes},
            {"identifies_on_resume_host", identifies_on_resume_host},
            {"member_requests", member_requests},
            {"member_requests_limited", member_requests_limited},
            {"spontaneous_cuts", spontaneous_cuts},
            {"closed_with", std::move(closes)},
            {"closed_by_client", std::move(by_client)}};
}

}  // namespace shoal::sim
