#include "net/tls.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/address.hpp>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "net/errc.hpp"
#include "net/tls_context.hpp"

namespace shoal::net {
namespace {

using bio_ptr = std::unique_ptr<BIO, openssl_free<BIO_free_all>>;
using x509_ptr = std::unique_ptr<X509, openssl_free<X509_free>>;
using key_ptr = std::unique_ptr<EVP_PKEY, openssl_free<EVP_PKEY_free>>;

bio_ptr reading(std::string_view text) { return bio_ptr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

// Without this OpenSSL would ask for the password of an encrypted key on the terminal.
int no_password(char*, int, int, void*) { return 0; }

std::unexpected<failure> bad_certificate(std::string detail) {
    ERR_clear_error();
    return std::unexpected(failure(errc::bad_certificate, std::move(detail)));
}

result<ssl_ctx_ptr> fresh_context(const SSL_METHOD* method) {
    ERR_clear_error();
    ssl_ctx_ptr context(SSL_CTX_new(method));
    if (!context) return std::unexpected(failure(errc::tls_failed, openssl_errors()));
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    return context;
}

/// Clients may show a certificate of one of these authorities.
result<void> ask_for_certificates(SSL_CTX* context, std::string_view ca_pem) {
    const auto text = reading(ca_pem);
    int found = 0;
    while (const x509_ptr authority{PEM_read_bio_X509(text.get(), nullptr, no_password, nullptr)}) {
        // Its name is told to clients, so that one with several certificates can choose.
        if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get()) == 1 &&
            SSL_CTX_add_client_CA(context, authority.get()) == 1) {
            ++found;
        }
    }
    ERR_clear_error();
    if (found == 0) return bad_certificate("the authority's file holds no certificate in PEM form");
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    return {};
}

}  // namespace

std::string openssl_errors() {
    std::string line;
    while (const auto code = ERR_get_error()) {
        if (!line.empty()) line += "; ";
        const char* reason = ERR_reason_error_string(code);
        line += reason != nullptr ? reason : fmt::format("OpenSSL error {:#x}", code);
    }
    return line;
}

result<tls_context_ptr> client_tls(const std::optional<std::string>& ca_file) {
    auto context = fresh_context(TLS_client_method());
    if (!context) return std::unexpected(context.error());
    SSL_CTX_set_verify(context->get(), SSL_VERIFY_PEER, nullptr);
    if (!ca_file) {
        SSL_CTX_set_default_verify_paths(context->get());
        return std::make_shared<tls_context>(std::move(*context));
    }
    static constexpr std::string_view what_to_do =
        "set ca-file to a readable PEM file with the authority's certificate, or leave it out to trust the system's authorities";
    errno = 0;
    const bio_ptr file(BIO_new_file(ca_file->c_str(), "r"));
    if (!file) {
        const int why = errno;
        return bad_certificate(fmt::format("cannot read {}: {}; {}", *ca_file, std::strerror(why), what_to_do));
    }
    X509_STORE* store = SSL_CTX_get_cert_store(context->get());
    int found = 0;
    while (const x509_ptr certificate{PEM_read_bio_X509(file.get(), nullptr, no_password, nullptr)}) {
        if (X509_STORE_add_cert(store, certificate.get()) == 1) ++found;
    }
    // The end of the file is "no start line"; anything else is a broken certificate.
    const bool whole = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    if (found == 0 || !whole) {
        return bad_certificate(fmt::format("{} holds {}; {}", *ca_file,
                                           found == 0 ? "no certificate in PEM form" : "a broken certificate", what_to_do));
    }
    ERR_clear_error();
    return std::make_shared<tls_context>(std::move(*context));
}

result<tls_context_ptr> server_tls(std::string_view chain_pem, std::string_view key_pem, std::string_view client_ca_pem) {
    auto context = fresh_context(TLS_server_method());
    if (!context) return std::unexpected(context.error());
    const auto chain = reading(chain_pem);
    const x509_ptr own(PEM_read_bio_X509_AUX(chain.get(), nullptr, no_password, nullptr));
    if (!own) return bad_certificate("the chain holds no certificate in PEM form; the server's own comes first");
    if (SSL_CTX_use_certificate(context->get(), own.get()) != 1) return bad_certificate(openssl_errors());
    while (X509* further = PEM_read_bio_X509(chain.get(), nullptr, no_password, nullptr)) {
        if (SSL_CTX_add_extra_chain_cert(context->get(), further) != 1) {
            X509_free(further);
            return bad_certificate(openssl_errors());
        }
    }
    ERR_clear_error();
    const key_ptr key(PEM_read_bio_PrivateKey(reading(key_pem).get(), nullptr, no_password, nullptr));
    if (!key) return bad_certificate("the key is no private key in PEM form, or is protected by a password");
    if (SSL_CTX_use_PrivateKey(context->get(), key.get()) != 1 || SSL_CTX_check_private_key(context->get()) != 1) {
        return bad_certificate("the private key does not belong to the certificate");
    }
    if (!client_ca_pem.empty()) {
        if (auto asks = ask_for_certificates(context->get(), client_ca_pem); !asks) return std::unexpected(asks.error());
    }
    // Idle connections keep no record buffers: a simulator holds thousands of them.
    SSL_CTX_set_mode(context->get(), SSL_MODE_RELEASE_BUFFERS);
    return std::make_shared<tls_context>(std::move(*context));
}

result<ssl_ptr> client_session(tls_context& context, const std::string& host) {
    ERR_clear_error();
    ssl_ptr ssl(SSL_new(context.native()));
    if (!ssl) return std::unexpected(failure(errc::tls_failed, openssl_errors()));
    boost::system::error_code no_address;
    const auto address = boost::asio::ip::make_address(host, no_address);
    bool set = false;
    if (no_address) {
        SSL_set_hostflags(ssl.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        set = SSL_set_tlsext_host_name(ssl.get(), host.c_str()) == 1 && SSL_set1_host(ssl.get(), host.c_str()) == 1;
    } else {
        set = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), address.to_string().c_str()) == 1;
    }
    if (!set) return std::unexpected(failure(errc::tls_failed, openssl_errors()));
    SSL_set_connect_state(ssl.get());
    return ssl;
}

result<ssl_ptr> server_session(tls_context& context) {
    ERR_clear_error();
    ssl_ptr ssl(SSL_new(context.native()));
    if (!ssl) return std::unexpected(failure(errc::tls_failed, openssl_errors()));
    SSL_set_accept_state(ssl.get());
    return ssl;
}

failure handshake_failure(SSL* ssl, const std::string& host, std::string_view otherwise) {
    const long verdict = SSL_get_verify_result(ssl);
    if (verdict == X509_V_OK) return {errc::tls_failed, fmt::format("{}: {}", host, otherwise)};
    std::string_view remedy = "the server needs another one";
    switch (verdict) {
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
            remedy = "name the server's authority with --ca-file, or install the system's authorities (package ca-certificates)";
            break;
        case X509_V_ERR_CERT_HAS_EXPIRED:
        case X509_V_ERR_CERT_NOT_YET_VALID:
            remedy = "check the clock of this machine; if it is right, the server needs another one";
            break;
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH: remedy = "it was made for another name, so check the address"; break;
        default: break;
    }
    return {errc::untrusted, fmt::format("the certificate of {} cannot be trusted ({}): {}", host,
                                         X509_verify_cert_error_string(verdict), remedy)};
}

}  // namespace shoal::net
