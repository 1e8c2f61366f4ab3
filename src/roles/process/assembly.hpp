#pragma once
// The parts of one run: the control thread with HTTP, identify desk and the bot's REST, and the threads with the shards. Made in
// the order in which they need each other, and taken apart in the other. Not here: what is decided about them (single_role.hpp).

#include <atomic>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/logger.hpp"
#include "bot/checkpoint_desk.hpp"
#include "bot/runtime.hpp"
#include "config/bot_options.hpp"
#include "host/bootstrap.hpp"
#include "host/identify_desk.hpp"
#include "host/shard_host.hpp"
#include "net/io_thread.hpp"
#include "ops/ops_port.hpp"
#include "ops/process_probe.hpp"
#include "roles/process/run_files.hpp"

namespace shoal::roles {

/// How a fleet's coordinator bounds and follows the shards of a worker; see host_options.
struct fleet_ports {
    host::permit_source& permits;
    host::shard_rights& rights;
    std::function<void(shard_key)> on_changed;
    std::function<void(shard_key, std::optional<gateway::resume_ticket>)> on_gone;
    duration cut_after{};
};

class assembly {
public:
    /// Makes what is needed to ask Discord. All that is passed by reference must outlive it.
    assembly(runtime::bot_runtime& bot, const config::bot_settings& settings, const run_files& files, logger log,
             net::tls_context_ptr tls);
    /// No shard may run any more, and no handler.
    ~assembly();
    assembly(const assembly&) = delete;
    assembly& operator=(const assembly&) = delete;

    /// Carries REST, the identify desk and the role's own decisions; no shard lives on it.
    [[nodiscard]] net::io_thread& control() noexcept { return *control_; }
    [[nodiscard]] const host::gateway_bot_source& discord() const noexcept { return source_; }

    /// Opens the ops address, if the settings name one: from here on it says "starting".
    [[nodiscard]] std::expected<void, config::startup_problem> open_ops();
    /// What the ops address says from now on. On the control thread.
    void say_stopping() noexcept { stopping_ = true; }
    void say_serving(bool serves) noexcept { serves_ = serves; }
    /// What a role knows besides, added each time that somebody asks. Empty: nothing.
    void say_more(std::function<void(ops::node_picture&)> what) { more_ = std::move(what); }

    /// Makes the rest, up to the last step before `shards` run. `no_budget` is called on the control thread when Discord does not
    /// say any more how many IDENTIFYs are left.
    [[nodiscard]] std::expected<void, config::startup_problem> set_up(const host::gateway_bot& discord,
                                                                      const std::vector<shard_key>& shards,
                                                                      std::function<void(const failure&)> no_budget);
    /// The same for a worker, whose shards come later, with their permits and tickets. What `fleet` refers to outlives this.
    [[nodiscard]] std::expected<void, config::startup_problem> set_up_worker(const host::gateway_bot& discord, fleet_ports fleet);
    /// After set_up(), once: the sessions of the process before that can be gone on with.
    [[nodiscard]] std::map<shard_key, gateway::resume_ticket> take_tickets() { return std::move(tickets_); }
    /// After set_up().
    [[nodiscard]] host::shard_host& shards() noexcept { return *host_; }

private:
    [[nodiscard]] std::vector<host::shard_thread> make_threads(std::size_t most);
    [[nodiscard]] std::expected<void, config::startup_problem> make_host(host::host_options options,
                                                                         std::vector<host::shard_thread> threads,
                                                                         host::permit_source& permits);
    void recall(const std::vector<shard_key>& shards);
    [[nodiscard]] std::expected<void, config::startup_problem> open_bot();
    /// On the control thread.
    [[nodiscard]] ops::node_picture picture();
    [[nodiscard]] host::host_options host_options_for(const std::string& gateway_url) const;

    runtime::bot_runtime& bot_;
    const config::bot_settings& settings_;
    const run_files& files_;
    const logger log_;
    net::tls_context_ptr tls_;

    std::unique_ptr<net::io_thread> control_;
    std::unique_ptr<net::http_client> http_;
    std::shared_ptr<host::bad_answer_log> bad_answers_;
    host::gateway_bot_source source_;
    std::unique_ptr<host::identify_desk> desk_;
    std::vector<std::unique_ptr<net::io_thread>> threads_;
    std::vector<std::unique_ptr<net::dialer>> dialers_;
    std::shared_ptr<runtime::checkpoint_desk> checkpoints_;  // Outlives the host.
    std::map<shard_key, gateway::resume_ticket> tickets_;
    std::unique_ptr<host::shard_host> host_;
    bool opened_ = false;

    // On the control thread, as soon as it is open.
    ops::process_probe probe_;
    bool stopping_ = false, serves_ = false;
    std::function<void(ops::node_picture&)> more_;
    std::atomic<bool> made_ = false;  // Set by the thread that starts.
    std::unique_ptr<ops::ops_port> ops_;
};

}  // namespace shoal::roles
