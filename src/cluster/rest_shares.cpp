#include "cluster/rest_shares.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace shoal::cluster {
namespace {

constexpr double need_kept = 0.5;      // Of what it needed, a heartbeat later: a gap in its calls does not cost its slice.
constexpr double least_need = 0.5;     // Less is none.
constexpr double room_to_grow = 1.25;  // What it sends fits with this much to spare while nothing waits.

double need_of(const rest_use& says) noexcept {
    return says.waiting > 0 ? says.sent_per_second + says.waiting : room_to_grow * says.sent_per_second;
}

}  // namespace

std::vector<std::uint32_t> share_out(std::uint32_t total, const std::vector<std::uint32_t>& wants) {
    std::vector<std::size_t> order(wants.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(wants[i], i); });
    std::vector<std::uint32_t> out(wants.size());
    auto left = static_cast<std::uint32_t>(wants.size());
    for (const auto i : order) {
        out[i] = std::min(wants[i], total / left--);
        total -= out[i];
    }
    return out;
}

rest_shares::rest_shares(rest_policy policy, bool given_on_at_once) : policy_(policy), given_on_at_once_(given_on_at_once) {}

std::uint32_t rest_shares::paced() const noexcept {
    return std::max(1U, static_cast<std::uint32_t>(policy_.limit_per_second * policy_.pace_share));
}

void rest_shares::bound(claim& who, std::uint32_t most) noexcept {
    sum_ += most;
    sum_ -= std::exchange(who.bound, most);
}

bool rest_shares::live(const claim& who, instant now) const noexcept {
    return who.registered && who.over_at == never && now < who.heard_at + policy_.quiet_after;
}

void rest_shares::take_office(instant now, bool new_fleet) {
    new_fleet_ = new_fleet;
    nothing_given_before_ = now + policy_.slice_lease + policy_.slack + policy_.window;
}

void rest_shares::remember(const rest_holder& who, instant now) {
    auto& row = claims_[who];
    row.heard_at = now;
    // What it may have above it is over before anything is leased again.
    row.told = policy_.minimum;
    bound(row, policy_.minimum);
}

void rest_shares::registered(const rest_holder& who, const rest_use& says, instant now) {
    auto& row = claims_[who];
    row.registered = true;
    row.heard_at = now;
    row.says = says;
    row.need = std::max(row.need, need_of(says));
    // It heard nothing of ours since it said this, and will hear nothing of before.
    row.told = says.in_use;
    row.changed_at = beat_number::none;
    row.obeyed = true;
    bound(row, says.in_use);
    plan_due_ = true;
}

rest_slice rest_shares::heard(const rest_holder& who, beat_number beat, const rest_use& says, instant now) {
    const auto found = claims_.find(who);
    if (found == claims_.end()) return {};
    auto& row = found->second;
    row.heard_at = now;
    row.says = says;
    row.need = std::max(row.need < least_need ? 0 : row.need * need_kept, need_of(says));
    row.obeyed = row.obeyed || says.obeys >= row.changed_at;
    if (row.obeyed) {
        bound(row, given_on_at_once_ ? row.told : std::max(row.told, says.in_use));
    }
    plan(now);
    tell(row, beat, now);
    return {row.told, policy_.slice_lease, std::min(row.told, policy_.minimum), policy_.minimum_lease};
}

/// What it may be told without more being used than there is.
std::uint32_t rest_shares::most_for(const claim& who, instant now) const noexcept {
    const auto above = [](std::uint32_t all, std::uint32_t taken) { return all > taken ? all - taken : 0; };
    if (now >= nothing_given_before_) return who.bound + above(paced(), sum_);
    if (!new_fleet_) return who.bound;
    // Of the tenth that pacing leaves free, so that the limit holds even if it was the store that is new and not the fleet.
    const auto free = above(policy_.limit_per_second, paced() + given_while_waiting_);
    return std::max(who.bound, std::min(policy_.minimum, who.bound + free));
}

