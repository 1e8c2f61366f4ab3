// What a shard leaves for whoever goes on with its session.

#include <algorithm>
#include <utility>

#include "host/shard_driver.hpp"

namespace shoal::host {

gateway::resume_ticket shard_driver::ticket_now() const {
    auto ticket = *session_.ticket();
    ticket.unsettled = unsettled_;
    // Whoever goes on after this process must know what the one before it may have handed out.
    ticket.seq = std::max(ticket.seq, takeover_.received_before());
    return ticket;
}

std::optional<gateway::resume_ticket> shard_driver::ticket() const {
    if (!session_.ticket()) return std::nullopt;
    auto ticket = ticket_now();
    // A list that is not known to be whole would make old guilds look new.
    if (!guilds_.knows_all()) return ticket;
    auto changes = guild_changes_;
    (void)changes.settle(ticket.done);
    ticket.guilds = changes.as_settled(guilds_);
    return ticket;
}

void shard_driver::keep() {
    if (options_.keeper == nullptr) return;
    if (!session_.ticket()) {
        if (std::exchange(kept_any_, false)) options_.keeper->drop(shard());
        return;
    }
    const auto ticket = ticket_now();
    if (guild_changes_.settle(ticket.done)) {
        const auto guilds = guilds_.knows_all() ? guild_changes_.as_settled(guilds_) : std::vector<gateway::known_guild>();
        options_.keeper->keep(ticket, &guilds);
    } else {
        options_.keeper->keep(ticket, nullptr);
    }
    kept_any_ = true;
    session_.on_kept(options_.keeper->kept(shard()));
}

}  // namespace shoal::host
