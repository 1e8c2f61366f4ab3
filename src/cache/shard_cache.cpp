#include "cache/shard_cache.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "discord/json_cursor.hpp"

namespace shoal::cache {
namespace {

using discord::event_kind;
using discord::json_value;

// Beyond any guild of Discord's (500 channels, 250 roles; 2,500 guilds a shard), and so few that a message made for it cannot
// fill the memory: what is over is not kept.
constexpr std::size_t most_listed = 65'536;
constexpr std::size_t longest_name = 1024;          // Bytes; Discord's names have 100 characters.
constexpr std::size_t largest_scratch = 16 * 1024;  // Kept from event to event.

/// A name as it is kept.
std::string_view name_of(const json_value& value, std::string& scratch) {
    auto name = value.text(scratch);
    if (name.size() <= longest_name) return name;
    auto end = longest_name;
    while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80) --end;  // Not in the middle of a character.
    return name.substr(0, end);
}

/// Integers of Discord's into narrow fields, at the nearest value that fits.
std::int16_t narrow_position(const json_value& value) {
    return static_cast<std::int16_t>(std::clamp<std::int64_t>(value.integer().value_or(0), INT16_MIN, INT16_MAX));
}

template <class T, class Id>
auto place_of(std::vector<T>& sorted, Id id) {
    return std::ranges::lower_bound(sorted, id, {}, &T::id);
}

bool is_thread(std::int64_t type) noexcept { return type >= 10 && type <= 12; }

void read_channel(cached_channel& into, const json_value& object, text_pool& texts, std::string& scratch) {
    for (const auto& [key, value] : object.fields()) {
        if (key == "id") {
            into.id = value.id<channel_id>();
        } else if (key == "parent_id") {
            into.parent_id = value.id<channel_id>();
        } else if (key == "name") {
            texts.replace(into.stored_name, name_of(value, scratch));
        } else if (key == "position") {
            into.position = narrow_position(value);
        } else if (key == "type") {
            into.type = value.value_or<std::uint8_t>(0);
        } else if (key == "nsfw") {
            into.nsfw = value.value_or(false);
        }
    }
}

void read_role(cached_role& into, const json_value& object, text_pool& texts, std::string& scratch) {
    for (const auto& [key, value] : object.fields()) {
        if (key == "id") {
            into.id = value.id<role_id>();
        } else if (key == "name") {
            texts.replace(into.stored_name, name_of(value, scratch));
        } else if (key == "permissions") {
            into.permissions = value.unsigned_integer().value_or(0);
        } else if (key == "color") {
            into.color = value.value_or<std::uint32_t>(0);
        } else if (key == "position") {
            into.position = narrow_position(value);
        } else if (key == "hoist") {
            into.hoist = value.value_or(false);
        } else if (key == "managed") {
            into.managed = value.value_or(false);
        } else if (key == "mentionable") {
            into.mentionable = value.value_or(false);
        }
    }
}

void read_self_field(cached_self& into, std::string_view key, const json_value& value, text_pool& texts, std::string& scratch) {
    if (key == "nick") {
        texts.replace(into.stored_nick, name_of(value, scratch));
    } else if (key == "roles") {
        into.roles.clear();
        for (const auto& each : value.elements()) {
            if (into.roles.size() == most_listed) break;
            if (const auto id = each.id<role_id>()) into.roles.push_back(id);
        }
        std::ranges::sort(into.roles);
        into.roles.shrink_to_fit();
    } else if (key == "pending") {
        into.pending = value.value_or(false);
    } else if (key == "communication_disabled_until") {
        into.timed_out = static_cast<bool>(value);
    }
}

/// Replaces a sorted list by what an array holds. Of two with one id, which Discord does not send, one stands.
template <class T, class Read>
void replace_list(std::vector<T>& list, const json_value& array, text_pool& texts, Read read_one) {
    // Read apart, so that the list is made in its final size, or in the room that it has.
    static thread_local std::vector<T> fresh;
    fresh.clear();
    for (const auto& each : array.elements()) {
        if (fresh.size() == most_listed) break;
        T entry;
        if (read_one(entry, each)) {
            fresh.push_back(entry);
        } else {
            texts.let_go(entry.stored_name);
        }
    }
    std::ranges::sort(fresh, {}, &T::id);
    auto end = fresh.begin();
    for (auto each = fresh.begin(); each != fresh.end(); ++each) {
        if (end != fresh.begin() && std::prev(end)->id == each->id) {
            texts.let_go(each->stored_name);
        } else {
            *end++ = *each;
        }
    }
    for (const auto& each : list) texts.let_go(each.stored_name);
    list.assign(fresh.begin(), end);
    constexpr std::size_t largest_kept = 1024;  // More than Discord allows a guild.
    if (fresh.capacity() > largest_kept) std::vector<T>().swap(fresh);
}

}  // namespace

