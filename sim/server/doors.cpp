#include "sim/server/doors.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

namespace shoal::sim {
namespace {

std::string url_of(std::string_view scheme, const listen_address& at, const std::string& public_host,
                   const net::listener& listener) {
    auto host = public_host.empty() ? at.host : public_host;
    if (host == "0.0.0.0") host = "127.0.0.1";
    if (host == "[::]") host = "[::1]";
    return fmt::format("{}://{}:{}", scheme, host, listener.port());
}

}  // namespace

result<std::unique_ptr<doors>> doors::open(net::io_thread& thread, const server_options& options, const certificates& shown,
                                           random_source& random, server_addresses& where, came on_came) {
    const auto open_one = [&](const listen_address& at, connection::port what,
                              bool serves_rest) -> result<std::unique_ptr<door>> {
        auto made = std::make_unique<door>(random.next());
        auto listening = net::listen(thread, at.text(), serves_rest ? shown.api : shown.gateway,
                                     [on_came, what, serves_rest](std::unique_ptr<net::byte_stream> stream) {
                                         on_came(what, serves_rest, std::move(stream));
                                     });
        if (!listening) return std::unexpected(listening.error());
        made->listener = std::move(*listening);
        made->listener->set_policy([faults = &made->faults] { return faults->on_accept(); });
        return made;
    };
    const bool shared = options.gateway_listen.empty();
    const auto api = read_listen_address(options.listen);
    const auto gateway_at = read_listen_address(shared ? options.listen : options.gateway_listen);
    const auto resume = read_listen_address(options.resume_listen);
    for (const auto* one : {&api, &gateway_at, &resume}) {
        if (!*one) return std::unexpected(one->error());
    }

    auto all = std::make_unique<doors>();
    auto first = open_one(*api, shared ? connection::port::gateway : connection::port::api, true);
    if (!first) return std::unexpected(first.error());
    all->api_ = std::move(*first);
    if (!shared) {
        auto second = open_one(*gateway_at, connection::port::gateway, false);
        if (!second) return std::unexpected(second.error());
        all->gateway_ = std::move(*second);
    }
    auto third = open_one(*resume, connection::port::resume, false);
    if (!third) return std::unexpected(third.error());
    all->resume_ = std::move(*third);

    where.api_base = url_of(options.plain ? "http" : "https", *api, options.public_host, *all->api_->listener) + "/api/v10";
    where.gateway = url_of(options.plain ? "ws" : "wss", *gateway_at, options.public_host, *all->gateway().listener);
    where.resume = url_of(options.plain ? "ws" : "wss", *resume, options.public_host, *all->resume_->listener);
    return all;
}

void doors::apply(const accept_order& order) {
    auto& door = order.on_resume_host ? *resume_ : gateway();
    door.faults.apply(order);
    const bool listening = !door.faults.refuses_all();
    if (std::exchange(door.listening, listening) != listening) {
        // Opening the port again can only fail if somebody else took it meanwhile; refused connections show that well enough.
        static_cast<void>(door.listener->set_listening(listening));
    }
}

std::optional<int> doors::upgrade_status(connection::port at) {
    return (at == connection::port::resume ? *resume_ : gateway()).faults.on_upgrade();
}

}  // namespace shoal::sim
