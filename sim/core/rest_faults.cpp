#include "sim/core/rest_faults.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/json/serialize.hpp>
#include <cmath>

#include "sim/core/command_reader.hpp"
#include "sim/core/rest_state.hpp"

namespace shoal::sim {
namespace json = boost::json;
namespace {

std::string_view text_of(const json::object& how, std::string_view key, std::string_view otherwise) {
    const json::value* value = how.if_contains(key);
    return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : otherwise;
}
bool flag_of(const json::object& how, std::string_view key, bool otherwise) {
    const json::value* value = how.if_contains(key);
    return value != nullptr && value->is_bool() ? value->get_bool() : otherwise;
}
double number_of(const json::object& how, std::string_view key, double otherwise) {
    const json::value* value = how.if_contains(key);
    return value != nullptr && value->is_number() ? value->to_number<double>() : otherwise;
}

/// Lays a body of one of the three kinds that the field knows into an answer.
void fill(rest_answer& answer, std::string_view kind, std::string json_body) {
    if (kind == "json") {
        answer.body = std::move(json_body);
        return;
    }
    answer.of_edge = true;
    if (kind == "empty") return;
    answer.headers.push_back({"Content-Type", "text/html; charset=UTF-8"});
    answer.body = fmt::format(
        "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n<hr><center>cloudflare</"
        "center>\r\n"
        "</body>\r\n</html>\r\n",
        answer.status);
}

rest_answer forced_429(rest_state& state, const rest_route& route, const json::object& how, std::int64_t unix_ms, instant now) {
    rest_answer answer{.status = 429, .body = {}};
    const std::string_view scope = text_of(how, "scope", "user");
    answer.refused_by = scope == "global" ? limit_scope::global : scope == "shared" ? limit_scope::shared : limit_scope::user;
    const bool told = text_of(how, "retry_after", "") != "missing";
    const double retry_after = number_of(how, "retry_after", 1.0);
    const bool global = answer.refused_by == limit_scope::global;
    std::string body = told ? too_many_body(retry_after, global)
                            : fmt::format(R"({{"message":"You are being rate limited.","global":{}}})", global);
    // Limits of a kind of resource name themselves: 20016 slow mode, 20028 writes to a channel, 40062 [4.17].
    if (how.contains("code")) {
        body.pop_back();
        body += fmt::format(R"(,"code":{}}})", static_cast<int>(number_of(how, "code", 0)));
    }
    fill(answer, text_of(how, "body", "json"), std::move(body));
    if (!flag_of(how, "headers", true)) {
        if (told) answer.headers.push_back({"Retry-After", fmt::format("{:.0f}", std::ceil(retry_after))});
        return answer;
    }
    if (told) {
        add_retry_headers(answer.headers, retry_after, answer.refused_by);
    } else {
        answer.headers.push_back({"X-RateLimit-Scope", std::string(scope_name(answer.refused_by))});
        if (global) answer.headers.push_back({"X-RateLimit-Global", "true"});
    }
    // A global 429 has no headers of a bucket, and a shared one shows a bucket that is free [4.5].
    if (global || route.bucket.group.empty()) return answer;
    const std::uint32_t left = answer.refused_by == limit_scope::shared ? route.bucket.limit - 1 : 0;
    answer.headers.push_back({"X-RateLimit-Limit", fmt::format("{}", route.bucket.limit)});
    answer.headers.push_back({"X-RateLimit-Remaining", fmt::format("{}", left)});
    answer.headers.push_back({"X-RateLimit-Reset", fmt::format("{:.3f}", static_cast<double>(unix_ms) / 1000.0 + retry_after)});
    answer.headers.push_back({"X-RateLimit-Reset-After", fmt::format("{:.3f}", retry_after)});
    answer.headers.push_back({"X-RateLimit-Bucket", state.limits.hash_of(route.bucket, now)});
    return answer;
}

rest_answer server_error(int status, std::string_view body, int code = 0) {
    rest_answer answer{.status = status, .body = {}};
    constexpr std::string_view names[] = {"Internal Server Error", "", "Bad Gateway", "Service Unavailable", "Gateway Timeout"};
    const std::string_view name = status >= 500 && status <= 504 ? names[status - 500] : std::string_view("Error");
    fill(answer, body, fmt::format(R"({{"message":"{}: {}","code":{}}})", status, name, code));
    return answer;
}

http_delivery delivery_of(std::string_view how) {
    if (how == "slow") return http_delivery::slow;
    if (how == "truncated") return http_delivery::truncated;
    if (how == "too_long") return http_delivery::too_long;
    if (how == "too_short") return http_delivery::too_short;
    return how == "reset" ? http_delivery::reset : http_delivery::whole;
}

json::object start_ban(rest_state& state, command_reader& read, instant now, std::string& problem) {
    const std::string address = read.text("ip").value_or("");
    const duration span = read.milliseconds("ms", state.config.edge_ban);
    const std::string words = read.word("body", {"html", "text", "json"}).value_or("html");
    const auto retry_after = read.whole_number("retry_after", 0, 1'000'000);
    problem = read.finish();
    if (!problem.empty()) return {};
    edge_ban ban{.until = now + span, .words = ban_words::html, .retry_after_s = std::nullopt};
    if (words != "html") ban.words = words == "text" ? ban_words::text : ban_words::json;
    if (retry_after) ban.retry_after_s = static_cast<std::int64_t>(*retry_after);
    state.edge.ban(address, ban);
    return {{"ok", true}};
}

constexpr std::array<int, 4> server_errors = {500, 502, 503, 504};
constexpr std::array<std::string_view, 3> body_kinds = {"json", "html", "empty"};

}  // namespace

json::object start_rest_fault(rest_state& state, const json::object& command, int number, instant now, std::string& problem) {
    command_reader read(command);
    (void)read.text("fault");
    if (number == 43) return start_ban(state, read, now, problem);
    selector by;
    by.percent = read.number("percent", 0, 100);
    by.all = read.flag("all").value_or(!by.percent);
    by.route = read.text("route").value_or("");
    if (!by.route.empty() && !is_route(by.route)) {
        read.fail(
            fmt::format("There is no route \"{}\": say it as \"POST /channels/{{id}}/messages\", or the path alone.", by.route));
    }
    switch (number) {
        case 39: {
            (void)read.word("scope", {"user", "shared", "global"});
            (void)read.flag("headers");
            (void)read.whole_number("code", 1, 1'000'000);
            (void)read.word("body", {"json", "html", "empty"});
            const json::value* wait = read.value("retry_after");
            if (wait != nullptr && !(wait->is_string() && *wait == "missing")) (void)read.number("retry_after", 0, 1e9);
            break;
        }
        case 40:
            (void)read.whole_number("status", 500, 599);
            (void)read.whole_number("code", 1, 1'000'000);
            (void)read.word("body", {"json", "html", "empty"});
            (void)read.flag("applied");
            break;
        case 41:
            read.need(read.word("how", {"slow", "truncated", "too_long", "too_short", "reset", "silence"}).has_value(), "how");
            (void)read.flag("applied");
            (void)read.milliseconds("ms", {});
            break;
        case 42: read.need(read.number("ms", -1e12, 1e12).has_value(), "ms"); break;
        case 44:
            if (!by.route.empty() && by.route.find("{token}") == std::string::npos)
                read.fail("F44 is about routes with a {token}.");
            break;
        default: break;
    }
    const auto times = read.whole_number("times", 1, 1'000'000'000);
    const duration for_long = read.milliseconds("for_ms", {});
    problem = read.finish();
    if (!problem.empty()) return {};
    fault_table::entry entry;
    entry.number = number;
    entry.by = std::move(by);
    entry.until = for_long > duration{} ? now + for_long : never;
    entry.left = times;
    entry.how = command;
    state.faults.add(std::move(entry));
    return {{"ok", true}, {"standing", true}};
}

rest_strike strike_of(rest_state& state, const rest_route& route, instant now) {
    rest_strike strike;
    if (state.config.spontaneous_5xx > 0 && state.random.chance(state.config.spontaneous_5xx)) {
        strike.instead = server_error(server_errors[state.random.below(4)], body_kinds[state.random.below(3)]);
        strike.applied = state.random.chance(0.5);
        return strike;
    }
    if (state.faults.empty()) return strike;
    fault_subject subject;
    subject.method = route.method;
    subject.path = route.path;
    const auto struck = [&](int number) { return state.faults.strike(number, subject, now, state.random); };
    if (const auto how = struck(42)) strike.skew_ms = static_cast<std::int64_t>(number_of(*how, "ms", 0));
    const std::int64_t told_ms = state.where.unix_ms(now) + strike.skew_ms;
    if (route.path.find("{token}") != std::string_view::npos && struck(44)) {
        strike.instead = refuse(401, 50027, "Invalid Webhook Token");
    } else if (const auto limited = struck(39)) {
        strike.instead = forced_429(state, route, *limited, told_ms, now);
    } else if (const auto broken = struck(40)) {
        const auto status = static_cast<int>(number_of(*broken, "status", server_errors[state.random.below(4)]));
        strike.instead = server_error(status, text_of(*broken, "body", body_kinds[state.random.below(3)]),
                                      static_cast<int>(number_of(*broken, "code", 0)));
        strike.applied = flag_of(*broken, "applied", false);
    }
    if (const auto cut = struck(41)) {
        const std::string_view how = text_of(*cut, "how", "reset");
        strike.delivery = delivery_of(how);
        strike.span = std::chrono::milliseconds(static_cast<std::int64_t>(number_of(*cut, "ms", 3000)));
        strike.never = how == "silence";
        const bool lost = strike.never || how == "reset";
        if (lost && !flag_of(*cut, "applied", true)) strike.instead = rest_answer{.status = 500, .body = {}};
    } else if (struck(45)) {
        strike.delivery = http_delivery::then_closed;
    }
    return strike;
}

}  // namespace shoal::sim
