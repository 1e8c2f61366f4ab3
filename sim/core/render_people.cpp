// Users, members, voice states and presences [6.5].

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "sim/core/names.hpp"
#include "sim/core/render.hpp"

namespace shoal::sim {
namespace json = boost::json;
namespace {

void write_user(json_text& out, std::uint64_t id, random_source random, std::string_view username, std::string_view global_name,
                bool is_bot) {
    out.open('{');
    out.field("username", username);
    out.field("public_flags", random.chance(0.7) ? 0 : static_cast<int>(random.below(1U << 18)));
    if (random.chance(0.06)) {
        const std::string tag = random.chance(0.5) ? "FJRD" : "魚";
        out.key("primary_guild").open('{').id("identity_guild_id", snowflake_of(86400000LL * 500, random.next()));
        out.field("identity_enabled", true).field("tag", tag).field("badge", image_hash(random)).close('}');
    } else {
        out.field("primary_guild", nullptr);
    }
    out.id("id", id);
    if (global_name.empty()) {
        out.field("global_name", nullptr);
    } else {
        out.text("global_name", global_name, some_spelling(random));
    }
    out.field("display_name_styles", nullptr);
    out.field("discriminator", is_bot ? "4242" : "0");
    out.field("collectibles", nullptr);
    if (is_bot) out.field("bot", true);
    if (random.chance(0.1)) {
        out.key("avatar_decoration_data").open('{').id("sku_id", snowflake_of(86400000LL * 2600, random.next()));
        out.field("expires_at", nullptr).field("asset", image_hash(random, 1.0)).close('}');
    } else {
        out.field("avatar_decoration_data", nullptr);
    }
    if (random.chance(0.8)) {
        out.field("avatar", image_hash(random, 0.1));
    } else {
        out.field("avatar", nullptr);
    }
    out.close('}');
}

struct member_words {
    std::string nick;
    std::vector<std::uint64_t> roles;
    std::int64_t joined_ms = 0;
    bool premium = false, muted = false, deafened = false, timed_out = false;
    std::string avatar;
    unsigned micros = 0;
};

void write_member(json_text& out, const member_words& words, std::string_view user, guild_renderer::parts which) {
    out.open('{');
    if (which == guild_renderer::parts::with_user) out.raw("user", user);
    out.key("roles").open('[');
    for (const std::uint64_t role : words.roles) out.id(role);
    out.close(']');
    if (words.premium) {
        out.field("premium_since", iso_time(words.joined_ms + 86400000, words.micros));
    } else {
        out.field("premium_since", nullptr);
    }
    out.field("pending", false);
    if (words.nick.empty()) {
        out.field("nick", nullptr);
    } else {
        out.field("nick", words.nick);
    }
    if (which != guild_renderer::parts::partial) out.field("mute", words.muted);
    out.field("joined_at", iso_time(words.joined_ms, words.micros));
    out.field("flags", 0);
    if (which != guild_renderer::parts::partial) out.field("deaf", words.deafened);
    if (words.timed_out) {
        out.field("communication_disabled_until", iso_time(discord_epoch_ms + world_birth_ms + 86400000LL * 40));
    } else {
        out.field("communication_disabled_until", nullptr);
    }
    out.field("collectibles", nullptr);
    out.field("banner", nullptr);
    if (words.avatar.empty()) {
        out.field("avatar", nullptr);
    } else {
        out.field("avatar", words.avatar);
    }
    out.close('}');
}

member_words words_of(const guild_facts& facts, std::uint32_t index) {
    const guild_record& guild = facts.record();
    random_source random(facts.member_seed(index));
    member_words words;
    const auto lived = static_cast<std::uint64_t>(std::max<std::int64_t>(world_birth_ms - discord_ms_of(guild.id), 1));
    words.joined_ms =
        discord_epoch_ms + discord_ms_of(guild.id) + static_cast<std::int64_t>(index == 0 ? 0 : random.below(lived));
    words.micros = static_cast<unsigned>(random.below(1000));
    words.premium = random.chance(0.03);
    words.timed_out = random.chance(0.005);
    if (random.chance(0.02)) words.avatar = image_hash(random, 0.1);
    // What updates change is drawn last and from the revision too.
    std::uint32_t revision = 0;
    if (guild.changes) {
        if (const auto found = guild.changes->members.find(index); found != guild.changes->members.end())
            revision = found->second.revision;
    }
    random_source now(mix(facts.member_seed(index), revision, 1));
    if (now.chance(0.15)) words.nick = display_name(now);
    // Among the first roles, and each draw stands for itself: that a role is gone changes nothing else.
    const std::uint32_t roles = facts.base_count(kind::role);
    if (roles > 2) {
        const std::size_t wanted = std::min<std::size_t>(1 + geometric(now, 2.5), roles - 2);
        for (std::size_t i = 0; i < wanted; ++i) {
            const auto role = static_cast<std::uint32_t>(2 + now.below(roles - 2));
            if (!facts.exists(kind::role, role)) continue;
            const std::uint64_t id = facts.id_of(kind::role, role);
            if (std::find(words.roles.begin(), words.roles.end(), id) == words.roles.end()) words.roles.push_back(id);
        }
    }
    return words;
}

}  // namespace

std::string overlaid(const std::string& text, const json::object& fields) {
    json::object object = json::parse(text).as_object();
    for (const auto& field : fields) object[field.key()] = field.value();
    return json::serialize(object);
}

std::string user_json(std::uint64_t id, const bot_identity& bot) {
    json_text out;
    if (id == bot.user) {
        write_user(out, id, random_source(7), bot.name, "", true);
        return out.take();
    }
    random_source random(mix(id, 0x6E616D65ULL));
    const std::string name = user_name(random);
    const std::string shown = random.chance(0.8) ? display_name(random) : std::string();
    write_user(out, id, random.fork(), name, shown, false);
    return out.take();
}

std::string named_user_json(std::string_view name) {
    json_text out;
    write_user(out, user_id_of_name(name), random_source(mix(1, name)), name, name, false);
    return out.take();
}

std::string guild_renderer::member(std::uint32_t index, parts which) const {
    json_text out;
    write_member(out, words_of(facts_, index), which == parts::with_user ? user_json(facts_.user_of(index), bot_) : "", which);
    const guild_record& guild = facts_.record();
    if (guild.changes) {
        const auto found = guild.changes->members.find(index);
        if (found != guild.changes->members.end() && found->second.fields) return overlaid(out.view(), *found->second.fields);
    }
    return out.take();
}

std::string guild_renderer::bot_member(parts which) const {
    member_words words;
    words.joined_ms = discord_epoch_ms + (discord_ms_of(guild_id()) + world_birth_ms) / 2;
    words.roles = {bot_role()};
    json_text out;
    write_member(out, words, which == parts::with_user ? user_json(bot_.user, bot_) : "", which);
    const auto& changes = facts_.record().changes;
    if (changes && changes->bot_fields) return overlaid(out.view(), *changes->bot_fields);
    return out.take();
}

std::string guild_renderer::named_member(std::string_view name, parts which) const {
    member_words words;
    words.joined_ms = discord_epoch_ms + world_birth_ms;
    json_text out;
    write_member(out, words, which == parts::with_user ? named_user_json(name) : "", which);
    return out.take();
}

std::uint64_t guild_renderer::member_permissions(std::uint32_t index) const {
    return index == 0 ? permission::everything : permission::everyone;
}

std::string_view guild_renderer::status_of(std::uint32_t member) const {
    random_source random(mix(facts_.member_seed(member), 0x707265ULL));
    const double draw = random.unit();
    return draw < 0.7 ? "offline" : draw < 0.85 ? "online" : draw < 0.95 ? "idle" : "dnd";
}

std::uint64_t guild_renderer::voice_channel_of(std::uint32_t member) const {
    return voice_channel_of(member, channels_of({2, 13}));
}

std::uint64_t guild_renderer::voice_channel_of(std::uint32_t member, const std::vector<std::uint32_t>& rooms) const {
    const guild_record& guild = facts_.record();
    if (guild.changes) {
        const auto found = guild.changes->voice.find(member);
        if (found != guild.changes->voice.end()) {
            // Whose room was deleted has left.
            return facts_.index_of(kind::channel, found->second) ? found->second : 0;
        }
    }
    if (member == 0 || member > facts_.base_voices()) return 0;
    return rooms.empty() ? 0 : facts_.id_of(kind::channel, rooms[member % rooms.size()]);
}

std::vector<std::uint32_t> guild_renderer::members_in_voice() const {
    std::vector<std::uint32_t> found;
    const auto rooms = channels_of({2, 13});
    for (std::uint32_t i = 1; i <= facts_.base_voices(); ++i) {
        if (facts_.is_member(i) && voice_channel_of(i, rooms) != 0) found.push_back(i);
    }
    if (const auto& changes = facts_.record().changes) {
        for (const auto& [member, channel] : changes->voice) {
            if (member > facts_.base_voices() && facts_.is_member(member) && voice_channel_of(member, rooms) != 0)
                found.push_back(member);
        }
    }
    return found;
}

std::string guild_renderer::voice_state(std::uint32_t member, std::uint64_t channel, bool with_member) const {
    random_source random(mix(facts_.member_seed(member), 0x766F69ULL, channel));
    json_text out;
    out.open('{').id("user_id", facts_.user_of(member)).field("suppress", false).field("session_id", image_hash(random));
    out.field("self_video", random.chance(0.1)).field("self_mute", random.chance(0.3)).field("self_deaf", random.chance(0.15));
    if (random.chance(0.1)) out.field("self_stream", true);
    out.field("request_to_speak_timestamp", nullptr).field("mute", false);
    if (with_member) {
        out.raw("member", this->member(member, parts::with_user));
        out.id("guild_id", guild_id());
    }
    out.field("deaf", false).id_or_null("channel_id", channel).close('}');
    return out.take();
}

std::string guild_renderer::presence(std::uint32_t member, bool with_guild_id) const {
    random_source random(mix(facts_.member_seed(member), 0x616374ULL));
    const std::string_view status = status_of(member);
    json_text out;
    out.open('{').key("user").open('{').id("id", facts_.user_of(member)).close('}');
    out.field("status", status);
    if (with_guild_id) out.id("guild_id", guild_id());
    out.key("client_status").open('{');
    if (status != "offline") out.field(random.chance(0.6) ? "desktop" : random.chance(0.7) ? "mobile" : "web", status);
    out.close('}').key("activities").open('[');
    if (status != "offline" && random.chance(0.6)) {
        const auto started = discord_epoch_ms + world_birth_ms - static_cast<std::int64_t>(random.below(7200000));
        out.open('{').field("type", 0).key("timestamps").open('{').field("start", started).close('}');
        out.field("name", guild_name(random)).field("id", image_hash(random).substr(0, 16));
        out.field("details", prose(random, 20)).field("state", prose(random, 12)).field("created_at", started + 120);
        out.key("assets").open('{').id("large_image", random.next() >> 4).field("large_text", prose(random, 12)).close('}');
        out.id("application_id", snowflake_of(86400000LL * 1500, random.next())).close('}');
    }
    if (status != "offline" && random.chance(0.3)) {
        out.open('{').field("type", 4).field("state", prose(random, 25)).field("name", "Custom Status").field("id", "custom");
        out.key("emoji").open('{').field("name", unicode_emoji(random)).close('}');
        out.field("created_at", discord_epoch_ms + world_birth_ms).close('}');
    }
    out.close(']').close('}');
    return out.take();
}

}  // namespace shoal::sim
