#pragma once
// The ports that clients come to, each with its faults: REST's, the gateway's (the same, or one of its own) and the resume host.
// Not here: what comes in by them (switchboard.hpp), the control port (control_port.hpp).

#include <functional>
#include <memory>
#include <optional>

#include "base/random.hpp"
#include "net/io_thread.hpp"
#include "sim/server/accept_faults.hpp"
#include "sim/server/certificates.hpp"
#include "sim/server/connection.hpp"
#include "sim/server/server.hpp"

namespace shoal::sim {

class doors {
public:
    /// A client came to this port.
    using came = std::function<void(connection::port to, bool serves_rest, std::unique_ptr<net::byte_stream> stream)>;

    /// Listens; `where` gets their urls. All or nothing.
    [[nodiscard]] static result<std::unique_ptr<doors>> open(net::io_thread& thread, const server_options& options,
                                                             const certificates& shown, random_source& random,
                                                             server_addresses& where, came on_came);

    /// Faults F5 to F7, by percentage.
    void apply(const accept_order& order);
    /// The status that an upgrade at this port gets instead of being accepted.
    [[nodiscard]] std::optional<int> upgrade_status(connection::port at);

private:
    struct door {
        std::unique_ptr<net::listener> listener;
        accept_faults faults;
        bool listening = true;
        explicit door(std::uint64_t seed) : faults(seed) {}
    };
    [[nodiscard]] door& gateway() { return gateway_ ? *gateway_ : *api_; }

    std::unique_ptr<door> api_, gateway_, resume_;
};

}  // namespace shoal::sim
