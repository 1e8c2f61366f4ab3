// How a worker and a coordinator find out whether they run the same bot.

#include "wire/joining.hpp"

#include <doctest/doctest.h>

using namespace shoal;
using namespace shoal::wire;

namespace {

const secret token("MTAwMDAwMDAwMDAwMDAwMDAwMA.Gabcde.0123456789");

struct outcome {
    bool worker_content = false;
    std::string token_proof, intents_proof;
    std::string on_the_wire;
};

/// Both halves, over the wire.
outcome join(const secret& of_worker, const secret& of_coordinator, std::uint64_t worker_intents = 513,
             std::uint64_t coordinator_intents = 513) {
    worker_joining worker(of_worker, worker_intents, {"w1"}, cluster::incarnation(7));
    coordinator_joining coordinator(of_coordinator, coordinator_intents);
    outcome result;
    const auto first = encode(worker.hello());
    const auto second = encode(coordinator.hear(std::get<worker_hello>(decode_from_worker(first).value())));
    result.worker_content = worker.hear(std::get<coordinator_challenge>(decode_from_coordinator(second).value()));
    cluster::register_ask ask;
    ask.process = {"w1"};
    ask.incarnation = cluster::incarnation(7);
    worker.sign(ask);
    const auto third = encode(cluster::to_coordinator(ask));
    auto got = std::get<cluster::register_ask>(std::get<cluster::to_coordinator>(decode_from_worker(third).value()));
    coordinator.judge(got);
    result.token_proof = got.token_proof;
    result.intents_proof = got.intents_proof;
    result.on_the_wire = first + second + third;
    return result;
}

}  // namespace

TEST_CASE("the same token and intents are proven to both sides, and nothing of the token is sent") {
    const auto got = join(token, token);
    CHECK(got.worker_content);
    CHECK(got.token_proof == proven);
    CHECK(got.intents_proof == proven);
    for (std::size_t at = 0; at + 6 <= token.reveal().size(); ++at)
        CHECK_FALSE(got.on_the_wire.contains(token.reveal().substr(at, 6)));
}

TEST_CASE("another token is seen by both sides") {
    const auto got = join(token, secret("another"));
    CHECK_FALSE(got.worker_content);
    CHECK(got.token_proof.empty());
    CHECK(got.intents_proof.empty());
}

TEST_CASE("other intents are told apart from another token") {
    const auto got = join(token, token, 513, 515);
    CHECK(got.worker_content);
    CHECK(got.token_proof == proven);
    CHECK(got.intents_proof.empty());
}

TEST_CASE("what was heard on one stream proves nothing on the next") {
    coordinator_joining first(token, 513);
    coordinator_joining second(token, 513);
    worker_joining worker(token, 513, {"w1"}, cluster::incarnation(7));
    CHECK(worker.hear(first.hear(worker.hello())));
    cluster::register_ask ask;
    ask.process = {"w1"};
    ask.incarnation = cluster::incarnation(7);
    worker.sign(ask);
    (void)second.hear(worker.hello());
    auto replayed = ask;
    second.judge(replayed);
    CHECK(replayed.token_proof.empty());
    first.judge(ask);
    CHECK(ask.token_proof == proven);
}

TEST_CASE("a coordinator's own proof, handed back, does not get anybody in") {
    coordinator_joining coordinator(token, 513);
    worker_joining stranger(secret("unknown"), 513, {"w1"}, cluster::incarnation(7));
    const auto challenge = coordinator.hear(stranger.hello());
    cluster::register_ask ask;
    ask.process = {"w1"};
    ask.incarnation = cluster::incarnation(7);
    ask.token_proof.assign(challenge.token_proof.begin(), challenge.token_proof.end());
    ask.intents_proof = ask.token_proof;
    coordinator.judge(ask);
    CHECK(ask.token_proof.empty());
    CHECK(ask.intents_proof.empty());
    // Nor does the word that a coordinator uses within itself.
    ask.token_proof = proven;
    coordinator.judge(ask);
    CHECK(ask.token_proof.empty());
}

TEST_CASE("proofs of another process or incarnation than the one that said hello are wrong") {
    for (const auto& [name, incarnation] : {std::pair("w2", 7U), std::pair("w1", 8U)}) {
        coordinator_joining coordinator(token, 513);
        worker_joining worker(token, 513, {"w1"}, cluster::incarnation(7));
        CHECK(worker.hear(coordinator.hear(worker.hello())));
        cluster::register_ask ask;
        worker.sign(ask);
        ask.process = {name};
        ask.incarnation = cluster::incarnation(incarnation);
        coordinator.judge(ask);
        CHECK(ask.token_proof.empty());
    }
}
