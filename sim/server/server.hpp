#pragma once
// The simulated Discord on real sockets: REST and gateway on one port, the resume host on a second, control on a third, all on
// one thread. Not here: what Discord does (sim/core), how a message is framed and compressed (sim/wire).

#include <boost/json/object.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "shoal/error.hpp"
#include "sim/server/errc.hpp"
#include "sim/server/machine.hpp"

namespace shoal::sim {

struct server_options {
    std::string listen = "127.0.0.1:0";                ///< REST below /api, and the gateway unless gateway_listen is set.
    std::string gateway_listen = {};                   ///< A port of its own for the gateway, so that its faults spare REST.
    std::string resume_listen = "127.0.0.1:0";         ///< Another port than the gateway's, so that wrong use is seen [#12].
    std::string control = "127.0.0.1:0";               ///< Plain HTTP, loopback only. Empty: none.
    std::string public_host = {};                      ///< The host in the urls that clients get; empty: the one listened on.
    bool plain = false;                                ///< ws and http; loopback only.
    std::string certificate_file = {}, key_file = {};  ///< PEM; empty: a certificate is made.
    /// PEM; empty: the same as for REST. Of the gateway's own port and of the resume host.
    std::string gateway_certificate_file = {}, gateway_key_file = {};
    std::string ca_out = {};          ///< Where the made certificate is written for clients to trust.
    std::string record_file = {};     ///< Every gateway message to clients is written there (recording.hpp).
    double hello_with_upgrade = 0.5;  ///< Share of connections whose HELLO leaves in one segment with the upgrade's answer.
    std::size_t most_unsent_bytes = 64U << 20U;      ///< A client that lets more wait is cut.
    duration close_grace = std::chrono::seconds(2);  ///< For the echo of a close frame.
    int zlib_level = 3;
    int zstd_level = 1;
    bool vary_json = false;
    std::uint64_t seed = 1;
};

/// Where it listens, as urls.
struct server_addresses {
    std::string api_base;  ///< "https://127.0.0.1:1234/api/v10"
    std::string gateway;   ///< "wss://127.0.0.1:1234"
    std::string resume;
    std::string control;  ///< "http://127.0.0.1:1236", or empty.
};

class server {
public:
    using machine_maker = std::function<std::unique_ptr<machine>(const server_addresses&)>;

    /// Listens, makes the machine and runs. All or nothing.
    [[nodiscard]] static result<std::unique_ptr<server>> start(server_options options, machine_maker make);
    /// Ends every connection and joins the thread.
    ~server();

    [[nodiscard]] const server_addresses& addresses() const noexcept;
    /// PEM of the certificate that was made; empty when plain or when one was given.
    [[nodiscard]] const std::string& ca_pem() const noexcept;

    // From any thread but the server's own; these wait for it.
    [[nodiscard]] boost::json::object control(const boost::json::object& command);
    /// `drained` in it is true only if nothing waits to be sent on any connection either.
    [[nodiscard]] boost::json::object oracle();
    [[nodiscard]] boost::json::object status();
    /// Stops the traffic and waits until everything is written to its connections, at most `span`. False if time ran out.
    bool drain(duration span);

    /// From any thread: the same without waiting; the answer comes on the server's thread.
    void control_async(boost::json::object command, std::move_only_function<void(boost::json::object)> on_answer);
    void oracle_async(std::move_only_function<void(boost::json::object)> on_answer);
    /// Runs `job` on the server's thread after `delay`.
    void later(duration delay, std::move_only_function<void()> job);

    /// Called (on the server's thread) when POST /stop came to the control port. Set before anybody can know the address.
    void on_stop_asked(std::function<void()> asked);

    /// Called once, on the server's thread, when the recording ends before the server does: `why` says what the disk refused. The
    /// server goes on.
    void on_recording_ended(std::function<void(const failure& why)> ended);
    /// Writes what is left of the recording. A failure if it does not hold everything; on_recording_ended was called then.
    [[nodiscard]] result<void> finish_recording();

private:
    struct impl;
    explicit server(std::unique_ptr<impl> made);
    std::unique_ptr<impl> impl_;
};

/// The machine_maker for a simulated Discord: fills the urls into the config.
[[nodiscard]] server::machine_maker live(simulator_config config);

}  // namespace shoal::sim
