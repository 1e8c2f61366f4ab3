#include "roles/single/single_role.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <future>
#include <mutex>
#include <set>
#include <thread>

#include "host/bootstrap.hpp"
#include "host/identify_desk.hpp"
#include "host/shard_host.hpp"
#include "net/io_thread.hpp"
#include "ops/log.hpp"
#include "roles/single/exit_reasons.hpp"
#include "state/boot_id.hpp"
#include "state/journal_writer.hpp"
#include "state/shared_ledger.hpp"
#include "state/state_folder.hpp"

namespace shoal::roles {

using config::exit_code;
using config::startup_problem;

struct run_outcome::shared {
    mutable std::mutex mutex;
    std::optional<startup_problem> problem;
};

run_outcome::run_outcome() : shared_(std::make_unique<shared>()), descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
run_outcome::~run_outcome() { ::close(descriptor_); }

void run_outcome::failed(startup_problem why) {
    const std::lock_guard lock(shared_->mutex);
    if (!shared_->problem) shared_->problem = std::move(why);
}

std::optional<startup_problem> run_outcome::problem() const {
    const std::lock_guard lock(shared_->mutex);
    return shared_->problem;
}

void run_outcome::mark_ended() noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(descriptor_, &one, sizeof one);
}

namespace {

constexpr duration last_grace = std::chrono::milliseconds(500);

/// Waits for the first of two descriptors; true if it is the second.
bool wait_for(int wanted, int give_up) {
    pollfd ends[2] = {{wanted, POLLIN, 0}, {give_up, POLLIN, 0}};
    for (;;) {
        const int ready = ::poll(ends, give_up < 0 ? 1 : 2, -1);
        if (ready < 0 && errno == EINTR) continue;
        return ends[0].revents == 0;
    }
}

gateway::compression compression_of(config::transport how) noexcept {
    switch (how) {
        case config::transport::none: return gateway::compression::none;
        case config::transport::zlib: return gateway::compression::zlib_stream;
        case config::transport::zstd: return gateway::compression::zstd_stream;
    }
    return gateway::compression::zstd_stream;
}

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
    [[nodiscard]] std::expected<void, startup_problem> open_state();
    /// Whether the journals of so many shards find room.
    [[nodiscard]] std::expected<void, startup_problem> reserve_journals(std::size_t shards) const;
    [[nodiscard]] std::expected<std::optional<host::gateway_bot>, startup_problem> ask_discord(int give_up_descriptor);
    [[nodiscard]] std::expected<void, startup_problem> run_shards(const host::gateway_bot& discord);
    void begin_stop(bool for_good);
    void tear_down();
    void on_ready(shard_key shard, std::uint32_t missing);
    void on_untrusted(const startup_problem& problem);
    void on_gave_up(shard_key shard, std::uint16_t close_code, std::string_view why);
    /// Runs everything that was posted to the control thread before.
    void flush_control();

    runtime::bot_runtime& bot_;
    config::bot_settings settings_;
    std::shared_ptr<run_outcome> outcome_;
    std::unique_ptr<ops::stderr_log> own_log_;
    logger log_;

    std::optional<state::state_folder> state_;
    std::string ledger_path_;
    std::string boot_id_;
    std::uint64_t application_ = 0;
    net::tls_context_ptr tls_;

    // The control thread carries REST, the identify desk and the role's own decisions; no shard lives on it.
    std::unique_ptr<net::io_thread> control_;
    std::unique_ptr<net::http_client> http_;
    std::shared_ptr<host::bad_answer_log> bad_answers_;
    host::gateway_bot_source source_;
    std::unique_ptr<host::identify_desk> desk_;
    std::vector<std::unique_ptr<net::io_thread>> threads_;
    std::vector<std::unique_ptr<net::dialer>> dialers_;
    std::unique_ptr<host::shard_host> host_;
    bool opened_ = false;

    // On the control thread.
    std::vector<shard_key> shards_;
    std::set<shard_key> ready_, given_up_;
    bool all_ready_told_ = false;

    std::mutex mutex_;
    phase phase_ = phase::starting;
    std::promise<void> ended_;
    std::shared_future<void> ended_future_ = ended_.get_future().share();
    std::once_flag torn_down_;
};

