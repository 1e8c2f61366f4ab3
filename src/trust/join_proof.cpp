#include "trust/join_proof.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <string>

#include "base/assert.hpp"

namespace shoal::trust {
namespace {

void append(std::string& to, std::uint64_t number) {
    for (int shift = 56; shift >= 0; shift -= 8) to += static_cast<char>(number >> shift);
}

}  // namespace

nonce make_nonce() {
    nonce made{};
    SHOAL_ASSERT(RAND_bytes(made.data(), static_cast<int>(made.size())) == 1);
    return made;
}

proof prove(const secret& token, proof_subject subject, const join_facts& facts) {
    // Every part has a fixed length or stands behind its length: no two sets of facts give the same text.
    std::string text = "shoal join v1";
    text += static_cast<char>(subject);
    text.append(facts.from_coordinator.begin(), facts.from_coordinator.end());
    text.append(facts.from_worker.begin(), facts.from_worker.end());
    append(text, facts.process_id.size());
    text += facts.process_id;
    append(text, facts.incarnation);
    if (subject == proof_subject::intents) append(text, facts.intents);

    const auto key = token.reveal();
    proof made{};
    unsigned int size = 0;
    const auto* const done = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                                  reinterpret_cast<const unsigned char*>(text.data()), text.size(), made.data(), &size);
    SHOAL_ASSERT(done != nullptr && size == made.size());
    return made;
}

bool same(const proof& one, const proof& other) noexcept { return CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0; }

}  // namespace shoal::trust
