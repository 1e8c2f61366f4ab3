#pragma once
// The other side of one session machine in virtual time: carries out its orders as a driver would, answers as Discord would, and
// checks with each order what must hold always. Behaviour can be bent per answer to play faults.
// Not here: sockets, JSON of events; the simulator (sim/) is the faithful Discord, this one is for unit tests.

#include <doctest/doctest.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/virtual_scheduler.hpp"
#include "discord/json_cursor.hpp"
#include "gateway/session.hpp"

namespace shoal::gateway::testing {

using namespace std::chrono_literals;
using discord::json_value;

inline session_config usual_config() {
    session_config config;
    config.shard = {3, 16};
    config.token = secret("very.secret.token");
    config.intents = 513;
    config.gateway_url = "wss://gateway.test";
    config.seed = 7;
    return config;
}

/// How Discord answers one step; each deque's front is used up first, then the usual answer is given.
enum class answer : std::uint8_t { usual, silence, op7, op9_true, op9_false, cut, refuse };
struct close_answer {
    friend bool operator==(close_answer, close_answer) = default;
    std::uint16_t code;
};
using behaviour = std::variant<answer, close_answer>;

class little_discord {
public:
    explicit little_discord(session_config config = usual_config(), std::optional<resume_ticket> ticket = {})
        : config_(config), machine(std::move(config), std::move(ticket)) {
        emit_later();
    }
    little_discord(const little_discord&) = delete;
    little_discord& operator=(const little_discord&) = delete;

    std::deque<behaviour> on_dial, on_hello, on_identify, on_resume;
    bool acks = true;         ///< Beats are answered.
    bool deaf = false;        ///< Nothing is sent to the client any more (on this and later connections).
    bool grants = true;       ///< Permits are given at once.
    duration grant_age = {};  ///< How long a permit is on its way.
    bool resume_host_dead = false;
    bool holds_dials = false;  ///< There is no right to dial before let_dial().
    duration latency = 10ms;
    duration event_every = 200ms;  ///< 0: no events.
    bool mutes_resumed = false;    ///< RESUMED is lost on its way; its number is too.
    std::uint64_t events_in_replay_limit = 1'000'000;
    std::set<std::uint64_t> poisonous;  ///< Numbers whose message breaks its reader.
    std::function<void()> after_each_fact;

    // ---- what happened ----
    std::vector<std::string> orders;  ///< Every order in words, notes and wake_at left out.
    std::vector<note> notes;
    std::map<std::string, std::vector<std::uint64_t>> delivered;  ///< By session id, in order.
    std::optional<give_up> ended;
    std::uint64_t facts = 0;
    std::vector<std::string> dialed;
    std::vector<instant> dialed_at;
    std::vector<duration> beats;  ///< Since the HELLO of their connection.
    std::vector<std::string> beat_payloads;
    std::uint64_t permits_given = 0, permits_used = 0, permits_returned = 0, withdrawn = 0;

    virtual_scheduler clock;

private:
    session_config config_;

public:
    session machine;

    [[nodiscard]] instant now() const { return clock.now(); }

    void fact(const input& what) {
        std::vector<action> out;
        ++facts;
        machine.step(what, now(), out);
        for (const auto& order : out) {
            std::visit([&](const auto& o) { carry_out(o); }, order);
        }
        if (after_each_fact) after_each_fact();
    }
    void start() { fact(started{}); }
    void run(duration span) { clock.run_for(span); }
    /// Runs until the status is reached; false if it is not within `span`.
    bool run_until(session_status status, duration span = std::chrono::minutes(10)) {
        const auto end = now() + span;
        while (machine.status() != status) {
            if (!clock.run_one(end)) return machine.status() == status;
        }
        return true;
    }
    bool has_note(note_code code) const { return count_notes(code) != 0; }
    std::size_t count_notes(note_code code) const {
        std::size_t n = 0;
        for (const auto& one : notes) n += one.code == code ? 1 : 0;
        return n;
    }
    [[nodiscard]] bool is_connected() const { return up_; }
    [[nodiscard]] bool is_dialing() const { return busy_ && !up_; }
    [[nodiscard]] std::uint64_t server_seq() const { return session_ ? session_->last_seq : 0; }
    [[nodiscard]] const std::string& session_id() const { return session_->id; }
    void kill_session() { session_.reset(); }

