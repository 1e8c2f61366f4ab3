#include "rest/limiter.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace shoal::rest {
namespace {

constexpr duration second = std::chrono::seconds(1);
// In a tenth of a second at most this part of what may go out in a second: all of it has gone in eight tenths.
constexpr std::size_t parts = 8;

}  // namespace

limiter::limiter(limiter_policy policy) : policy_(policy), random_(policy.seed) {
    if (policy_.global_per_second == 0) return;
    pace_.per_second =
        std::max<std::size_t>(1, static_cast<std::size_t>(static_cast<double>(policy_.global_per_second) * policy_.pace_share));
}

void limiter::step(const fact& what, instant now, std::vector<order>& out) {
    std::visit([&](const auto& each) { take(each, now, out); }, what);
    pump(now, out);
}

limiter::bucket_map::iterator limiter::bucket_of(const asked& what) {
    return buckets_.try_emplace(bucket_key(what.key, what.major)).first;
}

/// Keeps fronts_ true after a queue changed.
void limiter::list(bucket_map::iterator which) {
    auto& home = which->second;
    const auto front = home.queue.empty() ? 0 : home.queue.front();
    if (home.listed_as == front) return;
    if (home.listed_as != 0) fronts_.erase(home.listed_as);
    if (front != 0) fronts_.emplace(front, which);
    home.listed_as = front;
}

void limiter::take(const asked& what, instant now, std::vector<order>& out) {
    const auto refused = [&](errc why, std::string detail) {
        ++stats_.refused;
        out.push_back(refuse{what.number, why, std::move(detail)});
    };
    if (what.authorized && token_refused_) return refused(errc::unauthorized, "Discord answered 401 before");
    if (waiting() >= policy_.most_waiting) return refused(errc::too_many_waiting, fmt::format("{} wait", waiting()));
    const auto added = requests_.emplace(what.number, request{.what = what}).first;
    const auto home = bucket_of(what);
    home->second.queue.push_back(what.number);
    home->second.used_at = now;
    waiting_deadlines_.emplace(added->second.what.deadline, what.number);
    list(home);
}

void limiter::take(const answered& what, instant now, std::vector<order>& out) {
    const auto found = requests_.find(what.number);
    if (found == requests_.end() || !found->second.in_flight) return;
    auto& request = found->second;
    auto& home = bucket_of(request.what)->second;
    request.in_flight = false;
    --home.in_flight;
    const auto status = what.what.status;
    const auto& limits = what.what.limits;
    learn(home, limits, now);

    if (status == 401 || status == 403 || (status == 429 && limits.scope != limit_scope::shared)) {
        ++stats_.invalid;
        invalid_.push_back(now);
    }
    if (status == 429) {
        const auto wait = limits.retry_after.value_or(limits.edge ? policy_.edge_wait : policy_.wait_without_time);
        const auto until = now + wait + policy_.reset_slack;
        if (limits.edge) {
            ++stats_.edge_429;
            edge_until_ = std::max(edge_until_, until);
            out.push_back(note{fmt::format("Discord's edge blocks this address for {} s", to_ms(wait) / 1000)});
        } else if (limits.scope == limit_scope::global) {
            ++stats_.global_429;
            global_until_ = std::max(global_until_, until);
            out.push_back(note{fmt::format("global limit hit, waiting {} ms", to_ms(wait))});
        } else {
            ++(limits.scope == limit_scope::shared ? stats_.shared_429 : stats_.user_429);
            home.blocked_until = std::max(home.blocked_until, until);
        }
        out.push_back(limited{what.number, limits.scope, limits.edge, wait});
        if (request.unwanted) return finish(found);
        requeue(found, until, now);
        return;  // Too late for its deadline? pump() sees that, and what waits behind it.
    }
    if (status == 401 && request.what.authorized) {
        // Only a call with the bot token says that the token is refused: a dead interaction token gives 401 too [4.13].
        token_refused_ = true;
        out.push_back(note{"Discord refuses the token (401): no further calls with it"});
    }
    if (status >= 500) {
        if (const auto when = retry_time(request, request.what.harmless_to_repeat, now)) return requeue(found, *when, now);
    }
    if (!request.unwanted) out.push_back(complete{what.number});
    finish(found);
}

