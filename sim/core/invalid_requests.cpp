#include "sim/core/invalid_requests.hpp"

#include <fmt/format.h>

#include "sim/core/snowflakes.hpp"

namespace shoal::sim {

invalid_requests::invalid_requests(const simulator_config& config) : config_(config), random_(mix(config.seed, 0x65646765ULL)) {}

void invalid_requests::count(std::string_view address, instant now) {
    window& at = counts_[std::string(address)];
    if (now >= at.ends) at = {now + config_.invalid_request_window, 0};
    if (++at.used < config_.invalid_request_limit) return;
    counts_.erase(std::string(address));
    ++begun_;
    ban(std::string(address), {.until = now + config_.edge_ban,
                               .words = static_cast<ban_words>(random_.below(3)),
                               .retry_after_s = random_.chance(0.3) ? std::optional<std::int64_t>(3600) : std::nullopt});
}

const edge_ban* invalid_requests::banned(std::string_view address, instant now) const {
    for (const std::string& whom : {std::string(address), std::string()}) {
        const auto found = bans_.find(whom);
        if (found != bans_.end() && now < found->second.until) return &found->second;
    }
    return nullptr;
}

edge_answer words_of(const edge_ban& ban) {
    edge_answer answer;
    switch (ban.words) {
        case ban_words::html:
            answer.headers.push_back({"Content-Type", "text/html; charset=UTF-8"});
            answer.body =
                "<!doctype html>\n<html><head><title>Access denied | discord.com used Cloudflare to restrict "
                "access</title></head>\n"
                "<body><h1>Error 1015</h1><p>You are being rate limited</p></body></html>\n";
            break;
        case ban_words::text:
            answer.headers.push_back({"Content-Type", "text/plain; charset=UTF-8"});
            answer.body = "error code: 1015";
            break;
        case ban_words::json:
            answer.headers.push_back({"Content-Type", "application/json"});
            answer.body =
                R"({"code":0,"message":"You are being blocked from accessing our API temporarily due to exceeding our rate limits frequently."})";
            break;
    }
    if (ban.retry_after_s) answer.headers.push_back({"Retry-After", fmt::format("{}", *ban.retry_after_s)});
    return answer;
}

}  // namespace shoal::sim
