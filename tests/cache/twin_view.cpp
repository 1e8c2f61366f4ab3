#include "tests/cache/twin_view.hpp"

#include "cache/guild_access.hpp"

namespace shoal::test {
namespace {

struct writer {
    thing out;
    void operator()(const char* key, std::string_view text) {
        if (!text.empty()) out.fields[key] = text;
    }
    void operator()(const char* key, bool flag) {
        if (flag) out.fields[key] = "yes";
    }
    template <std::integral I>
        requires(!std::same_as<I, bool>)
    void operator()(const char* key, I number) {
        if (number != 0) out.fields[key] = std::to_string(number);
    }
    template <class Tag>
    void operator()(const char* key, snowflake<Tag> id) {
        (*this)(key, id.value());
    }
    void operator()(const char* key, cached_time time) { (*this)(key, time.time_since_epoch().count()); }
    void operator()(const char* key, const image_hash& hash) { (*this)(key, std::string_view(hash.text())); }
    void operator()(const char* key, cached_presence::status status) {
        constexpr const char* names[] = {"", "online", "idle", "dnd"};
        (*this)(key, std::string_view(names[static_cast<int>(status)]));
    }
    void operator()(const char* key, const cached_texts& list) {
        std::string all;
        for (const auto each : list) all += std::string(each) + ";";
        (*this)(key, std::string_view(all));
    }
    void operator()(const char* key, const cached_ids& list) {
        std::string all;
        for (const auto each : list) all += std::to_string(each) + ";";
        (*this)(key, std::string_view(all));
    }
    void roles(const cached_roles& list) {
        for (const auto each : list) out.roles.insert(each.value());
    }
};

thing plain(const cached_guild_fields& g) {
    writer w;
    w("name", g.name), w("owner_id", g.owner_id), w("joined_at", g.joined_at), w("icon", g.icon),
        w("preferred_locale", g.preferred_locale);
    w("verification_level", g.verification_level), w("system_channel_id", g.system_channel_id), w("afk_timeout", g.afk_timeout);
    w("afk_channel_id", g.afk_channel_id), w("rules_channel_id", g.rules_channel_id);
    w("public_updates_channel_id", g.public_updates_channel_id);
    w("default_message_notifications", g.default_message_notifications), w("explicit_content_filter", g.explicit_content_filter);
    w("mfa_level", g.mfa_level), w("nsfw_level", g.nsfw_level), w("premium_tier", g.premium_tier);
    w("premium_subscription_count", g.premium_subscription_count), w("vanity_url_code", g.vanity_url_code), w("large", g.large);
    w("banner", g.banner), w("splash", g.splash), w("discovery_splash", g.discovery_splash), w("description", g.description);
    w("features", g.features), w("safety_alerts_channel_id", g.safety_alerts_channel_id);
    w("system_channel_flags", g.system_channel_flags), w("max_members", g.max_members);
    return w.out;
}
thing plain(const cached_channel& c) {
    writer w;
    w("name", c.name), w("type", c.type), w("position", c.position), w("parent_id", c.parent_id), w("nsfw", c.nsfw);
    w("rate_limit_per_user", c.rate_limit_per_user), w("user_limit", c.user_limit), w("bitrate", c.bitrate), w("flags", c.flags);
    w("topic", c.topic), w("status", c.status), w("rtc_region", c.rtc_region), w("video_quality_mode", c.video_quality_mode);
    w("default_auto_archive_duration", c.auto_archive_minutes);
    w("default_thread_rate_limit_per_user", c.thread_rate_limit_per_user), w("last_pin_timestamp", c.last_pin_at);
    for (const auto& each : c.overwrites) w.out.overwrites.emplace_back(each.id, each.is_member, each.allow, each.deny);
    return w.out;
}
thing plain(const cached_thread& t) {
    writer w;
    w("name", t.name), w("type", t.type), w("parent_id", t.parent_id), w("owner_id", t.owner_id);
    w("auto_archive_duration", t.auto_archive_minutes), w("locked", t.locked), w("member", t.joined);
    w("member_count", t.member_count), w("message_count", t.message_count), w("rate_limit_per_user", t.rate_limit_per_user);
    w("flags", t.flags), w("invitable", t.invitable), w("applied_tags", t.applied_tags);
    w("total_message_sent", t.total_message_sent), w("archive_timestamp", t.archive_timestamp);
    w("create_timestamp", t.create_timestamp);
    return w.out;
}
thing plain(const cached_role& r) {
    writer w;
    w("name", r.name), w("permissions", r.permissions), w("position", r.position), w("color", r.color), w("hoist", r.hoist);
    w("managed", r.managed), w("mentionable", r.mentionable), w("secondary_color", r.secondary_color);
    w("tertiary_color", r.tertiary_color), w("icon", r.icon), w("unicode_emoji", r.unicode_emoji), w("flags", r.flags);
    w("bot_id", r.bot_id), w("integration_id", r.integration_id), w("premium_subscriber", r.premium_subscriber);
    return w.out;
}
thing plain(const cached_emoji& e) {
    writer w;
    w("name", e.name), w("animated", e.animated), w("managed", e.managed), w("available", e.unavailable), w("user", e.creator_id);
    w.roles(e.roles);
    return w.out;
}
thing plain(const cached_sticker& s) {
    writer w;
    w("name", s.name), w("format_type", s.format), w("available", s.unavailable), w("description", s.description),
        w("tags", s.tags);
    w("user", s.creator_id);
    return w.out;
}
thing plain(const cached_voice_state& v) {
    writer w;
    w("channel_id", v.channel_id), w("session_id", v.session_id), w("self_deaf", v.self_deaf), w("self_mute", v.self_mute);
    w("deaf", v.deaf), w("mute", v.mute), w("suppress", v.suppress), w("self_stream", v.self_stream),
        w("self_video", v.self_video);
    w("request_to_speak_timestamp", v.request_to_speak_at);
    return w.out;
}
thing plain(const cached_user& u) {
    writer w;
    w("username", u.username), w("avatar", u.avatar), w("global_name", u.global_name), w("public_flags", u.public_flags);
    w("discriminator", u.discriminator), w("bot", u.bot), w("system", u.system), w("banner", u.banner);
    w("accent_color", u.accent_color);
    return w.out;
}
thing plain(const cached_member& m) {
    writer w;
    w("joined_at", m.joined_at), w("nick", m.nick), w("premium_since", m.premium_since), w("flags", m.flags), w("deaf", m.deaf);
    w("mute", m.mute), w("pending", m.pending), w("communication_disabled_until", m.timeout_until), w("avatar", m.avatar);
    w("banner", m.banner), w("only_in_voice", m.only_in_voice);
    w.roles(m.roles);
    return w.out;
}
thing plain(const cached_presence& p) {
    writer w;
    w("status", p.overall), w("desktop", p.desktop), w("mobile", p.mobile), w("web", p.web);
    return w.out;
}
thing plain(const cached_stage& s) {
    writer w;
    w("channel_id", s.channel_id), w("topic", s.topic), w("privacy_level", s.privacy_level);
    w("guild_scheduled_event_id", s.scheduled_event_id);
    return w.out;
}
thing plain(const cached_scheduled_event& e) {
    writer w;
    w("name", e.name), w("scheduled_start_time", e.starts_at), w("scheduled_end_time", e.ends_at), w("status", e.status);
    w("entity_type", e.entity_type), w("privacy_level", e.privacy_level), w("channel_id", e.channel_id);
    w("creator_id", e.creator_id), w("entity_id", e.entity_id), w("user_count", e.user_count), w("location", e.location);
    w("description", e.description), w("image", e.image);
    return w.out;
}
thing plain(const cached_sound& s) {
    writer w;
    w("name", s.name), w("volume", s.volume_permille), w("emoji_id", s.emoji_id), w("emoji_name", s.emoji_name);
    w("user", s.creator_id), w("available", s.unavailable);
    return w.out;
}

template <class T>
std::uint64_t key_of(const T& each) {
    return cache::key_value(each.*cache::layout<T>::key);
}
template <class T>
things all(const cached_range<T>& range) {
    things out;
    for (const auto& each : range) out[key_of(each)] = plain(each);
    return out;
}

std::string difference(const things& a, const things& b, const std::string& where) {
    if (a == b) return {};
    for (const auto& [key, each] : a) {
        const auto other = b.find(key);
        if (other == b.end()) return where + " " + std::to_string(key) + " is only in the first";
        if (each == other->second) continue;
        for (const auto& [name, value] : each.fields) {
            const auto found = other->second.fields.find(name);
            if (found == other->second.fields.end())
                return where + " " + std::to_string(key) + "." + name + ": '" + value + "', nothing";
            if (found->second != value)
                return where + " " + std::to_string(key) + "." + name + ": '" + value + "', '" + found->second + "'";
        }
        for (const auto& [name, value] : other->second.fields) {
            if (!each.fields.contains(name)) return where + " " + std::to_string(key) + "." + name + ": nothing, '" + value + "'";
        }
        return where + " " + std::to_string(key) + (each.roles != other->second.roles ? ": roles" : ": overwrites");
    }
    return where + ": more in the second";
}

std::string difference(const twin_guild& a, const twin_guild& b, const std::string& where) {
    if (a == b) return {};
    if (a.available != b.available) return where + " available";
    if (a.complete != b.complete) return where + " complete";
    if (a.member_count != b.member_count)
        return where + " member_count " + std::to_string(a.member_count) + ", " + std::to_string(b.member_count);
    for (const auto& [name, what] : {std::pair{"channel", &twin_guild::channels},
                                     {"role", &twin_guild::roles},
                                     {"thread", &twin_guild::threads},
                                     {"emoji", &twin_guild::emojis},
                                     {"sticker", &twin_guild::stickers},
                                     {"voice", &twin_guild::voice},
                                     {"member", &twin_guild::members},
                                     {"presence", &twin_guild::presences},
                                     {"stage", &twin_guild::stages},
                                     {"scheduled", &twin_guild::scheduled},
                                     {"sound", &twin_guild::sounds}}) {
        if (auto found = difference(a.*what, b.*what, where + " " + name); !found.empty()) return found;
    }
    return difference(things{{0, a.own}}, things{{0, b.own}}, where + " fields");
}

}  // namespace

twin_guild plain(const cached_guild& guild) {
    twin_guild out;
    out.own = plain(guild.fields());
    out.available = guild.available();
    out.complete = guild.complete();
    out.member_count = guild.member_count();
    out.channels = all(guild.channels());
    out.roles = all(guild.roles());
    out.threads = all(guild.threads());
    out.emojis = all(guild.emojis());
    out.stickers = all(guild.stickers());
    out.voice = all(guild.voice_states());
    out.members = all(guild.members());
    out.presences = all(guild.presences());
    out.stages = all(guild.stages());
    out.scheduled = all(guild.scheduled_events());
    out.sounds = all(guild.sounds());
    return out;
}

things plain_users(const cache::shard_cache& cache) {
    things out;
    for (const auto& each : cache::guild_access::tables(cache).users) {
        out[each.key] = plain(cache::read_record<cached_user>(each.key, each.record, {}));
    }
    return out;
}

namespace {

std::string difference(const cache::shard_cache& cache, const std::map<std::uint64_t, twin_guild>& guilds, const things& users) {
    if (cache.guilds() != guilds.size())
        return "guilds: " + std::to_string(cache.guilds()) + ", " + std::to_string(guilds.size());
    for (const auto& each : cache.all()) {
        const auto other = guilds.find(each->id().value());
        const auto where = "guild " + each->id().to_string();
        if (other == guilds.end()) return where + " is only in the first";
        if (auto found = difference(test::plain(*each), other->second, where); !found.empty()) return found;
    }
    return difference(plain_users(cache), users, "user");
}

}  // namespace

std::string difference(const cache::shard_cache& cache, const twin& other) {
    return difference(cache, other.guilds, other.users);
}

std::string difference(const cache::shard_cache& a, const cache::shard_cache& b) {
    std::map<std::uint64_t, twin_guild> guilds;
    for (const auto& each : b.all()) guilds[each->id().value()] = plain(*each);
    for (const auto& each : cache::guild_access::tables(a).users) {
        const auto mine = a.user(user_id(each.key));
        const auto theirs = b.user(user_id(each.key));
        if (theirs && mine->holders != theirs->holders) {
            return "user " + std::to_string(each.key) + " holders " + std::to_string(mine->holders) + ", " +
                   std::to_string(theirs->holders);
        }
    }
    return difference(a, guilds, plain_users(b));
}

}  // namespace shoal::test