std::expected<void, startup_problem> single_role::open_state() {
    if (!settings_.state_dir.empty()) {
        auto folder = state::state_folder::open(settings_.state_dir);
        if (!folder) return std::unexpected(problem_of_files(folder.error(), "The state folder " + settings_.state_dir));
        state_.emplace(std::move(*folder));
    }
    if (!settings_.journal.empty()) {
        // Before anything is asked over the network; how many shards there are may not be known yet.
        const auto known = settings_.shard_ids.empty() ? settings_.total_shards.value_or(1) : settings_.shard_ids.size();
        if (auto done = reserve_journals(known); !done) return done;
    }
    if (settings_.ledger_folder.empty()) {
        auto folder = state::default_shared_folder();
        if (!folder) return std::unexpected(problem_of_files(folder.error(), "The folder of the identify ledger"));
        settings_.ledger_folder = std::move(*folder);
    }
    application_ = state::application_key(settings_.api_base, settings_.token);
    auto path = state::ledger_path(settings_.ledger_folder, application_);
    if (!path) return std::unexpected(problem_of_files(path.error(), "The identify ledger's folder " + settings_.ledger_folder));
    ledger_path_ = std::move(*path);
    auto boot = state::boot_id();
    if (!boot) return std::unexpected(problem_of_files(boot.error(), "This boot's id"));
    boot_id_ = std::move(*boot);
    return {};
}

std::expected<void, startup_problem> single_role::reserve_journals(std::size_t shards) const {
    if (settings_.journal.empty()) return {};
    if (auto tried = state::try_journals(settings_.journal, shards); !tried)
        return std::unexpected(problem_of_files(tried.error(), "The journal folder " + settings_.journal));
    return {};
}

std::expected<void, startup_problem> single_role::prepare() {
    const auto& options = bot_.options();
    log_sink sink = options.log;
    if (!sink) {
        own_log_ = std::make_unique<ops::stderr_log>(
            settings_.format == config::log_format::json ? ops::log_format::json : ops::log_format::text,
            ops::redactor({settings_.token}));
        sink = own_log_->sink();
    } else {
        // The promise that no line holds the token is kept for a sink of the user's, too.
        sink = ops::redacting(std::move(sink), ops::redactor({settings_.token}));
    }
    log_ = logger(std::move(sink), settings_.level, "run");
    if (auto done = open_state(); !done) return done;

    auto tls = net::client_tls(settings_.ca_file);
    if (!tls) {
        return std::unexpected(problem_of_certificates(
            tls.error(), settings_.ca_file ? "--ca-file " + *settings_.ca_file : "The system's certificates"));
    }
    tls_ = std::move(*tls);
    return {};
}

std::expected<std::optional<host::gateway_bot>, startup_problem> single_role::ask_discord(int give_up_descriptor) {
    struct question {
        std::mutex mutex;
        std::optional<result<host::gateway_bot>> answer;
        int descriptor = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        std::uint32_t attempts = 0;
        instant first_failure{};
        std::string last_why;  // And when it was told: the same again within a minute is not.
        instant told_at{};
        ~question() { ::close(descriptor); }
    };
    auto asked = std::make_shared<question>();
    const auto settle = [asked](result<host::gateway_bot> what) {
        {
            const std::lock_guard lock(asked->mutex);
            asked->answer = std::move(what);
        }
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(asked->descriptor, &one, sizeof one);
    };
    // An API that nobody can reach is a mistake in the settings more often than an outage: the start gives up after a while,
    // and whoever supervises the bot starts it again. An API that answers with an error is one that will recover: that is
    // waited for.
    auto attempt = std::make_shared<std::function<void()>>();
    *attempt = [this, asked, settle, weak = std::weak_ptr(attempt)] {
        source_([this, asked, settle, weak](host::gateway_bot_answer answer) {
            if (answer.what || !may_pass(answer.what.error())) return settle(std::move(answer.what));
            const auto now = control_->now();
            if (asked->attempts++ == 0) asked->first_failure = now;
            const bool answered = discord_is_unwell(answer.what.error());
            if (!answered && now - asked->first_failure >= settings_.start_patience) return settle(std::move(answer.what));
            const auto wait = host::wait_before_retry(asked->attempts, answer.retry_after);
            auto why = answer.what.error().message();
            if (why != asked->last_why || now - asked->told_at >= std::chrono::minutes(1)) {
                log_.warn("Discord's API did not answer, trying again",
                          {{"why", why}, {"in", fmt::format("{} ms", to_ms(wait))}});
                asked->last_why = std::move(why);
                asked->told_at = now;
            }
            const auto when = answered ? now + wait : std::min(now + wait, asked->first_failure + settings_.start_patience);
            control_->wake_at(when, [again = weak.lock()] {
                if (again) (*again)();
            });
        });
    };
    control_->post([attempt] { (*attempt)(); });
    if (wait_for(asked->descriptor, give_up_descriptor)) return std::nullopt;
    const std::lock_guard lock(asked->mutex);
    if (!*asked->answer) return std::unexpected(problem_of_bootstrap(asked->answer->error(), settings_.api_base));
    return std::optional(std::move(**asked->answer));
}

