#include "roles/worker/worker_role.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "cluster/worker_session.hpp"
#include "ops/process_probe.hpp"
#include "roles/process/assembly.hpp"
#include "roles/process/exit_reasons.hpp"
#include "roles/process/first_answer.hpp"
#include "roles/process/run_files.hpp"
#include "roles/process/run_log.hpp"
#include "roles/worker/coordinator_line.hpp"
#include "roles/worker/fleet_desk.hpp"
#include "roles/worker/worker_notes.hpp"
#include "rpc/dialer.hpp"
#include "rpc/server.hpp"
#include "state/boot_id.hpp"
#include "trust/certificate_watch.hpp"
#include "trust/node_files.hpp"

namespace shoal::roles {

using config::exit_code;
using config::startup_problem;
namespace worker = cluster::worker;

namespace {

constexpr duration last_grace = std::chrono::milliseconds(500);
// Which incarnation had the state folder before, as text: whoever holds its lock proves that one dead.
constexpr std::string_view incarnation_file = "incarnation";

trust::calendar_time calendar_now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

std::uint64_t random_number() {
    const auto bytes = state::make_incarnation();
    std::uint64_t number = 0;
    std::memcpy(&number, bytes.data(), sizeof number);
    return std::max<std::uint64_t>(number, 1);
}

class worker_role final : public runtime::role {
public:
    worker_role(runtime::bot_runtime& bot, config::bot_settings settings, std::shared_ptr<run_outcome> outcome)
        : bot_(bot), settings_(std::move(settings)), outcome_(std::move(outcome)) {}
    ~worker_role() override {
        stop(false);
        join();
    }

    [[nodiscard]] std::expected<bool, startup_problem> start(const std::vector<std::string>& warnings, int give_up_descriptor);
    void stop(bool for_good) override;
    void join() override;

private:
    enum class phase : std::uint8_t { starting, running, stopping, stopped };
    using done = std::expected<void, startup_problem>;

    [[nodiscard]] done prepare();
    [[nodiscard]] done read_incarnation();
    [[nodiscard]] done open_doors();
    [[nodiscard]] cluster::worker_config config_of() const;

    // On the control thread.
    void begin();
    void step(const worker::fact& fact);
    void obey(const worker::open_stream& order) { line_->open(order.address); }
    void obey(const worker::close_stream&) { line_->close(); }
    void obey(worker::say& order) { line_->say(std::move(order.what)); }
    void obey(const worker::look&) { look(); }
    void obey(worker::start_shard& order);
    void obey(const worker::stop_shard& order);
    void obey(const worker::hand_out& order) { desk_->obey(order); }
    void obey(const worker::give_permit& order) { desk_->obey(order); }
    void obey(const worker::refuse_permit& order) { desk_->obey(order); }
    void obey(const worker::answer_spare& order) { desk_->obey(order); }
    void obey(const worker::rights_changed& order) { desk_->obey(order); }
    void obey(const worker::cut_shard&) {}  // fence_policy::keep never orders it.
    void obey(const worker::wake_at& order);
    void obey(const worker::end& order);
    void obey(const worker::note& order) { write_note(log_, order); }
    void look();
    void gone(shard_key shard, std::optional<gateway::resume_ticket> ticket);
    void on_gave_up(shard_key shard, std::uint16_t close_code, std::string_view why);
    void on_untrusted(const startup_problem& problem);
    void begin_stop(bool for_good);
    void end_now();
    void tear_down();
    template <class Job>
    void there(Job job) {
        std::promise<void> over;
        parts_->control().post([&] {
            job();
            over.set_value();
        });
        over.get_future().wait();
    }

    runtime::bot_runtime& bot_;
    config::bot_settings settings_;
    std::shared_ptr<run_outcome> outcome_;
    std::optional<run_log> run_log_;
    logger log_;
    run_files files_;
    net::tls_context_ptr tls_;
    std::optional<trust::node_identity> self_;
    cluster::incarnation incarnation_{static_cast<cluster::incarnation>(random_number())};
    cluster::incarnation before_{};

    std::unique_ptr<assembly> parts_;

    // Of the control thread.
    std::optional<cluster::worker_session> session_;
    std::unique_ptr<fleet_desk> desk_;
    std::unique_ptr<rpc::dialer> dialer_;
    std::unique_ptr<rpc::server> server_;
    std::unique_ptr<trust::certificate_watch> watch_;
    std::unique_ptr<coordinator_line> line_;
    ops::process_probe probe_;
    std::map<std::uint32_t, shard_key> wanted_;
    timer_id timer_ = timer_id::none;
    std::vector<worker::order> orders_;
    std::vector<worker::fact> facts_;
    bool stepping_ = false, for_good_ = false, ending_ = false;
    std::string listen_url_;

