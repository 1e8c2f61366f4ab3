#pragma once
// The first words of a worker's stream: both sides show by keyed hash that they hold the same token, and the worker that it asks
// for the same intents. Neither is ever sent. Pure.
//
//     worker                                   coordinator
//     hello (who I am, my nonce)          ->
//                                         <-   challenge (my nonce, proof of the token)
//     register_ask (with both proofs)     ->
//
// Not here: what follows from a difference (src/cluster refuses by other_token, other_intents), the stream (src/rpc).

#include <cstdint>
#include <string>

#include "base/secret.hpp"
#include "cluster/messages.hpp"
#include "wire/codec.hpp"

namespace shoal::wire {

/// What register_ask::token_proof and intents_proof are within a coordinator once the proofs on the wire were found to be right;
/// the brain's own are the same word, so that it compares what it knows nothing of. A wrong proof is empty there.
inline const std::string proven = "proven";

/// A worker's half. One for each stream.
class worker_joining {
public:
    /// `token` is kept; `intents` are those that the bot's sessions are identified with.
    worker_joining(secret token, std::uint64_t intents, cluster::process_id process, cluster::incarnation incarnation);
    /// To be sent first.
    [[nodiscard]] worker_hello hello() const;
    /// False: the coordinator holds another token. It may be told so by register_ask, whose proofs it will refuse; but nothing
    /// that the worker holds should be in that.
    [[nodiscard]] bool hear(const coordinator_challenge& challenge);
    /// After hear(): puts the proofs into the message that is sent.
    void sign(cluster::register_ask& ask) const;

private:
    [[nodiscard]] trust::join_facts facts() const;
    secret token_;
    std::uint64_t intents_;
    cluster::process_id process_;
    cluster::incarnation incarnation_;
    trust::nonce mine_, theirs_{};
};

/// A coordinator's half. One for each stream.
class coordinator_joining {
public:
    coordinator_joining(secret token, std::uint64_t intents);
    /// The answer to the first message.
    [[nodiscard]] coordinator_challenge hear(const worker_hello& hello);
    /// After hear(): replaces each proof that is right by `proven` and each other by nothing. Proofs of another process or
    /// incarnation than the hello's are wrong ones.
    void judge(cluster::register_ask& ask) const;

private:
    [[nodiscard]] trust::join_facts facts() const;
    secret token_;
    std::uint64_t intents_;
    trust::nonce mine_, theirs_{};
    cluster::process_id process_;
    cluster::incarnation incarnation_{};
};

}  // namespace shoal::wire
