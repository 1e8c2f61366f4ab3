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

/// nullopt: a list that is not known to be whole would make old guilds look new.
std::optional<std::vector<gateway::known_guild>> shard_driver::guilds_at_done() const {
    if (!guilds_.knows_all()) return std::nullopt;
    auto changes = guild_changes_;
    (void)changes.settle(session_.ticket()->done);
    return changes.as_settled(guilds_);
}

std::optional<gateway::resume_ticket> shard_driver::ticket() const {
    if (!session_.ticket()) return std::nullopt;
    auto ticket = ticket_now();
    if (auto guilds = guilds_at_done()) {
        ticket.without_guilds = guilds->empty();
        ticket.guilds = std::move(*guilds);
    }
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
