#include "bot/rest_client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

#include "bot/awaiting.hpp"
#include "bot/rest/put.hpp"
#include "host/bad_answer.hpp"
#include "net/errc.hpp"
#include "net/http_client.hpp"
#include "shoal/bot.hpp"

namespace shoal::runtime {
namespace {

constexpr duration longest_exchange = std::chrono::seconds(15);
/// A slow line's share of patience for each large body.
constexpr std::uint64_t slow_line_bytes_a_second = 128 * 1024;

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
        case rest::errc::bad_route: return bot_errc::bad_request;
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
           why.is(net::errc::tls_failed) || why.is(net::errc::untrusted) || why.is(net::errc::queue_full) ||
           why.is(net::errc::body_failed);
}

duration upload_time(const net::http_request& request) {
    const auto bytes = request.large_body ? request.large_body->size_bytes() : 0;
    return std::chrono::seconds(static_cast<std::int64_t>(bytes / slow_line_bytes_a_second));
}

}  // namespace

struct rest_client::impl : std::enable_shared_from_this<rest_client::impl> {
    explicit impl(rest_options options_in) : options(std::move(options_in)), limiter(options.limits) { publish(); }

    struct pending {
        rest_call call;
        instant deadline;
        resolver<result<std::string>> answer;
        net::http_response last = {};
        std::string last_trouble = {};
        bool in_flight = false;
        bool withdrawn = false;
        instant waits_since{};
    };

    std::uint64_t start(rest_call call, instant deadline, resolver<result<std::string>> answer) {
        if (closed) {
            answer(std::unexpected(failed(rest::errc::stopped, call.where.key, {})));
            return 0;
        }
        const auto number = ++last_number;
        const auto& where = call.where;
        rest::asked asked{.number = number,
                          .key = where.key,
                          .major = where.major,
                          .deadline = deadline,
                          .authorized = where.authorized,
                          .counts_globally = where.counts_globally,
                          .harmless_to_repeat = where.harmless_to_repeat};
        waiting.emplace(
            number,
            pending{
                .call = std::move(call), .deadline = deadline, .answer = std::move(answer), .waits_since = options.on->now()});
        step(asked);
        return number;
    }

    void withdraw(std::uint64_t number) {
        const auto found = waiting.find(number);
        if (found == waiting.end()) return;
        found->second.withdrawn = true;
        const bool in_flight = found->second.in_flight;
        step(rest::withdrawn{number});
        if (!in_flight) waiting.erase(number);
    }

    void step(const rest::fact& what) {
        std::vector<rest::order> orders;
        limiter.step(what, options.on->now(), orders);
        for (auto& each : orders) std::visit([this](auto& order) { carry_out(order); }, each);
        publish();
    }

    /// For readers on other threads.
    void publish() {
        const auto& counts = limiter.stats();
        const std::lock_guard lock(status_mutex);
        published = {.waiting = limiter.waiting(),
                     .in_flight = limiter.in_flight(),
                     .sent = counts.sent,
                     .retried = counts.retried,
                     .refused = counts.refused,
                     .held_back = counts.held_back,
                     .waited = waited,
                     .per_second = limiter.per_second(options.on->now()),
                     .limited_user = counts.user_429,
                     .limited_shared = counts.shared_429,
                     .limited_global = counts.global_429,
                     .limited_edge = counts.edge_429,
                     .invalid_in_10_minutes = limiter.invalid_in_window()};
    }

