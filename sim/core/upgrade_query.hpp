#pragma once
// What a client asks for in the target of its websocket upgrade: version, encoding, compression [#3, #31].
// Not here: HELLO and what follows (gateway.hpp); compression itself (sim/wire).

#include <cstdint>
#include <string>
#include <string_view>

namespace shoal::sim {

struct upgrade_query {
    int version = 0;
    std::string encoding = "json";
    bool transport_compression = false;
    std::uint16_t refused_with = 0;  ///< The close code, or 0 if the connection may go on.
    std::string reason;
};

/// Reads "/?v=10&encoding=json&compress=zlib-stream", with or without the slash.
[[nodiscard]] upgrade_query read_upgrade_query(std::string_view target);

}  // namespace shoal::sim