shard_cache::~shard_cache() = default;

void shard_cache::start_session(std::string_view ready_json) {
    for (auto& each : guilds_) clear_contents(*each);
    guilds_.clear();
    const json_value ready(ready_json);
    for (const auto& [key, value] : ready.fields()) {
        if (key == "user") {
            self_ = value["id"].id<user_id>();
        } else if (key == "guilds") {
            for (const auto& each : value.elements()) {
                const auto id = each["id"].id<guild_id>();
                if (!id) continue;
                if (guilds_.size() == most_listed) break;
                auto known = std::make_unique<cached_guild>();
                known->id = id;
                guilds_.push_back(std::move(known));
            }
        }
    }
    std::ranges::sort(guilds_, {}, [](const auto& each) { return each->id; });
    const auto doubled = std::ranges::unique(guilds_, {}, [](const auto& each) { return each->id; });
    guilds_.erase(doubled.begin(), doubled.end());
}

void shard_cache::apply(event_kind kind, std::string_view json) {
    take(kind, json);
    if (scratch_.capacity() > largest_scratch) std::string().swap(scratch_);
}

void shard_cache::take(event_kind kind, std::string_view json) {
    switch (kind) {
        case event_kind::guild_create: return guild_create(json);
        case event_kind::guild_update: return guild_update(json);
        case event_kind::guild_delete: return guild_delete(json);
        case event_kind::channel_create:
        case event_kind::channel_update: return channel_upsert(json);
        case event_kind::channel_delete: return channel_delete(json);
        case event_kind::guild_role_create:
        case event_kind::guild_role_update: return role_upsert(json);
        case event_kind::guild_role_delete: return role_delete(json);
        case event_kind::guild_member_update: return member_update(json);
        case event_kind::guild_member_add: return member_count(json, +1);
        case event_kind::guild_member_remove: return member_count(json, -1);
        default: return;
    }
}

const cached_guild* shard_cache::guild(guild_id which) const noexcept { return const_cast<shard_cache*>(this)->find(which); }

cached_guild* shard_cache::find(guild_id which) noexcept {
    const auto at = std::ranges::lower_bound(guilds_, which, {}, [](const auto& each) { return each->id; });
    return at != guilds_.end() && (*at)->id == which ? at->get() : nullptr;
}

cached_guild& shard_cache::find_or_add(guild_id which) {
    const auto at = std::ranges::lower_bound(guilds_, which, {}, [](const auto& each) { return each->id; });
    if (at != guilds_.end() && (*at)->id == which) return **at;
    auto added = std::make_unique<cached_guild>();
    added->id = which;
    return **guilds_.insert(at, std::move(added));
}

void shard_cache::remove(guild_id which) {
    const auto at = std::ranges::lower_bound(guilds_, which, {}, [](const auto& each) { return each->id; });
    if (at == guilds_.end() || (*at)->id != which) return;
    clear_contents(**at);
    guilds_.erase(at);
}

void shard_cache::clear_contents(cached_guild& guild) {
    for (const auto& each : guild.channels) texts_.let_go(each.stored_name);
    for (const auto& each : guild.roles) texts_.let_go(each.stored_name);
    texts_.let_go(guild.stored_name);
    texts_.let_go(guild.self.stored_nick);
    guild.channels.clear();
    guild.roles.clear();
    guild.stored_name = {};
    guild.self = {};
}

