#include "tests/cache/twin.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <cmath>
#include <ctime>
#include <optional>

namespace shoal::test {
namespace json = boost::json;
namespace {

// ---- reading, the plain way ----------------------------------------------------------------------------------------------

const json::value* at(const json::value* in, std::string_view key) {
    const auto* object = in == nullptr ? nullptr : in->if_object();
    return object == nullptr ? nullptr : object->if_contains(json::string_view(key.data(), key.size()));
}
const json::value* at(const json::object& in, std::string_view key) {
    return in.if_contains(json::string_view(key.data(), key.size()));
}
bool there(const json::value* v) { return v != nullptr && !v->is_null(); }

std::optional<std::uint64_t> unsigned_of(const json::value* v) {
    if (v == nullptr) return std::nullopt;
    if (v->is_uint64()) return v->get_uint64();
    if (v->is_int64()) return v->get_int64() < 0 ? std::nullopt : std::optional<std::uint64_t>(v->get_int64());
    if (const auto* s = v->if_string()) {
        std::uint64_t out = 0;
        const auto [end, ec] = std::from_chars(s->data(), s->data() + s->size(), out);
        if (ec == std::errc{} && !s->empty() && end == s->data() + s->size()) return out;
    }
    return std::nullopt;
}
std::uint64_t id_of(const json::value* v) { return unsigned_of(v).value_or(0); }
std::int64_t signed_of(const json::value* v) {
    if (v == nullptr) return 0;
    if (v->is_int64()) return v->get_int64();
    if (v->is_uint64()) return 0;  // Beyond 63 bits.
    if (const auto* s = v->if_string()) {
        std::int64_t out = 0;
        const auto [end, ec] = std::from_chars(s->data(), s->data() + s->size(), out);
        if (ec == std::errc{} && end == s->data() + s->size()) return out;
    }
    return 0;
}
bool flag_of(const json::value* v) { return v != nullptr && v->is_bool() && v->get_bool(); }
std::string text_of(const json::value* v) {
    if (v == nullptr) return {};
    if (const auto* s = v->if_string()) return std::string(*s);
    if (v->is_int64()) return std::to_string(v->get_int64());
    if (v->is_uint64()) return std::to_string(v->get_uint64());
    return {};
}
std::int64_t time_of(const std::string& text) {
    std::tm tm{};
    int n = 0;
    if (std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
                    &tm.tm_sec, &n) != 6) {
        return 0;
    }
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    std::int64_t out = timegm(&tm);
    const auto zone = text.find_first_of("+-", static_cast<std::size_t>(n));
    int hours = 0;
    int minutes = 0;
    if (zone != std::string::npos && std::sscanf(text.c_str() + zone + 1, "%2d:%2d", &hours, &minutes) == 2) {
        out -= (text[zone] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
    }
    return out;
}

// ---- what is kept: t text, h hash, u 32 bits, i signed 32 bits, l 64 bits and ids, b bool, s time, T list of texts, I list of
// ids, ! inverted bool, ? presence, r roles, o overwrites, v volume, U id of the user inside ----
struct row {
    std::string_view key;
    char type;
    int detail;
    std::string_view as = {};
};
using table = std::vector<row>;

const table guild_rows = {{"name", 't', 0},
                          {"owner_id", 'l', 0},
                          {"joined_at", 's', 1},
                          {"icon", 'h', 1},
                          {"preferred_locale", 't', 1},
                          {"verification_level", 'u', 1},
                          {"system_channel_id", 'l', 1},
                          {"afk_timeout", 'u', 1},
                          {"afk_channel_id", 'l', 1},
                          {"rules_channel_id", 'l', 1},
                          {"public_updates_channel_id", 'l', 1},
                          {"default_message_notifications", 'u', 1},
                          {"explicit_content_filter", 'u', 1},
                          {"mfa_level", 'u', 1},
                          {"nsfw_level", 'u', 1},
                          {"premium_tier", 'u', 1},
                          {"premium_subscription_count", 'u', 1},
                          {"vanity_url_code", 't', 1},
                          {"large", 'b', 1},
                          {"banner", 'h', 2},
                          {"splash", 'h', 2},
                          {"discovery_splash", 'h', 2},
                          {"description", 't', 2},
                          {"features", 'T', 2},
                          {"safety_alerts_channel_id", 'l', 2},
                          {"system_channel_flags", 'u', 2},
                          {"max_members", 'u', 2}};
const table channel_rows = {{"name", 't', 0},
                            {"type", 'u', 0},
                            {"position", 'i', 0},
                            {"parent_id", 'l', 0},
                            {"permission_overwrites", 'o', 0},
                            {"nsfw", 'b', 0},
                            {"rate_limit_per_user", 'u', 1},
                            {"user_limit", 'u', 1},
                            {"bitrate", 'u', 1},
                            {"flags", 'l', 1},
                            {"topic", 't', 2},
                            {"status", 't', 2},
                            {"rtc_region", 't', 2},
                            {"video_quality_mode", 'u', 2},
                            {"default_auto_archive_duration", 'u', 2},
                            {"default_thread_rate_limit_per_user", 'u', 2},
                            {"last_pin_timestamp", 's', 2}};
const table thread_rows = {{"name", 't', 0},
                           {"type", 'u', 0},
                           {"parent_id", 'l', 0},
                           {"owner_id", 'l', 0},
                           {"auto_archive_duration", 'u', 0},
                           {"locked", 'b', 0},
                           {"member", '?', 0},
                           {"member_count", 'u', 0},
                           {"message_count", 'u', 0},
                           {"rate_limit_per_user", 'u', 0},
                           {"flags", 'l', 0},
                           {"invitable", 'b', 0},
                           {"applied_tags", 'I', 2},
                           {"total_message_sent", 'u', 2},
                           {"archive_timestamp", 's', 2},
                           {"create_timestamp", 's', 2}};
const table role_rows = {{"name", 't', 0},        {"permissions", 'l', 0},     {"position", 'i', 0},
                         {"color", 'u', 0},       {"hoist", 'b', 0},           {"managed", 'b', 0},
                         {"mentionable", 'b', 0}, {"secondary_color", 'u', 2}, {"tertiary_color", 'u', 2},
                         {"icon", 'h', 2},        {"unicode_emoji", 't', 2},   {"flags", 'u', 2},
                         {"bot_id", 'l', 2},      {"integration_id", 'l', 2},  {"premium_subscriber", '1', 2}};
const table emoji_rows = {{"name", 't', 0},      {"animated", 'b', 0}, {"managed", 'b', 0},
                          {"available", '!', 0}, {"roles", 'r', 0},    {"user", 'U', 2}};
const table sticker_rows = {{"name", 't', 0},        {"format_type", 'u', 0}, {"available", '!', 0},
                            {"description", 't', 2}, {"tags", 't', 2},        {"user", 'U', 2}};
const table voice_rows = {{"channel_id", 'l', 0}, {"session_id", 'h', 0},
                          {"self_deaf", 'b', 0},  {"self_mute", 'b', 0},
                          {"deaf", 'b', 0},       {"mute", 'b', 0},
                          {"suppress", 'b', 0},   {"self_stream", 'b', 0},
                          {"self_video", 'b', 0}, {"request_to_speak_timestamp", 's', 0}};
const table user_rows = {{"username", 't', 0},     {"avatar", 'h', 0},        {"global_name", 't', 0},
                         {"public_flags", 'l', 0}, {"discriminator", 'u', 0}, {"bot", 'b', 0},
                         {"system", 'b', 2},       {"banner", 'h', 2},        {"accent_color", 'u', 2}};
const table member_rows = {{"joined_at", 's', 0},     {"roles", 'r', 0},   {"nick", 't', 0},
                           {"premium_since", 's', 0}, {"flags", 'u', 0},   {"deaf", 'b', 0},
                           {"mute", 'b', 0},          {"pending", 'b', 0}, {"communication_disabled_until", 's', 0},
                           {"avatar", 'h', 0},        {"banner", 'h', 2}};
const table presence_rows = {{"status", 'p', 0}, {"desktop", 'p', 0}, {"mobile", 'p', 0}, {"web", 'p', 0}};
const table stage_rows = {
    {"channel_id", 'l', 0}, {"topic", 't', 0}, {"privacy_level", 'u', 0}, {"guild_scheduled_event_id", 'l', 0}};
const table scheduled_rows = {
    {"name", 't', 0},        {"scheduled_start_time", 's', 0}, {"scheduled_end_time", 's', 0}, {"status", 'u', 0},
    {"entity_type", 'u', 0}, {"privacy_level", 'u', 0},        {"channel_id", 'l', 0},         {"creator_id", 'l', 0},
    {"entity_id", 'l', 0},   {"user_count", 'u', 0},           {"location", 't', 0},           {"description", 't', 2},
    {"image", 'h', 2}};
const table sound_rows = {{"name", 't', 0},       {"volume", 'v', 0}, {"emoji_id", 'l', 0},
                          {"emoji_name", 't', 0}, {"user", 'U', 2},   {"available", '!', 0}};

void set(thing& into, const row& r, const json::value& v) {
    std::string out;
    const auto number = [&out](std::uint64_t n) {
        if (n != 0) out = std::to_string(n);
    };
    switch (r.type) {
        case 't':
        case 'h': out = text_of(&v); break;
        case 'u': number(std::min<std::uint64_t>(unsigned_of(&v).value_or(0), UINT32_MAX)); break;
        case 'l': number(unsigned_of(&v).value_or(0)); break;
        case 'i': {
            const auto n = std::clamp<std::int64_t>(signed_of(&v), INT32_MIN, INT32_MAX);
            if (n != 0) out = std::to_string(n);
            break;
        }
        case 'b':
            if (flag_of(&v)) out = "yes";
            break;
        case '!':
            if (v.is_bool() && !v.get_bool()) out = "yes";
            break;
        case '1': out = "yes"; break;
        case '?':
            if (!v.is_null()) out = "yes";
            break;
        case 's':
            if (const auto t = time_of(text_of(&v)); t != 0) out = std::to_string(t);
            break;
        case 'p':
            if (const auto t = text_of(&v); t == "online" || t == "idle" || t == "dnd") out = t;
            break;
        case 'U': number(id_of(at(&v, "id"))); break;
        case 'v':
            if (v.is_number())
                number(static_cast<std::uint64_t>(std::lround(std::clamp(v.to_number<double>(), 0.0, 1.0) * 1000)));
            break;
        case 'T':
        case 'I':
            if (const auto* list = v.if_array()) {
                for (const auto& each : *list) out += (r.type == 'T' ? text_of(&each) : std::to_string(id_of(&each))) + ";";
            }
            break;
        case 'r':
            into.roles.clear();
            if (const auto* list = v.if_array()) {
                for (const auto& each : *list) {
                    if (const auto id = id_of(&each)) into.roles.insert(id);
                }
            }
            return;
        case 'o':
            into.overwrites.clear();
            if (const auto* list = v.if_array()) {
                for (const auto& each : *list) {
                    if (const auto id = id_of(at(&each, "id"))) {
                        into.overwrites.emplace_back(id, id_of(at(&each, "type")) == 1, id_of(at(&each, "allow")),
                                                     id_of(at(&each, "deny")));
                    }
                }
            }
            return;
        default: std::abort();
    }
    if (out.empty()) {
        into.fields.erase(std::string(r.key));
    } else {
        into.fields[std::string(r.key)] = out;
    }
}

void read(thing& into, const json::object& from, const table& rows, int detail,
          std::initializer_list<std::string_view> inside = {}) {
    for (const auto& field : from) {
        const std::string_view key(field.key().data(), field.key().size());
        const auto found = std::ranges::find(rows, key, &row::key);
        if (found != rows.end()) {
            if (found->detail <= detail) set(into, *found, field.value());
        } else if (std::ranges::find(inside, key) != inside.end() && field.value().is_object()) {
            read(into, field.value().get_object(), rows, detail);
        }
    }
}

const json::array& list(const json::value* v) {
    static const json::array none;
    return v != nullptr && v->is_array() ? v->get_array() : none;
}
const json::object& object(const json::value* v) {
    static const json::object none;
    return v != nullptr && v->is_object() ? v->get_object() : none;
}
bool is_thread(const thing& channel) {
    const auto type = channel.fields.find("type");
    return type != channel.fields.end() && (type->second == "10" || type->second == "11" || type->second == "12");
}
bool archived(const json::value* thread) { return flag_of(at(at(thread, "thread_metadata"), "archived")); }
bool is_whole(const json::value* user) { return there(at(user, "username")); }

void replace(things& into, const json::value* array, const table& rows, int detail, std::string_view key = "id",
             std::initializer_list<std::string_view> inside = {}) {
    into.clear();
    for (const auto& each : list(array)) {
        const auto id = id_of(at(&each, key));
        if (id == 0) continue;
        into[id] = {};
        read(into[id], object(&each), rows, detail, inside);
    }
}
void upsert(things& into, const json::object& from, const table& rows, int detail, bool fresh, std::string_view key = "id",
            std::initializer_list<std::string_view> inside = {}) {
    const auto id = id_of(at(from, key));
    if (id == 0) return;
    if (fresh) into[id] = {};
    read(into[id], from, rows, detail, inside);
}

}  // namespace

void twin::start_session(std::string_view ready) {
    guilds.clear();
    users.clear();
    memberships_.clear();
    const auto whole = json::parse(json::string_view(ready.data(), ready.size()));
    self = id_of(at(at(&whole, "user"), "id"));
    write_user(self, object(at(&whole, "user")));
    for (const auto& each : list(at(&whole, "guilds"))) guilds[id_of(at(&each, "id"))];
}

bool twin::held(std::uint64_t id) const {
    const auto found = memberships_.find(id);
    return id == self || (found != memberships_.end() && !found->second.empty());
}
void twin::drop_unheld(std::uint64_t id) {
    if (held(id)) return;
    users.erase(id);
    memberships_.erase(id);
}
void twin::write_user(std::uint64_t id, const json::object& user) {
    users[id] = {};
    read(users[id], user, user_rows, settings_.detail);
}
void twin::refresh(const json::value* user) {
    const auto id = id_of(at(user, "id"));
    if (users.contains(id) && is_whole(user)) write_user(id, object(user));
}

void twin::refresh_all(std::string_view name, const json::object& d) {
    if (name == "GUILD_CREATE" || (name == "GUILD_MEMBERS_CHUNK" && settings_.rest)) {
        for (const auto& each : list(at(d, "members"))) refresh(at(&each, "user"));
    } else if (name == "GUILD_MEMBER_ADD" || name == "GUILD_MEMBER_UPDATE") {
        refresh(at(d, "user"));
    } else if (name == "VOICE_STATE_UPDATE" && settings_.rest) {
        refresh(at(at(d, "member"), "user"));
    } else if (settings_.extras && name == "MESSAGE_CREATE") {
        if (!there(at(d, "webhook_id")) && there(at(d, "member"))) refresh(at(d, "author"));
    } else if (settings_.extras && (name == "INTERACTION_CREATE" || name == "TYPING_START" || name == "MESSAGE_REACTION_ADD")) {
        refresh(at(at(d, "member"), "user"));
    }
}

/// how: l listed, a added to a list that is not whole, u updated, s seen, v in voice.
void twin::member(twin_guild& guild, const json::value* what, const json::value* user, char how) {
    const auto who = id_of(at(user, "id"));
    const auto guild_id = std::ranges::find_if(guilds, [&](const auto& each) { return &each.second == &guild; })->first;
    const bool known = guild.members.contains(who);
    const bool is_self = who != 0 && who == self;
    const bool kept = who != 0 && (settings_.rest || is_self);
    const bool room = is_self || (how != 'u' && how != 'a' && guild.members.size() < settings_.most_members);
    if (!kept || (!known && !(room && is_whole(user)))) return refresh(user);
    memberships_[who].insert(guild_id);
    if (is_whole(user)) write_user(who, object(user));
    const bool was_in_voice = known && guild.members[who].fields.contains("only_in_voice");
    if (how == 'l' || how == 'a') guild.members[who] = {};
    auto& m = guild.members[who];
    read(m, object(what), member_rows, settings_.detail);
    m.fields.erase("only_in_voice");
    if (how == 'l' || how == 'a' ? false : how == 'v' && !known ? !is_self : was_in_voice) m.fields["only_in_voice"] = "yes";
}

void twin::guild_create(const json::object& d) {
    const auto id = id_of(at(d, "id"));
    auto& guild = guilds[id];
    if (flag_of(at(d, "unavailable"))) {
        guild.available = false;
        return refresh_all("GUILD_CREATE", d);
    }
    guild.available = true;
    guild.complete = true;
    guild.own = {};
    read(guild.own, d, guild_rows, settings_.detail);
    guild.member_count = std::min<std::uint64_t>(unsigned_of(at(d, "member_count")).value_or(0), UINT32_MAX);
    const int detail = settings_.detail;
    if (at(d, "channels") != nullptr) {
        guild.channels.clear();
        for (const auto& each : list(at(d, "channels"))) {
            thing one;
            read(one, object(&each), channel_rows, detail);
            if (id_of(at(&each, "id")) != 0 && !is_thread(one)) guild.channels[id_of(at(&each, "id"))] = one;
        }
    }
    if (at(d, "roles") != nullptr) replace(guild.roles, at(d, "roles"), role_rows, detail, "id", {"colors", "tags"});
    if (settings_.rest) {
        if (at(d, "threads") != nullptr) {
            guild.threads.clear();
            for (const auto& each : list(at(d, "threads"))) {
                if (!archived(&each)) upsert(guild.threads, object(&each), thread_rows, detail, true, "id", {"thread_metadata"});
            }
        }
        if (at(d, "emojis") != nullptr) replace(guild.emojis, at(d, "emojis"), emoji_rows, detail);
        if (at(d, "stickers") != nullptr) replace(guild.stickers, at(d, "stickers"), sticker_rows, detail);
        if (at(d, "voice_states") != nullptr) {
            guild.voice.clear();
            for (const auto& each : list(at(d, "voice_states"))) {
                if (id_of(at(&each, "channel_id")) != 0) upsert(guild.voice, object(&each), voice_rows, detail, true, "user_id");
            }
        }
    }
    if (settings_.extras) {
        if (at(d, "stage_instances") != nullptr) replace(guild.stages, at(d, "stage_instances"), stage_rows, detail);
        if (at(d, "guild_scheduled_events") != nullptr) {
            replace(guild.scheduled, at(d, "guild_scheduled_events"), scheduled_rows, detail, "id", {"entity_metadata"});
        }
        if (at(d, "soundboard_sounds") != nullptr)
            replace(guild.sounds, at(d, "soundboard_sounds"), sound_rows, detail, "sound_id");
    }
    if (there(at(d, "members"))) {
        const auto before = guild.members;
        guild.members.clear();
        for (const auto& [who, m] : before) memberships_[who].erase(id);
        std::set<std::uint64_t> in_voice;
        for (const auto& each : list(at(d, "voice_states"))) {
            if (id_of(at(&each, "channel_id")) != 0) in_voice.insert(id_of(at(&each, "user_id")));
        }
        const bool whole = list(at(d, "members")).size() >= guild.member_count || !settings_.rest;
        for (const auto& each : list(at(d, "members"))) {
            const auto* user = at(&each, "user");
            const auto who = id_of(at(user, "id"));
            if (who == 0 || !(settings_.rest || who == self) || !is_whole(user)) {
                refresh(user);
                continue;
            }
            memberships_[who].insert(id);
            write_user(who, object(user));
            guild.members[who] = {};
            read(guild.members[who], object(&each), member_rows, detail);
            if (!whole && who != self && in_voice.contains(who)) guild.members[who].fields["only_in_voice"] = "yes";
        }
        for (const auto& [who, m] : before) drop_unheld(who);
    }
    if (settings_.extras && there(at(d, "presences"))) {
        guild.presences.clear();
        for (const auto& each : list(at(d, "presences"))) {
            thing one;
            read(one, object(&each), presence_rows, detail, {"client_status"});
            const auto who = id_of(at(at(&each, "user"), "id"));
            if (who != 0 && one.fields.contains("status")) guild.presences[who] = one;
        }
    }
}

void twin::presence(twin_guild& guild, const json::object& d) {
    const auto who = id_of(at(at(d, "user"), "id"));
    if (who == 0) return;
    thing one;
    read(one, d, presence_rows, settings_.detail, {"client_status"});
    if (!one.fields.contains("status")) {
        guild.presences.erase(who);
    } else if (guild.presences.size() < settings_.most_members || guild.presences.contains(who)) {
        guild.presences[who] = one;
    }
}

void twin::voice_state(twin_guild& guild, const json::object& d) {
    const auto who = id_of(at(d, "user_id"));
    const auto* about = at(d, "member");
    if (who == 0) return refresh(at(about, "user"));
    if (id_of(at(d, "channel_id")) != 0) {
        if (there(about)) member(guild, about, at(about, "user"), 'v');
        return upsert(guild.voice, d, voice_rows, settings_.detail, true, "user_id");
    }
    guild.voice.erase(who);
    if (guild.members.contains(who) && guild.members[who].fields.contains("only_in_voice")) {
        const auto guild_id = std::ranges::find_if(guilds, [&](const auto& each) { return &each.second == &guild; })->first;
        guild.members.erase(who);
        memberships_[who].erase(guild_id);
        drop_unheld(who);
        return refresh(at(about, "user"));
    }
    if (there(about)) member(guild, about, at(about, "user"), 'u');
}

void twin::thread_list_sync(twin_guild& guild, const json::object& d) {
    const auto* parents = at(d, "channel_ids");
    if (parents != nullptr && parents->is_array()) {
        std::set<std::uint64_t> ids;
        for (const auto& each : parents->get_array()) ids.insert(id_of(&each));
        std::erase_if(guild.threads, [&](const auto& each) {
            const auto parent = each.second.fields.find("parent_id");
            return ids.contains(parent == each.second.fields.end() ? 0 : std::stoull(parent->second));
        });
    } else {
        guild.threads.clear();
    }
    for (const auto& each : list(at(d, "threads"))) {
        if (!archived(&each))
            upsert(guild.threads, object(&each), thread_rows, settings_.detail, true, "id", {"thread_metadata"});
    }
    for (const auto& each : list(at(d, "members"))) {
        const auto found = guild.threads.find(id_of(at(&each, "id")));
        if (found != guild.threads.end()) found->second.fields["member"] = "yes";
    }
}

void twin::apply(std::string_view name, std::string_view text) {
    const auto whole = json::parse(json::string_view(text.data(), text.size()));
    const auto& d = object(&whole);
    if (name == "USER_UPDATE") return refresh(&whole);
    const int detail = settings_.detail;
    const auto id = id_of(at(d, name == "GUILD_CREATE" || name == "GUILD_UPDATE" || name == "GUILD_DELETE" ? "id" : "guild_id"));
    if (name == "GUILD_CREATE" && id != 0) return guild_create(d);
    const auto found = guilds.find(id);
    if (found == guilds.end()) return refresh_all(name, d);
    auto& guild = found->second;
    const auto starts = [name](std::string_view with) { return name.starts_with(with); };
    const auto erase = [&d](things& from, std::string_view key) { from.erase(id_of(at(d, key))); };

    if (name == "GUILD_DELETE") {
        if (flag_of(at(d, "unavailable"))) {
            guild.available = false;
            return;
        }
        std::vector<std::uint64_t> were;
        for (const auto& [who, m] : guild.members) were.push_back(who);
        guilds.erase(found);
        for (const auto who : were) {
            memberships_[who].erase(id);
            drop_unheld(who);
        }
    } else if (name == "GUILD_UPDATE") {
        read(guild.own, d, guild_rows, detail);
        if (at(d, "roles") != nullptr) replace(guild.roles, at(d, "roles"), role_rows, detail, "id", {"colors", "tags"});
        if (settings_.rest && at(d, "emojis") != nullptr) replace(guild.emojis, at(d, "emojis"), emoji_rows, detail);
        if (settings_.rest && at(d, "stickers") != nullptr) replace(guild.stickers, at(d, "stickers"), sticker_rows, detail);
    } else if (name == "CHANNEL_CREATE" || name == "CHANNEL_UPDATE") {
        const auto type = id_of(at(d, "type"));
        if (type < 10 || type > 12) upsert(guild.channels, d, channel_rows, detail, name == "CHANNEL_CREATE");
    } else if (name == "CHANNEL_DELETE") {
        const auto gone = id_of(at(d, "id"));
        if (gone == 0) return;
        guild.channels.erase(gone);
        std::erase_if(guild.threads, [&](const auto& each) {
            const auto parent = each.second.fields.find("parent_id");
            return parent != each.second.fields.end() && parent->second == std::to_string(gone);
        });
    } else if (name == "CHANNEL_PINS_UPDATE" || name == "VOICE_CHANNEL_STATUS_UPDATE") {
        if (detail < 2) return;
        const auto which = guild.channels.find(id_of(at(d, name == "CHANNEL_PINS_UPDATE" ? "channel_id" : "id")));
        if (which != guild.channels.end()) read(which->second, d, channel_rows, detail);
    } else if (name == "CHANNEL_INFO") {
        if (detail < 2) return;
        for (const auto& each : list(at(d, "channels"))) {
            const auto which = guild.channels.find(id_of(at(&each, "id")));
            if (which != guild.channels.end()) read(which->second, object(&each), channel_rows, detail);
        }
    } else if (name == "GUILD_ROLE_CREATE" || name == "GUILD_ROLE_UPDATE") {
        upsert(guild.roles, object(at(d, "role")), role_rows, detail, name == "GUILD_ROLE_CREATE", "id", {"colors", "tags"});
    } else if (name == "GUILD_ROLE_DELETE") {
        const auto gone = id_of(at(d, "role_id"));
        if (gone == 0) return;
        guild.roles.erase(gone);
        for (auto* in : {&guild.members, &guild.emojis}) {
            for (auto& [key, each] : *in) each.roles.erase(gone);
        }
        for (auto& [key, each] : guild.channels) {
            std::erase_if(each.overwrites, [gone](const auto& one) { return std::get<0>(one) == gone && !std::get<1>(one); });
        }
    } else if (starts("THREAD_")) {
        if (!settings_.rest) return;
        if (name == "THREAD_CREATE" || name == "THREAD_UPDATE") {
            if (archived(&whole)) return erase(guild.threads, "id");
            upsert(guild.threads, d, thread_rows, detail, false, "id", {"thread_metadata"});
        } else if (name == "THREAD_DELETE") {
            erase(guild.threads, "id");
        } else if (name == "THREAD_LIST_SYNC") {
            thread_list_sync(guild, d);
        } else {
            const auto which = guild.threads.find(id_of(at(d, "id")));
            if (which == guild.threads.end()) return;
            auto& fields = which->second.fields;
            if (name == "THREAD_MEMBER_UPDATE") {
                fields["member"] = "yes";
                return;
            }
            for (const auto& field : d) {
                if (field.key() == "member_count") {
                    set(which->second, {"member_count", 'u', 0}, field.value());
                } else if (field.key() == "added_members") {
                    for (const auto& each : list(&field.value())) {
                        if (id_of(at(&each, "user_id")) == self) fields["member"] = "yes";
                    }
                } else if (field.key() == "removed_member_ids") {
                    for (const auto& each : list(&field.value())) {
                        if (id_of(&each) == self) fields.erase("member");
                    }
                }
            }
        }
    } else if (name == "GUILD_EMOJIS_UPDATE") {
        if (settings_.rest) replace(guild.emojis, at(d, "emojis"), emoji_rows, detail);
    } else if (name == "GUILD_STICKERS_UPDATE") {
        if (settings_.rest) replace(guild.stickers, at(d, "stickers"), sticker_rows, detail);
    } else if (name == "GUILD_MEMBER_ADD") {
        const auto before = guild.members.size();
        const bool all = before >= guild.member_count;
        if (!guild.members.contains(id_of(at(at(d, "user"), "id")))) guild.member_count = (guild.member_count + 1) & UINT32_MAX;
        member(guild, &whole, at(d, "user"), all || settings_.extras ? 'l' : 'a');
    } else if (name == "GUILD_MEMBER_UPDATE") {
        member(guild, &whole, at(d, "user"), 'u');
    } else if (name == "GUILD_MEMBER_REMOVE") {
        if (guild.member_count > 0) --guild.member_count;
        const auto who = id_of(at(at(d, "user"), "id"));
        if (guild.members.erase(who) != 0) {
            memberships_[who].erase(id);
            drop_unheld(who);
        }
        guild.voice.erase(who);
        guild.presences.erase(who);
    } else if (name == "GUILD_MEMBERS_CHUNK") {
        // In the order of the keys: a presence does not depend on a member, nor the other way round.
        if (settings_.rest) {
            for (const auto& each : list(at(d, "members"))) member(guild, &each, at(&each, "user"), 'l');
        }
        if (settings_.extras) {
            for (const auto& each : list(at(d, "presences"))) presence(guild, object(&each));
        }
    } else if (name == "VOICE_STATE_UPDATE") {
        if (settings_.rest) voice_state(guild, d);
    } else if (!settings_.extras) {
        return;
    } else if (name == "PRESENCE_UPDATE") {
        presence(guild, d);
    } else if (name == "STAGE_INSTANCE_CREATE" || name == "STAGE_INSTANCE_UPDATE") {
        upsert(guild.stages, d, stage_rows, detail, name == "STAGE_INSTANCE_CREATE");
    } else if (name == "STAGE_INSTANCE_DELETE") {
        erase(guild.stages, "id");
    } else if (name == "GUILD_SCHEDULED_EVENT_CREATE" || name == "GUILD_SCHEDULED_EVENT_UPDATE") {
        upsert(guild.scheduled, d, scheduled_rows, detail, name == "GUILD_SCHEDULED_EVENT_CREATE", "id", {"entity_metadata"});
    } else if (name == "GUILD_SCHEDULED_EVENT_DELETE") {
        erase(guild.scheduled, "id");
    } else if (starts("GUILD_SCHEDULED_EVENT_USER_")) {
        const auto which = guild.scheduled.find(id_of(at(d, "guild_scheduled_event_id")));
        if (which == guild.scheduled.end()) return;
        auto& fields = which->second.fields;
        std::uint64_t count = fields.contains("user_count") ? std::stoull(fields["user_count"]) : 0;
        if (name.ends_with("ADD")) {
            count = (count + 1) & UINT32_MAX;
        } else if (count > 0) {
            --count;
        }
        fields.erase("user_count");
        if (count != 0) fields["user_count"] = std::to_string(count);
    } else if (name == "GUILD_SOUNDBOARD_SOUND_CREATE" || name == "GUILD_SOUNDBOARD_SOUND_UPDATE") {
        upsert(guild.sounds, d, sound_rows, detail, name == "GUILD_SOUNDBOARD_SOUND_CREATE", "sound_id");
    } else if (name == "GUILD_SOUNDBOARD_SOUND_DELETE") {
        erase(guild.sounds, "sound_id");
    } else if (name == "GUILD_SOUNDBOARD_SOUNDS_UPDATE" || name == "SOUNDBOARD_SOUNDS") {
        replace(guild.sounds, at(d, "soundboard_sounds"), sound_rows, detail, "sound_id");
    } else if (name == "MESSAGE_CREATE") {
        if (!there(at(d, "webhook_id")) && there(at(d, "member"))) member(guild, at(d, "member"), at(d, "author"), 's');
    } else if (name == "INTERACTION_CREATE" || name == "TYPING_START" || name == "MESSAGE_REACTION_ADD") {
        member(guild, at(d, "member"), at(at(d, "member"), "user"), 's');
    }
}

}  // namespace shoal::test