void limiter::take(const broken& what, instant now, std::vector<order>& out) {
    const auto found = requests_.find(what.number);
    if (found == requests_.end() || !found->second.in_flight) return;
    auto& request = found->second;
    request.in_flight = false;
    --bucket_of(request.what)->second.in_flight;
    const bool safe = request.what.harmless_to_repeat || !what.may_have_happened;
    if (const auto when = retry_time(request, safe, now)) return requeue(found, *when, now);
    if (!request.unwanted) {
        ++stats_.refused;
        const auto why = what.unreadable ? errc::bad_answer : now >= request.what.deadline ? errc::timed_out : errc::unreachable;
        out.push_back(refuse{what.number, why, {}});
    }
    finish(found);
}

void limiter::take(const withdrawn& what, instant, std::vector<order>&) {
    const auto found = requests_.find(what.number);
    if (found == requests_.end()) return;
    found->second.unwanted = true;  // Its answer still tells about the limits.
    if (!found->second.in_flight) finish(found);
}

std::optional<instant> limiter::retry_time(request& which, bool safe, instant now) {
    if (!safe || which.unwanted || which.failures >= policy_.most_retries) return std::nullopt;
    auto wait = policy_.backoff_first * (std::int64_t{1} << std::min<std::uint32_t>(which.failures, 10));
    wait = std::min(wait, policy_.backoff_most);
    const auto when = now + random_.between(wait / 2, wait);
    if (when >= which.what.deadline) return std::nullopt;
    ++which.failures;
    return when;
}

/// Back to its place in its bucket's queue.
void limiter::requeue(request_map::iterator which, instant not_before, instant now) {
    ++stats_.retried;
    which->second.not_before = not_before;
    const auto home = bucket_of(which->second.what);
    auto& queue = home->second.queue;
    queue.insert(std::ranges::lower_bound(queue, which->first), which->first);  // in order of asking
    home->second.used_at = now;
    waiting_deadlines_.emplace(which->second.what.deadline, which->first);
    list(home);
}

/// Forgets a request, wherever it stands; and its bucket, if nothing is to be remembered of it.
void limiter::finish(request_map::iterator which) {
    const auto home = bucket_of(which->second.what);
    if (waiting_deadlines_.erase({which->second.what.deadline, which->first}) != 0) {
        std::erase(home->second.queue, which->first);
        list(home);
    }
    requests_.erase(which);
    const auto& b = home->second;
    if (b.unlimited && b.queue.empty() && b.in_flight == 0 && b.blocked_until == instant{}) buckets_.erase(home);
}

void limiter::drop(std::uint64_t number, errc why, std::string detail, std::vector<order>& out) {
    ++stats_.refused;
    out.push_back(refuse{number, why, std::move(detail)});
    finish(requests_.find(number));
}

void limiter::learn(bucket& from, const limit_headers& headers, instant now) {
    from.used_at = now;
    if (!headers.limit || !headers.remaining || !headers.reset_after) {
        // A global or an edge's 429 has no bucket headers and says nothing about the route's own limit.
        if (!from.known && !headers.retry_after && !headers.edge) from.unlimited = true;
        return;
    }
    const auto reset_at = now + *headers.reset_after + policy_.reset_slack;
    const bool new_window = !from.known || from.fresh_window || from.hash != headers.bucket || now >= from.reset_at;
    // What is still on its way may not be counted in the answer. And answers of one window may overtake each other: within it
    // what remains only falls.
    const auto seen = *headers.remaining - static_cast<std::int64_t>(from.in_flight);
    from.remaining = new_window ? seen : std::min(from.remaining, *headers.remaining);
    from.reset_at = new_window ? reset_at : std::max(from.reset_at, reset_at);
    from.limit = *headers.limit;
    from.hash = headers.bucket;
    from.known = true;
    from.unlimited = false;
    from.fresh_window = false;
}

instant limiter::bucket_ready(const bucket& which, instant now) const {
    if (which.blocked_until > now) return which.blocked_until;
    if (which.unlimited) return now;
    // Until the first answer nobody knows the limit: one at a time.
    if (!which.known) return which.in_flight == 0 ? now : never;
    if (which.remaining > 0 || (which.in_flight == 0 && which.fresh_window)) return now;
    if (which.fresh_window) return never;  // an answer will tell
    return std::max(which.reset_at, now);
}

instant limiter::pace_ready(instant now) const {
    const auto most = pace_.at(now);
    if (most == 0) return never;
    // All of a second at once would meet that of the second before in one window of Discord's, were it a little late.
    const auto at_once = (most + parts - 1) / parts;
    const auto when = [&](std::size_t count, duration span) {
        return sent_.size() < count ? now : std::max(now, sent_[sent_.size() - count] + span);
    };
    return std::max(when(most, second), when(at_once, second / 10));
}

