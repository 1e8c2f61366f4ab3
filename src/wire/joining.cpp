#include "wire/joining.hpp"

#include <utility>

namespace shoal::wire {
namespace {

using trust::proof_subject;

std::string text_of(const trust::proof& made) { return {made.begin(), made.end()}; }

bool is(const std::string& sent, const trust::proof& right) {
    trust::proof got{};
    if (sent.size() != got.size()) return false;
    sent.copy(reinterpret_cast<char*>(got.data()), got.size());
    return trust::same(got, right);
}

}  // namespace

worker_joining::worker_joining(secret token, std::uint64_t intents, cluster::process_id process, cluster::incarnation incarnation)
    : token_(std::move(token)),
      intents_(intents),
      process_(std::move(process)),
      incarnation_(incarnation),
      mine_(trust::make_nonce()) {}

trust::join_facts worker_joining::facts() const {
    return {.from_coordinator = theirs_,
            .from_worker = mine_,
            .process_id = process_.value,
            .incarnation = cluster::number(incarnation_),
            .intents = intents_};
}

worker_hello worker_joining::hello() const { return {.process = process_, .incarnation = incarnation_, .nonce = mine_}; }

bool worker_joining::hear(const coordinator_challenge& challenge) {
    theirs_ = challenge.nonce;
    return trust::same(challenge.token_proof, trust::prove(token_, proof_subject::token_of_coordinator, facts()));
}

void worker_joining::sign(cluster::register_ask& ask) const {
    ask.token_proof = text_of(trust::prove(token_, proof_subject::token_of_worker, facts()));
    ask.intents_proof = text_of(trust::prove(token_, proof_subject::intents, facts()));
}

coordinator_joining::coordinator_joining(secret token, std::uint64_t intents)
    : token_(std::move(token)), intents_(intents), mine_(trust::make_nonce()) {}

trust::join_facts coordinator_joining::facts() const {
    return {.from_coordinator = mine_,
            .from_worker = theirs_,
            .process_id = process_.value,
            .incarnation = cluster::number(incarnation_),
            .intents = intents_};
}

coordinator_challenge coordinator_joining::hear(const worker_hello& hello) {
    theirs_ = hello.nonce;
    process_ = hello.process;
    incarnation_ = hello.incarnation;
    return {.nonce = mine_, .token_proof = trust::prove(token_, proof_subject::token_of_coordinator, facts())};
}

void coordinator_joining::judge(cluster::register_ask& ask) const {
    const bool same_worker = ask.process == process_ && ask.incarnation == incarnation_;
    const bool token = same_worker && is(ask.token_proof, trust::prove(token_, proof_subject::token_of_worker, facts()));
    const bool intents = same_worker && is(ask.intents_proof, trust::prove(token_, proof_subject::intents, facts()));
    ask.token_proof = token ? proven : "";
    ask.intents_proof = intents ? proven : "";
}

}  // namespace shoal::wire
