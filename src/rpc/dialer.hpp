#pragma once
// Calls and streams to other nodes: mutual TLS 1.3, the other side's role checked before a word is said, deadlines.
// Not here: serving them (server.hpp), trying again (the roles).

#include <memory>
#include <string>
#include <string_view>

#include "base/scheduler.hpp"
#include "rpc/endpoint.hpp"
#include "rpc/stream.hpp"
#include "trust/node_files.hpp"

namespace shoal::rpc {

struct dialer_options {
    stream_limits limits;  ///< Of streams.
    stream_limits call_limits{.largest_sent_bytes = wire::most_request_bytes, .largest_received_bytes = wire::most_answer_bytes};
    /// A connection on which nothing came for so long is asked whether it is there, and given up after `keepalive_timeout`
    /// without an answer. Our servers take offence at being asked more often than every 5 s.
    duration keepalive = std::chrono::seconds(10);
    duration keepalive_timeout = std::chrono::seconds(5);
};

/// Lives on one scheduler's thread; so do its calls. Destroying it ends what is left of its streams and waits for gRPC's threads
/// to be done with them (they wait for nobody).
class dialer {
public:
    /// Errors: errc::broken if TLS 1.2 could not be kept out.
    [[nodiscard]] static result<std::unique_ptr<dialer>> make(scheduler& on, const trust::node_identity& self,
                                                              dialer_options options);
    ~dialer();
    dialer(const dialer&) = delete;
    dialer& operator=(const dialer&) = delete;

    /// The next connections show and trust this. Open streams stay on theirs.
    void use(const trust::node_identity& self);

    /// Opens a stream: done when the other side has taken the call and its certificate was seen to carry one of the roles
    /// `expected`. Nothing of this side's was sent until then. Errors: unreachable, no_handshake, untrusted, not_our_kind,
    /// wrong_role, unknown_method, busy, timed_out.
    [[nodiscard]] task<result<std::unique_ptr<stream>>> open(endpoint to, std::string_view method, trust::role_set expected,
                                                             instant deadline);
    /// One request, one answer. Errors: those of open(), and what the other side answered (malformed, refused).
    [[nodiscard]] task<result<std::string>> call(endpoint to, std::string_view method, trust::role_set expected,
                                                 std::string request, instant deadline);
    /// Calls and streams that are not over.
    [[nodiscard]] std::size_t open_calls() const;

    struct impl;

private:
    explicit dialer(std::unique_ptr<impl> inner);
    std::unique_ptr<impl> impl_;
};

}  // namespace shoal::rpc
