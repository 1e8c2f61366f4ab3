// What the bot may do in a guild and its channels: as it was drawn, and as roles and overwrites are now [6.4].

#include <algorithm>
#include <boost/json/parse.hpp>
#include <cstdlib>
#include <string>

#include "sim/core/render.hpp"

namespace shoal::sim {
namespace json = boost::json;
namespace {

std::uint64_t bits_of(const json::value& decimal) { return std::strtoull(std::string(decimal.as_string()).c_str(), nullptr, 10); }

}  // namespace

std::uint64_t guild_renderer::drawn_bot_permissions() const {
    if (bot_.admin_everywhere) return permission::everything;
    random_source random(mix(facts_.record().seed, 0x626F74ULL));
    if (random.chance(0.6)) return permission::everything;
    std::uint64_t own = permission::everyone;
    for (const std::uint64_t bit :
         {permission::manage_guild, permission::ban_members, permission::view_audit_log, permission::manage_channels}) {
        if (random.chance(0.5)) own |= bit;
    }
    return own;
}

std::uint64_t guild_renderer::role_permissions(std::uint32_t index) const {
    if (const json::value* set = overridden(kind::role, index, "permissions"); set != nullptr && set->is_string())
        return bits_of(*set);
    return bits_of(json::parse(role(index)).at("permissions"));
}

/// True if somebody changed roles, or which of them the bot has: before that everything follows from the seed.
bool guild_renderer::bot_roles_changed() const noexcept {
    const auto& changes = facts_.record().changes;
    return changes && (changes->bot_fields || !changes->entities[static_cast<std::size_t>(kind::role)].empty());
}

std::uint64_t guild_renderer::bot_permissions() const {
    if (!bot_roles_changed()) return drawn_bot_permissions();
    std::uint64_t all = role_permissions(0);
    const json::object member = json::parse(bot_member(parts::partial)).as_object();
    for (const json::value& id : member.at("roles").as_array()) {
        const auto number = parse_snowflake(std::string_view(id.as_string()));
        const auto index = number ? facts_.index_of(kind::role, *number) : std::nullopt;
        if (index) all |= role_permissions(*index);
    }
    return (all & permission::administrator) != 0 ? permission::everything : all;
}

std::uint64_t guild_renderer::bot_permissions_in(std::uint32_t channel) const {
    std::uint64_t all = bot_permissions();
    if ((all & permission::administrator) != 0) return permission::everything;
    const json::object shown = json::parse(this->channel(channel, with_guild_id::no)).as_object();
    const json::array& overwrites = shown.at("permission_overwrites").as_array();
    const json::object member = json::parse(bot_member(parts::partial)).as_object();
    const json::array& roles = member.at("roles").as_array();
    // The order of [6.4]: everyone's, then those of the bot's roles together, then its own.
    const auto apply = [&](auto&& concerns) {
        std::uint64_t allow = 0, deny = 0;
        for (const json::value& one : overwrites) {
            if (!concerns(one.at("id"))) continue;
            allow |= bits_of(one.at("allow"));
            deny |= bits_of(one.at("deny"));
        }
        all = (all & ~deny) | allow;
    };
    const json::value everyone(std::to_string(guild_id())), own(std::to_string(bot_.user));
    apply([&](const json::value& id) { return id == everyone; });
    apply([&](const json::value& id) { return std::find(roles.begin(), roles.end(), id) != roles.end(); });
    apply([&](const json::value& id) { return id == own; });
    return all;
}

/// One text channel in ten is hidden from everyone who has no role for it; the first never is.
bool guild_renderer::hidden_when_drawn(std::uint32_t channel) const {
    if ((drawn_bot_permissions() & permission::administrator) != 0) return false;
    return channel > categories() && mix(facts_.seed_of(kind::channel, channel), 5) % 10 == 0;
}

bool guild_renderer::bot_sees(std::uint32_t channel) const {
    if (bot_roles_changed() || overridden(kind::channel, channel, "permission_overwrites") != nullptr)
        return (bot_permissions_in(channel) & permission::view_channel) != 0;
    return !hidden_when_drawn(channel);
}

}  // namespace shoal::sim
