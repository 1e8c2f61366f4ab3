#pragma once
// How shard_cache changes one record or one list of any kind. Not here: which event does it.

#include <algorithm>
#include <utility>

#include "cache/guild_access.hpp"
#include "cache/record.hpp"
#include "cache/shard_cache.hpp"

namespace shoal::cache {

template <class T>
void shard_cache::store(detail::packed_table& table, const T& value) {
    const auto key = key_value(value.*layout<T>::key);
    record_.clear();
    write_record(record_, value, tables_.texts);
    if constexpr (has_shared_text<T>) {
        // Only now: the new record may hold the same text, and `value` may lie in the old one.
        if (const auto old = table.find(key); old.data() != nullptr) release_record<T>(old, tables_.texts);
    }
    table.put(key, record_);
}

template <class T>
void shard_cache::store(cached_guild& guild, const T& value) {
    store(guild_access::table(guild, table_of<T>), value);
}

template <class T>
bool shard_cache::erase(cached_guild& guild, std::uint64_t key) {
    auto& table = guild_access::table(guild, table_of<T>);
    if constexpr (has_shared_text<T>) {
        if (const auto old = table.find(key); old.data() != nullptr) release_record<T>(old, tables_.texts);
    }
    return table.erase(key);
}

/// `fresh`: the object is the whole thing. Else it changes what it names and leaves the rest.
template <class T>
void shard_cache::upsert(cached_guild& guild, const json_value& object, bool fresh) {
    const auto key = object[layout<T>::key_name].unsigned_integer().value_or(0);
    if (key == 0) return;
    const auto known = fresh ? std::string_view() : guild_access::table(guild, table_of<T>).find(key);
    auto value = known.data() != nullptr ? read_record<T>(key, known, guild_access::home(guild)) : T{};
    read_json(value, object, reading_, settings_.detail);
    value.*layout<T>::key = std::remove_cvref_t<decltype(value.*layout<T>::key)>(key);
    store(guild, value);
}

/// Replaces a guild's list by what an array holds. Of two with one id, which Discord does not send, the last stands.
template <class T, class Keep>
void shard_cache::replace_list(cached_guild& guild, const json_value& array, Keep keep) {
    list_.clear();
    list_bytes_.clear();
    for (const auto& each : array.elements()) {
        if (list_.size() == most_listed) break;
        reading_.begin(&guild_access::role_ids(guild));
        T value{};
        std::uint64_t key = 0;
        for (const auto& [name, part] : each.fields()) {
            if (key == 0 && name == layout<T>::key_name) key = part.unsigned_integer().value_or(0);
            read_json_field(value, name, part, reading_, settings_.detail);
        }
        if (key == 0 || !keep(value, each)) continue;
        const auto at = list_bytes_.size();
        write_record(list_bytes_, value, tables_.texts);
        list_.push_back({key, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(list_bytes_.size() - at)});
    }
    assign_list<T>(guild);
}

template <class T>
void shard_cache::assign_list(cached_guild& guild) {
    std::ranges::sort(list_, {}, [](const listed& each) { return std::pair(each.key, each.at); });
    entries_.clear();
    for (std::size_t i = 0; i < list_.size(); ++i) {
        const auto record = std::string_view(list_bytes_).substr(list_[i].at, list_[i].size);
        if (i + 1 < list_.size() && list_[i + 1].key == list_[i].key) {
            release_record<T>(record, tables_.texts);
        } else {
            entries_.push_back({list_[i].key, record});
        }
    }
    auto& table = guild_access::table(guild, table_of<T>);
    if constexpr (has_shared_text<T>) {
        for (const auto& old : table) release_record<T>(old.record, tables_.texts);
    }
    table.assign(entries_);
}

template <class T>
void shard_cache::erase_where(cached_guild& guild, bool (*goes)(const T&, const void*), const void* with) {
    keys_.clear();
    for (const auto& each : guild_access::table(guild, table_of<T>)) {
        if (goes(read_record<T>(each.key, each.record, guild_access::home(guild)), with)) keys_.push_back(each.key);
    }
    for (const auto each : keys_) erase<T>(guild, each);
}

}  // namespace shoal::cache
