#include "trust/node_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "state/files.hpp"
#include "trust/openssl.hpp"

namespace shoal::trust {
namespace {

/// No certificate or key comes near it, and a wrong path may be a file without an end.
constexpr std::size_t most_bytes = 256 * 1024;

result<std::string> read_file(const std::string& path, bool only_for_owner) {
    const state::unique_fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd) {
        if (errno == ENOENT || errno == ENOTDIR) return std::unexpected(failure(errc::missing, path));
        return std::unexpected(failure(errc::unreadable, fmt::format("{}: {}", path, std::strerror(errno))));
    }
    // Asked of the open file, so that nobody can put another in its place in between.
    struct stat what{};
    if (::fstat(fd.get(), &what) != 0 || !S_ISREG(what.st_mode)) {
        return std::unexpected(failure(errc::unreadable, fmt::format("{} is no regular file", path)));
    }
    if (only_for_owner && (what.st_mode & 077U) != 0) {
        return std::unexpected(failure(
            errc::exposed, fmt::format("{} has mode {:04o}; run chmod 600 on it, and make a new key if others may have read it",
                                       path, static_cast<unsigned>(what.st_mode & 07777U))));
    }
    std::string text(most_bytes + 1, '\0');
    std::size_t have = 0;
    while (have < text.size()) {
        const auto count = ::read(fd.get(), text.data() + have, text.size() - have);
        if (count == 0) break;
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return std::unexpected(failure(errc::unreadable, fmt::format("{}: {}", path, std::strerror(errno))));
        have += static_cast<std::size_t>(count);
    }
    if (have > most_bytes) return std::unexpected(failure(errc::malformed, fmt::format("{} is over {} bytes", path, most_bytes)));
    text.resize(have);
    return text;
}

result<void> check_times(const certificate_facts& one, std::string_view path, calendar_time now) {
    if (now < one.not_before) {
        return std::unexpected(
            failure(errc::not_yet_valid, fmt::format("{} ({}) begins on {}, and this machine's clock says {}", path, one.name,
                                                     date_text(one.not_before), date_text(now))));
    }
    if (now >= one.not_after) {
        return std::unexpected(failure(errc::expired, fmt::format("{} ({}) ended on {}; make a new one with shoal certs rotate",
                                                                  path, one.name, date_text(one.not_after))));
    }
    return {};
}

// OpenSSL checks the chain as a peer would, at the time that the caller says.
result<void> check_chain(const std::vector<x509_ptr>& chain, const std::vector<x509_ptr>& authorities, std::string_view path,
                         std::string_view ca_path, calendar_time now) {
    using store_ptr = std::unique_ptr<X509_STORE, openssl_free<X509_STORE_free>>;
    using context_ptr = std::unique_ptr<X509_STORE_CTX, openssl_free<X509_STORE_CTX_free>>;
    using stack_ptr = std::unique_ptr<STACK_OF(X509), decltype([](STACK_OF(X509) * stack) { sk_X509_free(stack); })>;
    const store_ptr store(X509_STORE_new());
    const context_ptr context(X509_STORE_CTX_new());
    const stack_ptr between(sk_X509_new_null());
    if (!store || !context || !between) return std::unexpected(openssl_failure(errc::failed, "checking a certificate"));
    for (const auto& one : authorities) X509_STORE_add_cert(store.get(), one.get());
    for (std::size_t i = 1; i < chain.size(); ++i) sk_X509_push(between.get(), chain[i].get());
    X509_STORE_CTX_init(context.get(), store.get(), chain.front().get(), between.get());
    X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(context.get()), std::chrono::system_clock::to_time_t(now));
    for (const int purpose : {X509_PURPOSE_SSL_SERVER, X509_PURPOSE_SSL_CLIENT}) {
        X509_STORE_CTX_set_purpose(context.get(), purpose);
    }
    if (X509_verify_cert(context.get()) == 1) return {};
    const int why = X509_STORE_CTX_get_error(context.get());
    ERR_clear_error();
    return std::unexpected(failure(errc::wrong_authority, fmt::format("{} is not signed by an authority in {} ({})", path,
                                                                      ca_path, X509_verify_cert_error_string(why))));
}

}  // namespace

result<std::string> read_public(const std::string& path) { return read_file(path, false); }
result<secret> read_secret(const std::string& path) {
    auto text = read_file(path, true);
    if (!text) return std::unexpected(std::move(text).error());
    return secret(*std::move(text));
}

result<node_texts> read_node_texts(const std::string& folder) {
    node_texts texts;
    auto authorities = read_public(fmt::format("{}/{}", folder, authority_file));
    if (!authorities) return std::unexpected(std::move(authorities).error());
    auto certificate = read_public(fmt::format("{}/{}", folder, certificate_file));
    if (!certificate) return std::unexpected(std::move(certificate).error());
    auto key = read_secret(fmt::format("{}/{}", folder, key_file));
    if (!key) return std::unexpected(std::move(key).error());
    return node_texts{*std::move(authorities), *std::move(certificate), *std::move(key)};
}

result<node_identity> check_node(node_texts texts, std::string_view folder, calendar_time now) {
    const auto ca_path = fmt::format("{}/{}", folder, authority_file);
    const auto path = fmt::format("{}/{}", folder, certificate_file);
    const auto key_path = fmt::format("{}/{}", folder, key_file);
    auto authorities = certificates_of(texts.authorities_pem, ca_path);
    if (!authorities) return std::unexpected(std::move(authorities).error());
    auto chain = certificates_of(texts.certificate_pem, path);
    if (!chain) return std::unexpected(std::move(chain).error());
    auto key = key_of(texts.key_pem.reveal(), key_path);
    if (!key) return std::unexpected(std::move(key).error());
    auto authority_facts = read_certificates(texts.authorities_pem, ca_path);
    if (!authority_facts) return std::unexpected(std::move(authority_facts).error());
    auto own = read_certificates(texts.certificate_pem, path);
    if (!own) return std::unexpected(std::move(own).error());

    for (const auto& one : *authority_facts) {
        if (!one.is_authority) {
            return std::unexpected(failure(errc::malformed, fmt::format("{}: {} is no authority", ca_path, one.name)));
        }
    }
    if (X509_check_private_key(chain->front().get(), key->get()) != 1) {
        ERR_clear_error();
        return std::unexpected(failure(errc::wrong_key, fmt::format("{} does not belong to {}", key_path, path)));
    }
    if (!is_strong(key->get())) {
        return std::unexpected(failure(
            errc::weak_key,
            fmt::format("{} is no ECDSA key on P-256 or P-384, which keeps TLS 1.2 out; shoal certs node makes one", key_path)));
    }
    if (auto fine = check_times(own->front(), path, now); !fine) return std::unexpected(std::move(fine).error());
    // The first authority is the one in office. A second one that ended is no longer of use, and no harm.
    if (auto fine = check_times(authority_facts->front(), ca_path, now); !fine) return std::unexpected(std::move(fine).error());
    if (auto fine = check_chain(*chain, *authorities, path, ca_path, now); !fine) return std::unexpected(std::move(fine).error());
    if (own->front().roles.empty()) {
        return std::unexpected(
            failure(errc::no_role, fmt::format("{} ({}) is good for nothing in a fleet; make one with shoal certs node --role",
                                               path, own->front().name)));
    }
    return node_identity{std::move(texts), std::move(own->front()), *std::move(authority_facts)};
}

result<node_identity> read_node(const std::string& folder, calendar_time now) {
    auto texts = read_node_texts(folder);
    if (!texts) return std::unexpected(std::move(texts).error());
    return check_node(*std::move(texts), folder, now);
}

}  // namespace shoal::trust
