#include "roles/worker/self_description.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "roles/process/exit_reasons.hpp"
#include "roles/worker/own_capacity.hpp"
#include "state/boot_id.hpp"

namespace shoal::roles {
namespace {

// Which incarnation had the state folder before, as text: whoever holds its lock proves that one dead.
constexpr std::string_view incarnation_file = "incarnation";

}  // namespace

std::expected<incarnations, config::startup_problem> next_incarnation(const run_files& files,
                                                                      const config::bot_settings& settings) {
    incarnations who{.now = static_cast<cluster::incarnation>(state::random_number())};
    const auto& folder = files.folder;
    if (!folder) return who;
    const auto before = folder->read(incarnation_file);
    if (before && *before) who.before = static_cast<cluster::incarnation>(std::strtoull((*before)->c_str(), nullptr, 16));
    if (auto kept = folder->write(incarnation_file, fmt::format("{:016x}\n", cluster::number(who.now))); !kept)
        return std::unexpected(problem_of_files(kept.error(), "The state folder " + settings.state_dir));
    return who;
}

cluster::worker_config describe_self(const config::bot_settings& settings, const incarnations& who, std::string listen_url) {
    cluster::worker_config config;
    config.self.process = {settings.process_id};
    config.self.incarnation = who.now;
    config.self.succeeds = who.before;
    config.self.zone = settings.fleet.zone;
    config.self.listen_url = std::move(listen_url);
    config.self.software = config::version;
    const auto own = measure_own_capacity();
    config.self.capacity = {own.millicores, own.memory_mb, settings.fleet.max_shards.value_or(0)};
    config.coordinators = settings.fleet.coordinators;
    config.rest_most = settings.rest_per_second.value_or(0);
    config.fence = settings.fleet.close_without_lease ? cluster::fence_policy::close : cluster::fence_policy::keep;
    // A coordinator that starts again waits one lease for its workers: who tries less often would find its shards given away.
    config.retry_most = std::chrono::seconds(1);
    config.seed = state::random_number();
    return config;
}

}  // namespace shoal::roles
