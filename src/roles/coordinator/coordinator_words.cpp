#include "roles/coordinator/coordinator_words.hpp"

#include <fmt/format.h>

#include <chrono>

#include "store/errc.hpp"

namespace shoal::roles {

using config::exit_code;
using config::startup_problem;

namespace {

ops::fleet_use use_of(const cluster::cluster_picture& fleet, const cluster::brain::alarms& alarms,
                      const std::array<std::uint64_t, cluster::refusals>& refused) {
    std::array<std::uint64_t, cluster::worker_states> workers{};
    for (const auto& each : fleet.workers) ++workers[static_cast<std::size_t>(each.state)];
    std::array<std::uint64_t, cluster::placement_states> shards{};
    for (const auto& each : fleet.shards) ++shards[static_cast<std::size_t>(each.state)];
    ops::fleet_use use;
    for (std::size_t i = 0; i < workers.size(); ++i)
        use.workers.emplace_back(to_string(static_cast<cluster::worker_state>(i)), workers[i]);
    for (std::size_t i = 0; i < shards.size(); ++i)
        use.shards.emplace_back(to_string(static_cast<cluster::placement_state>(i)), shards[i]);
    for (std::size_t i = 0; i < alarms.size(); ++i)
        use.alarms.emplace_back(cluster::name_of(static_cast<cluster::alarm_kind>(i)), alarms[i].empty() ? 0 : 1);
    for (std::size_t i = 0; i < refused.size(); ++i)
        use.refused.emplace_back(cluster::name_of(static_cast<cluster::refusal>(i)), refused[i]);
    return use;
}

}  // namespace

startup_problem problem_of_store(const failure& why, std::string_view path) {
    const auto said = why.detail().empty() ? std::string(why.text()) : why.detail();
    if (why.is(store::errc::in_use)) {
        return {exit_code::state_unusable,
                fmt::format("The store {} is open in another process; a fleet has one coordinator a store: end the other one, or "
                            "give this one its own --state-dir.",
                            path)};
    }
    if (why.is(store::errc::unwritable)) {
        return {exit_code::state_unusable,
                fmt::format("The store {} cannot be written ({}); give this user the right to write it and its folder, or choose "
                            "another path with --store.",
                            path, said)};
    }
    if (why.is(store::errc::full))
        return {exit_code::disk_full, fmt::format("There is no room for the store {}; free some space on its disk.", path)};
    if (why.is(store::errc::newer_version)) {
        return {exit_code::state_unusable,
                fmt::format("The store {} was written by a newer version of Shoal ({}); start that version.", path, said)};
    }
    return {exit_code::state_unusable, fmt::format("The store {} cannot be used ({}).", path, why.message())};
}

void show(ops::node_picture& node, const host::bad_answer_counts& counts) {
    const auto count = [&](host::bad_answer kind) { return counts[static_cast<std::size_t>(kind)]; };
    using enum host::bad_answer;
    node.answers = {.not_http = count(not_http),
                    .cut_short = count(cut_short),
                    .too_large = count(too_large),
                    .endless = count(endless),
                    .not_json = count(not_json),
                    .wrong_shape = count(wrong_shape)};
}

void show(ops::node_picture& node, const cluster::cluster_picture& fleet, const cluster::brain::alarms& alarms,
          const std::array<std::uint64_t, cluster::refusals>& refused) {
    // One that cannot store gives no order: it does not do what it is there for, though its workers go on.
    const auto& store = alarms[static_cast<std::size_t>(cluster::alarm_kind::store)];
    node.serves = fleet.waiting_for.empty() && store.empty();
    if (!store.empty()) {
        node.trouble = fmt::format("the store cannot be written ({}): no shard is moved and no IDENTIFY permitted", store);
    } else if (!fleet.waiting_for.empty()) {
        node.trouble = fmt::format("waits for {}", fleet.waiting_for);
    } else {
        for (const auto& each : alarms)
            if (!each.empty()) node.trouble += (node.trouble.empty() ? "" : "; ") + each;
    }
    node.fleet = use_of(fleet, alarms, refused);
    const auto& budget = fleet.identify;
    node.identify = {.total = budget.total,
                     .remaining = budget.remaining,
                     .resets_in_seconds = std::chrono::duration<double>(budget.reset_after).count(),
                     .spent = budget.spent,
                     .foreign = budget.foreign,
                     .waiting = budget.waiting,
                     .trouble = budget.trouble};
}

}  // namespace shoal::roles
