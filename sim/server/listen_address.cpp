#include "sim/server/listen_address.hpp"

namespace shoal::sim {

result<listen_address> read_listen_address(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size()) {
        return std::unexpected(failure(server_errc::bad_address, std::string(text)));
    }
    listen_address read{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
    if (read.host == "localhost") read.host = "127.0.0.1";
    return read;
}

}  // namespace shoal::sim
