#pragma once
// A dialer whose other ends are played by the test, a sink that writes down what it is handed, and permits that come at once.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/virtual_scheduler.hpp"
#include "host/shard_driver.hpp"
#include "host/shard_host.hpp"

namespace shoal::host::test {

using namespace std::chrono_literals;

/// The far end of one connection, and what the client did on it.
struct far_end {
    explicit far_end(scheduler& where) : on(where) {}

    scheduler& on;
    net::websocket_events* events = nullptr;
    std::string url;
    std::vector<std::string> sent;
    std::optional<std::uint16_t> close_code;
    bool was_cut = false, gone = false, paused = false, takes_messages = true, ended = false;
    std::deque<std::string> held;

    void open() {
        if (!gone) events->on_open();
    }
    void say(std::string text) {
        if (gone || ended || close_code || was_cut) return;
        if (paused) return held.push_back(std::move(text));
        events->on_traffic();
        // A copy with padding, as the real one has.
        if (!gone) events->on_message(net::message_kind::text, std::span<const char>(text.data(), text.size()));
    }
    void hello(int interval_ms = 41250) {
        say(fmt::format(R"({{"t":null,"s":null,"op":10,"d":{{"heartbeat_interval":{}}}}})", interval_ms));
    }
    void ready(std::string session = "abc", std::string guilds = "", std::uint64_t seq = 1) {
        say(fmt::format(
            R"({{"t":"READY","s":{},"op":0,"d":{{"v":10,"session_id":"{}","resume_gateway_url":"wss://resume.test","guilds":[{}]}}}})",
            seq, session, guilds));
    }
    void event(std::uint64_t seq, std::string name = "MESSAGE_CREATE", std::string d = "{}") {
        say(fmt::format(R"({{"t":"{}","s":{},"op":0,"d":{}}})", name, seq, d));
    }
    void resumed(std::uint64_t seq) { event(seq, "RESUMED"); }
    void end(std::optional<std::uint16_t> code, bool while_dialing = false) {
        if (gone || ended) return;
        ended = true;
        events->on_closed({code, "", false, while_dialing, std::nullopt});
    }
    void refuse_dial(failure why) {
        ended = true;
        events->on_closed({std::nullopt, "", false, true, std::move(why)});
    }
};

class scripted_dialer final : public net::dialer {
public:
    explicit scripted_dialer(scheduler& on) : on_(on) {}
    std::unique_ptr<net::websocket> dial(net::dial_request request, net::websocket_events& events) override {
        auto peer = std::make_shared<far_end>(on_);
        peer->events = &events;
        peer->url = request.url;
        peers.push_back(peer);
        return std::make_unique<near_end>(peer);
    }
    /// The newest connection.
    [[nodiscard]] far_end& last() {
        REQUIRE(!peers.empty());
        return *peers.back();
    }
    std::vector<std::shared_ptr<far_end>> peers;

private:
    class near_end final : public net::websocket {
    public:
        explicit near_end(std::shared_ptr<far_end> peer) : peer_(std::move(peer)) {}
        ~near_end() override { peer_->gone = true; }
        bool send(std::string text) override {
            if (!peer_->takes_messages || peer_->close_code) return false;
            peer_->sent.push_back(std::move(text));
            return true;
        }
        void close(std::uint16_t code, duration) override {
            peer_->close_code = code;
            end_soon();
        }
        void cut() override {
            peer_->was_cut = true;
            end_soon();
        }
        void pause_reading() override { peer_->paused = true; }
        void resume_reading() override {
            peer_->paused = false;
            peer_->on.post([peer = peer_] {
                while (!peer->paused && !peer->held.empty()) {
                    auto text = std::move(peer->held.front());
                    peer->held.pop_front();
                    peer->say(std::move(text));
                }
            });
        }
        [[nodiscard]] std::size_t unsent_bytes() const override { return 0; }

