#pragma once
// JSON values into the fields of the cache's structs, by the type of the field. What is broken or of another kind reads as 0,
// empty or false; numbers go to the nearest value that fits. Not here: which field has which key (layouts.hpp), the cursor
// (src/discord).

#include <concepts>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "discord/json_cursor.hpp"
#include "shoal/cache.hpp"

namespace shoal::cache {

/// What a reading needs besides the JSON: a place for texts that had to be decoded and for lists on their way into a record, and
/// the guild's numbers of roles. One a shard; begin() gives the place up for the next event.
class json_reading {
public:
    void begin(std::vector<std::uint64_t>* role_ids) noexcept {
        used_ = 0;
        block_ = 0;
        role_ids_ = role_ids;
    }
    /// A copy of these bytes that lives until begin().
    [[nodiscard]] std::string_view keep(std::string_view bytes);
    /// The text of a value, cut at a whole character to at most `most` bytes.
    [[nodiscard]] std::string_view text(const discord::json_value& value, std::size_t most);
    /// The number of a role in its guild; a new one if it has none. no_slot: 65,000 are in use, or there is no guild.
    [[nodiscard]] std::uint16_t slot_of(std::uint64_t role);
    [[nodiscard]] const std::vector<std::uint64_t>* role_ids() const noexcept { return role_ids_; }
    /// Gives back what a message of unusual size took.
    void shrink() noexcept;
    static constexpr std::uint16_t no_slot = 0xFFFF;
    static constexpr std::size_t most_slots = 65'000;

    std::string bytes;                 ///< For whoever builds a list.
    std::vector<std::uint16_t> slots;  ///< Likewise.

private:
    static constexpr std::size_t block_bytes = 65536;
    std::vector<std::unique_ptr<char[]>> blocks_;
    std::size_t block_ = 0;
    std::size_t used_ = 0;
    std::string decoded_;
    std::vector<std::uint64_t>* role_ids_ = nullptr;
};

// Beyond anything of Discord's (500 channels, 250 roles and some bots' own, 1,000 overwrites; 2,500 guilds a shard), and so few
// that a message made for it cannot fill the memory: what is over is not kept.
inline constexpr std::size_t most_items = 1000;     ///< Of a list inside a thing: roles of a member, overwrites, tags.
inline constexpr std::size_t most_listed = 65'536;  ///< Things of one kind in one list, and guilds.

[[nodiscard]] cached_time time_of(std::string_view iso8601) noexcept;

void read_roles(cached_roles& into, const discord::json_value& value, json_reading& reading);
void read_overwrites(cached_overwrites& into, const discord::json_value& value, json_reading& reading);
void read_texts(cached_texts& into, const discord::json_value& value, json_reading& reading);
void read_ids(cached_ids& into, const discord::json_value& value, json_reading& reading);
void read_status(cached_presence::status& into, const discord::json_value& value, json_reading& reading);
/// True if the key is there and not null.
void read_presence_of(bool& into, const discord::json_value& value, json_reading& reading);
/// True if the key is there, also as null.
void read_true(bool& into, const discord::json_value& value, json_reading& reading);
/// Of `available`: true only for a false that is said.
void read_inverted(bool& into, const discord::json_value& value, json_reading& reading);
void read_id_of_user(user_id& into, const discord::json_value& value, json_reading& reading);
void read_permille(std::uint32_t& into, const discord::json_value& value, json_reading& reading);

template <class M>
void read_value(M& into, const discord::json_value& value, json_reading& reading, std::size_t most_text) {
    if constexpr (std::same_as<M, bool>) {
        into = value.boolean().value_or(false);
    } else if constexpr (std::unsigned_integral<M>) {
        const auto number = value.unsigned_integer().value_or(0);
        into = number > std::numeric_limits<M>::max() ? std::numeric_limits<M>::max() : static_cast<M>(number);
    } else if constexpr (std::signed_integral<M>) {
        const auto number = value.integer().value_or(0);
        into = static_cast<M>(number > std::numeric_limits<M>::max()   ? std::numeric_limits<M>::max()
                              : number < std::numeric_limits<M>::min() ? std::numeric_limits<M>::min()
                                                                       : number);
    } else if constexpr (discord::detail::is_snowflake<M>) {
        into = value.id<M>();
    } else if constexpr (std::same_as<M, std::string_view>) {
        into = reading.text(value, most_text);
    } else if constexpr (std::same_as<M, image_hash>) {
        into = image_hash::from(reading.text(value, 255));
    } else if constexpr (std::same_as<M, cached_time>) {
        into = time_of(reading.text(value, 64));
    } else if constexpr (std::same_as<M, cached_roles>) {
        read_roles(into, value, reading);
    } else if constexpr (std::same_as<M, cached_texts>) {
        read_texts(into, value, reading);
    } else if constexpr (std::same_as<M, cached_ids>) {
        read_ids(into, value, reading);
    } else {
        static_assert(std::same_as<M, cached_presence::status>, "no reader for this type of field");
        read_status(into, value, reading);
    }
}

}  // namespace shoal::cache
