#include "sim/server/files.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

namespace shoal::sim {

result<std::string> read_file(const std::string& path) {
    errno = 0;
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    // A folder can be opened and not read.
    if (!in || in.peek() == std::char_traits<char>::eof()) {
        if (in.is_open() && errno == 0) return std::string();
        return std::unexpected(failure(server_errc::unreadable_file, fmt::format("{}: {}", path, std::strerror(errno))));
    }
    text << in.rdbuf();
    return std::move(text).str();
}

failure cannot_write(const std::string& path, int error) {
    const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
    return {full ? server_errc::disk_full : server_errc::unwritable_file,
            fmt::format("{}: {}; {}", path, error == 0 ? "unknown reason" : std::strerror(error),
                        full ? "free some space, or choose a path on another disk" : "choose another path")};
}

result<void> write_file(const std::string& path, std::string_view text) {
    const auto beside = path + ".new";
    const auto fail = [&](int error) {
        std::remove(beside.c_str());
        return std::unexpected(cannot_write(path, error));
    };
    std::FILE* const file = std::fopen(beside.c_str(), "wb");
    if (file == nullptr) return std::unexpected(cannot_write(path, errno));
    if (std::fwrite(text.data(), 1, text.size(), file) != text.size()) {
        const int error = errno;
        std::fclose(file);
        return fail(error);
    }
    if (std::fclose(file) != 0 || std::rename(beside.c_str(), path.c_str()) != 0) return fail(errno);
    return {};
}

}  // namespace shoal::sim
