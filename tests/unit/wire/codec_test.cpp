// Messages between nodes: what is sent is what is read.

#include "wire/codec.hpp"

#include <doctest/doctest.h>

#include <set>

#include "wire/limits.hpp"
#include "wire/methods.hpp"

using namespace shoal;
using namespace shoal::wire;
using namespace std::chrono_literals;

namespace {

cluster::resume_ticket some_ticket(std::uint32_t shard = 3) {
    return {.shard = {shard, 16},
            .session_id = "0123456789abcdef0123456789abcdef",
            .resume_url = "wss://gateway-us-east1-b.discord.gg",
            .seq = 4711,
            .done = 4700,
            .intents = 513};
}

cluster::shard_report some_report(std::uint32_t shard = 3) {
    cluster::shard_report report;
    report.shard = shard;
    report.epoch = cluster::shard_epoch(9);
    report.status = cluster::shard_status::live;
    report.ticket = some_ticket(shard);
    report.seq = 4711;
    report.done = 4700;
    report.lost_session = "gone";
    report.without_guilds = true;
    report.leased = true;
    report.metrics = {.guilds = 900,
                      .cpu_share = 0.25,
                      .events_per_second = 12.5,
                      .latency = 41ms,
                      .lost_events = 1,
                      .resumes = 2,
                      .identifies = 3,
                      .queue_depth = 4,
                      .cache_incomplete = true,
                      .partial_guilds = 5};
    report.refused = {4011, "too many guilds"};
    return report;
}

const cluster::rest_use some_use{
    .sent_per_second = 11.5, .waiting = 7, .in_use = 12, .most = 40, .obeys = cluster::beat_number(11)};

cluster::register_ask some_register() {
    cluster::register_ask ask;
    ask.process = {"worker-1"};
    ask.incarnation = cluster::incarnation(77);
    ask.succeeds = cluster::incarnation(76);
    ask.zone = "a";
    ask.listen_url = "https://10.0.0.5:8444";
    ask.software = "0.1.0";
    ask.capacity = {.millicores = 4000, .memory_mb = 8192, .max_shards = 10};
    ask.token_proof = std::string(32, 't');
    ask.intents_proof = std::string(32, 'i');
    ask.fleet = cluster::fleet_id(5);
    ask.highest_leader = cluster::leader_epoch(6);
    ask.fresh = false;
    ask.shards = {some_report(3), some_report(4)};
    ask.draining = true;
    ask.rest = some_use;
    return ask;
}

const cluster::shard_epoch epoch{9};
const cluster::leader_epoch leader{6};

std::vector<cluster::to_coordinator> all_from_worker() {
    cluster::heartbeat beat;
    beat.number = cluster::beat_number(12);
    beat.metrics = {.cpu_share = 0.5, .memory_mb = 100, .events_per_second = 7, .queue_depth = 3};
    beat.shards = {some_report()};
    beat.draining = true;
    beat.rest = some_use;
    return {some_register(),
            beat,
            cluster::permit_ask{3, epoch, true, "lost"},
            cluster::permit_withdrawn{3, epoch},
            cluster::permit_used{3, epoch, cluster::permit_number(2)},
            cluster::permit_returned{3, epoch, cluster::permit_number(2)},
            cluster::identify_ended{3, epoch, true},
            cluster::spare_ask{3, epoch},
            cluster::goodbye{}};
}

std::vector<cluster::to_worker> all_from_coordinator() {
    return {cluster::registered{leader, cluster::fleet_id(5), "c1", 5s, 1s, 16},
            cluster::register_refused{cluster::refusal::not_leader, "https://c2:8443", 2s},
            cluster::heartbeat_ack{cluster::beat_number(12), leader, 5s, {12, 20s, 1, 10min}},
            cluster::start_order{{3, 16}, epoch, leader, some_ticket(), true, "joined"},
            cluster::stop_order{3, epoch, leader, "moved to w2"},
            cluster::ticket_noted{3, epoch, leader, "0123"},
            cluster::permit_grant{3, epoch, leader, cluster::permit_number(2), cluster::beat_number(12), 1s},
            cluster::permit_refusal{3, epoch, leader, "would eat the reserve"},
            cluster::spare_answer{3, epoch, leader, true},
            cluster::drain_told{leader, true}};
}

std::vector<cluster::operator_request> all_requests() {
    return {cluster::picture_ask{},
            cluster::events_ask{17},
            cluster::explain_ask{3},
            cluster::move_ask{{3, 4, 5}, cluster::process_id{"worker-2"}, true},
            cluster::drain_ask{{"worker-1"}, true},
            cluster::cordon_ask{{"worker-1"}, false},
            cluster::pause_ask{false},
            cluster::rebalance_ask{true},
            cluster::fence_ask{{"worker-1"}, cluster::incarnation(77)},
            cluster::reserve_ask{false}};
}

std::vector<cluster::operator_answer> all_answers() {
    cluster::cluster_picture picture;
    picture.coordinator = "c1";
    picture.leader = leader;
    picture.fleet = cluster::fleet_id(5);
    picture.total_shards = 16;
    picture.succession = {"c1", "c2"};
    picture.paused = true;
    picture.waiting_for = "the lease after taking office";
    picture.alarms = {"no room for 2 shards"};
    picture.identify = {.total = 1000,
                        .remaining = 900,
                        .reserve = 100,
                        .foreign = 3,
                        .spent = 97,
                        .reset_after = 3h,
                        .waiting = 2,
                        .budget_known = true,
                        .reserve_in_use = true,
                        .trouble = "none is left"};
    picture.rest = {.limit_per_second = 50,
                    .paced_per_second = 45,
                    .leased_per_second = 40,
                    .kept_per_second = 3,
                    .sent_per_second = 17.5,
                    .waiting = 6,
                    .without = 1};
    cluster::worker_picture worker;
    worker.process = {"worker-1"};
    worker.incarnation = cluster::incarnation(77);
    worker.state = cluster::worker_state::suspect;
    worker.reason = "late";
    worker.zone = "a";
    worker.software = "0.1.0";
    worker.listen_url = "https://10.0.0.5:8444";
    worker.capacity = {.millicores = 4000, .memory_mb = 1, .max_shards = 2};
    worker.metrics = {.cpu_share = 1, .memory_mb = 2, .events_per_second = 3, .queue_depth = 4};
    worker.cordoned = true;
    worker.last_heard = 1500ms;
    worker.shards = {3, 4};
    worker.rest_per_second = 12;
    worker.rest_sent_per_second = 3.5;
    worker.rest_waiting = 4;
    picture.workers = {worker};
    cluster::shard_picture shard;
    shard.shard = 3;
    shard.owner = cluster::process_id{"worker-1"};
    shard.epoch = epoch;
    shard.state = cluster::placement_state::running;
    shard.status = cluster::shard_status::live;
    shard.reason = "joined";
    shard.refused_with = 4011;
    shard.metrics = some_report().metrics;
    picture.shards = {shard, {}};
    cluster::fleet_event event{17, 3s, "worker-1", 3, "moved"};
    return {
        picture,
        cluster::events_told{{event, {18, 0s, "", std::nullopt, "paused"}}},
        cluster::explained{{"because", "and"}},
        cluster::plan_told{{{3, cluster::process_id{"a"}, {"b"}, "load"}, {4, std::nullopt, {"b"}, ""}}, {"5: no room"}, true},
        cluster::operator_done{"done"},
        cluster::operator_refused{cluster::operator_refused::reason::conflict, "moving already"}};
}

}  // namespace

