// Channels, threads, roles and what else a guild has, as events change them.

#include <algorithm>

#include "cache/table_edit.hpp"

namespace shoal::cache {

void shard_cache::channel_delete(cached_guild& guild, const json_value& object) {
    const auto which = object["id"].id<channel_id>();
    if (!which) return;
    erase<cached_channel>(guild, which.value());
    // Its threads go with it; no event tells of them.
    erase_where<cached_thread>(
        guild,
        [](const cached_thread& each, const void* with) { return each.parent_id == *static_cast<const channel_id*>(with); },
        &which);
}

void shard_cache::channel_fields(cached_guild& guild, channel_id which, const json_value& object) {
    const auto known = guild.channel(which);
    if (!known) return;
    auto value = *known;
    read_json(value, object, reading_, settings_.detail);
    value.id = which;
    store(guild, value);
}

void shard_cache::role_delete(cached_guild& guild, role_id which) {
    if (!which) return;
    erase<cached_role>(guild, which.value());
    // Members and overwrites that name it by its place do so no more.
    std::ranges::replace(guild.role_ids_, which.value(), std::uint64_t{0});
}

void shard_cache::thread_upsert(cached_guild& guild, const json_value& object) {
    if (object["thread_metadata"]["archived"].value_or(false)) {
        erase<cached_thread>(guild, object["id"].unsigned_integer().value_or(0));
    } else {
        upsert<cached_thread>(guild, object, false);
    }
}

void shard_cache::thread_list(cached_guild& guild, const json_value& array) {
    replace_list<cached_thread>(guild, array, [](const cached_thread&, const json_value& each) {
        return !each["thread_metadata"]["archived"].value_or(false);
    });
}

void shard_cache::thread_list_sync(cached_guild& guild, const json_value& object) {
    if (const auto parents = object["channel_ids"]; parents.is(discord::json_kind::array)) {
        std::vector<channel_id> ids;
        for (const auto& each : parents.elements()) ids.push_back(each.id<channel_id>());
        std::ranges::sort(ids);
        erase_where<cached_thread>(
            guild,
            [](const cached_thread& each, const void* with) {
                return std::ranges::binary_search(*static_cast<const std::vector<channel_id>*>(with), each.parent_id);
            },
            &ids);
    } else {
        guild_access::table(guild, detail::cache_table::threads).clear();
    }
    for (const auto& each : object["threads"].elements()) {
        reading_.begin(&guild.role_ids_);
        if (!each["thread_metadata"]["archived"].value_or(false)) upsert<cached_thread>(guild, each, true);
    }
    // Those of the threads that the bot is in.
    for (const auto& each : object["members"].elements()) threads_joined(guild, each["id"].id<channel_id>(), true);
}

void shard_cache::thread_members(cached_guild& guild, const json_value& object) {
    const auto which = object["id"].id<channel_id>();
    const auto known = guild.thread(which);
    if (!known) return;
    auto value = *known;
    for (const auto& [key, part] : object.fields()) {
        if (key == "member_count") {
            read_value(value.member_count, part, reading_, 0);
        } else if (key == "added_members") {
            for (const auto& each : part.elements()) value.joined = value.joined || each["user_id"].id<user_id>() == self();
        } else if (key == "removed_member_ids") {
            for (const auto& each : part.elements()) value.joined = value.joined && each.id<user_id>() != self();
        }
    }
    store(guild, value);
}

void shard_cache::threads_joined(cached_guild& guild, channel_id thread, bool joined) {
    const auto known = guild.thread(thread);
    if (!known) return;
    auto value = *known;
    value.joined = joined;
    store(guild, value);
}

void shard_cache::scheduled_users(cached_guild& guild, const json_value& object, std::int32_t change) {
    auto known = guild.scheduled_event(object["guild_scheduled_event_id"].unsigned_integer().value_or(0));
    if (!known || (change < 0 && known->user_count == 0)) return;
    known->user_count += static_cast<std::uint32_t>(change);
    store(guild, *known);
}

/// The next sweep is due when twice as many roles have places as now.
void shard_cache::sweep_later(cached_guild& guild) {
    guild.sweep_at_ =
        static_cast<std::uint16_t>(std::clamp<std::size_t>(2 * guild.role_ids_.size(), 64, json_reading::most_slots));
}

/// Gives up the places of roles that were deleted, or that only somebody who is gone named: writes each record that names roles
/// anew, over a list made anew.
void shard_cache::sweep_role_ids(cached_guild& guild) {
    // What is needed on the way stays for the next sweep: they come for as long as roles come and go.
    role_ids_before_.assign(guild.role_ids_.begin(), guild.role_ids_.end());
    guild.role_ids_.clear();
    const record_home old_home{&tables_.texts, &role_ids_before_};
    reading_.begin(&guild.role_ids_);
    const auto& roles_now = guild_access::table(guild, detail::cache_table::roles);
    guild.role_ids_.reserve(roles_now.size());
    for (const auto& each : roles_now) (void)reading_.slot_of(each.key);
    const auto renumber = [&]<class T>(auto change) {
        keys_.clear();
        for (const auto& each : guild_access::table(guild, table_of<T>)) keys_.push_back(each.key);
        for (const auto key : keys_) {
            reading_.begin(&guild.role_ids_);
            auto value = read_record<T>(key, guild_access::table(guild, table_of<T>).find(key), old_home);
            change(value);
            store(guild, value);
        }
    };
    const auto roles = [this](cached_roles& list) {
        reading_.slots.clear();
        for (const auto each : list) reading_.slots.push_back(reading_.slot_of(each.value()));
        std::ranges::sort(reading_.slots);
        const auto kept = reading_.keep({reinterpret_cast<const char*>(reading_.slots.data()), 2 * reading_.slots.size()});
        list = {kept.data(), static_cast<std::uint32_t>(reading_.slots.size()), reading_.role_ids()};
    };
    renumber.template operator()<cached_member>([&](cached_member& each) { roles(each.roles); });
    renumber.template operator()<cached_emoji>([&](cached_emoji& each) { roles(each.roles); });
    renumber.template operator()<cached_channel>([&](cached_channel& each) {
        auto& out = reading_.bytes;
        out.clear();
        for (const auto& one : each.overwrites) {
            append_raw(out, one.is_member ? json_reading::no_slot : reading_.slot_of(one.id));
            if (one.is_member) append_raw(out, one.id);
            append_number(out, one.allow);
            append_number(out, one.deny);
        }
        each.overwrites = {reading_.keep(out), reading_.role_ids()};
    });
    sweep_later(guild);
}

}  // namespace shoal::cache
