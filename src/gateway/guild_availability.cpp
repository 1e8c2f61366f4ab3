#include "gateway/guild_availability.hpp"

#include <algorithm>

namespace shoal::gateway {

void guild_availability::begin(std::span<const guild_id> ready_guilds, instant now, bool guilds_come) {
    ids_.assign(ready_guilds.begin(), ready_guilds.end());
    std::sort(ids_.begin(), ids_.end());
    ids_.erase(std::unique(ids_.begin(), ids_.end()), ids_.end());
    states_.assign(ids_.size(), guilds_come ? state::expected : state::available);
    missing_ = guilds_come ? ids_.size() : 0;
    out_ = 0;
    last_guild_at_ = now;
    waiting_ = true;
    told_ready_ = false;
    knows_all_ = true;
}

void guild_availability::adopt(std::span<const known_guild> guilds, instant now, bool none) {
    ids_.clear();
    states_.clear();
    missing_ = out_ = 0;
    ids_.reserve(guilds.size());
    states_.reserve(guilds.size());
    // They come in order, save from somebody who made them up: then each goes to its place.
    for (const auto& each : guilds) {
        const auto place = place_of(each.id);
        if (is_at(place, each.id)) {
            set(place, each.state);
        } else {
            insert(place, each.id, each.state);
        }
    }
    last_guild_at_ = now;
    waiting_ = true;
    told_ready_ = false;
    knows_all_ = none || !guilds.empty();
}

guild_change guild_availability::created(guild_id guild, bool unavailable, instant now, bool is_old) {
    const auto place = place_of(guild);
    const auto first_time = is_old && !knows_all_ ? guild_change::available : guild_change::joined;
    if (!is_at(place, guild)) {
        // Joined during an outage: it counts as joined when it comes whole.
        insert(place, guild, unavailable ? state::joining : state::available);
        return unavailable ? guild_change::none : first_time;
    }
    const auto before = states_[place];
    if (before == state::expected) last_guild_at_ = now;
    if (unavailable) {
        if (before == state::joining || before == state::unavailable) return guild_change::none;
        set(place, state::unavailable);
        return guild_change::unavailable;
    }
    set(place, state::available);
    switch (before) {
        case state::expected: return guild_change::loaded;
        case state::unavailable: return guild_change::available;
        case state::joining: return first_time;
        case state::available: break;
    }
    return guild_change::none;  // Sent again [2.7.7].
}

guild_change guild_availability::deleted(guild_id guild, bool unavailable, instant now) {
    const auto place = place_of(guild);
    const bool is_known = is_at(place, guild);
    if (is_known && states_[place] == state::expected) last_guild_at_ = now;
    if (!unavailable) {
        if (!is_known) return knows_all_ ? guild_change::none : guild_change::left;
        const bool never_told = states_[place] == state::joining;
        erase(place);
        return never_told ? guild_change::none : guild_change::left;
    }
    if (!is_known) {
        insert(place, guild, state::unavailable);
        return guild_change::unavailable;
    }
    if (states_[place] == state::joining || states_[place] == state::unavailable) return guild_change::none;
    set(place, state::unavailable);
    return guild_change::unavailable;
}

bool guild_availability::became_ready(instant now) noexcept {
    if (!waiting_ || now < ready_at()) return false;
    waiting_ = false;
    told_ready_ = true;
    return true;
}

instant guild_availability::ready_at() const noexcept {
    if (!waiting_) return never;
    return missing_ == 0 ? instant{} : last_guild_at_ + guild_wait_;
}

bool guild_availability::contains(guild_id guild) const noexcept { return is_at(place_of(guild), guild); }

bool guild_availability::is_available(guild_id guild) const noexcept {
    const auto place = place_of(guild);
    return is_at(place, guild) && states_[place] == state::available;
}

std::optional<guild_state> guild_availability::state_of(guild_id guild) const noexcept {
    const auto place = place_of(guild);
    return is_at(place, guild) ? std::optional(states_[place]) : std::nullopt;
}

std::vector<known_guild> guild_availability::all() const {
    std::vector<known_guild> out;
    out.reserve(ids_.size());
    for (std::size_t i = 0; i < ids_.size(); ++i) out.push_back({ids_[i], states_[i]});
    return out;
}

std::size_t guild_availability::place_of(guild_id guild) const noexcept {
    return static_cast<std::size_t>(std::lower_bound(ids_.begin(), ids_.end(), guild) - ids_.begin());
}

bool guild_availability::is_at(std::size_t place, guild_id guild) const noexcept {
    return place < ids_.size() && ids_[place] == guild;
}

void guild_availability::count(state what, std::ptrdiff_t by) noexcept {
    if (what == state::expected) missing_ += static_cast<std::size_t>(by);
    if (what == state::unavailable || what == state::joining) out_ += static_cast<std::size_t>(by);
}

void guild_availability::set(std::size_t place, state next) noexcept {
    count(states_[place], -1);
    states_[place] = next;
    count(next, +1);
}

void guild_availability::insert(std::size_t place, guild_id guild, state first) {
    const auto offset = static_cast<std::ptrdiff_t>(place);
    ids_.insert(ids_.begin() + offset, guild);
    states_.insert(states_.begin() + offset, first);
    count(first, +1);
}

void guild_availability::erase(std::size_t place) {
    count(states_[place], -1);
    const auto offset = static_cast<std::ptrdiff_t>(place);
    ids_.erase(ids_.begin() + offset);
    states_.erase(states_.begin() + offset);
}

}  // namespace shoal::gateway
