#pragma once
// One accepted socket: its TLS handshake, its bytes and the ways in which it can be made to end. For the sources of this room
// only; byte_stream.hpp is the face.

#include <array>
#include <functional>
#include <memory>
#include <string>

#include "net/byte_stream.hpp"
#include "net/client_stream.hpp"
#include "net/tls_engine.hpp"

namespace shoal::net {

/// Room for reading, shared by all streams of one listener: they run on one thread, and thousands of idle sockets hold no buffer.
struct read_room {
    std::array<char, 64 * 1024> wire;
    std::array<char, 64 * 1024> plain;
};

class server_stream : public std::enable_shared_from_this<server_stream> {
public:
    server_stream(io_thread& on, tcp_socket socket, ssl_ptr session, std::shared_ptr<read_room> room);

    /// Shakes hands, then hands itself over; nothing if it ends before.
    void start(std::function<void(std::shared_ptr<server_stream>)> ready);
    /// Reads and drops everything, for ever: a server that accepts and says nothing.
    void start_muted();

    void listen_to(byte_stream_events& events) { events_ = &events; }
    void write(std::string_view bytes);
    void finish();
    void reset();
    void write_half_and_reset(std::string_view bytes);
    void set_segment_bytes(std::size_t count) { segment_bytes_ = count; }
    void pause_reading();
    void resume_reading();
    [[nodiscard]] std::size_t unsent_bytes() const noexcept { return out_.size() - sent_; }
    [[nodiscard]] bool is_shaking_hands() const noexcept { return shaking_hands_ && !ended_ && !finishing_; }
    [[nodiscard]] const std::string& peer() const noexcept { return peer_; }
    [[nodiscard]] bool peer_is_trusted() const noexcept { return engine_.peer_is_trusted(); }
    /// The face is gone: what finish() promised is still done, everything else ends.
    void abandon();

private:
    void wait_readable();
    void on_readable(error_code ec, std::size_t);
    void on_peer_ended(error_code ec);
    void take_in();
    void watch_for_errors();
    void on_socket_error(error_code ec, std::size_t);

    void flush_soon();
    void flush();
    void on_writable(error_code ec, std::size_t);
    void on_flushed();
    void on_write_failed(error_code ec);
    void reset_once_sent(int tries);

    void close_with_reset();
    void end(failure why);
    void end_later(failure why);
    void set_deadline(duration span);

    io_thread& on_;
    tcp_socket socket_;
    tls_engine engine_;
    std::shared_ptr<read_room> room_;
    std::function<void(std::shared_ptr<server_stream>)> ready_;
    byte_stream_events* events_ = nullptr;
    std::string peer_;
    std::string out_;
    std::size_t sent_ = 0;
    std::size_t segment_bytes_ = 0;
    timer_id deadline_ = timer_id::none;
    bool shaking_hands_ = true;
    bool muted_ = false;
    bool paused_ = false;
    bool waiting_readable_ = false;
    bool waiting_error_ = false;
    bool flush_posted_ = false;
    bool waiting_writable_ = false;
    bool finishing_ = false;  // finish() or write_half_and_reset() was called: nothing more is taken or told
    bool reset_when_sent_ = false;
    bool fin_sent_ = false;
    bool ended_ = false;
};

}  // namespace shoal::net
