#include "net/websocket_upgrade.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <boost/beast/core/string.hpp>

#include "base/assert.hpp"
#include "net/errc.hpp"

namespace shoal::net {
namespace {

constexpr std::string_view accept_guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

template <std::size_t N>
std::string base64(const std::array<unsigned char, N>& bytes) {
    std::array<unsigned char, (N + 2) / 3 * 4 + 1> text{};
    const int size = EVP_EncodeBlock(text.data(), bytes.data(), static_cast<int>(N));
    return {reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(size)};
}

std::string random_key() {
    std::array<unsigned char, 16> bytes{};
    SHOAL_ASSERT(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
    return base64(bytes);
}

/// What proves that the server read our key.
std::string accept_of(const std::string& key) {
    const auto text = key + std::string(accept_guid);
    std::array<unsigned char, 20> digest{};
    unsigned size = 0;
    SHOAL_ASSERT(EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) == 1);
    return base64(digest);
}

bool names_token(std::string_view list, std::string_view token) {
    while (!list.empty()) {
        const auto comma = std::min(list.find(','), list.size());
        auto word = list.substr(0, comma);
        while (word.starts_with(' ')) word.remove_prefix(1);
        while (word.ends_with(' ')) word.remove_suffix(1);
        if (boost::beast::iequals(boost::beast::string_view(word.data(), word.size()),
                                  boost::beast::string_view(token.data(), token.size())))
            return true;
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return false;
}

}  // namespace

websocket_upgrade::websocket_upgrade(std::string_view authority, std::string_view target, std::string_view user_agent)
    : key_(random_key()), answer_(0, true) {
    request_ = fmt::format(
        "GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {}\r\n"
        "Sec-WebSocket-Version: 13\r\n",
        target, authority, key_);
    if (!user_agent.empty()) request_ += fmt::format("User-Agent: {}\r\n", user_agent);
    request_ += "\r\n";
}

result<void> websocket_upgrade::agreed() {
    const auto answer = answer_.take();
    if (answer.status != 101) return std::unexpected(failure(errc::upgrade_refused, fmt::format("status {}", answer.status)));
    const auto refuse = [](std::string_view why) { return std::unexpected(failure(errc::protocol_broken, std::string(why))); };
    if (!names_token(answer.header("Upgrade"), "websocket") || !names_token(answer.header("Connection"), "upgrade")) {
        return refuse("status 101 that is no upgrade to websocket");
    }
    if (answer.header("Sec-WebSocket-Accept") != accept_of(key_)) return refuse("the upgrade was accepted with a wrong key");
    if (!answer.header("Sec-WebSocket-Extensions").empty()) return refuse("an extension that nobody asked for");
    return {};
}

}  // namespace shoal::net
