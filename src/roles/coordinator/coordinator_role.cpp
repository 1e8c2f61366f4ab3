#include "roles/coordinator/coordinator_role.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <future>
#include <optional>
#include <utility>

#include "cluster/stored_state.hpp"
#include "host/bad_answer.hpp"
#include "host/bootstrap.hpp"
#include "net/io_thread.hpp"
#include "ops/cluster_state.hpp"
#include "ops/ops_port.hpp"
#include "ops/process_probe.hpp"
#include "roles/coordinator/coordinator_words.hpp"
#include "roles/coordinator/fleet_port.hpp"
#include "roles/coordinator/office.hpp"
#include "roles/process/exit_reasons.hpp"
#include "roles/process/first_answer.hpp"
#include "roles/process/run_log.hpp"
#include "roles/process/run_on.hpp"
#include "rpc/server.hpp"
#include "state/boot_id.hpp"
#include "state/shared_ledger.hpp"
#include "state/state_folder.hpp"
#include "store/sqlite/sqlite_store.hpp"
#include "trust/certificate_watch.hpp"
#include "trust/node_files.hpp"
#include "wire/joining.hpp"

namespace shoal::roles {

using config::exit_code;
using config::startup_problem;

namespace {

constexpr std::string_view user_agent = "DiscordBot (https://github.com/shoal/shoal, 0.1.0)";

trust::calendar_time calendar_now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

std::unexpected<startup_problem> problem(exit_code code, std::string sentence) {
    return std::unexpected(startup_problem{code, std::move(sentence)});
}

/// A coordinator that ended before it had stored how many shards there are leaves a store without that.
bool knows_its_shards(const store::contents& kept) {
    return std::ranges::any_of(kept.entries, [](const auto& each) {
        if (each.key != "fleet") return false;
        const auto fleet = cluster::read_fleet(each.value);
        return fleet && fleet->total_shards != 0;
    });
}

class coordinator final : public coordinator_role {
public:
    coordinator(coordinator_wish wish, std::shared_ptr<run_outcome> outcome)
        : wish_(std::move(wish)), outcome_(std::move(outcome)), run_log_(wish_.sink, wish_.settings), log_(run_log_.log()) {}
    ~coordinator() override { take_down(); }

    [[nodiscard]] std::expected<bool, startup_problem> run();
    [[nodiscard]] std::uint16_t port() const override { return server_->port(); }

private:
    using done = std::expected<void, startup_problem>;

    [[nodiscard]] done read_certificates();
    [[nodiscard]] done open_store();
    [[nodiscard]] done open_line_to_discord();
    [[nodiscard]] done serve();
    void take_down();
    [[nodiscard]] cluster::brain_config brain_config_of(const std::string& boot_id) const;
    [[nodiscard]] result<store::contents> read_store();
    [[nodiscard]] ops::node_picture picture();

    /// Runs this on the control thread and waits for it.
    template <class Job>
    void there(Job job) {
        run_on(*control_, std::move(job));
    }

    coordinator_wish wish_;
    std::shared_ptr<run_outcome> outcome_;
    run_log run_log_;
    logger log_;

    std::optional<state::state_folder> folder_;
    std::optional<trust::node_identity> self_;
    std::unique_ptr<net::io_thread> control_;

