#include "sim/audit/audit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace shoal::sim {
namespace {

namespace json = boost::json;

constexpr std::size_t examples = 10;

struct sent_session {
    std::string id, state;
    std::uint32_t shard = 0, total = 0;
    std::uint64_t last_seq = 0, safe_seq = 0;
    std::unordered_set<std::uint64_t> gaps;
};

/// One time that an event was handed out.
struct start {
    std::uint64_t seq = 0, boot_ns = 0;
    bool marked = false;
};

struct told_session {
    std::vector<std::vector<start>> starts;  // one list a journal, in its order
    std::unordered_set<std::uint64_t> ended, stepped_over;
};

std::optional<std::uint64_t> number(const json::value& value) {
    if (value.is_uint64()) return value.as_uint64();
    if (value.is_int64() && value.as_int64() >= 0) return static_cast<std::uint64_t>(value.as_int64());
    return std::nullopt;
}
std::optional<std::uint64_t> number(const json::object& from, std::string_view key) {
    const auto* value = from.if_contains(key);
    return value == nullptr ? std::nullopt : number(*value);
}

std::string text(const json::object& from, std::string_view key) {
    const auto* value = from.if_contains(key);
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

/// Reads the oracle; problems go to `refused`.
std::map<std::string, sent_session> read_oracle(const json::value& oracle, audit_report& report) {
    std::map<std::string, sent_session> sessions;
    const auto refuse = [&](std::string why) { report.refused.push_back(std::move(why)); };
    const auto* root = oracle.if_object();
    if (root == nullptr) return refuse("the oracle is no JSON object"), sessions;
    if (number(*root, "version") != 1) return refuse("the oracle is not of version 1"), sessions;
    const auto* drained = root->if_contains("drained");
    if (drained == nullptr || *drained != true) {
        refuse("the oracle is not drained: traffic was still running or bytes were waiting when it was taken");
    }
    const auto* list = root->if_contains("sessions");
    if (list == nullptr || !list->is_array()) return refuse("the oracle has no sessions"), sessions;
    for (const auto& item : list->as_array()) {
        const auto* one = item.if_object();
        sent_session read;
        const auto* shard = one == nullptr ? nullptr : one->if_contains("shard");
        const auto* pair = shard == nullptr ? nullptr : shard->if_array();
        const auto last = one == nullptr ? std::nullopt : number(*one, "last_seq");
        if (!last || pair == nullptr || pair->size() != 2 || !number((*pair)[0]) || !number((*pair)[1]) ||
            text(*one, "id").empty()) {
            return refuse("the oracle has a session without id, shard or last_seq"), sessions;
        }
        read.id = text(*one, "id");
        read.state = text(*one, "state");
        read.last_seq = *last;
        read.safe_seq = number(*one, "safe_seq").value_or(*last);
        read.shard = static_cast<std::uint32_t>(*number((*pair)[0]));
        read.total = static_cast<std::uint32_t>(*number((*pair)[1]));
        if (read.state != "live" && read.state != "resumable" && read.state != "dead") {
            return refuse(fmt::format("the oracle's session {} is in a state that does not exist: '{}'", read.id, read.state)),
                   sessions;
        }
        if (const auto* gaps = one->if_contains("gaps"); gaps != nullptr && gaps->is_array()) {
            for (const auto& gap : gaps->as_array()) {
                if (const auto seq = number(gap); seq && *seq >= 1 && *seq <= read.last_seq) read.gaps.insert(*seq);
            }
        }
        const auto id = read.id;
        if (!sessions.emplace(id, std::move(read)).second) refuse(fmt::format("the oracle names session {} twice", id));
    }
    if (const auto* interactions = root->if_contains("interactions"); interactions != nullptr && interactions->is_array()) {
        for (const auto& item : interactions->as_array()) {
            ++report.commands;
            const auto* one = item.if_object();
            if (one == nullptr || text(*one, "state") != "answered") ++report.unanswered_commands;
        }
    }
    return sessions;
}

/// Sorts what the journals say by session; what does not fit the oracle goes to `refused`.
std::unordered_map<std::string, told_session> read_told(const std::vector<journal>& journals,
                                                        const std::map<std::string, sent_session>& sent, audit_report& report) {
    std::unordered_map<std::string, told_session> told;
    std::unordered_set<std::string> complained;
    const auto refuse = [&](const journal& in, std::string why) {
        if (complained.insert(in.file + why.substr(0, 24)).second) report.refused.push_back(in.file + ": " + std::move(why));
    };
    for (const auto& one : journals) {
        std::vector<told_session*> here(one.sessions.size(), nullptr);
        std::vector<const sent_session*> known(one.sessions.size(), nullptr);
        std::vector<std::unordered_set<std::uint64_t>> started(one.sessions.size());
        std::vector<std::optional<std::uint64_t>> done_before(one.sessions.size());
        std::vector<std::uint64_t> replayed(one.sessions.size(), 0);
        for (std::size_t i = 0; i < one.sessions.size(); ++i) {
            const auto found = sent.find(one.sessions[i]);
            if (found == sent.end()) {
                refuse(one, fmt::format("it names session {}, which the oracle does not know", one.sessions[i]));
                continue;
            }
            if (found->second.shard != one.shard || found->second.total != one.total) {
                refuse(one, fmt::format("session {} belongs to shard {} of {}, not to {} of {}", found->first,
                                        found->second.shard, found->second.total, one.shard, one.total));
            }
            known[i] = &found->second;
            here[i] = &told[found->first];
            here[i]->starts.emplace_back();
        }
        for (const auto& record : one.records) {
            const auto* what = known[record.session];
            if (what == nullptr) continue;
            auto& to = *here[record.session];
            if (record.kind == journal_kind::taken_over) {
                done_before[record.session] = record.seq;
                ++report.taken_over;
                if (record.seq > what->last_seq) {
                    refuse(one,
                           fmt::format("it goes on behind number {} of session {}, which was never sent", record.seq, what->id));
                }
            } else if (record.seq == 0 || record.seq > what->last_seq || what->gaps.contains(record.seq)) {
                refuse(one, fmt::format("it has number {} of session {}, which was never sent", record.seq, what->id));
            } else if (record.kind == journal_kind::started) {
                const auto done = done_before[record.session];
                // Whoever knew that the process before had done with it has no excuse in a mark.
                const bool marked = record.delivery != 0 && record.seq > done.value_or(0);
                to.starts.back().push_back({record.seq, record.boot_ns, marked});
                if (record.delivery != 0) {
                    ++report.replayed;
                    ++replayed[record.session];
                }
                started[record.session].insert(record.seq);
            } else if (record.kind == journal_kind::stepped_over) {
                to.stepped_over.insert(record.seq);
            } else if (!started[record.session].contains(record.seq)) {
                refuse(one, fmt::format("number {} of session {} ended without having started", record.seq, what->id));
            } else {
                to.ended.insert(record.seq);
            }
        }
        for (std::size_t i = 0; i < replayed.size(); ++i) {
            if (done_before[i]) report.most_replayed = std::max(report.most_replayed, replayed[i]);
        }
    }
    return told;
}

/// The starts of all journals in the order in which they happened. Within a journal its own order is the truth; between journals
/// the boot clock decides, so journals of one audit come from one machine.
std::vector<start> merged(const told_session& told) {
    std::vector<start> all;
    std::vector<std::size_t> next(told.starts.size(), 0);
    for (;;) {
        std::optional<std::size_t> first;
        for (std::size_t i = 0; i < told.starts.size(); ++i) {
            if (next[i] == told.starts[i].size()) continue;
            if (!first || told.starts[i][next[i]].boot_ns < told.starts[*first][next[*first]].boot_ns) first = i;
        }
        if (!first) return all;
        all.push_back(told.starts[*first][next[*first]++]);
    }
}

void note(std::vector<std::uint64_t>& numbers, std::uint64_t seq) {
    if (numbers.size() < examples) numbers.push_back(seq);
}

audited_session judge(const sent_session& sent, const told_session& told, std::uint64_t& unfinished) {
    audited_session out;
    out.id = sent.id;
    out.shard = sent.shard;
    out.total = sent.total;
    out.state = sent.state;
    out.sent = sent.last_seq - sent.gaps.size();

    struct counted {
        std::uint64_t times = 0, unmarked = 0;
    };
    std::unordered_map<std::uint64_t, counted> handed;
    std::uint64_t highest = 0;
    for (const auto& one : merged(told)) {
        auto& count = handed[one.seq];
        if (count.times == 0 && one.seq < highest) {
            ++out.out_of_order;
            note(out.out_of_order_numbers, one.seq);
        }
        ++count.times;
        count.unmarked += one.marked ? 0U : 1U;
        highest = std::max(highest, one.seq);
    }
    for (std::uint64_t seq = 1; seq <= sent.last_seq; ++seq) {
        if (sent.gaps.contains(seq)) continue;
        const auto found = handed.find(seq);
        if (found == handed.end()) {
            if (told.stepped_over.contains(seq)) {
                ++out.poison;
                note(out.poison_numbers, seq);
            } else if (sent.state == "dead" && seq > sent.safe_seq) {
                ++out.lost_with_session;
            } else {
                ++out.lost;
                note(out.lost_numbers, seq);
            }
            continue;
        }
        ++out.handled;
        if (!told.ended.contains(seq)) ++unfinished;
        const auto& count = found->second;
        const auto plain = count.unmarked > 1 ? count.unmarked - 1 : 0;
        out.doubled += plain;
        out.doubled_marked += count.times - 1 - plain;
        if (plain > 0) note(out.doubled_numbers, seq);
    }
    return out;
}

}  // namespace

int audit_report::exit_code() const noexcept {
    if (!refused.empty()) return 3;
    return lost + doubled + out_of_order + unanswered_commands == 0 ? 0 : 1;
}

audit_report audit(const std::vector<journal>& journals, const json::value& oracle) {
    audit_report report;
    report.journals = journals.size();
    const auto sent = read_oracle(oracle, report);
    const auto told = read_told(journals, sent, report);
    if (report.refused.empty() && std::ranges::none_of(sent, [](const auto& one) { return one.second.last_seq > 0; })) {
        report.refused.emplace_back("the oracle has no session that was sent anything: there is nothing to audit");
    }
    static const told_session nothing;
    for (const auto& [id, one] : sent) {
        ++report.sessions;
        const auto found = told.find(id);
        // A session that ended before its client can have known of it is in no journal, and rightly so.
        const bool may_be_unknown = one.last_seq == 0 || (one.safe_seq == 0 && one.state != "live");
        if (found == told.end() && !may_be_unknown) {
            report.refused.push_back(fmt::format("session {} of shard {} of {} is in no journal", id, one.shard, one.total));
            continue;
        }
        auto judged = judge(one, found == told.end() ? nothing : found->second, report.unfinished);
        if (found == told.end()) {
            judged.lost_with_session += std::exchange(judged.lost, 0);
            judged.lost_numbers.clear();
        }
        report.events_sent += judged.sent;
        report.handled += judged.handled;
        report.lost += judged.lost;
        report.lost_with_session += judged.lost_with_session;
        report.doubled += judged.doubled;
        report.doubled_marked += judged.doubled_marked;
        report.out_of_order += judged.out_of_order;
        report.poison += judged.poison;
        const bool telling = judged.lost + judged.lost_with_session + judged.doubled + judged.doubled_marked +
                                 judged.out_of_order + judged.poison >
                             0;
        if (telling) report.details.push_back(std::move(judged));
    }
    return report;
}

audit_report audit_folder(const std::string& journal_folder, std::string_view oracle_text) {
    audit_report report;
    boost::system::error_code bad;
    const auto oracle = json::parse(oracle_text, bad);
    if (bad) report.refused.push_back("the oracle is no JSON: " + bad.message());
    auto journals = read_journals(journal_folder);
    if (!journals) report.refused.push_back(journals.error().message());
    if (!report.refused.empty()) return report;
    return audit(*journals, oracle);
}

}  // namespace shoal::sim