    private:
        void end_soon() {
            peer_->on.post([peer = peer_] {
                if (peer->gone || peer->ended) return;
                peer->ended = true;
                peer->events->on_closed({std::nullopt, "", true, false, std::nullopt});
            });
        }
        std::shared_ptr<far_end> peer_;
    };
    scheduler& on_;
};

/// Writes everything down in one list, and holds events as long as it is told to.
class recording_sink final : public event_sink {
public:
    void on_session(shard_key shard, std::string_view) override { lines.push_back(fmt::format("session {}", shard.id)); }
    result<void> on_dispatch(dispatch event, guild_change change) override {
        if (fails && fails(event)) return std::unexpected(failure(gateway::errc::bad_message, "cannot be read"));
        auto line = fmt::format("{} {}", event.name, event.seq);
        if (event.how == delivery::replayed) line += " replayed";
        static constexpr const char* changes[] = {"", " loaded", " available", " unavailable", " joined", " left"};
        line += changes[static_cast<std::size_t>(change)];
        lines.push_back(std::move(line));
        seqs.push_back(event.seq);
        if (hold) held.push_back(std::move(event));
        return {};
    }
    session_past on_takeover(const gateway::resume_ticket&) override { return past; }
    void on_adopted(shard_key shard, application_id) override { lines.push_back(fmt::format("adopted {}", shard.id)); }
    void on_resumed(shard_key shard) override { lines.push_back(fmt::format("resumed {}", shard.id)); }
    void on_shard_ready(shard_key shard, std::uint32_t missing) override {
        lines.push_back(fmt::format("ready {} missing {}", shard.id, missing));
    }
    void on_status(shard_key, gateway::session_status status) override { statuses.push_back(status); }
    void on_untrusted(shard_key shard, std::string_view why) override {
        lines.push_back(fmt::format("untrusted {}: {}", shard.id, why));
    }
    void on_gave_up(shard_key shard, std::uint16_t code, std::string_view why) override {
        lines.push_back(fmt::format("gave up {} {}", shard.id, code));
        last_reason = why;
    }
    [[nodiscard]] bool has(std::string_view line) const { return std::find(lines.begin(), lines.end(), line) != lines.end(); }

    std::vector<std::string> lines;
    std::vector<std::uint64_t> seqs;
    std::vector<gateway::session_status> statuses;
    std::string last_reason;
    session_past past = session_past::at_hand;
    std::function<bool(const dispatch&)> fails;
    bool hold = false;
    std::deque<dispatch> held;
};

/// Gives a permit to everybody at once and writes down what is done with it.
class open_permits final : public permit_source {
public:
    explicit open_permits(scheduler& on) : on_(on) {}
    void ask(shard_key shard, bool, scheduler& reply_on, std::function<void(answer)> on_answer) override {
        lines.push_back(fmt::format("ask {}", shard.id));
        if (keeps_waiting) return;
        reply_on.post([this, on_answer = std::move(on_answer)] { on_answer({++last_, on_.now() + 1s, {}}); });
    }
    void withdraw(shard_key shard) override { lines.push_back(fmt::format("withdraw {}", shard.id)); }
    void used(std::uint64_t permit, shard_key) override { lines.push_back(fmt::format("used {}", permit)); }
    void returned(std::uint64_t permit, shard_key) override { lines.push_back(fmt::format("returned {}", permit)); }
    void identify_ended(shard_key, bool ready) override { lines.push_back(ready ? "ended ready" : "ended failed"); }
    void can_spare(shard_key, scheduler& reply_on, std::function<void(bool)> on_answer) override {
        reply_on.post([this, on_answer = std::move(on_answer)] { on_answer(has_to_spare); });
    }

    std::vector<std::string> lines;
    bool keeps_waiting = false;
    bool has_to_spare = true;

private:
    scheduler& on_;
    std::uint64_t last_ = 0;
};

inline gateway::session_config plain_session(shard_key shard = {0, 1}) {
    gateway::session_config session;
    session.shard = shard;
    session.token = secret("the-token");
    session.intents = 513;
    session.gateway_url = "wss://gateway.test";
    session.transport = gateway::compression::none;
    return session;
}

/// One driver on virtual time.
struct driver_bench {
    explicit driver_bench(std::function<void(driver_options&)> change = {}, std::optional<gateway::resume_ticket> ticket = {},
                          state::journal_writer* journal = nullptr) {
        driver_options options;
        options.session = plain_session();
        options.log =
            logger([this](const log_record& line) { log.push_back(std::string(line.message)); }, log_level::debug, "host");
        if (change) change(options);
        driver_hooks hooks;
        hooks.on_stopped = [this] { ++stopped; };
        hooks.on_connection = [this](bool live) { connection.push_back(live); };
        driver = std::make_unique<shard_driver>(shard_thread{&time, &dialer}, pool, journal, std::move(options),
                                                std::move(ticket), permits, sink, std::move(hooks));
    }
    /// Up to READY with session "abc".
    far_end& go_live(std::string guilds = "") {
        driver->start();
        dialer.last().open();
        dialer.last().hello();
        time.run_for(1ms);
        dialer.last().ready("abc", std::move(guilds));
        return dialer.last();
    }
    /// After a lost connection: the next one up to HELLO. Returns it.
    far_end& redial() {
        const auto before = dialer.peers.size();
        for (int i = 0; i < 100 && dialer.peers.size() == before; ++i) time.run_for(1s);
        REQUIRE(dialer.peers.size() == before + 1);
        dialer.last().open();
        dialer.last().hello();
        time.run_for(1ms);
        return dialer.last();
    }

    virtual_scheduler time;
    buffer_pool pool;
    scripted_dialer dialer{time};
    recording_sink sink;
    open_permits permits{time};
    std::vector<std::string> log;
    std::vector<bool> connection;
    int stopped = 0;
    std::unique_ptr<shard_driver> driver;
};

}  // namespace shoal::host::test
