// Messages of older and newer versions of the protocol, and messages that are none, on real streams: taken, passed over, or
// refused with the reason; the fleet under traffic goes on.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>

#include "system/support/fleet_stage.hpp"
#include "system/support/node_numbers.hpp"
#include "system/support/raw_coordinator.hpp"
#include "system/support/raw_node.hpp"
#include "unit/wire/raw.hpp"
#include "wire/codec.hpp"
#include "wire/joining.hpp"
#include "wire/methods.hpp"

using namespace shoal;
using namespace shoal::system_test;
namespace raw = shoal::wire::testing;

namespace {

constexpr std::uint64_t guilds_messages_and_content = 1U | (1U << 9U) | (1U << 12U) | (1U << 15U);

/// A worker by hand: it greets as it must, and says what a test wants.
class hand_made_worker {
public:
    hand_made_worker(const fleet_stage& fleet, std::string name)
        : node(fleet.certs(name), fleet.coordinator_url()),
          joining_(secret(std::string(bot_token)), guilds_messages_and_content, {name}, which_),
          name_(std::move(name)) {}

    /// `more` is added to the bytes of the message.
    void greet(const std::string& more = {}) {
        const auto opened = node.attach();
        REQUIRE_MESSAGE(opened.has_value(), opened.error().message());
        REQUIRE(node.send(wire::encode(joining_.hello()) + more));
        auto first = node.receive();
        REQUIRE_MESSAGE(first.has_value(), first.error().message());
        const auto read = wire::decode_from_coordinator(*first);
        REQUIRE(read.has_value());
        REQUIRE(joining_.hear(std::get<wire::coordinator_challenge>(*read)));
    }
    [[nodiscard]] cluster::register_ask ask() const {
        cluster::register_ask what;
        what.process = {name_};
        what.incarnation = which_;
        what.capacity.max_shards = 1;
        joining_.sign(what);
        return what;
    }
    /// The answer to it.
    [[nodiscard]] cluster::to_worker registered_by(const cluster::register_ask& what, const std::string& more = {}) {
        REQUIRE(node.send(wire::encode(cluster::to_coordinator(what)) + more));
        const auto answer = node.receive();
        REQUIRE_MESSAGE(answer.has_value(), answer.error().message());
        return std::get<cluster::to_worker>(wire::decode_from_coordinator(*answer).value());
    }
    /// How the stream ends; what comes before is passed over.
    [[nodiscard]] failure end() {
        for (;;) {
            const auto got = node.receive();
            if (!got) return got.error();
        }
    }
    raw_node node;

private:
    cluster::incarnation which_{4711};
    wire::worker_joining joining_;
    std::string name_;
};

struct fleet_with_stranger : fleet_stage {
    fleet_with_stranger() : fleet_stage(under_traffic) {
        start_worker("w1");
        require_placed(*this, {"w1"});
        certificate("w9", "worker");
    }
    [[nodiscard]] bool counted(std::string_view kind, double least) const {
        return metric_reaches(ops_url(), fmt::format("shoal_node_bad_messages_total{{kind=\"{}\"}}", kind), least);
    }
    void still_well() {
        REQUIRE(further_events(100));
        CHECK(worker_state("w1") == "healthy");
        CHECK(running() == std::map<std::string, std::size_t>{{"w1", under_traffic.shards}});
        check_fleet(*this);
    }
};

/// A field, a message and an enum's value that no version of today has.
const std::string unknown_field = raw::bytes(1900, "of tomorrow");
const std::string unknown_kind = raw::bytes(900, "of tomorrow");

}  // namespace

TEST_CASE("what only a newer version says is passed over: fields, and kinds of messages, which are counted") {
    fleet_with_stranger fleet;
    {
        hand_made_worker newer(fleet, "w9");
        newer.greet(unknown_field);
        REQUIRE(newer.node.send(unknown_kind));
        auto ask = newer.ask();
        ask.version = cluster::protocol_version + 1;
        ask.draining = true;  // It is to be given nothing.
        CHECK(std::holds_alternative<cluster::registered>(newer.registered_by(ask, unknown_field)));
        REQUIRE(newer.node.send(unknown_kind));
        cluster::heartbeat beat;
        beat.number = cluster::beat_number{1};
        beat.draining = true;
        REQUIRE(newer.node.send(wire::encode(cluster::to_coordinator(beat)) + unknown_field));
        bool acked = false;
        for (int turn = 0; turn < 10 && !acked; ++turn) {
            const auto got = newer.node.receive();
            REQUIRE_MESSAGE(got.has_value(), got.error().message());
            const auto said = wire::decode_from_coordinator(*got).value();
            acked = std::holds_alternative<cluster::heartbeat_ack>(std::get<cluster::to_worker>(said));
        }
        CHECK(acked);
        CHECK(fleet.counted("unknown_kind", 2));
        REQUIRE(newer.node.send(wire::encode(cluster::to_coordinator(cluster::goodbye{}))));
        REQUIRE(eventually([&] { return fleet.worker_state("w9") == "dead"; }));
    }
    fleet.still_well();
}

