#include "sim/audit/journal_reader.hpp"

#include <doctest/doctest.h>

#include "unit/sim_audit/journal_bytes.hpp"

using namespace shoal::sim;
using audit_test::journal_bytes;

namespace {
journal read(const journal_bytes& from) {
    auto parsed = parse_journal(from.name, from.bytes);
    REQUIRE_MESSAGE(parsed.has_value(), parsed.error().message());
    return std::move(*parsed);
}
std::string why_damaged(const journal_bytes& from) {
    const auto parsed = parse_journal(from.name, from.bytes);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().is(audit_errc::damaged));
    CHECK(parsed.error().message().find(from.name) != std::string::npos);
    return parsed.error().detail();
}
const std::string s1(32, 'a');
const std::string s2(64, 'b');
}  // namespace

TEST_CASE("a journal is read as its page describes it") {
    const auto one = read(journal_bytes().session(7, s1).handled(1, 0, 7).session(9, s2).started(2, 1, 9).closed());
    CHECK(one.shard == 3);
    CHECK(one.total == 16);
    CHECK(one.process == 4711);
    CHECK(one.incarnation == audit_test::incarnation_hex);
    CHECK(one.created_ns == 1790000000000000000ULL);
    CHECK(one.closed);
    CHECK(one.sessions == std::vector<std::string>{s1, s2});
}

TEST_CASE("a record's session is the one that its own file declared under that index") {
    const auto one = read(journal_bytes().session(7, s1).session(0, s2).started(5, 2, 7).ended(5, 7).handled(6, 0, 0));
    REQUIRE(one.records.size() == 4);
    CHECK(one.records[0].kind == journal_kind::started);
    CHECK(one.records[0].delivery == 2);
    CHECK(one.records[0].session == 0);
    CHECK(one.records[0].seq == 5);
    CHECK(one.records[0].boot_ns == 1002);
    CHECK(one.records[1].kind == journal_kind::ended);
    CHECK(one.records[2].session == 1);
    CHECK_FALSE(one.closed);
}

TEST_CASE("a process killed while it wrote leaves a readable journal") {
    const auto whole = journal_bytes().session(0, s1).handled(1);
    SUBCASE("the file was made longer already") {
        auto cut = whole;
        cut.bytes.append(32 * 500, '\0');
        CHECK(read(cut).records.size() == 2);
    }
    SUBCASE("a record without its kind byte, which is written last") {
        auto cut = whole;
        cut.started(2);
        cut.bytes[cut.bytes.size() - 32] = 0;
        cut.bytes.append(32 * 100, '\0');
        CHECK(read(cut).records.size() == 2);
    }
    SUBCASE("a session record without its kind byte") {
        auto cut = whole;
        cut.session(1, s2);
        cut.bytes[cut.bytes.size() - 96] = 0;
        CHECK(read(cut).sessions.size() == 1);
    }
    SUBCASE("nothing but the header") { CHECK(read(journal_bytes()).records.empty()); }
}

TEST_CASE("what no writer can have left is damage, and the sentence says where") {
    const auto whole = journal_bytes().session(0, s1).handled(1);
    auto broken = whole;
    SUBCASE("too short") {
        broken.bytes.resize(40);
        CHECK(why_damaged(broken).find("shorter") != std::string::npos);
    }
    SUBCASE("another magic") {
        broken.bytes[7] = '2';
        why_damaged(broken);
    }
    SUBCASE("the name is of another shard") {
        broken.bytes[8] = 4;
        why_damaged(broken);
    }
    SUBCASE("the name is of another process") {
        broken.bytes[30] = 77;
        why_damaged(broken);
    }
    SUBCASE("a shard beyond the total") {
        broken = journal_bytes(16, 16);
        why_damaged(broken);
    }
    SUBCASE("a kind that does not exist") { why_damaged(broken.record(7, 0, 2)); }
    SUBCASE("a delivery that does not exist") { why_damaged(broken.started(2, 3)); }
    SUBCASE("a session never declared") {
        CHECK(why_damaged(broken.started(2, 0, 5)).find("never declared") != std::string::npos);
    }
    SUBCASE("a session declared twice") { why_damaged(broken.session(0, s2)); }
    SUBCASE("a session without an id") { why_damaged(broken.session(1, "")); }
    SUBCASE("a session cut in its id") {
        broken.session(1, s2);
        broken.bytes.resize(broken.bytes.size() - 10);
        why_damaged(broken);
    }
    SUBCASE("records behind the one that closed it") { why_damaged(broken.closed().started(2)); }
    SUBCASE("a hole with records behind it") {
        broken.bytes.append(32, '\0');
        broken.handled(2).handled(3).handled(4);
        why_damaged(broken);
    }
}