pace_use limiter::use(instant now) const noexcept {
    const auto recent = std::ranges::upper_bound(sent_, now - second);
    return {static_cast<std::size_t>(sent_.end() - recent), held_by_pace_};
}

/// Of a bucket whose first call may go: how many behind it may, too.
std::size_t limiter::could_go(const bucket& which) noexcept {
    if (which.unlimited) return which.queue.size();
    return std::min(which.queue.size(), static_cast<std::size_t>(std::max<std::int64_t>(1, which.known ? which.remaining : 1)));
}

void limiter::pump(instant now, std::vector<order>& out) {
    while (!sent_.empty() && sent_.front() + second <= now) sent_.pop_front();
    while (!invalid_.empty() && invalid_.front() + policy_.invalid_window <= now) invalid_.pop_front();
    while (!waiting_deadlines_.empty() && waiting_deadlines_.begin()->first <= now) {
        drop(waiting_deadlines_.begin()->second, errc::timed_out, "before it could be sent", out);
    }
    const bool too_many_invalid =
        static_cast<double>(invalid_.size()) >= static_cast<double>(policy_.most_invalid) * policy_.invalid_share;

    // A lease of the pace that ends lets nothing out, but whoever reads the status should see it.
    instant next = now < pace_.until ? pace_.until : now < pace_.end ? pace_.end : never;
    held_by_pace_ = 0;
    // In order of asking, so that the global pace is shared fairly; within a bucket only its front may go.
    for (auto front = fronts_.begin(); front != fronts_.end();) {
        const auto number = front->first;
        const auto home_at = front->second;
        auto& home = home_at->second;
        auto& request = requests_.at(number);
        const auto go_on = [&] { front = fronts_.upper_bound(number); };
        if (request.what.authorized && token_refused_) {
            drop(number, errc::unauthorized, "Discord answered 401", out);
            go_on();
            continue;
        }
        if (too_many_invalid) {
            drop(number, errc::invalid_budget, fmt::format("{} in 10 minutes", invalid_.size()), out);
            go_on();
            continue;
        }
        if (home.known && !home.fresh_window && now >= home.reset_at && now >= home.blocked_until) {
            // The window is over: a full one begins, less what is still on its way.
            home.remaining = home.limit - static_cast<std::int64_t>(home.in_flight);
            home.fresh_window = true;
        }
        auto ready = std::max({now, request.not_before, edge_until_, bucket_ready(home, now)});
        if (request.what.counts_globally) {
            ready = std::max(ready, global_until_);
            const auto paced = pace_ready(now);
            if (ready <= now && paced > now) held_by_pace_ += could_go(home);
            ready = std::max(ready, paced);
        }
        if (ready > now) {
            if (ready != never && ready >= request.what.deadline) {
                // Waiting for what cannot come in time would only hold the caller.
                drop(number, errc::rate_limited, fmt::format("allowed again in {} ms", to_ms(ready - now)), out);
            } else {
                next = std::min(next, ready);
                if (!std::exchange(request.told_of_wait, true)) {
                    ++stats_.held_back;
                    out.push_back(held_back{number, ready == never ? duration{} : ready - now});
                }
            }
            go_on();
            continue;
        }
        home.queue.pop_front();
        waiting_deadlines_.erase({request.what.deadline, number});
        --home.remaining;
        ++home.in_flight;
        home.used_at = now;
        request.in_flight = true;
        ++request.attempts;
        if (request.what.counts_globally) sent_.push_back(now);
        ++stats_.sent;
        out.push_back(send{number, request.attempts});
        list(home_at);
        go_on();
    }
    if (!waiting_deadlines_.empty()) next = std::min(next, waiting_deadlines_.begin()->first);
    forget_idle(now);
    if (next != woken_for_) {
        woken_for_ = next;
        out.push_back(wake_at{next});
    }
}

void limiter::forget_idle(instant now) {
    if (now < forget_at_) return;
    forget_at_ = now + policy_.forget_after;
    std::erase_if(buckets_, [&](const auto& each) {
        const auto& b = each.second;
        return b.queue.empty() && b.in_flight == 0 && b.blocked_until <= now && b.used_at + policy_.forget_after <= now &&
               b.reset_at <= now;
    });
}

}  // namespace shoal::rest
