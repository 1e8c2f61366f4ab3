#pragma once
// Whoever knocks at a node's port and is no node: bare TCP, with TLS by OpenSSL alone if a test wants it. No library code of
// ours. Not here: streams with bad messages on them (raw_node.hpp).

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "system/support/process.hpp"

namespace shoal::system_test {

struct tls_wish {
    std::string certs = {};  ///< Folder with a node's certificate to show; empty: none is shown.
    bool only_1_2 = false;
    bool h2 = true;  ///< Says that it speaks HTTP/2, as gRPC demands.
};

class visitor {
public:
    /// Connects to that port on loopback.
    explicit visitor(std::uint16_t port);
    ~visitor();
    visitor(visitor&&) noexcept;
    visitor(const visitor&) = delete;

    [[nodiscard]] bool connected() const noexcept;
    /// Shakes hands; false if that fails. With TLS 1.3 the other side may still refuse a certificate afterwards.
    [[nodiscard]] bool shake_hands(const tls_wish& wish = {});
    /// The certificate that the other side showed, as PEM; empty before hands were shaken.
    [[nodiscard]] std::string shown() const;
    /// Encrypted once hands were shaken.
    void say(std::string_view bytes);
    /// Waits until the other side closes it; what it says until then is read, and kept in heard().
    [[nodiscard]] bool is_closed(clock::duration within = 40s);
    [[nodiscard]] const std::string& heard() const noexcept;

private:
    struct state;
    std::unique_ptr<state> state_;
};

/// Room for thousands of sockets in this process.
void allow_many_files();
/// Of a url's end: "https://127.0.0.1:8443".
[[nodiscard]] std::uint16_t port_of(std::string_view url);

}  // namespace shoal::system_test
