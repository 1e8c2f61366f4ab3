#pragma once
// What a coordinator says of its store and its fleet, to people and to whoever counts. Pure.
// Not here: when (coordinator_role.cpp).

#include <array>
#include <cstdint>
#include <string_view>

#include "cluster/brain.hpp"
#include "config/exit_codes.hpp"
#include "host/bad_answer.hpp"
#include "ops/node_picture.hpp"
#include "shoal/error.hpp"

namespace shoal::roles {

/// Why the store cannot be used at the start, and what to do about it.
[[nodiscard]] config::startup_problem problem_of_store(const failure& why, std::string_view path);

/// The fleet in numbers, and whether the coordinator does what it is there for.
void show(ops::node_picture& node, const cluster::cluster_picture& fleet, const cluster::brain::alarms& alarms,
          const std::array<std::uint64_t, cluster::refusals>& refused);

/// What Discord's API answered this coordinator that could not be read.
void show(ops::node_picture& node, const host::bad_answer_counts& counts);

}  // namespace shoal::roles