    void carry_out(const rest::send& order) {
        auto& entry = waiting.at(order.number);
        entry.in_flight = true;
        waited += options.on->now() - entry.waits_since;
        const auto& where = entry.call.where;
        net::http_request request;
        request.method = where.method;
        request.url = options.api_base + where.path;
        request.body = entry.call.body;
        request.headers.push_back({"User-Agent", options.user_agent});
        if (where.authorized) request.headers.push_back({"Authorization", fmt::format("Bot {}", options.token.reveal())});
        request.large_body = entry.call.large_body;
        if (request.large_body) {
            request.headers.push_back({"Content-Type", entry.call.content_type});
        } else if (!request.body.empty()) {
            request.headers.push_back({"Content-Type", "application/json"});
        }
        if (!entry.call.reason.empty()) request.headers.push_back({"X-Audit-Log-Reason", sending::encoded(entry.call.reason)});
        request.timeout = std::clamp(entry.deadline - options.on->now(), duration(1), longest_exchange + upload_time(request));
        options.http->send(std::move(request), [weak = weak_from_this(), number = order.number](result<net::http_response> got) {
            if (const auto self = weak.lock()) self->answered(number, std::move(got));
        });
    }
    void carry_out(const rest::complete& order) {
        auto entry = take(order.number);
        const auto status = entry.last.status;
        if (status >= 200 && status < 300) return entry.answer(std::move(entry.last.body));
        auto error = rest::read_error(status, entry.last.body, entry.call.where.path);
        const auto why = status == 401 && entry.call.where.authorized ? rest::errc::unauthorized
                         : status >= 500                              ? rest::errc::server_failed
                                                                      : rest::errc::refused;
        auto outcome = failed(why, entry.call.where.key, rest::line_of(error));
        entry.answer(std::unexpected(std::move(outcome).with(std::make_shared<const discord_error>(std::move(error)))));
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
    void carry_out(const rest::held_back& order) {
        tell(order.number, {.what = rest_notice::kind::held_back, .wait = order.wait});
    }
    void carry_out(const rest::limited& order) {
        const auto kind = order.edge                                 ? rest_notice::kind::limited_edge
                          : order.scope == rest::limit_scope::global ? rest_notice::kind::limited_global
                          : order.scope == rest::limit_scope::shared ? rest_notice::kind::limited_shared
                                                                     : rest_notice::kind::limited_user;
        tell(order.number, {.what = kind, .wait = order.wait});
    }
    void tell(std::uint64_t number, rest_notice notice) {
        if (!options.told) return;
        const auto found = waiting.find(number);
        if (found == waiting.end()) return;
        notice.route = found->second.call.where.key;
        notice.waiting = limiter.waiting();
        options.told(notice);
    }

    void answered(std::uint64_t number, result<net::http_response> got) {
        const auto found = waiting.find(number);
        if (found == waiting.end()) return;
        auto& entry = found->second;
        entry.in_flight = false;
        entry.waits_since = options.on->now();  // If it is to go out once more.
        const bool withdrawn = entry.withdrawn;
        if (!got) {
            entry.last_trouble = got.error().message();
            const auto kind = host::bad_answer_of(got.error());
            if (kind) count(*kind, entry, got.error().detail());
            step(rest::broken{number, !never_left(got.error()), kind.has_value()});
        } else {
            entry.last = std::move(*got);
            step(fact_of(number, entry));
        }
        if (withdrawn) waiting.erase(number);  // Nobody waits: the limiter gives no order for it.
    }

    /// An error counts by its status, whatever page comes with it. But a success that is no JSON is not Discord's: what became of
    /// the request nobody knows, and headers that come with it say nothing about limits.
    [[nodiscard]] rest::fact fact_of(std::uint64_t number, pending& entry) const {
        const auto& response = entry.last;
        if (const auto kind = host::bad_answer_of(response)) {
            auto what = fmt::format("status {}, {} bytes", response.status, response.body.size());
            count(*kind, entry, what);
            if (response.status < 300) {
                entry.last_trouble = std::move(what);
                return rest::broken{number, true, true};
            }
        }
        return rest::answered{
            number,
            rest::read_answer(response.status, [&](std::string_view name) { return response.header(name); }, response.body)};
    }

    void count(host::bad_answer kind, const pending& of, std::string_view detail) const {
        if (options.bad) options.bad->add(kind, of.call.where.key, detail);
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
    duration waited{};
    timer_id timer = timer_id::none;
    bool closed = false;
    std::mutex status_mutex;
    rest_status published;

    /// Runs this on REST's thread, unless the client is closed: then that thread may be gone.
    void post(work job) {
        const std::shared_lock open(gate);
        if (!gone) options.on->post(std::move(job));
    }
    std::shared_mutex gate;
    bool gone = false;  // Behind the gate; `closed` follows on REST's thread.
};

rest_client::rest_client(rest_options options) : impl_(std::make_shared<impl>(std::move(options))) {}
rest_client::~rest_client() = default;

scheduler& rest_client::on() const noexcept { return *impl_->options.on; }

task<result<std::string>> rest_client::ask(rest_call what) {
    const auto self = impl_;
    // Until the question is posted: a program's own thread may ask at the very moment at which the bot ends. On the heap, since
    // this frame may be gone by then.
    auto open = std::make_shared<std::shared_lock<std::shared_mutex>>(self->gate);
    if (self->gone) co_return std::unexpected(failed(rest::errc::stopped, what.where.key, {}));
    auto& on = *self->options.on;
    auto* here = scheduler::current();
    const auto deadline = on.now() + what.within;
    co_return co_await one_shot<result<std::string>>(
        here != nullptr ? *here : on,
        [self, deadline, open = std::move(open), call = std::move(what)](resolver<result<std::string>> answer) mutable {
            const auto held = std::move(open);
            // Both go to REST's thread in order, so that the number is known when it is asked for.
            const auto number = std::make_shared<std::uint64_t>(0);
            answer.when_abandoned([self, number] { self->post([self, number] { self->withdraw(*number); }); });
            self->options.on->post([self, number, deadline, call = std::move(call), answer = std::move(answer)]() mutable {
                *number = self->start(std::move(call), deadline, std::move(answer));
            });
            held->unlock();
        });
}

void rest_client::set_pace(const rest::pace& what) {
    if (!impl_->closed) impl_->step(rest::pace_told{what});
}

rest::pace_use rest_client::pace_use() const { return impl_->limiter.use(impl_->options.on->now()); }

rest_status rest_client::status() const {
    const std::lock_guard lock(impl_->status_mutex);
    return impl_->published;
}

void rest_client::close() {
    {
        const std::unique_lock shut(impl_->gate);
        impl_->gone = true;
    }
    impl_->options.on->post([self = impl_] { self->close(); });
}

}  // namespace shoal::runtime
