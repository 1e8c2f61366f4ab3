#pragma once
// The port to whoever keeps what another process needs to go on with this one's sessions. Called on the shard's thread.
// Not here: where it is kept (src/bot, src/state), what a ticket is (gateway/ticket.hpp).

#include <cstdint>
#include <vector>

#include "gateway/ticket.hpp"
#include "shoal/ids.hpp"

namespace shoal::host {

class ticket_keeper {
public:
    virtual ~ticket_keeper() = default;
    /// The shard's session as it is now: a few times a second, and when something happened that matters. `guilds` is nullptr
    /// where they are what they were the last time, else how they were at the ticket's `done`. Must not wait.
    virtual void keep(const gateway::resume_ticket& ticket, const std::vector<gateway::known_guild>* guilds) = 0;
    /// Up to where `done` is safe, of the session that was kept last.
    [[nodiscard]] virtual std::uint64_t kept(shard_key shard) = 0;
    /// The session is gone, and what was kept of it is of no use.
    virtual void drop(shard_key shard) = 0;
};

}  // namespace shoal::host