    /// The server (or the network: nullopt) ends the connection, dialed or dialing.
    void server_closes(std::optional<std::uint16_t> code, std::string detail = {}) {
        if (!busy_) return;
        const bool dialing = !up_;
        drop();
        fact(closed{dialing ? std::nullopt : code, dialing, std::move(detail)});
    }
    void server_says(const input& what) {
        if (!up_) return;
        if (std::holds_alternative<hello_received>(what) && !hello_sent_) {
            hello_sent_ = true;
            hello_at_ = last_beat_ = now();
        }
        asked_for_beat_ = std::holds_alternative<heartbeat_requested>(what);
        fact(what);
        asked_for_beat_ = false;
    }
    /// Every permit that was given was used or returned, and no request is left behind while nobody waits.
    void check_permits_at_rest() const {
        CHECK(permits_given == permits_used + permits_returned);
        CHECK_FALSE(asking_);
    }
    /// Nothing lost and nothing doubled in the session that lives now, apart from the numbers in `except`.
    void check_delivery(const std::set<std::uint64_t>& except = {}) {
        if (!session_) return;
        std::vector<std::uint64_t> expected;
        const auto& got = delivered[session_->id];
        for (std::uint64_t s = 1; s <= (got.empty() ? 0 : got.back()); ++s) {
            if (!except.contains(s)) expected.push_back(s);
        }
        CHECK(got == expected);
    }

private:
    struct server_session {
        std::string id;
        std::uint64_t last_seq = 0;
    };
    struct given_permit {
        instant valid_until;
    };

    void after(duration delay, std::function<void()> job) {
        clock.wake_at(now() + delay, [job = std::move(job)] { job(); });
    }
    /// Later on this connection, if it still is up (or still being dialed) then.
    void later(duration delay, std::function<void()> job) {
        after(delay, [this, number = connection_, job = std::move(job)] {
            if (busy_ && number == connection_) job();
        });
    }
    void say(std::string words) { orders.push_back(std::move(words)); }
    static behaviour next(std::deque<behaviour>& from) {
        if (from.empty()) return answer::usual;
        auto first = from.front();
        from.pop_front();
        return first;
    }
    void drop() {
        check_beats();
        busy_ = up_ = hello_sent_ = server_live_ = held_ = false;
    }

    void carry_out(const dial& order) {
        REQUIRE_FALSE(ended);
        REQUIRE_MESSAGE(!busy_, "never two connections at once");
        CHECK(order.url.find("secret") == std::string::npos);
        say("dial " + order.url);
        dialed.push_back(order.url);
        dialed_at.push_back(now());
        busy_ = true;
        up_ = false;
        ++connection_;
        on_resume_host_ = order.url.starts_with("wss://resume");
        held_ = holds_dials;
        if (!held_) return connect();
        later(duration{}, [this] { fact(dial_held{}); });
    }
    void connect() {
        auto how = next(on_dial);
        if (on_resume_host_ && resume_host_dead) how = answer::refuse;
        if (how == behaviour(answer::refuse)) {
            later(latency, [this] {
                drop();
                fact(closed{std::nullopt, true, "connection refused"});
            });
            return;
        }
        if (how == behaviour(answer::silence)) return;
        later(latency, [this] {
            up_ = true;
            fact(opened{});
            if (!busy_ || !up_) return;
            const auto hello = next(on_hello);
            if (respond(hello)) return;
            later(latency, [this] {
                hello_sent_ = true;
                hello_at_ = last_beat_ = now();
                fact(hello_received{40s});
            });
        });
    }
    /// Plays any answer but the usual one; true if it did.
    bool respond(const behaviour& how) {
        if (const auto* code = std::get_if<close_answer>(&how)) {
            later(latency, [this, c = code->code] { server_closes(c); });
            return true;
        }
        switch (std::get<answer>(how)) {
            case answer::usual: return deaf;
            case answer::silence: return true;
            case answer::op7: later(latency, [this] { fact(reconnect_requested{}); }); return true;
            case answer::op9_true: later(latency, [this] { fact(session_invalidated{true}); }); return true;
            case answer::op9_false:
                session_.reset();
                later(latency, [this] { fact(session_invalidated{false}); });
                return true;
            case answer::cut:
            case answer::refuse: later(latency, [this] { server_closes(std::nullopt); }); return true;
        }
        return true;
    }

