#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/address.hpp>
#include <cctype>

#include "net/errc.hpp"
#include "net/tls.hpp"
#include "net/tls_context.hpp"

namespace shoal::net {
namespace {

using bio_ptr = std::unique_ptr<BIO, openssl_free<BIO_free_all>>;
using x509_ptr = std::unique_ptr<X509, openssl_free<X509_free>>;
using key_ptr = std::unique_ptr<EVP_PKEY, openssl_free<EVP_PKEY_free>>;
using extension_ptr = std::unique_ptr<X509_EXTENSION, openssl_free<X509_EXTENSION_free>>;

std::unexpected<failure> failed(std::string detail) {
    ERR_clear_error();
    return std::unexpected(failure(errc::bad_certificate, std::move(detail)));
}

// The list goes through OpenSSL's small language, in which a comma starts a new entry: only plain names may enter it.
bool plain_dns_name(std::string_view name) {
    if (name.empty() || name.size() > 253) return false;
    for (const char c : name) {
        if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '.' && c != '_' && c != '*') return false;
    }
    return true;
}

bool add_extension(X509* certificate, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    const extension_ptr extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

std::string text_of(BIO* bio) {
    char* bytes = nullptr;
    const long count = BIO_get_mem_data(bio, &bytes);
    return {bytes, static_cast<std::size_t>(count)};
}

}  // namespace

result<self_signed> make_self_signed(const std::vector<std::string>& names, int days) {
    if (names.empty()) return failed("a certificate needs at least one name or address");
    std::string alternatives;
    for (const auto& name : names) {
        boost::system::error_code no_address;
        const auto address = boost::asio::ip::make_address(name, no_address);
        if (no_address && !plain_dns_name(name)) return failed("'" + name + "' is neither a DNS name nor an IP address");
        if (!alternatives.empty()) alternatives += ',';
        alternatives += no_address ? "DNS:" + name : "IP:" + address.to_string();
    }

    ERR_clear_error();
    const key_ptr key(EVP_EC_gen("P-256"));
    const x509_ptr certificate(X509_new());
    unsigned char serial[16];
    if (!key || !certificate || RAND_bytes(serial, sizeof serial) != 1) return failed(openssl_errors());
    serial[0] = static_cast<unsigned char>((serial[0] & 0x7F) | 0x40);  // positive and of full length
    using bignum_ptr = std::unique_ptr<BIGNUM, openssl_free<BN_free>>;
    const bignum_ptr number(BN_bin2bn(serial, sizeof serial, nullptr));
    BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate.get()));
    X509_set_version(certificate.get(), X509_VERSION_3);
    // A day back: clocks differ.
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -24L * 3600);
    X509_time_adj_ex(X509_getm_notAfter(certificate.get()), days, 0, nullptr);
    X509_NAME* subject = X509_get_subject_name(certificate.get());
    const auto common = names.front().substr(0, 64);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(common.c_str()), -1, -1, 0);
    X509_set_issuer_name(certificate.get(), subject);
    X509_set_pubkey(certificate.get(), key.get());
    const bool whole = add_extension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE") &&
                       add_extension(certificate.get(), NID_key_usage, "critical,digitalSignature,keyCertSign") &&
                       add_extension(certificate.get(), NID_ext_key_usage, "serverAuth,clientAuth") &&
                       add_extension(certificate.get(), NID_subject_key_identifier, "hash") &&
                       add_extension(certificate.get(), NID_authority_key_identifier, "keyid:always") &&
                       add_extension(certificate.get(), NID_subject_alt_name, alternatives) &&
                       X509_sign(certificate.get(), key.get(), EVP_sha256()) != 0;
    if (!whole) return failed(openssl_errors());

    const bio_ptr certificate_text(BIO_new(BIO_s_mem()));
    const bio_ptr key_text(BIO_new(BIO_s_mem()));
    if (PEM_write_bio_X509(certificate_text.get(), certificate.get()) != 1 ||
        PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
        return failed(openssl_errors());
    }
    return self_signed{text_of(certificate_text.get()), text_of(key_text.get())};
}

}  // namespace shoal::net
