#include "sim/core/rest_limits.hpp"

#include <fmt/format.h>

#include <cmath>

#include "sim/core/snowflakes.hpp"

namespace shoal::sim {
namespace {

double seconds(duration span) { return std::chrono::duration<double>(span).count(); }

template <class Windows>
void forget_old(Windows& windows, instant now) {
    if (windows.size() < 4096) return;
    std::erase_if(windows, [now](const auto& item) { return item.second.ends <= now; });
}

}  // namespace

std::string_view scope_name(limit_scope scope) noexcept {
    switch (scope) {
        case limit_scope::user: return "user";
        case limit_scope::shared: return "shared";
        case limit_scope::global: return "global";
        case limit_scope::none: break;
    }
    return "";
}

limit_verdict rest_limits::global(std::string_view who, instant now) {
    forget_old(globals_, now);
    window& at = globals_[std::string(who)];
    if (now >= at.ends) at = {now + 1s, 0};
    limit_verdict verdict;
    if (static_cast<std::int64_t>(at.used) >= config_.rest_global_per_second) {
        verdict.refused_by = limit_scope::global;
        verdict.retry_after = at.ends - now;
        return verdict;
    }
    ++at.used;
    return verdict;
}

rest_limits::window& rest_limits::window_of(std::string key, duration length, instant now) {
    forget_old(buckets_, now);
    window& at = buckets_[std::move(key)];
    if (now >= at.ends) at = {now + length, 0};
    return at;
}

std::string rest_limits::hash_of(const bucket_rule& rule, instant now) const {
    std::uint64_t age = generation_;
    if (config_.bucket_hash_life > duration{})
        age += static_cast<std::uint64_t>(now.time_since_epoch() / config_.bucket_hash_life) << 20U;
    const std::string_view named = config_.shared_hashes && !rule.family.empty() ? rule.family : rule.group;
    const std::uint64_t seed = mix(config_.seed, age);
    return fmt::format("{:016x}{:016x}", mix(seed, named), mix(~seed, named));
}

limit_verdict rest_limits::route(const bucket_rule& rule, std::string_view major, instant now, std::int64_t unix_ms) {
    limit_verdict verdict;
    if (rule.group.empty()) return verdict;
    window& at = window_of(fmt::format("{} {}", rule.group, major), rule.window, now);
    if (at.used < rule.limit) {
        ++at.used;
    } else {
        verdict.refused_by = limit_scope::user;
        verdict.retry_after = at.ends - now;
    }
    std::uint32_t limit = rule.limit, left = rule.limit - at.used;
    duration until = at.ends - now;
    if (rule.tells == telling::never || (rule.tells == telling::until_spent && left > 0)) {
        limit = rule.shown;
        left = rule.shown - at.used;
        if (rule.tells == telling::never) until = std::min<duration>(until, 1s);
    }
    verdict.headers = {{"X-RateLimit-Limit", fmt::format("{}", limit)},
                       {"X-RateLimit-Remaining", fmt::format("{}", left)},
                       {"X-RateLimit-Reset", fmt::format("{:.3f}", static_cast<double>(unix_ms) / 1000.0 + seconds(until))},
                       {"X-RateLimit-Reset-After", fmt::format("{:.3f}", seconds(until))},
                       {"X-RateLimit-Bucket", hash_of(rule, now)}};
    return verdict;
}

limit_verdict rest_limits::hidden(const bucket_rule& rule, std::string_view key, limit_scope scope, instant now) {
    window& at = window_of(fmt::format("{} {}", rule.group, key), rule.window, now);
    limit_verdict verdict;
    if (at.used < rule.limit) {
        ++at.used;
    } else {
        verdict.refused_by = scope;
        verdict.retry_after = at.ends - now;
    }
    return verdict;
}

void add_retry_headers(std::vector<header>& headers, double retry_after_s, limit_scope scope) {
    headers.push_back({"Retry-After", fmt::format("{}", static_cast<std::int64_t>(std::ceil(retry_after_s)))});
    headers.push_back({"X-RateLimit-Scope", std::string(scope_name(scope))});
    if (scope == limit_scope::global) headers.push_back({"X-RateLimit-Global", "true"});
}

std::string too_many_body(double retry_after_s, bool global) {
    return fmt::format(R"({{"message":"You are being rate limited.","retry_after":{:.3f},"global":{}}})", retry_after_s, global);
}

}  // namespace shoal::sim
