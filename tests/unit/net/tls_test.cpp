#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "net_fixture.hpp"

using namespace shoal;
using namespace shoal::net;
using namespace shoal::net::testing;

namespace {

void check_bad(const result<tls_context_ptr>& made, std::string_view says) {
    REQUIRE_FALSE(made.has_value());
    CAPTURE(made.error().message());
    CHECK(made.error().is(errc::bad_certificate));
    CHECK(made.error().detail().contains(says));
}

}  // namespace

TEST_CASE("a missing, unreadable or broken ca-file is a bad certificate, with what to do about it") {
    check_bad(client_tls("/nonexistent/ca.pem"), "cannot read /nonexistent/ca.pem: No such file or directory; set ca-file to");
    check_bad(client_tls("/tmp"), "set ca-file to");
    check_bad(client_tls(""), "set ca-file to");
    check_bad(client_tls(text_file("garbage\n").path()), "holds no certificate in PEM form; set ca-file to");
    check_bad(client_tls(text_file("").path()), "holds no certificate");
    check_bad(client_tls(text_file(own_certificate().key_pem).path()), "holds no certificate");
    auto torn = own_certificate().certificate_pem;
    torn.resize(torn.size() / 2);
    check_bad(client_tls(text_file(torn).path()), "set ca-file to");
    check_bad(client_tls(text_file(own_certificate().certificate_pem + torn).path()), "holds a broken certificate");
}

TEST_CASE("without a ca-file the system's authorities are trusted, and with several in the file each of them") {
    CHECK(client_tls(std::nullopt).has_value());
    const auto other = make_self_signed({"other"}, 1).value();
    const text_file both("a comment before\n" + other.certificate_pem + own_certificate().certificate_pem);
    CHECK(client_tls(both.path()).has_value());
}

TEST_CASE("a server needs a certificate and the key that belongs to it, and no failure shows the key") {
    const auto& own = own_certificate();
    const auto other = make_self_signed({"other"}, 1).value();
    CHECK(server_tls(own.certificate_pem, own.key_pem).has_value());
    CHECK(server_tls(own.certificate_pem + other.certificate_pem, own.key_pem).has_value());
    check_bad(server_tls(own.certificate_pem, other.key_pem), "does not belong");
    check_bad(server_tls("", own.key_pem), "no certificate");
    check_bad(server_tls(own.certificate_pem, ""), "no private key");
    check_bad(server_tls(own.certificate_pem, own.certificate_pem), "no private key");
    check_bad(server_tls(own.key_pem, own.certificate_pem), "no certificate");
    const auto swapped = server_tls(own.certificate_pem, other.key_pem);
    CHECK_FALSE(swapped.error().message().contains(other.key_pem.substr(30, 20)));
}

TEST_CASE("an encrypted key is refused without asking for its password") {
    // openssl ecparam -genkey -name prime256v1 | openssl ec -aes128 -passout pass:x
    using key_ptr = std::unique_ptr<EVP_PKEY, decltype([](EVP_PKEY* key) { EVP_PKEY_free(key); })>;
    using bio_ptr = std::unique_ptr<BIO, decltype([](BIO* bio) { BIO_free_all(bio); })>;
    const key_ptr key(EVP_EC_gen("P-256"));
    const bio_ptr out(BIO_new(BIO_s_mem()));
    unsigned char password[] = "x";
    REQUIRE(PEM_write_bio_PrivateKey(out.get(), key.get(), EVP_aes_128_cbc(), password, 1, nullptr, nullptr) == 1);
    char* bytes = nullptr;
    const auto size = static_cast<std::size_t>(BIO_get_mem_data(out.get(), &bytes));
    check_bad(server_tls(own_certificate().certificate_pem, std::string_view(bytes, size)), "password");
}

TEST_CASE("a self-signed certificate is ECDSA P-256, names what it is for, and is an authority of its own") {
    const auto made = make_self_signed({"localhost", "gateway.test", "127.0.0.1", "::1"}, 10).value();
    using bio_ptr = std::unique_ptr<BIO, decltype([](BIO* bio) { BIO_free_all(bio); })>;
    using x509_ptr = std::unique_ptr<X509, decltype([](X509* certificate) { X509_free(certificate); })>;
    const bio_ptr text(BIO_new_mem_buf(made.certificate_pem.data(), static_cast<int>(made.certificate_pem.size())));
    const x509_ptr certificate(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
    REQUIRE(certificate != nullptr);
    CHECK(EVP_PKEY_get_bits(X509_get0_pubkey(certificate.get())) == 256);
    CHECK(EVP_PKEY_get_base_id(X509_get0_pubkey(certificate.get())) == EVP_PKEY_EC);
    for (const char* name : {"localhost", "gateway.test"}) CHECK(X509_check_host(certificate.get(), name, 0, 0, nullptr) == 1);
    for (const char* address : {"127.0.0.1", "::1"}) CHECK(X509_check_ip_asc(certificate.get(), address, 0) == 1);
    CHECK(X509_check_host(certificate.get(), "else.test", 0, 0, nullptr) == 0);
    CHECK(X509_check_ip_asc(certificate.get(), "127.0.0.2", 0) == 0);
    CHECK(X509_check_ca(certificate.get()) == 1);
    CHECK(X509_self_signed(certificate.get(), 1) == 1);
    int day = 0;
    int second = 0;
    ASN1_TIME_diff(&day, &second, nullptr, X509_get0_notAfter(certificate.get()));
    CHECK(day >= 9);
    CHECK(day <= 10);
    CHECK(X509_cmp_current_time(X509_get0_notBefore(certificate.get())) < 0);
    // Two are never the same.
    CHECK(make_self_signed({"localhost"}, 10).value().key_pem != made.key_pem);
}

TEST_CASE("a certificate is not made for names that are none") {
    for (const std::string name : {"", "a,DNS:evil.test", "a b", "x\ny", "DNS:x", "[::1]", "1.2.3.4/24"}) {
        CAPTURE(name);
        const auto made = make_self_signed({name}, 10);
        REQUIRE_FALSE(made.has_value());
        CHECK(made.error().is(errc::bad_certificate));
    }
    CHECK_FALSE(make_self_signed({}, 10).has_value());
}