    std::mutex mutex_;
    phase phase_ = phase::starting;
    std::promise<void> ended_;
    std::shared_future<void> ended_future_ = ended_.get_future().share();
    std::once_flag torn_down_;
};

worker_role::done worker_role::prepare() {
    run_log_.emplace(bot_.options().log, settings_);
    log_ = run_log_->log();
    auto identity = trust::read_node(settings_.certs, calendar_now());
    if (!identity) return std::unexpected(problem_of_certificates(identity.error(), "--certs " + settings_.certs));
    if (!identity->own.roles.has(trust::role::worker)) {
        return std::unexpected(startup_problem{
            exit_code::certificate_refused,
            fmt::format("The certificate in {} is for {}, not for a worker; \"shoal certs node NAME --role worker\" makes one.",
                        settings_.certs, trust::text_of(identity->own.roles))});
    }
    self_ = std::move(*identity);
    auto files = open_run_files(settings_);
    if (!files) return std::unexpected(std::move(files).error());
    files_ = std::move(*files);
    if (auto ok = read_incarnation(); !ok) return ok;
    auto tls = net::client_tls(settings_.ca_file);
    if (!tls) {
        return std::unexpected(problem_of_certificates(
            tls.error(), settings_.ca_file ? "--ca-file " + *settings_.ca_file : "The system's certificates"));
    }
    tls_ = std::move(*tls);
    return {};
}

worker_role::done worker_role::read_incarnation() {
    if (!files_.folder) return {};
    const auto before = files_.folder->read(incarnation_file);
    if (before && *before) before_ = static_cast<cluster::incarnation>(std::strtoull((*before)->c_str(), nullptr, 16));
    if (auto kept = files_.folder->write(incarnation_file, fmt::format("{:016x}\n", cluster::number(incarnation_))); !kept)
        return std::unexpected(problem_of_files(kept.error(), "The state folder " + settings_.state_dir));
    return {};
}

cluster::worker_config worker_role::config_of() const {
    cluster::worker_config config;
    config.self.process = {settings_.process_id};
    config.self.incarnation = incarnation_;
    config.self.succeeds = before_;
    config.self.zone = settings_.fleet.zone;
    config.self.listen_url = listen_url_;
    config.self.software = config::version;
    config.self.capacity.millicores = 1000 * std::max(1U, std::thread::hardware_concurrency());
    const auto pages = ::sysconf(_SC_PHYS_PAGES), page = ::sysconf(_SC_PAGESIZE);
    if (pages > 0 && page > 0)
        config.self.capacity.memory_mb = static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page) / 1'000'000;
    config.self.capacity.max_shards = settings_.fleet.max_shards.value_or(0);
    config.coordinators = settings_.fleet.coordinators;
    // A coordinator that starts again waits one lease for its workers: who tries less often would find its shards given away.
    config.retry_most = std::chrono::seconds(1);
    config.seed = random_number();
    return config;
}

/// The port for other nodes, and the way to the coordinator.
worker_role::done worker_role::open_doors() {
    auto& control = parts_->control();
    done out;
    there([&] {
        auto dialer = rpc::dialer::make(control, *self_, {});
        if (!dialer) {
            out = std::unexpected(startup_problem{
                exit_code::failed, fmt::format("No connection between nodes is possible: {}.", dialer.error().message())});
            return;
        }
        dialer_ = std::move(*dialer);
        if (settings_.fleet.listen) {
            rpc::server_options options;
            options.listen = rpc::listen_endpoint(settings_.fleet.listen->address).value();
            auto server = rpc::server::start(control, *self_, std::move(options), {});
            if (!server) {
                const auto& why = server.error();
                out = std::unexpected(startup_problem{
                    why.is(rpc::errc::address_in_use) ? exit_code::port_in_use : exit_code::failed,
                    fmt::format("--listen-url: {}.", why.detail().empty() ? why.text() : std::string_view(why.detail()))});
                return;
            }
            server_ = std::move(*server);
            const auto& address = settings_.fleet.listen->address;
            listen_url_ = fmt::format("https://{}:{}", address.substr(0, address.rfind(':')), server_->port());
        }
        watch_ = std::make_unique<trust::certificate_watch>(
            control, settings_.certs, *self_, trust::watch_options{.calendar = calendar_now},
            [this](const trust::node_identity& renewed) {
                log_.info("the certificate was renewed", {{"valid_until", trust::date_text(renewed.own.not_after)}});
                dialer_->use(renewed);
                if (server_) server_->use(renewed);
            },
            [this](const failure& why) { log_.warn("the certificate folder is not as it should be", {{"why", why.message()}}); });
    });
    return out;
}

std::expected<bool, startup_problem> worker_role::start(const std::vector<std::string>& warnings, int give_up_descriptor) {
    if (auto ok = prepare(); !ok) return std::unexpected(std::move(ok).error());
    for (const auto& warning : warnings) log_.warn(warning);
    for (const auto& warning : bot_.start_warnings()) log_.warn(warning);
    parts_ = std::make_unique<assembly>(bot_, settings_, files_, log_, tls_);
    if (auto ok = parts_->open_ops(); !ok) return std::unexpected(std::move(ok).error());
    if (auto ok = open_doors(); !ok) return std::unexpected(std::move(ok).error());
    const auto discord =
        wait_for_first_answer(parts_->control(), parts_->discord(), settings_.start_patience, log_, give_up_descriptor);
    if (!discord) return false;
    if (!*discord) return std::unexpected(problem_of_bootstrap(discord->error(), settings_.api_base));

    auto& control = parts_->control();
    session_.emplace(config_of());
    desk_ = std::make_unique<fleet_desk>(control, *session_, [this](worker::fact fact) { step(fact); });
    bot_.listen({.shard_ready =
                     [this](shard_key shard, std::uint32_t missing) {
                         log_.info("shard ready",
                                   {{"shard", fmt::format("{}", shard.id)}, {"missing_guilds", fmt::format("{}", missing)}});
                     },
                 .status = {},
                 .untrusted =
                     [this, &control, gateway = (*discord)->url](shard_key, std::string_view why) {
                         control.post([this, problem = problem_of_gateway_certificate(gateway, why)] { on_untrusted(problem); });
                     },
                 .gave_up =
                     [this, &control](shard_key shard, std::uint16_t code, std::string_view why) {
                         control.post([this, shard, code, text = std::string(why)] { on_gave_up(shard, code, text); });
                     }});
    auto ports =
        fleet_ports{.permits = *desk_,
                    .rights = *desk_,
                    .on_changed = [this, &control](shard_key) { control.post([this] { look(); }); },
                    .on_gone =
                        [this, &control](shard_key shard, std::optional<gateway::resume_ticket> ticket) {
                            control.post([this, shard, ticket = std::move(ticket)]() mutable { gone(shard, std::move(ticket)); });
                        }};
    if (auto ok = parts_->set_up_worker(**discord, std::move(ports)); !ok) return std::unexpected(std::move(ok).error());
    {
        const std::lock_guard lock(mutex_);
        phase_ = phase::running;
    }
    control.post([this] { begin(); });
    return true;
}

// ---- on the control thread -------------------------------------------------------------------------------------------------

void worker_role::begin() {
    line_ = std::make_unique<coordinator_line>(
        parts_->control(), *dialer_, settings_.token, bot_.intents_to_identify(), cluster::process_id{settings_.process_id},
        incarnation_,
        coordinator_line::events{.opened = [this] { step(worker::stream_opened{}); },
                                 .received = [this](cluster::to_worker what) { step(worker::message_received{std::move(what)}); },
                                 .closed = [this](std::string why) { step(worker::stream_closed{std::move(why)}); }});
    step(worker::started{});
}

void worker_role::step(const worker::fact& fact) {
    if (ending_) return;
    facts_.push_back(fact);
    if (std::exchange(stepping_, true)) return;
    while (!facts_.empty()) {
        const auto facts = std::exchange(facts_, {});
        for (const auto& each : facts) {
            session_->step(each, parts_->control().now(), orders_);
            desk_->refresh();
            auto orders = std::exchange(orders_, {});
            for (auto& order : orders) std::visit([this](auto& one) { obey(one); }, order);
        }
    }
    stepping_ = false;
    parts_->say_serving(session_->is_registered());
}

void worker_role::obey(worker::start_shard& order) {
    desk_->expect(order.shard);
    wanted_.insert_or_assign(order.shard.id, order.shard);
    std::vector<shard_key> all;
    for (const auto& [id, key] : wanted_) all.push_back(key);
    std::map<shard_key, gateway::resume_ticket> tickets;
    if (order.ticket) tickets.emplace(order.shard, std::move(*order.ticket));
    parts_->shards().want(std::move(all), std::move(tickets));
}

void worker_role::obey(const worker::stop_shard& order) {
    const auto found = wanted_.find(order.shard);
    if (found == wanted_.end()) return facts_.push_back(worker::shard_stopped{order.shard, {}});
    wanted_.erase(found);
    std::vector<shard_key> all;
    for (const auto& [id, key] : wanted_) all.push_back(key);
    parts_->shards().want(std::move(all));
}

void worker_role::gone(shard_key shard, std::optional<gateway::resume_ticket> ticket) {
    desk_->forget(shard.id);
    step(worker::shard_stopped{shard.id, std::move(ticket)});
}

void worker_role::obey(const worker::wake_at& order) {
    auto& control = parts_->control();
    control.cancel(timer_);
    timer_ = control.wake_at(order.when, [this] {
        timer_ = timer_id::none;
        step(worker::tick{});
    });
}

void worker_role::look() {
    if (ending_) return;
    worker::looked seen;
    const auto use = probe_.look(parts_->control().now());
    seen.node.cpu_share = use.cpu_percent / 100 / std::max(1U, std::thread::hardware_concurrency());
    seen.node.memory_mb = use.resident_bytes / 1'000'000;
    for (const auto& picture : parts_->shards().shards()) {
        if (!wanted_.contains(picture.shard.id)) continue;
        seen.node.events_per_second += picture.events_per_second;
        seen.node.queue_depth += picture.in_flight;
        desk_->lost(picture.shard.id, picture.lost_session);
        seen.shards.push_back(seen_of(picture));
    }
    step(seen);
}

void worker_role::on_gave_up(shard_key shard, std::uint16_t close_code, std::string_view why) {
    {
        const std::lock_guard lock(mutex_);
        if (phase_ != phase::running) return;
    }
    // What Discord refuses one shard it refuses all of them: the token, the intents, the version.
    auto problem = problem_of_close(shard, close_code, why, intents(bot_.intents_to_identify()));
    log_.error("a shard gave up", {{"shard", fmt::format("{}", shard.id)}, {"why", problem.sentence}});
    outcome_->failed(std::move(problem));
    stop(false);
}

void worker_role::on_untrusted(const startup_problem& problem) { log_.error(problem.sentence); }

void worker_role::obey(const worker::end& order) {
    if (order.why) {
        outcome_->failed(
            {exit_code::failed, fmt::format("The coordinator does not take this worker ({}{}{}).", cluster::to_string(*order.why),
                                            order.detail.empty() ? "" : ": ", order.detail)});
    }
    end_now();
}

// ---- the end ---------------------------------------------------------------------------------------------------------------

void worker_role::stop(bool for_good) {
    {
        const std::lock_guard lock(mutex_);
        if (phase_ != phase::running) return;
        phase_ = phase::stopping;
    }
    parts_->control().post([this, for_good] { begin_stop(for_good || settings_.end_sessions); });
}

void worker_role::begin_stop(bool for_good) {
    log_.info("stopping", {{"shards", fmt::format("{}", wanted_.size())}});
    for_good_ = for_good;
    parts_->say_stopping();
    // The coordinator moves the shards away, each with its ticket; without one, or too late, they end here and wait for it.
    parts_->control().wake_at(parts_->control().now() + settings_.stop_deadline, [this] { end_now(); });
    if (!session_->is_registered() || for_good) return end_now();
    step(worker::stop_asked{});
}

void worker_role::end_now() {
    if (std::exchange(ending_, true)) return;
    parts_->shards().stop(for_good_, [this](const std::map<shard_key, gateway::resume_ticket>&) {
        bot_.drain(last_grace, [this] {
            const std::lock_guard lock(mutex_);
            phase_ = phase::stopped;
            ended_.set_value();
            outcome_->mark_ended();
        });
    });
}

void worker_role::tear_down() {
    if (parts_) {
        there([this] {
            parts_->control().cancel(timer_);
            watch_.reset();
            line_.reset();
            server_.reset();
            dialer_.reset();
        });
        // Shards ask the desk to the last.
        parts_.reset();
        desk_.reset();
    }
    log_.info("stopped");
    if (run_log_) run_log_->flush();
    files_.folder.reset();
}

void worker_role::join() {
    bool ran = false;
    {
        const std::lock_guard lock(mutex_);
        ran = phase_ != phase::starting;
    }
    if (ran) ended_future_.wait();
    std::call_once(torn_down_, [this] { tear_down(); });
}

}  // namespace

std::expected<bool, startup_problem> start_worker(runtime::bot_runtime& bot, config::bot_settings settings,
                                                  const std::vector<std::string>& warnings, std::shared_ptr<run_outcome> outcome,
                                                  int give_up_descriptor) {
    if (bot.is_open()) return std::unexpected(startup_problem{exit_code::failed, "This bot is running already."});
    auto role = std::make_unique<worker_role>(bot, std::move(settings), std::move(outcome));
    auto started = role->start(warnings, give_up_descriptor);
    if (!started || !*started) {
        role->join();
        return started;
    }
    bot.attach(std::move(role));
    return true;
}

}  // namespace shoal::roles
