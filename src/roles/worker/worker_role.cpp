#include "roles/worker/worker_role.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include "bot/rest_client.hpp"
#include "cluster/worker_session.hpp"
#include "discord/close_codes.hpp"
#include "ops/process_probe.hpp"
#include "roles/process/bot_role.hpp"
#include "roles/process/exit_reasons.hpp"
#include "roles/process/sign_of_life.hpp"
#include "roles/worker/coordinator_line.hpp"
#include "roles/worker/coordinator_troubles.hpp"
#include "roles/worker/fleet_desk.hpp"
#include "roles/worker/node_doors.hpp"
#include "roles/worker/self_description.hpp"
#include "roles/worker/worker_notes.hpp"

namespace shoal::roles {

using config::exit_code;
using config::startup_problem;
namespace worker = cluster::worker;

namespace {

// For the coordinator to take in what this worker released last, and its goodbye; each.
constexpr duration last_words = std::chrono::seconds(2);
// A thread that comes round closes its connections within milliseconds of the lease's end; one that does not in this time is
// stuck.
constexpr duration cut_after = std::chrono::seconds(1);

class worker_role final : public bot_role {
public:
    using bot_role::bot_role;
    ~worker_role() override {
        stop(false);
        join();
    }

private:
    [[nodiscard]] done prepare() override;
    [[nodiscard]] done open_doors() override;
    [[nodiscard]] done set_up(const host::gateway_bot& discord) override;
    void begin() override;
    void begin_stop(bool for_good) override;
    void on_ready(shard_key shard, std::uint32_t missing) override;
    void on_untrusted(const startup_problem& problem) override;
    void on_gave_up(shard_key shard, std::uint16_t close_code, startup_problem problem) override;
    void close_doors() override;
    void let_go() override { desk_.reset(); }  // Shards ask the desk to the last.

    // On the control thread.
    void begin_there();
    void step(const worker::fact& fact);
    void obey(const worker::open_stream& order) {
        if (sign_) sign_->forget_finders();
        line_->open(order.address);
    }
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
    void obey(const worker::cut_shard& order);
    void obey(const worker::use_rest& order) {
        bot().rest().set_pace({order.per_second, order.until, order.afterwards, order.end});
    }
    void obey(const worker::wake_at& order);
    void obey(const worker::end& order);
    void obey(const worker::note& order) {
        const auto held_back = troubles_.heard(order, line_ended_, parts().control().now());
        if (held_back) write_note(log(), order, *held_back);
    }
    void tell_more(ops::node_picture& node) const;
    void look();
    void gone(shard_key shard, std::optional<gateway::resume_ticket> ticket);
    [[nodiscard]] std::vector<shard_key> wanted() const;
    void let_go_of_all();
    void say_goodbye_when_empty();
    void end_now();

    std::optional<trust::node_identity> self_;
    std::optional<sign_of_life> sign_;  // For a coordinator on this host.
    incarnations incarnations_;