TEST_CASE("every message of a worker comes back as it was sent") {
    const auto all = all_from_worker();
    CHECK(all.size() == std::variant_size_v<cluster::to_coordinator>);
    for (const auto& sent : all) {
        const auto raw = encode(sent);
        const auto read = decode_from_worker(raw);
        REQUIRE(read);
        const auto& got = std::get<cluster::to_coordinator>(*read);
        CHECK(got.index() == sent.index());
        CHECK(encode(got) == raw);
    }
}

TEST_CASE("every message of a coordinator comes back as it was sent") {
    const auto all = all_from_coordinator();
    CHECK(all.size() == std::variant_size_v<cluster::to_worker>);
    for (const auto& sent : all) {
        const auto raw = encode(sent);
        const auto read = decode_from_coordinator(raw);
        REQUIRE(read);
        const auto& got = std::get<cluster::to_worker>(*read);
        CHECK(got.index() == sent.index());
        CHECK(encode(got) == raw);
    }
}

TEST_CASE("every request of an operator and every answer comes back as it was sent, each request by its own method") {
    const auto requests = all_requests();
    CHECK(requests.size() == std::variant_size_v<cluster::operator_request>);
    std::set<std::string_view> methods;
    for (const auto& sent : requests) {
        methods.insert(method_of(sent));
        const auto read = decode_operator_request(method_of(sent), encode(sent));
        REQUIRE(read);
        CHECK(read->index() == sent.index());
        CHECK(encode(*read) == encode(sent));
    }
    CHECK(methods.size() == requests.size());
    const auto answers = all_answers();
    CHECK(answers.size() == std::variant_size_v<cluster::operator_answer>);
    for (const auto& sent : answers) {
        const auto read = decode_operator_answer(encode(sent));
        REQUIRE(read);
        CHECK(read->index() == sent.index());
        CHECK(encode(*read) == encode(sent));
    }
}

