#include "trust/authority.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cctype>

#include "trust/openssl.hpp"

namespace shoal::trust {
namespace {

constexpr std::chrono::days longest_validity{36500};

failure bad_wish(std::string detail) { return {errc::bad_wish, std::move(detail)}; }

bool is_plain(std::string_view text, std::string_view also, std::size_t most) {
    return !text.empty() && text.size() <= most && std::ranges::all_of(text, [&](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || also.contains(c);
    });
}

// "IP:127.0.0.1" or "DNS:worker-1.internal" in OpenSSL's small language, in which a comma starts a new entry: only plain names
// may enter it.
result<std::string> host_entry(const std::string& host) {
    unsigned char address[16];
    if (::inet_pton(AF_INET, host.c_str(), address) == 1 || ::inet_pton(AF_INET6, host.c_str(), address) == 1)
        return "IP:" + host;
    const bool only_numbers =
        std::ranges::all_of(host, [](char c) { return std::isdigit(static_cast<unsigned char>(c)) || c == '.'; });
    if (only_numbers || !is_plain(host, "-._", 253) || host.starts_with('.') || host.contains("..")) {
        return std::unexpected(
            bad_wish(fmt::format("\"{}\" is neither a DNS name nor an IP address; leave out scheme and port", host)));
    }
    return "DNS:" + host;
}

bool add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    using extension_ptr = std::unique_ptr<X509_EXTENSION, openssl_free<X509_EXTENSION_free>>;
    const extension_ptr extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool set_serial(X509* certificate) {
    unsigned char bytes[16];
    if (RAND_bytes(bytes, sizeof bytes) != 1) return false;
    bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7F) | 0x40);  // Positive and of full length.
    using bignum_ptr = std::unique_ptr<BIGNUM, openssl_free<BN_free>>;
    const bignum_ptr number(BN_bin2bn(bytes, sizeof bytes, nullptr));
    return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

/// A certificate with everything but its issuer, extensions and signature.
x509_ptr begin(const std::string& name, EVP_PKEY* key, calendar_time from, calendar_time until) {
    x509_ptr made(X509_new());
    if (!made || !set_serial(made.get())) return nullptr;
    X509_set_version(made.get(), X509_VERSION_3);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), static_cast<int>(name.size()), -1, 0);
    ASN1_TIME_set(X509_getm_notBefore(made.get()), from.time_since_epoch().count());
    ASN1_TIME_set(X509_getm_notAfter(made.get()), until.time_since_epoch().count());
    X509_set_pubkey(made.get(), key);
    return made;
}

result<void> check_validity(std::chrono::days validity) {
    if (validity >= std::chrono::days(1) && validity <= longest_validity) return {};
    return std::unexpected(
        bad_wish(fmt::format("a life of {} days; it may be 1 to {}", validity.count(), longest_validity.count())));
}

result<std::string> alternative_names(const node_wish& wish) {
    std::string names;
    for (const auto one : every_role) {
        if (wish.roles.has(one)) names += fmt::format("{}URI:{}{}", names.empty() ? "" : ",", role_uri_prefix, name_of(one));
    }
    for (const auto& host : wish.hosts) {
        auto entry = host_entry(host);
        if (!entry) return std::unexpected(std::move(entry).error());
        names += "," + *entry;
    }
    return names;
}

result<void> check(const node_wish& wish) {
    const bool only_dots = wish.name.find_first_not_of('.') == std::string::npos;
    if (only_dots || !is_plain(wish.name, "-_.", 64)) {
        return std::unexpected(
            bad_wish(fmt::format("\"{}\" is no name for a node; use 1 to 64 letters, digits, '-', '_' and '.'", wish.name)));
    }
    if (wish.roles.empty()) return std::unexpected(bad_wish(fmt::format("{} has no role", wish.name)));
    return check_validity(wish.validity);
}

}  // namespace

