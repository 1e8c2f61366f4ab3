#include "tests/cache/event_stream.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>

namespace shoal::test {
namespace json = boost::json;
namespace {

constexpr std::uint64_t app = 1000000000000000001ULL;

sim::world_config config_of(const stream_settings& settings) {
    sim::world_config config;
    config.guilds = settings.guilds;
    config.largest_members_listed = settings.largest_members_listed;
    return config;
}

std::string text_of(const json::value& value) { return json::serialize(value); }

}  // namespace

event_stream::event_stream(std::uint64_t seed, stream_settings settings)
    : random_(seed), settings_(settings), world_(config_of(settings), seed, app) {
    to_come_ = world_.guilds();
    for (auto i = to_come_.size(); i > 1; --i) std::swap(to_come_[i - 1], to_come_[random_.below(i)]);
}

std::string event_stream::ready() const {
    std::string out = R"({"v":10,"user":)" + world_.bot_user_json() + R"(,"guilds":[)";
    for (const auto each : world_.guilds()) out += R"({"id":")" + std::to_string(each) + R"(","unavailable":true},)";
    out.back() = ']';
    return out + "}";
}

dispatch event_stream::next() {
    ++steps_;
    dispatch out;
    if (random_.chance(settings_.made_up)) {
        const auto draw = random_.below(10);
        if (draw < 5 || recent_.empty()) {
            out = made_up();
        } else {
            // Again, late: one of the last few hundred.
            out = recent_[random_.below(recent_.size())];
        }
        if (random_.chance(0.4)) out = spoilt(std::move(out));
    } else {
        out = from_world();
        if (random_.chance(0.05)) {
            recent_.push_back(out);
            if (recent_.size() > 300) recent_.pop_front();
        }
    }
    out.kind = discord::event_kind_of(out.name);
    return out;
}

dispatch event_stream::from_world() {
    const auto now = instant(std::chrono::milliseconds(20) * steps_);
    const auto view = [this] { return sim::guild_view{settings_.presences && random_.chance(0.5) ? 0x100U : 0U, 50}; };
    const auto guild = [this] { return world_.guilds()[random_.below(world_.guilds().size())]; };
    if (!to_come_.empty() && random_.chance(0.3)) {
        const auto id = to_come_.back();
        to_come_.pop_back();
        if (world_.has_guild(id)) return {{}, "GUILD_CREATE", std::string(*world_.guild_create(id, view()))};
    }
    const auto draw = random_.below(2000);
    if (draw < 4) return {{}, "GUILD_DELETE", R"({"id":")" + std::to_string(guild()) + R"(","unavailable":true})"};
    if (draw < 8) return {{}, "GUILD_CREATE", std::string(*world_.guild_create(guild(), view()))};
    if (draw < 9 && world_.guilds().size() > 5) {
        const auto gone = guild();
        world_.leave_guild(gone);
        return {{}, "GUILD_DELETE", R"({"id":")" + std::to_string(gone) + "\"}"};
    }
    if (draw < 10 && world_.guilds().size() < 2 * settings_.guilds) {
        return {{}, "GUILD_CREATE", std::string(*world_.guild_create(world_.join_guild("medium", now), view()))};
    }
    if (draw < 14) {
        const auto id = guild();
        std::string out = R"({"guild_id":")" + std::to_string(id) + R"(","chunk_index":0,"chunk_count":1,"members":[)";
        const auto members = world_.members(id, "", 40);
        for (const auto& each : members) out += each + ",";
        if (!members.empty()) out.pop_back();
        return {{}, "GUILD_MEMBERS_CHUNK", out + "]}"};
    }
    auto event = world_.random_event(now);
    // Messages are most of the traffic and tell the cache the least.
    for (int tries = 0; tries < 6 && (event.name.starts_with("MESSAGE_") || event.name == "TYPING_START"); ++tries) {
        event = world_.random_event(now);
    }
    return {{}, event.name, *event.data};
}

/// Key order, missing keys, nulls, nonsense, other ids.
dispatch event_stream::spoilt(dispatch what) {
    auto whole = json::parse(what.json);
    if (!whole.is_object()) return what;
    const auto spoil = [&](json::object& from, bool top) {
        std::vector<std::pair<std::string, json::value>> fields;
        for (auto& each : from) fields.emplace_back(each.key(), std::move(each.value()));
        for (auto i = fields.size(); i > 1; --i) std::swap(fields[i - 1], fields[random_.below(i)]);
        json::object out;
        for (auto& [key, value] : fields) {
            const auto draw = random_.below(40);
            if (draw == 0) continue;
            if (draw == 1) value = nullptr;
            if (draw == 2) value = json::object();
            if (draw == 3) value = json::array();
            if (draw == 4 && !(value.is_bool() || key == "unavailable")) value = "x";
            if (draw == 5 && top && (key == "id" || key == "guild_id")) value = std::to_string(random_.below(100));
            if (draw == 6) value = false;
            out[key] = std::move(value);
        }
        from = std::move(out);
    };
    spoil(whole.get_object(), true);
    for (auto& each : whole.get_object()) {
        if (each.value().is_object() && random_.chance(0.3)) spoil(each.value().get_object(), false);
        if (each.value().is_array() && !each.value().get_array().empty() && random_.chance(0.3)) {
            auto& list = each.value().get_array();
            auto& one = list[random_.below(list.size())];
            if (one.is_object()) spoil(one.get_object(), false);
            if (random_.chance(0.3)) list.push_back(json::value(list[random_.below(list.size())]));
        }
    }
    what.json = text_of(whole);
    return what;
}

