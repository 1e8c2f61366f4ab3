#pragma once
// Messages between nodes, from plain values to bytes and back. Reading checks every field against the bounds of limits.hpp; a
// message is taken whole or not at all.
// Not here: streams (src/rpc), what messages mean (src/cluster), comparing proofs (src/trust).

#include <string>
#include <string_view>
#include <variant>

#include "cluster/messages.hpp"
#include "cluster/operator_messages.hpp"
#include "shoal/error.hpp"
#include "trust/join_proof.hpp"
#include "wire/errc.hpp"

namespace shoal::wire {

/// The first message of a worker's stream. The proofs in register_ask are made over both nonces.
struct worker_hello {
    std::uint32_t version = cluster::protocol_version;
    cluster::process_id process;
    cluster::incarnation incarnation{};
    trust::nonce nonce{};
};
/// The answer to it.
struct coordinator_challenge {
    std::uint32_t version = cluster::protocol_version;
    trust::nonce nonce{};
    trust::proof token_proof{};  ///< Of proof_subject::token_of_coordinator.
};

using from_worker = std::variant<worker_hello, cluster::to_coordinator>;
using from_coordinator = std::variant<coordinator_challenge, cluster::to_worker>;

[[nodiscard]] std::string encode(const worker_hello& message);
[[nodiscard]] std::string encode(const cluster::to_coordinator& message);
[[nodiscard]] result<from_worker> decode_from_worker(std::string_view bytes);

[[nodiscard]] std::string encode(const coordinator_challenge& message);
[[nodiscard]] std::string encode(const cluster::to_worker& message);
[[nodiscard]] result<from_coordinator> decode_from_coordinator(std::string_view bytes);

/// The method of wire/methods.hpp that carries this request.
[[nodiscard]] std::string_view method_of(const cluster::operator_request& request) noexcept;
[[nodiscard]] std::string encode(const cluster::operator_request& request);
/// errc::unknown_kind for a method that carries no operator's request.
[[nodiscard]] result<cluster::operator_request> decode_operator_request(std::string_view method, std::string_view bytes);

[[nodiscard]] std::string encode(const cluster::operator_answer& answer);
[[nodiscard]] result<cluster::operator_answer> decode_operator_answer(std::string_view bytes);

}  // namespace shoal::wire
