#include "budget/identify_governor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

namespace shoal::budget {
namespace {

// Discord resets its window at the time that it told, give or take: from here on a later end is a new window.
constexpr duration window_end_slack = std::chrono::seconds(5);
// A budget of which nothing is used may be told with nothing to wait for: its window begins with the first IDENTIFY.
constexpr duration whole_window = std::chrono::hours(24);
// While nothing may be granted for want of budget, look again this often: an operator or Discord may have changed it.
constexpr duration refused_recheck = std::chrono::minutes(15);

std::uint32_t keys_of(const identify_ledger& ledger) noexcept {
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(ledger.seen.max_concurrency, 1, 1 << 20));
}

std::uint32_t key_of(shard_key shard, const identify_ledger& ledger) noexcept { return shard.id % keys_of(ledger); }

instant free_at(std::uint32_t key, const identify_ledger& ledger) noexcept {
    const auto found = ledger.key_free_at.find(key);
    return found == ledger.key_free_at.end() ? ledger.no_key_before : std::max(ledger.no_key_before, found->second);
}

/// Takes the permit out of the outstanding ones; false if it is not among them.
bool take(std::uint64_t permit, identify_ledger& ledger) {
    return std::erase_if(ledger.outstanding, [&](const auto& entry) { return entry.first == permit; }) != 0;
}

std::int64_t outstanding(const identify_ledger& ledger) noexcept { return static_cast<std::int64_t>(ledger.outstanding.size()); }

}  // namespace

identify_governor::identify_governor(governor_policy policy) : policy_(policy) {}

void identify_governor::ask(shard_key shard, bool had_session) {
    withdraw(shard);
    const request fresh{shard, had_session, ++asked_};
    // Who never had a session goes first and by number, shard 0 ahead; the others in the order in which they lost theirs.
    const auto rank = [](const request& r) {
        return std::tuple(r.had_session, r.had_session ? r.order : r.shard.id, r.shard.total);
    };
    const auto place =
        std::find_if(waiting_.begin(), waiting_.end(), [&](const auto& other) { return rank(fresh) < rank(other.what); });
    waiting_.insert(place, {fresh});
}

void identify_governor::withdraw(shard_key shard) {
    std::erase_if(waiting_, [&](const auto& entry) { return entry.what.shard == shard; });
}

void identify_governor::used(std::uint64_t permit, shard_key shard, identify_ledger& ledger, instant now) {
    auto& free = ledger.key_free_at[key_of(shard, ledger)];
    const auto busy_until = now + policy_.key_window + policy_.slack;
    // Told in time, the true use is earlier than what was assumed when it was given; told late, it may only add to it.
    free = take(permit, ledger) ? busy_until : std::max(free, busy_until);
}

void identify_governor::returned(std::uint64_t permit, shard_key shard, identify_ledger& ledger, instant now) {
    if (!take(permit, ledger)) return;  // Expired: it stays spent, as nobody can tell it from a used one any more.
    ledger.spent = std::max<std::int64_t>(0, ledger.spent - 1);
    ledger.key_free_at[key_of(shard, ledger)] = now;
}

void identify_governor::ended(bool ready, identify_ledger& ledger, instant now) {
    if (ready) {
        ledger.failures_in_a_row = 0;
        ledger.storm_until = {};
        return;
    }
    // Failures of one wave come together: while the breaker already waits they say nothing new. That of its own attempt does.
    const bool of_attempt = std::exchange(storm_attempt_, false);
    if (in_storm(ledger) && now < ledger.storm_until && !of_attempt) return;
    ++ledger.failures_in_a_row;
    if (in_storm(ledger)) ledger.storm_until = now + storm_wait(ledger);
}

void identify_governor::bot_refused(identify_ledger& ledger, instant now) const {
    // Whoever was given a permit at the same time hears the same.
    if (in_storm(ledger) && now < ledger.storm_until) return;
    ledger.failures_in_a_row = in_storm(ledger) ? ledger.failures_in_a_row + 1 : std::max(1U, policy_.storm_threshold);
    ledger.storm_until = now + storm_wait(ledger);
}

