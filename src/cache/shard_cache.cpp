#include "cache/shard_cache.hpp"

#include <algorithm>

#include "cache/table_edit.hpp"

namespace shoal::cache {

using discord::event_kind;

namespace {

bool is_thread(std::uint32_t type) noexcept { return type >= 10 && type <= 12; }

}  // namespace

shard_cache::shard_cache(cache_settings settings) : settings_(settings) {
    constexpr std::size_t usual_list = 128;
    keys_.reserve(usual_list);
    role_ids_before_.reserve(usual_list);
}
shard_cache::~shard_cache() = default;

void guild_access::forget_everything(shard_cache& cache) {
    for (auto& each : cache.guilds_) cache.release_contents(*each);
    cache.guilds_.clear();
    cache.partial_ = 0;
    cache.tables_.users.clear();
    cache.tables_.self = {};
    cache.lost_past_ = false;
    cache.guesses_guilds_ = false;
}

void shard_cache::start_session(std::string_view ready_json) {
    loading_ = false;
    guild_access::forget_everything(*this);
    if (!settings_.on) return;
    reading_.begin(nullptr);
    const json_value ready(ready_json);
    json_value self;
    for (const auto& [key, value] : ready.fields()) {
        if (key == "user") {
            self = value;  // Held below: of two, which Discord does not send, only the last is held.
        } else if (key == "guilds") {
            for (const auto& each : value.elements()) {
                if (guilds_.size() == most_listed) break;
                if (const auto id = each["id"].id<guild_id>()) {
                    guilds_.push_back(std::unique_ptr<cached_guild>(new cached_guild(id, tables_)));
                }
            }
        }
    }
    tables_.self = self["id"].id<user_id>();
    if (tables_.self) hold_user(tables_.self, self, 1);
    const auto id_of = [](const auto& each) { return each->id(); };
    std::ranges::sort(guilds_, {}, id_of);
    const auto doubled = std::ranges::unique(guilds_, {}, id_of);
    guilds_.erase(doubled.begin(), doubled.end());
    guilds_.shrink_to_fit();
    partial_ = static_cast<std::uint32_t>(guilds_.size());
}

bool shard_cache::listens_to(event_kind kind) const noexcept {
    using enum event_kind;
    if (!settings_.on) return false;
    switch (kind) {
        case guild_create:
        case guild_update:
        case guild_delete:
        case guild_member_add:
        case guild_member_update:
        case guild_member_remove:
        case user_update: return true;
        case channel_create:
        case channel_update:
        case channel_delete: return keeps(cache_kind::channels) || keeps(cache_kind::threads);
        case channel_pins_update:
        case channel_info:
        case voice_channel_status_update: return keeps(cache_kind::channels) && settings_.detail == cache_detail::all;
        case guild_role_create:
        case guild_role_update:
        case guild_role_delete: return true;
        case thread_create:
        case thread_update:
        case thread_delete:
        case thread_list_sync:
        case thread_member_update:
        case thread_members_update: return keeps(cache_kind::threads);
        case guild_emojis_update: return keeps(cache_kind::emojis);
        case guild_stickers_update: return keeps(cache_kind::stickers);
        case guild_members_chunk: return keeps(cache_kind::members) || keeps(cache_kind::presences);
        case voice_state_update: return keeps(cache_kind::voice_states);
        case presence_update: return keeps(cache_kind::presences);
        case stage_instance_create:
        case stage_instance_update:
        case stage_instance_delete: return keeps(cache_kind::stages);
        case guild_scheduled_event_create:
        case guild_scheduled_event_update:
        case guild_scheduled_event_delete:
        case guild_scheduled_event_user_add:
        case guild_scheduled_event_user_remove: return keeps(cache_kind::scheduled_events);
        case guild_soundboard_sound_create:
        case guild_soundboard_sound_update:
        case guild_soundboard_sound_delete:
        case guild_soundboard_sounds_update:
        case soundboard_sounds: return keeps(cache_kind::sounds);
        case message_create:
        case interaction_create:
        case typing_start:
        case message_reaction_add: return keeps(cache_kind::members) && keeps(cache_kind::seen_members);
        default: return false;
    }
}

void shard_cache::apply(event_kind kind, std::string_view json, std::uint64_t seq) {
    // A walk over fields that are known gets further in broken text than another. Events come with theirs known; so whoever
    // applies them again, from a log, has to know them too.
    discord::json_outline outline;
    static_cast<void>(outline.take(json_value(json)));
    apply(kind, json_value(json, outline.known()), seq);
}

void shard_cache::apply(event_kind kind, const json_value& object, std::uint64_t seq) {
    if (guesses_guilds()) [[unlikely]]
        notice_guild(kind, object);
    if (!listens_to(kind)) return;
    take(kind, object, seq);
    // What a giant guild needed on its way in is given back.
    constexpr std::size_t usual = 64 * 1024;
    reading_.shrink();
    const auto most = std::max({list_bytes_.capacity(), list_.capacity() * sizeof(listed),
                                keys_.capacity() * sizeof(std::uint64_t), role_ids_before_.capacity() * sizeof(std::uint64_t)});
    if (most <= usual) return;
    list_ = {};
    list_bytes_ = {};
    entries_ = {};
    keys_ = {};
    role_ids_before_ = {};
}

void shard_cache::take(event_kind kind, const json_value& object, std::uint64_t seq) {
    reading_.begin(nullptr);
    // Users first and in any case: what an event says of a known user holds whatever became of the guild. So the log of a
    // snapshot brings users to the same end from wherever it starts.
    if (kind == event_kind::user_update) return refresh_user(object);
    const bool of_guild_itself =
        kind == event_kind::guild_create || kind == event_kind::guild_update || kind == event_kind::guild_delete;
    const auto id = object[of_guild_itself ? "id" : "guild_id"].id<guild_id>();
    auto* guild = find(id);
    if (guild == nullptr && kind == event_kind::guild_create && id) guild = &find_or_add(id);
    if (guild == nullptr || (seq != 0 && seq <= guild->seq_)) return refresh_users(kind, object);
    if (seq != 0) guild->seq_ = seq;
    if (kind == event_kind::guild_delete) {
        if (!object["unavailable"].value_or(false)) return remove(id);
        guild->available_ = false;
        return;
    }
    // A sweep writes every member anew, so where there are many it waits until it is worth that.
    const auto worth = std::max<std::size_t>(guild->sweep_at_, guild->members().size() / 16);
    if (guild->role_ids_.size() >= std::min(worth, json_reading::most_slots)) sweep_role_ids(*guild);
    reading_.begin(&guild->role_ids_);
    apply_to(*guild, kind, object);
}

void shard_cache::apply_to(cached_guild& guild, event_kind kind, const json_value& object) {
    using enum event_kind;
    switch (kind) {
        case guild_create: return this->guild_create(guild, object);
        case guild_update: return this->guild_update(guild, object);
        case channel_create:
        case channel_update:
            // Threads have events of their own.
            if (!keeps(cache_kind::channels) || is_thread(object["type"].value_or<std::uint32_t>(0))) return;
            return upsert<cached_channel>(guild, object, kind == channel_create);
        case channel_delete: return this->channel_delete(guild, object);
        case channel_pins_update: return channel_fields(guild, object["channel_id"].id<channel_id>(), object);
        case voice_channel_status_update: return channel_fields(guild, object["id"].id<channel_id>(), object);
        case channel_info:
            for (const auto& each : object["channels"].elements()) channel_fields(guild, each["id"].id<channel_id>(), each);
            return;
        case guild_role_create:
        case guild_role_update:
            if (keeps(cache_kind::roles)) upsert<cached_role>(guild, object["role"], kind == guild_role_create);
            return;
        case guild_role_delete: return role_delete(guild, object["role_id"].id<role_id>());
        case thread_create:
        case thread_update: return thread_upsert(guild, object);
        case thread_delete: erase<cached_thread>(guild, object["id"].unsigned_integer().value_or(0)); return;
        case thread_list_sync: return this->thread_list_sync(guild, object);
        case thread_member_update: return threads_joined(guild, object["id"].id<channel_id>(), true);
        case thread_members_update: return thread_members(guild, object);
        case guild_emojis_update:
            return replace_list<cached_emoji>(guild, object["emojis"], [](const auto&, const auto&) { return true; });
        case guild_stickers_update:
            return replace_list<cached_sticker>(guild, object["stickers"], [](const auto&, const auto&) { return true; });
        case guild_member_add: {
            // Adds may repeat [3.2]: where the member is kept, the second is seen as such; else the count is near the truth.
            const bool known = guild.member(object["user"]["id"].id<user_id>()).has_value();
            const bool whole = guild.members().size() >= guild.member_count_;
            if (!known) ++guild.member_count_;
            // Whoever joins is kept where everybody is: half a list would only grow for ever.
            return member(guild, object, object["user"],
                          whole || keeps(cache_kind::seen_members) ? joining::listed : joining::added);
        }
        case guild_member_update: return member(guild, object, object["user"], joining::updated);
        case guild_member_remove:
            if (guild.member_count_ > 0) --guild.member_count_;
            return member_remove(guild, object["user"]["id"].id<user_id>());
        case guild_members_chunk: return member_chunk(guild, object);
        case voice_state_update: return voice_state(guild, object);
        case presence_update: return presence(guild, object);
        case stage_instance_create:
        case stage_instance_update: return upsert<cached_stage>(guild, object, kind == stage_instance_create);
        case stage_instance_delete: erase<cached_stage>(guild, object["id"].unsigned_integer().value_or(0)); return;
        case guild_scheduled_event_create:
        case guild_scheduled_event_update:
            return upsert<cached_scheduled_event>(guild, object, kind == guild_scheduled_event_create);
        case guild_scheduled_event_delete:
            erase<cached_scheduled_event>(guild, object["id"].unsigned_integer().value_or(0));
            return;
        case guild_scheduled_event_user_add: return scheduled_users(guild, object, +1);
        case guild_scheduled_event_user_remove: return scheduled_users(guild, object, -1);
        case guild_soundboard_sound_create:
        case guild_soundboard_sound_update: return upsert<cached_sound>(guild, object, kind == guild_soundboard_sound_create);
        case guild_soundboard_sound_delete: erase<cached_sound>(guild, object["sound_id"].unsigned_integer().value_or(0)); return;
        case guild_soundboard_sounds_update:
        case soundboard_sounds:
            return replace_list<cached_sound>(guild, object["soundboard_sounds"], [](const auto&, const auto&) { return true; });
        case message_create:
            // A webhook's author is no user [6.8.1], and their messages have no member.
            if (object["webhook_id"]) return;
            if (const auto said_by = object["member"]) member(guild, said_by, object["author"], joining::seen);
            return;
        case interaction_create:
        case typing_start:
        case message_reaction_add: {
            const auto who = object["member"];
            return member(guild, who, who["user"], joining::seen);
        }
        default: return;
    }
}

const cached_guild* shard_cache::guild(guild_id which) const noexcept { return const_cast<shard_cache*>(this)->find(which); }

cached_guild* shard_cache::find(guild_id which) noexcept {
    const auto at = std::ranges::lower_bound(guilds_, which, {}, [](const auto& each) { return each->id(); });
    return at != guilds_.end() && (*at)->id() == which ? at->get() : nullptr;
}

cached_guild& shard_cache::find_or_add(guild_id which) {
    const auto at = std::ranges::lower_bound(guilds_, which, {}, [](const auto& each) { return each->id(); });
    if (at != guilds_.end() && (*at)->id() == which) return **at;
    count_partial(+1);
    return **guilds_.insert(at, std::unique_ptr<cached_guild>(new cached_guild(which, tables_)));
}

void shard_cache::know(cached_guild& guild, guild_knowledge now) noexcept {
    count_partial((now == guild_knowledge::partial ? 1 : 0) - (guild.complete() ? 0 : 1));
    guild.knowledge_ = now;
}

void shard_cache::remove(guild_id which) {
    const auto at = std::ranges::lower_bound(guilds_, which, {}, [](const auto& each) { return each->id(); });
    if (at == guilds_.end() || (*at)->id() != which) return;
    release_contents(**at);
    know(**at, guild_knowledge::whole);  // It is not counted any more.
    guilds_.erase(at);
}

void shard_cache::release_contents(cached_guild& guild) noexcept {
    for_each_table([&]<class T>() {
        auto& table = guild_access::table(guild, table_of<T>);
        for (const auto& each : table) {
            release_record<T>(each.record, tables_.texts);
            // A replica counts who holds whom when its round is whole.
            if constexpr (std::is_same_v<T, cached_member>) {
                if (!loading_) release_user(user_id(each.key));
            }
        }
        table.clear();
    });
    guild.role_ids_ = {};
    guild.member_count_ = 0;
}

void shard_cache::guild_create(cached_guild& guild, const json_value& object) {
    // In an outage CREATE itself may be {id, unavailable: true} [2.6.2]: what was known stays.
    if (object["unavailable"].value_or(false)) {
        guild.available_ = false;
        return refresh_users(event_kind::guild_create, object);
    }
    guild.available_ = true;
    know(guild, guild_knowledge::whole);
    const bool is_new = guild.role_ids_.empty();
    const auto any = [](const auto&, const auto&) { return true; };
    json_value members;
    json_value voice_states;
    json_value presences;
    std::uint32_t member_count = 0;
    {
        // First, since lists give reading_'s room away between their items.
        cached_guild_fields own;
        for (const auto& [key, value] : object.fields()) {
            if (key == "member_count") {
                read_value(member_count, value, reading_, 0);
            } else {
                read_json_field(own, key, value, reading_, settings_.detail);
            }
        }
        own.id = guild.id();
        store(guild, own);
    }
    guild.member_count_ = member_count;
    for (const auto& [key, value] : object.fields()) {
        if (key == "channels" && keeps(cache_kind::channels)) {
            replace_list<cached_channel>(guild, value, [](const auto& each, const auto&) { return !is_thread(each.type); });
        } else if (key == "roles" && keeps(cache_kind::roles)) {
            replace_list<cached_role>(guild, value, any);
        } else if (key == "threads" && keeps(cache_kind::threads)) {
            thread_list(guild, value);
        } else if (key == "emojis" && keeps(cache_kind::emojis)) {
            replace_list<cached_emoji>(guild, value, any);
        } else if (key == "stickers" && keeps(cache_kind::stickers)) {
            replace_list<cached_sticker>(guild, value, any);
        } else if (key == "voice_states") {
            voice_states = value;
            if (keeps(cache_kind::voice_states)) {
                replace_list<cached_voice_state>(guild, value,
                                                 [](const auto& each, const auto&) { return bool(each.channel_id); });
            }
        } else if (key == "members") {
            members = value;
        } else if (key == "presences") {
            presences = value;
        } else if (key == "stage_instances" && keeps(cache_kind::stages)) {
            replace_list<cached_stage>(guild, value, any);
        } else if (key == "guild_scheduled_events" && keeps(cache_kind::scheduled_events)) {
            replace_list<cached_scheduled_event>(guild, value, any);
        } else if (key == "soundboard_sounds" && keeps(cache_kind::sounds)) {
            replace_list<cached_sound>(guild, value, any);
        }
    }
    if (members) member_list(guild, members, voice_states);
    if (presences && keeps(cache_kind::presences)) presence_list(guild, presences);
    // Of a guild that came for the first time every place is in use.
    if (is_new) sweep_later(guild);
}

void shard_cache::guild_update(cached_guild& guild, const json_value& object) {
    const auto any = [](const auto&, const auto&) { return true; };
    cached_guild_fields own = guild.fields();
    own.id = guild.id();
    for (const auto& [key, value] : object.fields()) read_json_field(own, key, value, reading_, settings_.detail);
    own.id = guild.id();
    store(guild, own);
    for (const auto& [key, value] : object.fields()) {
        if (key == "roles" && keeps(cache_kind::roles)) {
            replace_list<cached_role>(guild, value, any);
        } else if (key == "emojis" && keeps(cache_kind::emojis)) {
            replace_list<cached_emoji>(guild, value, any);
        } else if (key == "stickers" && keeps(cache_kind::stickers)) {
            replace_list<cached_sticker>(guild, value, any);
        }
    }
}

}  // namespace shoal::cache
