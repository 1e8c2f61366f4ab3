#pragma once
// A node with an RSA key, as other tools make them and as no node of ours may be: made by the openssl library, without src/trust.

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "unit/trust/trust_fixture.hpp"

namespace shoal::trust::testing {

/// Signed by the house's authority, for loopback, with a coordinator's role.
inline node_texts rsa_texts(const house& home) {
    using bio_ptr = std::unique_ptr<BIO, decltype([](BIO* b) { BIO_free_all(b); })>;
    using x509_ptr = std::unique_ptr<X509, decltype([](X509* c) { X509_free(c); })>;
    using key_ptr = std::unique_ptr<EVP_PKEY, decltype([](EVP_PKEY* k) { EVP_PKEY_free(k); })>;
    const auto reading = [](std::string_view text) {
        return bio_ptr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    };
    const auto text_of = [](const bio_ptr& bio) {
        char* bytes = nullptr;
        const auto count = BIO_get_mem_data(bio.get(), &bytes);
        return std::string(bytes, static_cast<std::size_t>(count));
    };
    const x509_ptr ca(PEM_read_bio_X509(reading(home.authority.certificate_pem).get(), nullptr, nullptr, nullptr));
    const key_ptr ca_key(PEM_read_bio_PrivateKey(reading(home.authority.key_pem.reveal()).get(), nullptr, nullptr, nullptr));
    const key_ptr key(EVP_RSA_gen(2048));
    const x509_ptr made(X509_new());
    X509_set_version(made.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 4711);
    ASN1_TIME_set(X509_getm_notBefore(made.get()), (home.now - days(1)).time_since_epoch().count());
    ASN1_TIME_set(X509_getm_notAfter(made.get()), (home.now + days(9)).time_since_epoch().count());
    X509_set_pubkey(made.get(), key.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("rsa"), -1, -1, 0);
    X509_set_issuer_name(made.get(), X509_get_subject_name(ca.get()));
    X509_EXTENSION* const names =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1,URI:shoal://role/coordinator");
    REQUIRE(names != nullptr);
    X509_add_ext(made.get(), names, -1);
    X509_EXTENSION_free(names);
    REQUIRE(X509_sign(made.get(), ca_key.get(), EVP_sha256()) != 0);
    const bio_ptr out(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(out.get(), made.get());
    const bio_ptr key_out(BIO_new(BIO_s_mem()));
    PEM_write_bio_PrivateKey(key_out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return {home.authority.certificate_pem, text_of(out), secret(text_of(key_out))};
}

}  // namespace shoal::trust::testing
