#include "bot/rest_client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <unordered_map>

#include "bot/awaiting.hpp"
#include "net/errc.hpp"
#include "net/http_client.hpp"

namespace shoal::runtime {
namespace {

constexpr duration longest_exchange = std::chrono::seconds(15);

bot_errc public_code(rest::errc why) noexcept {
    switch (why) {
        case rest::errc::timed_out: return bot_errc::timed_out;
        case rest::errc::rate_limited: return bot_errc::rate_limited;
        case rest::errc::too_many_waiting: return bot_errc::queue_full;
        case rest::errc::unauthorized:
        case rest::errc::refused: return bot_errc::refused;
        case rest::errc::server_failed:
        case rest::errc::unreachable: return bot_errc::unavailable;
        case rest::errc::invalid_budget: return bot_errc::rate_limited;
        case rest::errc::bad_answer: return bot_errc::bad_answer;
        case rest::errc::stopped: return bot_errc::not_running;
    }
    return bot_errc::unavailable;
}

failure failed(rest::errc why, std::string_view route, std::string_view detail) {
    return {public_code(why), detail.empty() ? fmt::format("{}: {}", route, rest::errc_text(why))
                                             : fmt::format("{}: {}: {}", route, rest::errc_text(why), detail)};
}

/// Nothing reached Discord: asking again is safe for every route.
bool never_left(const failure& why) noexcept {
    return why.is(net::errc::bad_url) || why.is(net::errc::resolve_failed) || why.is(net::errc::connect_failed) ||
           why.is(net::errc::tls_failed) || why.is(net::errc::queue_full);
}

/// Percent-encodes what may not stand in a header [X-Audit-Log-Reason].
std::string encoded(std::string_view text) {
    std::string out;
    for (const char each : text) {
        const auto c = static_cast<unsigned char>(each);
        if (std::isalnum(c) != 0 || each == '-' || each == '_' || each == '.' || each == '~') {
            out.push_back(each);
        } else {
            out += fmt::format("%{:02X}", c);
        }
    }
    return out;
}

}  // namespace

struct rest_client::impl : std::enable_shared_from_this<rest_client::impl> {
    explicit impl(rest_options options_in) : options(std::move(options_in)), limiter(options.limits) {}

    struct pending {
        rest_call call;
        instant deadline;
        resolver<result<std::string>> answer;
        net::http_response last;
        std::string last_trouble;
    };

    void start(rest_call call, instant deadline, resolver<result<std::string>> answer) {
        if (closed) return answer(std::unexpected(failed(rest::errc::stopped, call.where.key, {})));
        const auto number = ++last_number;
        const auto& where = call.where;
        rest::asked asked{.number = number,
                          .key = where.key,
                          .major = where.major,
                          .deadline = deadline,
                          .authorized = where.authorized,
                          .counts_globally = where.counts_globally,
                          .harmless_to_repeat = where.harmless_to_repeat};
        waiting.emplace(number, pending{std::move(call), deadline, std::move(answer), {}, {}});
        step(asked);
    }

    void step(const rest::fact& what) {
        std::vector<rest::order> orders;
        limiter.step(what, options.on->now(), orders);
        for (auto& each : orders) std::visit([this](auto& order) { carry_out(order); }, each);
    }

    void carry_out(const rest::send& order) {
        auto& entry = waiting.at(order.number);
        const auto& where = entry.call.where;
        net::http_request request;
        request.method = where.method;
        request.url = options.api_base + where.path;
        request.body = entry.call.body;
        request.headers.push_back({"User-Agent", options.user_agent});
        if (where.authorized) request.headers.push_back({"Authorization", fmt::format("Bot {}", options.token.reveal())});
        if (!request.body.empty()) request.headers.push_back({"Content-Type", "application/json"});
        if (!entry.call.reason.empty()) request.headers.push_back({"X-Audit-Log-Reason", encoded(entry.call.reason)});
        request.timeout = std::min(longest_exchange, std::max(entry.deadline - options.on->now(), duration(1)));
        options.http->send(std::move(request), [weak = weak_from_this(), number = order.number](result<net::http_response> got) {
            if (const auto self = weak.lock()) self->answered(number, std::move(got));
        });
    }
    void carry_out(const rest::complete& order) {
        auto entry = take(order.number);
        const auto status = entry.last.status;
        if (status >= 200 && status < 300) return entry.answer(std::move(entry.last.body));
        const auto error = rest::read_error(status, entry.last.body);
        const auto why = status == 401 && entry.call.where.authorized ? rest::errc::unauthorized
                         : status >= 500                              ? rest::errc::server_failed
                                                                      : rest::errc::refused;
        entry.answer(std::unexpected(failed(why, entry.call.where.key, error.message)));
    }
    void carry_out(const rest::refuse& order) {
        auto entry = take(order.number);
        entry.answer(
            std::unexpected(failed(order.why, entry.call.where.key, order.detail.empty() ? entry.last_trouble : order.detail)));
    }
    void carry_out(const rest::wake_at& order) {
        if (timer != timer_id::none) options.on->cancel(std::exchange(timer, timer_id::none));
        if (order.when == never) return;
        timer = options.on->wake_at(order.when, [weak = weak_from_this()] {
            if (const auto self = weak.lock()) {
                self->timer = timer_id::none;
                self->step(rest::tick{});
            }
        });
    }
    void carry_out(const rest::note& order) { options.log.warn(order.text); }

    void answered(std::uint64_t number, result<net::http_response> got) {
        const auto found = waiting.find(number);
        if (found == waiting.end()) return;
        if (!got) {
            found->second.last_trouble = got.error().message();
            return step(rest::broken{number, !never_left(got.error())});
        }
        found->second.last = std::move(*got);
        const auto& response = found->second.last;
        step(rest::answered{
            number,
            rest::read_answer(response.status, [&](std::string_view name) { return response.header(name); }, response.body)});
    }

    pending take(std::uint64_t number) {
        const auto found = waiting.find(number);
        auto entry = std::move(found->second);
        waiting.erase(found);
        return entry;
    }

    void close() {
        closed = true;
        if (timer != timer_id::none) options.on->cancel(std::exchange(timer, timer_id::none));
        auto all = std::exchange(waiting, {});
        for (auto& [number, entry] : all) {
            entry.answer(std::unexpected(failed(rest::errc::stopped, entry.call.where.key, {})));
        }
    }

    rest_options options;
    rest::limiter limiter;
    std::unordered_map<std::uint64_t, pending> waiting;
    std::uint64_t last_number = 0;
    timer_id timer = timer_id::none;
    bool closed = false;
};

rest_client::rest_client(rest_options options) : impl_(std::make_shared<impl>(std::move(options))) {}
rest_client::~rest_client() = default;

scheduler& rest_client::on() const noexcept { return *impl_->options.on; }

task<result<std::string>> rest_client::ask(rest_call what) {
    const auto self = impl_;
    auto& on = *self->options.on;
    auto* here = scheduler::current();
    const auto deadline = on.now() + what.within;
    co_return co_await one_shot<result<std::string>>(
        here != nullptr ? *here : on, [self, deadline, call = std::move(what)](resolver<result<std::string>> answer) mutable {
            self->options.on->post([self, deadline, call = std::move(call), answer = std::move(answer)]() mutable {
                self->start(std::move(call), deadline, std::move(answer));
            });
        });
}

void rest_client::close() {
    impl_->options.on->post([self = impl_] { self->close(); });
}

}  // namespace shoal::runtime
