#pragma once
// Requests for a guild's members on one shard: the machine of gateway/member_requests.hpp with its askers and its timer.
// Not here: what is in a chunk; the asker reads it.

#include <cstdint>
#include <functional>
#include <map>
#include <string_view>
#include <vector>

#include "base/scheduler.hpp"
#include "gateway/member_requests.hpp"
#include "host/outbound_queue.hpp"
#include "host/planted.hpp"
#include "shoal/error.hpp"

namespace shoal::host {

/// Who asked. All are called on the shard's thread; `on_ended` once, last.
struct member_listener {
    std::function<void(std::string_view chunk_json)> on_chunk = {};  ///< The `d` of GUILD_MEMBERS_CHUNK; valid during the call.
    std::function<void(const gateway::member_requests::ended&)> on_ended = {};
    /// Discord is asked, perhaps not for the first time (a new session, RATE_LIMITED): chunks that came before do not count.
    std::function<void()> on_asked = {};
};

class member_desk {
public:
    using request_id = gateway::member_requests::request_id;

    /// `after_queued` is called when something was put into `queue`.
    member_desk(scheduler& on, outbound_queue& queue, std::uint64_t seed, std::function<void()> after_queued,
                planted_bugs planted = {});
    ~member_desk();
    member_desk(const member_desk&) = delete;
    member_desk& operator=(const member_desk&) = delete;

    [[nodiscard]] result<request_id> ask(gateway::member_query query, member_listener listener);
    void cancel(request_id request);
    /// The command with this tag left the queue.
    void sent(std::uint64_t tag);
    void on_chunk(std::string_view data);
    void on_rate_limited(std::string_view data);
    void on_new_session();
    /// The shard stops: every request ends as cancelled.
    void end_all();

private:
    using order = gateway::member_requests::order;
    void carry_out(std::vector<order>& orders);
    void arm();

    scheduler& on_;
    outbound_queue& queue_;
    gateway::member_requests machine_;
    std::function<void()> after_queued_;
    std::map<request_id, member_listener> listeners_;
    planted_bugs planted_;
    timer_id timer_ = timer_id::none;
};

}  // namespace shoal::host
