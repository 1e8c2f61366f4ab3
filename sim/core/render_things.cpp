// Channels, roles, emojis, stickers, sounds and scheduled events [6.2, 6.3, 6.8]; threads are in render_threads.cpp.

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <cstdlib>

#include "sim/core/names.hpp"
#include "sim/core/render.hpp"

namespace shoal::sim {
namespace json = boost::json;
namespace {

constexpr std::int64_t day_ms = 86400000;

void write_overwrite(json_text& out, std::uint64_t id, int type, std::uint64_t allow, std::uint64_t deny) {
    out.open('{').field("type", type).id("id", id).id("deny", deny).id("allow", allow).close('}');
}

}  // namespace

guild_renderer::guild_renderer(const guild_record& guild, std::uint32_t largest_members_listed, const bot_identity& bot)
    : facts_(guild, largest_members_listed), bot_(bot) {}

const json::value* guild_renderer::overridden(kind what, std::uint32_t index, std::string_view field) const {
    const entity_change* change = facts_.change(what, index);
    return change == nullptr || !change->fields ? nullptr
                                                : change->fields->if_contains(json::string_view(field.data(), field.size()));
}

std::string guild_renderer::changed(kind what, std::uint32_t index, std::string text) const {
    const entity_change* change = facts_.change(what, index);
    return change == nullptr || !change->fields ? text : overlaid(text, *change->fields);
}

std::uint32_t guild_renderer::categories() const { return std::max(1U, facts_.base_count(kind::channel) / 8); }

int guild_renderer::channel_type(std::uint32_t index) const {
    if (const json::value* type = overridden(kind::channel, index, "type"); type != nullptr && type->is_int64()) {
        return static_cast<int>(type->get_int64());
    }
    const std::uint32_t first = categories();
    if (index < first) return 4;
    if (index == first) return 0;
    if (index == first + 1) return 2;
    const std::uint64_t draw = facts_.seed_of(kind::channel, index) % 100;
    if (!is_big()) return draw < 72 ? 0 : 2;
    return draw < 68 ? 0 : draw < 86 ? 2 : draw < 91 ? 5 : draw < 97 ? 15 : 13;
}

std::optional<std::uint32_t> guild_renderer::parent_index_of(std::uint32_t channel) const {
    if (const json::value* parent = overridden(kind::channel, channel, "parent_id"); parent != nullptr) {
        const auto* text = parent->if_string();
        const auto id = text == nullptr ? std::nullopt : parse_snowflake(std::string_view(*text));
        return id ? facts_.index_of(kind::channel, *id) : std::nullopt;
    }
    if (channel_type(channel) == 4) return std::nullopt;
    const std::uint32_t parent = channel % categories();
    return facts_.exists(kind::channel, parent) ? std::optional(parent) : std::nullopt;
}

std::uint64_t guild_renderer::parent_of(std::uint32_t channel) const {
    const auto parent = parent_index_of(channel);
    return parent ? facts_.id_of(kind::channel, *parent) : 0;
}

std::vector<std::uint32_t> guild_renderer::channels_of(std::initializer_list<int> types) const {
    std::vector<std::uint32_t> found;
    for (std::uint32_t i = 0; i < facts_.end_index(kind::channel); ++i) {
        if (!facts_.exists(kind::channel, i)) continue;
        if (std::find(types.begin(), types.end(), channel_type(i)) != types.end()) found.push_back(i);
    }
    return found;
}

std::string guild_renderer::channel(std::uint32_t index, with_guild_id with) const {
    random_source random(facts_.seed_of(kind::channel, index));
    const std::uint32_t revision = facts_.revision(kind::channel, index);
    random_source latest(mix(facts_.seed_of(kind::channel, index), revision, 2));
    const std::uint64_t id = facts_.id_of(kind::channel, index);
    const int type = channel_type(index);
    const bool voice = type == 2 || type == 13, text = type == 0 || type == 5, posts = type == 15 || type == 16;
    json_text out;
    out.open('{').field("version", 1'700'000'000'000 + discord_ms_of(id) / 4 + revision).field("type", type);
    if (text || posts) {
        if (posts || random.chance(0.25)) {
            out.text("topic", prose(latest, random.chance(0.03) ? 400 : 30 + random.below(90)), some_spelling(random));
        } else {
            out.field("topic", nullptr);
        }
    }
    if (type != 4) out.field("rate_limit_per_user", random.chance(0.1) ? static_cast<int>(random.below(21600)) : 0);
    if (voice) {
        out.field("user_limit", random.chance(0.3) ? static_cast<int>(random.below(99)) : 0).field("rtc_region", nullptr);
        out.field("bitrate", 64000).field("voice_background_display", nullptr).field("status", nullptr);
    }
    out.field("position", static_cast<int>(index < categories() ? index : index - categories()));
    out.key("permission_overwrites").open('[');
    if (hidden_when_drawn(index)) write_overwrite(out, guild_id(), 0, 0, permission::view_channel);
    // From words of their own and among the first roles: later roles must not change what other fields say.
    random_source overwrite_words(mix(facts_.seed_of(kind::channel, index), 4));
    const std::size_t overwrites = std::min<std::size_t>(geometric(overwrite_words, is_big() ? 3.9 : 1.4), 60);
    const std::uint32_t roles = facts_.base_count(kind::role);
    std::vector<std::uint64_t> named;
    for (std::size_t i = 0; i < overwrites && roles > 2; ++i) {
        const auto role = static_cast<std::uint32_t>(2 + overwrite_words.below(roles - 2));
        const bool of_member = overwrite_words.chance(0.1);
        const std::uint64_t allow = 1ULL << overwrite_words.below(21);
        const std::uint64_t deny = overwrite_words.chance(0.4) ? permission::send_messages & ~allow : 0;
        const std::uint64_t whom = of_member ? facts_.user_of(0) : facts_.id_of(kind::role, role);
        if ((!of_member && !facts_.exists(kind::role, role)) || std::find(named.begin(), named.end(), whom) != named.end())
            continue;
        named.push_back(whom);
        write_overwrite(out, whom, of_member ? 1 : 0, allow, deny);
    }
    out.close(']');
    if (type != 4) out.id_or_null("parent_id", parent_of(index));
    out.field("nsfw", random.chance(0.05));
    out.text("name", type == 4 ? role_name(latest) : voice ? voice_name(latest) : channel_name(latest), some_spelling(random));
    if (type != 4) {
        const std::uint64_t last =
            snowflake_of(discord_ms_of(id) + static_cast<std::int64_t>(random.below(30)) * day_ms, random.next());
        out.id_or_null("last_message_id", random.chance(0.8) ? last : 0);
    }
    if (text && random.chance(0.2)) out.field("last_pin_timestamp", iso_time(discord_epoch_ms + discord_ms_of(id) + day_ms));
    out.id("id", id);
    if (posts) {
        out.key("available_tags").open('[');
        for (std::uint64_t i = 0, tags = random.below(8); i < tags; ++i) {
            out.open('{').id("id", id + i + 1).field("name", emoji_name(random).substr(0, 20)).field("moderated", false);
            out.field("emoji_id", nullptr).field("emoji_name", unicode_emoji(random)).close('}');
        }
        out.close(']').key("default_reaction_emoji").open('{').field("emoji_id", nullptr).field("emoji_name", "👍").close('}');
        out.field("default_sort_order", nullptr).field("default_forum_layout", 0).field("default_thread_rate_limit_per_user", 0);
    }
    if (type != 4) {
        out.key("icon_emoji").open('{').field("name", unicode_emoji(random)).field("id", nullptr).close('}');
        out.field("theme_color", nullptr);
    }
    if (with == with_guild_id::yes) out.id("guild_id", guild_id());
    out.field("flags", posts ? 16 : 0).close('}');
    return changed(kind::channel, index, out.take());
}

std::string guild_renderer::role(std::uint32_t index) const {
    random_source random(facts_.seed_of(kind::role, index));
    const std::uint32_t revision = facts_.revision(kind::role, index);
    random_source latest(mix(facts_.seed_of(kind::role, index), revision, 2));
    const std::uint64_t id = facts_.id_of(kind::role, index);
    const bool everyone = index == 0, of_bot = index == 1;
    const bool managed = of_bot || (!everyone && random.chance(0.15));
    const int color = everyone || random.chance(0.3) ? 0 : static_cast<int>(latest.below(0x1000000));
    json_text out;
    out.open('{').field("version", 1'700'000'000'000 + revision);
    if (!everyone && is_big() && random.chance(0.1)) {
        out.field("unicode_emoji", unicode_emoji(random));
    } else {
        out.field("unicode_emoji", nullptr);
    }
    out.key("tags").open('{');
    if (of_bot) out.id("bot_id", bot_.user);
    if (managed && !of_bot) {
        if (random.chance(0.2)) {
            out.field("premium_subscriber", nullptr);
        } else {
            out.id("bot_id", snowflake_of(day_ms * 900, random.next()));
        }
    }
    out.close('}').field("position", static_cast<int>(index));
    out.id("permissions", of_bot     ? drawn_bot_permissions()
                          : everyone ? permission::everyone
                                     : permission::everyone & (latest.next() | 0x400ULL));
    const std::string name = everyone ? "@everyone" : of_bot ? "Shoal bot" : role_name(latest);
    out.text("name", name, everyone ? spelling::plain : some_spelling(random));
    out.field("mentionable", !everyone && random.chance(0.2)).field("managed", managed).id("id", id);
    if (!everyone && is_big() && random.chance(0.15)) {
        out.field("icon", image_hash(random));
    } else {
        out.field("icon", nullptr);
    }
    out.field("hoist", !everyone && random.chance(0.3)).field("flags", 0).field("description", nullptr);
    out.key("colors").open('{').field("tertiary_color", nullptr);
    if (color != 0 && facts_.record().size >= guild_class::large && random.chance(0.1)) {
        out.field("secondary_color", static_cast<int>(latest.below(0x1000000)));
    } else {
        out.field("secondary_color", nullptr);
    }
    out.field("primary_color", color).close('}').field("color", color).close('}');
    return changed(kind::role, index, out.take());
}

std::string guild_renderer::emoji(std::uint32_t index) const {
    random_source random(facts_.seed_of(kind::emoji, index));
    json_text out;
    out.open('{').key("roles").open('[').close(']').field("require_colons", true).field("name", emoji_name(random));
    out.field("managed", random.chance(0.02)).id("id", facts_.id_of(kind::emoji, index)).field("available", true);
    out.field("animated", random.chance(0.3)).field("version", 1'700'000'000'000).close('}');
    return changed(kind::emoji, index, out.take());
}

std::string guild_renderer::sticker(std::uint32_t index) const {
    random_source random(facts_.seed_of(kind::sticker, index));
    json_text out;
    out.open('{').field("type", 2).field("tags", unicode_emoji(random)).field("name", emoji_name(random));
    out.id("id", facts_.id_of(kind::sticker, index)).id("guild_id", guild_id());
    out.field("format_type", 1 + static_cast<int>(random.below(4))).field("description", prose(random, 12));
    out.field("available", true).field("asset", "").close('}');
    return changed(kind::sticker, index, out.take());
}

std::string guild_renderer::sound(std::uint32_t index) const {
    random_source random(facts_.seed_of(kind::sound, index));
    json_text out;
    out.open('{').raw("volume", random.chance(0.5) ? "1.0" : "0.5").id("user_id", facts_.user_of(0));
    out.id("sound_id", facts_.id_of(kind::sound, index)).field("name", emoji_name(random)).id("guild_id", guild_id());
    out.field("emoji_name", unicode_emoji(random)).field("emoji_id", nullptr).field("available", true).close('}');
    return out.take();
}

std::string guild_renderer::scheduled_event(std::uint32_t index) const {
    random_source random(facts_.seed_of(kind::scheduled, index));
    const std::int64_t start = discord_epoch_ms + world_birth_ms + static_cast<std::int64_t>(random.below(90)) * day_ms;
    json_text out;
    out.open('{').id("id", facts_.id_of(kind::scheduled, index)).id("guild_id", guild_id()).field("channel_id", nullptr);
    out.id("creator_id", facts_.user_of(0)).field("name", guild_name(random)).field("description", prose(random, 80));
    out.field("scheduled_start_time", iso_time(start)).field("scheduled_end_time", iso_time(start + 7200000));
    out.field("privacy_level", 2).field("status", 1).field("entity_type", 3).field("entity_id", nullptr);
    out.key("entity_metadata").open('{').field("location", prose(random, 10)).close('}');
    out.field("user_count", static_cast<int>(random.below(100)))
        .field("image", nullptr)
        .field("recurrence_rule", nullptr)
        .close('}');
    return changed(kind::scheduled, index, out.take());
}

}  // namespace shoal::sim
