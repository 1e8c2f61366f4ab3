#include "cache/guild_refill.hpp"

#include <utility>

namespace shoal::cache {

namespace {

/// True for what answers hold: the rest of a guild comes by events alone.
bool is_in_answers(discord::event_kind kind, const discord::json_value& object, user_id self) noexcept {
    using enum discord::event_kind;
    switch (kind) {
        case guild_update:
        case guild_delete:
        case channel_create:
        case channel_update:
        case channel_delete:
        case channel_pins_update:
        case channel_info:
        case voice_channel_status_update:
        case guild_role_create:
        case guild_role_update:
        case guild_role_delete:
        case thread_create:
        case thread_update:
        case thread_delete:
        case thread_list_sync:
        case thread_member_update:
        case thread_members_update:
        case guild_emojis_update:
        case guild_stickers_update: return true;
        case guild_member_update: return object["user"]["id"].id<user_id>() == self;
        default: return false;
    }
}

}  // namespace

void guild_refill::event(const shard_cache& cache, discord::event_kind kind, const discord::json_value& object,
                         std::string_view json) {
    if (!is_in_answers(kind, object, cache.self())) return;
    using enum discord::event_kind;
    const bool of_guild_itself = kind == guild_update || kind == guild_delete;
    const auto found = asked_.find(object[of_guild_itself ? "id" : "guild_id"].id<guild_id>());
    if (found == asked_.end() || found->second.too_long) return;
    auto& log = found->second;
    if (kind == guild_delete && !object["unavailable"].value_or(false)) log.left = true;
    log.bytes += json.size();
    log.too_long = log.bytes > most_log_bytes;
    if (log.too_long) return log.events.clear();
    log.events.push_back({kind, std::string(json)});
}

bool guild_refill::finish(shard_cache& cache, guild_id which, const guild_answers& answers) {
    auto found = asked_.extract(which);
    if (found.empty() || found.mapped().too_long) return false;
    if (found.mapped().left) return true;
    cache.take_answers(which, answers);
    for (const auto& each : found.mapped().events) cache.apply(each.kind, each.json);
    return true;
}

}  // namespace shoal::cache
