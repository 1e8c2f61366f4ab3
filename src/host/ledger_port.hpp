#pragma once
// Where the identify ledger is kept: a file that the processes of a host share, or memory in a test.
// Not here: what is done with it (gateway/identify_governor.hpp).

#include <functional>
#include <memory>
#include <string>

#include "base/logger.hpp"
#include "gateway/identify_governor.hpp"
#include "shoal/error.hpp"

namespace shoal::host {

class ledger_port {
public:
    virtual ~ledger_port() = default;
    /// Runs `change` over the ledger while nobody else can touch it, and stores the ledger if it changed. Never waits:
    /// state::errc::busy asks to try again soon. When it fails after `change` ran, nothing was stored.
    [[nodiscard]] virtual result<void> with(instant now, const std::function<void(gateway::identify_ledger&)>& change) = 0;
};

/// What holds when nothing is known: every key was just used, and Discord must be asked what is left.
[[nodiscard]] gateway::identify_ledger cautious_ledger(std::uint64_t application, std::string boot_id, instant now);
/// A ledger of an earlier boot: its times mean nothing any more, its counts do.
void adopt_after_reboot(gateway::identify_ledger& ledger, std::string boot_id, instant now);

/// The file at `path` (state::ledger_path). A damaged file is treated as cautious_ledger() says, and logged.
[[nodiscard]] std::unique_ptr<ledger_port> ledger_in_file(std::string path, std::uint64_t application, std::string boot_id,
                                                          logger log);

}  // namespace shoal::host
