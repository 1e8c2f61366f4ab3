#include "fleet/virtual_network.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace shoal::fleet_simulation {

using namespace std::chrono_literals;
using cluster::stream_id;

virtual_network::cut_state virtual_network::cut_of(std::uint64_t who) const {
    const auto found = cuts_.find(place_of(who));
    return found == cuts_.end() ? cut_state{} : found->second;
}

void virtual_network::cut(std::uint64_t place, bool up, bool down) { cuts_[place] = {up, down}; }

instant virtual_network::arrival(instant& last) {
    auto when = time_.now() + random_.between(weather_.delay_least, weather_.delay_most);
    if (random_.chance(weather_.reordered)) return when + random_.between({}, 400ms);
    when = std::max(when, last);
    last = when;
    return when;
}

void virtual_network::open(std::uint64_t who, std::function<void(stream_id)> answer) {
    const auto state = cut_of(who);
    const auto when = time_.now() + random_.between(weather_.delay_least * 2, weather_.delay_most * 2);
    if (!alive_) {
        time_.wake_at(when, [answer = std::move(answer)] { answer(stream_id::none); });
        return;
    }
    if (state.up || state.down) return;  // Nobody answers, not even with a refusal.
    time_.wake_at(when, [this, who, term = term_, answer = std::move(answer)] {
        if (!alive_ || term != term_) return answer(stream_id::none);
        const auto id = stream_id{++last_};
        streams_[id] = {.who = who, .term = term};
        on_opened(id, who);
        answer(id);
    });
}

void virtual_network::say_up(stream_id id, cluster::to_coordinator what) {
    const auto found = streams_.find(id);
    if (found == streams_.end() || !alive_ || found->second.term != term_) return;
    auto& on = found->second;
    if (cut_of(on.who).up) on.up = false;
    if (!on.up) return;
    const auto send = [&](cluster::to_coordinator copy) {
        time_.wake_at(arrival(on.up_last), [this, id, term = term_, what = std::move(copy)]() mutable {
            if (alive_ && term == term_ && streams_.contains(id)) on_up(id, std::move(what));
        });
    };
    if (random_.chance(weather_.doubled)) send(what);
    send(std::move(what));
}

void virtual_network::say_down(stream_id id, cluster::to_worker what) {
    const auto found = streams_.find(id);
    if (found == streams_.end()) return;
    auto& on = found->second;
    const bool order = std::holds_alternative<cluster::start_order>(what) || std::holds_alternative<cluster::stop_order>(what);
    if (order && random_.chance(weather_.late_from_the_dead)) {
        time_.wake_at(time_.now() + random_.between(2s, 25s), [this, id, who = on.who, term = term_, what]() mutable {
            // What was on its way on a stream that had ended before ended with it.
            if (term != term_ && open_at_death_.contains(id)) on_down(who, std::move(what), true);
        });
    }
    if (cut_of(on.who).down) on.down = false;
    if (!on.down) return;
    const auto send = [&](cluster::to_worker copy) {
        time_.wake_at(arrival(on.down_last), [this, id, who = on.who, what = std::move(copy)]() mutable {
            if (streams_.contains(id)) on_down(who, std::move(what), false);
        });
    };
    if (random_.chance(weather_.doubled)) send(what);
    send(std::move(what));
}

void virtual_network::close_from_worker(stream_id id) {
    const auto found = streams_.find(id);
    if (found == streams_.end()) return;
    const bool heard = found->second.up && !cut_of(found->second.who).up;
    auto last = found->second.up_last;
    const auto when = arrival(last);
    streams_.erase(found);
    if (heard)
        time_.wake_at(when, [this, id, term = term_] {
            if (alive_ && term == term_) on_closed_up(id);
        });
}

void virtual_network::close_from_coordinator(stream_id id) {
    const auto found = streams_.find(id);
    if (found == streams_.end()) return;
    auto& on = found->second;
    if (cut_of(on.who).down) on.down = false;
    // What was said before still arrives.
    auto when = arrival(on.down_last);
    when = std::max(when, on.down_last);
    const auto who = on.who;
    const bool heard = on.down;
    on.term = 0;  // Nothing more is heard on it.
    time_.wake_at(when, [this, id, who, heard] {
        streams_.erase(id);
        if (heard) on_closed_down(who, id);
    });
}

void virtual_network::coordinator_died() {
    alive_ = false;
    for (const auto& [id, on] : streams_)
        if (on.term == term_) open_at_death_.insert(id);
    ++term_;
    for (auto& [id, on] : streams_) {
        if (cut_of(on.who).down) on.down = false;
        if (!on.down) continue;
        time_.wake_at(arrival(on.down_last), [this, which = id, who = on.who] {
            streams_.erase(which);
            on_closed_down(who, which);
        });
    }
}

void virtual_network::coordinator_lives() { alive_ = true; }

void virtual_network::worker_died(std::uint64_t who) {
    std::vector<stream_id> its;
    for (const auto& [id, on] : streams_)
        if (on.who == who) its.push_back(id);
    for (const auto id : its) close_from_worker(id);
}

}  // namespace shoal::fleet_simulation
