#pragma once
// A bench for the simulator core in virtual time: a clock that stops exactly where the core asked to be woken, and clients that
// remember what came. Not here: sockets; a client here is a list of payloads.

#include <doctest/doctest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sim/core/simulator.hpp"

namespace shoal::sim::testing {

namespace json = boost::json;

inline constexpr std::uint64_t all_unprivileged = 0x3317EFD;
inline constexpr std::uint64_t guilds_and_messages = (1U << 0) | (1U << 9);

/// What a bench starts from: a quiet world of small guilds, no surprises.
inline simulator_config quiet() {
    simulator_config config;
    config.seed = 7;
    config.token = "bench";
    config.gateway_url = "wss://gateway.sim";
    config.resume_url = "wss://resume.sim:9443";
    config.world.guilds = 40;
    config.world.guild_classes = "tiny";
    config.world.unknown_event_share = 0;
    config.forced_op7_most = duration{};
    config.spontaneous_cut_most = duration{};
    config.max_concurrency = 16;
    return config;
}

struct client {
    std::vector<payload> got;
    std::vector<instant> when;
    bool closed = false;
    std::optional<std::uint16_t> close_code;
    std::vector<wire_order> wire;
    std::optional<bool> compress;

    [[nodiscard]] std::size_t count_op(int op) const {
        return static_cast<std::size_t>(std::ranges::count_if(got, [op](const payload& p) { return p.op == op; }));
    }
    [[nodiscard]] std::size_t count(std::string_view name) const {
        return static_cast<std::size_t>(std::ranges::count_if(got, [name](const payload& p) { return p.name == name; }));
    }
    [[nodiscard]] const payload* find(std::string_view name) const {
        const auto at = std::ranges::find_if(got, [name](const payload& p) { return p.name == name; });
        return at == got.end() ? nullptr : &*at;
    }
    [[nodiscard]] const payload* last() const { return got.empty() ? nullptr : &got.back(); }
    [[nodiscard]] const payload* last_dispatch() const {
        for (auto at = got.rbegin(); at != got.rend(); ++at) {
            if (at->op == 0) return &*at;
        }
        return nullptr;
    }
    [[nodiscard]] std::vector<std::uint64_t> seqs() const {
        std::vector<std::uint64_t> out;
        for (const payload& p : got) {
            if (p.op == 0) out.push_back(p.seq);
        }
        return out;
    }
    [[nodiscard]] bool wired(wire_fault fault) const {
        return std::ranges::any_of(wire, [fault](const wire_order& one) { return one.fault == fault; });
    }
};

inline json::object object_of(const payload& p) {
    if (p.data == nullptr) return {};
    json::error_code bad;
    json::value value = json::parse(*p.data, bad);
    return !bad && value.is_object() ? value.as_object() : json::object{};
}

inline bool steady(const std::vector<std::uint64_t>& seqs) {
    for (std::size_t i = 1; i < seqs.size(); ++i) {
        if (seqs[i] != seqs[i - 1] + 1) return false;
    }
    return true;
}

class bench {
public:
    explicit bench(simulator_config config = quiet()) : sim(std::move(config)) {}

    // ---- time ----
    void advance(duration by) {
        const instant end = now + by;
        while (wake <= end) {
            now = std::max(now, wake);
            ++ticks;
            step(tick{});
            REQUIRE(wake > now);  // Whatever was due is done: no busy ticking.
        }
        now = end;
    }

    // ---- a client's side ----
    conn_id open(bool on_resume_host = false, std::string target = "/?v=10&encoding=json") {
        const conn_id id = conn_id(++last_conn);
        step(connection_opened{id, std::move(target), on_resume_host});
        return id;
    }
    void send(conn_id id, std::string text) { step(message_arrived{id, std::move(text)}); }
    void close(conn_id id, std::optional<std::uint16_t> code) {
        of(id).closed = true;
        step(connection_closed{id, code});
    }
    void identify(conn_id id, std::uint32_t shard = 0, std::uint32_t total = 1, std::uint64_t intents = all_unprivileged,
                  std::string_view more = {}) {
        send(id,
             fmt::format(R"({{"op":2,"d":{{"token":"{}","intents":{},"shard":[{},{}],"properties":{{"os":"linux","browser":"b",)"
                         R"("device":"b"}}{}}}}})",
                         token, intents, shard, total, more));
    }
    void resume(conn_id id, std::string_view session, std::uint64_t seq) {
        send(id, fmt::format(R"({{"op":6,"d":{{"token":"{}","session_id":"{}","seq":{}}}}})", token, session, seq));
    }
    void beat(conn_id id, std::optional<std::uint64_t> seq = std::nullopt) {
        send(id, fmt::format(R"({{"op":1,"d":{}}})", seq ? std::to_string(*seq) : "null"));
    }
    /// A session that has its READY and all its guilds.
    conn_id ready(std::uint32_t shard = 0, std::uint32_t total = 1, std::uint64_t intents = all_unprivileged,
                  std::string_view more = {}) {
        const conn_id id = open();
        identify(id, shard, total, intents, more);
        advance(5s);
        beat(id, std::nullopt);
        advance(10s);
        REQUIRE(of(id).count("READY") == 1);
        return id;
    }
    [[nodiscard]] std::string session_id(conn_id id) {
        const payload* ready = of(id).find("READY");
        REQUIRE(ready != nullptr);
        return std::string(object_of(*ready).at("session_id").as_string());
    }
    [[nodiscard]] std::uint64_t last_seq(conn_id id) {
        std::uint64_t out = 0;
        for (const std::uint64_t seq : of(id).seqs()) out = std::max(out, seq);
        return out;
    }
    client& of(conn_id id) { return clients[id]; }

