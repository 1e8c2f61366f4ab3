#include "ops/ops_port.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "net/errc.hpp"

namespace shoal::ops {
namespace {

using config::exit_code;
using config::startup_problem;

std::expected<std::string, startup_problem> read_pem(const std::string& folder, std::string_view name) {
    const auto path = fmt::format("{}/{}", folder, name);
    errno = 0;
    std::ifstream in(path, std::ios::binary);
    std::string text(std::istreambuf_iterator<char>(in), {});
    if (!in.is_open() || text.empty()) {
        return std::unexpected(startup_problem{
            exit_code::certificate_refused, fmt::format("{} cannot be read: {}; \"shoal certs node\" makes what belongs there.",
                                                        path, errno != 0 ? std::strerror(errno) : "it is empty")});
    }
    return text;
}

/// Null for a plain port.
std::expected<net::tls_context_ptr, startup_problem> certificates_of(const ops_settings& settings) {
    if (!settings.listen.tls) return nullptr;
    auto authority = read_pem(settings.certs, "ca.pem");
    if (!authority) return std::unexpected(std::move(authority).error());
    auto chain = read_pem(settings.certs, "node.pem");
    if (!chain) return std::unexpected(std::move(chain).error());
    auto key = read_pem(settings.certs, "node.key");
    if (!key) return std::unexpected(std::move(key).error());
    auto context = net::server_tls(*chain, *key, *authority);
    if (!context) {
        return std::unexpected(
            startup_problem{exit_code::certificate_refused,
                            fmt::format("The certificate in {} cannot be used: {}.", settings.certs, context.error().detail())});
    }
    return std::move(*context);
}

}  // namespace

std::expected<std::unique_ptr<ops_port>, startup_problem> ops_port::open(net::io_thread& on, const ops_settings& settings,
                                                                         ops_pages::look at_node) {
    secret token;
    if (!settings.token_file.empty()) {
        auto read = read_ops_token(settings.token_file);
        if (!read) return std::unexpected(startup_problem{exit_code::bad_setting, "--ops-token-file: " + read.error()});
        token = std::move(*read);
    }
    auto tls = certificates_of(settings);
    if (!tls) return std::unexpected(std::move(tls).error());
    std::unique_ptr<ops_port> port(new ops_port(std::move(at_node), std::move(token)));
    auto server = net::serve_http(on, {.listen = settings.listen.address, .tls = std::move(*tls)},
                                  [&pages = port->pages_](const net::http_request& request, const net::http_peer& peer) {
                                      return pages.answer(request, peer);
                                  });
    if (!server) {
        if (server.error().is(net::errc::address_in_use)) {
            return std::unexpected(startup_problem{
                exit_code::port_in_use,
                fmt::format("--ops-url: another program listens on {}; choose another port.", settings.listen.address)});
        }
        return std::unexpected(startup_problem{
            exit_code::bad_setting,
            fmt::format("--ops-url: {} cannot be listened on ({}).", settings.listen.address, server.error().detail())});
    }
    port->server_ = std::move(*server);
    const auto host = settings.listen.address.substr(0, settings.listen.address.rfind(':'));
    port->url_ = fmt::format("{}://{}:{}", settings.listen.tls ? "https" : "http", host, port->server_->port());
    return port;
}

std::expected<void, startup_problem> ops_port::reload(const ops_settings& settings) {
    auto tls = certificates_of(settings);
    if (!tls) return std::unexpected(std::move(tls).error());
    if (*tls) server_->set_tls(std::move(*tls));
    return {};
}

}  // namespace shoal::ops
