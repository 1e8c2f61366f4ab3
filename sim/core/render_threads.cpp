// Threads [6.8.3]: which are active, below which channel, and how they look.

#include <algorithm>

#include "sim/core/names.hpp"
#include "sim/core/render.hpp"

namespace shoal::sim {
namespace json = boost::json;
namespace {

constexpr std::int64_t day_ms = 86400000;

}  // namespace

std::optional<std::uint32_t> guild_renderer::thread_parent(std::uint32_t thread) const {
    if (const json::value* parent = overridden(kind::thread, thread, "parent_id")) {
        const auto id = parse_snowflake(std::string_view(parent->as_string()));
        const auto at = id ? facts_.index_of(kind::channel, *id) : std::nullopt;
        return at && bot_sees(*at) ? at : std::nullopt;
    }
    const std::uint32_t channels = std::max(facts_.base_count(kind::channel), 1U);
    const std::uint64_t start = facts_.seed_of(kind::thread, thread) % channels;
    for (std::uint32_t i = 0; i < channels; ++i) {
        const auto at = static_cast<std::uint32_t>((start + i) % channels);
        const int type = channel_type(at);
        if (type != 0 && type != 15 && type != 5) continue;
        // A thread whose parent is gone is archived, one whose parent is hidden from the bot is not listed.
        return facts_.exists(kind::channel, at) && bot_sees(at) ? std::optional(at) : std::nullopt;
    }
    return std::nullopt;
}

bool guild_renderer::thread_active(std::uint32_t thread) const {
    if (!facts_.exists(kind::thread, thread) || !thread_parent(thread).has_value()) return false;
    const json::value* metadata = overridden(kind::thread, thread, "thread_metadata");
    return metadata == nullptr || metadata->at("archived") != true;
}

std::string guild_renderer::thread(std::uint32_t index, with_guild_id with) const {
    random_source random(facts_.seed_of(kind::thread, index));
    const std::uint32_t revision = facts_.revision(kind::thread, index);
    const std::uint64_t id = facts_.id_of(kind::thread, index);
    const auto parent = thread_parent(index).value_or(categories());
    const int count = static_cast<int>(random.below(500)) + static_cast<int>(revision);
    const std::string made = iso_time(discord_epoch_ms + discord_ms_of(id), 41);
    json_text out;
    out.open('{').field("type", channel_type(parent) == 5 ? 10 : random.chance(0.9) ? 11 : 12);
    out.field("total_message_sent", count);
    out.key("thread_metadata").open('{').field("locked", false).field("create_timestamp", made);
    out.field("auto_archive_duration", random.chance(0.5) ? 4320 : 10080)
        .field("archived", false)
        .field("archive_timestamp", made);
    out.close('}').field("rate_limit_per_user", 0).id("parent_id", facts_.id_of(kind::channel, parent));
    out.id("owner_id", facts_.user_of(static_cast<std::uint32_t>(random.below(std::max(1U, facts_.member_end())))));
    out.text("name", prose(random, 12 + random.below(20)), some_spelling(random)).field("message_count", count);
    out.field("member_count", 1 + static_cast<int>(random.below(50)));
    out.id("last_message_id",
           snowflake_of(discord_ms_of(id) + 1 + static_cast<std::int64_t>(random.below(day_ms)), random.next()));
    // Of threads made over REST it is known who is in them.
    if (random.chance(0.3) && overridden(kind::thread, index, "parent_id") == nullptr) {
        out.key("member").open('{').field("muted", false).field("mute_config", nullptr).field("join_timestamp", made);
        out.field("flags", 1).close('}');
    }
    out.id("id", id);
    if (with == with_guild_id::yes || random.chance(0.5)) out.id("guild_id", guild_id());
    out.field("flags", 0).key("applied_tags").open('[').close(']').close('}');
    return changed(kind::thread, index, out.take());
}

}  // namespace shoal::sim
