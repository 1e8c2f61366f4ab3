#include "net/tls_engine.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <cstring>

#include "base/assert.hpp"
#include "net/errc.hpp"

namespace shoal::net {
namespace {
// A memory BIO keeps the largest size that it ever had: it is given one record at a time.
constexpr std::size_t one_record = 16 * 1024;
}  // namespace

tls_engine::tls_engine(ssl_ptr session) : ssl_(std::move(session)) {
    if (!ssl_) return;
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    SHOAL_ASSERT(in_ != nullptr && out_ != nullptr);
    SSL_set_bio(ssl_.get(), in_, out_);
}

void tls_engine::feed(std::string_view wire) {
    if (ssl_) {
        BIO_write(in_, wire.data(), static_cast<int>(wire.size()));
    } else {
        plain_in_.append(wire);
    }
}

result<bool> tls_engine::shake_hands(std::string& wire) {
    if (!ssl_) return true;
    ERR_clear_error();
    const int outcome = SSL_do_handshake(ssl_.get());
    take_wire(wire);
    if (outcome == 1) return true;
    const int why = SSL_get_error(ssl_.get(), outcome);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return false;
    return std::unexpected(failure(errc::tls_failed, openssl_errors()));
}

result<std::size_t> tls_engine::read(std::span<char> room, std::string& wire) {
    if (!ssl_) {
        const auto count = std::min(room.size(), plain_in_.size() - plain_read_);
        std::memcpy(room.data(), plain_in_.data() + plain_read_, count);
        plain_read_ += count;
        if (plain_read_ == plain_in_.size()) {
            plain_in_.clear();
            plain_read_ = 0;
        }
        return count;
    }
    ERR_clear_error();
    std::size_t count = 0;
    const int outcome = SSL_read_ex(ssl_.get(), room.data(), room.size(), &count);
    take_wire(wire);
    if (outcome == 1) return count;
    switch (SSL_get_error(ssl_.get(), outcome)) {
        case SSL_ERROR_WANT_READ:
        case SSL_ERROR_WANT_WRITE:
        case SSL_ERROR_ZERO_RETURN: return std::size_t{0};
        default: return std::unexpected(failure(errc::protocol_broken, openssl_errors()));
    }
}

result<void> tls_engine::write(std::string_view bytes, std::string& wire) {
    if (!ssl_) {
        wire.append(bytes);
        return {};
    }
    while (!bytes.empty()) {
        const auto piece = bytes.substr(0, one_record);
        ERR_clear_error();
        std::size_t count = 0;
        if (SSL_write_ex(ssl_.get(), piece.data(), piece.size(), &count) != 1) {
            return std::unexpected(failure(errc::protocol_broken, openssl_errors()));
        }
        take_wire(wire);
        bytes.remove_prefix(count);
    }
    return {};
}

void tls_engine::finish(std::string& wire) {
    if (!ssl_) return;
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
    take_wire(wire);
}

bool tls_engine::peer_finished() const noexcept { return ssl_ && (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }

void tls_engine::take_wire(std::string& wire) {
    const auto pending = BIO_ctrl_pending(out_);
    if (pending == 0) return;
    const auto before = wire.size();
    wire.resize(before + pending);
    BIO_read(out_, wire.data() + before, static_cast<int>(pending));
}

bool tls_engine::peer_is_trusted() const noexcept {
    return ssl_ && SSL_get0_peer_certificate(ssl_.get()) != nullptr && SSL_get_verify_result(ssl_.get()) == X509_V_OK;
}

}  // namespace shoal::net
