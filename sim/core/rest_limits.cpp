#include "sim/core/rest_limits.hpp"

#include <fmt/format.h>

#include <cmath>

#include "sim/core/snowflakes.hpp"

namespace shoal::sim {
namespace {

using namespace std::chrono_literals;

double seconds(duration span) { return std::chrono::duration<double>(span).count(); }

template <class Windows>
void forget_old(Windows& windows, instant now) {
    if (windows.size() < 4096) return;
    std::erase_if(windows, [now](const auto& item) { return item.second.ends <= now; });
}

void add_retry(limit_verdict& verdict, const char* scope) {
    // The header tells whole seconds, rounded up; the body tells the truth [4.5].
    verdict.headers.push_back(
        {"Retry-After", fmt::format("{}", static_cast<std::int64_t>(std::ceil(seconds(verdict.retry_after))))});
    verdict.headers.push_back({"X-RateLimit-Scope", scope});
}

}  // namespace

limit_verdict rest_limits::global(std::string_view who, instant now) {
    forget_old(globals_, now);
    window& at = globals_[std::string(who)];
    if (now >= at.ends) at = {now + 1s, 0};
    limit_verdict verdict;
    if (static_cast<std::int64_t>(at.used) >= global_per_second_) {
        verdict.allowed = false;
        verdict.global = true;
        verdict.retry_after = at.ends - now;
        add_retry(verdict, "global");
        verdict.headers.push_back({"X-RateLimit-Global", "true"});
        return verdict;
    }
    ++at.used;
    return verdict;
}

limit_verdict rest_limits::route(const bucket_rule& rule, std::string_view major, instant now, std::int64_t unix_ms) {
    limit_verdict verdict;
    if (rule.group.empty()) return verdict;
    forget_old(buckets_, now);
    window& at = buckets_[fmt::format("{} {}", rule.group, major)];
    if (now >= at.ends) at = {now + rule.window, 0};
    verdict.allowed = at.used < rule.limit;
    if (verdict.allowed) ++at.used;
    const duration left = at.ends - now;
    verdict.headers = {{"X-RateLimit-Limit", fmt::format("{}", rule.limit)},
                       {"X-RateLimit-Remaining", fmt::format("{}", rule.limit - at.used)},
                       {"X-RateLimit-Reset", fmt::format("{:.3f}", static_cast<double>(unix_ms) / 1000.0 + seconds(left))},
                       {"X-RateLimit-Reset-After", fmt::format("{:.3f}", seconds(left))},
                       {"X-RateLimit-Bucket", fmt::format("{:016x}{:016x}", mix(seed_, rule.group), mix(~seed_, rule.group))}};
    if (!verdict.allowed) {
        verdict.retry_after = left;
        add_retry(verdict, "user");
    }
    return verdict;
}

std::string too_many_body(const limit_verdict& verdict) {
    return fmt::format(R"({{"message":"You are being rate limited.","retry_after":{:.3f},"global":{}}})",
                       seconds(verdict.retry_after), verdict.global);
}

}  // namespace shoal::sim
