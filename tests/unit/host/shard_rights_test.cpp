// What rights withhold from a driver: a new session's events wait until it is known, whatever happens to its connection.

#include "host/shard_rights.hpp"

#include "gateway/ticket.hpp"
#include "unit/host/scripted.hpp"

using namespace shoal;
using namespace shoal::host;
using namespace shoal::host::test;
using gateway::session_status;

namespace {

/// Whoever asks to dial may; a session becomes known when the test says so.
class withheld_rights final : public shard_rights {
public:
    void ask_to_dial(shard_key, bool, scheduler& reply_on, std::function<void()> allowed) override {
        reply_on.post(std::move(allowed));
    }
    void dial_failed(shard_key) override {}
    void ask_to_hand_out(shard_key, std::string_view session_id, scheduler& reply_on, std::function<void()> allowed) override {
        asked.emplace_back(session_id);
        allow_ = [&reply_on, allowed = std::move(allowed)] { reply_on.post(allowed); };
    }
    [[nodiscard]] bool may_be_taken(shard_key, instant) const noexcept override { return false; }
    [[nodiscard]] bool must_close(shard_key, instant) const noexcept override { return false; }

    /// The newest session that was asked for is known.
    void note() { allow_(); }
    std::vector<std::string> asked;

private:
    std::function<void()> allow_;
};

struct bench : driver_bench {
    explicit bench(std::function<void(driver_options&)> change = {})
        : driver_bench([&](driver_options& options) {
              options.rights = &rights;
              if (change) change(options);
          }) {
        driver->start();
        time.run_for(1ms);
        dialer.last().open();
        dialer.last().hello();
        time.run_for(1ms);
        dialer.last().ready();
    }
    void note() {
        rights.note();
        time.run_for(1ms);
    }
    void op_9() { dialer.last().say(R"({"t":null,"s":null,"op":9,"d":false})"); }
    [[nodiscard]] bool resumes() { return dialer.last().sent.at(0).contains("\"op\":6"); }
    withheld_rights rights;
};

}  // namespace

TEST_CASE("nothing of a new session is handed out before it is known, and then all of it in order") {
    bench b;
    REQUIRE(b.rights.asked == std::vector<std::string>{"abc"});
    b.dialer.last().event(2);
    b.dialer.last().event(3);
    b.time.run_for(1min);
    CHECK(b.sink.seqs.empty());
    b.note();
    CHECK(b.sink.seqs == std::vector<std::uint64_t>{2, 3});
    b.dialer.last().event(4);
    CHECK(b.sink.seqs.size() == 3);
}

TEST_CASE("a new session that is cut before it is known resumes, and its replay waits as its events did") {
    bench b;
    b.dialer.last().event(2);
    // As often as it is cut: no connection lets one event through.
    for (int cuts = 1; cuts <= 3; ++cuts) {
        b.dialer.last().end({});
        b.redial();
        REQUIRE(b.resumes());
        b.dialer.last().event(2);
        b.dialer.last().event(3);
        b.dialer.last().resumed(4);
        b.time.run_for(1s);
        CHECK(b.sink.seqs.empty());
    }
    b.note();
    CHECK(b.sink.seqs == std::vector<std::uint64_t>{2, 3});
    CHECK(b.sink.has("resumed 0"));
    b.dialer.last().event(5);
    CHECK(b.sink.seqs.size() == 3);
}

TEST_CASE(
    "while nobody says that the session is known its RESUME waits, and neither the connection nor the session is given up") {
    bench b;
    b.dialer.last().end({});
    auto& peer = b.redial();
    for (int beats = 0; beats < 60; ++beats) {
        b.time.run_for(41s);
        peer.say(R"({"op":11})");
    }
    CHECK_FALSE(peer.close_code.has_value());
    CHECK_FALSE(peer.was_cut);
    peer.event(2);
    peer.resumed(3);
    b.note();
    CHECK(b.sink.seqs == std::vector<std::uint64_t>{2});
    CHECK(b.driver->snapshot().status == session_status::live);
}

TEST_CASE("a session that is given up before it is known keeps nobody from reading the one that follows") {
    bench b;
    b.note();
    b.sink.hold = true;
    b.dialer.last().event(2);  // Its handler still runs when much has happened.
    b.op_9();
    b.redial();
    b.dialer.last().ready("def");
    REQUIRE(b.rights.asked.back() == "def");
    b.driver->renew();
    b.redial();
    b.sink.held.clear();
    b.dialer.last().ready("ghi");
    REQUIRE(b.rights.asked.back() == "ghi");
    b.dialer.last().event(2);
    CHECK(b.sink.seqs.size() == 1);
    b.note();
    CHECK(b.sink.seqs.size() == 2);
}

TEST_CASE("a connection that begins while as many handlers run as may lets none in before one has ended") {
    bench b([](driver_options& options) { options.most_in_flight = 2; });
    b.note();
    b.sink.hold = true;
    b.dialer.last().event(2);
    b.dialer.last().event(3);
    b.dialer.last().end({});
    b.redial();
    b.dialer.last().event(4);
    b.dialer.last().resumed(5);
    CHECK(b.sink.seqs.size() == 2);
    b.sink.held.clear();
    b.time.run_for(1ms);
    CHECK(b.sink.seqs.size() == 3);
}