result<certificate_and_key> make_authority(const authority_wish& wish, calendar_time now) {
    if (!is_plain(wish.name, "-_. ", 64)) {
        return std::unexpected(bad_wish(
            fmt::format("\"{}\" is no name for an authority; use 1 to 64 letters, digits, spaces, '-', '_' and '.'", wish.name)));
    }
    if (auto fine = check_validity(wish.validity); !fine) return std::unexpected(std::move(fine).error());
    ERR_clear_error();
    const key_ptr key(EVP_EC_gen("P-256"));
    const auto made = key ? begin(wish.name, key.get(), now - std::chrono::days(1), now + wish.validity) : nullptr;
    const bool whole = made && X509_set_issuer_name(made.get(), X509_get_subject_name(made.get())) == 1 &&
                       add_extension(made.get(), made.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                       add_extension(made.get(), made.get(), NID_key_usage, "critical,keyCertSign,cRLSign") &&
                       add_extension(made.get(), made.get(), NID_subject_key_identifier, "hash") &&
                       X509_sign(made.get(), key.get(), EVP_sha256()) != 0;
    if (!whole) return std::unexpected(openssl_failure(errc::failed, "making an authority"));
    return certificate_and_key{pem_of(made.get()), pem_of(key.get())};
}

result<certificate_and_key> issue(const certificate_and_key& authority, const node_wish& wish, calendar_time now) {
    if (auto fine = check(wish); !fine) return std::unexpected(std::move(fine).error());
    auto names = alternative_names(wish);
    if (!names) return std::unexpected(std::move(names).error());
    auto signers = certificates_of(authority.certificate_pem, "the authority's certificate");
    if (!signers) return std::unexpected(std::move(signers).error());
    auto signing = key_of(authority.key_pem.reveal(), "the authority's key");
    if (!signing) return std::unexpected(std::move(signing).error());
    auto facts = read_certificates(authority.certificate_pem, "the authority's certificate");
    if (!facts) return std::unexpected(std::move(facts).error());
    const auto& signer = facts->front();
    X509* const signer_x509 = signers->front().get();
    if (!signer.is_authority) return std::unexpected(failure(errc::malformed, fmt::format("{} is no authority", signer.name)));
    if (X509_check_private_key(signer_x509, signing->get()) != 1) {
        ERR_clear_error();
        return std::unexpected(failure(errc::wrong_key, "ca.key is not the key of the first certificate in ca.pem"));
    }
    if (now >= signer.not_after) {
        return std::unexpected(failure(errc::expired, fmt::format("the authority ended on {}", date_text(signer.not_after))));
    }

    ERR_clear_error();
    const key_ptr key(EVP_EC_gen("P-256"));
    const auto until = std::min(now + std::chrono::seconds(wish.validity), signer.not_after);
    const auto from = std::max(now - std::chrono::seconds(std::chrono::days(1)), signer.not_before);
    const auto made = key ? begin(wish.name, key.get(), from, until) : nullptr;
    const bool whole = made && X509_set_issuer_name(made.get(), X509_get_subject_name(signer_x509)) == 1 &&
                       add_extension(made.get(), signer_x509, NID_basic_constraints, "critical,CA:FALSE") &&
                       add_extension(made.get(), signer_x509, NID_key_usage, "critical,digitalSignature") &&
                       add_extension(made.get(), signer_x509, NID_ext_key_usage, "serverAuth,clientAuth") &&
                       add_extension(made.get(), signer_x509, NID_subject_key_identifier, "hash") &&
                       add_extension(made.get(), signer_x509, NID_authority_key_identifier, "keyid:always") &&
                       add_extension(made.get(), signer_x509, NID_subject_alt_name, *names) &&
                       X509_sign(made.get(), signing->get(), EVP_sha256()) != 0;
    if (!whole) return std::unexpected(openssl_failure(errc::failed, fmt::format("signing the certificate of {}", wish.name)));
    return certificate_and_key{pem_of(made.get()), pem_of(key.get())};
}

}  // namespace shoal::trust