std::expected<void, startup_problem> single_role::run_shards(const host::gateway_bot& discord) {
    const auto total = settings_.total_shards.value_or(std::max<std::uint32_t>(1, discord.shards));
    if (settings_.shard_ids.empty()) {
        for (std::uint32_t id = 0; id < total; ++id) shards_.push_back({id, total});
    } else {
        for (const auto id : settings_.shard_ids) shards_.push_back({id, total});
    }

    if (auto done = reserve_journals(shards_.size()); !done) return done;

    const auto cores = std::max(1U, std::thread::hardware_concurrency());
    const auto wanted = settings_.threads == 0 ? cores : settings_.threads;
    const auto count = std::min<std::size_t>(wanted, shards_.size());
    std::vector<host::shard_thread> lanes;
    for (std::size_t i = 0; i < count; ++i) {
        threads_.push_back(std::make_unique<net::io_thread>(fmt::format("shoal-{}", i)));
        dialers_.push_back(net::make_dialer(*threads_.back(), tls_));
        lanes.push_back({threads_.back().get(), dialers_.back().get()});
    }

    budget::governor_policy policy;
    policy.use_reserve = settings_.use_identify_reserve;
    host::desk_options desk;
    desk.policy = policy;
    desk.log = log_.named("identify");
    desk_ = std::make_unique<host::identify_desk>(
        *control_, host::ledger_in_file(ledger_path_, application_, boot_id_, log_.named("identify")), source_, std::move(desk),
        [this](const failure& why) {
            outcome_->failed(problem_of_bootstrap(why, settings_.api_base));
            stop(false);
        });
    desk_->budget_seen(discord.limit);

    runtime::runtime_setup setup;
    setup.log = log_.named("bot");
    setup.token = settings_.token;
    setup.api_base = settings_.api_base;
    setup.rest_on = control_.get();
    setup.http = http_.get();
    setup.rest_per_second = settings_.rest_per_second;
    setup.bad_answers = bad_answers_;
    setup.offload_threads = bot_.options().offload_threads;
    setup.offload_queue = bot_.options().offload_queue;
    bot_.listen(
        {.shard_ready = [this](shard_key shard,
                               std::uint32_t missing) { control_->post([this, shard, missing] { on_ready(shard, missing); }); },
         .status = {},
         .untrusted =
             [this, gateway = discord.url](shard_key, std::string_view why) {
                 control_->post([this, problem = problem_of_gateway_certificate(gateway, why)] { on_untrusted(problem); });
             },
         .gave_up =
             [this](shard_key shard, std::uint16_t code, std::string_view why) {
                 control_->post([this, shard, code, text = std::string(why)] { on_gave_up(shard, code, text); });
             }});
    if (auto opened = bot_.open(std::move(setup)); !opened) {
        return std::unexpected(
            startup_problem{exit_code::failed, fmt::format("The bot cannot start ({}).", opened.error().message())});
    }
    opened_ = true;

    host::host_options options;
    options.session.token = settings_.token;
    options.session.intents = bot_.intents_to_identify();
    options.session.gateway_url = discord.url;
    options.session.transport = compression_of(settings_.compression);
    options.session.presence_json = bot_.presence_json();
    const auto random = state::make_incarnation();
    std::memcpy(&options.session.seed, random.data(), sizeof options.session.seed);
    options.guild_wait = settings_.guild_wait;
    options.silence.least_silence = settings_.half_deaf_after;
    options.journal_folder = settings_.journal;
    options.drain_patience = settings_.stop_deadline;
    options.user_agent = runtime::runtime_setup{}.user_agent;
    options.log = log_.named("gateway");
    host_ = std::make_unique<host::shard_host>(std::move(lanes), std::move(options), *desk_, bot_);
    bot_.attach(host_.get());

    log_.info("starting", {{"shards", fmt::format("{}", shards_.size())},
                           {"total", fmt::format("{}", total)},
                           {"gateway", discord.url},
                           {"intents", fmt::format("{}", bot_.intents_to_identify())},
                           {"identifies_left", fmt::format("{}", discord.limit.remaining)},
                           {"max_concurrency", fmt::format("{}", discord.limit.max_concurrency)},
                           {"threads", fmt::format("{}", count)}});
    return {};
}

