#pragma once
// What the tests of the world and of REST share. Not here: tests.

#include <boost/json.hpp>
#include <string>

#include "sim/core/world.hpp"

namespace shoal::sim::test {

namespace json = boost::json;

inline constexpr instant start = instant{} + std::chrono::hours(1);

inline world_config mix_of(std::uint32_t guilds, std::string classes = "mix") {
    world_config config;
    config.guilds = guilds;
    config.guild_classes = std::move(classes);
    return config;
}

inline json::object parsed(const shared_text& text) { return json::parse(*text).as_object(); }
inline json::object parsed(const std::string& text) { return json::parse(text).as_object(); }

inline std::uint64_t id_in(const json::object& object, const char* key = "id") {
    const json::value* value = object.if_contains(key);
    return value == nullptr || !value->is_string() ? 0 : std::stoull(std::string(value->get_string()));
}

inline constexpr std::uint64_t bit(int n) { return 1ULL << n; }

}  // namespace shoal::sim::test
