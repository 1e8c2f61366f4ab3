#pragma once
// A REST API with a world behind it and somebody who listens, in virtual time. Not here: tests.

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "sim/core/rest.hpp"
#include "sim/core/snowflakes.hpp"
#include "tests/unit/sim_core/world_support.hpp"

namespace shoal::sim::test {

struct listener final : rest_context {
    std::string token = "sim.token";
    std::vector<world_event> heard;
    std::optional<forced_answer> fault;

    json::object gateway_bot(instant) override { return {{"url", "ws://gw"}, {"shards", 4}}; }
    std::optional<forced_answer> gateway_bot_fault(instant) override { return fault; }
    std::string_view valid_token() const override { return token; }
    std::uint64_t left = 0;
    void leave_guild(std::uint64_t guild, instant) override { left = guild; }
    void publish(world_event event, instant) override { heard.push_back(std::move(event)); }

    const world_event* last(std::string_view name) const {
        for (auto one = heard.rbegin(); one != heard.rend(); ++one) {
            if (one->name == name) return &*one;
        }
        return nullptr;
    }
};

struct reply {
    int status = 0;
    std::vector<header> headers;
    std::string text;
    json::value body;
    http_delivery delivery = http_delivery::whole;

    std::string header_of(std::string_view name) const {
        for (const header& one : headers) {
            if (one.name == name) return one.value;
        }
        return "";
    }
    std::int64_t code() const { return body.is_object() && body.get_object().contains("code") ? body.at("code").as_int64() : -1; }
};

struct api {
    simulator_config config;
    world where;
    listener ears;
    rest_api rest;
    instant now = start;
    std::uint64_t requests = 0;
    std::string app;

    /// What the bot may do in its guilds.
    enum class rights : std::uint8_t { all, as_drawn };

    explicit api(simulator_config wanted = {}, rights which = rights::all)
        : config(with(std::move(wanted), which)),
          where(config.world, config.seed, config.application_id),
          rest(config, where, ears),
          app(std::to_string(config.application_id)) {}

    static simulator_config with(simulator_config wanted, rights which) {
        wanted.world.admin_everywhere = which == rights::all;
        return wanted;
    }

    void pass(duration span) {
        now += span;
        std::vector<action> out;
        rest.due(now, out);
    }

    /// Sends and waits a second for the answer; `slow` false leaves the clock where it is (limits, deadlines).
    reply send(std::string method, std::string target, const json::value& body = nullptr, std::vector<header> headers = {},
               bool authorized = true) {
        http_arrived request{.request = request_id{++requests},
                             .method = std::move(method),
                             .target = std::move(target),
                             .body = body.is_null() ? "" : json::serialize(body),
                             .headers = std::move(headers),
                             .peer_ip = "10.0.0.1"};
        request.headers.push_back({"User-Agent", "DiscordBot (https://example.com, 1)"});
        if (authorized) request.headers.push_back({"Authorization", "Bot sim.token"});
        if (!body.is_null()) request.headers.push_back({"content-type", "application/json"});
        return take(request);
    }
    reply take(const http_arrived& request) {
        rest.take(request, now);
        std::vector<action> out;
        rest.due(now + std::chrono::seconds(1), out);  // latency passes, this test's clock does not
        reply got;
        for (const action& one : out) {
            if (const auto* answer = std::get_if<http_answer>(&one); answer != nullptr && answer->request == request.request) {
                got = {answer->status, answer->headers, answer->body, nullptr, answer->delivery};
            }
        }
        json::error_code wrong;
        got.body = json::parse(got.text, wrong);
        return got;
    }
    /// The same at a pace that no limit minds.
    reply slowly(std::string method, std::string target, const json::value& body = nullptr) {
        now += std::chrono::seconds(6);
        return send(std::move(method), std::move(target), body);
    }
    std::string path(const std::string& rest_of) const { return "/api/v10/applications/" + app + rest_of; }
};

}  // namespace shoal::sim::test
