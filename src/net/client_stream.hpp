#pragma once
// A TCP connection that this side opened, with or without TLS on it, as one Asio stream type; and how it is opened.
// For the sources of this room only. Not here: deadlines of the whole, HTTP, websocket.

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <memory>
#include <span>
#include <utility>

#include "net/dial_url.hpp"
#include "net/io_loop.hpp"
#include "net/socket_fuse.hpp"
#include "net/tls_context.hpp"

namespace shoal::net {

using error_code = boost::system::error_code;
using tcp_socket = asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;

/// The one completion handler of this room: a step of an object that it keeps alive. One type means that the costly templates
/// below it are compiled once.
struct completion {
    std::shared_ptr<void> self;
    void (*step)(void* self, error_code, std::size_t) = nullptr;

    void operator()(error_code ec, std::size_t count = 0) const { step(self.get(), ec, count); }

    template <auto Step, class T>
    static completion to(std::shared_ptr<T> self) {
        return {std::move(self), [](void* that, error_code ec, std::size_t count) { (static_cast<T*>(that)->*Step)(ec, count); }};
    }
};

/// Plain until start_tls(). OpenSSL reads and writes the socket itself: bytes are copied no more than it does, and a record that
/// is there costs no turn of the event loop.
class client_stream {
public:
    /// `fuse` (or nullptr) can end it from another thread.
    explicit client_stream(asio::io_context& loop, std::shared_ptr<socket_fuse> fuse = {})
        : socket_(loop), fuse_(std::move(fuse)) {}
    ~client_stream() { close(); }
    client_stream(const client_stream&) = delete;
    client_stream& operator=(const client_stream&) = delete;

    [[nodiscard]] tcp_socket& socket() noexcept { return socket_; }
    [[nodiscard]] SSL* ssl() noexcept { return ssl_.get(); }

    /// A socket of its own, in place of the one before.
    void open(const asio::ip::tcp& protocol, error_code& ec);
    /// The socket's end; what is under way on it ends with operation_aborted.
    void close() noexcept;
    /// Nothing more that comes is of use: its end is this thread's matter alone.
    void disarm() noexcept {
        if (fuse_) fuse_->disarm();
    }
    /// From now on everything is encrypted by `session`; the handshake comes next.
    void start_tls(ssl_ptr session);
    void handshake(completion then);
    /// Everything ends at once; what is under way ends with operation_aborted.
    void cut() noexcept {
        cut_ = true;
        close();
    }
    [[nodiscard]] bool is_cut() const noexcept { return cut_; }

    /// What is there already, up to the size of `room`. 0 with would_block if that is nothing.
    [[nodiscard]] std::size_t read_now(asio::mutable_buffer room, error_code& ec);
    /// At least one byte, or an error; `room` must stay until then. One reading and one writing at a time; `then` is never called
    /// inside the call.
    void async_read_some(asio::mutable_buffer room, completion then);
    void async_write_some(asio::const_buffer bytes, completion then);

private:
    struct reading;
    struct writing;
    struct shaking;
    static BIO_METHOD* bio_method();
    static int bio_read(BIO* bio, char* to, int size);
    static int bio_write(BIO* bio, const char* from, int size);
    static long bio_control(BIO* bio, int what, long, void*);
    [[nodiscard]] std::size_t write_now(asio::const_buffer bytes, error_code& ec);
    [[nodiscard]] error_code why_not(int outcome);
    template <class Operation>
    void wait(Operation what);
    void wait_to_read(reading what);
    void received(std::span<const char> bytes, error_code ec);

    /// As much as a usual event takes on the wire; what comes with it beyond that OpenSSL reads itself.
    static constexpr std::size_t first_bytes = 4096;

    tcp_socket socket_;
    std::shared_ptr<socket_fuse> fuse_;
    ssl_ptr ssl_;
    std::unique_ptr<char[]> first_bytes_;  // What a wait for the socket brings along.
    std::span<const char> received_;       // Of these, what OpenSSL did not take yet.
    /// The last read of the socket got less than it had room for: the next would find nothing, and costs no system call.
    bool drained_ = false;
    bool ended_ = false;        // The peer closed the socket.
    bool failed_ = false;       // Reading it failed.
    bool wants_write_ = false;  // What OpenSSL waits for.
    error_code socket_error_;   // The last one that was not "later".
    bool cut_ = false;
};

/// Finds the host, connects and shakes hands on `stream`, which belongs to `keep`. Ends by calling `then` once, never inside the
/// call; each address gets its share of the time up to `deadline`, but the deadline of the whole is the caller's. After
/// stream.cut() `then` may come late (a name look-up cannot be interrupted): the caller must no longer care.
void open_stream(io_thread& on, dial_url to, tls_context_ptr tls, std::shared_ptr<void> keep, client_stream& stream,
                 instant deadline, std::move_only_function<void(result<void>)> then);

/// What a socket's or a handshake's error means here.
[[nodiscard]] failure stream_failure(error_code ec, const std::string& peer);

}  // namespace shoal::net