    // Of the control thread.
    std::optional<cluster::worker_session> session_;
    std::unique_ptr<fleet_desk> desk_;
    std::unique_ptr<node_doors> doors_;
    std::unique_ptr<coordinator_line> line_;
    coordinator_troubles troubles_;
    line_end_kind line_ended_ = line_end_kind::silent;  // Of the end that is being told; else the session's own patience.
    ops::process_probe probe_;
    std::map<std::uint32_t, shard_key> wanted_;
    timer_id timer_ = timer_id::none;
    std::vector<worker::order> orders_;
    std::vector<worker::fact> facts_;
    bool stepping_ = false, for_good_ = false;
    bool letting_go_ = false;  // Every shard is being stopped, by no order of the coordinator's.
    bool parting_ = false;     // Goodbye was said; the stream's end is waited for.
    bool ending_ = false;
};

worker_role::done worker_role::prepare() {
    auto identity = read_worker_identity(settings().certs);
    if (!identity) return std::unexpected(std::move(identity).error());
    self_ = std::move(*identity);
    return {};
}

worker_role::done worker_role::open_doors() {
    auto own = next_incarnation(files(), settings());
    if (!own) return std::unexpected(std::move(own).error());
    incarnations_ = *own;
    if (auto sign = sign_of_life::show(cluster::number(incarnations_.now))) {
        sign_ = std::move(*sign);
    } else {
        log().warn("a coordinator on this host will not see this worker's end before its lease is over",
                   {{"why", sign.error().message()}});
    }
    done out;
    on_control([&] {
        parts().say_more([this](ops::node_picture& node) { tell_more(node); });
        auto doors = node_doors::open(parts().control(), settings(), *self_, log());
        if (doors) {
            doors_ = std::move(*doors);
        } else {
            out = std::unexpected(std::move(doors).error());
        }
    });
    return out;
}

worker_role::done worker_role::set_up(const host::gateway_bot& discord) {
    auto& control = parts().control();
    const auto self = describe_self(settings(), incarnations_, doors_->listen_url());
    session_.emplace(self);
    desk_ = std::make_unique<fleet_desk>(control, *session_, self.fence, [this](worker::fact fact) { step(fact); });
    return parts().set_up_worker(
        discord, {.permits = *desk_,
                  .rights = *desk_,
                  .on_changed = [this, &control](shard_key) { control.post([this] { look(); }); },
                  .on_gone =
                      [this, &control](shard_key shard, std::optional<gateway::resume_ticket> ticket) {
                          control.post([this, shard, ticket = std::move(ticket)]() mutable { gone(shard, std::move(ticket)); });
                      },
                  .cut_after = self.fence == cluster::fence_policy::close ? cut_after : duration{}});
}

void worker_role::begin() {
    parts().control().post([this] { begin_there(); });
}

// ---- on the control thread -------------------------------------------------------------------------------------------------

void worker_role::begin_there() {
    line_ = std::make_unique<coordinator_line>(
        parts().control(), doors_->dialer(), settings().token, bot().intents_to_identify(),
        cluster::process_id{settings().process_id}, incarnations_.now,
        coordinator_line::events{.opened = [this] { step(worker::stream_opened{}); },
                                 .received = [this](cluster::to_worker what) { step(worker::message_received{std::move(what)}); },
                                 .closed =
                                     [this](line_end how) {
                                         if (parting_) return end_now();
                                         line_ended_ = how.kind;
                                         const auto refused = how.refused();
                                         step(worker::stream_closed{std::move(how.sentence), refused});
                                         line_ended_ = line_end_kind::silent;
                                     }});
    step(worker::started{});
}

void worker_role::step(const worker::fact& fact) {
    if (ending_) return;
    facts_.push_back(fact);
    if (std::exchange(stepping_, true)) return;
    while (!facts_.empty()) {
        const auto facts = std::exchange(facts_, {});
        for (const auto& each : facts) {
            session_->step(each, parts().control().now(), orders_);
            desk_->refresh();
            auto orders = std::exchange(orders_, {});
            for (auto& order : orders) std::visit([this](auto& one) { obey(one); }, order);
        }
    }
    stepping_ = false;
    parts().say_serving(session_->is_registered());
}

void worker_role::obey(worker::start_shard& order) {
    // It crossed with the word that this worker ends: whoever is next has the ticket back.
    if (letting_go_) return facts_.push_back(worker::shard_stopped{order.shard.id, std::move(order.ticket)});
    desk_->expect(order.shard);
    wanted_.insert_or_assign(order.shard.id, order.shard);
    std::map<shard_key, gateway::resume_ticket> tickets;
    if (order.ticket) tickets.emplace(order.shard, std::move(*order.ticket));
    parts().shards().want(wanted(), std::move(tickets));
}

void worker_role::obey(const worker::stop_shard& order) {
    if (letting_go_) return;  // It is on its way.
    const auto found = wanted_.find(order.shard);
    if (found == wanted_.end()) return facts_.push_back(worker::shard_stopped{order.shard, {}});
    wanted_.erase(found);
    parts().shards().want(wanted());
}

void worker_role::obey(const worker::cut_shard& order) {
    if (const auto found = wanted_.find(order.shard); found != wanted_.end()) parts().shards().lease_over(found->second);
}

void worker_role::gone(shard_key shard, std::optional<gateway::resume_ticket> ticket) {
    desk_->forget(shard.id);
    step(worker::shard_stopped{shard.id, std::move(ticket)});
    say_goodbye_when_empty();
}

void worker_role::obey(const worker::wake_at& order) {
    auto& control = parts().control();
    control.cancel(timer_);
    timer_ = control.wake_at(order.when, [this] {
        timer_ = timer_id::none;
        step(worker::tick{});
    });
}

void worker_role::look() {
    if (ending_) return;
    worker::looked seen;
    const auto use = probe_.look(parts().control().now());
    seen.node.cpu_share = use.cpu_percent / 100 / std::max(1U, std::thread::hardware_concurrency());
    seen.node.memory_mb = use.resident_bytes / 1'000'000;
    std::map<std::uint32_t, shard_status> caches;
    for (auto& each : bot().shards()) caches.emplace(each.id, std::move(each));
    for (const auto& picture : parts().shards().shards()) {
        if (!wanted_.contains(picture.shard.id)) continue;
        seen.node.events_per_second += picture.events_per_second;
        seen.node.queue_depth += picture.in_flight;
        desk_->lost(picture.shard.id, picture.lost_session);
        auto& shard = seen.shards.emplace_back(seen_of(picture));
        if (const auto found = caches.find(picture.shard.id); found != caches.end()) {
            shard.metrics.cache_incomplete = !found->second.cache_complete;
            shard.metrics.partial_guilds = found->second.partial_guilds;
        }
    }
    const auto rest = bot().rest().pace_use();
    seen.rest.sent_per_second = static_cast<double>(rest.sent);
    seen.rest.waiting = static_cast<std::uint32_t>(rest.waiting);
    step(seen);
}

std::vector<shard_key> worker_role::wanted() const {
    std::vector<shard_key> all;
    for (const auto& [id, key] : wanted_) all.push_back(key);
    return all;
}

void worker_role::on_ready(shard_key shard, std::uint32_t missing) {
    log().info("shard ready", {{"shard", fmt::format("{}", shard.id)}, {"missing_guilds", fmt::format("{}", missing)}});
}

/// The coordinator is told first: what Discord refuses here must not be tried by one worker after the other. A token, intents or
/// a version that it refuses end this one; a shard's number or its guilds concern that shard alone.
void worker_role::on_gave_up(shard_key shard, std::uint16_t close_code, startup_problem problem) {
    step(worker::shard_refused{shard.id, {close_code, problem.sentence}});
    if (!discord::concerns_one_shard(close_code)) fail(std::move(problem));
}

void worker_role::on_untrusted(const startup_problem& problem) { log().error(problem.sentence); }

void worker_role::obey(const worker::end& order) {
    if (order.why) {
        outcome().failed({exit_code::fleet_refused, sentence_of(*order.why, order.detail)});
    }
    if (!order.said_goodbye) return end_now();
    parting_ = true;
    parts().control().wake_at(parts().control().now() + last_words, [this] { end_now(); });
}

void worker_role::tell_more(ops::node_picture& node) const {
    troubles_.show(node, session_ && session_->is_registered());
    auto& port = node.node_port.emplace();
    const auto counts = doors_ ? doors_->counts().value_or(rpc::server_counts{}) : rpc::server_counts{};
    port.connections = counts.connections();
    port.calls = counts.all_calls();
    auto bad = line_ ? line_->bad() : wire::bad_messages{};
    bad.too_large += counts.too_large;
    port.bad_messages = bad.by_kind();
}

// ---- the end ---------------------------------------------------------------------------------------------------------------

void worker_role::begin_stop(bool for_good) {
    log().info("stopping", {{"shards", fmt::format("{}", wanted_.size())}});
    for_good_ = for_good;
    // Without a coordinator shards end here, and wait for one.
    if (!session_->is_registered()) return end_now();
    step(worker::stop_asked{});
    if (for_good) return let_go_of_all();
    // The coordinator moves the shards away, each with its ticket. What it has not moved in time is given back to it.
    parts().control().wake_at(parts().control().now() + settings().stop_deadline, [this] { let_go_of_all(); });
}

/// Stops what still runs; the coordinator is told of each shard as soon as it is gone, since another may only then have it.
void worker_role::let_go_of_all() {
    if (ending_ || parting_ || std::exchange(letting_go_, true)) return;
    const auto left = std::exchange(wanted_, {});
    if (!left.empty()) log().info("shards end here and are given back", {{"shards", fmt::format("{}", left.size())}});
    if (for_good_) {
        parts().shards().stop(true, [this, left](const auto&) {
            parts().control().post([this, left] {
                for (const auto& [id, key] : left) {
                    desk_->forget(id);
                    step(worker::shard_stopped{id, {}, true});
                }
                say_goodbye_when_empty();
            });
        });
    } else {
        parts().shards().want({});
    }
    say_goodbye_when_empty();
}

/// The session says it as soon as everything that was released is known to be. Nobody waits longer than this for that.
void worker_role::say_goodbye_when_empty() {
    if (!letting_go_ || ending_ || parting_ || !parts().shards().shards().empty()) return;
    parts().control().wake_at(parts().control().now() + last_words, [this] {
        if (!parting_) step(worker::ended{});
    });
}

void worker_role::end_now() {
    if (std::exchange(ending_, true)) return;
    end_shards(for_good_);
}

void worker_role::close_doors() {
    on_control([this] {
        parts().say_more({});
        parts().control().cancel(timer_);
        line_.reset();
        doors_.reset();
    });
}

}  // namespace

std::expected<bool, startup_problem> start_worker(runtime::bot_runtime& bot, config::bot_settings settings,
                                                  const std::vector<std::string>& warnings, std::shared_ptr<run_outcome> outcome,
                                                  int give_up_descriptor) {
    return start_role(bot, std::make_unique<worker_role>(bot, std::move(settings), std::move(outcome)), warnings,
                      give_up_descriptor);
}

}  // namespace shoal::roles
