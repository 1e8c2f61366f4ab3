#pragma once
// Owned OpenSSL objects and the way from PEM to them and back. For the sources of this room only.
// Not here: TLS itself (gRPC speaks it for the fleet, src/net for Discord).

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.hpp"
#include "shoal/error.hpp"
#include "trust/errc.hpp"

namespace shoal::trust {

template <auto Free>
struct openssl_free {
    template <class T>
    void operator()(T* thing) const noexcept {
        Free(thing);
    }
};
using bio_ptr = std::unique_ptr<BIO, openssl_free<BIO_free_all>>;
using x509_ptr = std::unique_ptr<X509, openssl_free<X509_free>>;
using key_ptr = std::unique_ptr<EVP_PKEY, openssl_free<EVP_PKEY_free>>;

/// A failure with what OpenSSL's queue of this thread says behind `detail`; empties the queue.
[[nodiscard]] failure openssl_failure(errc code, std::string detail);
/// Every certificate of a PEM text, at least one; other blocks and text between them are passed over. `where` names the text.
[[nodiscard]] result<std::vector<x509_ptr>> certificates_of(std::string_view pem, std::string_view where);
/// The private key of a PEM text. One with a passphrase is refused: nobody is there to type it.
[[nodiscard]] result<key_ptr> key_of(std::string_view pem, std::string_view where);
/// An elliptic curve key on P-256 or P-384.
[[nodiscard]] bool is_strong(EVP_PKEY* key) noexcept;
[[nodiscard]] std::string pem_of(X509* certificate);
[[nodiscard]] secret pem_of(EVP_PKEY* key);
/// What a memory BIO holds.
[[nodiscard]] std::string text_of(BIO* bio);

}  // namespace shoal::trust
