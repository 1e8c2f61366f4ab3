#pragma once
// Where a port listens, as an operator writes it: "127.0.0.1:8080", "[::1]:0", "localhost:0". Not here: listening (doors.hpp).

#include <string>
#include <string_view>

#include "base/loopback.hpp"
#include "shoal/error.hpp"
#include "sim/server/errc.hpp"

namespace shoal::sim {

struct listen_address {
    std::string host;  ///< "127.0.0.1", "[::1]"
    std::string port;
    [[nodiscard]] bool loopback() const { return is_loopback(host); }
    [[nodiscard]] std::string text() const { return host + ":" + port; }
};

[[nodiscard]] result<listen_address> read_listen_address(std::string_view text);

}  // namespace shoal::sim
