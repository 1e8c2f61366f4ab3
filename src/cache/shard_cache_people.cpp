// Members with their users, voice states and presences, as events change them.

#include <algorithm>

#include "cache/table_edit.hpp"

namespace shoal::cache {

using discord::event_kind;

namespace {

/// A user object that is whole has a username; others (in presences) name the user and no more.
bool is_whole(const discord::json_value& user) noexcept { return static_cast<bool>(user["username"]); }

}  // namespace

std::optional<cached_user> shard_cache::user(user_id who) const noexcept {
    const auto record = tables_.users.find(who.value());
    if (record.data() == nullptr) return std::nullopt;
    return read_record<cached_user>(who.value(), record, {});
}

/// `more` further memberships hold this user. A whole object replaces what was known: what it lacks is not set.
void shard_cache::hold_user(user_id who, const json_value& object, std::uint32_t more) {
    const auto known = user(who);
    cached_user value;
    if (is_whole(object)) {
        read_json(value, object, reading_, settings_.detail);
    } else if (known) {
        value = *known;
    }
    value.id = who;
    value.holders = (known ? known->holders : 0) + more;
    store(tables_.users, value);
}

void shard_cache::release_user(user_id who) noexcept {
    auto known = user(who);
    if (!known || known->holders == 0) return;
    if (--known->holders == 0 && !loading_) {
        tables_.users.erase(who.value());
    } else {
        store(tables_.users, *known);
    }
}

void shard_cache::refresh_user(const json_value& object) {
    const auto who = object["id"].id<user_id>();
    if (tables_.users.find(who.value()).data() == nullptr || !is_whole(object)) return;
    hold_user(who, object, 0);
}

void shard_cache::refresh_users(event_kind kind, const json_value& object) {
    using enum event_kind;
    switch (kind) {
        case guild_create:
        case guild_members_chunk:
            for (const auto& each : object["members"].elements()) {
                reading_.begin(nullptr);
                refresh_user(each["user"]);
            }
            return;
        case guild_member_add:
        case guild_member_update: return refresh_user(object["user"]);
        case message_create:
            if (!object["webhook_id"] && object["member"]) refresh_user(object["author"]);
            return;
        case voice_state_update:
        case interaction_create:
        case typing_start:
        case message_reaction_add: return refresh_user(object["member"]["user"]);
        default: return;
    }
}

void shard_cache::member(cached_guild& guild, const json_value& object, const json_value& user, joining how) {
    const auto who = user["id"].id<user_id>();
    const auto known = guild.member(who);
    const bool kept = keeps_member(who);
    const bool is_self = who && who == self();
    const bool may_join = is_self || (how != joining::updated && how != joining::added &&
                                      guild.members().size() < settings_.most_members_per_guild);
    // Only with a whole user: so that each user's record starts with one, here and in every replica.
    if (!kept || (!known && !(may_join && is_whole(user)))) return refresh_user(user);
    hold_user(who, user, known ? 0 : 1);
    reading_.begin(&guild.role_ids_);
    // Additions and chunks bring whole members; other events what they happen to have.
    const bool joined = how == joining::listed || how == joining::added;
    cached_member value;
    if (known && !joined) value = *guild.member(who);
    read_json(value, object, reading_, settings_.detail);
    value.id = who;
    value.only_in_voice = !joined && (known ? known->only_in_voice : how == joining::in_voice && !is_self);
    store(guild, value);
}

void shard_cache::member_list(cached_guild& guild, const json_value& array, const json_value& voice_states) {
    std::vector<std::uint64_t> in_voice;
    for (const auto& each : voice_states.elements()) {
        if (each["channel_id"].id<channel_id>()) in_voice.push_back(each["user_id"].unsigned_integer().value_or(0));
    }
    std::ranges::sort(in_voice);
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& each : array.elements()) ++count;
    // A list that is not whole has those in voice because they are there [2.9.3].
    const bool whole = count >= guild.member_count_ || !keeps(cache_kind::voice_states);
    std::vector<std::uint64_t> before;
    for (const auto& each : guild_access::table(guild, detail::cache_table::members)) before.push_back(each.key);
    list_.clear();
    list_bytes_.clear();
    std::vector<std::uint64_t> held;
    for (const auto& each : array.elements()) {
        if (list_.size() == most_listed) break;
        const auto user = each["user"];
        const auto who = user["id"].id<user_id>();
        reading_.begin(nullptr);
        if (!keeps_member(who) || !is_whole(user)) {
            refresh_user(user);
            continue;
        }
        hold_user(who, user, 1);
        held.push_back(who.value());
        reading_.begin(&guild.role_ids_);
        cached_member value;
        read_json(value, each, reading_, settings_.detail);
        value.id = who;
        value.only_in_voice = !whole && who != self() && std::ranges::binary_search(in_voice, who.value());
        const auto at = list_bytes_.size();
        write_record(list_bytes_, value, tables_.texts);
        list_.push_back({who.value(), static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(list_bytes_.size() - at)});
    }
    assign_list<cached_member>(guild);
    // One hold a membership: those that were listed twice, and those from before, let go.
    std::ranges::sort(held);
    for (std::size_t i = 1; i < held.size(); ++i) {
        if (held[i] == held[i - 1]) release_user(user_id(held[i]));
    }
    for (const auto each : before) release_user(user_id(each));
}

