#pragma once
// The composition of the simulator: gateway, world, REST, traffic. Private to simulator.cpp and control.cpp.
// Not here: decisions; each part makes its own.

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "sim/core/agenda.hpp"
#include "sim/core/command_reader.hpp"
#include "sim/core/gateway.hpp"
#include "sim/core/rest.hpp"
#include "sim/core/simulator.hpp"
#include "sim/core/traffic_pump.hpp"
#include "sim/core/world.hpp"

namespace shoal::sim {

struct simulator::impl final : rest_context {
    explicit impl(simulator_config with);

    // ---- what REST asks ----
    boost::json::object gateway_bot(instant now) override { return gate.gateway_bot(now); }
    std::optional<forced_answer> gateway_bot_fault(instant now) override { return gate.gateway_bot_fault(now); }
    std::string_view valid_token() const override { return gate.token(); }
    void leave_guild(std::uint64_t guild, instant now) override {
        where.leave_guild(guild);
        gate.guild_left(guild, now);
    }
    void publish(world_event event, instant now) override { gate.publish(event, now); }

    // ---- time ----
    /// Everything that is due at `now`, in order.
    void run_due(instant now);
    /// Asks to be woken when something is due next, if that changed.
    void ask_wake();
    void set_traffic(instant now);
    void pump(instant now, std::uint64_t round);
    void pump_slash(instant now, std::uint64_t round);
    [[nodiscard]] bool drained() const noexcept;

    // ---- control.cpp ----
    boost::json::object command(const boost::json::object& what, instant now);
    /// Those by which a user acts (control_users.cpp); nullopt for every other command.
    std::optional<boost::json::object> user_command(std::string_view name, command_reader& read, instant now);
    boost::json::object overwrite(command_reader& read, instant now);
    boost::json::object set_knobs(command_reader& read, instant now);
    boost::json::object status(instant now);

    simulator_config config;
    world where;
    agenda later;
    gateway gate;
    rest_api rest;
    traffic_pump traffic, slashes;
    random_source shards;
    std::uint64_t traffic_round = 0;
    std::uint64_t even_shard = 0;
    bool started = false;
    std::optional<instant> draining_since;
    instant last_now{};
    instant wish = never;
    std::vector<action>* out = nullptr;
};

}  // namespace shoal::sim