    void carry_out(const ask_permit&) {
        REQUIRE_FALSE(ended);
        CHECK_FALSE(asking_);
        CHECK_MESSAGE(hello_sent_, "a permit is asked for with HELLO in hand");
        say("ask_permit");
        asking_ = true;
        if (grants) after(latency, [this] { grant(); });
    }

public:
    void let_dial() {
        holds_dials = false;
        if (!std::exchange(held_, false)) return;
        fact(dial_begun{});
        connect();
    }
    void grant() {
        if (!asking_) return;
        asking_ = false;
        const auto permit = ++permits_given;
        open_permits_[permit] = {now() + 1s};
        if (grant_age == duration{}) {
            fact(permit_granted{permit, now() + 1s});
        } else {
            const auto until = now() + 1s;
            after(grant_age, [this, permit, until] { fact(permit_granted{permit, until}); });
        }
    }

private:
    void carry_out(const use_permit& order) {
        say("use_permit");
        REQUIRE(open_permits_.contains(order.permit));
        CHECK(now() <= open_permits_[order.permit].valid_until);
        open_permits_.erase(order.permit);
        ++permits_used;
        may_identify_ = true;
    }
    void carry_out(const return_permit& order) {
        if (order.permit == 0) {
            say("withdraw_permit");
            ++withdrawn;
            asking_ = false;
            return;
        }
        say("return_permit");
        REQUIRE(open_permits_.erase(order.permit) == 1);
        ++permits_returned;
    }
    void carry_out(const send& order) {
        REQUIRE_MESSAGE(up_, "sent without a connection");
        CHECK(order.payload.size() < 4096);
        CHECK(discord::is_json(order.payload));
        const json_value message(order.payload);
        const auto d = message["d"];
        if (order.kind == send_kind::heartbeat) {
            CHECK(message["op"].integer() == 1);
            CHECK_MESSAGE((hello_sent_ || asked_for_beat_), "no beat before HELLO but on request");
            check_beats();
            last_beat_ = now();
            beats.push_back(now() - hello_at_);
            beat_payloads.push_back(order.payload);
            if (d.is_null()) {
                CHECK_FALSE((machine.ticket() && machine.ticket()->seq != 0));
            } else {
                CHECK(d.unsigned_integer() == machine.ticket()->seq);
            }
            if (acks && !deaf) later(latency, [this] { fact(heartbeat_acked{}); });
            return;
        }
        CHECK(d["token"].text() == config_.token.reveal());
        if (order.kind == send_kind::identify) {
            say("send identify");
            CHECK(message["op"].integer() == 2);
            CHECK_MESSAGE(std::exchange(may_identify_, false), "never IDENTIFY without a permit");
            CHECK_MESSAGE(!on_resume_host_, "IDENTIFY goes to the general address only");
            CHECK_FALSE(machine.ticket());
            const auto how = next(on_identify);
            if (respond(how)) return;
            later(latency * 3, [this] {
                session_ = server_session{"session-" + std::to_string(++sessions_), 0};
                server_live_ = true;
                fact(ready_received{session_->id, "wss://resume" + std::to_string(sessions_) + ".test/"});
                deliver(++session_->last_seq);
            });
            return;
        }
        CHECK(message["op"].integer() == 6);
        const auto seq = d["seq"].unsigned_integer().value_or(0);
        say("send resume " + std::to_string(seq));
        CHECK(d["session_id"].text() == machine.ticket()->session_id);
        CHECK(seq == machine.ticket()->seq);
        const auto how = next(on_resume);
        if (respond(how)) return;
        if (!session_ || d["session_id"].text() != session_->id) {
            later(latency, [this] { fact(session_invalidated{false}); });
            return;
        }
        if (seq > session_->last_seq) {
            later(latency, [this] {
                session_.reset();
                server_closes(4007);
            });
            return;
        }
        later(latency, [this, seq] { replay(seq + 1, session_->last_seq); });
    }
    void replay(std::uint64_t from, std::uint64_t to) {
        for (auto s = from; s <= to && up_; ++s) {
            deliver(s);
            if (!up_ || machine.status() == session_status::closing) return;
        }
        server_live_ = true;
        if (mutes_resumed) {
            ++session_->last_seq;
            return;
        }
        fact(resumed_received{});
        deliver(++session_->last_seq);
    }
    void deliver(std::uint64_t seq) {
        if (!up_ || !session_) return;
        const auto status = machine.status();
        const auto how = machine.on_dispatch(seq, now());
        if (how == verdict::deliver || how == verdict::deliver_replayed) {
            CHECK((how == verdict::deliver_replayed) == (status == session_status::resuming));
            if (poisonous.contains(seq)) {
                fact(stream_broken{"poison", seq});
                return;
            }
            auto& got = delivered[session_->id];
            if (!got.empty()) CHECK(seq > got.back());
            got.push_back(seq);
            machine.on_done(seq);
        }
    }
    void emit_later() {
        after(event_every > duration{} ? event_every : duration(1s), [this] {
            if (session_ && event_every > duration{}) {
                const auto seq = ++session_->last_seq;
                if (server_live_ && up_ && !deaf) {
                    later(latency, [this, seq] {
                        const auto status = machine.status();
                        const bool lives =
                            status == session_status::live || (mutes_resumed && status == session_status::resuming);
                        if (server_live_ && session_ && lives) deliver(seq);
                    });
                }
            }
            emit_later();
        });
    }
    void carry_out(const hang_up& order) {
        say(order.code ? "hang_up " + std::to_string(*order.code) : "cut");
        CHECK(busy_);
        if (order.code == 1000) session_.reset();
        server_live_ = false;
        const auto code = order.code;
        later(latency, [this, code] {
            const bool dialing = !up_;
            drop();
            fact(closed{dialing ? std::nullopt : code, dialing, {}});
        });
    }
    void carry_out(const wake_at& order) {
        clock.cancel(timer_);
        timer_ = timer_id::none;
        if (order.when == never) return;
        timer_ = clock.wake_at(order.when, [this] {
            timer_ = timer_id::none;
            fact(tick{});
        });
    }
    void carry_out(const give_up& order) {
        REQUIRE_FALSE(ended);
        say("give_up " + std::to_string(order.code));
        CHECK_FALSE(order.why.empty());
        CHECK_FALSE_MESSAGE(busy_, "gave up with a connection open");
        CHECK(timer_ == timer_id::none);
        ended = order;
    }
    void carry_out(const note& order) {
        CHECK(order.detail.find("secret") == std::string::npos);
        notes.push_back(order);
    }
    /// From HELLO to the end of a connection no two beats are further apart than the interval.
    void check_beats() {
        if (up_ && hello_sent_) CHECK_MESSAGE(now() - last_beat_ <= 40s + 2 * latency, "heartbeats keep going");
    }

    bool busy_ = false, up_ = false, hello_sent_ = false, server_live_ = false, on_resume_host_ = false, held_ = false;
    std::uint64_t connection_ = 0;
    instant hello_at_{}, last_beat_{};
    bool asking_ = false, may_identify_ = false, asked_for_beat_ = false;
    std::map<std::uint64_t, given_permit> open_permits_;
    std::optional<server_session> session_;
    std::uint64_t sessions_ = 0;
    timer_id timer_ = timer_id::none;
};

}  // namespace shoal::gateway::testing
