#include "state/shared_ledger.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "state/files.hpp"

namespace shoal::state {

namespace {

/// SipHash-2-4, after the paper of Aumasson and Bernstein (https://www.aumasson.jp/siphash/siphash.pdf).
std::uint64_t siphash(std::string_view text, std::uint64_t k0, std::uint64_t k1) noexcept {
    std::uint64_t v0 = k0 ^ 0x736f6d6570736575ULL, v1 = k1 ^ 0x646f72616e646f6dULL, v2 = k0 ^ 0x6c7967656e657261ULL,
                  v3 = k1 ^ 0x7465646279746573ULL;
    auto round = [&] {
        v0 += v1, v1 = std::rotl(v1, 13), v1 ^= v0, v0 = std::rotl(v0, 32);
        v2 += v3, v3 = std::rotl(v3, 16), v3 ^= v2;
        v0 += v3, v3 = std::rotl(v3, 21), v3 ^= v0;
        v2 += v1, v1 = std::rotl(v1, 17), v1 ^= v2, v2 = std::rotl(v2, 32);
    };
    auto take = [&](std::uint64_t word) {
        v3 ^= word;
        round(), round();
        v0 ^= word;
    };
    std::uint64_t last = static_cast<std::uint64_t>(text.size()) << 56;
    while (text.size() >= 8) {
        std::uint64_t word = 0;
        for (int i = 7; i >= 0; --i) word = word << 8 | static_cast<unsigned char>(text[static_cast<std::size_t>(i)]);
        take(word);
        text.remove_prefix(8);
    }
    for (std::size_t i = 0; i < text.size(); ++i)
        last |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[i])) << (8 * i);
    take(last);
    v2 ^= 0xff;
    round(), round(), round(), round();
    return v0 ^ v1 ^ v2 ^ v3;
}

/// A Discord token begins with its bot's id in base64. Empty if this one does not.
std::string bot_id_of(std::string_view token) {
    std::string id;
    std::uint32_t bits = 0;
    int have = 0;
    for (const char c : token.substr(0, token.find('.'))) {
        std::uint32_t value = 0;
        if (c >= 'A' && c <= 'Z')
            value = static_cast<std::uint32_t>(c - 'A');
        else if (c >= 'a' && c <= 'z')
            value = static_cast<std::uint32_t>(c - 'a' + 26);
        else if (c >= '0' && c <= '9')
            value = static_cast<std::uint32_t>(c - '0' + 52);
        else if (c == '+' || c == '-')
            value = 62;
        else if (c == '/' || c == '_')
            value = 63;
        else if (c == '=')
            break;
        else
            return {};
        bits = bits << 6 | value;
        have += 6;
        if (have < 8) continue;
        have -= 8;
        const char digit = static_cast<char>(bits >> have & 0xff);
        if (digit < '0' || digit > '9') return {};
        id.push_back(digit);
    }
    return id.size() >= 15 && id.size() <= 20 ? id : std::string{};
}

}  // namespace

std::uint64_t application_key(std::string_view api_base, const secret& token) noexcept {
    while (api_base.ends_with('/')) api_base.remove_suffix(1);
    const auto id = bot_id_of(token.reveal());
    const auto what = fmt::format("{}\n{}", api_base, id.empty() ? token.reveal() : std::string_view(id));
    return siphash(what, 0x73686f616c2d6964ULL, 0x656e746966792d31ULL);
}

result<std::string> default_shared_folder() {
    static constexpr auto host_wide = "/var/lib/shoal";
    if (::access(host_wide, W_OK | X_OK) == 0) return std::string(host_wide);
    if (::geteuid() == 0) return std::string(host_wide);
    if (const char* given = std::getenv("XDG_STATE_HOME"); given != nullptr && given[0] == '/')
        return std::string(given) + "/shoal";
    if (const char* home = std::getenv("HOME"); home != nullptr && home[0] == '/')
        return std::string(home) + "/.local/state/shoal";
    return std::unexpected(failure(errc::io_failed, "neither XDG_STATE_HOME nor HOME names a folder for the identify ledger"));
}

result<std::string> ledger_path(const std::string& folder, std::uint64_t application) {
    if (auto made = make_folder(folder); !made) return std::unexpected(made.error());
    if (auto tried = try_writing(folder); !tried) return std::unexpected(tried.error());
    return fmt::format("{}/identify-{:016x}.ledger", folder, application);
}

result<void> with_locked_ledger(const std::string& path, const ledger_change& change) {
    // The lock is a file of its own: the ledger itself is replaced by each write, and a lock on a replaced file locks nothing.
    const auto lock_path = path + ".lock";
    const unique_fd lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock) return std::unexpected(failure_of(errno, lock_path, "cannot open"));
    while (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EINTR) continue;
        if (errno == EWOULDBLOCK) return std::unexpected(failure(errc::busy, path));
        return std::unexpected(failure_of(errno, lock_path, "cannot lock"));
    }
    auto text = read_whole(path);
    if (!text) return std::unexpected(text.error());
    const auto changed = change(*text);
    if (!changed || (*text && *changed == **text)) return {};
    return write_durably(path, *changed);
}

}  // namespace shoal::state
