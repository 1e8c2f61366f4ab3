// Dispatch names to kinds by a perfect hash that the compiler finds: one multiplication chain, one table look-up, one compare.

#include "discord/event_kind.hpp"

#include <array>
#include <cstddef>

#include "shoal/intents.hpp"

namespace shoal::discord {
namespace {

constexpr std::size_t kinds = static_cast<std::size_t>(event_kind::count_);

constexpr std::array<std::string_view, kinds> names = {
    std::string_view{},
#define SHOAL_EVENT(kind, NAME, intents) std::string_view{#NAME},
#include "discord/event_kind.inc"
#undef SHOAL_EVENT
};

// The constants of shoal::intents under their bare names, as the table writes them.
struct intent_table : shoal::intents {
    static constexpr auto make() {
        return std::array<std::uint64_t, kinds>{
            0,
#define SHOAL_EVENT(kind, NAME, wanted) (wanted).bits(),
#include "discord/event_kind.inc"
#undef SHOAL_EVENT
        };
    }
};
constexpr auto wanted_intents = intent_table::make();

constexpr std::uint64_t digest(std::string_view name) noexcept {
    std::uint64_t h = name.size() * 0x9E3779B97F4A7C15ULL;
    for (std::size_t i = 0; i < name.size(); i += 8) {
        std::uint64_t chunk = 0;
        const std::size_t left = name.size() - i < 8 ? name.size() - i : 8;
        for (std::size_t k = 0; k < left; ++k) chunk |= std::uint64_t{static_cast<unsigned char>(name[i + k])} << (8 * k);
        h = (h ^ chunk) * 0xBF58476D1CE4E5B9ULL;
        h ^= h >> 29;
    }
    return h;
}

struct perfect_hash {
    static constexpr unsigned bits = 11;
    std::uint64_t factor = 0;
    std::array<std::uint8_t, std::size_t{1} << bits> slots{};
    [[nodiscard]] constexpr std::size_t slot(std::uint64_t h) const noexcept {
        return static_cast<std::size_t>((h * factor) >> (64 - bits));
    }
};

consteval perfect_hash find_hash() {
    std::array<std::uint64_t, kinds> digests{};
    for (std::size_t i = 1; i < kinds; ++i) digests[i] = digest(names[i]);
    perfect_hash found;
    for (std::uint64_t factor = 0x9E3779B97F4A7C15ULL;; factor += 2) {
        found.factor = factor;
        found.slots = {};
        bool clash = false;
        for (std::size_t i = 1; i < kinds && !clash; ++i) {
            auto& slot = found.slots[found.slot(digests[i])];
            clash = slot != 0;
            slot = static_cast<std::uint8_t>(i);
        }
        if (!clash) return found;
    }
}

constexpr perfect_hash table = find_hash();

}  // namespace

event_kind event_kind_of(std::string_view name) noexcept {
    if (name.size() > 64) return event_kind::unknown;
    const std::uint8_t candidate = table.slots[table.slot(digest(name))];
    return candidate != 0 && names[candidate] == name ? static_cast<event_kind>(candidate) : event_kind::unknown;
}

std::string_view name_of(event_kind kind) noexcept {
    return kind < event_kind::count_ ? names[static_cast<std::size_t>(kind)] : std::string_view{};
}

std::uint64_t intents_of(event_kind kind) noexcept {
    return kind < event_kind::count_ ? wanted_intents[static_cast<std::size_t>(kind)] : 0;
}

}  // namespace shoal::discord
