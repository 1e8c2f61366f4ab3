#include "roles/process/bot_role.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "roles/process/exit_reasons.hpp"
#include "roles/process/first_answer.hpp"

namespace shoal::roles {

using config::exit_code;
using config::startup_problem;

namespace {
constexpr duration last_grace = std::chrono::milliseconds(500);
}

bot_role::bot_role(runtime::bot_runtime& bot, config::bot_settings settings, std::shared_ptr<run_outcome> outcome)
    : bot_(bot), settings_(std::move(settings)), outcome_(std::move(outcome)) {}

bot_role::done bot_role::make_parts() {
    run_log_.emplace(bot_.options().log, settings_);
    log_ = run_log_->log();
    if (auto ok = prepare(); !ok) return ok;
    auto files = open_run_files(settings_);
    if (!files) return std::unexpected(std::move(files).error());
    files_ = std::move(*files);
    auto tls = net::client_tls(settings_.ca_file);
    if (!tls) {
        return std::unexpected(problem_of_certificates(
            tls.error(), settings_.ca_file ? "--ca-file " + *settings_.ca_file : "The system's certificates"));
    }
    parts_ = std::make_unique<assembly>(bot_, settings_, files_, log_, std::move(*tls));
    return parts_->open_ops();
}

std::expected<bool, startup_problem> bot_role::start(const std::vector<std::string>& warnings, int give_up_descriptor) {
    if (auto ok = make_parts(); !ok) return std::unexpected(std::move(ok).error());
    for (const auto& warning : warnings) log_.warn(warning);
    for (const auto& warning : bot_.start_warnings()) log_.warn(warning);
    if (auto ok = open_doors(); !ok) return std::unexpected(std::move(ok).error());
    const auto discord =
        wait_for_first_answer(parts_->control(), parts_->discord(), settings_.start_patience, log_, give_up_descriptor);
    if (!discord) return false;
    if (!*discord) return std::unexpected(problem_of_bootstrap(discord->error(), settings_.api_base));
    listen((*discord)->url);
    if (auto ok = set_up(**discord); !ok) return std::unexpected(std::move(ok).error());
    {
        const std::lock_guard lock(mutex_);
        phase_ = phase::running;
    }
    begin();
    return true;
}

/// What shards tell on their own threads is decided on the control thread.
void bot_role::listen(const std::string& gateway_url) {
    auto& control = parts_->control();
    bot_.listen(
        {.shard_ready = [this, &control](
                            shard_key shard,
                            std::uint32_t missing) { control.post([this, shard, missing] { on_ready(shard, missing); }); },
         .status = {},
         .untrusted =
             [this, &control, gateway_url](shard_key, std::string_view why) {
                 control.post([this, problem = problem_of_gateway_certificate(gateway_url, why)] { on_untrusted(problem); });
             },
         .gave_up =
             [this, &control](shard_key shard, std::uint16_t code, std::string_view why) {
                 control.post([this, shard, code, text = std::string(why)] {
                     if (!is_running()) return;  // Shards that stop because they were told to.
                     auto problem = problem_of_close(shard, code, text, intents(bot_.intents_to_identify()));
                     log_.error("a shard gave up", {{"shard", fmt::format("{}", shard.id)}, {"why", problem.sentence}});
                     on_gave_up(shard, code, std::move(problem));
                 });
             }});
}

bool bot_role::is_running() {
    const std::lock_guard lock(mutex_);
    return phase_ == phase::running;
}

void bot_role::fail(startup_problem why) {
    outcome_->failed(std::move(why));
    stop(false);
}

void bot_role::stop(bool for_good) {
    {
        const std::lock_guard lock(mutex_);
        if (phase_ != phase::running) return;
        phase_ = phase::stopping;
    }
    parts_->control().post([this, for_good] {
        parts_->say_stopping();
        begin_stop(for_good || settings_.end_sessions);
    });
}

void bot_role::end_shards(bool for_good) {
    parts_->shards().stop(for_good, [this](const std::map<shard_key, gateway::resume_ticket>&) {
        // The host has waited for the handlers of its events; what is left are those that no event holds.
        bot_.drain(last_grace, [this] {
            const std::lock_guard lock(mutex_);
            phase_ = phase::stopped;
            ended_.set_value();
            outcome_->mark_ended();
        });
    });
}

void bot_role::tear_down() {
    if (parts_) {
        close_doors();
        parts_.reset();
        let_go();
    }
    log_.info("stopped");
    if (run_log_) run_log_->flush();
    files_.folder.reset();
}

void bot_role::join() {
    bool ran = false;
    {
        const std::lock_guard lock(mutex_);
        ran = phase_ != phase::starting;
    }
    if (ran) ended_future_.wait();
    std::call_once(torn_down_, [this] { tear_down(); });
}

std::expected<bool, startup_problem> start_role(runtime::bot_runtime& bot, std::unique_ptr<bot_role> role,
                                                const std::vector<std::string>& warnings, int give_up_descriptor) {
    if (bot.is_open()) return std::unexpected(startup_problem{exit_code::failed, "This bot is running already."});
    auto started = role->start(warnings, give_up_descriptor);
    if (!started || !*started) {
        role->join();
        return started;
    }
    bot.attach(std::move(role));
    return true;
}

}  // namespace shoal::roles
