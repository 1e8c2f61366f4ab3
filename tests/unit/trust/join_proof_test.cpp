// Two nodes compare what they hold without showing it.

#include "trust/join_proof.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace shoal;
using namespace shoal::trust;

namespace {
join_facts some_facts() {
    join_facts facts;
    facts.from_coordinator.fill(1);
    facts.from_worker.fill(2);
    facts.process_id = "worker-1";
    facts.incarnation = 77;
    facts.intents = 513;
    return facts;
}
}  // namespace

TEST_CASE("the same token and the same facts give the same proof, anything else another") {
    const secret token("a token");
    const auto facts = some_facts();
    CHECK(same(prove(token, proof_subject::token_of_worker, facts), prove(token, proof_subject::token_of_worker, facts)));

    std::set<proof> seen{prove(token, proof_subject::token_of_worker, facts)};
    const auto differs = [&](const proof& one) { CHECK(seen.insert(one).second); };
    differs(prove(secret("another"), proof_subject::token_of_worker, facts));
    differs(prove(token, proof_subject::token_of_coordinator, facts));
    differs(prove(token, proof_subject::intents, facts));
    auto other = facts;
    other.from_coordinator[31] = 9;
    differs(prove(token, proof_subject::token_of_worker, other));
    other = facts;
    other.from_worker[0] = 9;
    differs(prove(token, proof_subject::token_of_worker, other));
    other = facts;
    other.process_id = "worker-2";
    differs(prove(token, proof_subject::token_of_worker, other));
    other = facts;
    other.incarnation = 78;
    differs(prove(token, proof_subject::token_of_worker, other));
    other = facts;
    other.intents = 512;
    differs(prove(token, proof_subject::intents, other));
}

TEST_CASE("a difference in intents does not spoil the proof of the token") {
    const secret token("a token");
    auto other = some_facts();
    other.intents = 1;
    CHECK(same(prove(token, proof_subject::token_of_worker, some_facts()), prove(token, proof_subject::token_of_worker, other)));
}

TEST_CASE("one bit is enough to tell two proofs apart") {
    const auto one = prove(secret("a token"), proof_subject::intents, some_facts());
    for (std::size_t i = 0; i < one.size() * 8; ++i) {
        auto other = one;
        other[i / 8] = static_cast<unsigned char>(other[i / 8] ^ (1U << (i % 8)));
        CHECK_FALSE(same(one, other));
    }
}

TEST_CASE("the proof is HMAC-SHA256, as another program computed it") {
    // python3: hmac.new(b"a token", b"shoal join v1" + b"\x01" + b"\x01"*32 + b"\x02"*32 + (8).to_bytes(8) + b"worker-1" +
    //          (77).to_bytes(8), "sha256").hexdigest()
    const auto made = prove(secret("a token"), proof_subject::token_of_worker, some_facts());
    std::string hex;
    for (const auto byte : made) {
        hex += "0123456789abcdef"[byte >> 4U];
        hex += "0123456789abcdef"[byte & 15U];
    }
    CHECK(hex == "e04ac94b5fb40c544d4b62abdecb926b0b2c4efad6698bba5d62a6025a92308d");
}

TEST_CASE("a nonce is never the same twice") {
    std::set<nonce> seen;
    for (int i = 0; i < 100; ++i) CHECK(seen.insert(make_nonce()).second);
}
