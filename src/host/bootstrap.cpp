#include "host/bootstrap.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <utility>

#include "discord/json_cursor.hpp"
#include "host/errc.hpp"

namespace shoal::host {

using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t most_shards = 65'536;  // As many as --total-shards takes.
constexpr std::int64_t most_starts = 1'000'000'000;
constexpr duration longest_window = std::chrono::days(7);  // Discord's is a day [1.2].

/// Seconds as Discord's headers and bodies give them: "64.57", "1". 0 for anything else; never over a day.
duration seconds_of(std::string_view text) noexcept {
    double seconds = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (ec != std::errc{} || !(seconds > 0)) return {};
    return std::chrono::duration_cast<duration>(std::chrono::duration<double>(std::min(seconds, 86400.0)));
}

result<gateway_bot> read_body(const std::string& body) {
    if (!discord::is_json(body))
        return std::unexpected(failure(errc::bad_answer, "/gateway/bot answered with something that is no JSON"));
    const discord::json_value answer(body);
    gateway_bot read;
    read.url = answer["url"].text_or("");
    read.shards = answer["shards"].value_or<std::uint32_t>(0);
    const auto limit = answer["session_start_limit"];
    const auto total = limit["total"].integer();
    const auto remaining = limit["remaining"].integer();
    if (read.url.empty() || read.shards == 0 || !total || !remaining)
        return std::unexpected(failure(errc::bad_answer, "/gateway/bot answered without url, shards or session_start_limit"));
    // Numbers that cannot be: a bot that believed them would fill its memory with shards, or never start one.
    if (read.shards > most_shards || *total < 0 || *remaining < 0)
        return std::unexpected(failure(errc::bad_answer, "/gateway/bot answered with numbers that cannot be"));
    read.limit.total = std::min(*total, most_starts);
    read.limit.remaining = std::min(*remaining, read.limit.total);
    read.limit.reset_after =
        std::chrono::milliseconds(std::clamp<std::int64_t>(limit["reset_after"].integer().value_or(0), 0, to_ms(longest_window)));
    read.limit.max_concurrency = std::clamp<std::int64_t>(limit["max_concurrency"].integer().value_or(1), 1, most_starts);
    return read;
}

}  // namespace

bool gateway_bot_answer::fatal() const noexcept { return !what && what.error().is(errc::unauthorized); }

gateway_bot_answer read_gateway_bot(const net::http_response& response) {
    if (response.status == 200) return {read_body(response.body), {}};
    if (response.status == 401)
        return {std::unexpected(failure(errc::unauthorized,
                                        "Discord does not accept the bot's token (401). Give the current token, without "
                                        "\"Bot \", in DISCORD_TOKEN or --token-file; it may have been reset")),
                {}};
    // A ban at the edge (403, 429) and an outage (5xx) come as HTML too: only numbers are believed.
    auto wait = seconds_of(response.header("Retry-After"));
    if (discord::is_json(response.body)) {
        const discord::json_value body(response.body);
        if (const auto seconds = body["retry_after"].number(); seconds && *seconds > 0)
            wait =
                std::max(wait, std::chrono::duration_cast<duration>(std::chrono::duration<double>(std::min(*seconds, 86400.0))));
    }
    return {std::unexpected(failure(errc::api_unavailable, fmt::format("/gateway/bot answered with status {}", response.status))),
            wait};
}

gateway_bot_source gateway_bot_over_http(net::http_client& http, std::string api_base, secret token, std::string user_agent,
                                         std::shared_ptr<bad_answer_log> bad) {
    while (api_base.ends_with('/')) api_base.pop_back();
    return [&http, api_base = std::move(api_base), token = std::move(token), user_agent = std::move(user_agent),
            bad = std::move(bad)](std::function<void(gateway_bot_answer)> done) {
        net::http_request request;
        request.url = api_base + "/gateway/bot";
        request.headers = {{"Authorization", fmt::format("Bot {}", token.reveal())}, {"User-Agent", user_agent}};
        request.largest_body = 1024 * 1024;
        http.send(std::move(request), [done = std::move(done), bad](result<net::http_response> response) {
            constexpr std::string_view route = "GET /gateway/bot";
            if (!response) {
                if (const auto kind = bad_answer_of(response.error()); kind && bad)
                    bad->add(*kind, route, response.error().detail());
                return done({std::unexpected(failure(errc::api_unavailable, response.error().message())), {}});
            }
            auto answer = read_gateway_bot(*response);
            auto kind = bad_answer_of(*response);
            if (!kind && !answer.what && answer.what.error().is(errc::bad_answer)) kind = bad_answer::wrong_shape;
            if (kind && bad) bad->add(*kind, route, fmt::format("status {}, {} bytes", response->status, response->body.size()));
            done(std::move(answer));
        });
    };
}

duration wait_before_retry(std::uint32_t attempt, duration retry_after) noexcept {
    const auto own = std::min<duration>(60s, 1s * (std::int64_t{1} << std::min<std::uint32_t>(attempt > 0 ? attempt - 1 : 0, 6)));
    return std::max(own, retry_after);
}

bootstrap::bootstrap(scheduler& on, gateway_bot_source source, logger log)
    : on_(on), source_(std::move(source)), log_(std::move(log)), self_(std::make_shared<bootstrap*>(this)) {}

bootstrap::~bootstrap() {
    *self_ = nullptr;
    if (timer_ != timer_id::none) on_.cancel(timer_);
}

void bootstrap::start(std::function<void(result<gateway_bot>)> done) {
    done_ = std::move(done);
    attempt();
}

void bootstrap::attempt() {
    ++attempts_;
    source_([self = self_](gateway_bot_answer answer) {
        if (*self != nullptr) (*self)->answered(std::move(answer));
    });
}

void bootstrap::answered(gateway_bot_answer answer) {
    if (answer.what || answer.fatal()) return std::exchange(done_, {})(std::move(answer.what));
    const auto wait = wait_before_retry(attempts_, answer.retry_after);
    log_.warn(fmt::format("{}; asking again in {} s", answer.what.error().message(), to_ms(wait) / 1000));
    timer_ = on_.wake_at(on_.now() + wait, [this] {
        timer_ = timer_id::none;
        attempt();
    });
}

}  // namespace shoal::host
