#include "sim/core/session_table.hpp"

#include <algorithm>
#include <utility>

namespace shoal::sim {

using namespace std::chrono_literals;

std::string_view to_string(session_state state) noexcept {
    switch (state) {
        case session_state::live: return "live";
        case session_state::resumable: return "resumable";
        case session_state::dead: return "dead";
    }
    return "dead";
}

session& session_table::add(session fresh) {
    sessions_.push_back(std::make_unique<session>(std::move(fresh)));
    session& added = *sessions_.back();
    by_id_.emplace(added.id, &added);
    if (added.bot == 0) {
        auto& shards = routes_[added.total];
        if (shards.size() < added.total) shards.resize(added.total);
        shards[added.shard].push_back(&added);
    }
    ++alive_;
    return added;
}

session* session_table::find(std::string_view id) noexcept {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
}

std::size_t session_table::alive() const noexcept { return alive_; }

bool session_table::online() const noexcept {
    return alive_ != 0 && std::ranges::any_of(sessions_, [](const auto& one) {
               return one->state != session_state::dead && one->presence != "offline" && one->presence != "invisible";
           });
}

std::uint64_t session_table::remember(session& whose, const std::string* name, shared_text data, instant now, duration most_age) {
    const std::uint64_t seq = ++whose.last_seq;
    whose.buffer.push_back({seq, now, name, std::move(data)});
    while (whose.buffer.size() > whose.bound || whose.buffer.front().at < now - most_age) {
        whose.forgotten = whose.buffer.front().seq;
        whose.buffer.pop_front();
    }
    return seq;
}

void session_table::skip(session& whose) {
    ++whose.last_seq;
    whose.gaps.push_back(whose.last_seq);
}

void session_table::trim(session& whose, std::uint64_t up_to) {
    while (!whose.buffer.empty() && whose.buffer.front().seq <= up_to) {
        whose.forgotten = whose.trimmed_by_heartbeat = whose.buffer.front().seq;
        whose.buffer.pop_front();
    }
}

void session_table::attach(session& whose, conn_id to, instant now) {
    whose.conn = to;
    whose.state = session_state::live;
    whose.attached_at = now;
    ++whose.life;
}

void session_table::detach(session& whose, instant now) {
    whose.conn.reset();
    whose.state = session_state::resumable;
    whose.lost_at = now;
    ++whose.life;
}

bool session_table::overrun(const session& whose) noexcept { return whose.forgotten > whose.written_seq; }

void session_table::end(session& whose, std::string_view why, std::uint64_t safe_seq) {
    if (whose.state == session_state::dead) return;
    whose.state = session_state::dead;
    whose.ended_why = why;
    whose.safe_seq = std::max(safe_seq, whose.acked_seq);
    whose.conn.reset();
    ++whose.life;
    std::deque<replay_record>().swap(whose.buffer);
    whose.pending.clear();
    whose.burst.clear();
    --alive_;
    if (whose.bot == 0) std::erase(routes_[whose.total][whose.shard], &whose);
}

std::uint64_t session_table::surely_sent(const session& whose, instant now) noexcept {
    if (!whose.conn || whose.attached_at > now - 1s) return whose.acked_seq;
    std::uint64_t safe = std::min(whose.forgotten, whose.written_seq);
    for (auto record = whose.buffer.rbegin(); record != whose.buffer.rend(); ++record) {
        if (record->at <= now - 1s && record->seq <= whose.written_seq) {
            safe = record->seq;
            break;
        }
    }
    return std::max(safe, whose.acked_seq);
}

const std::string* session_table::intern(std::string_view name) {
    auto found = names_.find(name);
    if (found == names_.end()) found = names_.emplace(name).first;
    return &*found;
}

}  // namespace shoal::sim
