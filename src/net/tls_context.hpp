#pragma once
// The inside of tls_context, and an owned OpenSSL session for one connection. For the sources of this room only.

#include <openssl/ssl.h>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "net/tls.hpp"

namespace shoal::net {

template <auto Free>
struct openssl_free {
    template <class T>
    void operator()(T* thing) const noexcept {
        Free(thing);
    }
};
using ssl_ptr = std::unique_ptr<SSL, openssl_free<SSL_free>>;
using ssl_ctx_ptr = std::unique_ptr<SSL_CTX, openssl_free<SSL_CTX_free>>;
using ssl_session_ptr = std::unique_ptr<SSL_SESSION, openssl_free<SSL_SESSION_free>>;

class tls_context {
public:
    explicit tls_context(ssl_ctx_ptr context) : context_(std::move(context)) {}
    [[nodiscard]] SSL_CTX* native() const noexcept { return context_.get(); }

private:
    ssl_ctx_ptr context_;
};

/// A client's side of one connection to `host` (a DNS name or an IP address): name indication and verification are set.
[[nodiscard]] result<ssl_ptr> client_session(tls_context& context, const std::string& host);
/// A server's side of one connection.
[[nodiscard]] result<ssl_ptr> server_session(tls_context& context);

/// What OpenSSL's error queue of this thread says, as one line; empties the queue.
[[nodiscard]] std::string openssl_errors();
/// Why a handshake failed: the certificate if it was at fault, else `otherwise`.
[[nodiscard]] failure handshake_failure(SSL* ssl, const std::string& host, std::string_view otherwise);

}  // namespace shoal::net