void shard_cache::guild_create(std::string_view json) {
    const json_value object(json);
    const auto id = object["id"].id<guild_id>();
    if (!id) return;
    auto& guild = find_or_add(id);
    // In an outage CREATE itself may be {id, unavailable: true} [2.6.2]: what was known stays.
    if (object["unavailable"].value_or(false)) {
        guild.available = false;
        return;
    }
    guild.available = true;
    for (const auto& [key, value] : object.fields()) {
        if (key == "name") {
            texts_.replace(guild.stored_name, name_of(value, scratch_));
        } else if (key == "owner_id") {
            guild.owner_id = value.id<user_id>();
        } else if (key == "member_count") {
            guild.member_count = value.value_or<std::uint32_t>(0);
        } else if (key == "channels") {
            replace_list(guild.channels, value, texts_, [&](cached_channel& into, const json_value& each) {
                read_channel(into, each, texts_, scratch_);
                return into.id && !is_thread(into.type);
            });
        } else if (key == "roles") {
            replace_list(guild.roles, value, texts_, [&](cached_role& into, const json_value& each) {
                read_role(into, each, texts_, scratch_);
                return static_cast<bool>(into.id);
            });
        } else if (key == "members") {
            for (const auto& member : value.elements()) {
                if (member["user"]["id"].id<user_id>() != self_) continue;
                texts_.let_go(guild.self.stored_nick);
                guild.self = {};
                for (const auto& [name, field] : member.fields()) read_self_field(guild.self, name, field, texts_, scratch_);
                break;
            }
        }
    }
}

void shard_cache::guild_update(std::string_view json) {
    const json_value object(json);
    auto* guild = find(object["id"].id<guild_id>());
    if (guild == nullptr) return;
    for (const auto& [key, value] : object.fields()) {
        if (key == "name") {
            texts_.replace(guild->stored_name, name_of(value, scratch_));
        } else if (key == "owner_id") {
            guild->owner_id = value.id<user_id>();
        } else if (key == "roles") {
            replace_list(guild->roles, value, texts_, [&](cached_role& into, const json_value& each) {
                read_role(into, each, texts_, scratch_);
                return static_cast<bool>(into.id);
            });
        }
    }
}

void shard_cache::guild_delete(std::string_view json) {
    const json_value object(json);
    const auto id = object["id"].id<guild_id>();
    if (!object["unavailable"].value_or(false)) return remove(id);
    if (auto* guild = find(id)) guild->available = false;
}

void shard_cache::channel_upsert(std::string_view json) {
    const json_value object(json);
    auto* guild = find(object["guild_id"].id<guild_id>());
    const auto id = object["id"].id<channel_id>();
    if (guild == nullptr || !id || is_thread(object["type"].value_or<std::int64_t>(0))) return;
    auto at = place_of(guild->channels, id);
    if (at == guild->channels.end() || at->id != id) at = guild->channels.insert(at, cached_channel{});
    read_channel(*at, object, texts_, scratch_);
    at->id = id;  // whatever else the object calls an id
}

void shard_cache::channel_delete(std::string_view json) {
    const json_value object(json);
    auto* guild = find(object["guild_id"].id<guild_id>());
    const auto id = object["id"].id<channel_id>();
    if (guild == nullptr) return;
    const auto at = place_of(guild->channels, id);
    if (at == guild->channels.end() || at->id != id) return;
    texts_.let_go(at->stored_name);
    guild->channels.erase(at);
}

void shard_cache::role_upsert(std::string_view json) {
    const json_value object(json);
    auto* guild = find(object["guild_id"].id<guild_id>());
    const auto role = object["role"];
    const auto id = role["id"].id<role_id>();
    if (guild == nullptr || !id) return;
    auto at = place_of(guild->roles, id);
    if (at == guild->roles.end() || at->id != id) at = guild->roles.insert(at, cached_role{});
    read_role(*at, role, texts_, scratch_);
    at->id = id;
}

void shard_cache::role_delete(std::string_view json) {
    const json_value object(json);
    auto* guild = find(object["guild_id"].id<guild_id>());
    const auto id = object["role_id"].id<role_id>();
    if (guild == nullptr) return;
    const auto at = place_of(guild->roles, id);
    if (at != guild->roles.end() && at->id == id) {
        texts_.let_go(at->stored_name);
        guild->roles.erase(at);
    }
    std::erase(guild->self.roles, id);
}

void shard_cache::member_update(std::string_view json) {
    const json_value object(json);
    auto* guild = find(object["guild_id"].id<guild_id>());
    if (guild == nullptr || !self_ || object["user"]["id"].id<user_id>() != self_) return;
    for (const auto& [key, value] : object.fields()) read_self_field(guild->self, key, value, texts_, scratch_);
}

void shard_cache::member_count(std::string_view json, std::int32_t change) {
    auto* guild = find(json_value(json)["guild_id"].id<guild_id>());
    if (guild == nullptr) return;
    // Adds may repeat [3.2], so this is near the truth, not the truth.
    if (change > 0 || guild->member_count > 0) guild->member_count += static_cast<std::uint32_t>(change);
}

}  // namespace shoal::cache