// ---- small made-up objects over few ids, so that everything meets everything ------------------------------------------------

json::value event_stream::id(std::uint64_t of) { return json::value(std::to_string(of)); }

json::value event_stream::some_value(std::string_view key) {
    static constexpr const char* names[] = {"general", "off topic", "größe", "a \"quoted\" one", "", "🔥", "x\\y"};
    const auto name = [&] { return json::value(names[random_.below(std::size(names))]); };
    const auto flag = [&] { return json::value(random_.chance(0.5)); };
    const auto number = [&](std::uint64_t below) { return json::value(random_.below(below)); };
    if (random_.chance(0.05)) return nullptr;
    if (key == "name" || key == "nick" || key == "topic" || key == "username" || key == "global_name" || key == "description" ||
        key == "tags_text" || key == "emoji_name" || key == "location" || key == "rtc_region") {
        return name();
    }
    if (key == "permissions") return id(random_.next() >> random_.below(64));
    if (key == "position") return json::value(static_cast<std::int64_t>(random_.below(100)) - 50);
    if (key == "color" || key == "bitrate") return number(0x1000000);
    if (key == "type") return number(16);
    if (key == "icon" || key == "avatar" || key == "session_id" || key == "banner" || key == "image") {
        if (random_.chance(0.1)) return json::value("odd");
        std::string hash(random_.chance(0.2) ? "a_" : "");
        for (int i = 0; i < 32; ++i) hash.push_back("0123456789abcdef"[random_.below(16)]);
        return json::value(hash);
    }
    if (key.ends_with("_at") || key.ends_with("_since") || key.ends_with("_until") || key.ends_with("timestamp") ||
        key.ends_with("_time")) {
        return json::value("20" + std::to_string(16 + random_.below(20)) + "-0" + std::to_string(1 + random_.below(9)) +
                           "-11T12:13:14.150000+0" + std::to_string(random_.below(3)) + ":00");
    }
    if (key == "parent_id" || key == "channel_id") return id(100 + random_.below(12));
    if (key == "roles") {
        json::array out;
        for (auto count = random_.below(4); count > 0; --count) out.push_back(id(100 + random_.below(12)));
        return out;
    }
    if (key == "permission_overwrites") {
        json::array out;
        for (auto count = random_.below(4); count > 0; --count) {
            out.push_back({{"id", id(100 + random_.below(12))},
                           {"type", random_.below(2)},
                           {"allow", id(random_.next() >> random_.below(64))},
                           {"deny", id(random_.below(4096))}});
        }
        return out;
    }
    if (key == "applied_tags") return json::array{id(1), id(random_.next())};
    if (key == "features") return json::array{"COMMUNITY", name()};
    if (key == "thread_metadata") return some_object({"locked", "auto_archive_duration", "archive_timestamp", "archived"});
    if (key == "member") return json::object{{"user_id", id(1)}};
    if (key == "tags") return json::object{{"bot_id", id(5)}, {"premium_subscriber", nullptr}};
    if (key == "colors") return json::object{{"primary_color", 1}, {"secondary_color", number(4)}};
    if (key == "entity_metadata") return json::object{{"location", name()}};
    if (key == "user") return user();
    if (key == "volume") return json::value(static_cast<double>(random_.below(5)) / 4);
    if (key == "status") return number(4);
    if (key == "archived") return json::value(random_.chance(0.2));
    if (key == "available" || key == "animated" || key == "managed" || key == "hoist" || key == "nsfw" || key == "locked" ||
        key == "deaf" || key == "mute" || key == "self_mute" || key == "suppress" || key == "pending" || key == "bot" ||
        key == "large") {
        return flag();
    }
    return number(200);
}

json::object event_stream::some_object(std::initializer_list<std::string_view> keys) {
    json::object out;
    for (const auto key : keys) {
        if (random_.chance(0.7)) out[json::string_view(key.data(), key.size())] = some_value(key);
    }
    return out;
}

