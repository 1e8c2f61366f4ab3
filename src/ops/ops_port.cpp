#include "ops/ops_port.hpp"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <utility>

#include "net/errc.hpp"

namespace shoal::ops {
namespace {

using config::exit_code;
using config::startup_problem;

trust::calendar_time calendar_now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

startup_problem problem_of(const failure& why, const std::string& folder) {
    const auto what = why.detail().empty() ? std::string(why.text()) : fmt::format("{}: {}", why.text(), why.detail());
    return {
        exit_code::certificate_refused,
        fmt::format("The certificate in {} cannot be used: {}; \"shoal certs node\" makes what belongs there.", folder, what)};
}

result<net::tls_context_ptr> context_of(const trust::node_texts& texts) {
    return net::server_tls(texts.certificate_pem, texts.key_pem.reveal(), texts.authorities_pem);
}

}  // namespace

std::expected<std::unique_ptr<ops_port>, startup_problem> ops_port::open(net::io_thread& on, const ops_settings& settings,
                                                                         ops_pages::look at_node, logger log) {
    secret token;
    if (!settings.token_file.empty()) {
        auto read = read_ops_token(settings.token_file);
        if (!read) return std::unexpected(startup_problem{exit_code::bad_setting, "--ops-token-file: " + read.error()});
        token = std::move(*read);
    }
    std::optional<trust::node_identity> self;
    net::tls_context_ptr tls;
    if (settings.listen.tls) {
        auto read = trust::read_node(settings.certs, calendar_now());
        if (!read) return std::unexpected(problem_of(read.error(), settings.certs));
        auto context = context_of(read->texts);
        if (!context) return std::unexpected(problem_of(context.error(), settings.certs));
        self = std::move(*read);
        tls = std::move(*context);
    }
    std::unique_ptr<ops_port> port(new ops_port(std::move(at_node), std::move(token), std::move(log)));
    auto server = net::serve_http(on, {.listen = settings.listen.address, .tls = std::move(tls)},
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
    if (self) {
        port->watch_ = std::make_unique<trust::certificate_watch>(
            on, settings.certs, std::move(*self), trust::watch_options{.calendar = calendar_now},
            [raw = port.get()](const trust::node_identity& renewed) { raw->use(renewed); },
            [raw = port.get()](const failure& why) {
                raw->log_.warn("the ops address keeps its certificate: the folder is not as it should be",
                               {{"why", why.message()}});
            });
    }
    return port;
}

void ops_port::use(const trust::node_identity& renewed) {
    auto context = context_of(renewed.texts);
    if (!context) return log_.warn("the ops address keeps its certificate", {{"why", context.error().message()}});
    server_->set_tls(std::move(*context));
    log_.info("the ops address shows the renewed certificate", {{"valid_until", trust::date_text(renewed.own.not_after)}});
}

counts_by ops_port::connections() const {
    const auto counts = server_->counts();
    return {{"accepted", counts.accepted},
            {"unfinished", counts.unfinished},
            {"made_room", counts.made_room},
            {"turned_away", counts.turned_away},
            {"idle", counts.idle}};
}

}  // namespace shoal::ops
