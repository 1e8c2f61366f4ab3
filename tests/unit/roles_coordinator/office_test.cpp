// The office carries out what the brain orders, over a store in memory and in virtual time.

#include "roles/coordinator/office.hpp"

#include <doctest/doctest.h>

#include <string>
#include <variant>
#include <vector>

#include "base/virtual_scheduler.hpp"
#include "config/exit_codes.hpp"
#include "host/errc.hpp"
#include "roles/process/exit_reasons.hpp"
#include "store/memory/memory_store.hpp"

using namespace shoal;
using namespace shoal::roles;
using namespace std::chrono_literals;

namespace {

struct recorded_line final : worker_line {
    void say(const cluster::to_worker& what) override { said.push_back(what); }
    void close(std::string_view why) override { closed = std::string(why); }
    template <class T>
    [[nodiscard]] std::vector<T> all() const {
        std::vector<T> out;
        for (const auto& each : said)
            if (const auto* one = std::get_if<T>(&each)) out.push_back(*one);
        return out;
    }
    std::vector<cluster::to_worker> said;
    std::optional<std::string> closed;
};

/// Discord with so many shards, and how often it was asked.
struct discord {
    std::uint32_t shards = 2;
    int asked = 0;
    bool refuses = false;  ///< With 401.
    host::gateway_bot_source source(scheduler& on) {
        return [this, &on](std::function<void(host::gateway_bot_answer)> done) {
            ++asked;
            on.post([this, done = std::move(done)] {
                if (refuses) return done({std::unexpected(failure(host::errc::unauthorized, "401")), 0s});
                done({host::gateway_bot{"wss://gateway.example", shards, {1000, 1000, std::chrono::hours(10), 1}}, 0s});
            });
        };
    }
};

cluster::shard_report live_report(const cluster::start_order& order) {
    cluster::shard_report out;
    out.shard = order.shard.id;
    out.epoch = order.epoch;
    out.status = cluster::shard_status::live;
    return out;
}

struct stage {
    explicit stage(std::shared_ptr<store::memory_contents> with = std::make_shared<store::memory_contents>())
        : kept(std::move(with)), store(store::open_memory(kept, clock)) {
        office_options options;
        options.brain.coordinator = "c1";
        options.brain.token_proof = options.brain.intents_proof = "proven";
        options.stepped_down = [this](const std::string& why, const std::optional<failure>& by_discord) {
            stepped_down = why;
            refused = by_discord;
        };
        at_work.emplace(clock, *store, api.source(clock), std::move(options));
        store->read_all([this](const result<store::contents>& all) { at_work->open(all.value(), {}); });
        clock.run_for(1ms);
    }
    static cluster::register_ask ask(std::string name, std::uint64_t incarnation) {
        cluster::register_ask out;
        out.process = {std::move(name)};
        out.incarnation = static_cast<cluster::incarnation>(incarnation);
        out.token_proof = out.intents_proof = "proven";
        return out;
    }
    /// Heartbeats of a worker that holds what it was ordered to, as live.
    void live(recorded_line& line, cluster::stream_id stream, duration span) {
        for (duration gone{}; gone < span; gone += 1s) {
            cluster::heartbeat beat;
            beat.number = static_cast<cluster::beat_number>(++beats);
            for (const auto& order : line.all<cluster::start_order>()) {
                beat.shards.push_back(live_report(order));
            }
            at_work->said(stream, beat);
            clock.run_for(1s);
        }
    }
    virtual_scheduler clock;
    std::shared_ptr<store::memory_contents> kept;
    discord api;
    std::unique_ptr<store::state_store> store;
    std::optional<office> at_work;
    std::string stepped_down;
    std::optional<failure> refused;
    std::uint64_t beats = 0;
};

}  // namespace

TEST_CASE("a worker that registers is given the shards that Discord recommends, once a lease has gone by") {
    stage s;
    s.at_work->discord_said({"wss://gateway.example", 2, {1000, 1000, std::chrono::hours(10), 1}});
    recorded_line line;
    const auto stream = s.at_work->attach(line);
    s.at_work->said(stream, s.ask("w1", 7));
    s.clock.run_for(1ms);
    REQUIRE(line.all<cluster::registered>().size() == 1);
    CHECK(line.all<cluster::registered>()[0].coordinator == "c1");
    s.live(line, stream, 3s);
    CHECK(line.all<cluster::start_order>().empty());
    s.live(line, stream, 6s);
    const auto orders = line.all<cluster::start_order>();
    REQUIRE(orders.size() == 2);
    CHECK(orders[0].shard.total == 2);
    CHECK_FALSE(orders[0].ticket.has_value());
    CHECK(line.all<cluster::heartbeat_ack>().size() >= 8);
    CHECK(s.at_work->picture().shards.size() == 2);
    // It is all in the store before it is said.
    CHECK(s.kept->entries.contains("fleet"));
    CHECK(s.kept->entries.contains("member/w1"));
    CHECK(s.kept->entries.contains("shard/0"));
}