bool identify_governor::in_storm(const identify_ledger& ledger) const noexcept {
    return policy_.storm_threshold != 0 && ledger.failures_in_a_row >= policy_.storm_threshold;
}

duration identify_governor::storm_wait(const identify_ledger& ledger) const noexcept {
    auto wait = policy_.storm_wait_first;
    for (auto i = policy_.storm_threshold; i < ledger.failures_in_a_row && wait < policy_.storm_wait_most; ++i) wait *= 2;
    return std::min(wait, policy_.storm_wait_most);
}

void identify_governor::budget_seen(const session_start_limit& limit, identify_ledger& ledger, instant now) {
    settle(ledger, now);
    auto fresh = limit;
    fresh.total = std::max<std::int64_t>(fresh.total, 0);
    fresh.remaining = std::clamp<std::int64_t>(fresh.remaining, 0, fresh.total);
    fresh.max_concurrency = std::max<std::int64_t>(fresh.max_concurrency, 1);
    const auto used_now = fresh.total - fresh.remaining;
    const bool first = ledger.seen_at == instant{} && ledger.window_ends == instant{};
    if (first) {
        // A new window, or an empty ledger: what Discord counted is what we know. With a share, others' spend is not ours.
        ledger.spent =
            std::max(policy_.budget_share < 1.0 ? ledger.spent : std::max(ledger.spent, used_now), outstanding(ledger));
        ledger.foreign = 0;
    } else if (policy_.budget_share >= 1.0) {
        // `spent` began as Discord's own count and holds everything that we gave since, used or not: what is above it is not
        // ours. The highest such reading counts, as an answer may be stale [7.2 F28].
        ledger.foreign = std::max(ledger.foreign, used_now - ledger.spent);
    }
    if (ledger.seen_at != instant{} && fresh.max_concurrency != ledger.seen.max_concurrency) {
        // Keys mean other shards now: wait until all old ones are free.
        for (const auto& [key, when] : ledger.key_free_at) ledger.no_key_before = std::max(ledger.no_key_before, when);
        ledger.key_free_at.clear();
    }
    ledger.seen = fresh;
    ledger.seen_at = now;
    // Discord need not have counted what is outstanding yet.
    ledger.spent_at_seen = ledger.spent - outstanding(ledger);
    // A repeated answer from a cache must not move the end of a window that is known.
    const auto ends = now + (fresh.reset_after > duration{} ? fresh.reset_after : whole_window);
    if (first || ends < ledger.window_ends) ledger.window_ends = ends;
}

/// Lets time take its effect: expired permits are spent, an ended window is over.
void identify_governor::settle(identify_ledger& ledger, instant now) const {
    std::erase_if(ledger.outstanding, [&](const auto& entry) { return entry.second < now; });
    if (ledger.window_ends != instant{} && now >= ledger.window_ends + window_end_slack) {
        ledger.window_ends = {};
        ledger.seen_at = {};
        ledger.spent = outstanding(ledger);
        ledger.spent_at_seen = 0;
        ledger.foreign = 0;
    }
}

std::int64_t identify_governor::left(const identify_ledger& ledger) const noexcept {
    const auto share = std::clamp(policy_.budget_share, 0.0, 1.0);
    const auto own = static_cast<std::int64_t>(std::floor(static_cast<double>(ledger.seen.total) * share)) - ledger.spent;
    const auto discords = ledger.seen.remaining - (ledger.spent - ledger.spent_at_seen);
    return std::min(own, discords);
}

std::int64_t identify_governor::reserve(const identify_ledger& ledger) const noexcept {
    if (policy_.use_reserve) return 0;
    const auto share = std::clamp(policy_.budget_share, 0.0, 1.0) * std::clamp(policy_.reserve_share, 0.0, 1.0);
    const auto kept = static_cast<std::int64_t>(std::ceil(static_cast<double>(ledger.seen.total) * share));
    return std::max<std::int64_t>(0, kept - ledger.foreign);  // The spend of others comes off the reserve.
}

