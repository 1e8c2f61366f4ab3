// What a lease allows a shard: to dial, to keep its connection, to hand out what a new session brings.

#include <chrono>
#include <string>
#include <utility>

#include "host/shard_driver.hpp"

namespace shoal::host {
namespace {

// As after any live connection's end.
constexpr duration lease_jitter = std::chrono::milliseconds(100);

}  // namespace

void shard_driver::order(gateway::dial& what) {
    ++connections_;
    reading_paused_ = false;
    if (options_.rights == nullptr) return dial_now(std::move(what.url));
    // Who has no lease waits for one, as long as that takes.
    const bool held = options_.rights->may_be_taken(shard(), now());
    if (held) later_.push_back(gateway::dial_held{});
    options_.rights->ask_to_dial(shard(), session_.ticket().has_value(), *where_.on,
                                 [self = self_, which = connections_, held, url = std::move(what.url)]() mutable {
                                     auto* const me = *self;
                                     if (me == nullptr) return;
                                     if (!held) return me->dial_allowed(which, std::move(url));
                                     // All shards of this process may have waited for one lease: not all of them dial in one
                                     // instant.
                                     const auto wait = me->random_.between({}, lease_jitter);
                                     me->where_.on->wake_at(me->now() + wait,
                                                            [self = std::move(self), which, url = std::move(url)]() mutable {
                                                                if (*self != nullptr)
                                                                    (*self)->dial_allowed(which, std::move(url));
                                                            });
                                 });
}

void shard_driver::dial_allowed(std::uint32_t which, std::string url) {
    using enum gateway::session_status;
    const auto status = session_.status();
    const bool wanted = connections_ == which && socket_ == nullptr && (status == connecting || status == waiting_for_lease);
    if (!wanted) return options_.rights->dial_failed(shard());
    feed(gateway::dial_begun{});
    dial_now(std::move(url));
}

void shard_driver::dial_now(std::string url) {
    inflater_ = gateway::make_inflater(options_.session.transport, pool_);
    net::dial_request request;
    request.url = std::move(url);
    request.user_agent = options_.user_agent;
    if (options_.fuse) request.fuse = options_.fuse();
    socket_ = where_.dialer->dial(std::move(request), *this);
}

bool shard_driver::check_lease() {
    if (options_.rights == nullptr || !options_.rights->must_close(shard(), now())) return false;
    // It says nothing about Discord's edge.
    if (std::exchange(told_live_, false) && hooks_.on_left) hooks_.on_left();
    feed(gateway::lease_over{});
    return true;
}

/// Whoever goes on with this session after this process must know it before anybody has seen an event of it.
void shard_driver::wait_until_known(const std::string& session_id) {
    if (options_.rights == nullptr) return;
    session_unknown_ = true;
    options_.rights->ask_to_hand_out(shard(), session_id, *where_.on, [self = self_, session_id] {
        auto* const me = *self;
        if (me == nullptr || !me->session_.ticket() || me->session_.ticket()->session_id != session_id) return;
        me->session_unknown_ = false;
        me->flow();
    });
    flow();
}

}  // namespace shoal::host
