#include "host/member_desk.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <variant>

#include "discord/json_cursor.hpp"
#include "discord/opcodes.hpp"

namespace shoal::host {

using gateway::member_requests;

member_desk::member_desk(scheduler& on, outbound_queue& queue, std::uint64_t seed, std::function<void()> after_queued,
                         planted_bugs planted)
    : on_(on), queue_(queue), machine_({}, seed), after_queued_(std::move(after_queued)), planted_(planted) {}

member_desk::~member_desk() {
    if (timer_ != timer_id::none) on_.cancel(timer_);
}

result<member_desk::request_id> member_desk::ask(gateway::member_query query, member_listener listener) {
    std::vector<order> orders;
    auto asked = machine_.ask(std::move(query), on_.now(), orders);
    if (!asked) return asked;
    listeners_.emplace(*asked, std::move(listener));
    carry_out(orders);
    return asked;
}

void member_desk::cancel(request_id request) {
    std::vector<order> orders;
    machine_.cancel(request, orders);
    carry_out(orders);
}

void member_desk::sent(std::uint64_t tag) {
    machine_.sent(tag, on_.now());
    arm();
}

void member_desk::on_chunk(std::string_view data) {
    if (listeners_.empty()) return;
    std::string nonce;
    guild_id guild;
    std::uint32_t index = 0, count = 0;
    for (const auto& [key, value] : discord::json_value(data).fields()) {
        if (key == "nonce")
            nonce = value.text_or("");
        else if (key == "guild_id")
            guild = value.id<guild_id>();
        else if (key == "chunk_index")
            index = value.value_or<std::uint32_t>(0);
        else if (key == "chunk_count")
            count = value.value_or<std::uint32_t>(0);
    }
    std::vector<order> orders;
    const auto answer = machine_.on_chunk(nonce, guild, index, count, on_.now(), orders);
    if (answer.verdict == member_requests::chunk_verdict::fresh) {
        // The listener may ask again inside: it is copied out of the table first.
        const auto found = listeners_.find(answer.request);
        if (found != listeners_.end() && found->second.on_chunk) {
            const auto tell = found->second.on_chunk;
            tell(data);
        }
        if (planted_.ends_at_the_last_chunk && orders.empty() && index + 1 == count) {
            machine_.cancel(answer.request, orders);
            for (auto& one : orders) std::get<member_requests::ended>(one).how = member_requests::outcome::complete;
        }
    }
    carry_out(orders);
}

void member_desk::on_rate_limited(std::string_view data) {
    const discord::json_value limited(data);
    if (limited["opcode"].integer() != static_cast<std::int64_t>(discord::opcode::request_guild_members)) return;
    const auto meta = limited["meta"];
    const auto seconds = std::clamp(limited["retry_after"].number().value_or(1.0), 0.0, 86400.0);
    std::vector<order> orders;
    machine_.on_rate_limited(meta["nonce"].text_or(""), meta["guild_id"].id<guild_id>(),
                             std::chrono::duration_cast<duration>(std::chrono::duration<double>(seconds)), on_.now(), orders);
    carry_out(orders);
}

void member_desk::on_new_session() {
    std::vector<order> orders;
    machine_.on_new_session(on_.now(), orders);
    carry_out(orders);
}

void member_desk::end_all() {
    std::vector<order> orders;
    for (const auto& [request, listener] : listeners_) machine_.cancel(request, orders);
    carry_out(orders);
}

void member_desk::carry_out(std::vector<order>& orders) {
    bool queued = false;
    for (auto& one : orders) {
        if (auto* query = std::get_if<member_requests::send_query>(&one)) {
            if (const auto found = listeners_.find(query->request); found != listeners_.end() && found->second.on_asked)
                found->second.on_asked();
            // A full queue is as good as a lost request: its timeout tells the asker.
            if (queue_.add(static_cast<std::uint8_t>(discord::opcode::request_guild_members), std::move(query->data),
                           query->request)) {
                queued = true;
            } else {
                machine_.sent(query->request, on_.now());
            }
            continue;
        }
        const auto& ended = std::get<member_requests::ended>(one);
        auto node = listeners_.extract(ended.request);
        if (!node.empty() && node.mapped().on_ended) node.mapped().on_ended(ended);
    }
    arm();
    if (queued) after_queued_();
}

void member_desk::arm() {
    if (timer_ != timer_id::none) on_.cancel(std::exchange(timer_, timer_id::none));
    const auto when = machine_.wake_at();
    if (when == never) return;
    timer_ = on_.wake_at(when, [this] {
        timer_ = timer_id::none;
        std::vector<order> orders;
        machine_.on_tick(on_.now(), orders);
        carry_out(orders);
    });
}

}  // namespace shoal::host
