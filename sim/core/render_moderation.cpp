// Stage instances, rules of auto moderation, integrations: the parts of a guild that few bots look at.

#include <boost/json/serialize.hpp>

#include "sim/core/names.hpp"
#include "sim/core/render.hpp"

namespace shoal::sim {
namespace {
constexpr std::int64_t day_ms = 86400000;
}  // namespace

bool guild_renderer::has_stage_instance(std::uint32_t channel) const {
    const auto& changes = facts_.record().changes;
    if (changes) {
        const auto changed = changes->stages.find(channel);
        if (changed != changes->stages.end()) return changed->second != nullptr;
    }
    return facts_.seed_of(kind::channel, channel) % 4 == 0;
}

std::string guild_renderer::stage_instance(std::uint32_t channel) const {
    random_source random(mix(facts_.seed_of(kind::channel, channel), 3));
    json_text out;
    const std::uint64_t id = facts_.id_of(kind::channel, channel);
    out.open('{')
        .id("id", snowflake_of(discord_ms_of(id) + day_ms, random.next()))
        .id("guild_id", guild_id())
        .id("channel_id", id);
    out.field("topic", prose(random, 20)).field("privacy_level", 2).field("discoverable_disabled", true);
    out.field("guild_scheduled_event_id", nullptr).close('}');
    const auto& changes = facts_.record().changes;
    const auto* set = changes && changes->stages.contains(channel) ? changes->stages.at(channel).get() : nullptr;
    return set == nullptr ? out.take() : overlaid(out.view(), *set);
}

std::string guild_renderer::rule(std::uint32_t index) const {
    json_text out;
    out.open('{').id("id", facts_.id_of(kind::rule, index)).id("guild_id", guild_id()).close('}');
    return changed(kind::rule, index, out.take());
}

std::string guild_renderer::integration(std::uint32_t index) const {
    const bool own = index == 0;
    json_text out;
    out.open('{').id("id", facts_.id_of(kind::integration, index)).field("name", own ? bot_.name : std::string("Twitch"));
    out.field("type", own ? "discord" : "twitch").field("enabled", true);
    out.key("account").open('{').field("id", own ? std::to_string(bot_.user) : std::string("77"));
    out.field("name", own ? bot_.name : std::string("stream")).close('}');
    if (own) {
        out.key("application").open('{').id("id", bot_.application).field("name", bot_.name).field("icon", nullptr);
        out.field("description", "").raw("bot", user_json(bot_.user, bot_)).close('}');
        out.key("scopes").open('[').close(']');
    } else {
        out.raw("user", user_json(facts_.user_of(0), bot_));
        out.field("syncing", false).field("role_id", nullptr).field("enable_emoticons", true).field("expire_behavior", 0);
        out.field("expire_grace_period", 7).field("synced_at", "2026-09-30T12:00:00.000000+00:00");
        out.field("subscriber_count", 12).field("revoked", false);
    }
    out.close('}');
    return out.take();
}

}  // namespace shoal::sim
