#include "sim/server/certificates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "net/errc.hpp"
#include "sim/server/files.hpp"

namespace shoal::sim {
namespace {

result<net::tls_context_ptr> read_tls(const std::string& certificate_file, const std::string& key_file, std::string* chain_out) {
    auto chain = read_file(certificate_file);
    if (!chain) return std::unexpected(chain.error());
    const auto key = read_file(key_file);
    if (!key) return std::unexpected(key.error());
    auto context = net::server_tls(*chain, *key);
    if (!context) {
        return std::unexpected(
            failure(net::errc::bad_certificate, fmt::format("{}: {}", certificate_file, context.error().detail())));
    }
    if (chain_out != nullptr) *chain_out = std::move(*chain);
    return context;
}

result<net::tls_context_ptr> make_tls(const std::vector<listen_address>& at, std::string public_host, std::string& pem_out) {
    std::vector<std::string> names{"localhost", "127.0.0.1", "::1"};
    const auto add = [&names](std::string host) {
        if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
        if (!host.empty() && host != "0.0.0.0" && host != "::" && std::ranges::find(names, host) == names.end()) {
            names.push_back(std::move(host));
        }
    };
    for (const auto& one : at) add(one.host);
    add(std::move(public_host));
    auto made = net::make_self_signed(names, 30);
    if (!made) return std::unexpected(made.error());
    pem_out = made->certificate_pem;
    return net::server_tls(made->certificate_pem, made->key_pem);
}

}  // namespace

result<certificates> open_certificates(const server_options& options, const std::vector<listen_address>& at) {
    certificates shown;
    if (options.plain) {
        for (const auto& one : at) {
            if (!one.loopback()) return std::unexpected(failure(server_errc::plain_needs_loopback, one.text()));
        }
        return shown;
    }
    std::string chain;
    auto context = options.certificate_file.empty() ? make_tls(at, options.public_host, shown.made_ca)
                                                    : read_tls(options.certificate_file, options.key_file, &chain);
    if (!context) return std::unexpected(context.error());
    shown.api = shown.gateway = std::move(*context);
    if (!options.gateway_certificate_file.empty()) {
        auto other = read_tls(options.gateway_certificate_file, options.gateway_key_file, nullptr);
        if (!other) return std::unexpected(other.error());
        shown.gateway = std::move(*other);
    }
    if (!options.ca_out.empty()) {
        if (auto written = write_file(options.ca_out, shown.made_ca.empty() ? chain : shown.made_ca); !written)
            return std::unexpected(written.error());
    }
    return shown;
}

}  // namespace shoal::sim
