#include "simulation/virtual_link.hpp"

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

namespace shoal::simulation {

using namespace std::chrono_literals;

void virtual_link::to_client(virtual_scheduler& time, std::function<void()> job) {
    if (black) return;
    last_down = std::max({last_down, stalled_until, time.now() + latency});
    time.wake_at(last_down, [job = std::move(job), self = shared_from_this()] {
        if (!self->black) job();
    });
}

void virtual_link::to_server(virtual_scheduler& time, std::function<void()> job) {
    last_up = std::max(last_up, time.now() + latency);
    time.wake_at(last_up, [job = std::move(job), self = shared_from_this()] {
        if (!self->black && !self->server_gone) job();
    });
}

void virtual_link::crawl(virtual_scheduler& time, duration span) {
    const auto begin = std::max({last_down, stalled_until, time.now() + latency});
    last_down = begin + span;
    for (auto when = begin; when < last_down; when += 5s)
        time.wake_at(when, [&time, self = shared_from_this()] {
            if (self->events == nullptr || self->closing || self->paused || self->black || self->server_gone) return;
            self->last_arrival = time.now();
            self->events->on_traffic();
        });
}

void virtual_link::pump(instant now) {
    if (events == nullptr || closing || paused || inbox.empty()) return;
    last_arrival = now;
    events->on_traffic();
    while (events != nullptr && !closing && !paused && !inbox.empty()) {
        const auto message = std::move(inbox.front());
        inbox.pop_front();
        events->on_message(message.binary ? net::message_kind::binary : net::message_kind::text,
                           std::span<const char>(message.bytes.data(), message.bytes.size()));
    }
}

void virtual_link::end_client(const net::close_report& report) {
    if (events == nullptr) return;
    std::exchange(events, nullptr)->on_closed(report);
}

}  // namespace shoal::simulation
