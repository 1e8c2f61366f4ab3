#pragma once
// The life of a process that runs a bot: its log, files and parts are made, Discord is asked for its first word, it runs, it is
// told to stop, and its parts are taken down. Not here: which shards run, and when it ends by itself (src/roles/single, worker).

#include <cstdint>
#include <expected>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "bot/runtime.hpp"
#include "config/bot_options.hpp"
#include "roles/process/assembly.hpp"
#include "roles/process/run_files.hpp"
#include "roles/process/run_log.hpp"
#include "roles/process/run_on.hpp"
#include "roles/process/run_outcome.hpp"

namespace shoal::roles {

class bot_role : public runtime::role {
public:
    using done = std::expected<void, config::startup_problem>;

    /// `bot` outlives it.
    bot_role(runtime::bot_runtime& bot, config::bot_settings settings, std::shared_ptr<run_outcome> outcome);

    /// Once, on the thread that starts. False: `give_up_descriptor` became readable before Discord answered. Then, and with a
    /// problem, join() must follow and nothing runs.
    [[nodiscard]] std::expected<bool, config::startup_problem> start(const std::vector<std::string>& warnings,
                                                                     int give_up_descriptor);
    void stop(bool for_good) final;
    void join() final;

protected:
    // What a role adds, in the order in which it is asked; each with the parts of those before.
    /// Its certificates and files, before anything is made.
    [[nodiscard]] virtual done prepare() { return {}; }
    /// Its ports, before Discord is asked.
    [[nodiscard]] virtual done open_doors() { return {}; }
    /// Makes what shards need. `discord` is its first answer.
    [[nodiscard]] virtual done set_up(const host::gateway_bot& discord) = 0;
    /// The first shards may start from here on.
    virtual void begin() = 0;
    /// On the control thread, once, when the bot is to stop: ends with end_shards().
    virtual void begin_stop(bool for_good) = 0;
    /// What shards tell, on the control thread.
    virtual void on_ready(shard_key shard, std::uint32_t missing) = 0;
    virtual void on_untrusted(const config::startup_problem& problem) = 0;
    virtual void on_gave_up(shard_key shard, std::uint16_t close_code, config::startup_problem problem) = 0;
    /// Before the parts go, no shard running any more; and after.
    virtual void close_doors() {}
    virtual void let_go() {}

    // What a role has.
    [[nodiscard]] bool is_running();
    /// The run failed, for this reason, and stops.
    void fail(config::startup_problem why);
    /// Stops the shards, waits for the last handlers, and says that the run is over.
    void end_shards(bool for_good);
    [[nodiscard]] runtime::bot_runtime& bot() noexcept { return bot_; }
    [[nodiscard]] const config::bot_settings& settings() const noexcept { return settings_; }
    [[nodiscard]] const run_files& files() const noexcept { return files_; }
    [[nodiscard]] const logger& log() const noexcept { return log_; }
    [[nodiscard]] assembly& parts() noexcept { return *parts_; }
    [[nodiscard]] run_outcome& outcome() noexcept { return *outcome_; }
    /// Runs this on the control thread and waits for it. Not from that thread.
    template <class Job>
    void on_control(Job job) {
        run_on(parts_->control(), std::move(job));
    }

private:
    enum class phase : std::uint8_t { starting, running, stopping, stopped };

    [[nodiscard]] done make_parts();
    void listen(const std::string& gateway_url);
    void tear_down();

    runtime::bot_runtime& bot_;
    const config::bot_settings settings_;
    const std::shared_ptr<run_outcome> outcome_;
    std::optional<run_log> run_log_;
    logger log_;
    run_files files_;
    std::unique_ptr<assembly> parts_;

    std::mutex mutex_;
    phase phase_ = phase::starting;
    std::promise<void> ended_;
    std::shared_future<void> ended_future_ = ended_.get_future().share();
    std::once_flag torn_down_;
};

/// Starts `role` and gives it to its bot, or says why not; then nothing runs.
[[nodiscard]] std::expected<bool, config::startup_problem> start_role(runtime::bot_runtime& bot, std::unique_ptr<bot_role> role,
                                                                      const std::vector<std::string>& warnings,
                                                                      int give_up_descriptor);

}  // namespace shoal::roles
