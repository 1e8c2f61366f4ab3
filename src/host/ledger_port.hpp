#pragma once
// Where the identify ledger is kept: a file that the processes of a host share, or memory in a test.
// Not here: what is done with it (budget/identify_governor.hpp).

#include <functional>
#include <memory>
#include <string>

#include "base/logger.hpp"
#include "budget/identify_governor.hpp"
#include "shoal/error.hpp"

namespace shoal::host {

class ledger_port {
public:
    virtual ~ledger_port() = default;
    /// Runs `change` over the ledger while nobody else can touch it, and stores the ledger if it changed. Never waits:
    /// state::errc::busy asks to try again soon. When it fails after `change` ran, nothing was stored.
    [[nodiscard]] virtual result<void> with(instant now, const std::function<void(budget::identify_ledger&)>& change) = 0;
};

/// The file at `path` (state::ledger_path). A damaged file is logged and begun anew, as if every key
/// had just been used.
[[nodiscard]] std::unique_ptr<ledger_port> ledger_in_file(std::string path, std::uint64_t application, std::string boot_id,
                                                          logger log);

}  // namespace shoal::host
