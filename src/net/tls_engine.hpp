#pragma once
// One side of a TLS connection as a plain machine: encrypted bytes in, plain bytes out, and the other way round. It knows no
// socket, so that its owner decides what goes to the wire and in which pieces. For the sources of this room only.

#include <span>
#include <string>
#include <string_view>

#include "net/tls_context.hpp"

namespace shoal::net {

class tls_engine {
public:
    /// Null means plain: bytes pass as they are.
    explicit tls_engine(ssl_ptr session);

    /// Takes bytes from the wire.
    void feed(std::string_view wire);
    /// Goes on with the handshake, appending to `wire` what must be sent. True once it is done.
    [[nodiscard]] result<bool> shake_hands(std::string& wire);
    /// Plain bytes into `room`: how many there were, 0 if more wire is needed. `wire` gets what the protocol itself sends.
    [[nodiscard]] result<std::size_t> read(std::span<char> room, std::string& wire);
    /// Encrypts `bytes`, appending to `wire`.
    [[nodiscard]] result<void> write(std::string_view bytes, std::string& wire);
    /// Appends close_notify.
    void finish(std::string& wire);
    /// True once the peer's close_notify was read.
    [[nodiscard]] bool peer_finished() const noexcept;
    /// The peer showed a certificate, and it passed.
    [[nodiscard]] bool peer_is_trusted() const noexcept;

private:
    void take_wire(std::string& wire);

    ssl_ptr ssl_;
    BIO* in_ = nullptr;   // owned by ssl_
    BIO* out_ = nullptr;  // owned by ssl_
    std::string plain_in_;
    std::size_t plain_read_ = 0;
};

}  // namespace shoal::net
