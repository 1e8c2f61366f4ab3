#pragma once
// A bot with a real host on virtual time, whose Discord is played by the test. Not here: a simulated Discord (tests/testing).

#include <fmt/format.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/task_group.hpp"
#include "bot_fixture.hpp"
#include "discord/json_cursor.hpp"
#include "host/shard_host.hpp"
#include "unit/host/scripted.hpp"

namespace shoal::test {

struct hosted_fixture : fixture {
    host::test::scripted_dialer dialer{on};
    host::test::open_permits permits{on};
    std::unique_ptr<host::shard_host> host;

    explicit hosted_fixture(bot_options options = {}) : fixture(std::move(options)) {}
    ~hosted_fixture() {
        ending_ = true;
        if (!host) return;
        bool stopped = false;
        host->stop(false, [&](auto) { stopped = true; });
        on.run_for(10s);
        CHECK(stopped);
        drain(0s);
        inside().attach(static_cast<host::shard_host*>(nullptr));
        host.reset();
        inside().close();
        on.run_for(1s);
    }
    /// Starts these shards of `total` and plays Discord up to READY for each.
    void run(std::uint32_t total = 1) {
        open();
        host::host_options with;
        with.session = host::test::plain_session();
        with.session.intents = inside().intents_to_identify();
        with.session.presence_json = inside().presence_json();
        with.blocked_after = 0ms;
        with.log = inside().log();
        host = std::make_unique<host::shard_host>(std::vector<host::shard_thread>{{&on, &dialer}}, with, permits, inside());
        inside().attach(host.get());
        std::vector<shard_key> shards;
        for (std::uint32_t id = 0; id < total; ++id) shards.push_back({id, total});
        host->want(shards);
        on.run_for(1ms);
        for (std::size_t i = 0; i < dialer.peers.size(); ++i) greet(i);
    }
    /// HELLO and READY on one connection.
    host::test::far_end& greet(std::size_t which) {
        auto& peer = *dialer.peers.at(which);
        on_thread([&] { peer.open(), peer.hello(); });
        on.run_for(1ms);
        on_thread([&] { peer.ready(fmt::format("session-{}", which)); });
        return peer;
    }
    /// An event comes over this connection.
    void event(host::test::far_end& peer, std::uint64_t seq_in, std::string name, std::string d) {
        on_thread([&] { peer.event(seq_in, std::move(name), std::move(d)); });
    }
    /// Discord gives the session up; the next one begins. Returns its connection.
    host::test::far_end& new_session() {
        const auto before = dialer.peers.size();
        on_thread([&] { dialer.last().say(R"({"op":9,"d":false})"); });
        on.run_for(10s);
        REQUIRE(dialer.peers.size() == before + 1);
        return greet(before);
    }
    /// Virtual time passes, and Discord acknowledges what keeps a connection alive.
    void pass(duration time) {
        for (; time > 0s; time -= 1s) {
            on.run_for(std::min<duration>(time, 1s));
            on_thread([&] {
                for (auto& each : dialer.peers) each->say(R"({"op":11})");
            });
        }
    }
    /// What went out with this opcode on a connection, as its `d`.
    [[nodiscard]] static std::vector<std::string> sent(const host::test::far_end& peer, int op) {
        std::vector<std::string> out;
        for (const auto& each : peer.sent) {
            const discord::json_value message(each);
            if (message["op"].integer() == op) out.emplace_back(message["d"].raw());
        }
        return out;
    }
    /// Awaits a call on the shard's thread, outside of any handler, and writes down its outcome. One that comes only because the
    /// fixture ends is dropped: the test's own variables are gone by then.
    template <class T>
    void ask(call<T> what, std::optional<result<T>>& into) {
        on_thread([&, what = std::make_shared<call<T>>(std::move(what))] {
            children.start([](hosted_fixture& f, call<T> asked, std::optional<result<T>>& out) -> task<> {
                auto got = co_await std::move(asked).result();
                if (!f.ending_) out.emplace(std::move(got));
            }(*this, std::move(*what), into));
        });
    }
    task_group children;

private:
    bool ending_ = false;
};

}  // namespace shoal::test
