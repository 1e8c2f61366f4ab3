#include "config/listen_url.hpp"

#include <arpa/inet.h>

#include <charconv>
#include <cstdint>

#include "base/loopback.hpp"

namespace shoal::config {
namespace {

struct parts {
    std::string_view host;  // With the brackets of an IPv6 address.
    std::string_view port;
    std::string_view rest;  // Behind the first slash.
};

parts parts_of(std::string_view url) {
    const auto scheme = url.find("://");
    auto host = scheme == std::string_view::npos ? url : url.substr(scheme + 3);
    parts out;
    const auto end = host.find_first_of("/?#");
    if (end != std::string_view::npos) out.rest = host.substr(end + 1);
    host = host.substr(0, end);
    const auto bracket = host.starts_with('[') ? host.find(']') : std::string_view::npos;
    const auto colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
    out.host = host.substr(0, colon);
    if (colon != std::string_view::npos) out.port = host.substr(colon + 1);
    return out;
}

bool is_ipv4(std::string_view host) {
    in_addr room{};
    return ::inet_pton(AF_INET, std::string(host).c_str(), &room) == 1;
}

bool is_ipv6(std::string_view host) {
    if (!host.starts_with('[') || !host.ends_with(']')) return false;
    in6_addr room{};
    return ::inet_pton(AF_INET6, std::string(host.substr(1, host.size() - 2)).c_str(), &room) == 1;
}

}  // namespace

bool is_loopback_url(std::string_view url) { return is_loopback(parts_of(url).host); }

std::expected<listen_url, std::string> read_listen_url(std::string_view url) {
    const bool tls = url.starts_with("https://");
    if (!tls && !url.starts_with("http://")) return std::unexpected("is no url; write https://+:8443, or http://127.0.0.1:9100");
    const auto [host, port, rest] = parts_of(url);
    if (port.empty()) return std::unexpected("has no port");
    std::uint16_t number = 0;
    const auto [end, ec] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (ec != std::errc{} || end != port.data() + port.size()) {
        return std::unexpected("has a port that is no number from 0 to 65535");
    }
    if (!rest.empty()) return std::unexpected("has something behind its port; only the address to listen on belongs there");
    auto address = std::string(host);
    if (host == "+" || host == "*") address = "0.0.0.0";
    if (host == "localhost") address = "127.0.0.1";
    if (!is_ipv4(address) && !is_ipv6(address)) {
        return std::unexpected("names a host; to listen takes an address of this machine, or + for any");
    }
    if (!tls && !is_loopback_url(url)) return std::unexpected("is plain http, which is for this machine only; write https");
    return listen_url{tls, address + ":" + std::string(port)};
}

}  // namespace shoal::config