TEST_CASE("a version that is too new, and one that is missing, is refused with both versions named") {
    fleet_with_stranger fleet;
    for (const auto version : {0U, cluster::protocol_version + 2, 4'000'000'000U, 0xFFFF'FFFFU}) {
        hand_made_worker other(fleet, "w9");
        other.greet();
        auto ask = other.ask();
        ask.version = version;
        const auto answer = other.registered_by(ask);
        const auto* no = std::get_if<cluster::register_refused>(&answer);
        REQUIRE(no != nullptr);
        CHECK(no->why == cluster::refusal::other_version);
        CHECK(no->detail == fmt::format("the coordinator speaks {}, the worker {}", cluster::protocol_version, version));
        CHECK(no->retry_after == duration{});
    }
    CHECK(metric_reaches(fleet.ops_url(), "shoal_fleet_refused_total{why=\"other_version\"}", 4));
    CHECK(times_said(fleet.coordinator().err(), "it speaks another version of the protocol") == 1);
    fleet.still_well();
}

TEST_CASE("a stream that does not begin as it must ends with the reason") {
    fleet_with_stranger fleet;
    const auto end_of = [&](const std::string& first) {
        raw_node node(fleet.certs("w9"), fleet.coordinator_url());
        REQUIRE(node.attach());
        REQUIRE(node.send(first));
        for (;;) {
            const auto got = node.receive();
            if (!got) return got.error().message();
        }
    };
    const auto hello = [](const std::string& fields) { return raw::bytes(1, fields); };
    const auto nonce = raw::bytes(4, std::string(32, 'n'));
    // Fields that are missing, too short, or a name that could forge a line of the log.
    CHECK(end_of(hello({})).contains("process"));
    CHECK(end_of(hello(raw::bytes(2, "w9") + nonce)).contains("incarnation"));
    CHECK(end_of(hello(raw::bytes(2, "w9") + raw::number(3, 7))).contains("nonce"));
    CHECK(end_of(hello(raw::bytes(2, "w9\nERROR") + raw::number(3, 7) + nonce)).contains("process"));
    CHECK(fleet.counted("bad_field", 4));
    CHECK(end_of("\xFF\xFF\xFF").contains("not a message"));
    CHECK(fleet.counted("garbage", 1));
    cluster::heartbeat beat;
    beat.number = cluster::beat_number{1};
    CHECK(end_of(wire::encode(cluster::to_coordinator(beat))).contains("a stream begins with Hello"));
    // Whoever repeats it makes one line a minute.
    CHECK(times_said(fleet.coordinator().err(), "a worker's stream did not begin as it must") == 1);
    fleet.still_well();
}

TEST_CASE(
    "a registration for somebody else, a second Hello, garbage and a message over the bound end that stream, and no other") {
    fleet_with_stranger fleet;
    {
        hand_made_worker other(fleet, "w9");
        other.greet();
        auto ask = other.ask();
        ask.process = {"w1"};
        REQUIRE(other.node.send(wire::encode(cluster::to_coordinator(ask))));
        CHECK(other.end().message().contains("RegisterAsk is of another worker than Hello"));
    }
    const auto after_registering = [&](std::string message) {
        hand_made_worker other(fleet, "w9");
        other.greet();
        auto ask = other.ask();
        ask.draining = true;
        REQUIRE(std::holds_alternative<cluster::registered>(other.registered_by(ask)));
        REQUIRE(other.node.send(std::move(message)));
        return other.end().message();
    };
    CHECK(after_registering(wire::encode(wire::worker_hello{.process = {"w9"}, .incarnation = cluster::incarnation{1}}))
              .contains("Hello comes once"));
    CHECK(after_registering("\xFF\xFF\xFF").contains("not a message"));
    CHECK(fleet.coordinator().says("a worker's message cannot be understood; its stream ends"));
    CHECK(after_registering(raw::bytes(900, std::string(5'000'000, 'x'))).contains("5000006 bytes, and 4194304 are the most"));
    CHECK(fleet.counted("too_large", 1));
    fleet.still_well();
}

