// What GET /gateway/bot says, and F28: where it fails, lies or changes.

#include <boost/json.hpp>
#include <cmath>
#include <string>
#include <utility>

#include "sim/core/command_reader.hpp"
#include "sim/core/gateway.hpp"

#include <fmt/format.h>

namespace shoal::sim {

namespace json = boost::json;

json::object gateway::start_gateway_bot_fault(command_reader& read, selector& by, instant now, std::string& problem) {
    const auto status = read.whole_number("status", 400, 599);
    const auto remaining = read.whole_number("remaining", 0, 1'000'000);
    const bool stale = read.flag("stale").value_or(false);
    const auto shards = read.whole_number("shards", 1, 1'000'000);
    const auto concurrency = read.whole_number("max_concurrency", 1, 1'000);
    (void)read.number("retry_after", 0, 1e6);
    const auto times = read.whole_number("times", 1, 1'000'000);
    const duration for_long = read.milliseconds("for_ms", {});
    if (by.given() && !by.all) read.fail("F28 is about a route: it cannot be aimed at shards.");
    if (!status && !remaining && !stale && !shards && !concurrency) {
        read.fail("F28 needs \"status\", \"remaining\", \"stale\", \"shards\" or \"max_concurrency\".");
    }
    problem = read.finish();
    if (!problem.empty()) return {};
    if (shards || concurrency) {
        // Discord's numbers change, and they are true.
        if (!before_faults_) before_faults_ = config_;
        if (shards) config_.recommended_shards = static_cast<std::uint32_t>(*shards);
        if (concurrency) config_.max_concurrency = static_cast<std::int64_t>(*concurrency);
        rescale_limits();
    }
    if (status || remaining || stale) {
        fault_table::entry entry;
        entry.number = 28;
        entry.by.all = true;
        entry.until = for_long > duration{} ? now + for_long : never;
        if (times) entry.left = *times;
        entry.how = read.whole();
        if (stale) entry.how["remaining"] = limits_.front().remaining(now);
        faults_.add(std::move(entry));
    }
    return {{"ok", true}};
}

std::optional<forced_answer> gateway::gateway_bot_fault(instant now) {
    told_remaining_.reset();
    fault_subject anybody;
    const auto how = faults_.strike(28, anybody, now, chance_);
    if (!how) return std::nullopt;
    if (const auto remaining = read_whole(how->if_contains("remaining"))) {
        told_remaining_ = static_cast<std::int64_t>(*remaining);
        if (!how->contains("status")) return std::nullopt;
    }
    forced_answer answer;
    answer.status = static_cast<int>(read_whole(how->if_contains("status")).value_or(500));
    answer.headers.push_back({"Content-Type", "application/json"});
    if (answer.status == 429) {
        const json::value* value = how->if_contains("retry_after");
        const double retry_after = value == nullptr ? 5.0 : value->to_number<double>();
        answer.headers.push_back({"Retry-After", std::to_string(static_cast<std::int64_t>(std::ceil(retry_after)))});
        answer.headers.push_back({"X-RateLimit-Scope", "user"});
        answer.body =
            fmt::format(R"({{"message":"You are being rate limited.","retry_after":{:.3f},"global":false}})", retry_after);
    } else {
        answer.body = fmt::format(R"({{"message":"{}: Injected","code":0}})", answer.status);
    }
    return answer;
}

json::object gateway::gateway_bot(instant now) {
    const identify_limits& limit = limits_.front();
    const std::size_t guilds = world_.guilds().size();
    std::uint64_t shards =
        config_.recommended_shards != 0 ? config_.recommended_shards : std::max<std::size_t>(1, (guilds + 999) / 1000);
    if (config_.large_bot) {
        const std::uint64_t multiple = std::max(1U, config_.large_bot_multiple);
        shards = (shards + multiple - 1) / multiple * multiple;
    }
    json::object start;
    start["total"] = limit.how().total;
    start["remaining"] = std::exchange(told_remaining_, std::nullopt).value_or(limit.remaining(now));
    start["reset_after"] = to_ms(limit.reset_after(now));
    start["max_concurrency"] = limit.how().max_concurrency;
    return {{"url", config_.gateway_url}, {"shards", shards}, {"session_start_limit", std::move(start)}};
}

}  // namespace shoal::sim
