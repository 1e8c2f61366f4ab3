// shoal status, workers, shards, events, explain, move, drain, cordon, uncordon, pause, resume, rebalance, fence, reserve: what a
// person asks of a coordinator, and what is printed of its answer.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "config/option_table.hpp"
#include "config/token_shape.hpp"
#include "ops/cluster_state.hpp"
#include "roles/cli/commands.hpp"
#include "roles/cli/fleet_text.hpp"
#include "roles/cli/operator_choices.hpp"
#include "roles/cli/operator_line.hpp"
#include "roles/cli/remaining.hpp"
#include "roles/cli/text_table.hpp"

namespace shoal::roles::cli {
namespace {

using cluster::process_id;
using config::exit_code;
using config::startup_problem;
template <class T>
using answered = std::expected<T, startup_problem>;

struct wishes {
    std::string coordinators, certs;
    std::string shards, worker, to, incarnation, reserve, timeout = "60s";
    std::uint32_t shard = 0;
    bool json = false, dry_run = false, wait = false, follow = false;
};

std::chrono::sys_seconds calendar_now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

std::string variable(const char* name) {
    const char* const text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread.
    return text == nullptr ? std::string() : std::string(text);
}

std::string usual_certs() {
    if (auto said = variable("SHOAL_CERTS"); !said.empty()) return said;
    if (const auto config = variable("XDG_CONFIG_HOME"); !config.empty()) return config + "/shoal/certs";
    return variable("HOME") + "/.config/shoal/certs";
}

std::string usual_coordinators() {
    auto own = variable("SHOAL_COORDINATOR_URL");
    return own.empty() ? variable("COORDINATOR_URL") : own;
}

startup_problem refused(std::string sentence) { return {exit_code::failed, std::move(sentence)}; }
startup_problem bad_call(std::string sentence) { return {exit_code::bad_setting, std::move(sentence)}; }

int say(const startup_problem& problem) { return mistake(problem.sentence, problem.code); }

int print(const std::string& text) {
    fmt::print("{}", text);
    // Into a pipe, too, before anything is waited for or goes to stderr.
    std::fflush(stdout);
    return 0;
}

/// Whom or what the question names: a refusal says what there is instead.
struct named {
    std::string_view worker;
    std::uint32_t shard = 0;
};

/// The answer of the kind that belongs to the question; a refusal becomes a sentence, with the name that was probably meant.
template <class Answer>
answered<Answer> ask(operator_line& line, const cluster::operator_request& what, named about = {}) {
    auto got = line.ask(what);
    if (!got) return std::unexpected(std::move(got).error());
    if (auto* const told = std::get_if<Answer>(&*got)) return std::move(*told);
    const auto* const no = std::get_if<cluster::operator_refused>(&*got);
    if (no == nullptr) return std::unexpected(refused("the coordinator answers something else than what was asked."));
    using enum cluster::operator_refused::reason;
    const auto detail = printable(no->detail);
    if (no->why == unknown_worker || no->why == unknown_shard) {
        const auto all = line.ask(cluster::picture_ask{});
        if (const auto* const fleet = all ? std::get_if<cluster::cluster_picture>(&*all) : nullptr) {
            return std::unexpected(refused(no->why == unknown_worker ? detail + names_instead(about.worker, fleet->workers)
                                                                     : no_such_shard(about.shard, fleet->total_shards)));
        }
    }
    return std::unexpected(refused(detail + "."));
}

answered<operator_line> line_of(const wishes& w) {
    auto coordinators = coordinators_of(w.coordinators);
    if (!coordinators) return std::unexpected(std::move(coordinators).error());
    return operator_line::open({.coordinators = std::move(*coordinators), .certs = w.certs});
}

/// Asks for the fleet's picture until nothing is left of `what`, or the time is over. A coordinator that is away for a moment
/// is waited for: orders are in its store.
int wait_for(operator_line& line, const wishes& w,
             const std::function<std::vector<std::string>(const cluster::cluster_picture&)>& left, const std::string& done) {
    constexpr auto between = std::chrono::milliseconds(250);
    const auto until = std::chrono::steady_clock::now() + config::read_duration(w.timeout).value_or(std::chrono::minutes(1));
    while (true) {
        const auto fleet = ask<cluster::cluster_picture>(line, cluster::picture_ask{});
        std::vector<std::string> rest;
        if (fleet) rest = left(*fleet);
        if (fleet && rest.empty()) {
            if (!w.json) fmt::print("{}\n", done);
            return 0;
        }
        if (std::chrono::steady_clock::now() + between > until) {
            if (!fleet) return say(fleet.error());
            return mistake(fmt::format("not done within {}: {} left: {}{}.", w.timeout, counted(rest.size(), "shard"),
                                       left_text(rest), fleet->paused ? "; the fleet is paused" : ""),
                           exit_code::failed);
        }
        std::this_thread::sleep_for(between);
    }
}

// ---- looking -------------------------------------------------------------------------------------------------------------

int status(operator_line& line, const wishes& w) {
    const auto fleet = ask<cluster::cluster_picture>(line, cluster::picture_ask{});
    if (!fleet) return say(fleet.error());
    return print(w.json ? ops::cluster_state_json(*fleet, calendar_now()) : status_text(*fleet));
}

int workers(operator_line& line, const wishes& w) {
    const auto fleet = ask<cluster::cluster_picture>(line, cluster::picture_ask{});
    if (!fleet) return say(fleet.error());
    return print(w.json ? ops::cluster_workers_json(*fleet) : workers_text(*fleet));
}

int shards(operator_line& line, const wishes& w) {
    const auto chosen =
        w.shards.empty() ? std::vector<std::uint32_t>{} : config::read_numbers(w.shards).value_or(std::vector<std::uint32_t>{});
    if (!w.shards.empty() && chosen.empty())
        return say(bad_call(fmt::format("{} names no shards; write them as 0-3,7.", config::shown(w.shards))));
    auto fleet = ask<cluster::cluster_picture>(line, cluster::picture_ask{});
    if (!fleet) return say(fleet.error());
    if (!chosen.empty() && chosen.back() >= fleet->total_shards)
        return say(refused(no_such_shard(chosen.back(), fleet->total_shards)));
    if (!w.worker.empty() && std::ranges::none_of(fleet->workers, [&](const auto& one) { return one.process.value == w.worker; }))
        return say(refused(fmt::format("there is no worker {}{}", printable(w.worker), names_instead(w.worker, fleet->workers))));
    std::erase_if(fleet->shards, [&](const cluster::shard_picture& each) {
        return (!chosen.empty() && !std::ranges::binary_search(chosen, each.shard)) ||
               (!w.worker.empty() && (!each.owner || each.owner->value != w.worker));
    });
    return print(w.json ? ops::cluster_shards_json(*fleet) : shards_text(*fleet));
}

int events(operator_line& line, const wishes& w) {
    auto told = ask<cluster::events_told>(line, cluster::events_ask{});
    if (!told) return say(told.error());
    if (!w.follow)
        return print(w.json ? events_json(told->events, calendar_now()) : events_text(told->events, calendar_now(), true));
    event_follower follower;
    bool heading = true;
    while (true) {
        const auto now = calendar_now();
        const auto fresh = follower.take(told->events);
        if (w.json) {
            for (const auto& each : fresh) fmt::print("{}", event_json(each, now));
        } else {
            fmt::print("{}", events_text(fresh, now, std::exchange(heading, false)));
        }
        // Whoever reads may have gone (a pipe): then there is nobody to follow for.
        if (std::fflush(stdout) != 0) return 0;
        std::this_thread::sleep_for(std::chrono::milliseconds(500));
        // A coordinator that restarts is waited for; what it tells then may come long after what it told last.
        bool told_so = false;
        while (true) {
            told = ask<cluster::events_told>(line, cluster::events_ask{follower.asks_after()});
            if (told) break;
            if (told.error().code != exit_code::api_unreachable) return say(told.error());
            if (!std::exchange(told_so, true)) say(told.error());
            std::this_thread::sleep_for(std::chrono::milliseconds(500));
        }
    }
}

int explain(operator_line& line, const wishes& w) {
    const auto told = ask<cluster::explained>(line, cluster::explain_ask{w.shard}, {.worker = {}, .shard = w.shard});
    if (!told) return say(told.error());
    return print(w.json ? explained_json(w.shard, *told) : explained_text(*told));
}

// ---- ordering ------------------------------------------------------------------------------------------------------------

int move(operator_line& line, const wishes& w) {
    const auto chosen = config::read_numbers(w.shards);
    if (!chosen || chosen->empty())
        return say(bad_call(fmt::format("{} names no shards; write them as 0-3,7.", config::shown(w.shards))));
    cluster::move_ask what{.shards = *chosen, .to = {}, .dry_run = w.dry_run};
    if (!w.to.empty()) what.to = process_id{w.to};
    const auto plan = ask<cluster::plan_told>(line, what, {.worker = w.to, .shard = chosen->back()});
    if (!plan) return say(plan.error());
    print(w.json ? plan_json(*plan) : plan_text(*plan));
    if (!w.wait || w.dry_run || plan->moves.empty()) return 0;
    return wait_for(
        line, w, [&](const auto& fleet) { return left_of_move(*plan, fleet); },
        fmt::format("{} moved.", counted(plan->moves.size(), "shard")));
}

int drain(operator_line& line, const wishes& w) {
    const process_id process{w.worker};
    const auto plan = ask<cluster::plan_told>(line, cluster::drain_ask{process, w.dry_run}, {.worker = w.worker});
    if (!plan) return say(plan.error());
    print(w.json ? plan_json(*plan) : plan_text(*plan));
    if (!w.wait || w.dry_run) return 0;
    return wait_for(
        line, w, [&](const auto& fleet) { return left_of_drain(process, *plan, fleet); },
        fmt::format("{} is empty.", printable(w.worker)));
}

int rebalance(operator_line& line, const wishes& w) {
    const auto plan = ask<cluster::plan_told>(line, cluster::rebalance_ask{w.dry_run});
    if (!plan) return say(plan.error());
    return print(w.json ? plan_json(*plan) : plan_text(*plan));
}

int order(operator_line& line, const wishes& w, const cluster::operator_request& what) {
    const auto done = ask<cluster::operator_done>(line, what, {.worker = w.worker});
    if (!done) return say(done.error());
    return print(w.json ? done_json(*done) : printable(done->detail) + ".\n");
}

int cordon(operator_line& line, const wishes& w) { return order(line, w, cluster::cordon_ask{process_id{w.worker}, true}); }
int uncordon(operator_line& line, const wishes& w) { return order(line, w, cluster::cordon_ask{process_id{w.worker}, false}); }
int pause(operator_line& line, const wishes& w) { return order(line, w, cluster::pause_ask{true}); }
int resume(operator_line& line, const wishes& w) { return order(line, w, cluster::pause_ask{false}); }
int reserve(operator_line& line, const wishes& w) { return order(line, w, cluster::reserve_ask{w.reserve == "use"}); }

int fence(operator_line& line, const wishes& w) {
    cluster::fence_ask what{.process = process_id{w.worker}, .incarnation = {}};
    if (!w.incarnation.empty()) {
        what.incarnation = read_incarnation(w.incarnation);
        if (!what.incarnation) {
            return say(
                bad_call(fmt::format("--incarnation: {} is none; \"shoal workers --json\" shows it, 16 hexadecimal digits.",
                                     config::shown(w.incarnation))));
        }
    }
    return order(line, w, what);
}

using command = int (*)(operator_line&, const wishes&);

int run_command(command does, const wishes& w) {
    if (!config::read_duration(w.timeout))
        return say(bad_call(fmt::format("--timeout: {} is no time; write 500ms, 15s, 2m or 1h.", config::shown(w.timeout))));
    auto line = line_of(w);
    return line ? does(*line, w) : say(line.error());
}

}  // namespace

runner add_fleet(CLI::App& program) {
    auto w = std::make_shared<wishes>();
    w->coordinators = usual_coordinators();
    w->certs = usual_certs();
    auto chosen = std::make_shared<command>(nullptr);
    const auto add = [&](const char* name, const char* what, command does) {
        auto* const sub = program.add_subcommand(name, what);
        sub->add_option("--coordinator-url", w->coordinators,
                        "Where the coordinators are, with commas between; tried in turn (COORDINATOR_URL)");
        sub->add_option("--certs", w->certs, "Folder of an operator's certificate (SHOAL_CERTS; default ~/.config/shoal/certs)");
        sub->add_flag("--json", w->json, "For programs");
        sub->callback([chosen, does] { *chosen = does; });
        return sub;
    };
    const auto add_worker = [&](CLI::App* to) { to->add_option("worker", w->worker, "The worker's process id")->required(); };
    const auto add_dry_run = [&](CLI::App* to) {
        to->add_flag("--dry-run", w->dry_run, "Say what would be done, and do nothing");
    };
    const auto add_wait = [&](CLI::App* to) {
        to->add_flag("--wait", w->wait, "End when it is done");
        to->add_option("--timeout", w->timeout, "How long --wait waits; then exit code 1 and what is left")
            ->capture_default_str();
    };

    add("status", "The fleet in a few lines", &status);
    add("workers", "The workers: state, load, shards", &workers);
    auto* const shards_command = add("shards", "The shards: where they are, and how they do", &shards);
    shards_command->add_option("shards", w->shards, "These only: 0-3,7");
    shards_command->add_option("--worker", w->worker, "Those of this worker only");
    add("events", "What happened in the fleet", &events)->add_flag("--follow", w->follow, "Go on until Ctrl-C");
    add("explain", "Why a shard is where it is", &explain)->add_option("shard", w->shard, "The shard's number")->required();

    auto* const move_command = add("move", "Move shards to another worker", &move);
    move_command->add_option("shards", w->shards, "The shards: 0-3,7")->required();
    move_command->add_option("--to", w->to, "The worker; not given: where there is room");
    add_dry_run(move_command);
    add_wait(move_command);
    auto* const drain_command = add("drain", "Empty a worker, and keep it empty", &drain);
    add_worker(drain_command);
    add_dry_run(drain_command);
    add_wait(drain_command);
    add_worker(add("cordon", "Give a worker no more shards; it keeps those that it has", &cordon));
    add_worker(add("uncordon", "Give a worker shards again; ends cordon and drain", &uncordon));
    add("pause", "Move nothing; shards of lost workers wait, too", &pause);
    add("resume", "End the pause", &resume);
    add_dry_run(add("rebalance", "Spread the shards evenly again", &rebalance));
    auto* const fence_command =
        add("fence", "Your word that a worker's process is dead: its shards are taken over at once", &fence);
    add_worker(fence_command);
    fence_command->add_option("--incarnation", w->incarnation, "Only if it is still this one (shoal workers --json)");
    add("reserve", "Whether the reserve of the identify budget may be used", &reserve)
        ->add_option("what", w->reserve, "use or keep")
        ->required()
        ->check(CLI::IsMember({"use", "keep"}));
    return [w, chosen] { return *chosen == nullptr ? static_cast<int>(exit_code::failed) : run_command(*chosen, *w); };
}

}  // namespace shoal::roles::cli
