// shoal::start, run and main for one process.

#include "shoal/run.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "config/bot_options.hpp"
#include "roles/process/entry.hpp"
#include "roles/process/exit_reasons.hpp"
#include "roles/single/single_role.hpp"

namespace shoal {
inline namespace v0 {

namespace {

std::string joined(const std::vector<std::uint32_t>& numbers) {
    std::string list;
    for (const auto number : numbers) list += fmt::format("{}{}", list.empty() ? "" : ",", number);
    return list;
}

config::option_sources sources_of(const bot& which, const single& how) {
    auto sources = roles::sources_of(which);
    roles::say(sources, "shard-ids", joined(how.shards));
    if (how.total_shards) roles::say(sources, "total-shards", fmt::format("{}", *how.total_shards));
    return sources;
}

}  // namespace

result<void> start(bot& which, single how) {
    auto settings = config::read_bot_settings(sources_of(which, how), "bot", secret(which.options().token));
    if (!settings) return std::unexpected(failure(bot_errc::bad_settings, settings.error().sentence));
    auto started = roles::start_single(which.inside(), std::move(settings->settings), settings->warnings,
                                       std::make_shared<roles::run_outcome>());
    if (!started) return std::unexpected(failure(roles::start_errc::cannot_start, started.error().sentence));
    return {};
}

int run(bot& which, single how) {
    constexpr std::string_view program = "bot";
    auto settings = config::read_bot_settings(sources_of(which, how), program, secret(which.options().token));
    if (!settings) return roles::say_why(program, settings.error());
    return roles::run_to_end(which, std::move(*settings), program, roles::start_single);
}

int main(bot& which, int argc, char** argv) {
    const auto program = config::program_name(argc > 0 ? argv[0] : "bot");
    auto sources = sources_of(which, {});
    for (int i = 1; i < argc; ++i) sources.arguments.emplace_back(argv[i]);
    auto settings = config::read_bot_settings(sources, program, secret(which.options().token));
    if (!settings) return roles::say_why(program, settings.error());
    if (!settings->print.empty()) {
        std::fwrite(settings->print.data(), 1, settings->print.size(), stdout);
        return 0;
    }
    return roles::run_until_signal(which, std::move(*settings), program, roles::start_single);
}

}  // namespace v0
}  // namespace shoal
