#include "config/text_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace shoal::config {

std::expected<std::string, std::string> read_text_file(const std::string& path, std::size_t most_bytes) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return std::unexpected(std::string(std::strerror(errno)));
    std::string text(most_bytes + 1, '\0');
    std::size_t have = 0;
    int error = 0;
    while (have < text.size()) {
        const auto count = ::read(file, text.data() + have, text.size() - have);
        if (count == 0) break;
        if (count > 0) {
            have += static_cast<std::size_t>(count);
        } else if (errno != EINTR) {
            error = errno;
            break;
        }
    }
    ::close(file);
    if (error != 0) return std::unexpected(std::string(std::strerror(error)));
    if (have > most_bytes) return std::unexpected(fmt::format("it is over {} bytes", most_bytes));
    text.resize(have);
    return text;
}

}  // namespace shoal::config