std::expected<bool, startup_problem> single_role::start(const std::vector<std::string>& warnings, int give_up_descriptor) {
    if (auto done = prepare(); !done) return std::unexpected(std::move(done.error()));
    for (const auto& warning : warnings) log_.warn(warning);
    for (const auto& warning : bot_.start_warnings()) log_.warn(warning);

    control_ = std::make_unique<net::io_thread>("shoal-control");
    net::http_pool_options pool;
    pool.user_agent = runtime::runtime_setup{}.user_agent;
    http_ = net::make_http_client(*control_, tls_, std::move(pool));
    bad_answers_ = std::make_shared<host::bad_answer_log>(*control_, log_.named("rest"));
    source_ = host::gateway_bot_over_http(*http_, settings_.api_base, settings_.token, runtime::runtime_setup{}.user_agent,
                                          bad_answers_);

    auto discord = ask_discord(give_up_descriptor);
    if (!discord) return std::unexpected(std::move(discord.error()));
    if (!*discord) return false;
    if (auto done = run_shards(**discord); !done) return std::unexpected(std::move(done.error()));
    {
        const std::lock_guard lock(mutex_);
        phase_ = phase::running;
    }
    host_->want(shards_);
    return true;
}

void single_role::on_ready(shard_key shard, std::uint32_t missing) {
    log_.info("shard ready", {{"shard", fmt::format("{}", shard.id)}, {"missing_guilds", fmt::format("{}", missing)}});
    ready_.insert(shard);
    if (ready_.size() == shards_.size() && !all_ready_told_) {
        all_ready_told_ = true;
        log_.info("all shards are ready", {{"shards", fmt::format("{}", shards_.size())}});
    }
}

void single_role::on_untrusted(const startup_problem& problem) {
    {
        const std::lock_guard lock(mutex_);
        if (phase_ != phase::running) return;
    }
    // At a start this is a mistake in the settings or the clock, as it is for REST. A bot that serves already goes on: its
    // other shards live, and a certificate gets renewed.
    if (!ready_.empty()) return;
    outcome_->failed(problem);
    stop(false);
}

void single_role::on_gave_up(shard_key shard, std::uint16_t close_code, std::string_view why) {
    {
        const std::lock_guard lock(mutex_);
        if (phase_ != phase::running) return;  // Shards that stop because they were told to.
    }
    given_up_.insert(shard);
    auto problem = problem_of_close(shard, close_code, why, intents(bot_.intents_to_identify()));
    log_.error("a shard gave up", {{"shard", fmt::format("{}", shard.id)}, {"why", problem.sentence}});
    // Before any shard was ready this is a mistake that the others would only repeat, at the price of an IDENTIFY each. Later the
    // others go on serving their guilds, unless the token itself is dead.
    if (ready_.empty() || close_code == 4004 || given_up_.size() == shards_.size()) {
        outcome_->failed(std::move(problem));
        stop(false);
    }
}

void single_role::stop(bool for_good) {
    {
        const std::lock_guard lock(mutex_);
        if (phase_ != phase::running) return;
        phase_ = phase::stopping;
    }
    control_->post([this, for_good] { begin_stop(for_good || settings_.end_sessions); });
}

void single_role::begin_stop(bool for_good) {
    log_.info("stopping", {{"sessions", for_good ? "ended" : "stay resumable"}});
    host_->stop(for_good, [this](const std::map<shard_key, gateway::resume_ticket>&) {
        // The host has waited for the handlers of its events; what is left are those that no event holds.
        bot_.drain(last_grace, [this] {
            const std::lock_guard lock(mutex_);
            phase_ = phase::stopped;
            ended_.set_value();
            outcome_->mark_ended();
        });
    });
}

void single_role::flush_control() {
    std::promise<void> reached;
    control_->post([&] { reached.set_value(); });
    reached.get_future().wait();
}

void single_role::tear_down() {
    bot_.attach(static_cast<host::shard_host*>(nullptr));
    host_.reset();
    if (opened_) bot_.close();
    for (auto& thread : threads_) thread->stop();
    for (auto& thread : threads_) thread->join();
    if (control_) {
        flush_control();  // What shards posted at the last moment: permits given back, how IDENTIFYs ended.
        control_->stop();
        control_->join();
    }
    desk_.reset();
    source_ = {};
    http_.reset();
    control_.reset();
    dialers_.clear();
    threads_.clear();
    log_.info("stopped");
    if (own_log_) {
        if (own_log_->dropped() != 0)
            log_.warn("lines of this log were dropped", {{"lines", fmt::format("{}", own_log_->dropped())}});
        own_log_->flush();
    }
    state_.reset();
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
