#include "roles/single/single_role.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <mutex>
#include <optional>

#include "roles/process/assembly.hpp"
#include "roles/process/exit_reasons.hpp"
#include "roles/process/first_answer.hpp"
#include "roles/process/run_files.hpp"
#include "roles/process/run_log.hpp"
#include "roles/process/shard_census.hpp"

namespace shoal::roles {

using config::exit_code;
using config::startup_problem;

namespace {

constexpr duration last_grace = std::chrono::milliseconds(500);

class single_role final : public runtime::role {
public:
    single_role(runtime::bot_runtime& bot, config::bot_settings settings, std::shared_ptr<run_outcome> outcome)
        : bot_(bot), settings_(std::move(settings)), outcome_(std::move(outcome)) {}
    ~single_role() override {
        stop(false);
        join();
    }

    [[nodiscard]] std::expected<bool, startup_problem> start(const std::vector<std::string>& warnings, int give_up_descriptor);

    void stop(bool for_good) override;
    void join() override;

private:
    enum class phase : std::uint8_t { starting, running, stopping, stopped };

    [[nodiscard]] std::expected<void, startup_problem> prepare();
    void choose_shards(std::uint32_t recommended);
    void listen(const std::string& gateway_url);
    void begin_stop(bool for_good);
    void tear_down();
    void on_ready(shard_key shard, std::uint32_t missing);
    void on_untrusted(const startup_problem& problem);
    void on_gave_up(shard_key shard, std::uint16_t close_code, std::string_view why);

    runtime::bot_runtime& bot_;
    config::bot_settings settings_;
    std::shared_ptr<run_outcome> outcome_;
    std::optional<run_log> run_log_;
    logger log_;

    run_files files_;
    net::tls_context_ptr tls_;
    std::unique_ptr<assembly> parts_;
    std::vector<shard_key> shards_;
    shard_census census_;  // On the control thread, once shards run.

    std::mutex mutex_;
    phase phase_ = phase::starting;
    std::promise<void> ended_;
    std::shared_future<void> ended_future_ = ended_.get_future().share();
    std::once_flag torn_down_;
};

std::expected<void, startup_problem> single_role::prepare() {
    run_log_.emplace(bot_.options().log, settings_);
    log_ = run_log_->log();
    auto files = open_run_files(settings_);
    if (!files) return std::unexpected(std::move(files).error());
    files_ = std::move(*files);

    auto tls = net::client_tls(settings_.ca_file);
    if (!tls) {
        return std::unexpected(problem_of_certificates(
            tls.error(), settings_.ca_file ? "--ca-file " + *settings_.ca_file : "The system's certificates"));
    }
    tls_ = std::move(*tls);
    return {};
}

void single_role::choose_shards(std::uint32_t recommended) {
    const auto total = settings_.total_shards.value_or(std::max<std::uint32_t>(1, recommended));
    if (settings_.shard_ids.empty()) {
        for (std::uint32_t id = 0; id < total; ++id) shards_.push_back({id, total});
    } else {
        for (const auto id : settings_.shard_ids) shards_.push_back({id, total});
    }
    census_.expect(shards_.size());
}

std::expected<bool, startup_problem> single_role::start(const std::vector<std::string>& warnings, int give_up_descriptor) {
    if (auto done = prepare(); !done) return std::unexpected(std::move(done.error()));
    for (const auto& warning : warnings) log_.warn(warning);
    for (const auto& warning : bot_.start_warnings()) log_.warn(warning);

    parts_ = std::make_unique<assembly>(bot_, settings_, files_, log_, tls_);
    if (auto done = parts_->open_ops(); !done) return std::unexpected(std::move(done).error());
    const auto discord =
        wait_for_first_answer(parts_->control(), parts_->discord(), settings_.start_patience, log_, give_up_descriptor);
    if (!discord) return false;
    if (!*discord) return std::unexpected(problem_of_bootstrap(discord->error(), settings_.api_base));
    choose_shards((*discord)->shards);
    listen((*discord)->url);
    const auto no_budget = [this](const failure& why) {
        outcome_->failed(problem_of_bootstrap(why, settings_.api_base));
        stop(false);
    };
    if (auto done = parts_->set_up(**discord, shards_, no_budget); !done) return std::unexpected(std::move(done.error()));
    {
        const std::lock_guard lock(mutex_);
        phase_ = phase::running;
    }
    parts_->shards().want(shards_, parts_->take_tickets());
    return true;
}

/// What shards tell on their own threads is decided on the control thread.
void single_role::listen(const std::string& gateway_url) {
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
                 control.post([this, shard, code, text = std::string(why)] { on_gave_up(shard, code, text); });
             }});
}

void single_role::on_ready(shard_key shard, std::uint32_t missing) {
    log_.info("shard ready", {{"shard", fmt::format("{}", shard.id)}, {"missing_guilds", fmt::format("{}", missing)}});
    if (census_.ready(shard)) log_.info("all shards are ready", {{"shards", fmt::format("{}", shards_.size())}});
}

void single_role::on_untrusted(const startup_problem& problem) {
    {
        const std::lock_guard lock(mutex_);
        if (phase_ != phase::running) return;
    }
    if (!census_.untrusted()) return;
    outcome_->failed(problem);
    stop(false);
}

void single_role::on_gave_up(shard_key shard, std::uint16_t close_code, std::string_view why) {
    {
        const std::lock_guard lock(mutex_);
        if (phase_ != phase::running) return;  // Shards that stop because they were told to.
    }
    auto problem = problem_of_close(shard, close_code, why, intents(bot_.intents_to_identify()));
    log_.error("a shard gave up", {{"shard", fmt::format("{}", shard.id)}, {"why", problem.sentence}});
    if (!census_.gave_up(shard, close_code)) return;
    outcome_->failed(std::move(problem));
    stop(false);
}

void single_role::stop(bool for_good) {
    {
        const std::lock_guard lock(mutex_);
        if (phase_ != phase::running) return;
        phase_ = phase::stopping;
    }
    parts_->control().post([this, for_good] { begin_stop(for_good || settings_.end_sessions); });
}

void single_role::begin_stop(bool for_good) {
    parts_->say_stopping();
    log_.info("stopping", {{"sessions", for_good ? "ended" : "stay resumable"}});
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

void single_role::tear_down() {
    parts_.reset();
    log_.info("stopped");
    if (run_log_) run_log_->flush();
    files_.folder.reset();
}

void single_role::join() {
    bool ran = false;
    {
        const std::lock_guard lock(mutex_);
        ran = phase_ != phase::starting;
    }
    if (ran) ended_future_.wait();
    std::call_once(torn_down_, [this] { tear_down(); });
}

}  // namespace

std::expected<bool, startup_problem> start_single(runtime::bot_runtime& bot, config::bot_settings settings,
                                                  const std::vector<std::string>& warnings, std::shared_ptr<run_outcome> outcome,
                                                  int give_up_descriptor) {
    if (bot.is_open()) return std::unexpected(startup_problem{exit_code::failed, "This bot is running already."});
    auto role = std::make_unique<single_role>(bot, std::move(settings), std::move(outcome));
    auto started = role->start(warnings, give_up_descriptor);
    if (!started || !*started) {
        role->join();
        return started;
    }
    bot.attach(std::move(role));
    return true;
}

}  // namespace shoal::roles
