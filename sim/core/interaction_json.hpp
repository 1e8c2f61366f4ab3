#pragma once
// How an interaction looks on the gateway [5.3, 5.4], and options made up to fit a command. Not here: its clocks
// (interactions.hpp).

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "sim/core/interactions.hpp"
#include "sim/core/rest_state.hpp"

namespace shoal::sim {

/// Gives each option the type that the command's definition says, and wraps them in the subcommands that `path` names.
[[nodiscard]] std::optional<boost::json::array> fitted_options(const boost::json::object& command,
                                                               const std::vector<std::string>& path, boost::json::array options);
/// Options that a user could have typed: all required ones, some others, values within choices and bounds.
[[nodiscard]] boost::json::array random_options(rest_state& state, const boost::json::object& owner, std::uint64_t guild);

/// INTERACTION_CREATE with this `data`; `message` for components and modals that came from one.
[[nodiscard]] world_event interaction_event(rest_state& state, const interaction& one, boost::json::object data,
                                            const boost::json::object* message);
/// The `resolved` part for the ids in these options; empty if there are none.
[[nodiscard]] boost::json::object resolved_of(rest_state& state, std::uint64_t guild, const boost::json::array& options);

}  // namespace shoal::sim