std::vector<identify_governor::decision> identify_governor::decide(identify_ledger& ledger, instant now) {
    std::vector<decision> out;
    settle(ledger, now);
    if (waiting_.empty()) return out;
    if (ledger.seen_at == instant{} || now - ledger.seen_at > policy_.budget_max_age) {
        out.emplace_back(read_budget{});
        return out;
    }
    const bool storm = in_storm(ledger);
    if (storm && now < ledger.storm_until) {
        out.emplace_back(ask_again_at{ledger.storm_until});
        return out;
    }
    auto again = never;
    for (auto it = waiting_.begin(); it != waiting_.end();) {
        const auto key = key_of(it->what.shard, ledger);
        if (const auto when = free_at(key, ledger); when > now) {
            again = std::min(again, when);
            ++it;
            continue;
        }
        const auto budget = left(ledger);
        const auto kept = reserve(ledger);
        if (budget <= kept) {
            const auto why = budget <= 0 ? reason::empty : reason::reserve;
            const auto ends = ledger.window_ends == instant{} ? now + refused_recheck : ledger.window_ends + window_end_slack;
            again = std::min({again, std::max(ends, now + policy_.key_window), now + refused_recheck});
            if (std::exchange(it->told, why) != why) {
                const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(std::max(ends - now, duration{})).count();
                out.emplace_back(refused{
                    it->what.shard,
                    why == reason::empty
                        ? fmt::format("No IDENTIFY is left of {} until Discord's window ends in {} minutes.", ledger.seen.total,
                                      minutes)
                        : fmt::format(
                              "{} of {} IDENTIFYs are left, and {} are kept in reserve. Discord's window ends in {} minutes; an "
                              "operator may release the reserve.",
                              budget, ledger.seen.total, kept, minutes),
                    why == reason::empty});
            }
            ++it;
            continue;
        }
        // Counted and the key taken before it is given: from now until its validity ends it may be used at any moment.
        const auto valid_until = now + policy_.permit_validity;
        ++ledger.spent;
        ledger.outstanding.emplace_back(++ledger.last_permit, valid_until);
        ledger.key_free_at[key] = valid_until + policy_.key_window + policy_.slack;
        out.emplace_back(granted{it->what.shard, ledger.last_permit, valid_until});
        it = waiting_.erase(it);
        if (storm) {
            // One attempt shows whether it is over; the next waits for it.
            ledger.storm_until = now + storm_wait(ledger);
            storm_attempt_ = true;
            if (!waiting_.empty()) again = std::min(again, ledger.storm_until);
            break;
        }
    }
    if (again != never) out.emplace_back(ask_again_at{again});
    return out;
}

bool identify_governor::can_spare(identify_ledger& ledger, instant now) const {
    settle(ledger, now);
    return ledger.seen_at != instant{} && waiting_.empty() && !in_storm(ledger) && left(ledger) > reserve(ledger);
}

std::size_t identify_governor::waiting() const noexcept { return waiting_.size(); }

identify_ledger fresh_ledger(std::uint64_t application, std::string_view boot_id, bool was_damaged, instant now) {
    identify_ledger ledger;
    ledger.application = application;
    ledger.boot_id = boot_id;
    // Above every number that the lost ledger can have reached: it grew by less than one a microsecond.
    ledger.last_permit = static_cast<std::uint64_t>(std::max<std::int64_t>(0, now.time_since_epoch().count() / 1000));
    const governor_policy usual;
    if (was_damaged) ledger.no_key_before = now + usual.permit_validity + usual.key_window + usual.slack;
    return ledger;
}

bool renew_after_boot(identify_ledger& ledger, std::string_view boot_id, instant now) {
    if (ledger.boot_id == boot_id) return false;
    const governor_policy usual;
    ledger.boot_id = boot_id;
    ledger.key_free_at.clear();
    ledger.no_key_before = now + usual.key_window + usual.slack;
    ledger.outstanding.clear();
    // How long the machine was down is not known, so the window may be another: Discord's count is what is left to go by.
    // Failures stay: a crash loop is one across reboots too.
    ledger.window_ends = {};
    ledger.seen_at = {};
    ledger.spent = ledger.spent_at_seen = ledger.foreign = 0;
    ledger.storm_until = {};
    return true;
}

}  // namespace shoal::budget
