// What must hold, whatever the faults were.

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "simulation/simulation_run.hpp"

namespace shoal::simulation {

namespace json = boost::json;

void simulation_run::find(std::string what) {
    notes_.write(fmt::format("!!!! {}", what));
    if (report_.findings.size() < 20) report_.findings.push_back(std::move(what));
    if (report_.transcript.empty()) report_.transcript = notes_.tail(120);
}

/// An IDENTIFY reached Discord although the shard's owner knows a session that Discord still has and never called lost.
void simulation_run::check_identify(std::uint32_t shard) {
    // Before it is charged: what stays is Discord's number less one, and the tenth that is kept for operators is not ours.
    const auto left = discord_.control({{"do", "status"}}).at("identifies_left").to_number<std::int64_t>() - 1;
    if (left < config_.identify_total / 10)
        find(fmt::format("IDENTIFY of shard {} leaves {} of {}", shard, left, config_.identify_total));
    const auto lost = discord_.watch().told_lost.erase(shard) != 0;
    const auto known = seen_.known.find(shard);
    if (lost || known == seen_.known.end()) return;
    for (const auto& one : discord_.oracle().at("sessions").as_array()) {
        const auto& session = one.as_object();
        if (session.at("id").as_string() != known->second || session.at("state").as_string() == "dead") continue;
        if (seen_.sessions[known->second].deafened) continue;
        find(fmt::format("IDENTIFY of shard {} where session {} could be resumed", shard, known->second));
    }
}

/// What a heartbeat acknowledges Discord may forget: it is on the disk, or was received five seconds ago (half a second exact).
void simulation_run::check_heartbeat(const std::string& session, std::uint64_t seq) {
    for (const auto& disk : disks_)
        if (const auto done = disk.done_of(session); done && seq <= *done) return;
    const auto record = seen_.sessions.find(session);
    if (record == seen_.sessions.end()) return;
    const auto& times = record->second.handed_out;
    const auto after = times.upper_bound(seq);
    if (after == times.begin()) return;
    const auto age = time_.now() - std::prev(after)->second;
    record->second.given_up = std::max(record->second.given_up, seq);
    if (age < 4400ms)
        find(fmt::format("a heartbeat of session {} acknowledges s={}, which is {} ms old and on no disk", session, seq,
                         to_ms(age)));
}

void simulation_run::check_end() {
    const auto oracle = discord_.oracle();
    report_.identifies = static_cast<std::uint64_t>(counted("identifies"));
    report_.resumes = static_cast<std::uint64_t>(counted("resumed"));
    for (const auto* never_ever : {"budget_breaches", "identifies_on_resume_host"})
        if (counted(never_ever) != 0) find(fmt::format("{}: {}", never_ever, counted(never_ever)));
    if (const auto breaches = own_breaches() - excused_breaches_; breaches != 0)
        find(fmt::format("{} IDENTIFYs within their key's window", breaches));
    report_.ready_with_missing = seen_.ready_with_missing;
    if (counted("most_sends_per_minute") > 120) find(fmt::format("{} messages in a minute", counted("most_sends_per_minute")));
    // In a short window the ledger has begun anew since.
    if (!options_.ledger_not_shared && window_ends_ == instant{} && ledgers_[0].ledger.spent < counted("identifies"))
        find(fmt::format("the ledger counts {} IDENTIFYs of {}", ledgers_[0].ledger.spent, counted("identifies")));
    for (const auto& one : processes_)
        if (one != nullptr) one->check_pictures();
    for (const auto& wrong : seen_.wrong) find(wrong);
    if (!seen_.gave_up.empty())
        find(fmt::format("shard {} gave up with {}", seen_.gave_up.begin()->first, seen_.gave_up.begin()->second));
    // Four shards that back off as they should: half a second, doubled each time, is a dozen dials each at the most.
    if (discord_.watch().most_dials_in_a_minute > 50)
        find(fmt::format("{} dials in one minute", discord_.watch().most_dials_in_a_minute));
    for (const auto& one : oracle.at("sessions").as_array()) check_session(one.as_object());
    for (const auto& [id, record] : seen_.sessions)
        for (const auto& wrong : record.wrong) find(fmt::format("session {} of shard {}: {}", id, record.shard, wrong));
}

void simulation_run::check_session(const json::object& session) {
    const std::string id(session.at("id").as_string());
    const auto state = session.at("state").as_string();
    if (session.at("ended_why").as_string() == "client_closed")
        find(fmt::format("session {} was ended by the client's own close", id));
    const auto found = seen_.sessions.find(id);
    if (found == seen_.sessions.end()) return;  // its READY never arrived
    const auto& record = found->second;
    ++report_.sessions;
    report_.events += record.started.size();
    report_.replayed += record.replayed;

    std::set<std::uint64_t> excused = discord_.watch().system_numbers[id];
    for (const auto& gap : session.at("gaps").as_array()) excused.insert(gap.to_number<std::uint64_t>());
    excused.insert(record.skipped.begin(), record.skipped.end());
    // A session that goes on to the end is complete. One that died is complete up to what the client surely had.
    std::uint64_t up_to = record.started.empty() ? 0 : *record.started.rbegin();
    const bool goes_on = state == "live" && seen_.known[record.shard] == id && !record.owner_killed;
    if (goes_on) up_to = std::max(up_to, session.at("last_seq").to_number<std::uint64_t>());
    if (state == "dead" && !record.owner_killed) up_to = std::max(up_to, session.at("safe_seq").to_number<std::uint64_t>());
    std::vector<std::uint64_t> lost, unfinished;
    for (std::uint64_t seq = 1; seq <= up_to; ++seq) {
        if (excused.contains(seq) && !record.started.contains(seq)) continue;
        if (!record.started.contains(seq)) lost.push_back(seq);
        // A handler that was in its midst for five seconds when its process died may stay there.
        else if (goes_on && !record.ended.contains(seq) && seq > record.given_up)
            unfinished.push_back(seq);
    }
    if (!lost.empty())
        find(fmt::format("session {} of shard {} ({}): {} of {} lost, the first is s={}", id, record.shard,
                         std::string_view(state), lost.size(), up_to, lost.front()));
    if (!unfinished.empty())
        find(fmt::format("session {} of shard {}: {} events whose handlers never ended, the first is s={}", id, record.shard,
                         unfinished.size(), unfinished.front()));
}

std::int64_t simulation_run::counted(std::string_view name) {
    return discord_.oracle().at("counters").as_object().at(name).to_number<std::int64_t>();
}

/// IDENTIFYs within their key's window that no fault made so.
std::int64_t simulation_run::own_breaches() { return counted("concurrency_breaches") - counted("breaches_by_fault"); }

/// Every request for members has ended by now, and the last one of each shard, that nothing disturbed, is complete.
void simulation_run::check_members() {
    std::map<std::uint32_t, bool> last_is_complete;
    for (const auto& ask : seen_.asks) {
        if (ask->ended == 0 && !ask->owner_killed) find(fmt::format("a request for members of shard {} never ended", ask->shard));
        last_is_complete[ask->shard] = ask->complete;
    }
    for (const auto& [shard, complete] : last_is_complete)
        if (!complete) find(fmt::format("a request for members of shard {} was not answered in quiet", shard));
}

}  // namespace shoal::simulation
