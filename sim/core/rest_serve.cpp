// What a request passes: the edge, who asks, the limits, the faults, its body, and at last the route itself.

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>

#include "sim/core/rest_faults.hpp"
#include "sim/core/rest_permissions.hpp"
#include "sim/core/rest_request.hpp"
#include "sim/core/rest_state.hpp"

namespace shoal::sim {
namespace json = boost::json;
namespace {

/// The id behind channels, guilds or webhooks, with the webhook's token: each has its own buckets [4.6].
std::string major_of(const std::vector<std::string>& segments) {
    if (segments.size() < 2) return {};
    if (segments[0] == "channels" || segments[0] == "guilds") return segments[1];
    if (segments[0] == "webhooks" && segments.size() > 2) return segments[1] + "/" + segments[2];
    if (segments[0] == "applications" && segments.size() > 3 && segments[2] == "guilds") return segments[3];
    return {};
}

/// Answers to interactions do not count against the global limit [4.9].
bool of_interaction(const rest_request& asked, std::uint64_t application) {
    if (asked.segments.empty()) return false;
    if (asked.segments[0] == "interactions") return true;
    return asked.segments[0] == "webhooks" && asked.segments.size() > 2 && asked.id(1) == application;
}

/// Whose audit log a write belongs to, what it is about (0: what the answer's own id will say), and what the log calls it.
struct audited {
    std::uint64_t guild = 0, target = 0;
    int action = 0;
};
audited audited_by(const rest_state& state, const rest_request& asked, int action) {
    const auto& segments = asked.segments;
    std::uint64_t last = 0;
    for (std::size_t i = 1; i < segments.size(); ++i) last = std::max(last, parse_snowflake(segments[i]) ? i : last);
    const bool creates = asked.method == "POST";
    const std::uint64_t target = creates ? 0 : asked.id(last);
    if (segments[0] == "guilds") return {asked.id(1), target, action};
    if (segments[0] == "applications" && segments.size() > 3) return {asked.id(3), target, action};
    if (segments[0] == "channels") {
        // The same routes change channels (11, 12) and threads (111, 112).
        const bool thread = (action == 11 || action == 12) && state.where.is_thread(asked.id(1));
        return {state.where.guild_of_channel(asked.id(1)).value_or(0), target, thread ? action + 100 : action};
    }
    if (segments[0] == "webhooks") {
        const auto hook = state.webhooks.find(asked.id(1));
        return hook == state.webhooks.end() ? audited{} : audited{hook->second.guild, asked.id(1), action};
    }
    if (segments[0] == "stage-instances") {
        const json::value* named = creates ? asked.fields().if_contains("channel_id") : nullptr;
        const std::uint64_t channel = named != nullptr && named->is_string()
                                          ? parse_snowflake(std::string_view(named->get_string())).value_or(0)
                                          : asked.id(1);
        return {state.where.guild_of_channel(channel).value_or(0), target, action};
    }
    const auto found = segments.size() > 1 ? state.invites.find(segments[1]) : state.invites.end();
    return found == state.invites.end() ? audited{} : audited{found->second.guild, found->second.channel, action};
}

std::uint64_t id_of(const std::string& body) {
    json::error_code wrong;
    const json::value made = json::parse(body, wrong);
    const json::value* id = wrong || !made.is_object() ? nullptr : made.get_object().if_contains("id");
    return id != nullptr && id->is_string() ? parse_snowflake(std::string_view(id->get_string())).value_or(0) : 0;
}

}  // namespace

rest_answer rest_state::too_many_requests(limit_verdict verdict) {
    const double wait = std::chrono::duration<double>(verdict.retry_after).count();
    const bool global = verdict.refused_by == limit_scope::global;
    add_retry_headers(verdict.headers, wait, verdict.refused_by);
    return {.status = 429,
            .body = too_many_body(wait, global),
            .headers = std::move(verdict.headers),
            .events = {},
            .refused_by = verdict.refused_by};
}

rest_answer rest_state::answer(const http_arrived& request, instant now) {
    ++requests;
    if (const edge_ban* ban = edge.banned(request.peer_ip, now)) {
        ++banned;
        edge_answer words = words_of(*ban);
        return {.status = 429,
                .body = std::move(words.body),
                .headers = std::move(words.headers),
                .events = {},
                .refused_by = limit_scope::none,
                .of_edge = true};
    }
    rest_request asked;
    asked.method = request.method;
    asked.now = now;
    rest_answer made = serve(request, asked);
    if (made.status == 429) {
        ++too_many;
        ++too_many_by_scope[std::string(scope_name(made.refused_by))];
    }
    if (made.status == 401) ++unauthorized;
    if (made.status == 401 || made.status == 403 || made.status == 429) {
        ++invalid;
        if (made.refused_by != limit_scope::shared) edge.count(request.peer_ip, now);
    }
    return made;
}

rest_answer rest_state::serve(const http_arrived& request, rest_request& asked) {
    const instant now = asked.now;
    const std::string_view agent = header_of(request, "User-Agent");
    if (agent.empty()) {
        ++user_agents_missing;
        return refuse(403, 40333, "internal network error");
    }
    // Where a token lies in the path nobody minds: discord.py answers interactions with the User-Agent of its HTTP library.
    if (config.strict_user_agent && !agent.starts_with("DiscordBot (") && !header_of(request, "Authorization").empty()) {
        edge_answer page = words_of({.until = never, .words = ban_words::html, .retry_after_s = std::nullopt});
        return {.status = 403,
                .body = std::move(page.body),
                .headers = std::move(page.headers),
                .events = {},
                .refused_by = limit_scope::none,
                .of_edge = true};
    }
    if (!read_target(request.target, asked)) {
        ++unknown_routes;
        return refuse(404, 0, "404: Not Found");
    }
    if (asked.version < 6 || asked.version > 10) return refuse(400, 50041, "Invalid API version provided");

    bool path_known = false;
    const rest_route* route = find_route(asked.method, asked.segments, path_known);
    const std::string_view authorization = header_of(request, "Authorization");
    const bool authorized = authorization.starts_with("Bot ") && authorization.substr(4) == context.valid_token();
    requests_by_route[route == nullptr ? "unknown" : fmt::format("{} {}", route->method, route->path)]++;

    if (!of_interaction(asked, config.application_id)) {
        limit_verdict verdict = limits.global(authorization.empty() ? std::string_view(request.peer_ip) : authorization, now);
        if (!verdict.allowed()) return too_many_requests(std::move(verdict));
    }
    if (route == nullptr) {
        ++unknown_routes;
        return path_known ? refuse(405, 0, "405: Method Not Allowed") : refuse(404, 0, "404: Not Found");
    }
    if (route->may == rest_route::who::bearer) {
        if (authorized) return refuse(403, 20001, "Bots cannot use this endpoint");
        if (!authorization.starts_with("Bearer ")) return refuse(401, 0, "401: Unauthorized");
    }
    // Open routes do not look at a token; that of a webhook or an interaction lies in the path [4.13, 4.14].
    if (route->may == rest_route::who::bot && !authorized) return refuse(401, 0, "401: Unauthorized");

    rest_strike strike = strike_of(*this, *route, now);
    if (strike.instead || strike.never || strike.delivery != http_delivery::whole) ++struck;
    rest_answer made;
    if (strike.instead && !strike.applied) {
        made = *std::move(strike.instead);
    } else {
        made = handle(request, *route, strike.skew_ms, asked);
        if (strike.instead) {
            // The write took effect and is announced, but the client is not told so.
            strike.instead->events = std::move(made.events);
            made = *std::move(strike.instead);
        }
    }
    made.delivery = strike.delivery;
    made.span = strike.span;
    made.never = strike.never;
    return made;
}

rest_answer rest_state::handle(const http_arrived& request, const rest_route& route, std::int64_t skew_ms, rest_request& asked) {
    const bucket_rule& bucket = route.bucket_of == nullptr ? route.bucket : route.bucket_of(*this, asked);
    limit_verdict verdict = limits.route(bucket, major_of(asked.segments), asked.now, where.unix_ms(asked.now) + skew_ms);
    if (!verdict.allowed()) return too_many_requests(std::move(verdict));
    rest_answer made;
    switch (read_body(request, asked)) {
        case body_reading::wrong_type: {
            form_errors errors;
            errors.add({}, "CONTENT_TYPE_INVALID",
                       "Expected \"Content-Type\" header to be one of {'application/json', 'application/x-www-form-urlencoded', "
                       "'multipart/form-data'}.");
            made = {.status = 400, .body = errors.body(asked.version)};
            break;
        }
        case body_reading::not_json: made = refuse(400, 50109, "The request body contains invalid JSON."); break;
        case body_reading::too_large: made = refuse(413, 40005, "Request entity too large"); break;
        case body_reading::fine: {
            if (const hidden_limit* more = route.hidden) {
                if (const std::string key = more->key(*this, asked); !key.empty()) {
                    limit_verdict hidden = limits.hidden(more->rule, key, more->scope, asked.now);
                    if (!hidden.allowed()) {
                        hidden.headers = std::move(verdict.headers);
                        return too_many_requests(std::move(hidden));
                    }
                }
            }
            if (auto refusal = refused_for_permissions(*this, route, asked)) {
                made = *std::move(refusal);
                break;
            }
            asked.audit_reason = percent_decoded(header_of(request, "X-Audit-Log-Reason"), false);
            // Asked before the route runs: what it deletes cannot say afterwards whose it was.
            const auto [guild, target, action] = route.audit == 0 ? audited{} : audited_by(*this, asked, route.audit);
            made = route.handle(*this, asked);
            if (guild != 0 && made.status < 300) note_audit(asked, guild, action, target != 0 ? target : id_of(made.body), made);
            break;
        }
    }
    made.headers.insert(made.headers.end(), verdict.headers.begin(), verdict.headers.end());
    return made;
}

}  // namespace shoal::sim
