#pragma once
// One process's shards: hand it the set of shards that this process should run, and it makes that so. Each shard belongs to one
// io thread for life.
// Not here: who decides the set (roles), what events mean (the sink).

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/logger.hpp"
#include "base/scheduler.hpp"
#include "base/secret.hpp"
#include "budget/identify_governor.hpp"
#include "gateway/session.hpp"
#include "gateway/silence_watch.hpp"
#include "gateway/ticket.hpp"
#include "host/event_sink.hpp"
#include "host/member_desk.hpp"
#include "host/permit_source.hpp"
#include "host/planted.hpp"
#include "host/shard_rights.hpp"
#include "host/ticket_keeper.hpp"
#include "net/http_client.hpp"
#include "net/websocket.hpp"

namespace shoal::host {

/// One thread on which shards live, with what they need there. The real ones are io_threads; a simulation has one virtual one.
struct shard_thread {
    scheduler* on = nullptr;
    net::dialer* dialer = nullptr;
};

struct host_options {
    gateway::session_config session;  ///< Without `shard`: the template for each.
    duration guild_wait =
        std::chrono::seconds(15);         ///< After the last guild that came, late ones are waited for this long [2.6.4].
    std::uint32_t most_in_flight = 1024;  ///< Then reading stops until a quarter is free again.
    std::string journal_folder;           ///< Where the event journal goes (docs/journal.md); empty: none.
    logger log;
    duration drain_patience = std::chrono::seconds(5);  ///< How long running handlers may delay a stop.
    /// A handler that keeps its shard's thread for so long is named in the log; 0: nobody watches.
    duration blocked_after = std::chrono::milliseconds(250);
    gateway::silence_policy silence;  ///< When a session counts as half deaf and is given up for a new one.
    bool renew_after_move = false;    ///< One whose cache stayed in another process is, too, once its replay was handed out.
    std::string user_agent;
    /// Keeps what another process needs to go on; must outlive the host. nullptr: nobody does.
    ticket_keeper* keeper = nullptr;
    /// What a lease allows; must outlive the host. nullptr: no lease bounds the shards.
    shard_rights* rights = nullptr;
    /// A connection whose lease has been over for so long, and whose thread has not closed it, is cut from outside; 0: nobody
    /// watches.
    duration cut_after{};
    /// A shard's picture changed in something else than its counts; on its thread.
    std::function<void(shard_key)> on_changed;
    /// A shard that was not wanted any more is gone, with its ticket if that is still good; not called once stop() was. On its
    /// thread.
    std::function<void(shard_key, std::optional<gateway::resume_ticket>)> on_gone;
    planted_bugs planted;  ///< For tests/simulation only.
};

class shard_host {
public:
    shard_host(std::vector<shard_thread> threads, host_options options, permit_source& permits, event_sink& sink);
    /// All shards must have stopped.
    ~shard_host();

    /// Runs exactly these shards: starts what is missing (by RESUME where a ticket is given), stops what is not wanted. From any
    /// thread.
    void want(std::vector<shard_key> shards, std::map<shard_key, gateway::resume_ticket> tickets = {});
    /// Stops every shard; `done` is posted nowhere but called on the last shard's thread, with the tickets that are still good.
    /// for_good closes with 1000: the sessions end and the bot goes offline.
    void stop(bool for_good, std::function<void(std::map<shard_key, gateway::resume_ticket>)> done);

    /// A consistent picture of each shard, not older than a second. From any thread.
    [[nodiscard]] std::vector<shard_snapshot> shards() const;
    /// The scheduler that owns this shard, or nullptr if it does not run here. From any thread.
    [[nodiscard]] scheduler* thread_of(shard_key shard) const noexcept;

    /// Sends a gateway command (op 3, 4, 8, 31, 43) through the shard's limiter. `d` is JSON. On the shard's thread. Fails if it
    /// is over 4,096 bytes, if the shard does not run here, or if too many wait (bound 1,000). Waits while the shard is not live.
    [[nodiscard]] result<void> send(shard_key shard, std::uint8_t op, std::string d);
    /// Asks Discord for members of a guild of this shard: chunks come to the listener as well as to the sink. On the shard's
    /// thread.
    [[nodiscard]] result<member_desk::request_id> request_members(shard_key shard, gateway::member_query query,
                                                                  member_listener listener);
    /// On the shard's thread; the listener is told `cancelled`.
    void cancel_members(shard_key shard, member_desk::request_id request);
    /// Gives this shard's session up and starts a new one. From any thread.
    void renew(shard_key shard);
    /// The lease of this shard may be over: if it is, its connection is closed with 4000, and it RESUMEs when it may dial again.
    /// From any thread.
    void lease_over(shard_key shard);
    /// /gateway/bot was read again.
    void gateway_url_changed(std::string url);

private:
    struct impl;
    std::shared_ptr<impl> impl_;
};

}  // namespace shoal::host
