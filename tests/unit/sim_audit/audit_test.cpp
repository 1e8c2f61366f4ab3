#include "sim/audit/audit.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>

#include "base/random.hpp"
#include "unit/sim_audit/journal_bytes.hpp"

using namespace shoal::sim;
using audit_test::journal_bytes;
namespace json = boost::json;

namespace {

const std::string s1(32, 'a');
const std::string s2(32, 'b');

json::object session(const std::string& id, std::uint64_t last, std::string_view state = "live", std::uint64_t safe = ~0ULL) {
    return {{"id", id},        {"shard", json::array{3, 16}}, {"last_seq", last},         {"state", state},
            {"ended_why", ""}, {"gaps", json::array{}},       {"doubled", json::array{}}, {"safe_seq", std::min(last, safe)}};
}
json::object oracle(json::array sessions, json::array interactions = {}) {
    return {{"version", 1},
            {"drained", true},
            {"sessions", std::move(sessions)},
            {"interactions", std::move(interactions)},
            {"counters", json::object{}}};
}
audit_report run(const json::object& sent, const std::vector<journal_bytes>& files) {
    std::vector<journal> journals;
    for (const auto& file : files) {
        auto parsed = parse_journal(file.name, file.bytes);
        REQUIRE_MESSAGE(parsed.has_value(), parsed.error().message());
        journals.push_back(std::move(*parsed));
    }
    return audit(journals, sent);
}
journal_bytes clean(std::uint64_t last) {
    journal_bytes one;
    one.session(0, s1);
    for (std::uint64_t seq = 1; seq <= last; ++seq) one.handled(seq);
    return one.closed();
}
/// Refused, with a reason that holds these words.
void check_refused(const audit_report& report, std::string_view words) {
    CHECK(report.exit_code() == 3);
    const bool said = std::ranges::any_of(report.refused, [&](const auto& why) { return why.find(words) != std::string::npos; });
    CHECK_MESSAGE(said, to_text(report));
    CHECK(to_text(report).find("REFUSED") != std::string::npos);
    CHECK(to_json(report).at("verdict") == "refused");
}

}  // namespace

TEST_CASE("a clean run passes, with every number told") {
    const auto report = run(oracle({session(s1, 20)}, {json::object{{"id", "1"}, {"state", "answered"}}}), {clean(20)});
    CHECK(report.exit_code() == 0);
    CHECK(report.events_sent == 20);
    CHECK(report.handled == 20);
    CHECK(report.lost == 0);
    CHECK(report.doubled == 0);
    CHECK(report.out_of_order == 0);
    CHECK(report.unfinished == 0);
    CHECK(report.commands == 1);
    CHECK(report.unanswered_commands == 0);
    CHECK(report.sessions == 1);
    CHECK(report.journals == 1);
    CHECK(report.details.empty());
    CHECK(to_text(report).starts_with("audit passed"));
}

TEST_CASE("a lost event is found, and named") {
    const auto report = run(oracle({session(s1, 4)}), {journal_bytes().session(0, s1).handled(1).handled(2).handled(4)});
    CHECK(report.exit_code() == 1);
    CHECK(report.lost == 1);
    REQUIRE(report.details.size() == 1);
    CHECK(report.details[0].lost_numbers == std::vector<std::uint64_t>{3});
    CHECK(to_text(report).find("audit FAILED") != std::string::npos);
    CHECK(to_text(report).find("1 lost: 3") != std::string::npos);
}

TEST_CASE("the last events of a session count too, whether it lives or could be resumed") {
    for (const char* state : {"live", "resumable"}) {
        CAPTURE(state);
        CHECK(run(oracle({session(s1, 21, state)}), {clean(20)}).lost == 1);
    }
}

TEST_CASE("what went down with a dead session is not lost by the bot; what it had certainly been sent is") {
    const auto report = run(oracle({session(s1, 30, "dead", 22)}), {clean(20)});
    CHECK(report.lost == 2);
    CHECK(report.lost_with_session == 8);
    CHECK(report.exit_code() == 1);
    const auto fine = run(oracle({session(s1, 30, "dead", 20)}), {clean(20)});
    CHECK(fine.lost == 0);
    CHECK(fine.lost_with_session == 10);
    CHECK(fine.exit_code() == 0);
}

