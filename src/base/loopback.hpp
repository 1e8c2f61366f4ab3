#pragma once
// Which hosts are this machine itself. Not here: resolving names; any other name may lead anywhere, whatever it begins with.

#include <arpa/inet.h>

#include <string>
#include <string_view>

namespace shoal {

/// An address of 127.0.0.0/8 written in full, ::1 with or without brackets, or "localhost", which is nobody else's name (RFC
/// 6761).
[[nodiscard]] inline bool is_loopback(std::string_view host) {
    if (host == "localhost") return true;
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    const std::string text(host);
    if (in_addr v4{}; ::inet_pton(AF_INET, text.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24U == 127;
    in6_addr v6{};
    return ::inet_pton(AF_INET6, text.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

}  // namespace shoal
