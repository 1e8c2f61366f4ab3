#include "roles/cli/operator_choices.hpp"

#include <doctest/doctest.h>

#include "roles/cli/intents_text.hpp"
#include "roles/cli/operator_line.hpp"
#include "rpc/errc.hpp"
#include "trust/errc.hpp"

using namespace shoal;
using namespace shoal::roles::cli;
using config::exit_code;

namespace {

std::vector<cluster::fleet_event> history(std::uint64_t from, std::uint64_t to, std::string_view what) {
    std::vector<cluster::fleet_event> out;
    for (auto number = from; number <= to; ++number)
        out.push_back({number, {}, "w1", {}, std::string(what) + " " + std::to_string(number)});
    return out;
}

std::vector<std::uint64_t> numbers(const std::vector<cluster::fleet_event>& events) {
    std::vector<std::uint64_t> out;
    for (const auto& each : events) out.push_back(each.number);
    return out;
}

std::vector<cluster::worker_picture> workers(std::initializer_list<const char*> names) {
    std::vector<cluster::worker_picture> out;
    for (const auto* name : names) out.emplace_back().process = cluster::process_id{name};
    return out;
}

}  // namespace

TEST_CASE("following tells each event once") {
    event_follower follower;
    CHECK(follower.asks_after() == 0);
    CHECK(numbers(follower.take(history(1, 3, "a"))) == std::vector<std::uint64_t>{1, 2, 3});
    CHECK(follower.asks_after() == 2);
    CHECK(follower.take(history(3, 3, "a")).empty());
    CHECK(numbers(follower.take(history(3, 5, "a"))) == std::vector<std::uint64_t>{4, 5});
    // So much came that the last one known fell out of the bounded history.
    CHECK(numbers(follower.take(history(9, 10, "a"))) == std::vector<std::uint64_t>{9, 10});
}

TEST_CASE("a restarted coordinator counts from 1 again, and what it tells is not taken for old") {
    event_follower behind, beyond, at_once;
    (void)behind.take(history(1, 9, "a"));
    CHECK(behind.take({}).empty());
    CHECK(behind.asks_after() == 0);
    CHECK(numbers(behind.take(history(1, 2, "b"))) == std::vector<std::uint64_t>{1, 2});
    (void)beyond.take(history(1, 4, "a"));
    CHECK(beyond.take(history(4, 9, "b")).empty());
    CHECK(beyond.asks_after() == 0);
    CHECK(beyond.take(history(1, 9, "b")).size() == 9);
    (void)at_once.take(history(1, 1, "a"));
    CHECK(at_once.take(history(1, 2, "b")).size() == 2);
}

TEST_CASE("a wrong name is answered with the one that was meant, or with those that there are") {
    CHECK(names_instead("worker1", workers({"worker-1", "other"})) == "; did you mean worker-1?");
    CHECK(names_instead("something", workers({"w1", "w2"})) == "; there are w1, w2.");
    CHECK(names_instead("w1", {}) == "; there is none yet.");
    CHECK(no_such_shard(20, 16) == "there is no shard 20; they are numbered from 0 to 15.");
}

TEST_CASE("an incarnation is read as the state shows it") {
    CHECK(read_incarnation("00000000000000ff") == cluster::incarnation(255));
    for (const auto* wrong : {"", "0", "xyz", "12 ", "11112222333344445"}) CHECK_FALSE(read_incarnation(wrong).has_value());
}

TEST_CASE("intents are read by name or number, and a wrong name is met with the nearest") {
    CHECK(read_intents("GUILDS,GUILD_MESSAGES") == (intents::guilds | intents::guild_messages));
    CHECK(read_intents("guilds, guild-messages") == (intents::guilds | intents::guild_messages));
    CHECK(read_intents("513") == intents(513));
    CHECK(read_intents("unprivileged") == intents::unprivileged);
    CHECK(read_intents("none") == intents::none);
    CHECK(read_intents("GUILD_MESAGES").error() == "\"GUILD_MESAGES\" is no intent of Discord's; did you mean GUILD_MESSAGES?");
    CHECK_FALSE(read_intents("").has_value());
    CHECK_FALSE(read_intents("GUILDS,,GUILD_MESSAGES").has_value());
    CHECK_FALSE(read_intents("9223372036854775808").has_value());
}

TEST_CASE("addresses of coordinators are read, and what is none is said") {
    const auto two = coordinators_of("https://c1:8443, https://[::1]:9/");
    REQUIRE(two.has_value());
    REQUIRE(two->size() == 2);
    CHECK((*two)[1].text() == "[::1]:9");
    CHECK(coordinators_of("").error().sentence.contains("COORDINATOR_URL"));
    for (const auto* wrong : {"http://c1:8443", "c1", "https://c1:8443,nonsense"}) {
        const auto read = coordinators_of(wrong);
        REQUIRE_FALSE(read.has_value());
        CHECK(read.error().code == exit_code::bad_setting);
        CHECK(read.error().sentence.contains("write https://host:8443"));
    }
}

TEST_CASE("each way to get no answer has its sentence and its code") {
    const auto of = [](rpc::errc what, bool order = false) { return problem_of_call(failure(what, "why"), "c1:1", order); };
    CHECK(of(rpc::errc::unreachable).code == exit_code::api_unreachable);
    CHECK(of(rpc::errc::not_our_kind).code == exit_code::api_unreachable);
    CHECK(of(rpc::errc::not_our_kind).sentence == "what answers at c1:1 is no coordinator of Shoal (why).");
    CHECK(of(rpc::errc::untrusted).code == exit_code::certificate_refused);
    CHECK(of(rpc::errc::wrong_role).code == exit_code::certificate_refused);
    CHECK(of(rpc::errc::timed_out).sentence == "c1:1 did not answer in time.");
    CHECK(of(rpc::errc::timed_out, true).sentence.contains("whether the order was carried out is not known"));
    CHECK(of(rpc::errc::malformed).code == exit_code::failed);

    const auto both = problem_of_calls({of(rpc::errc::unreachable), of(rpc::errc::untrusted)});
    CHECK(both.code == exit_code::certificate_refused);
    CHECK(both.sentence.starts_with("no coordinator answers: "));
    CHECK(both.sentence.contains("; "));
    CHECK(both.sentence.ends_with("why."));

    const auto missing = problem_of_own_certificate(failure(trust::errc::missing, "x/ca.pem"), "x");
    CHECK(missing.code == exit_code::certificate_refused);
    CHECK(missing.sentence.contains("shoal certs node NAME --role operator"));
}
