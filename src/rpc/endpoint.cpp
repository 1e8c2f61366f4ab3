#include "rpc/endpoint.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace shoal::rpc {
namespace {

bool is_address(const std::string& host) {
    unsigned char bytes[16];
    return ::inet_pton(AF_INET, host.c_str(), bytes) == 1 || ::inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

result<endpoint> parse(std::string_view text) {
    const auto wrong = [&](std::string_view why) {
        return std::unexpected(
            failure(errc::bad_endpoint, fmt::format("\"{}\" {}; write it as https://10.0.0.5:8443", text.substr(0, 200), why)));
    };
    auto rest = text;
    if (rest.starts_with("http://")) return wrong("is plain http, and nodes speak TLS only");
    if (rest.starts_with("https://")) rest.remove_prefix(8);
    if (rest.ends_with('/')) rest.remove_suffix(1);
    const auto colon = rest.rfind(':');
    if (colon == std::string_view::npos || (rest.contains(']') && colon < rest.rfind(']'))) return wrong("has no port");
    auto host = rest.substr(0, colon);
    const auto digits = rest.substr(colon + 1);
    unsigned port = 0;
    const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (ec != std::errc{} || end != digits.data() + digits.size() || port > 65535) return wrong("has no port from 0 to 65535");
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    } else if (host.contains(':')) {
        return wrong("has an IPv6 address without brackets");
    }
    const bool plain = !host.empty() && host.size() <= 253 && std::ranges::all_of(host, [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("-._:").contains(c);
    });
    if (!plain) return wrong("has no host");
    return endpoint{std::string(host), static_cast<std::uint16_t>(port)};
}

}  // namespace

std::string endpoint::text() const {
    return host.contains(':') ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

result<endpoint> dial_endpoint(std::string_view text) {
    auto found = parse(text);
    if (!found) return found;
    if (found->port == 0) {
        return std::unexpected(failure(errc::bad_endpoint, fmt::format("\"{}\" can be listened on and not be dialed", text)));
    }
    return found;
}

result<endpoint> listen_endpoint(std::string_view text) {
    auto found = parse(text);
    if (!found) return found;
    if (!is_address(found->host)) {
        return std::unexpected(failure(
            errc::bad_endpoint, fmt::format("\"{}\" has a name as its host; listen on an IP address of this machine", text)));
    }
    return found;
}

}  // namespace shoal::rpc
