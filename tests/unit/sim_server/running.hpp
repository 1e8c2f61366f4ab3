#pragma once
// A small simulator on loopback for these tests, quick at everything, and a session on it.

#include <doctest/doctest.h>

#include <boost/json.hpp>

#include "sim/server/server.hpp"
#include "unit/sim_server/raw_client.hpp"

namespace server_test {

namespace json = boost::json;

inline shoal::sim::simulator_config quick_config() {
    shoal::sim::simulator_config config;
    config.world.guilds = 3;
    config.world.guild_classes = "tiny";
    config.ready_delay_least = config.ready_delay_most = shoal::duration{};
    config.guild_creates_per_second = 1e6;
    config.late_guild_share = 0;
    config.max_concurrency = 64;
    config.rest_latency = shoal::duration{};
    config.identify_key_window = shoal::duration{};
    config.forced_op7_most = config.spontaneous_cut_most = shoal::duration{};
    return config;
}

inline std::unique_ptr<shoal::sim::server> start(shoal::sim::server_options options = {.plain = true},
                                                 shoal::sim::simulator_config config = quick_config()) {
    auto started = shoal::sim::server::start(std::move(options), shoal::sim::live(std::move(config)));
    REQUIRE_MESSAGE(started.has_value(), started.error().message());
    return std::move(*started);
}

inline json::object order(shoal::sim::server& to, std::string_view command) {
    auto answer = to.control(json::parse(command).as_object());
    CHECK_MESSAGE(!answer.contains("error"), json::serialize(answer));
    return answer;
}

inline json::object read_text(const std::optional<std::string>& text) {
    REQUIRE(text.has_value());
    return json::parse(*text).as_object();
}

/// Upgrades, identifies and reads up to the last GUILD_CREATE; the session's id.
inline std::string become_ready(raw_client& client, std::string_view target = "/?v=10&encoding=json") {
    REQUIRE(client.upgrade(target) == 101);
    CHECK(read_text(client.next_message()).at("op") == 10);
    client.identify();
    const auto ready = read_text(client.next_message());
    REQUIRE(ready.at("t") == "READY");
    const auto& data = ready.at("d").as_object();
    for (std::size_t i = 0; i < data.at("guilds").as_array().size(); ++i) {
        CHECK(read_text(client.next_message()).at("t") == "GUILD_CREATE");
    }
    return std::string(data.at("session_id").as_string());
}

}  // namespace server_test