TEST_CASE("no field of a report, a ticket or a registration is forgotten") {
    const auto read =
        std::get<cluster::to_coordinator>(decode_from_worker(encode(cluster::to_coordinator(some_register()))).value());
    const auto& got = std::get<cluster::register_ask>(read);
    const auto sent = some_register();
    CHECK(got.version == sent.version);
    CHECK(got.process == sent.process);
    CHECK(got.incarnation == sent.incarnation);
    CHECK(got.succeeds == sent.succeeds);
    CHECK(got.zone == sent.zone);
    CHECK(got.listen_url == sent.listen_url);
    CHECK(got.software == sent.software);
    CHECK(got.capacity == sent.capacity);
    CHECK(got.token_proof == sent.token_proof);
    CHECK(got.intents_proof == sent.intents_proof);
    CHECK(got.fleet == sent.fleet);
    CHECK(got.highest_leader == sent.highest_leader);
    CHECK(got.fresh == sent.fresh);
    CHECK(got.draining == sent.draining);
    REQUIRE(got.shards.size() == 2);
    const auto& report = got.shards[1];
    CHECK(report.shard == 4);
    CHECK(report.epoch == epoch);
    CHECK(report.status == cluster::shard_status::live);
    CHECK(report.ticket == some_ticket(4));
    CHECK(report.seq == 4711);
    CHECK(report.done == 4700);
    CHECK(report.lost_session == "gone");
    CHECK(report.without_guilds);
    CHECK(report.refused == cluster::gateway_refusal{4011, "too many guilds"});
    CHECK(report.leased);
    CHECK(report.metrics.guilds == 900);
    CHECK(report.metrics.cpu_share == 0.25);
    CHECK(report.metrics.events_per_second == 12.5);
    CHECK(report.metrics.latency == 41ms);
    CHECK(report.metrics.lost_events == 1);
    CHECK(report.metrics.resumes == 2);
    CHECK(report.metrics.identifies == 3);
    CHECK(report.metrics.queue_depth == 4);
    CHECK(report.metrics.cache_incomplete);
    CHECK(report.metrics.partial_guilds == 5);
}

