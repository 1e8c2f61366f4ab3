#include "trust/certificate.hpp"

#include <arpa/inet.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/err.h>

#include "trust/openssl.hpp"

namespace shoal::trust {
namespace {

std::string common_name(const X509_NAME* name) {
    const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    if (at < 0) return {};
    const ASN1_STRING* const text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
    unsigned char* utf8 = nullptr;
    const int size = ASN1_STRING_to_UTF8(&utf8, text);
    if (size < 0) return {};
    std::string copy(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
    OPENSSL_free(utf8);
    // Names are shown to people: a foreign certificate may not move their cursor.
    for (auto& c : copy) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
    }
    return copy;
}

calendar_time time_of(const ASN1_TIME* time) {
    tm fields{};
    if (ASN1_TIME_to_tm(time, &fields) != 1) return {};
    return calendar_time(std::chrono::seconds(::timegm(&fields)));
}

std::string_view bytes_of(const ASN1_STRING* text) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)), static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string address_text(std::string_view bytes) {
    char text[INET6_ADDRSTRLEN] = {};
    const int family = bytes.size() == 4 ? AF_INET : bytes.size() == 16 ? AF_INET6 : AF_UNSPEC;
    if (family == AF_UNSPEC || ::inet_ntop(family, bytes.data(), text, sizeof text) == nullptr) return {};
    return text;
}

void read_names(X509* certificate, certificate_facts& into) {
    using names_ptr = std::unique_ptr<GENERAL_NAMES, openssl_free<GENERAL_NAMES_free>>;
    const names_ptr names(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const GENERAL_NAME* const one = sk_GENERAL_NAME_value(names.get(), i);
        if (one->type == GEN_URI) {
            if (const auto found = role_of_uri(bytes_of(one->d.uniformResourceIdentifier))) into.roles.add(*found);
        } else if (one->type == GEN_DNS) {
            into.hosts.emplace_back(bytes_of(one->d.dNSName));
        } else if (one->type == GEN_IPADD) {
            if (auto text = address_text(bytes_of(one->d.iPAddress)); !text.empty()) into.hosts.push_back(std::move(text));
        }
    }
}

std::string serial_of(X509* certificate) {
    using bignum_ptr = std::unique_ptr<BIGNUM, openssl_free<BN_free>>;
    const bignum_ptr number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
    char* const text = number ? BN_bn2hex(number.get()) : nullptr;
    std::string copy = text == nullptr ? "" : text;
    OPENSSL_free(text);
    return copy;
}

certificate_facts facts_of(X509* certificate) {
    certificate_facts facts;
    facts.name = common_name(X509_get_subject_name(certificate));
    facts.issuer = common_name(X509_get_issuer_name(certificate));
    facts.not_before = time_of(X509_get0_notBefore(certificate));
    facts.not_after = time_of(X509_get0_notAfter(certificate));
    facts.is_authority = X509_check_ca(certificate) == 1;
    facts.has_strong_key = is_strong(X509_get0_pubkey(certificate));
    facts.serial = serial_of(certificate);
    read_names(certificate, facts);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (X509_digest(certificate, EVP_sha256(), digest, &size) == 1) {
        for (unsigned int i = 0; i < size; ++i) facts.fingerprint += fmt::format("{:02x}", digest[i]);
    }
    ERR_clear_error();
    return facts;
}

}  // namespace

result<std::vector<certificate_facts>> read_certificates(std::string_view pem, std::string_view where) {
    auto found = certificates_of(pem, where);
    if (!found) return std::unexpected(std::move(found).error());
    std::vector<certificate_facts> facts;
    for (const auto& one : *found) facts.push_back(facts_of(one.get()));
    return facts;
}

std::string date_text(calendar_time when) {
    return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(std::chrono::system_clock::to_time_t(when)));
}

}  // namespace shoal::trust
