#include "sim/core/giant_guild.hpp"

#include <boost/json.hpp>

#include <fmt/format.h>

namespace shoal::sim {

namespace json = boost::json;

namespace {
/// Ids next to the guild's own: the same millisecond, or the ones after it.
std::string neighbour(std::uint64_t guild, std::uint64_t n) { return std::to_string(guild + 1 + n); }

json::array& list_of(json::object& guild, std::string_view key) {
    json::value& value = guild[key];
    if (!value.is_array()) value = json::array{};
    return value.as_array();
}
}  // namespace

std::string make_giant(std::string_view guild_create, std::uint64_t guild, std::uint32_t roles, std::size_t bytes) {
    json::error_code bad;
    json::value parsed = json::parse(guild_create, bad);
    if (bad || !parsed.is_object()) parsed = json::object{{"id", std::to_string(guild)}};
    json::object& whole = parsed.as_object();
    json::array& role_list = list_of(whole, "roles");
    for (std::uint64_t n = role_list.size(); n < roles; ++n) {
        role_list.push_back({{"id", neighbour(guild, n)},
                             {"name", fmt::format("role {}", n)},
                             {"color", n},
                             {"hoist", false},
                             {"position", n},
                             {"permissions", "1071698660929"},
                             {"managed", n % 7 == 0},
                             {"mentionable", false},
                             {"flags", 0}});
    }
    std::string text = json::serialize(parsed);
    if (text.size() >= bytes) return text;

    json::array& members = list_of(whole, "members");
    const std::string filler(200, 'x');
    std::size_t size = text.size();
    for (std::uint64_t n = 0; size < bytes; ++n) {
        json::object member{{"user",
                             {{"id", neighbour(guild, 1'000'000 + n)},
                              {"username", fmt::format("giant{}", n)},
                              {"discriminator", "0"},
                              {"global_name", filler},
                              {"avatar", nullptr}}},
                            {"nick", nullptr},
                            {"roles", json::array{}},
                            {"joined_at", "2026-01-01T00:00:00.000000+00:00"},
                            {"deaf", false},
                            {"mute", false},
                            {"flags", 0}};
        size += json::serialize(member).size() + 1;
        members.push_back(std::move(member));
    }
    whole["member_count"] = std::max<std::uint64_t>(members.size(), 1);
    whole["large"] = true;
    return json::serialize(parsed);
}

}  // namespace shoal::sim
