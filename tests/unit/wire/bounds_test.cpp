// What is no message between nodes, what is out of its bounds, and what only another version knows.

#include <doctest/doctest.h>

#include <limits>

#include "unit/wire/raw.hpp"
#include "wire/codec.hpp"
#include "wire/limits.hpp"
#include "wire/methods.hpp"

using namespace shoal;
using namespace shoal::wire;
using namespace shoal::wire::testing;

namespace {

std::string wrong_field(const auto& read) {
    if (read) return "fine";
    return read.error().is(errc::bad_field) ? read.error().detail() : std::string(read.error().text());
}
std::string worker_says(const std::string& raw) { return wrong_field(decode_from_worker(raw)); }
std::string coordinator_says(const std::string& raw) { return wrong_field(decode_from_coordinator(raw)); }

/// The fields of a good Hello, one of them replaced.
std::string hello(const std::string& process = bytes(2, "w"), const std::string& incarnation = number(3, 1),
                  const std::string& nonce = bytes(4, std::string(32, 'n'))) {
    return bytes(1, number(1, 1) + process + incarnation + nonce);
}
/// A heartbeat with these reports.
std::string beat(const std::string& reports, const std::string& first = number(1, 1)) { return bytes(3, first + reports); }
std::string report(std::uint32_t shard, const std::string& more = {}) { return bytes(3, number(1, shard) + number(3, 4) + more); }

}  // namespace

TEST_CASE("what is no message is garbage, and half a message is no message") {
    for (const std::string_view garbage : {"\xFF", "hello",
                                           "\x0A\x05"
                                           "abc",
                                           "{\"a\":1}"}) {
        CHECK(decode_from_worker(garbage).error().is(errc::garbage));
        CHECK(decode_from_coordinator(garbage).error().is(errc::garbage));
        CHECK(decode_operator_answer(garbage).error().is(errc::garbage));
        CHECK(decode_operator_request(move_method, garbage).error().is(errc::garbage));
    }
    cluster::register_ask ask;
    ask.process = {"w1"};
    ask.incarnation = cluster::incarnation(7);
    ask.token_proof = ask.intents_proof = std::string(32, 'p');
    const auto raw = encode(cluster::to_coordinator(ask));
    REQUIRE(decode_from_worker(raw));
    for (std::size_t size = 1; size < raw.size(); ++size) CHECK_FALSE(decode_from_worker(raw.substr(0, size)));
}

TEST_CASE("a message over its bound is not even looked at") {
    CHECK(decode_from_worker(std::string(most_stream_bytes + 1, 'x')).error().is(errc::too_large));
    CHECK(decode_from_coordinator(std::string(most_stream_bytes + 1, 'x')).error().is(errc::too_large));
    CHECK(decode_operator_answer(std::string(most_answer_bytes + 1, 'x')).error().is(errc::too_large));
    CHECK(decode_operator_request(move_method, std::string(most_request_bytes + 1, 'x')).error().is(errc::too_large));
}

TEST_CASE("a kind that only a newer version knows is told as that, and so is no kind at all") {
    CHECK(worker_says(bytes(99, "new")) == "unknown kind of message");
    CHECK(coordinator_says(bytes(99, "new")) == "unknown kind of message");
    CHECK(worker_says("") == "unknown kind of message");
    CHECK(decode_operator_answer(bytes(99, "new")).error().is(errc::unknown_kind));
    CHECK(decode_operator_request("/shoal.v1.Operations/Dance", "").error().is(errc::unknown_kind));
    CHECK(decode_operator_request(attach_method, "").error().is(errc::unknown_kind));
}

TEST_CASE("fields that only a newer version knows are passed over, and those that an older one lacks are none") {
    CHECK(worker_says(hello() + bytes(99, "new")) == "fine");
    CHECK(worker_says(bytes(
              1, number(1, 2) + bytes(2, "w") + number(3, 1) + bytes(4, std::string(32, 'n')) + bytes(77, "new"))) == "fine");
    const auto read = std::get<cluster::to_coordinator>(decode_from_worker(beat("")).value());
    CHECK(std::get<cluster::heartbeat>(read).shards.empty());
    CHECK_FALSE(std::get<cluster::heartbeat>(read).draining);
}

