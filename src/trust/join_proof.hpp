#pragma once
// How two nodes find out that they hold the same token and the same intents without sending either: each shows a keyed hash over
// random numbers of both. The key is the bot's token.
// Not here: messages that carry the proofs (src/wire), and what a difference leads to (the coordinator's and the worker's role).

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/secret.hpp"

namespace shoal::trust {

using nonce = std::array<unsigned char, 32>;
using proof = std::array<unsigned char, 32>;

/// Random bytes of the system; never the same twice.
[[nodiscard]] nonce make_nonce();

/// What a proof is about. Each is a hash of its own, so that a difference can be named, and so that nobody can hand a proof back
/// as if it were its own.
enum class proof_subject : std::uint8_t { token_of_worker = 1, token_of_coordinator = 2, intents = 3 };

/// What both sides know of one attempt to join.
struct join_facts {
    nonce from_coordinator{};
    nonce from_worker{};
    std::string_view process_id;    ///< Of the worker.
    std::uint64_t incarnation = 0;  ///< Of the worker.
    std::uint64_t intents = 0;      ///< Each side's own; only the proof of intents depends on it.
};

/// HMAC-SHA256 with `token` as the key.
[[nodiscard]] proof prove(const secret& token, proof_subject subject, const join_facts& facts);
/// In a time that does not depend on where they differ.
[[nodiscard]] bool same(const proof& one, const proof& other) noexcept;

}  // namespace shoal::trust