TEST_CASE("the ticket of a shard that is handed over brings its application, its guilds and whether its RESUME was answered") {
    auto ticket = some_ticket(3);
    ticket.application = application_id(700);
    ticket.unsettled = true;
    for (std::uint64_t id = 1; id <= 2'500; ++id) ticket.guilds.push_back({guild_id(id << 40), discord::guild_state(id % 4)});
    const auto order =
        encode(cluster::to_worker(cluster::start_order{{3, ticket.shard.total}, epoch, leader, ticket, false, "x"}));
    CHECK(order.size() < 24'000);
    const auto read = std::get<cluster::to_worker>(decode_from_coordinator(order).value());
    CHECK(std::get<cluster::start_order>(read).ticket == ticket);
    // More than any shard can have are left out; the rest is worth as much without them.
    auto none = ticket;
    none.guilds.clear();
    none.without_guilds = true;
    const auto told = encode(cluster::to_worker(cluster::start_order{{3, ticket.shard.total}, epoch, leader, none, false, "x"}));
    CHECK(std::get<cluster::start_order>(std::get<cluster::to_worker>(decode_from_coordinator(told).value())).ticket == none);
    ticket.guilds.resize(most_ticket_guilds + 1, {guild_id(1), discord::guild_state::available});
    const auto many =
        encode(cluster::to_worker(cluster::start_order{{3, ticket.shard.total}, epoch, leader, ticket, false, "x"}));
    const auto without = std::get<cluster::to_worker>(decode_from_coordinator(many).value());
    CHECK(std::get<cluster::start_order>(without).ticket->guilds.empty());
    CHECK(std::get<cluster::start_order>(without).ticket->session_id == ticket.session_id);
}

TEST_CASE("hello and challenge carry their random numbers and proofs") {
    worker_hello hello_sent{.process = {"w1"}, .incarnation = cluster::incarnation(7)};
    hello_sent.nonce.fill(9);
    const auto hello_read = std::get<worker_hello>(decode_from_worker(encode(hello_sent)).value());
    CHECK(hello_read.version == cluster::protocol_version);
    CHECK(hello_read.process.value == "w1");
    CHECK(hello_read.incarnation == cluster::incarnation(7));
    CHECK(hello_read.nonce == hello_sent.nonce);
    coordinator_challenge challenge;
    challenge.nonce.fill(3);
    challenge.token_proof.fill(4);
    const auto read = std::get<coordinator_challenge>(decode_from_coordinator(encode(challenge)).value());
    CHECK(read.nonce == challenge.nonce);
    CHECK(read.token_proof == challenge.token_proof);
}

TEST_CASE("the largest registration and the largest picture keep their bounds") {
    auto ask = some_register();
    ask.shards.clear();
    auto largest = some_report();
    largest.ticket->shard.total = most_total_shards;
    largest.ticket->session_id = std::string(200, 's');
    largest.ticket->resume_url = std::string(200, 'u');
    for (std::uint32_t i = 0; i < most_reports; ++i) {
        largest.shard = largest.ticket->shard.id = i;
        ask.shards.push_back(largest);
    }
    const auto raw = encode(cluster::to_coordinator(ask));
    CHECK(raw.size() <= most_stream_bytes);
    CHECK(decode_from_worker(raw));
    auto picture = std::get<cluster::cluster_picture>(all_answers().front());
    picture.shards.assign(16'384, picture.shards.front());
    picture.workers.assign(1'000, picture.workers.front());
    const auto answer = encode(cluster::operator_answer(picture));
    CHECK(answer.size() <= most_answer_bytes / 4);
    CHECK(decode_operator_answer(answer));
}

TEST_CASE("what is written keeps the bounds of what is read") {
    std::string reason;
    for (int i = 0; i < 400; ++i) reason += "\xE2\x82\xAC\n";  // The euro sign has three bytes.
    const auto read = decode_from_coordinator(encode(cluster::to_worker(cluster::stop_order{3, epoch, leader, reason})));
    REQUIRE(read);
    const auto& got = std::get<cluster::stop_order>(std::get<cluster::to_worker>(*read)).reason;
    CHECK(got.size() <= most_text_bytes);
    CHECK(got.size() > most_text_bytes - 4);
    CHECK(got.starts_with("\xE2\x82\xAC?\xE2\x82\xAC?"));
    CHECK(decode_from_coordinator(encode(cluster::to_worker(cluster::stop_order{3, epoch, leader, "not \xFF utf-8"}))));
}

TEST_CASE("the methods that the code names are those that the .proto declares") {
    std::set<std::string> declared;
    for (const auto& method : declared_methods()) {
        declared.insert(method.path);
        CHECK(method.is_stream == (method.path == attach_method));
    }
    std::set<std::string> named{std::string(attach_method)};
    for (const auto& request : all_requests()) named.insert(std::string(method_of(request)));
    CHECK(declared == named);
}