TEST_CASE("a field out of its bounds is named, and its text is not repeated") {
    CHECK(worker_says(hello()) == "fine");
    CHECK(worker_says(hello(bytes(2, ""))) == "process");
    CHECK(worker_says(hello(bytes(2, std::string(65, 'w')))) == "process");
    CHECK(worker_says(hello(bytes(2, "w\n1"))) == "process");
    CHECK(worker_says(hello(bytes(2, "w\x1b[2J"))) == "process");
    CHECK(worker_says(hello(bytes(2, "w\x7f"))) == "process");
    CHECK(worker_says(hello(bytes(2, "w\xff"))) == "not a message");
    CHECK(worker_says(hello(bytes(2, "w"), number(3, 0))) == "incarnation");
    CHECK(worker_says(hello(bytes(2, "w"), number(3, 1), bytes(4, "short"))) == "nonce");
    CHECK(worker_says(hello(bytes(2, "w"), number(3, 1), bytes(4, std::string(33, 'n')))) == "nonce");

    CHECK(worker_says(beat("", number(1, 0))) == "number");
    CHECK(worker_says(beat(report(3))) == "fine");
    CHECK(worker_says(beat(report(most_total_shards))) == "shard");
    CHECK(worker_says(beat(report(3) + report(3))) == "shards");
    CHECK(worker_says(beat(bytes(3, number(1, 3)))) == "shards.status");
    CHECK(worker_says(beat(bytes(3, number(1, 3) + number(3, 7)))) == "shards.status");
    CHECK(worker_says(beat(bytes(3, number(1, 3) + number(3, ~0ULL)))) == "shards.status");
    CHECK(worker_says(beat(report(3, number(5, 1) + number(6, 2)))) == "shards.done");
    CHECK(worker_says(beat(report(3, number(11, 4011) + bytes(12, "too many guilds")))) == "fine");
    CHECK(worker_says(beat(report(3, number(11, 70000)))) == "shards.refused_with");
    CHECK(worker_says(beat(report(3, number(11, 999)))) == "shards.refused_with");
    CHECK(worker_says(beat(report(3, number(11, 4011) + bytes(12, "a\nb")))) == "shards.refused_why");
    std::string many;
    for (std::uint32_t i = 0; i <= most_reports; ++i) many += report(i);
    CHECK(worker_says(beat(many)) == "shards");
    const auto metrics = [](const std::string& raw) { return worker_says(beat(report(3, bytes(8, raw)))); };
    CHECK(metrics(real(2, 0.5)) == "fine");
    CHECK(metrics(real(2, -0.5)) == "metrics.cpu_share");
    CHECK(metrics(real(2, std::numeric_limits<double>::quiet_NaN())) == "metrics.cpu_share");
    CHECK(metrics(real(3, std::numeric_limits<double>::infinity())) == "metrics.events_per_second");
    CHECK(metrics(number(4, ~0ULL)) == "metrics.latency");
    CHECK(metrics(number(4, 1ULL << 62U)) == "metrics.latency");
    const auto ticket = [](std::uint32_t shard, std::uint32_t total, const std::string& rest) {
        return worker_says(beat(report(3, bytes(4, number(1, shard) + number(2, total) + rest))));
    };
    const auto session = bytes(3, "s") + bytes(4, "wss://g");
    CHECK(ticket(3, 16, session) == "fine");
    CHECK(ticket(3, 3, session) == "ticket.shard");
    CHECK(ticket(3, 0, session) == "ticket.shard");
    CHECK(ticket(4, 16, session) == "ticket.shard");
    CHECK(ticket(3, 16, bytes(4, "wss://g")) == "ticket.session_id");
    CHECK(ticket(3, 16, bytes(3, "s")) == "ticket.resume_url");
    CHECK(ticket(3, 16, session + number(5, 1) + number(6, 2)) == "ticket.done");
    const auto rest = [](const std::string& raw) { return worker_says(beat("", number(1, 1) + bytes(5, raw))); };
    CHECK(rest(real(1, 45) + number(2, 9) + number(3, most_rest_per_second)) == "fine");
    CHECK(rest(real(1, -1)) == "rest.sent_per_second");
    CHECK(rest(real(1, std::numeric_limits<double>::infinity())) == "rest.sent_per_second");
    CHECK(rest(number(3, most_rest_per_second + 1)) == "rest.in_use");
    const auto guild = [](std::uint64_t id) { return std::string(reinterpret_cast<const char*>(&id), sizeof id); };
    CHECK(ticket(3, 16, session + bytes(10, guild(1) + guild(2)) + bytes(11, std::string{"\x01\x02"})) == "fine");
    CHECK(ticket(3, 16, session + bytes(10, guild(1) + guild(2)) + bytes(11, std::string{"\x01"})) == "ticket.guilds");
    CHECK(ticket(3, 16, session + bytes(10, guild(0)) + bytes(11, std::string{"\x01"})) == "ticket.guilds");
    CHECK(ticket(3, 16, session + bytes(10, guild(1)) + bytes(11, std::string{"\x04"})) == "ticket.guilds");
    CHECK(ticket(3, 16, session + number(12, 1)) == "fine");
    CHECK(ticket(3, 16, session + bytes(10, guild(1)) + bytes(11, std::string{"\x01"}) + number(12, 1)) == "ticket.guilds");
    std::string ids;
    for (std::uint64_t id = 1; id <= most_ticket_guilds + 1; ++id) ids += guild(id);
    CHECK(ticket(3, 16, session + bytes(10, ids) + bytes(11, std::string(most_ticket_guilds + 1, '\x01'))) == "ticket.guilds");
    CHECK(worker_says(bytes(6, number(1, 3))) == "permit");
    CHECK(worker_says(bytes(2, bytes(2, "w") + number(3, 1) + bytes(9, "short") + bytes(10, std::string(32, 'i')))) ==
          "token_proof");
    CHECK(worker_says(bytes(2, bytes(2, "w") + number(3, 1) + bytes(9, std::string(32, 't')))) == "intents_proof");
}