TEST_CASE("an event handed out twice is doubled unless all but one time are marked") {
    auto second = journal_bytes(3, 16, 9);
    second.clock = 5000;
    second.session(0, s1);
    SUBCASE("unmarked") {
        const auto report = run(oracle({session(s1, 5)}), {clean(5), second.handled(4).handled(5)});
        CHECK(report.doubled == 2);
        CHECK(report.doubled_marked == 0);
        CHECK(report.exit_code() == 1);
        CHECK(report.details[0].doubled_numbers == std::vector<std::uint64_t>{4, 5});
    }
    SUBCASE("marked replayed or possibly taken") {
        const auto report = run(oracle({session(s1, 5)}), {clean(5), second.handled(4, 1).handled(5, 2)});
        CHECK(report.doubled == 0);
        CHECK(report.doubled_marked == 2);
        CHECK(report.exit_code() == 0);
        CHECK(report.handled == 5);
    }
    SUBCASE("three times, one of them marked") {
        const auto report = run(oracle({session(s1, 5)}), {clean(5), second.handled(5, 1).handled(5)});
        CHECK(report.doubled == 1);
        CHECK(report.doubled_marked == 1);
    }
    SUBCASE("twice in one process") {
        const auto report =
            run(oracle({session(s1, 3)}), {journal_bytes().session(0, s1).handled(1).handled(2).handled(2).handled(3)});
        CHECK(report.doubled == 1);
        CHECK(report.out_of_order == 0);
    }
}

TEST_CASE("handing out in another order than sent is found, within a process and between two") {
    SUBCASE("within one") {
        const auto report =
            run(oracle({session(s1, 4)}), {journal_bytes().session(0, s1).handled(1).handled(3).handled(2).handled(4)});
        CHECK(report.out_of_order == 1);
        CHECK(report.details[0].out_of_order_numbers == std::vector<std::uint64_t>{2});
        CHECK(report.exit_code() == 1);
    }
    SUBCASE("between two") {
        auto late = journal_bytes(3, 16, 9);
        late.clock = 5000;
        const auto report = run(oracle({session(s1, 4)}), {journal_bytes().session(0, s1).handled(1).handled(2).handled(4),
                                                           late.session(0, s1).handled(3)});
        CHECK(report.out_of_order == 1);
        CHECK(report.lost == 0);
    }
    SUBCASE("a shard that moved there and back is in order") {
        auto first = journal_bytes().session(0, s1).handled(1).handled(2);
        auto other = journal_bytes(3, 16, 9);
        other.clock = 2000;
        other.session(0, s1).handled(3).handled(4);
        first.clock = 3000;
        first.handled(5).handled(6);
        const auto report = run(oracle({session(s1, 6)}), {first, other});
        CHECK(report.out_of_order == 0);
        CHECK(report.exit_code() == 0);
    }
    SUBCASE("handlers may end in any order") {
        const auto report =
            run(oracle({session(s1, 2)}), {journal_bytes().session(0, s1).started(1).started(2).ended(2).ended(1)});
        CHECK(report.exit_code() == 0);
        CHECK(report.unfinished == 0);
    }
}

TEST_CASE("numbers that a fault never sent are not missed") {
    auto sent = session(s1, 4);
    sent["gaps"] = json::array{2};
    const auto report = run(oracle({sent}), {journal_bytes().session(0, s1).handled(1).handled(3).handled(4)});
    CHECK(report.exit_code() == 0);
    CHECK(report.events_sent == 3);
}

TEST_CASE("a poisoned event is counted apart, and only if the journal says so") {
    const auto report = run(oracle({session(s1, 3)}), {journal_bytes().session(0, s1).handled(1).stepped_over(2).handled(3)});
    CHECK(report.poison == 1);
    CHECK(report.lost == 0);
    CHECK(report.exit_code() == 0);
    CHECK(report.details[0].poison_numbers == std::vector<std::uint64_t>{2});
}

