#include "state/boot_id.hpp"

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <cstring>

#include "base/assert.hpp"
#include "state/files.hpp"

namespace shoal::state {

result<std::string> boot_id() {
    static constexpr auto path = "/proc/sys/kernel/random/boot_id";
    auto text = read_whole(path);
    if (!text) return std::unexpected(text.error());
    if (!*text) return std::unexpected(failure(errc::io_failed, fmt::format("{} is missing; is /proc mounted?", path)));
    auto id = std::move(**text);
    id.erase(id.find_last_not_of(" \n") + 1);
    return id;
}

incarnation make_incarnation() {
    incarnation made{};
    // Up to 256 bytes come whole once the system's pool is ready, and it is long before any bot starts.
    SHOAL_ASSERT(::getrandom(made.data(), made.size(), 0) == static_cast<ssize_t>(made.size()));
    return made;
}

std::uint64_t random_number() {
    const auto bits = make_incarnation();
    std::uint64_t number = 0;
    std::memcpy(&number, bits.data(), sizeof number);
    return std::max<std::uint64_t>(number, 1);
}

std::string to_hex(const incarnation& which) {
    std::string hex;
    for (const auto byte : which) hex += fmt::format("{:02x}", byte);
    return hex;
}

}  // namespace shoal::state
