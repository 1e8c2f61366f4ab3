#pragma once
// Bookkeeping of "request guild members" (op 8): which chunks came for which request, when to give up, when to ask again [2.8].
// A pure machine of one shard. Not here: reading of the members, sending (it says what to send).

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.hpp"
#include "gateway/errc.hpp"
#include "shoal/error.hpp"
#include "shoal/ids.hpp"

namespace shoal::gateway {

/// What to ask for: all members (the default), those whose name starts with `prefix`, or up to 100 by id.
struct member_query {
    guild_id guild = {};
    std::string prefix = {};
    std::uint32_t limit = 0;  ///< With a prefix: 1 to 100. 0 with an empty prefix: all; needs GUILD_MEMBERS.
    std::vector<user_id> users = {};
    bool presences = false;         ///< Needs GUILD_PRESENCES.
    bool wait_when_limited = true;  ///< Wait for a full list's window, and out what RATE_LIMITED says; else fail at once.
    [[nodiscard]] bool is_full_list() const noexcept { return users.empty() && prefix.empty() && limit == 0; }
};

struct member_request_policy {
    duration chunk_timeout = std::chrono::seconds(20);     ///< From sending to the first chunk and from chunk to chunk.
    duration full_list_window = std::chrono::seconds(30);  ///< One full list a guild in this time [2.8.3].
    std::uint32_t most_retries = 3;                        ///< Of RATE_LIMITED, then it fails.
    std::size_t most_waiting = 1000;                       ///< Requests at once.
};

class member_requests {
public:
    /// Names one request; never 0.
    using request_id = std::uint64_t;

    enum class outcome : std::uint8_t {
        complete,      ///< Every chunk came.
        timed_out,     ///< Chunks stopped coming; `missing_chunks` of them, or all if none came.
        rate_limited,  ///< Discord refused; ask again after `retry_after`.
        cancelled,
    };
    /// Send this as `d` of op 8.
    struct send_query {
        request_id request;
        std::string data;
    };
    struct ended {
        request_id request;
        outcome how;
        std::uint32_t chunks = 0;
        std::uint32_t missing_chunks = 0;
        duration retry_after{};
    };
    using order = std::variant<send_query, ended>;

    enum class chunk_verdict : std::uint8_t {
        fresh,      ///< Belongs to `request`; hand its members over. An `ended` order may follow it.
        duplicate,  ///< Came before: drop it.
        foreign,    ///< Nobody asked for it, or not any more.
    };
    struct chunk_answer {
        chunk_verdict verdict;
        request_id request = 0;
    };

    /// `seed` makes nonces that differ from those of an earlier process on the same session.
    explicit member_requests(member_request_policy policy = {}, std::uint64_t seed = 1);

    /// Fails with errc::bad_query for what Discord would refuse and errc::too_many_requests.
    [[nodiscard]] result<request_id> ask(member_query query, instant now, std::vector<order>& out);
    void cancel(request_id request, std::vector<order>& out);
    /// The message really went out (the send limit may hold it back): the timeout starts here.
    void sent(request_id request, instant now);
    /// GUILD_MEMBERS_CHUNK.
    [[nodiscard]] chunk_answer on_chunk(std::string_view nonce, guild_id guild, std::uint32_t index, std::uint32_t count,
                                        instant now, std::vector<order>& out);
    /// RATE_LIMITED with opcode 8; `nonce` may be empty.
    void on_rate_limited(std::string_view nonce, guild_id guild, duration retry_after, instant now, std::vector<order>& out);
    /// A new session started: its predecessor's answers will not come. Everything that is open is asked for again from the start.
    void on_new_session(instant now, std::vector<order>& out);
    void on_tick(instant now, std::vector<order>& out);
    /// When on_tick() has something to do.
    [[nodiscard]] instant wake_at() const noexcept;
    [[nodiscard]] std::size_t open() const noexcept { return open_.size(); }

private:
    struct request {
        member_query query;
        std::string nonce;
        bool waiting = true;  // Not sent yet: `due` is when it will be; else when it times out.
        instant due{};
        std::uint32_t count = 0;  // As the first chunk says; 0 before.
        std::uint32_t came = 0;
        std::vector<bool> seen;
        std::uint32_t retries = 0;
    };
    using table = std::map<request_id, request>;
    void start(table::iterator it, instant now, std::vector<order>& out);
    void send(table::iterator it, instant now, std::vector<order>& out);
    void end(table::iterator it, outcome how, std::vector<order>& out, duration retry_after = {});

    member_request_policy policy_;
    std::string nonce_prefix_;
    request_id last_ = 0;
    table open_;
    std::vector<std::pair<guild_id, instant>> full_free_at_;  // When a guild's next full list may be asked for.
};

}  // namespace shoal::gateway
