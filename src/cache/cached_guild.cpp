// The readings of include/shoal/cache.hpp.

#include "shoal/cache.hpp"

#include <algorithm>
#include <charconv>

#include "cache/record.hpp"
#include "cache/shard_tables.hpp"

namespace shoal {
inline namespace v0 {

std::string image_hash::text() const {
    if (!set || !odd.empty()) return std::string(odd);
    static constexpr char digits[] = "0123456789abcdef";
    std::string out(animated ? "a_" : "");
    for (const auto word : {high, low}) {
        for (int shift = 60; shift >= 0; shift -= 4) out.push_back(digits[word >> shift & 15U]);
    }
    return out;
}

image_hash image_hash::from(std::string_view text) noexcept {
    image_hash out;
    out.set = !text.empty();
    auto digits = text;
    out.animated = digits.starts_with("a_");
    if (out.animated) digits.remove_prefix(2);
    const auto fits = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    if (digits.size() != 32 || !std::ranges::all_of(digits, fits)) {
        out.odd = text;
        out.animated = false;
        return out;
    }
    std::from_chars(digits.data(), digits.data() + 16, out.high, 16);
    std::from_chars(digits.data() + 16, digits.data() + 32, out.low, 16);
    return out;
}

// ---- lists ---------------------------------------------------------------------------------------------------------------

role_id cached_roles::at(std::uint32_t index) const noexcept {
    std::uint16_t slot = 0;
    std::memcpy(&slot, slots_ + std::size_t{2} * index, sizeof slot);
    return role_id(ids_ != nullptr && slot < ids_->size() ? (*ids_)[slot] : 0);
}
std::uint32_t cached_roles::next(std::uint32_t index) const noexcept {
    while (index < count_ && !at(index)) ++index;
    return index;
}
std::size_t cached_roles::size() const noexcept {
    std::size_t count = 0;
    for (auto each = begin(); each != end(); ++each) ++count;
    return count;
}
bool cached_roles::contains(role_id which) const noexcept {
    for (const auto each : *this) {
        if (each == which) return true;
    }
    return false;
}

namespace detail {

bool read_item(const char*& at, const char* end, const std::vector<std::uint64_t>* ids, cached_overwrite& out) noexcept {
    cache::byte_reader in({at, static_cast<std::size_t>(end - at)});
    const auto slot = in.raw<std::uint16_t>();
    out.is_member = slot == 0xFFFF;
    out.id = out.is_member ? in.raw<std::uint64_t>() : ids != nullptr && slot < ids->size() ? (*ids)[slot] : 0;
    out.allow = in.number();
    out.deny = in.number();
    at = in.at;
    return in.ok && out.id != 0;
}
bool read_item(const char*& at, const char* end, const std::vector<std::uint64_t>*, std::string_view& out) noexcept {
    cache::byte_reader in({at, static_cast<std::size_t>(end - at)});
    out = in.take(in.number());
    at = in.at;
    return in.ok;
}
bool read_item(const char*& at, const char* end, const std::vector<std::uint64_t>*, std::uint64_t& out) noexcept {
    cache::byte_reader in({at, static_cast<std::size_t>(end - at)});
    out = in.raw<std::uint64_t>();
    at = in.at;
    return in.ok;
}

}  // namespace detail

// ---- guilds --------------------------------------------------------------------------------------------------------------

template <class T>
T cached_guild::read(const detail::packed_table::entry& from) const noexcept {
    auto out = cache::read_record<T>(from.key, from.record, {&shard_->texts, &role_ids_});
    if constexpr (requires { out.from; }) out.from = {shard_->bot, id_};
    return out;
}
runtime::bot_runtime* cached_guild::bot() const noexcept { return shard_->bot; }
template cached_channel cached_guild::read(const detail::packed_table::entry&) const noexcept;
template cached_role cached_guild::read(const detail::packed_table::entry&) const noexcept;
template cached_thread cached_guild::read(const detail::packed_table::entry&) const noexcept;
template cached_emoji cached_guild::read(const detail::packed_table::entry&) const noexcept;
template cached_sticker cached_guild::read(const detail::packed_table::entry&) const noexcept;
template cached_voice_state cached_guild::read(const detail::packed_table::entry&) const noexcept;
template cached_member cached_guild::read(const detail::packed_table::entry&) const noexcept;
template cached_presence cached_guild::read(const detail::packed_table::entry&) const noexcept;
template cached_stage cached_guild::read(const detail::packed_table::entry&) const noexcept;
template cached_scheduled_event cached_guild::read(const detail::packed_table::entry&) const noexcept;
template cached_sound cached_guild::read(const detail::packed_table::entry&) const noexcept;

namespace {

template <class T>
std::optional<T> look_up(const cached_guild& guild, const detail::packed_table& table, std::uint64_t key) noexcept {
    const auto record = table.find(key);
    if (record.data() == nullptr) return std::nullopt;
    return guild.read<T>({key, record});
}

}  // namespace

cached_guild_fields cached_guild::fields() const noexcept {
    const auto record = table(detail::cache_table::fields).find(id_.value());
    if (record.data() != nullptr)
        return cache::read_record<cached_guild_fields>(id_.value(), record, {&shard_->texts, &role_ids_});
    cached_guild_fields none;
    none.id = id_;
    return none;
}

cached_range<cached_channel> cached_guild::channels() const noexcept { return {this, &table(detail::cache_table::channels)}; }
cached_range<cached_role> cached_guild::roles() const noexcept { return {this, &table(detail::cache_table::roles)}; }
cached_range<cached_thread> cached_guild::threads() const noexcept { return {this, &table(detail::cache_table::threads)}; }
cached_range<cached_emoji> cached_guild::emojis() const noexcept { return {this, &table(detail::cache_table::emojis)}; }
cached_range<cached_sticker> cached_guild::stickers() const noexcept { return {this, &table(detail::cache_table::stickers)}; }
cached_range<cached_voice_state> cached_guild::voice_states() const noexcept {
    return {this, &table(detail::cache_table::voice_states)};
}
cached_range<cached_member> cached_guild::members() const noexcept { return {this, &table(detail::cache_table::members)}; }
cached_range<cached_presence> cached_guild::presences() const noexcept { return {this, &table(detail::cache_table::presences)}; }
cached_range<cached_stage> cached_guild::stages() const noexcept { return {this, &table(detail::cache_table::stages)}; }
cached_range<cached_scheduled_event> cached_guild::scheduled_events() const noexcept {
    return {this, &table(detail::cache_table::scheduled_events)};
}
cached_range<cached_sound> cached_guild::sounds() const noexcept { return {this, &table(detail::cache_table::sounds)}; }

std::optional<cached_channel> cached_guild::channel(channel_id which) const noexcept {
    return look_up<cached_channel>(*this, table(detail::cache_table::channels), which.value());
}
std::optional<cached_role> cached_guild::role(role_id which) const noexcept {
    return look_up<cached_role>(*this, table(detail::cache_table::roles), which.value());
}
std::optional<cached_thread> cached_guild::thread(channel_id which) const noexcept {
    return look_up<cached_thread>(*this, table(detail::cache_table::threads), which.value());
}
std::optional<cached_emoji> cached_guild::emoji(emoji_id which) const noexcept {
    return look_up<cached_emoji>(*this, table(detail::cache_table::emojis), which.value());
}
std::optional<cached_sticker> cached_guild::sticker(std::uint64_t which) const noexcept {
    return look_up<cached_sticker>(*this, table(detail::cache_table::stickers), which);
}
std::optional<cached_voice_state> cached_guild::voice_state(user_id whose) const noexcept {
    return look_up<cached_voice_state>(*this, table(detail::cache_table::voice_states), whose.value());
}
std::optional<cached_member> cached_guild::member(user_id who) const noexcept {
    return look_up<cached_member>(*this, table(detail::cache_table::members), who.value());
}
std::optional<cached_presence> cached_guild::presence(user_id whose) const noexcept {
    return look_up<cached_presence>(*this, table(detail::cache_table::presences), whose.value());
}
std::optional<cached_stage> cached_guild::stage(std::uint64_t which) const noexcept {
    return look_up<cached_stage>(*this, table(detail::cache_table::stages), which);
}
std::optional<cached_scheduled_event> cached_guild::scheduled_event(std::uint64_t which) const noexcept {
    return look_up<cached_scheduled_event>(*this, table(detail::cache_table::scheduled_events), which);
}
std::optional<cached_sound> cached_guild::sound(std::uint64_t which) const noexcept {
    return look_up<cached_sound>(*this, table(detail::cache_table::sounds), which);
}
std::optional<cached_user> cached_guild::user(user_id who) const noexcept {
    const auto record = shard_->users.find(who.value());
    if (record.data() == nullptr) return std::nullopt;
    return cache::read_record<cached_user>(who.value(), record, {});
}
std::optional<cached_member> cached_guild::self() const noexcept { return member(shard_->self); }

std::optional<std::uint64_t> cached_guild::own_permissions() const noexcept {
    const auto mine = self();
    if (!complete() || !mine) return std::nullopt;
    std::uint64_t sum = 0;
    for (const auto& each : roles()) {
        // @everyone has the guild's id [6.3].
        if (each.id.value() == id_.value() || mine->roles.contains(each.id)) sum |= each.permissions;
    }
    return sum;
}

}  // namespace v0
}  // namespace shoal
