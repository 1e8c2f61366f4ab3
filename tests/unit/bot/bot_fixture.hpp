#pragma once
// A bot on virtual time: events are fed to it as a host would, HTTP requests are recorded and answered by a script.
// Not here: sockets, threads, a real host.

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/virtual_scheduler.hpp"
#include "bot/awaiting.hpp"
#include "bot/runtime.hpp"
#include "discord/event_kind.hpp"
#include "net/errc.hpp"
#include "net/http_client.hpp"
#include "shoal/shoal.hpp"

namespace shoal::test {

using namespace std::chrono_literals;

/// Answers after `latency`; `answer` says what.
class scripted_http final : public net::http_client {
public:
    explicit scripted_http(scheduler& on) : on_(on) {}
    std::vector<net::http_request> requests;
    std::function<result<net::http_response>(const net::http_request&)> answer = [](const net::http_request&) {
        return net::http_response{204, {}, {}};
    };
    duration latency = 80ms;

    void send(net::http_request request, answered on_answer) override {
        requests.push_back(request);
        auto wait = latency;
        auto what = answer(request);
        if (wait > request.timeout) {
            wait = request.timeout;
            what = std::unexpected(failure(net::errc::timed_out));
        }
        on_.wake_at(on_.now() + wait,
                    [on_answer = std::move(on_answer), what = std::move(what)]() mutable { on_answer(std::move(what)); });
    }
    [[nodiscard]] std::vector<std::string> lines() const {
        std::vector<std::string> out;
        for (const auto& each : requests)
            out.push_back(each.method + " " + each.url.substr(std::string_view("https://sim").size()));
        return out;
    }

private:
    scheduler& on_;
};

/// What happened to the events' places in flight.
class counting_owner final : public host::event_guard::owner {
public:
    std::set<std::uint64_t> open;
    std::vector<std::uint64_t> done;
    void event_done(std::uint64_t seq) noexcept override {
        open.erase(seq);
        done.push_back(seq);
    }
};

struct log_line {
    log_level level;
    std::string message;
    std::map<std::string, std::string> fields;
};

/// A gate that handlers wait at: `co_await gate(n)`; open(n) lets it go on.
class gates {
public:
    explicit gates(scheduler& on) : on_(on) {}
    [[nodiscard]] auto operator()(int which) {
        return runtime::one_shot<int>(on_, [this, which](runtime::resolver<int> go) { waiting_.emplace(which, std::move(go)); });
    }
    void open(int which) {
        auto node = waiting_.extract(which);
        REQUIRE(!node.empty());
        node.mapped()(which);
    }
    [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }

private:
    scheduler& on_;
    std::multimap<int, runtime::resolver<int>> waiting_;
};

struct fixture {
    virtual_scheduler on;
    buffer_pool pool;
    counting_owner owner;
    scripted_http http{on};
    std::vector<log_line> log;
    shoal::bot bot;
    gates gate{on};
    std::uint64_t seq = 0;
    shard_key shard{3, 16};
    bool drained = false;

    explicit fixture(bot_options options = {}) : bot(std::move(options)) {}
    ~fixture() {
        if (!inside().is_open()) return;
        drain(0s);
        CHECK(drained);
        inside().close();
        on.run_for(1s);
        CHECK(owner.open.empty());
    }
    runtime::bot_runtime& inside() { return bot.inside(); }

    void open() {
        runtime::runtime_setup setup;
        setup.log = logger(
            [this](const log_record& line) {
                log_line kept{line.level, std::string(line.message), {}};
                for (const auto& [key, value] : *line.fields) kept.fields.emplace(key, value);
                log.push_back(std::move(kept));
            },
            log_level::debug, "bot");
        setup.token = secret("SECRET.token.value");
        setup.api_base = "https://sim/api";
        setup.rest_on = &on;
        setup.http = &http;
        setup.offload_threads = 1;
        REQUIRE(inside().open(std::move(setup)));
    }
    /// On the shard's thread.
    void on_thread(std::function<void()> what) {
        on.post(std::move(what));
        on.run_for(0s);
    }
    void ready(std::string_view guilds = "[]") {
        const auto json =
            std::string(R"({"v":10,"user":{"id":"900","username":"bot"},"session_id":"s","application":{"id":"700"},"guilds":)") +
            std::string(guilds) + "}";
        on_thread([&] { inside().on_session(shard, json); });
    }
    result<void> feed(std::string_view name, std::string_view data, host::guild_change change = host::guild_change::none,
                      host::delivery how = host::delivery::fresh) {
        result<void> outcome;
        on_thread([&] {
            auto bytes = pool.take(data.size());
            std::copy(data.begin(), data.end(), bytes.room().begin());
            bytes.resize(data.size());
            host::dispatch event;
            event.shard = shard;
            event.seq = ++seq;
            event.kind = discord::event_kind_of(name);
            event.name = name;  // The tests' names are literals.
            event.data = bytes.view();
            event.bytes = bytes;
            event.how = how;
            event.guard = host::event_guard(owner, seq);
            owner.open.insert(seq);
            bytes = {};
            outcome = inside().on_dispatch(std::move(event), change);
        });
        return outcome;
    }
    result<void> message(std::string_view text, std::uint64_t id = 50) {
        return feed("MESSAGE_CREATE",
                    R"({"id":")" + std::to_string(id) +
                        R"(","channel_id":"20","guild_id":"10","author":{"id":"5","username":"ann"},"content":)" +
                        std::string(text) + "}");
    }
    result<void> slash(std::string_view name, std::string_view options = "[]", host::delivery how = host::delivery::fresh,
                       std::string_view id = "800") {
        return feed(
            "INTERACTION_CREATE",
            R"({"id":")" + std::string(id) +
                R"(","application_id":"700","type":2,"token":"tok","guild_id":"10","channel_id":"20","version":1,)"
                R"("member":{"user":{"id":"5","username":"ann","global_name":"Ann"},"roles":["31"],"permissions":"8"},"locale":"de","data":{"id":"1","type":1,"name":")" +
                std::string(name) + R"(","options":)" + std::string(options) + "}}",
            host::guild_change::none, how);
    }
    void drain(duration grace) {
        inside().drain(grace, [this] { drained = true; });
        on.run_for(grace + 1s);
    }
    [[nodiscard]] std::size_t logged(std::string_view part) const {
        std::size_t count = 0;
        for (const auto& each : log) count += each.message.find(part) != std::string::npos ? 1U : 0U;
        return count;
    }
};

}  // namespace shoal::test