TEST_CASE("requests of an operator's that cannot be read are refused, and calls that there are not") {
    fleet_with_stranger fleet;
    fleet.certificate("me", "operator");
    raw_node me(fleet.certs("me"), fleet.coordinator_url());
    const auto no = me.ask(std::string(wire::move_method), "\xFF\xFF");
    REQUIRE_FALSE(no);
    CHECK(no.error().message().contains("not a message"));
    const auto no_worker = me.ask(std::string(wire::drain_method), unknown_field);
    REQUIRE_FALSE(no_worker);
    CHECK(no_worker.error().message().contains("process"));
    CHECK(me.ask(std::string(wire::picture_method), unknown_field));
    const auto too_much = me.ask(std::string(wire::move_method), std::string(300'000, 'x'));
    REQUIRE_FALSE(too_much);
    CHECK(too_much.error().message().contains("300000 bytes, and 262144 are the most"));
    CHECK(fleet.counted("too_large", 1));
    CHECK_FALSE(me.ask("/shoal.v1.Operations/Tomorrow", {}));
    CHECK_FALSE(me.ask("/", {}));
    CHECK(fleet.counted("garbage", 1));
    CHECK(metric(fleet.ops_url(), "shoal_node_calls_total{outcome=\"unknown\"}") == 2);
    // A worker's certificate opens no operator's call, and an operator's no worker's stream.
    raw_node worker(fleet.certs("w9"), fleet.coordinator_url());
    const auto not_for_you = worker.ask(std::string(wire::pause_method), {});
    REQUIRE_FALSE(not_for_you);
    CHECK(not_for_you.error().message().contains("is for operator; the certificate of w9 says worker"));
    CHECK_FALSE(me.attach());
    CHECK(metric(fleet.ops_url(), "shoal_node_calls_total{outcome=\"wrong_role\"}") == 2);
    fleet.still_well();
}

TEST_CASE("a worker passes over what only a newer coordinator says, and leaves one that it cannot understand") {
    fleet_stage fleet({.shards = 2, .guilds = 4});
    fleet.certificate("w9", "worker");
    const auto taken = wire::encode(cluster::to_worker(cluster::registered{.leader = cluster::leader_epoch{1},
                                                                           .fleet = cluster::fleet_id{1},
                                                                           .coordinator = "c9",
                                                                           .lease = 3s,
                                                                           .beat_every = 1s,
                                                                           .total_shards = 2})) +
                       unknown_field;
    const raw_coordinator newer(fleet.certs("c1"), std::string(bot_token), [&](int turn) -> std::vector<std::string> {
        if (turn == 0) return {taken, unknown_kind, "\xFF\xFF\xFF"};
        // A reason to refuse that this version does not know.
        if (turn == 1) return {raw::bytes(3, raw::number(1, 99))};
        if (turn == 2) return {taken, raw::bytes(900, std::string(5'000'000, 'x'))};
        return {taken, unknown_kind};
    });
    auto flags = with_ops(fleet);
    flags.insert(flags.end(),
                 {"--mode", "worker", "--process-id", "w9", "--coordinator-url", newer.url(), "--certs", fleet.certs("w9")});
    process worker(fleet.bot_command(flags), fleet.environment());
    const auto ops = ops_url_of(worker);
    CHECK(metric_reaches(ops, "shoal_node_bad_messages_total{kind=\"unknown_kind\"}", 2));
    CHECK(metric(ops, "shoal_node_bad_messages_total{kind=\"garbage\"}") == 1);
    CHECK(metric(ops, "shoal_node_bad_messages_total{kind=\"too_large\"}") == 1);
    CHECK(metric(ops, "shoal_node_bad_messages_total{kind=\"bad_field\"}") == 1);
    CHECK(metric(ops, "shoal_coordinator_lost_total{kind=\"unreadable\"}") == 3);
    CHECK(metric_reaches(ops, "shoal_coordinator_registered", 1));
    CHECK(worker.says("cannot be understood"));
    worker.send(SIGTERM);
    const auto ended = worker.wait(30s);
    REQUIRE_MESSAGE(ended.has_value(), worker.err());
    CHECK(ended->code == 0);
}