    // ---- the other sides ----
    json::object control(json::object command) {
        std::vector<action> out;
        json::object answer = sim.control(command, now, out);
        take(out);
        return answer;
    }
    json::object must(json::object command) {
        const json::object answer = control(std::move(command));
        const std::string text = json::serialize(answer);
        REQUIRE_MESSAGE(!answer.contains("error"), text);
        return answer;
    }
    /// Some dispatches to everybody, numbered by the bench in `d`.
    void events(int count, std::string_view name = "BENCH") {
        for (int i = 0; i < count; ++i)
            must({{"do", "send_raw"}, {"all", true}, {"event", name}, {"data", {{"n", ++last_event}}}});
    }
    /// Asks; the answer will be in `answers`.
    request_id start_http(std::string method, std::string target, std::string body = {}) {
        const request_id id = request_id(++last_request);
        step(http_arrived{id,
                          std::move(method),
                          std::move(target),
                          std::move(body),
                          {{"Authorization", "Bot " + token},
                           {"User-Agent", "DiscordBot (https://example.org, 1)"},
                           {"Content-Type", "application/json"}},
                          "10.0.0.1"});
        return id;
    }
    http_answer http(std::string method, std::string target, std::string body = {}) {
        const request_id id = start_http(std::move(method), std::move(target), std::move(body));
        for (int i = 0; i < 100 && !answers.contains(id); ++i) advance(100ms);
        REQUIRE(answers.contains(id));
        return answers.at(id);
    }
    /// As a client would: the route has its own limit.
    [[nodiscard]] json::object gateway_bot() {
        auto answer = http("GET", "/api/v10/gateway/bot");
        for (int i = 0; i < 60 && answer.status == 429; ++i) {
            advance(1s);
            answer = http("GET", "/api/v10/gateway/bot");
        }
        REQUIRE(answer.status == 200);
        return json::parse(answer.body).as_object();
    }
    [[nodiscard]] json::object oracle() const { return sim.oracle(); }
    [[nodiscard]] json::object oracle_of(std::string_view session) const {
        for (const auto& one : sim.oracle().at("sessions").as_array()) {
            if (one.at("id").as_string() == session) return one.as_object();
        }
        return {};
    }
    [[nodiscard]] std::int64_t counted(std::string_view name) const {
        const json::value value = sim.oracle().at("counters").at(name);
        return value.to_number<std::int64_t>();
    }

    void step(const input& fact) {
        std::vector<action> out;
        sim.step(fact, now, out);
        take(out);
    }

    simulator sim;
    instant now{};
    instant wake = never;
    std::string token = "bench";
    std::map<conn_id, client> clients;
    std::map<request_id, http_answer> answers;
    std::vector<accept_order> accepts;
    std::uint64_t ticks = 0;

private:
    void take(const std::vector<action>& out) {
        struct taker {
            bench& b;
            void operator()(const send_payload& o) const {
                client& c = b.of(o.conn);
                CHECK_FALSE(c.closed);
                c.got.push_back(o.what);
                c.when.push_back(b.now);
            }
            void operator()(const close_connection& o) const {
                b.of(o.conn).closed = true;
                b.of(o.conn).close_code = o.code;
            }
            void operator()(const wire_order& o) const {
                b.of(o.conn).wire.push_back(o);
                if (o.fault <= wire_fault::rst_mid_frame) b.of(o.conn).closed = true;
            }
            void operator()(const accept_order& o) const { b.accepts.push_back(o); }
            void operator()(const http_answer& o) const { b.answers[o.request] = o; }
            void operator()(const wake_at& o) const { b.wake = o.when; }
            void operator()(const connection_mode& o) const { b.of(o.conn).compress = o.compress; }
        };
        for (const action& one : out) std::visit(taker{*this}, one);
    }
    std::uint64_t last_conn = 0;
    std::uint64_t last_request = 0;
    int last_event = 0;
};

inline json::object fault(std::string_view name, json::object more = {}) {
    json::object out{{"do", "fault"}, {"fault", name}};
    for (auto& member : more) out[member.key()] = member.value();
    return out;
}

}  // namespace shoal::sim::testing
