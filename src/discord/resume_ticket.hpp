#pragma once
// What RESUME needs, as a value: it outlives the connection, the process and the machine.
// Not here: when to resume (gateway/session.hpp), where tickets are kept.

#include <cstdint>
#include <string>
#include <vector>

#include "discord/known_guild.hpp"
#include "shoal/ids.hpp"

namespace shoal::discord {

/// A Discord session of one shard at one point. Valid for its `shard` pair only [2.7.11, peers.md trap 11].
struct resume_ticket {
    shard_key shard;
    std::string session_id;
    std::string resume_url;        ///< As READY gave it, without query.
    std::uint64_t seq = 0;         ///< Highest sequence number received; RESUME sends it.
    std::uint64_t done = 0;        ///< Every event up to here was handed out and its handlers ended.
    std::uint64_t intents = 0;     ///< What the session was identified with; RESUME cannot change it.
    application_id application{};  ///< As READY named it, which does not come again; 0: it did not.
    /// RESUME was sent and no RESUMED is known to have come: whoever goes on cannot tell from the ticket how far the one before
    /// read, nor which RESUMED is the answer to its own.
    bool unsettled = false;
    /// The guilds as they were at `done`; READY does not come again, so nobody else tells. Empty: not known, ...
    std::vector<known_guild> guilds{};
    bool without_guilds = false;  ///< ... unless it is known that there were none.
    friend bool operator==(const resume_ticket&, const resume_ticket&) = default;
};

}  // namespace shoal::discord
