#pragma once
// A node's port for other nodes: mutual TLS 1.3, a rule for each call, handlers that are coroutines on one scheduler's thread.
// Not here: what the calls mean (the roles), reading their bytes (src/wire).

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/scheduler.hpp"
#include "rpc/endpoint.hpp"
#include "rpc/listener.hpp"
#include "rpc/rules.hpp"
#include "rpc/stream.hpp"
#include "trust/node_files.hpp"
#include "wire/methods.hpp"

namespace shoal::rpc {

/// Serves one stream. When it ends, what was sent goes out and the other side is told how it ended: errc::finished in order, or
/// the failure's code and its detail (so no secret may be in it). The stream lives as long as the task.
using stream_handler = std::function<task<result<void>>(stream&)>;
/// Serves one request.
using call_handler = std::function<task<result<std::string>>(const peer_identity&, std::string request)>;

/// What a node serves, by method. A method that is declared and not here is answered with errc::unknown_method.
struct served_calls {
    std::map<std::string, stream_handler, std::less<>> streams;
    std::map<std::string, call_handler, std::less<>> calls;
};

struct server_options {
    endpoint listen;
    stream_limits limits;  ///< Of streams.
    stream_limits call_limits{.largest_sent_bytes = wire::most_answer_bytes,
                              .largest_received_bytes = wire::most_request_bytes,
                              .outbox_bytes = wire::most_answer_bytes};
    listener_limits knocking;
    /// Messages that come now and then on many streams are handed to the handlers together, no later than this; the first after a
    /// pause, and those that follow each other on one stream, at once. Each wake-up of a thread costs more than what most say.
    duration gather = std::chrono::milliseconds(5);
    std::size_t most_calls = 4096;  ///< At once, over all connections; more are answered with errc::busy.
    std::size_t most_calls_per_connection = 128;
    duration request_patience = std::chrono::seconds(10);  ///< For the request of a call that was begun.
    duration linger = std::chrono::seconds(5);  ///< For what a handler sent last to be taken, then the connection is given up.
    duration keepalive = std::chrono::seconds(10);
    duration keepalive_timeout = std::chrono::seconds(5);
    /// What is served at all, and who may call it; tests have their own.
    std::vector<wire::declared_method> declared = wire::declared_methods();
    std::span<const method_rule> rules = fleet_rules();
};

struct server_counts {
    listener_counts knocking;
    std::uint64_t calls = 0;       ///< Taken.
    std::uint64_t wrong_role = 0;  ///< Refused by their rule.
    std::uint64_t unknown = 0;     ///< Of methods that are not served.
    std::uint64_t busy = 0;        ///< Over most_calls.
    std::uint64_t too_large = 0;   ///< Messages over their bound; each ended its call.
    std::size_t open_calls = 0;    ///< Now.

    // With names as a metric has them.
    using by_outcome = std::vector<std::pair<std::string_view, std::uint64_t>>;
    [[nodiscard]] by_outcome connections() const {
        return {{"accepted", knocking.accepted},
                {"proven", knocking.proven},
                {"silent", knocking.silent},
                {"not_tls", knocking.not_tls},
                {"never_proven", knocking.never_proven}};
    }
    [[nodiscard]] by_outcome all_calls() const {
        return {{"taken", calls}, {"wrong_role", wrong_role}, {"unknown", unknown}, {"too_many", busy}};
    }
};

class server {
public:
    /// Listens once this returns. Errors: errc::no_rule before anything else, address_in_use, listen_failed, broken.
    /// From any thread; handlers run on `on`'s.
    [[nodiscard]] static result<std::unique_ptr<server>> start(scheduler& on, const trust::node_identity& self,
                                                               server_options options, served_calls what);
    /// On the scheduler's thread. Handlers are destroyed where they wait; the other sides see `cancelled`. Waits for gRPC's
    /// threads, which wait for nobody.
    ~server();
    server(const server&) = delete;
    server& operator=(const server&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept;
    /// New connections see and trust this. Open ones stay. From any thread.
    void use(const trust::node_identity& self);
    /// From any thread.
    [[nodiscard]] server_counts counts() const;

    struct impl;

private:
    explicit server(std::shared_ptr<impl> inner);
    std::shared_ptr<impl> impl_;
};

}  // namespace shoal::rpc
