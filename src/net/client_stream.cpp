#include "net/client_stream.hpp"

#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ssl/error.hpp>
#include <cerrno>
#include <cstring>

#include "base/assert.hpp"

namespace shoal::net {
namespace {

error_code system_error(int number) { return {number, boost::system::system_category()}; }
bool is_later(int number) noexcept { return number == EAGAIN || number == EWOULDBLOCK || number == EINTR; }

}  // namespace

// ---- OpenSSL's way to the socket: its own would die of SIGPIPE, and ask an empty socket again.

int client_stream::bio_read(BIO* bio, char* to, int size) {
    auto& self = *static_cast<client_stream*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (!self.received_.empty()) {
        const auto count = std::min(self.received_.size(), static_cast<std::size_t>(size));
        std::memcpy(to, self.received_.data(), count);
        self.received_ = self.received_.subspan(count);
        return static_cast<int>(count);
    }
    if (self.ended_) return 0;
    if (self.failed_) return -1;
    if (!self.drained_) {
        const auto got = ::recv(self.socket_.native_handle(), to, static_cast<std::size_t>(size), 0);
        const int why = errno;
        self.drained_ = got < size;
        if (got > 0) return static_cast<int>(got);
        self.ended_ = got == 0;
        if (got == 0) return 0;
        if (!is_later(why)) {
            self.socket_error_ = system_error(why);
            return -1;
        }
    }
    BIO_set_retry_read(bio);
    return -1;
}

int client_stream::bio_write(BIO* bio, const char* from, int size) {
    auto& self = *static_cast<client_stream*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const auto sent = ::send(self.socket_.native_handle(), from, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (sent >= 0) return static_cast<int>(sent);
    if (is_later(errno)) {
        BIO_set_retry_write(bio);
    } else {
        self.socket_error_ = system_error(errno);
    }
    return -1;
}

long client_stream::bio_control(BIO* bio, int what, long, void*) {
    if (what == BIO_CTRL_EOF) return static_cast<client_stream*>(BIO_get_data(bio))->ended_ ? 1 : 0;
    return what == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* client_stream::bio_method() {
    static BIO_METHOD* const method = [] {
        auto* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "shoal socket");
        SHOAL_ASSERT(made != nullptr);
        BIO_meth_set_read(made, &client_stream::bio_read);
        BIO_meth_set_write(made, &client_stream::bio_write);
        BIO_meth_set_ctrl(made, &client_stream::bio_control);
        return made;
    }();
    return method;
}

void client_stream::open(const asio::ip::tcp& protocol, error_code& ec) {
    close();
    socket_.open(protocol, ec);
    if (!ec && fuse_) fuse_->arm(socket_.native_handle());
}

void client_stream::close() noexcept {
    disarm();
    error_code ignored;
    socket_.close(ignored);
}

void client_stream::start_tls(ssl_ptr session) {
    ssl_ = std::move(session);
    auto* bio = BIO_new(bio_method());
    SHOAL_ASSERT(bio != nullptr);
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_read_ahead(ssl_.get(), 1);  // One system call for what is there, not two a record.
    first_bytes_ = std::make_unique_for_overwrite<char[]>(first_bytes);
    SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    error_code ignored;
    socket_.native_non_blocking(true, ignored);
}

/// Why OpenSSL could not go on; would_block if it waits for the socket.
error_code client_stream::why_not(int outcome) {
    const int why = SSL_get_error(ssl_.get(), outcome);
    wants_write_ = why == SSL_ERROR_WANT_WRITE;
    if (wants_write_ || why == SSL_ERROR_WANT_READ) return asio::error::would_block;
    if (cut_) return asio::error::operation_aborted;
    if (why == SSL_ERROR_ZERO_RETURN) return asio::error::eof;
    if (socket_error_) return socket_error_;
    if (ended_) return asio::ssl::error::stream_truncated;
    return {static_cast<int>(ERR_get_error()), asio::error::get_ssl_category()};
}

std::size_t client_stream::read_now(asio::mutable_buffer room, error_code& ec) {
    ec = {};
    if (!ssl_) {
        if (!socket_.non_blocking()) socket_.non_blocking(true, ec);
        return ec ? 0 : socket_.read_some(room, ec);
    }
    ERR_clear_error();
    std::size_t count = 0;
    const int outcome = SSL_read_ex(ssl_.get(), room.data(), room.size(), &count);
    if (outcome != 1) ec = why_not(outcome);
    return count;
}

std::size_t client_stream::write_now(asio::const_buffer bytes, error_code& ec) {
    ec = {};
    if (!ssl_) {
        if (!socket_.non_blocking()) socket_.non_blocking(true, ec);
        wants_write_ = true;
        return ec ? 0 : socket_.write_some(bytes, ec);
    }
    ERR_clear_error();
    std::size_t count = 0;
    const int outcome = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count);
    if (outcome != 1) ec = why_not(outcome);
    return count;
}

// ---- waiting: an operation is tried, and tried again when the socket is ready.

struct client_stream::reading {
    client_stream& on;
    asio::mutable_buffer room;
    completion then;
    std::size_t try_it(error_code& ec) {
        on.wants_write_ = false;
        return on.read_now(room, ec);
    }
    /// The socket is ready.
    void operator()(error_code ec) {
        on.drained_ = false;
        go_on(ec);
    }
    /// Its first bytes came along.
    void operator()(error_code ec, std::size_t count) {
        if (ec == asio::error::operation_aborted) return then(ec, 0);
        on.received({on.first_bytes_.get(), count}, ec);
        go_on({});
    }
    void go_on(error_code ec) {
        std::size_t count = 0;
        if (!ec) count = try_it(ec);
        if (ec == asio::error::would_block) return on.wait_to_read(std::move(*this));
        then(ec, count);
    }
};

void client_stream::received(std::span<const char> bytes, error_code ec) {
    received_ = bytes;
    drained_ = bytes.size() < first_bytes;
    ended_ = ec == asio::error::eof;
    if (!ec || ended_) return;
    failed_ = true;
    socket_error_ = ec;
}

/// To wait for the socket and then to read it would be four system calls: Asio arms a socket anew for each wait, which makes
/// epoll tell at once that it could be written to. A reading that brings bytes needs neither.
void client_stream::wait_to_read(reading what) {
    if (!ssl_ || wants_write_) return wait(std::move(what));
    socket_.async_receive(asio::mutable_buffer(first_bytes_.get(), first_bytes), std::move(what));
}

struct client_stream::writing {
    client_stream& on;
    asio::const_buffer bytes;
    completion then;
    std::size_t try_it(error_code& ec) { return on.write_now(bytes, ec); }
    void operator()(error_code ec) {
        std::size_t count = 0;
        if (!ec) count = try_it(ec);
        if (ec == asio::error::would_block) return on.wait(std::move(*this));
        then(ec, count);
    }
};

struct client_stream::shaking {
    client_stream& on;
    completion then;
    void operator()(error_code ec) {
        on.drained_ = false;
        if (!ec) {
            ERR_clear_error();
            const int outcome = SSL_do_handshake(on.ssl_.get());
            if (outcome != 1) ec = on.why_not(outcome);
        }
        if (ec == asio::error::would_block) return on.wait(std::move(*this));
        then(ec, 0);
    }
};

template <class Operation>
void client_stream::wait(Operation what) {
    const auto until = wants_write_ ? tcp_socket::wait_write : tcp_socket::wait_read;
    socket_.async_wait(until, std::move(what));
}

void client_stream::handshake(completion then) {
    asio::post(socket_.get_executor(), [what = shaking{*this, std::move(then)}]() mutable { what({}); });
}

void client_stream::async_read_some(asio::mutable_buffer room, completion then) {
    reading what{*this, room, std::move(then)};
    error_code ec;
    const auto count = what.try_it(ec);
    if (ec == asio::error::would_block) return wait_to_read(std::move(what));
    asio::post(socket_.get_executor(), [then_ = std::move(what.then), ec, count] { then_(ec, count); });
}

void client_stream::async_write_some(asio::const_buffer bytes, completion then) {
    writing what{*this, bytes, std::move(then)};
    error_code ec;
    const auto count = what.try_it(ec);
    if (ec == asio::error::would_block) return wait(std::move(what));
    asio::post(socket_.get_executor(), [then_ = std::move(what.then), ec, count] { then_(ec, count); });
}

}  // namespace shoal::net
