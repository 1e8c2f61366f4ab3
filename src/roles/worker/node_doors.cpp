#include "roles/worker/node_doors.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "roles/process/exit_reasons.hpp"

namespace shoal::roles {

using config::exit_code;
using config::startup_problem;

namespace {
trust::calendar_time calendar_now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }
}  // namespace

std::expected<trust::node_identity, startup_problem> read_worker_identity(const std::string& folder) {
    auto identity = trust::read_node(folder, calendar_now());
    if (!identity) return std::unexpected(problem_of_certificates(identity.error(), "--certs " + folder));
    if (!identity->own.roles.has(trust::role::worker)) {
        return std::unexpected(startup_problem{
            exit_code::certificate_refused,
            fmt::format("The certificate in {} is for {}, not for a worker; \"shoal certs node NAME --role worker\" makes one.",
                        folder, trust::text_of(identity->own.roles))});
    }
    return std::move(*identity);
}

std::expected<std::unique_ptr<node_doors>, startup_problem> node_doors::open(scheduler& on, const config::bot_settings& settings,
                                                                             const trust::node_identity& self, logger log) {
    std::unique_ptr<node_doors> doors(new node_doors(std::move(log)));
    auto dialer = rpc::dialer::make(on, self, {});
    if (!dialer) {
        return std::unexpected(startup_problem{
            exit_code::failed, fmt::format("No connection between nodes is possible: {}.", dialer.error().message())});
    }
    doors->dialer_ = std::move(*dialer);
    if (settings.fleet.listen) {
        const auto& address = settings.fleet.listen->address;
        rpc::server_options options;
        options.listen = rpc::listen_endpoint(address).value();
        auto server = rpc::server::start(on, self, std::move(options), {});
        if (!server) {
            const auto& why = server.error();
            return std::unexpected(startup_problem{
                why.is(rpc::errc::address_in_use) ? exit_code::port_in_use : exit_code::failed,
                fmt::format("--listen-url: {}.", why.detail().empty() ? why.text() : std::string_view(why.detail()))});
        }
        doors->server_ = std::move(*server);
        doors->listen_url_ = fmt::format("https://{}:{}", address.substr(0, address.rfind(':')), doors->server_->port());
    }
    doors->watch_ = std::make_unique<trust::certificate_watch>(
        on, settings.certs, self, trust::watch_options{.calendar = calendar_now},
        [raw = doors.get()](const trust::node_identity& renewed) {
            raw->log_.info("the certificate was renewed", {{"valid_until", trust::date_text(renewed.own.not_after)}});
            raw->dialer_->use(renewed);
            if (raw->server_) raw->server_->use(renewed);
        },
        [raw = doors.get()](const failure& why) {
            raw->log_.warn("the certificate folder is not as it should be", {{"why", why.message()}});
        });
    return doors;
}

}  // namespace shoal::roles
