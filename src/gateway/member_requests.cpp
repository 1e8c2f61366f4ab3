#include "gateway/member_requests.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/random.hpp"
#include "discord/json_writer.hpp"

namespace shoal::gateway {
namespace {

constexpr std::size_t most_users = 100;         // [2.8.1]
constexpr std::uint32_t most_by_prefix = 100;   // [2.8.1]
constexpr std::uint32_t most_chunks = 1 << 20;  // A chunk_count above this is no count: a billion members.

std::string query_json(const member_query& query, std::string_view nonce) {
    discord::json_writer w;
    w.begin_object().field("guild_id", query.guild);
    if (!query.users.empty()) {
        w.key("user_ids").begin_array();
        for (const auto user : query.users) w.value(user);
        w.end_array();
    } else {
        w.field("query", query.prefix).field("limit", query.limit);
    }
    if (query.presences) w.field("presences", true);
    w.field("nonce", nonce).end_object();
    return std::move(w).take();
}

}  // namespace

member_requests::member_requests(member_request_policy policy, std::uint64_t seed) : policy_(policy) {
    nonce_prefix_ = fmt::format("{:08x}-", static_cast<std::uint32_t>(random_source(seed).next() >> 32));
}

result<member_requests::request_id> member_requests::ask(member_query query, instant now, std::vector<order>& out) {
    const auto refuse = [](const char* why) { return std::unexpected(failure(errc::bad_query, why)); };
    if (!query.guild) return refuse("members of which guild?");
    if (query.users.size() > most_users) return refuse("at most 100 users by id");
    if (!query.users.empty() && !query.prefix.empty()) return refuse("either ids or a prefix");
    if (!query.prefix.empty() && (query.limit == 0 || query.limit > most_by_prefix))
        return refuse("a prefix needs a limit of 1 to 100");
    if (query.prefix.size() > 400) return refuse("no name is that long");
    if (open_.size() >= policy_.most_waiting) return std::unexpected(failure(errc::too_many_requests));
    const auto id = ++last_;
    request fresh;
    fresh.query = std::move(query);
    fresh.nonce = fmt::format("{}{:x}", nonce_prefix_, id);  // 9 + at most 16 characters: below Discord's 32.
    start(open_.emplace(id, std::move(fresh)).first, now, out);
    return id;
}

void member_requests::cancel(request_id id, std::vector<order>& out) {
    if (const auto found = open_.find(id); found != open_.end()) end(found, outcome::cancelled, out);
}

void member_requests::sent(request_id id, instant now) {
    const auto found = open_.find(id);
    if (found == open_.end() || found->second.waiting) return;
    found->second.due = now + policy_.chunk_timeout;
    if (!found->second.query.is_full_list()) return;
    for (auto& [guild, free_at] : full_free_at_) {
        if (guild == found->second.query.guild) free_at = now + policy_.full_list_window;
    }
}

/// Sends it now, or later (or never, as the asker wished) if a full list of this guild was asked for too recently.
void member_requests::start(table::iterator it, instant now, std::vector<order>& out) {
    auto& asked = it->second;
    asked.count = asked.came = 0;
    asked.seen.clear();
    if (asked.query.is_full_list()) {
        std::erase_if(full_free_at_, [&](const auto& entry) { return entry.second <= now; });
        const auto found = std::find_if(full_free_at_.begin(), full_free_at_.end(),
                                        [&](const auto& entry) { return entry.first == asked.query.guild; });
        if (found != full_free_at_.end()) {
            if (!asked.query.wait_when_limited) return end(it, outcome::rate_limited, out, found->second - now);
            asked.waiting = true;
            asked.due = found->second;
            return;
        }
    }
    send(it, now, out);
}

void member_requests::send(table::iterator it, instant now, std::vector<order>& out) {
    auto& asked = it->second;
    asked.waiting = false;
    asked.due = now + policy_.chunk_timeout;
    if (asked.query.is_full_list()) full_free_at_.emplace_back(asked.query.guild, now + policy_.full_list_window);
    out.emplace_back(send_query{it->first, query_json(asked.query, asked.nonce)});
}

void member_requests::end(table::iterator it, outcome how, std::vector<order>& out, duration retry_after) {
    const auto& asked = it->second;
    out.emplace_back(ended{it->first, how, asked.came, asked.count - asked.came, retry_after});
    open_.erase(it);
}

member_requests::chunk_answer member_requests::on_chunk(std::string_view nonce, guild_id guild, std::uint32_t index,
                                                        std::uint32_t count, instant now, std::vector<order>& out) {
    const auto found = std::find_if(open_.begin(), open_.end(), [&](const auto& entry) { return entry.second.nonce == nonce; });
    if (found == open_.end()) return {chunk_verdict::foreign};
    auto& asked = found->second;
    if (asked.waiting || asked.query.guild != guild || count == 0 || count > most_chunks || index >= count) {
        return {chunk_verdict::foreign};
    }
    if (asked.count == 0) {
        asked.count = count;
        asked.seen.assign(count, false);
    }
    if (index >= asked.count || count != asked.count) return {chunk_verdict::foreign};
    asked.due = now + policy_.chunk_timeout;
    if (asked.seen[index]) return {chunk_verdict::duplicate, found->first};
    asked.seen[index] = true;
    const chunk_answer answer{chunk_verdict::fresh, found->first};
    if (++asked.came == asked.count) end(found, outcome::complete, out);
    return answer;
}

void member_requests::on_rate_limited(std::string_view nonce, guild_id guild, duration retry_after, instant now,
                                      std::vector<order>& out) {
    const auto found = std::find_if(open_.begin(), open_.end(), [&](const auto& entry) {
        const auto& asked = entry.second;
        if (asked.waiting) return false;
        // Without a nonce it is the oldest one of this guild that got no answer.
        return nonce.empty() ? asked.query.guild == guild && asked.came == 0 : asked.nonce == nonce;
    });
    if (found == open_.end()) return;
    auto& asked = found->second;
    retry_after = std::clamp(retry_after, duration(std::chrono::milliseconds(100)), duration(std::chrono::hours(1)));
    if (asked.query.is_full_list()) {
        std::erase_if(full_free_at_, [&](const auto& entry) { return entry.first == asked.query.guild; });
        full_free_at_.emplace_back(asked.query.guild, now + retry_after);
    }
    if (!asked.query.wait_when_limited || asked.retries >= policy_.most_retries) {
        end(found, outcome::rate_limited, out, retry_after);
        return;
    }
    ++asked.retries;
    asked.waiting = true;
    asked.due = now + retry_after;
    asked.count = asked.came = 0;
    asked.seen.clear();
}

void member_requests::on_new_session(instant now, std::vector<order>& out) {
    for (auto it = open_.begin(); it != open_.end();) {
        const auto at = it++;
        if (!at->second.waiting) start(at, now, out);
    }
}

void member_requests::on_tick(instant now, std::vector<order>& out) {
    for (auto it = open_.begin(); it != open_.end();) {
        const auto at = it++;
        if (at->second.due > now) continue;
        if (at->second.waiting) {
            start(at, now, out);
        } else {
            end(at, outcome::timed_out, out);
        }
    }
}

instant member_requests::wake_at() const noexcept {
    instant soonest = never;
    for (const auto& [id, asked] : open_) soonest = std::min(soonest, asked.due);
    return soonest;
}

}  // namespace shoal::gateway
