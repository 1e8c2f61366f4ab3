#include "sim/core/guild_state.hpp"

#include <algorithm>
#include <array>

namespace shoal::sim {
namespace {

/// Channels, roles, emojis, threads, in voice: the table of [6.10]; stickers and sounds by boost tier [6.7].
struct class_numbers {
    std::string_view name;
    double share;
    std::uint32_t channels, roles, emojis, threads, voices, stickers, sounds;
};
constexpr std::array<class_numbers, 6> classes = {{{"tiny", 0.30, 6, 4, 0, 0, 0, 0, 0},
                                                   {"small", 0.35, 12, 8, 3, 0, 0, 0, 0},
                                                   {"medium", 0.25, 35, 30, 30, 2, 3, 2, 0},
                                                   {"community", 0.09, 80, 80, 120, 15, 12, 10, 4},
                                                   {"large", 0.0095, 180, 180, 350, 60, 60, 25, 8},
                                                   {"giant", 0.0005, 470, 240, 480, 950, 290, 50, 20}}};

/// 22 bits to 22 bits and back: so that ids of one guild do not all end alike.
constexpr std::uint64_t scramble_factor = 0x2C1B3D;
constexpr std::uint64_t inverse_of(std::uint64_t odd) {
    std::uint64_t x = odd;
    for (int i = 0; i < 6; ++i) x *= 2 - odd * x;
    return x;
}
constexpr std::uint64_t scramble(std::uint64_t slot) noexcept {
    return ((slot ^ 0x155555) * scramble_factor) & snowflake_low_mask;
}
constexpr std::uint64_t unscramble(std::uint64_t low) noexcept {
    return ((low * inverse_of(scramble_factor)) & snowflake_low_mask) ^ 0x155555;
}
static_assert(unscramble(scramble(123456)) == 123456);

constexpr std::uint64_t times(std::uint64_t a, std::uint64_t b) noexcept {
    return static_cast<std::uint64_t>(static_cast<unsigned __int128>(a) * b % user_pool);
}
constexpr std::uint64_t inverse_in_pool(std::uint64_t a) noexcept {
    std::uint64_t result = 1;
    for (std::uint64_t power = user_pool - 2; power != 0; power >>= 1, a = times(a, a)) {
        if ((power & 1U) != 0) result = times(result, a);
    }
    return result;
}

// Users' accounts were made between April 2015 and October 2026; each number has a span of its own in there.
constexpr std::int64_t first_user_ms = 90LL * 86400 * 1000;
constexpr std::int64_t user_span_ms = 86000;

}  // namespace

std::optional<guild_class> guild_class_of(std::string_view name) noexcept {
    for (std::size_t i = 0; i < classes.size(); ++i) {
        if (classes[i].name == name) return static_cast<guild_class>(i);
    }
    return std::nullopt;
}

guild_class draw_class(random_source& random) noexcept {
    double draw = random.unit();
    for (std::size_t i = 0; i + 1 < classes.size(); ++i) {
        if (draw < classes[i].share) return static_cast<guild_class>(i);
        draw -= classes[i].share;
    }
    return guild_class::giant;
}

guild_facts::guild_facts(const guild_record& guild, std::uint32_t largest_members_listed) : guild_(&guild) {
    const class_numbers& numbers = classes[static_cast<std::size_t>(guild.size)];
    random_source random(guild.seed);
    const auto about = [&random](std::uint32_t count) {
        const std::uint32_t spread = count / 10;
        return count - spread + static_cast<std::uint32_t>(random.below(2 * spread + 1));
    };
    const auto set = [this](kind what, std::uint32_t count) { counts_[static_cast<std::size_t>(what)] = count; };
    set(kind::channel, std::min(about(numbers.channels), 500U));
    set(kind::role, std::min(about(numbers.roles), 250U));
    set(kind::emoji, std::min(about(numbers.emojis), 500U));
    set(kind::sticker, std::min(about(numbers.stickers), 60U));
    set(kind::thread, std::min(about(numbers.threads), 1000U));
    set(kind::sound, numbers.sounds);
    set(kind::integration, 2);  // The bot's own, and somebody's stream.
    set(kind::scheduled, guild.size >= guild_class::community ? 2 : 0);
    listed_ = std::min(guild.member_count > 0 ? guild.member_count - 1 : 0, std::max(largest_members_listed, 1U));
    voices_ = std::min({about(numbers.voices), listed_, 300U});
    // What a guild owns was made one after the other between its own birth and half its age.
    const std::int64_t age = std::max<std::int64_t>(world_birth_ms - discord_ms_of(guild.id), 0);
    stride_ = std::max<std::int64_t>(age / (2LL * kinds * most_of_a_kind), 1);
    member_first_ = random.below(user_pool);
    member_step_ = 1 + random.below(user_pool - 1);
}

std::uint32_t guild_facts::end_index(kind what) const noexcept {
    const auto i = static_cast<std::size_t>(what);
    return guild_->changes && guild_->changes->next_index[i] != 0 ? guild_->changes->next_index[i] : counts_[i];
}

const entity_change* guild_facts::change(kind what, std::uint32_t index) const noexcept {
    if (!guild_->changes) return nullptr;
    const auto& changes = guild_->changes->entities[static_cast<std::size_t>(what)];
    const auto found = changes.find(index);
    return found == changes.end() ? nullptr : &found->second;
}

bool guild_facts::exists(kind what, std::uint32_t index) const noexcept {
    const entity_change* changed = change(what, index);
    if (changed != nullptr) return !changed->deleted;
    return index < counts_[static_cast<std::size_t>(what)];
}

std::uint32_t guild_facts::count(kind what) const noexcept {
    std::uint32_t number = counts_[static_cast<std::size_t>(what)];
    if (!guild_->changes) return number;
    for (const auto& [index, changed] : guild_->changes->entities[static_cast<std::size_t>(what)]) {
        if (changed.deleted && index < counts_[static_cast<std::size_t>(what)]) --number;
        if (!changed.deleted && index >= counts_[static_cast<std::size_t>(what)]) ++number;
    }
    return number;
}

std::uint64_t guild_facts::base_id(kind what, std::uint32_t index) const noexcept {
    // @everyone has the guild's id [6.3].
    if (what == kind::role && index == 0) return guild_->id;
    const std::int64_t place = static_cast<std::int64_t>(index) * kinds + static_cast<std::int64_t>(what);
    const auto within = static_cast<std::int64_t>(seed_of(what, index) % static_cast<std::uint64_t>(stride_));
    return snowflake_of(discord_ms_of(guild_->id) + 1 + place * stride_ + within, scramble(guild_->slot));
}

std::uint64_t guild_facts::id_of(kind what, std::uint32_t index) const noexcept {
    const entity_change* changed = change(what, index);
    return changed != nullptr && changed->id != 0 ? changed->id : base_id(what, index);
}

std::optional<std::uint32_t> guild_facts::index_of(kind what, std::uint64_t id) const noexcept {
    if (what == kind::role && id == guild_->id) return 0;
    const std::int64_t since = discord_ms_of(id) - discord_ms_of(guild_->id) - 1;
    const std::int64_t place = since >= 0 ? since / stride_ : -1;
    if (place >= 0 && place % kinds == static_cast<std::int64_t>(what)) {
        const auto index = static_cast<std::uint64_t>(place / kinds);
        if (index < counts_[static_cast<std::size_t>(what)] && base_id(what, static_cast<std::uint32_t>(index)) == id) {
            return exists(what, static_cast<std::uint32_t>(index)) ? std::optional(static_cast<std::uint32_t>(index))
                                                                   : std::nullopt;
        }
    }
    if (!guild_->changes) return std::nullopt;
    for (const auto& [index, changed] : guild_->changes->entities[static_cast<std::size_t>(what)]) {
        if (changed.id == id && !changed.deleted) return index;
    }
    return std::nullopt;
}

std::uint64_t guild_facts::seed_of(kind what, std::uint32_t index) const noexcept {
    return mix(guild_->seed, (static_cast<std::uint64_t>(what) << 32) | index);
}

std::uint32_t guild_facts::revision(kind what, std::uint32_t index) const noexcept {
    const entity_change* changed = change(what, index);
    return changed == nullptr ? 0 : changed->revision;
}

std::uint32_t guild_facts::member_end() const noexcept {
    return listed_ + (guild_->changes ? guild_->changes->members_added : 0);
}

bool guild_facts::is_member(std::uint32_t index) const noexcept {
    return index < member_end() && !(guild_->changes && guild_->changes->members_gone.contains(index));
}

std::uint64_t guild_facts::user_of(std::uint32_t index) const noexcept {
    return user_id_of((member_first_ + times(index, member_step_)) % user_pool);
}

std::optional<std::uint32_t> guild_facts::member_index(std::uint64_t user) const noexcept {
    const auto number = user_number_of(user);
    if (!number) return std::nullopt;
    const std::uint64_t index = times((*number + user_pool - member_first_) % user_pool, inverse_in_pool(member_step_));
    if (index >= member_end() || !is_member(static_cast<std::uint32_t>(index))) return std::nullopt;
    return static_cast<std::uint32_t>(index);
}

std::uint64_t guild_facts::member_seed(std::uint32_t index) const noexcept {
    return mix(guild_->seed, 0x4D454D4245520000ULL, index);
}

std::int64_t guild_facts::member_count() const noexcept {
    std::int64_t count = guild_->member_count;
    if (guild_->changes) {
        count += guild_->changes->members_added;
        count -= static_cast<std::int64_t>(guild_->changes->members_gone.size());
    }
    return count;
}

std::uint32_t slot_in(std::uint64_t entity_id) noexcept {
    return static_cast<std::uint32_t>(unscramble(entity_id & snowflake_low_mask));
}

std::uint64_t low_bits_of_slot(std::uint32_t slot) noexcept { return scramble(slot); }

std::uint64_t user_id_of(std::uint64_t number) noexcept {
    const std::uint64_t word = mix(number, 0x75736572ULL);
    const auto within = static_cast<std::int64_t>((word >> 32) % static_cast<std::uint64_t>(user_span_ms));
    // Bit 0 tells generated users from those whom a test calls by name.
    return snowflake_of(first_user_ms + static_cast<std::int64_t>(number) * user_span_ms + within, word & ~1ULL);
}

std::optional<std::uint64_t> user_number_of(std::uint64_t id) noexcept {
    const std::int64_t since = discord_ms_of(id) - first_user_ms;
    if (since < 0) return std::nullopt;
    const auto number = static_cast<std::uint64_t>(since / user_span_ms);
    if (number >= user_pool || user_id_of(number) != id) return std::nullopt;
    return number;
}

std::uint64_t user_nearest(std::int64_t discord_ms) noexcept {
    const std::int64_t since = discord_ms - first_user_ms;
    if (since < 0 || since / user_span_ms >= static_cast<std::int64_t>(user_pool)) return 0;
    return user_id_of(static_cast<std::uint64_t>(since / user_span_ms));
}

std::uint64_t user_id_of_name(std::string_view name) noexcept {
    const std::uint64_t word = mix(0x6E616D65ULL, name);
    return snowflake_of(first_user_ms + static_cast<std::int64_t>(word % user_pool) * user_span_ms, (word >> 32) | 1U);
}

}  // namespace shoal::sim