TEST_CASE(
    "a session that was taken over: what is handed out again is counted, and only what the process before had not done is "
    "excused") {
    const auto killed = journal_bytes().session(0, s1).handled(1).handled(2).handled(3).started(4);
    auto heir = journal_bytes(3, 16, 9);
    heir.clock = 5000;
    heir.session(0, s1);
    SUBCASE("from `done` on") {
        const auto report =
            run(oracle({session(s1, 6)}), {killed, heir.taken_over(2).handled(3, 1).handled(4, 1).handled(5, 1).handled(6)});
        CHECK(report.exit_code() == 0);
        CHECK(report.taken_over == 1);
        CHECK(report.replayed == 3);
        CHECK(report.most_replayed == 3);
        CHECK(report.doubled_marked == 2);
        CHECK(report.unfinished == 0);
        CHECK(to_text(report).find("at most 3 events replayed") != std::string::npos);
        CHECK(to_json(report).at("taken_over") == 1);
    }
    SUBCASE("an event that the process before had done with, mark or no mark") {
        const auto report = run(oracle({session(s1, 5)}), {killed, heir.taken_over(3).handled(3, 1).handled(4, 1).handled(5)});
        CHECK(report.exit_code() == 1);
        CHECK(report.doubled == 1);
        CHECK(report.details[0].doubled_numbers == std::vector<std::uint64_t>{3});
    }
    SUBCASE("behind what was ever sent") {
        check_refused(run(oracle({session(s1, 4)}), {killed, heir.taken_over(5)}), "never sent");
    }
}

TEST_CASE("handlers that were cut short are told, and marked redelivery heals them") {
    const auto killed = journal_bytes().session(0, s1).handled(1).started(2).started(3);
    CHECK(run(oracle({session(s1, 3)}), {killed}).unfinished == 2);
    auto heir = journal_bytes(3, 16, 9);
    heir.clock = 5000;
    const auto report = run(oracle({session(s1, 3)}), {killed, heir.session(0, s1).handled(2, 1).handled(3, 1)});
    CHECK(report.unfinished == 0);
    CHECK(report.doubled_marked == 2);
    CHECK(report.exit_code() == 0);
}

TEST_CASE("commands that were missed, or still wait after the drain, are unanswered") {
    const json::array commands{json::object{{"id", "1"}, {"state", "answered"}}, json::object{{"id", "2"}, {"state", "missed"}},
                               json::object{{"id", "3"}, {"state", "waiting"}}};
    const auto report = run(oracle({session(s1, 2)}, commands), {clean(2)});
    CHECK(report.commands == 3);
    CHECK(report.unanswered_commands == 2);
    CHECK(report.exit_code() == 1);
}

TEST_CASE("it refuses when a session is in no journal") {
    check_refused(run(oracle({session(s1, 2), session(s2, 9)}), {clean(2)}), s2);
    check_refused(run(oracle({session(s1, 2)}), {}), s1);
    check_refused(run(oracle({session(s1, 2), session(s2, 9, "dead", 4)}), {clean(2)}), s2);
}

TEST_CASE("a session that died before its client can have known of it may be in no journal") {
    const auto report = run(oracle({session(s1, 2), session(s2, 9, "dead", 0)}), {clean(2)});
    CHECK(report.exit_code() == 0);
    CHECK(report.lost_with_session == 9);
    CHECK(report.lost == 0);
}

TEST_CASE("it refuses an oracle that is not drained, or none at all") {
    auto running = oracle({session(s1, 2)});
    running["drained"] = false;
    check_refused(run(running, {clean(2)}), "not drained");
    running.erase("drained");
    check_refused(run(running, {clean(2)}), "not drained");
    auto next = oracle({session(s1, 2)});
    next["version"] = 2;
    check_refused(run(next, {clean(2)}), "version");
    check_refused(run(json::object{{"version", 1}, {"drained", true}}, {clean(2)}), "no sessions");
    check_refused(run(oracle({json::object{{"id", s1}}}), {clean(2)}), "without id, shard or last_seq");
    check_refused(run(oracle({json::object{{"id", s1}, {"shard", json::array{"x", 1}}, {"last_seq", 2}}}), {clean(2)}),
                  "without");
    check_refused(run(oracle({}), {}), "nothing to audit");
    check_refused(run(oracle({session(s1, 2, "lively")}), {clean(2)}), "lively");
    check_refused(run(oracle({session(s1, 2), session(s1, 2)}), {clean(2)}), "twice");
}