TEST_CASE("a coordinator's orders are checked as well") {
    const auto registered = [](std::uint64_t lease, std::uint64_t every, std::uint64_t total = 16) {
        return coordinator_says(bytes(2, number(1, 6) + number(2, 5) + number(4, lease) + number(5, every) + number(6, total)));
    };
    CHECK(registered(5, 1) == "fine");
    CHECK(registered(0, 1) == "lease");
    CHECK(registered(5, 0) == "beat_every");
    CHECK(registered(~0ULL, 1) == "lease");
    CHECK(registered(5, 1, most_total_shards + 1) == "total_shards");
    CHECK(coordinator_says(bytes(2, number(2, 5) + number(4, 5) + number(5, 1))) == "leader");
    const auto start = [](const std::string& raw) { return coordinator_says(bytes(5, raw)); };
    CHECK(start(number(1, 3) + number(2, 16) + number(3, 9) + number(4, 6)) == "fine");
    CHECK(start(number(1, 16) + number(2, 16) + number(3, 9) + number(4, 6)) == "shard");
    CHECK(start(number(1, 3) + number(2, 16) + number(4, 6)) == "epoch");
    CHECK(start(number(1, 3) + number(2, 16) + number(3, 9)) == "leader");
    // A ticket of another pair would resume another shard's session.
    const auto ticket = bytes(5, number(1, 3) + number(2, 8) + bytes(3, "s") + bytes(4, "wss://g"));
    CHECK(start(number(1, 3) + number(2, 16) + number(3, 9) + number(4, 6) + ticket) == "ticket.shard");
    const auto slice = [](const std::string& raw) {
        return coordinator_says(bytes(4, number(1, 1) + number(2, 6) + bytes(4, raw)));
    };
    CHECK(slice("") == "fine");
    CHECK(slice(number(1, 9) + number(2, 5) + number(3, 1) + number(4, 5)) == "fine");
    CHECK(slice(number(1, most_rest_per_second + 1)) == "rest.per_second");
    // What it falls back to cannot be more than what it has.
    CHECK(slice(number(1, 1) + number(3, 2)) == "rest.minimum");
    CHECK(slice(number(2, ~0ULL)) == "rest.good_for");
    CHECK(slice(number(4, 1ULL << 62U)) == "rest.minimum_for");
    CHECK(coordinator_says(bytes(3, number(1, 0))) == "why");
    CHECK(coordinator_says(bytes(3, number(1, 9))) == "why");
    CHECK(coordinator_says(bytes(3, number(1, 8) + bytes(2, std::string(1025, 'd')))) == "detail");
    CHECK(coordinator_says(bytes(1, number(1, 1) + bytes(2, std::string(32, 'n')))) == "token_proof");
}

TEST_CASE("an operator's requests are checked as well") {
    const auto says = [](std::string_view method, const std::string& raw) {
        return wrong_field(decode_operator_request(method, raw));
    };
    CHECK(says(move_method, number(1, 3)) == "fine");
    CHECK(says(move_method, "") == "shards");
    CHECK(says(move_method, number(1, most_total_shards)) == "shard");
    CHECK(says(move_method, number(1, 3) + bytes(2, "")) == "to");
    CHECK(says(drain_method, "") == "process");
    CHECK(says(fence_method, bytes(1, "w") + number(2, 0)) == "incarnation");
    CHECK(says(explain_method, number(1, most_total_shards)) == "shard");
}
