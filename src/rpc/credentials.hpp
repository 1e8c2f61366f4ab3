#pragma once
// TLS between nodes, as gRPC takes it: mutual, 1.3 only, with certificates that can be replaced while it runs. For this room
// only. Not here: reading and checking certificates (src/trust).
//
// gRPC has no setting for a least TLS version. What holds: all keys are ECDSA (src/trust sees to it), and the only TLS 1.2 suite
// in gRPC's list is one for RSA keys, so no TLS 1.2 handshake finds a suite; the suites of TLS 1.3 are not in that list. gRPC
// reads the list from the environment, once. It is put there before main() begins, while there is one thread.

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "rpc/stream.hpp"
#include "trust/node_files.hpp"

namespace grpc {
class AuthContext;
}

namespace shoal::rpc {

/// What must hold before the first use of gRPC; cheap to ask again. errc::broken if something in this process has taken the list
/// of suites away before gRPC read it.
[[nodiscard]] result<void> prepare_grpc();

/// What a server shows and whom it trusts, from the next handshake on. Thread-safe.
class certificate_source {
public:
    explicit certificate_source(trust::node_texts texts);
    ~certificate_source();
    void use(trust::node_texts texts);

    struct shared;
    [[nodiscard]] const std::shared_ptr<shared>& inner() const noexcept { return shared_; }

private:
    std::shared_ptr<shared> shared_;
};
[[nodiscard]] std::shared_ptr<grpc::ServerCredentials> server_credentials(const certificate_source& source);

/// What a client shows and whom it trusts. A new set is a new object.
[[nodiscard]] std::shared_ptr<grpc::ChannelCredentials> client_credentials(const trust::node_texts& texts);

/// Whose certificate is at the other end. errc::untrusted if there is none, or one with an RSA key: with such a one TLS 1.2 could
/// have been spoken. `peer` as gRPC writes addresses: "ipv4:127.0.0.1:80".
[[nodiscard]] result<peer_identity> identity_of(const grpc::AuthContext* context, std::string_view peer);
/// "ipv6:%5B::1%5D:80" -> "[::1]:80".
[[nodiscard]] std::string plain_address(std::string_view peer);

}  // namespace shoal::rpc
