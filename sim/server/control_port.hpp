#pragma once
// The control port: plain HTTP on loopback for whoever runs the simulator. POST /control, GET /oracle, GET /status, POST /stop.
// Not here: what the commands mean (sim/core and its README).

#include <boost/json/object.hpp>
#include <functional>
#include <memory>

#include "net/byte_stream.hpp"
#include "net/http_session.hpp"

namespace shoal::sim {

/// What the port may ask of the server, on the server's thread.
struct control_hooks {
    std::function<boost::json::object(const boost::json::object&)> control;
    std::function<boost::json::object()> oracle;
    std::function<boost::json::object()> status;
    std::function<void()> stop;
};

class control_connection final : public net::byte_stream_events {
public:
    using gone = std::function<void(control_connection*)>;

    control_connection(std::unique_ptr<net::byte_stream> stream, const control_hooks& hooks, gone on_gone);

private:
    void on_bytes(std::string_view bytes) override { http_.feed(bytes); }
    void on_ended(const failure&) override { on_gone_(this); }
    void take(const net::http_request& request);

    std::unique_ptr<net::byte_stream> stream_;
    const control_hooks& hooks_;
    gone on_gone_;
    net::http_session http_;
};

}  // namespace shoal::sim