TEST_CASE("a worker with another token is told so, and its stream ends") {
    stage s;
    recorded_line line;
    const auto stream = s.at_work->attach(line);
    auto ask = s.ask("w1", 7);
    ask.token_proof.clear();
    s.at_work->said(stream, ask);
    s.clock.run_for(1ms);
    REQUIRE(line.all<cluster::register_refused>().size() == 1);
    CHECK(line.all<cluster::register_refused>()[0].why == cluster::refusal::other_token);
    CHECK(line.closed.has_value());
    // What it says afterwards is not heard.
    s.at_work->said(stream, s.ask("w1", 7));
    s.clock.run_for(1ms);
    CHECK(line.all<cluster::registered>().empty());
    s.at_work->detach(stream);
}

TEST_CASE("a coordinator whose fleet record somebody else wrote says nothing more and steps down") {
    stage s;
    recorded_line line;
    const auto stream = s.at_work->attach(line);
    s.at_work->said(stream, s.ask("w1", 7));
    s.clock.run_for(1ms);
    s.kept->at = static_cast<store::revision>(static_cast<std::uint64_t>(s.kept->at) + 1);
    s.kept->entries["fleet"].second = s.kept->at;
    recorded_line other;
    const auto second = s.at_work->attach(other);
    s.at_work->said(second, s.ask("w2", 8));
    s.clock.run_for(1s);
    CHECK_FALSE(s.stepped_down.empty());
    CHECK_FALSE(s.refused.has_value());
    CHECK(line.closed.has_value());
    CHECK(other.all<cluster::registered>().empty());
}

TEST_CASE("a coordinator whose token Discord refuses ends for that reason, and its workers' streams with it") {
    stage s;
    s.at_work->discord_said({"wss://gateway.example", 2, {1000, 1000, std::chrono::hours(10), 1}});
    recorded_line line;
    const auto stream = s.at_work->attach(line);
    s.at_work->said(stream, s.ask("w1", 7));
    s.live(line, stream, 9s);
    REQUIRE(s.stepped_down.empty());
    const auto orders = line.all<cluster::start_order>();
    REQUIRE_FALSE(orders.empty());
    // The token was renewed somewhere else; a shard that lost its session shows it.
    s.api.refuses = true;
    s.live(line, stream, 65s);
    s.at_work->said(stream, cluster::permit_ask{orders[0].shard.id, orders[0].epoch, true, "lost"});
    s.clock.run_for(1s);
    REQUIRE(s.refused.has_value());
    CHECK(s.refused->is(host::errc::unauthorized));
    CHECK(problem_of_bootstrap(*s.refused, "https://discord.example").code == config::exit_code::token_refused);
    REQUIRE(line.closed.has_value());
    CHECK(line.closed->contains("token"));
    CHECK_FALSE(line.closed->contains("leads"));
}

TEST_CASE("a coordinator that starts again on its store leads under a higher epoch and orders nothing anew") {
    const auto kept = std::make_shared<store::memory_contents>();
    cluster::leader_epoch before{};
    std::vector<cluster::shard_report> held;
    {
        stage s(kept);
        s.at_work->discord_said({"wss://gateway.example", 2, {1000, 1000, std::chrono::hours(10), 1}});
        recorded_line line;
        const auto stream = s.at_work->attach(line);
        s.at_work->said(stream, s.ask("w1", 7));
        s.live(line, stream, 9s);
        before = s.at_work->picture().leader;
        for (const auto& order : line.all<cluster::start_order>()) {
            held.push_back(live_report(order));
        }
        REQUIRE(held.size() == 2);
    }
    stage s(kept);
    CHECK(s.at_work->picture().leader > before);
    CHECK(s.at_work->picture().total_shards == 2);
    recorded_line line;
    const auto stream = s.at_work->attach(line);
    auto ask = s.ask("w1", 7);
    ask.fresh = false;
    ask.shards = held;
    s.at_work->said(stream, ask);
    for (int i = 1; i < 12; ++i) {
        cluster::heartbeat beat;
        beat.number = static_cast<cluster::beat_number>(100 + i);
        beat.shards = held;
        s.at_work->said(stream, beat);
        s.clock.run_for(1s);
    }
    for (const auto& order : line.all<cluster::start_order>()) {
        CHECK(order.adopted);
        CHECK(order.epoch == held[order.shard.id].epoch);
    }
    CHECK(line.all<cluster::stop_order>().empty());
}

TEST_CASE("an operator is answered, with the fleet's picture as it is now") {
    stage s;
    std::optional<cluster::operator_answer> got;
    s.at_work->ask(cluster::picture_ask{}, "me", [&](cluster::operator_answer answer) { got = std::move(answer); });
    REQUIRE(got.has_value());
    const auto* picture = std::get_if<cluster::cluster_picture>(&*got);
    REQUIRE(picture != nullptr);
    CHECK(picture->coordinator == "c1");
    CHECK_FALSE(picture->waiting_for.empty());
}
