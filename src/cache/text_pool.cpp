#include "cache/text_pool.hpp"

#include <cstring>

namespace shoal::cache {
namespace {

template <class T>
T load(const char* at) noexcept {
    T out;
    std::memcpy(&out, at, sizeof out);
    return out;
}
template <class T>
void save(char* at, T what) noexcept {
    std::memcpy(at, &what, sizeof what);
}

std::uint64_t hash_of(std::string_view text) noexcept {
    std::uint64_t hash = text.size() * 0x9E3779B97F4A7C15ULL;
    const char* at = text.data();
    std::size_t left = text.size();
    const auto take = [&hash](std::uint64_t word) {
        const auto product = static_cast<unsigned __int128>(hash ^ word) * 0xD6E8FEB86659FD93ULL;
        hash = static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
    };
    for (; left >= 8; left -= 8, at += 8) take(load<std::uint64_t>(at));
    std::uint64_t rest = 0;
    if (left != 0) std::memcpy(&rest, at, left);
    take(rest);
    take(0);
    return hash;
}

std::size_t units_of(std::size_t bytes) noexcept { return (bytes + 7) / 8; }

}  // namespace

text_pool::text_pool() = default;
text_pool::~text_pool() = default;

std::string_view text_pool::view(std::uint32_t text) const noexcept {
    if (text == 0) return {};
    const char* at = block(text);
    return {at + head, load<std::uint16_t>(at + 4)};
}

std::size_t text_pool::home_of(std::string_view text) const noexcept {
    return static_cast<std::size_t>((static_cast<unsigned __int128>(hash_of(text)) * places_.size()) >> 64);
}

std::uint32_t text_pool::make(std::string_view text) {
    const auto units = units_of(head + text.size());
    auto number = free_[units];
    if (number != 0) {
        free_[units] = load<std::uint32_t>(block(number));
    } else {
        if (page_used_ + units > page_units) {
            pages_.push_back(std::make_unique_for_overwrite<char[]>(page_units * unit));
            page_used_ = pages_.size() == 1 ? 1 : 0;  // Number 0 is the empty text's.
        }
        number = static_cast<std::uint32_t>((pages_.size() - 1) * page_units + page_used_);
        page_used_ += units;
    }
    char* at = block(number);
    save(at, std::uint32_t{1});
    save(at + 4, static_cast<std::uint16_t>(text.size()));
    std::memcpy(at + head, text.data(), text.size());
    return number;
}

void text_pool::resize(std::size_t places) {
    const auto before = std::move(places_);
    places_.assign(places, 0);
    for (const auto each : before) {
        if (each == 0) continue;
        auto at = home_of(view(each));
        while (places_[at] != 0) at = at + 1 == places_.size() ? 0 : at + 1;
        places_[at] = each;
    }
}

std::uint32_t text_pool::keep(std::string_view text) {
    if (text.empty()) return 0;
    if (distinct_ * 5 >= places_.size() * 4) resize(places_.size() + places_.size() / 3 + 16);
    auto at = home_of(text);
    for (; places_[at] != 0; at = at + 1 == places_.size() ? 0 : at + 1) {
        if (view(places_[at]) != text) continue;
        char* found = block(places_[at]);
        save(found, load<std::uint32_t>(found) + 1);
        return places_[at];
    }
    const auto number = make(text);
    places_[at] = number;
    ++distinct_;
    return number;
}

void text_pool::let_go(std::uint32_t text) noexcept {
    if (text == 0) return;
    char* at = block(text);
    const auto holders = load<std::uint32_t>(at);
    if (holders > 1) return save(at, holders - 1);
    // Out of the table; whoever stands behind it and would be nearer to home moves up, so that no tombstone stays.
    auto hole = home_of(view(text));
    while (places_[hole] != text) hole = hole + 1 == places_.size() ? 0 : hole + 1;
    const auto count = places_.size();
    for (auto next = hole + 1 == count ? 0 : hole + 1; places_[next] != 0; next = next + 1 == count ? 0 : next + 1) {
        const auto home = home_of(view(places_[next]));
        const auto from_home = next >= home ? next - home : next + count - home;
        const auto from_hole = next >= hole ? next - hole : next + count - hole;
        if (from_home < from_hole) continue;
        places_[hole] = places_[next];
        hole = next;
    }
    places_[hole] = 0;
    --distinct_;
    const auto units = units_of(head + load<std::uint16_t>(at + 4));
    save(at, free_[units]);
    free_[units] = text;
}

}  // namespace shoal::cache
