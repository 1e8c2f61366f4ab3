#include "roles/coordinator/office.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "state/boot_id.hpp"

namespace shoal::roles {

namespace leader = cluster::leader;

namespace {

constexpr std::string_view fleet_key = "fleet";

log_level level_of(leader::note_code code) noexcept {
    using enum leader::note_code;
    switch (code) {
        case store_began_anew:
        case bad_record:
        case alarm_raised:
        case refused_by_discord:
        case worker_refused:
        case permit_refused: return log_level::warn;
        case stale_report: return log_level::debug;
        default: return log_level::info;
    }
}

std::string_view text_of(const leader::note& what) noexcept {
    using enum leader::note_code;
    const bool of_store = what.alarm == cluster::alarm_kind::store;
    switch (what.code) {
        case took_office: return "this coordinator leads";
        case store_began_anew: return "the store began anew";
        case bad_record: return "a record of the store is damaged";
        case waiting_over: return "shards are given out from now on";
        case worker_state: return "a worker's state changed";
        case worker_refused: return "a worker was refused";
        case shard_placed: return "a shard was given to a worker";
        case shard_adopted: return "a shard was taken over as a worker reported it";
        case shard_vacated: return "a shard lost its worker";
        case alarm_raised: return of_store ? "the store could not be written" : "something in the fleet is not as it should be";
        case alarm_over: return of_store ? "the store can be written again" : "that is as it should be again";
        case refused_by_discord: return "Discord refuses for good";
        case permit_refused: return "no identify permit can be given";
        case stale_report: return "a worker reported a shard under an old epoch";
        case operator_acted: return "an operator acted";
    }
    return "note";
}

}  // namespace

office::office(scheduler& on, store::state_store& keeps, host::gateway_bot_source discord, office_options options)
    : on_(on),
      store_(keeps),
      discord_(std::move(discord)),
      options_(std::move(options)),
      brain_(options_.brain),
      self_(std::make_shared<office*>(this)) {}

office::~office() {
    *self_ = nullptr;
    on_.cancel(timer_);
}

void office::open(const store::contents& what, std::string began_anew) {
    leader::office_taken taken;
    for (const auto& each : what.entries) {
        if (each.key == fleet_key) fleet_at_ = each.modified;
        taken.records.push_back({each.key, each.value});
    }
    taken.began_anew = std::move(began_anew);
    taken.fresh_fleet = static_cast<cluster::fleet_id>(state::random_number());
    step(taken);
    if (options_.total_shards) step(leader::shard_count_told{*options_.total_shards});
}

void office::discord_said(const host::gateway_bot& what) {
    step(leader::budget_told{what.limit});
    if (!options_.total_shards) step(leader::shard_count_told{std::max<std::uint32_t>(1, what.shards)});
}

cluster::stream_id office::attach(worker_line& line) {
    const auto id = static_cast<cluster::stream_id>(++last_stream_);
    lines_.emplace(id, &line);
    return id;
}

void office::said(cluster::stream_id stream, cluster::to_coordinator what) {
    // What a stream says after it was told to end is not heard any more.
    if (lines_.contains(stream)) step(leader::said{stream, std::move(what)});
}

void office::detach(cluster::stream_id stream) {
    if (lines_.erase(stream) != 0) step(leader::stream_closed{stream});
}

void office::ask(cluster::operator_request what, std::string by, std::function<void(cluster::operator_answer)> answered) {
    const auto request = ++last_request_;
    asked_.emplace(request, std::move(answered));
    step(leader::operator_asked{request, std::move(what), std::move(by)});
}

void office::death_proven(cluster::process_id process, cluster::incarnation which, std::string how) {
    step(leader::death_proven{std::move(process), which, std::move(how)});
}

cluster::cluster_picture office::picture() const { return brain_.picture(on_.now()); }

void office::step(const leader::fact& what) {
    if (over_) return;
    if (stepping_) return facts_.push_back(what);
    stepping_ = true;
    brain_.step(what, on_.now(), orders_);
    carry_out();
    while (!facts_.empty() && !over_) {
        const auto facts = std::exchange(facts_, {});
        for (const auto& each : facts) {
            brain_.step(each, on_.now(), orders_);
            carry_out();
        }
    }
    stepping_ = false;
}

void office::carry_out() {
    auto orders = std::exchange(orders_, {});
    for (auto& each : orders) std::visit([this](auto& order) { obey(order); }, each);
}

void office::obey(const leader::say& order) {
    const auto found = lines_.find(order.stream);
    if (found != lines_.end()) found->second->say(order.what);
}

void office::obey(const leader::close_stream& order) {
    const auto found = lines_.find(order.stream);
    if (found == lines_.end()) return;
    auto* const line = found->second;
    lines_.erase(found);
    line->close(order.why);
}

void office::obey(leader::write& order) {
    store::transaction what;
    what.only_if.push_back({std::string(fleet_key), fleet_at_});
    const bool fleet_too = std::ranges::find(order.records, fleet_key, &cluster::record::key) != order.records.end();
    for (auto& each : order.records) what.changes.push_back({std::move(each.key), std::move(each.value)});
    store_.commit(std::move(what), [self = self_, fleet_too](const result<store::outcome>& got) {
        auto* const me = *self;
        if (me == nullptr) return;
        if (got && got->done) {
            if (fleet_too) me->fleet_at_ = got->at;
            return me->step(leader::write_stored{});
        }
        if (got) return me->step(leader::write_failed{"somebody else wrote the fleet's record", true});
        me->step(leader::write_failed{got.error().message(), false});
    });
}

void office::obey(const leader::read_budget&) {
    discord_([self = self_](const host::gateway_bot_answer& got) {
        auto* const me = *self;
        if (me == nullptr) return;
        if (got.what) return me->discord_said(*got.what);
        const auto& why = got.what.error();
        // No permit can be given any more, and Discord would refuse the shards, too: their workers go on with what they have.
        if (got.fatal()) return me->end("Discord refuses this bot's token", why.message(), why);
        me->options_.log.warn("Discord does not say what the identify budget is", {{"why", why.message()}});
        me->step(leader::budget_failed{std::max<duration>(got.retry_after, std::chrono::seconds(5))});
    });
}

void office::obey(leader::answer& order) {
    const auto found = asked_.find(order.request);
    if (found == asked_.end()) return;
    const auto answered = std::move(found->second);
    asked_.erase(found);
    answered(std::move(order.what));
}

void office::obey(const leader::wake_at& order) {
    if (timer_ != timer_id::none && wakes_at_ <= order.when) return;
    on_.cancel(timer_);
    wakes_at_ = order.when;
    timer_ = on_.wake_at(order.when, [this] {
        timer_ = timer_id::none;
        wakes_at_ = never;
        step(leader::tick{});
    });
}

void office::obey(const leader::step_down& order) { end("this coordinator leads no more", order.why, {}); }

void office::end(std::string_view what, const std::string& why, const std::optional<failure>& refused) {
    if (std::exchange(over_, true)) return;
    on_.cancel(std::exchange(timer_, timer_id::none));
    // Workers look for the next leader at once.
    for (const auto& [stream, line] : std::exchange(lines_, {})) line->close(what);
    options_.log.error(what, {{"why", why}});
    if (options_.stepped_down) options_.stepped_down(why, refused);
}

void office::obey(const leader::note& order) {
    options_.log.write(level_of(order.code), text_of(order), {{"detail", order.detail}});
}

}  // namespace shoal::roles
