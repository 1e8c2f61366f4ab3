// The REST API as others see it: what it takes, when its answers come, and what was counted. What a request passes before its
// handler is in rest_serve.cpp.

#include "sim/core/rest.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>

#include "sim/core/messages.hpp"
#include "sim/core/names.hpp"
#include "sim/core/rest_faults.hpp"
#include "sim/core/rest_request.hpp"
#include "sim/core/rest_state.hpp"

namespace shoal::sim {
namespace json = boost::json;
using namespace std::chrono_literals;

rest_answer refuse(int status, int code, std::string_view message) {
    return {.status = status, .body = error_body(code, message)};
}

std::string joined(const std::vector<std::string>& objects) {
    std::string out = "[";
    for (const std::string& one : objects) {
        if (out.size() > 1) out.push_back(',');
        out.append(one);
    }
    out.push_back(']');
    return out;
}

rest_state::rest_state(const simulator_config& config_, world& where_, rest_context& context_)
    : config(config_),
      where(where_),
      context(context_),
      random(mix(config_.seed, 0x72657374ULL)),
      limits(config_),
      edge(config_),
      commands(config_.application_id),
      interactions(mix(config_.seed, 0x696E7472ULL)) {}

std::optional<std::string> rest_state::user_text(std::uint64_t id) const {
    if (const auto known = named_people.find(id); known != named_people.end()) return world::named_user(known->second);
    return where.user(id);
}

std::uint64_t rest_state::open_direct_channel(std::uint64_t user) {
    const std::uint64_t channel = direct_channel_of(user);
    direct_channels[channel] = user;
    return channel;
}

std::optional<std::uint64_t> rest_state::direct_recipient(std::uint64_t channel) const {
    const auto known = direct_channels.find(channel);
    if (known != direct_channels.end()) return known->second;
    // Users of the world may have written first: their channel follows from their id.
    return direct_user_of(channel);
}

std::string rest_state::direct_channel_text(std::uint64_t channel, std::uint64_t recipient) const {
    const auto& sent = messages.of(channel);
    return json::serialize(
        json::object{{"id", std::to_string(channel)},
                     {"type", 1},
                     {"last_message_id", sent.empty() ? json::value(nullptr) : json::value(std::to_string(*sent.rbegin()))},
                     {"flags", 0},
                     {"recipients", json::array{json::parse(*user_text(recipient))}}});
}

void rest_state::later_answer(const http_arrived& request, rest_answer made, instant now) {
    // Log-normal around the median, a long tail but no endless one.
    const double factor = std::min(std::exp(0.6 * normal(random)), 12.0);
    const auto latency = duration(static_cast<std::int64_t>(static_cast<double>(config.rest_latency.count()) * factor));
    if (!made.never) {
        http_answer reply{.request = request.request,
                          .status = made.status,
                          .headers = {},
                          .body = std::move(made.body),
                          .delivery = made.delivery,
                          .span = made.span};
        if (!made.of_edge) {
            if (!reply.body.empty()) reply.headers.push_back({"Content-Type", "application/json"});
            reply.headers.push_back({"Via", "1.1 google"});
        }
        reply.headers.insert(reply.headers.end(), made.headers.begin(), made.headers.end());
        queue.push({now + latency, ++order, std::move(reply), std::nullopt});
    }
    // The event comes up to 20 ms before and 200 ms after the answer; several of one write keep their order.
    instant when = now + latency + random.between(-20ms, 200ms);
    if (when < now) when = now;
    for (world_event& event : made.events) {
        // But never before what an earlier write brought to the same guild: one process of Discord's tells of all that happens in
        // a guild, so nobody hears that a channel changed before it was there.
        instant& last = last_told[event.guild];
        last = std::max(last, when);
        queue.push({last, ++order, std::nullopt, std::move(event)});
    }
}

rest_api::rest_api(const simulator_config& config, world& where, rest_context& context)
    : impl_(std::make_unique<impl>(config, where, context)) {}
rest_api::~rest_api() = default;

void rest_api::take(const http_arrived& request, instant now) {
    impl_->interactions.pass(now);
    impl_->later_answer(request, impl_->answer(request, now), now);
}

void rest_api::due(instant now, std::vector<action>& out) {
    impl_->interactions.pass(now);
    impl_->archive_idle_threads(now);
    while (!impl_->queue.empty() && impl_->queue.top().when <= now) {
        rest_state::waiting next = impl_->queue.top();
        impl_->queue.pop();
        if (next.answer) out.emplace_back(*std::move(next.answer));
        if (next.event) impl_->context.publish(*std::move(next.event), now);
    }
}

instant rest_api::next_due() const noexcept {
    const instant deadline = std::min(impl_->interactions.next_deadline(), impl_->threads.next());
    return impl_->queue.empty() ? deadline : std::min(deadline, impl_->queue.top().when);
}

json::object rest_api::start_fault(const json::object& command, int number, instant now, std::string& problem) {
    return start_rest_fault(*impl_, command, number, now, problem);
}
void rest_api::clear_faults() {
    impl_->faults.clear();
    impl_->edge.clear();
}
json::array rest_api::faults(instant now) const { return impl_->faults.list(now); }
void rest_api::change_hashes() { impl_->limits.change_hashes(); }

json::array rest_api::interactions() const { return impl_->interactions.report(); }

json::array rest_api::audit_log() const { return impl_->audit.report(); }

json::object rest_api::counters() const {
    json::object by_route;
    for (const auto& [route, count] : impl_->requests_by_route) by_route[route] = count;
    json::object by_scope;
    for (const auto& [scope, count] : impl_->too_many_by_scope) by_scope[scope.empty() ? "none" : scope] = count;
    return {{"rest_requests", impl_->requests},
            {"rest_by_route", std::move(by_route)},
            {"rest_401", impl_->unauthorized},
            {"rest_429", impl_->too_many},
            {"rest_429_by_scope", std::move(by_scope)},
            {"rest_invalid", impl_->invalid},
            {"rest_edge_bans", impl_->edge.bans()},
            {"rest_banned_requests", impl_->banned},
            {"rest_faults_struck", impl_->struck},
            {"rest_unknown_routes", impl_->unknown_routes},
            {"rest_without_user_agent", impl_->user_agents_missing},
            {"interactions_issued", impl_->interactions.issued()},
            {"interactions_missed", impl_->interactions.missed()},
            {"interactions_double_acks", impl_->interactions.double_acks},
            {"interactions_late_acks", impl_->interactions.late_acks}};
}

}  // namespace shoal::sim
