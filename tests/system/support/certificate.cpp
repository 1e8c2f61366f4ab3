#include "system/support/certificate.hpp"

#include <doctest/doctest.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstdio>
#include <memory>

namespace shoal::system_test {

namespace {
template <auto F>
struct freed_by {
    template <class T>
    void operator()(T* what) const noexcept {
        F(what);
    }
};
using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using certificate_ptr = std::unique_ptr<X509, freed_by<X509_free>>;
using extension_ptr = std::unique_ptr<X509_EXTENSION, freed_by<X509_EXTENSION_free>>;
using file_ptr = std::unique_ptr<std::FILE, freed_by<std::fclose>>;

void extend(X509* certificate, int kind, const std::string& value) {
    const extension_ptr extension(X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()));
    REQUIRE(extension != nullptr);
    REQUIRE(X509_add_ext(certificate, extension.get(), -1) == 1);
}
}  // namespace

void make_certificate(const std::string& certificate_file, const std::string& key_file, const certificate_wish& wish) {
    const key_ptr key(EVP_EC_gen("P-256"));
    const certificate_ptr made(X509_new());
    REQUIRE(key != nullptr);
    REQUIRE(made != nullptr);
    X509_set_version(made.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 4711);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), wish.from_days * 86400);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), wish.until_days * 86400);
    // Each has a name of its own: among authorities of one name the wrong one would be found.
    X509_NAME* const subject = X509_get_subject_name(made.get());
    const auto name = certificate_file.substr(certificate_file.size() - std::min<std::size_t>(certificate_file.size(), 60));
    REQUIRE(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                                       0) == 1);
    X509_set_issuer_name(made.get(), subject);
    X509_set_pubkey(made.get(), key.get());
    extend(made.get(), NID_basic_constraints, "critical,CA:TRUE");
    extend(made.get(), NID_subject_alt_name, wish.name);
    REQUIRE(X509_sign(made.get(), key.get(), EVP_sha256()) != 0);
    const file_ptr certificate_out(std::fopen(certificate_file.c_str(), "w"));
    const file_ptr key_out(std::fopen(key_file.c_str(), "w"));
    REQUIRE(certificate_out != nullptr);
    REQUIRE(key_out != nullptr);
    REQUIRE(PEM_write_X509(certificate_out.get(), made.get()) == 1);
    REQUIRE(PEM_write_PrivateKey(key_out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
}

void make_ended(const std::string& folder, const std::string& authority_folder) {
    const auto file = folder + "/node.pem";
    const file_ptr in(std::fopen(file.c_str(), "r"));
    const file_ptr key_in(std::fopen((authority_folder + "/ca.key").c_str(), "r"));
    REQUIRE(in != nullptr);
    REQUIRE(key_in != nullptr);
    const certificate_ptr node(PEM_read_X509(in.get(), nullptr, nullptr, nullptr));
    const key_ptr key(PEM_read_PrivateKey(key_in.get(), nullptr, nullptr, nullptr));
    REQUIRE(node != nullptr);
    REQUIRE(key != nullptr);
    constexpr long day = 86400;
    X509_gmtime_adj(X509_getm_notBefore(node.get()), -3 * day);
    X509_gmtime_adj(X509_getm_notAfter(node.get()), -day);
    REQUIRE(X509_sign(node.get(), key.get(), EVP_sha256()) != 0);
    const file_ptr out(std::fopen(file.c_str(), "w"));
    REQUIRE(out != nullptr);
    REQUIRE(PEM_write_X509(out.get(), node.get()) == 1);
}

}  // namespace shoal::system_test