/// One change at a time: what was told last must have been heard before something else is told.
void rest_shares::tell(claim& who, beat_number beat, instant now) {
    if (!who.obeyed || who.target == who.told) return;
    auto next_one = who.target;
    if (next_one > who.told) next_one = std::max(who.told, std::min(next_one, most_for(who, now)));
    if (next_one == who.told) return;
    if (now < nothing_given_before_ && next_one > who.bound) given_while_waiting_ += next_one - who.bound;
    who.told = next_one;
    who.changed_at = beat;
    who.obeyed = false;
    bound(who, given_on_at_once_ ? next_one : std::max(who.bound, next_one));
}

void rest_shares::died(const rest_holder& who, instant now) {
    const auto found = claims_.find(who);
    if (found != claims_.end()) found->second.over_at = std::min(found->second.over_at, now + policy_.window + policy_.slack);
    plan_due_ = true;
}

void rest_shares::look(instant now) {
    const auto late = policy_.slack + policy_.window;
    for (auto at = claims_.begin(); at != claims_.end();) {
        auto& row = at->second;
        if (now >= row.heard_at + policy_.slice_lease + late) {
            bound(row, std::min(row.bound, policy_.minimum));
            row.told = std::min(row.told, policy_.minimum);
        }
        if (now >= row.over_at || now >= row.heard_at + policy_.minimum_lease + late) {
            bound(row, 0);
            at = claims_.erase(at);
            plan_due_ = true;
        } else {
            ++at;
        }
    }
}

/// What each should have, were it free to be given at once.
void rest_shares::plan(instant now) {
    if (!plan_due_ && now < planned_at_ + policy_.plan_every) return;
    plan_due_ = false;
    planned_at_ = now;
    std::vector<claim*> rows;
    std::uint32_t total = paced();
    for (auto& [who, row] : claims_) {
        if (live(row, now))
            rows.push_back(&row);
        else
            total -= std::min(total, row.bound);
    }
    if (rows.empty()) return;
    // More workers than requests a second: none has anything reserved, and those who have calls waiting take turns.
    const auto all_minimums = policy_.minimum * static_cast<std::uint32_t>(rows.size());
    const auto floor = all_minimums <= total ? policy_.minimum : 0;
    total -= floor > 0 ? all_minimums : 0;
    if (floor > 0) total -= std::min(total, policy_.minimum);  // For the next one who joins.
    const auto above = [&](const claim& row, double wish) {
        const double most = row.says.most > 0 ? std::min<double>(row.says.most, paced()) : paced();
        return static_cast<std::uint32_t>(std::max(0.0, std::ceil(std::min(wish, most)) - floor));
    };
    std::vector<std::uint32_t> wants(rows.size());
    std::ranges::transform(rows, wants.begin(), [&](const auto* row) { return above(*row, row->need); });
    const auto needed = share_out(total, wants);
    total -= std::accumulate(needed.begin(), needed.end(), 0U);
    // What nobody needs lies where it may be needed next, and stays there while nobody leads.
    std::ranges::transform(rows, needed, wants.begin(), [&](const auto* row, auto has) {
        const auto all = above(*row, paced());
        return all > has ? all - has : 0;
    });
    const auto spare = share_out(total, wants);
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i]->target = floor + needed[i] + spare[i];
}

rest_holding rest_shares::held_by(const rest_holder& who) const {
    const auto found = claims_.find(who);
    if (found == claims_.end()) return {};
    return {found->second.told, found->second.says.sent_per_second, found->second.says.waiting};
}

rest_picture rest_shares::picture(instant now) const {
    rest_picture out{.limit_per_second = policy_.limit_per_second, .paced_per_second = paced(), .leased_per_second = sum_};
    for (const auto& [who, row] : claims_) {
        if (!live(row, now)) {
            out.kept_per_second += row.bound;
            continue;
        }
        out.sent_per_second += row.says.sent_per_second;
        out.waiting += row.says.waiting;
        out.without += static_cast<std::uint32_t>(row.told == 0);
    }
    return out;
}

}  // namespace shoal::cluster