json::object event_stream::user() {
    auto out = some_object({"global_name", "avatar", "discriminator", "public_flags", "bot"});
    out["id"] = random_.chance(0.05) ? id(app) : id(500 + random_.below(40));
    if (random_.chance(0.85)) out["username"] = some_value("name");
    return out;
}

json::object event_stream::member() {
    auto out = some_object({"nick", "roles", "joined_at", "premium_since", "deaf", "mute", "pending", "flags", "avatar",
                            "communication_disabled_until"});
    out["user"] = user();
    return out;
}

dispatch event_stream::made_up() {
    const auto guild = id(1 + random_.below(5));
    const auto part = [this] { return id(100 + random_.below(12)); };
    const auto channel = [&] {
        auto out = some_object({"name", "type", "position", "parent_id", "permission_overwrites", "nsfw", "rate_limit_per_user",
                                "user_limit", "bitrate", "flags", "topic"});
        out["id"] = part();
        return out;
    };
    const auto role = [&] {
        auto out =
            some_object({"name", "permissions", "position", "color", "hoist", "managed", "icon", "flags", "tags", "colors"});
        out["id"] = part();
        return out;
    };
    const auto thread = [&] {
        auto out =
            some_object({"name", "type", "parent_id", "owner_id", "thread_metadata", "member", "message_count", "applied_tags"});
        out["id"] = part();
        return out;
    };
    const auto emoji = [&] {
        auto out = some_object({"name", "animated", "managed", "available", "roles", "user"});
        out["id"] = part();
        return out;
    };
    const auto voice = [&] {
        auto out = some_object({"session_id", "self_mute", "deaf", "mute", "suppress", "request_to_speak_timestamp"});
        out["user_id"] = id(500 + random_.below(40));
        out["channel_id"] = random_.chance(0.4) ? json::value(nullptr) : part();
        return out;
    };
    const auto presence = [&] {
        static constexpr const char* states[] = {"online", "idle", "dnd", "offline", "strange"};
        return json::object{
            {"user", json::object{{"id", id(500 + random_.below(40))}}},
            {"status", states[random_.below(5)]},
            {"client_status", json::object{{"desktop", states[random_.below(5)]}, {"web", states[random_.below(5)]}}}};
    };
    const auto scheduled = [&] {
        auto out = some_object(
            {"name", "description", "status", "channel_id", "entity_metadata", "scheduled_start_time", "user_count", "image"});
        out["id"] = part();
        return out;
    };
    const auto several = [&](auto make, std::uint64_t most) {
        json::array out;
        for (auto count = random_.below(most); count > 0; --count) out.push_back(make());
        return out;
    };
    const auto in_guild = [&](std::string name, json::object what) {
        what["guild_id"] = guild;
        return dispatch{{}, std::move(name), text_of(what)};
    };
    const auto any_of = [this](std::initializer_list<const char*> names) {
        return std::string(names.begin()[random_.below(names.size())]);
    };
    switch (random_.below(26)) {
        case 0: {
            auto out = some_object(
                {"name", "owner_id", "icon", "features", "member_count", "large", "premium_tier", "afk_channel_id", "joined_at"});
            out["id"] = guild;
            if (random_.chance(0.8)) out["channels"] = several(channel, 10);
            if (random_.chance(0.8)) out["roles"] = several(role, 10);
            if (random_.chance(0.8)) out["threads"] = several(thread, 5);
            if (random_.chance(0.8)) out["emojis"] = several(emoji, 5);
            if (random_.chance(0.8)) out["members"] = several([this] { return member(); }, 12);
            if (random_.chance(0.8)) out["voice_states"] = several(voice, 6);
            if (random_.chance(0.8)) out["presences"] = several(presence, 6);
            if (random_.chance(0.8)) out["guild_scheduled_events"] = several(scheduled, 3);
            if (random_.chance(0.1)) out["unavailable"] = true;
            return {{}, "GUILD_CREATE", text_of(out)};
        }
        case 1: {
            auto out = some_object({"name", "owner_id", "icon", "description", "features", "premium_tier"});
            out["id"] = guild;
            if (random_.chance(0.3)) out["roles"] = several(role, 6);
            return {{}, "GUILD_UPDATE", text_of(out)};
        }
        case 2: {
            json::object out{{"id", guild}};
            if (random_.chance(0.7)) out["unavailable"] = true;
            return {{}, "GUILD_DELETE", text_of(out)};
        }
        case 3:
        case 4: return in_guild(any_of({"CHANNEL_CREATE", "CHANNEL_UPDATE", "CHANNEL_UPDATE"}), channel());
        case 5: return in_guild("CHANNEL_DELETE", {{"id", part()}});
        case 6: return in_guild("CHANNEL_PINS_UPDATE", {{"channel_id", part()}, {"last_pin_timestamp", some_value("joined_at")}});
        case 7: return in_guild("VOICE_CHANNEL_STATUS_UPDATE", {{"id", part()}, {"status", some_value("name")}});
        case 8:
        case 9: return in_guild(any_of({"GUILD_ROLE_CREATE", "GUILD_ROLE_UPDATE"}), {{"role", role()}});
        case 10: return in_guild("GUILD_ROLE_DELETE", {{"role_id", part()}});
        case 11: return in_guild(any_of({"THREAD_CREATE", "THREAD_UPDATE"}), thread());
        case 12: return in_guild("THREAD_DELETE", {{"id", part()}});
        case 13: {
            json::object out{{"threads", several(thread, 4)}, {"members", json::array{json::object{{"id", part()}}}}};
            if (random_.chance(0.7)) out["channel_ids"] = json::array{part(), part()};
            return in_guild("THREAD_LIST_SYNC", out);
        }
        case 14: {
            json::object out{{"id", part()}, {"member_count", some_value("member_count")}};
            if (random_.chance(0.5)) out["added_members"] = json::array{json::object{{"user_id", id(app)}}};
            if (random_.chance(0.5)) out["removed_member_ids"] = json::array{id(app)};
            return in_guild(any_of({"THREAD_MEMBERS_UPDATE", "THREAD_MEMBER_UPDATE"}), out);
        }
        case 15: return in_guild("GUILD_EMOJIS_UPDATE", {{"emojis", several(emoji, 8)}});
        case 16: {
            json::array stickers;
            for (auto count = random_.below(4); count > 0; --count) {
                auto one = some_object({"name", "description", "format_type", "available", "user"});
                one["id"] = part();
                stickers.push_back(one);
            }
            return in_guild("GUILD_STICKERS_UPDATE", {{"stickers", stickers}});
        }
        case 17:
        case 18: return in_guild(any_of({"GUILD_MEMBER_ADD", "GUILD_MEMBER_UPDATE", "GUILD_MEMBER_UPDATE"}), member());
        case 19: return in_guild("GUILD_MEMBER_REMOVE", {{"user", user()}});
        case 20: {
            if (random_.chance(0.2)) return {{}, "USER_UPDATE", text_of(user())};
            return in_guild("GUILD_MEMBERS_CHUNK",
                            {{"members", several([this] { return member(); }, 12)}, {"presences", several(presence, 4)}});
        }
        case 21: {
            auto out = voice();
            if (random_.chance(0.8)) {
                auto about = member();
                if (random_.chance(0.95)) about["user"].as_object()["id"] = out["user_id"];
                out["member"] = about;
            }
            return in_guild("VOICE_STATE_UPDATE", out);
        }
        case 22: return in_guild("PRESENCE_UPDATE", presence());
        case 23: {
            if (random_.chance(0.4))
                return in_guild(any_of({"STAGE_INSTANCE_DELETE", "GUILD_SCHEDULED_EVENT_DELETE"}), {{"id", part()}});
            if (random_.chance(0.4)) {
                return in_guild(any_of({"GUILD_SCHEDULED_EVENT_USER_ADD", "GUILD_SCHEDULED_EVENT_USER_REMOVE"}),
                                {{"guild_scheduled_event_id", part()}, {"user_id", id(1)}});
            }
            if (random_.chance(0.5))
                return in_guild(any_of({"GUILD_SCHEDULED_EVENT_CREATE", "GUILD_SCHEDULED_EVENT_UPDATE"}), scheduled());
            auto out = some_object({"channel_id", "topic", "privacy_level"});
            out["id"] = part();
            return in_guild(any_of({"STAGE_INSTANCE_CREATE", "STAGE_INSTANCE_UPDATE"}), out);
        }
        case 24: {
            auto sound = some_object({"name", "volume", "emoji_id", "emoji_name", "available"});
            sound["sound_id"] = part();
            if (random_.chance(0.2))
                return in_guild(any_of({"GUILD_SOUNDBOARD_SOUNDS_UPDATE", "SOUNDBOARD_SOUNDS"}),
                                {{"soundboard_sounds", json::array{sound}}});
            return in_guild(
                any_of({"GUILD_SOUNDBOARD_SOUND_CREATE", "GUILD_SOUNDBOARD_SOUND_UPDATE", "GUILD_SOUNDBOARD_SOUND_DELETE"}),
                sound);
        }
        default: {
            if (random_.chance(0.5)) {
                auto said_by = member();
                const auto author = said_by["user"];
                said_by.erase("user");
                json::object out{{"id", part()}, {"author", author}, {"member", said_by}, {"content", "hi"}};
                if (random_.chance(0.1)) out["webhook_id"] = id(3);
                return in_guild("MESSAGE_CREATE", out);
            }
            return in_guild(any_of({"INTERACTION_CREATE", "TYPING_START", "MESSAGE_REACTION_ADD"}), {{"member", member()}});
        }
    }
}

}  // namespace shoal::test
