#include "trust/openssl.hpp"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/err.h>

namespace shoal::trust {
namespace {

/// More certificates than any chain or pair of authorities has: a file with more is a mistake.
constexpr std::size_t most_certificates = 16;

bio_ptr reading(std::string_view text) { return bio_ptr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

// Without it OpenSSL would ask the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

}  // namespace

failure openssl_failure(errc code, std::string detail) {
    std::string said;
    while (const auto error = ERR_get_error()) {
        const char* const reason = ERR_reason_error_string(error);
        if (reason == nullptr) continue;
        if (!said.empty()) said += ", ";
        said += reason;
    }
    if (!said.empty()) detail += fmt::format(" ({})", said);
    return {code, std::move(detail)};
}

result<std::vector<x509_ptr>> certificates_of(std::string_view pem, std::string_view where) {
    ERR_clear_error();
    std::vector<x509_ptr> found;
    const auto bio = reading(pem);
    while (bio) {
        x509_ptr one(PEM_read_bio_X509(bio.get(), nullptr, &no_passphrase, nullptr));
        if (!one) break;
        if (found.size() == most_certificates) {
            return std::unexpected(
                failure(errc::malformed, fmt::format("{} holds more than {} certificates", where, most_certificates)));
        }
        found.push_back(std::move(one));
    }
    const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    if (found.empty() || !at_end) {
        if (at_end) ERR_clear_error();
        return std::unexpected(openssl_failure(errc::malformed, fmt::format("{} is no certificate in PEM", where)));
    }
    ERR_clear_error();
    return found;
}

result<key_ptr> key_of(std::string_view pem, std::string_view where) {
    ERR_clear_error();
    const auto bio = reading(pem);
    key_ptr key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, &no_passphrase, nullptr) : nullptr);
    if (key) return key;
    ERR_clear_error();  // Nothing of what OpenSSL says about a key is repeated.
    const bool locked = pem.contains("ENCRYPTED");
    return std::unexpected(failure(errc::malformed, locked ? fmt::format("{} has a passphrase; store it without one", where)
                                                           : fmt::format("{} is no private key in PEM", where)));
}

bool is_strong(EVP_PKEY* key) noexcept {
    if (key == nullptr || EVP_PKEY_get_base_id(key) != EVP_PKEY_EC) return false;
    char group[64] = {};
    if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, nullptr) != 1) return false;
    const int curve = OBJ_txt2nid(group);
    return curve == NID_X9_62_prime256v1 || curve == NID_secp384r1;
}

std::string text_of(BIO* bio) {
    char* bytes = nullptr;
    const long count = BIO_get_mem_data(bio, &bytes);
    return count > 0 ? std::string(bytes, static_cast<std::size_t>(count)) : std::string();
}

std::string pem_of(X509* certificate) {
    const bio_ptr bio(BIO_new(BIO_s_mem()));
    return bio && PEM_write_bio_X509(bio.get(), certificate) == 1 ? text_of(bio.get()) : std::string();
}

secret pem_of(EVP_PKEY* key) {
    // Secure memory of OpenSSL is not used: the key ends in a file and in gRPC's own memory anyway.
    const bio_ptr bio(BIO_new(BIO_s_mem()));
    if (!bio || PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) return {};
    return secret(text_of(bio.get()));
}

}  // namespace shoal::trust