TEST_CASE("it refuses journals that name what was never sent") {
    check_refused(run(oracle({session(s1, 2)}), {clean(3)}), "number 3");
    check_refused(run(oracle({session(s1, 2)}), {journal_bytes().session(0, s1).handled(0).handled(1).handled(2)}), "number 0");
    check_refused(run(oracle({session(s1, 2)}), {clean(2), journal_bytes(3, 16, 9).session(0, s2).handled(1)}), s2);
    check_refused(run(oracle({session(s1, 2)}), {journal_bytes(4, 16).session(0, s1).handled(1).handled(2)}),
                  "belongs to shard 3");
    check_refused(run(oracle({session(s1, 2)}), {journal_bytes().session(0, s1).ended(1).handled(2)}), "without having started");
    auto gap = session(s1, 3);
    gap["gaps"] = json::array{2};
    check_refused(run(oracle({gap}), {clean(3)}), "number 2");
}

TEST_CASE("a folder is read whole, and a damaged journal in it refuses the audit") {
    const auto folder = std::filesystem::temp_directory_path() / "shoal-audit-test";
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    const auto write = [&](const journal_bytes& file) { std::ofstream(folder / file.name, std::ios::binary) << file.bytes; };
    write(clean(5));
    auto heir = journal_bytes(3, 16, 9);
    heir.clock = 9000;
    write(heir.session(0, s1).handled(6));
    std::ofstream(folder / "notes.txt") << "not a journal";
    const auto text = json::serialize(oracle({session(s1, 6)}));
    CHECK(audit_folder(folder.string(), text).exit_code() == 0);
    CHECK(audit_folder(folder.string(), text).journals == 2);

    check_refused(audit_folder(folder.string(), "{"), "no JSON");
    check_refused(audit_folder((folder / "none").string(), text), "none");
    auto broken = journal_bytes(3, 16, 7);
    broken.bytes[0] = 'X';
    write(broken);
    check_refused(audit_folder(folder.string(), text), broken.name);
    std::filesystem::remove_all(folder);
}

TEST_CASE("defects planted at random places are counted exactly") {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        CAPTURE(seed);
        shoal::random_source random(seed);
        const auto last = 20 + random.below(200);
        std::uint64_t lost = 0, doubled = 0, marked = 0, swapped = 0, poison = 0;
        journal_bytes one;
        one.session(0, s1);
        for (std::uint64_t seq = 1; seq <= last; ++seq) {
            switch (random.below(12)) {
                case 0: ++lost; break;
                case 1:
                    one.handled(seq).handled(seq);
                    ++doubled;
                    break;
                case 2:
                    one.handled(seq).handled(seq, 1);
                    ++marked;
                    break;
                case 3:
                    if (seq == last) {
                        one.handled(seq);
                        break;
                    }
                    one.handled(seq + 1).handled(seq);
                    ++seq;
                    ++swapped;
                    break;
                case 4:
                    one.stepped_over(seq);
                    ++poison;
                    break;
                default: one.handled(seq);
            }
        }
        const auto report = run(oracle({session(s1, last)}), {one});
        CHECK(report.refused.empty());
        CHECK(report.lost == lost);
        CHECK(report.doubled == doubled);
        CHECK(report.doubled_marked == marked);
        CHECK(report.out_of_order == swapped);
        CHECK(report.poison == poison);
        CHECK(report.handled == last - lost - poison);
        CHECK(report.exit_code() == (lost + doubled + swapped > 0 ? 1 : 0));
    }
}