    // On the control thread, from here on.
    std::unique_ptr<net::http_client> http_;
    std::shared_ptr<host::bad_answer_log> bad_answers_;
    host::gateway_bot_source discord_;
    store::opened_store store_;
    std::unique_ptr<office> office_;
    std::unique_ptr<death_probe> deaths_;
    wire::bad_messages bad_messages_;
    std::unique_ptr<rpc::server> server_;
    std::unique_ptr<trust::certificate_watch> watch_;
    std::unique_ptr<ops::ops_port> ops_;
    ops::process_probe probe_;
    bool stopping_ = false;
};

coordinator::done coordinator::read_certificates() {
    auto read = trust::read_node(wish_.settings.certs, calendar_now());
    if (!read) return std::unexpected(problem_of_certificates(read.error(), "--certs " + wish_.settings.certs));
    if (!read->own.roles.has(trust::role::coordinator)) {
        return problem(
            exit_code::certificate_refused,
            fmt::format("The certificate in {} is for {}, not for a coordinator; \"shoal certs node NAME --role coordinator\" "
                        "makes one.",
                        wish_.settings.certs, trust::text_of(read->own.roles)));
    }
    self_ = std::move(*read);
    return {};
}

coordinator::done coordinator::open_store() {
    const auto path = wish_.settings.fleet.store.substr(std::string_view("sqlite:").size());
    auto opened = store::open_sqlite({.path = path}, *control_);
    if (!opened) {
        return std::unexpected(problem_of_store(opened.error(), path));
    }
    store_ = std::move(*opened);
    return {};
}

result<store::contents> coordinator::read_store() {
    std::promise<result<store::contents>> got;
    control_->post([&] { store_.store->read_all([&](result<store::contents> what) { got.set_value(std::move(what)); }); });
    return got.get_future().get();
}

coordinator::done coordinator::open_line_to_discord() {
    auto tls = net::client_tls(wish_.settings.ca_file);
    if (!tls) {
        return std::unexpected(problem_of_certificates(
            tls.error(), wish_.settings.ca_file ? "--ca-file " + *wish_.settings.ca_file : "The system's certificates"));
    }
    there([&] {
        net::http_pool_options pool;
        pool.user_agent = user_agent;
        http_ = net::make_http_client(*control_, std::move(*tls), std::move(pool));
        bad_answers_ = std::make_shared<host::bad_answer_log>(*control_, log_.named("rest"));
        discord_ = host::gateway_bot_over_http(*http_, wish_.settings.api_base, wish_.settings.token, std::string(user_agent),
                                               bad_answers_);
    });
    return {};
}

cluster::brain_config coordinator::brain_config_of(const std::string& boot_id) const {
    cluster::brain_config config;
    config.coordinator = wish_.settings.process_id;
    config.token_proof = config.intents_proof = wire::proven;
    config.application = state::application_key(wish_.settings.api_base, wish_.settings.token);
    config.boot_id = boot_id;
    config.faults.beat_every = wish_.settings.fleet.heartbeat;
    config.faults.suspect_after = wish_.settings.fleet.heartbeat * 5 / 2;
    config.faults.lease = wish_.settings.fleet.lease;
    config.rest.limit_per_second = wish_.settings.rest_per_second.value_or(config.rest.limit_per_second);
    config.identify.use_reserve = wish_.settings.use_identify_reserve;
    return config;
}

coordinator::done coordinator::serve() {
    done out;
    there([&] {
        deaths_ = std::make_unique<death_probe>(*control_);
        rpc::server_options options;
        options.listen = rpc::listen_endpoint(wish_.settings.fleet.listen->address).value();
        auto started = rpc::server::start(*control_, *self_, std::move(options),
                                          serve_fleet(*control_, *office_, *deaths_, {wish_.settings.token, wish_.intents},
                                                      bad_messages_, log_.named("fleet")));
        if (!started) {
            const auto& why = started.error();
            out = problem(why.is(rpc::errc::address_in_use) ? exit_code::port_in_use : exit_code::failed,
                          fmt::format("--listen-url: {}.", why.detail().empty() ? why.text() : std::string_view(why.detail())));
            return;
        }
        server_ = std::move(*started);
        watch_ = std::make_unique<trust::certificate_watch>(
            *control_, wish_.settings.certs, *self_, trust::watch_options{.calendar = calendar_now},
            [this](const trust::node_identity& renewed) {
                log_.info("the certificate was renewed", {{"valid_until", trust::date_text(renewed.own.not_after)}});
                server_->use(renewed);
            },
            [this](const failure& why) { log_.warn("the certificate folder is not as it should be", {{"why", why.message()}}); });
        if (!wish_.settings.ops) return;
        auto opened = ops::ops_port::open(
            *control_, {*wish_.settings.ops, wish_.settings.ops_token_file, wish_.settings.certs}, [this] { return picture(); },
            log_.named("ops"));
        if (!opened) {
            out = std::unexpected(std::move(opened).error());
            return;
        }
        ops_ = std::move(*opened);
        ops_->pages().add("/cluster/state", [this] {
            return net::http_response{
                200, {{"Content-Type", "application/json"}}, ops::cluster_state_json(office_->picture(), calendar_now())};
        });
        log_.info("the ops address is open", {{"url", ops_->url()}});
    });
    return out;
}

ops::node_picture coordinator::picture() {
    ops::node_picture node;
    node.process_id = wish_.settings.process_id;
    node.mode = "coordinator";
    node.version = config::version;
    node.stopping = stopping_;
    node.process = probe_.look(control_->now());
    const auto fleet = office_->picture();
    show(node, fleet, office_->alarmed(), office_->refused());
    const auto counts = server_->counts();
    auto bad = bad_messages_;
    bad.too_large += counts.too_large;
    node.node_port = {counts.connections(), counts.all_calls(), bad.by_kind()};
    if (ops_) node.ops_connections = ops_->connections();
    node.fleet_rest = fleet.rest;
    show(node, bad_answers_->counts());
    return node;
}

std::expected<bool, startup_problem> coordinator::run() {
    for (const auto& warning : wish_.warnings) log_.warn(warning);
    if (auto ok = read_certificates(); !ok) return std::unexpected(std::move(ok).error());
    if (!wish_.settings.state_dir.empty()) {
        auto folder = state::state_folder::open(wish_.settings.state_dir);
        if (!folder) return std::unexpected(problem_of_files(folder.error(), "The state folder " + wish_.settings.state_dir));
        folder_.emplace(std::move(*folder));
    }
    const auto boot = state::boot_id();
    if (!boot) return std::unexpected(problem_of_files(boot.error(), "This boot's id"));

    control_ = std::make_unique<net::io_thread>("shoal-control");
    if (auto ok = open_store(); !ok) return std::unexpected(std::move(ok).error());
    const auto kept = read_store();
    if (!kept) {
        return std::unexpected(problem_of_store(kept.error(), wish_.settings.fleet.store));
    }
    if (auto ok = open_line_to_discord(); !ok) return std::unexpected(std::move(ok).error());
    std::optional<host::gateway_bot> said;
    if (!knows_its_shards(*kept)) {
        auto first = wait_for_first_answer(*control_, discord_, wish_.settings.start_patience, log_, wish_.give_up_descriptor);
        if (!first) return false;
        if (!*first) return std::unexpected(problem_of_bootstrap(first->error(), wish_.settings.api_base));
        said = std::move(**first);
    }
    there([&] {
        office_ = std::make_unique<office>(
            *control_, *store_.store, discord_,
            office_options{.brain = brain_config_of(*boot),
                           .total_shards = wish_.settings.total_shards,
                           .log = log_.named("fleet"),
                           .stepped_down = [this](const std::string& why, const std::optional<failure>& refused) {
                               outcome_->failed(refused
                                                    ? problem_of_bootstrap(*refused, wish_.settings.api_base)
                                                    : startup_problem{exit_code::failed,
                                                                      fmt::format("This coordinator leads no more: {}.", why)});
                               outcome_->mark_ended();
                           }});
        office_->open(*kept, store_.began_anew);
        if (said) office_->discord_said(*said);
    });
    if (auto ok = serve(); !ok) return std::unexpected(std::move(ok).error());
    log_.info("coordinating", {{"listen", fmt::format("{}", server_->port())}, {"store", wish_.settings.fleet.store}});
    return true;
}

void coordinator::take_down() {
    if (control_) {
        there([this] {
            stopping_ = true;
            ops_.reset();
            watch_.reset();
            server_.reset();
            deaths_.reset();
            office_.reset();
            store_.store.reset();
            discord_ = {};
        });
        control_->stop();
        control_->join();
        http_.reset();
        control_.reset();
    }
    folder_.reset();
    log_.info("stopped");
    run_log_.flush();
}

}  // namespace

std::expected<std::unique_ptr<coordinator_role>, startup_problem> coordinator_role::start(coordinator_wish wish,
                                                                                          std::shared_ptr<run_outcome> outcome) {
    auto made = std::make_unique<coordinator>(std::move(wish), std::move(outcome));
    auto ran = made->run();
    if (!ran) return std::unexpected(std::move(ran).error());
    if (!*ran) return nullptr;
    return made;
}

}  // namespace shoal::roles
