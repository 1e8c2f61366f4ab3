#include "roles/process/assembly.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <thread>
#include <utility>

#include "bot/rest_client.hpp"
#include "roles/process/exit_reasons.hpp"
#include "roles/process/run_on.hpp"
#include "state/boot_id.hpp"

namespace shoal::roles {

using config::exit_code;
using config::startup_problem;

namespace {

gateway::compression compression_of(config::transport how) noexcept {
    switch (how) {
        case config::transport::none: return gateway::compression::none;
        case config::transport::zlib: return gateway::compression::zlib_stream;
        case config::transport::zstd: return gateway::compression::zstd_stream;
    }
    return gateway::compression::zstd_stream;
}

}  // namespace

assembly::assembly(runtime::bot_runtime& bot, const config::bot_settings& settings, const run_files& files, logger log,
                   net::tls_context_ptr tls)
    : bot_(bot), settings_(settings), files_(files), log_(std::move(log)), tls_(std::move(tls)) {
    control_ = std::make_unique<net::io_thread>("shoal-control");
    net::http_pool_options pool;
    pool.user_agent = runtime::runtime_setup{}.user_agent;
    http_ = net::make_http_client(*control_, tls_, std::move(pool));
    bad_answers_ = std::make_shared<host::bad_answer_log>(*control_, log_.named("rest"));
    source_ = host::gateway_bot_over_http(*http_, settings_.api_base, settings_.token, runtime::runtime_setup{}.user_agent,
                                          bad_answers_);
}

std::expected<void, startup_problem> assembly::open_ops() {
    if (!settings_.ops) return {};
    std::expected<void, startup_problem> done;
    run_on(*control_, [&] {
        auto opened = ops::ops_port::open(
            *control_, {*settings_.ops, settings_.ops_token_file, settings_.certs}, [this] { return picture(); },
            log_.named("ops"));
        if (opened) {
            ops_ = std::move(*opened);
        } else {
            done = std::unexpected(std::move(opened).error());
        }
    });
    if (!done) return done;
    log_.info("the ops address is open", {{"url", ops_->url()}});
    return {};
}

ops::node_picture assembly::picture() {
    ops::node_picture node;
    node.process_id = settings_.process_id;
    node.mode = settings_.mode == config::run_mode::worker ? "worker" : "single";
    node.version = config::version;
    node.stopping = stopping_;
    node.process = probe_.look(control_->now());
    if (ops_) node.ops_connections = ops_->connections();
    if (more_) more_(node);
    // Shards are made by another thread, after the desk: who sees the flag sees both.
    if (!made_.load(std::memory_order_acquire)) return node;
    node.shards = bot_.shards();
    node.rest = bot_.rest().status();
    node.answers = bot_.bad_answers();
    node.serves = serves_;
    if (desk_ == nullptr) return node;
    const auto budget = desk_->budget();
    auto& identify = node.identify.emplace();
    identify.total = budget.seen.total;
    identify.remaining = budget.seen.remaining;
    identify.spent = budget.spent;
    identify.foreign = budget.foreign;
    identify.waiting = budget.waiting;
    identify.trouble = budget.trouble;
    return node;
}

std::expected<void, startup_problem> assembly::set_up(const host::gateway_bot& discord, const std::vector<shard_key>& shards,
                                                      std::function<void(const failure&)> no_budget) {
    if (auto done = reserve_journals(settings_, shards.size()); !done) return done;
    auto threads = make_threads(shards.size());

    host::desk_options desk;
    desk.policy.use_reserve = settings_.use_identify_reserve;
    desk.log = log_.named("identify");
    auto ledger = host::ledger_in_file(files_.ledger_path, files_.application, files_.boot_id, desk.log);
    desk_ = std::make_unique<host::identify_desk>(*control_, std::move(ledger), source_, std::move(desk), std::move(no_budget));
    desk_->budget_seen(discord.limit);

    recall(shards);
    if (auto done = make_host(host_options_for(discord.url), std::move(threads), *desk_); !done) return done;
    log_.info("starting", {{"shards", fmt::format("{}", shards.size())},
                           {"total", fmt::format("{}", shards.front().total)},
                           {"gateway", discord.url},
                           {"intents", fmt::format("{}", bot_.intents_to_identify())},
                           {"identifies_left", fmt::format("{}", discord.limit.remaining)},
                           {"max_concurrency", fmt::format("{}", discord.limit.max_concurrency)},
                           {"threads", fmt::format("{}", threads_.size())}});
    return {};
}

std::expected<void, startup_problem> assembly::set_up_worker(const host::gateway_bot& discord, fleet_ports fleet) {
    auto threads = make_threads(std::numeric_limits<std::size_t>::max());
    auto options = host_options_for(discord.url);
    options.rights = &fleet.rights;
    options.on_changed = std::move(fleet.on_changed);
    options.on_gone = std::move(fleet.on_gone);
    options.cut_after = fleet.cut_after;
    if (auto done = make_host(std::move(options), std::move(threads), fleet.permits); !done) return done;
    log_.info("starting as a worker", {{"gateway", discord.url},
                                       {"intents", fmt::format("{}", bot_.intents_to_identify())},
                                       {"threads", fmt::format("{}", threads_.size())}});
    return {};
}

std::expected<void, startup_problem> assembly::make_host(host::host_options options, std::vector<host::shard_thread> threads,
                                                         host::permit_source& permits) {
    if (auto done = open_bot(); !done) return done;
    host_ = std::make_unique<host::shard_host>(std::move(threads), std::move(options), permits, bot_);
    bot_.attach(host_.get());
    made_.store(true, std::memory_order_release);
    return {};
}

/// What the process before left, before anything is dialed.
void assembly::recall(const std::vector<shard_key>& shards) {
    if (!files_.folder || !settings_.checkpoint) return;
    runtime::checkpoint_setup setup;
    setup.state_folder = files_.folder->path();
    setup.bot = files_.application;
    setup.intents = bot_.intents_to_identify();
    setup.presence = bot_.presence_json();
    setup.cache = bot_.options().cache;
    setup.log = log_.named("state");
    checkpoints_ = std::make_shared<runtime::checkpoint_desk>(std::move(setup), shards);
    tickets_ = checkpoints_->recall();
}

std::vector<host::shard_thread> assembly::make_threads(std::size_t most) {
    const auto cores = std::max(1U, std::thread::hardware_concurrency());
    const auto wanted = settings_.threads == 0 ? cores : settings_.threads;
    const auto count = std::min<std::size_t>(wanted, most);
    std::vector<host::shard_thread> lanes;
    for (std::size_t i = 0; i < count; ++i) {
        threads_.push_back(std::make_unique<net::io_thread>(fmt::format("shoal-{}", i)));
        dialers_.push_back(net::make_dialer(*threads_.back(), tls_));
        lanes.push_back({threads_.back().get(), dialers_.back().get()});
    }
    return lanes;
}

std::expected<void, startup_problem> assembly::open_bot() {
    runtime::runtime_setup setup;
    setup.log = log_.named("bot");
    setup.token = settings_.token;
    setup.api_base = settings_.api_base;
    setup.rest_on = control_.get();
    setup.http = http_.get();
    // A worker's part comes from its coordinator.
    setup.rest_per_second = settings_.mode == config::run_mode::worker ? 0 : settings_.rest_per_second.value_or(50);
    setup.checkpoints = checkpoints_;
    setup.bad_answers = bad_answers_;
    setup.offload_threads = bot_.options().offload_threads;
    setup.offload_queue = bot_.options().offload_queue;
    setup.commands_with_shard_0 = settings_.mode == config::run_mode::worker;
    if (auto opened = bot_.open(std::move(setup)); !opened) {
        return std::unexpected(
            startup_problem{exit_code::failed, fmt::format("The bot cannot start ({}).", opened.error().message())});
    }
    opened_ = true;
    return {};
}

host::host_options assembly::host_options_for(const std::string& gateway_url) const {
    host::host_options options;
    options.session.token = settings_.token;
    options.session.intents = bot_.intents_to_identify();
    options.session.gateway_url = gateway_url;
    options.session.transport = compression_of(settings_.compression);
    options.session.presence_json = bot_.presence_json();
    options.session.seed = state::random_number();
    options.guild_wait = settings_.guild_wait;
    options.silence.least_silence = settings_.half_deaf_after;
    options.renew_after_move = settings_.renew_after_move;
    options.journal_folder = settings_.journal;
    options.drain_patience = settings_.stop_deadline;
    options.user_agent = runtime::runtime_setup{}.user_agent;
    options.keeper = checkpoints_.get();
    options.log = log_.named("gateway");
    return options;
}

assembly::~assembly() {
    run_on(*control_, [this] { ops_.reset(); });  // Nobody asks any more when what is asked for goes.
    bot_.attach(static_cast<host::shard_host*>(nullptr));
    host_.reset();
    if (checkpoints_) checkpoints_->close();
    if (opened_) bot_.close();
    for (auto& thread : threads_) thread->stop();
    for (auto& thread : threads_) thread->join();
    run_on(*control_, [] {});  // What shards posted at the last moment: permits given back, how IDENTIFYs ended.
    control_->stop();
    control_->join();
    desk_.reset();
    source_ = {};
    http_.reset();
    control_.reset();
    dialers_.clear();
    threads_.clear();
}

}  // namespace shoal::roles