void shard_cache::member_remove(cached_guild& guild, user_id who) {
    if (erase<cached_member>(guild, who.value())) release_user(who);
    erase<cached_voice_state>(guild, who.value());
    erase<cached_presence>(guild, who.value());
}

void shard_cache::member_chunk(cached_guild& guild, const json_value& object) {
    for (const auto& [key, value] : object.fields()) {
        if (key == "members" && keeps(cache_kind::members)) {
            for (const auto& each : value.elements()) {
                reading_.begin(&guild.role_ids_);
                member(guild, each, each["user"], joining::listed);
            }
        } else if (key == "presences" && keeps(cache_kind::presences)) {
            for (const auto& each : value.elements()) presence(guild, each);
        }
    }
}

void shard_cache::voice_state(cached_guild& guild, const json_value& object) {
    const auto who = object["user_id"].id<user_id>();
    const auto about = object["member"];
    if (!who) return refresh_user(about["user"]);
    if (object["channel_id"].id<channel_id>()) {
        if (about) {
            member(guild, about, about["user"], joining::in_voice);
            reading_.begin(&guild.role_ids_);
        }
        return upsert<cached_voice_state>(guild, object, true);
    }
    erase<cached_voice_state>(guild, who.value());
    const auto known = guild.member(who);
    if (known && known->only_in_voice) {
        erase<cached_member>(guild, who.value());
        release_user(who);
        return refresh_user(about["user"]);
    }
    if (about) member(guild, about, about["user"], joining::updated);
}

void shard_cache::presence(cached_guild& guild, const json_value& object) {
    const auto who = object["user"]["id"].unsigned_integer().value_or(0);
    if (who == 0) return;
    cached_presence value;
    read_json(value, object, reading_, settings_.detail);
    value.user_id = user_id(who);
    const auto& table = guild_access::table(guild, detail::cache_table::presences);
    if (value.overall == cached_presence::status::offline) {
        erase<cached_presence>(guild, who);
    } else if (table.size() < settings_.most_members_per_guild || table.find(who).data() != nullptr) {
        store(guild, value);
    }
}

void shard_cache::presence_list(cached_guild& guild, const json_value& array) {
    list_.clear();
    list_bytes_.clear();
    for (const auto& each : array.elements()) {
        if (list_.size() == most_listed) break;
        reading_.begin(nullptr);
        const auto who = each["user"]["id"].unsigned_integer().value_or(0);
        cached_presence value;
        read_json(value, each, reading_, settings_.detail);
        if (who == 0 || value.overall == cached_presence::status::offline) continue;
        const auto at = list_bytes_.size();
        write_record(list_bytes_, value, tables_.texts);
        list_.push_back({who, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(list_bytes_.size() - at)});
    }
    assign_list<cached_presence>(guild);
}

}  // namespace shoal::cache
