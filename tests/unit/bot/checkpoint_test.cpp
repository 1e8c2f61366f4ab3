// What a bot keeps of its shards and finds again: tickets, guilds and cache in a folder, and the reasons to start anew.

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "bot/checkpoint_desk.hpp"
#include "bot_fixture.hpp"

using namespace shoal;
using namespace shoal::test;
using runtime::checkpoint_desk;
using runtime::checkpoint_setup;

namespace {

constexpr shard_key shard{0, 2};

struct folder {
    folder() {
        char name[] = "/tmp/shoal-checkpoint-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        path = name;
    }
    ~folder() { std::filesystem::remove_all(path); }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;
    std::string path;
};

struct bench {
    checkpoint_setup setup() {
        checkpoint_setup out;
        out.state_folder = where.path;
        out.bot = 7;
        out.intents = 513;
        out.cache = cache_preset::standard;
        out.log = logger([this](const log_record& line) { log.emplace_back(line.message); }, log_level::info);
        return out;
    }
    void run(const std::function<void()>& what) {
        time.post(what);
        time.run_for(0s);
    }
    /// A session with a guild and `events` changes of its name, all of them done.
    void live(checkpoint_desk& desk, std::uint64_t events) {
        run([&] {
            auto& one = *desk.of(shard);
            one.cache().start_session(R"({"user":{"id":"900"},"guilds":[{"id":"10","unavailable":true}]})");
            one.begin_session();
            ticket = {shard, "session", "wss://resume", 1, 1, 513, application_id(700)};
            const std::vector<gateway::known_guild> guilds = {{guild_id(10), gateway::guild_state::available}};
            desk.keep(ticket, &guilds);
        });
        for (std::uint64_t i = 0; i < events; ++i) event(desk, i == 0 ? "GUILD_CREATE" : "GUILD_UPDATE");
    }
    void event(checkpoint_desk& desk, std::string_view name) {
        const auto json = R"({"id":"10","name":"name )" + std::to_string(ticket.seq) + "\"}";
        run([&] {
            auto& one = *desk.of(shard);
            const auto kind = discord::event_kind_of(name);
            one.cache().apply(kind, json, ++ticket.seq);
            one.event(kind, name, json, ticket.seq);
            ticket.done = ticket.seq;
            desk.keep(ticket, nullptr);
        });
        time.run_for(250ms);
    }
    folder where;
    virtual_scheduler time;
    std::vector<std::string> log;
    gateway::resume_ticket ticket;
    const std::vector<shard_key> shards = {{0, 2}, {1, 2}};
};

}  // namespace

TEST_CASE("why a ticket is not gone on with") {
    checkpoint_setup wanted;
    wanted.bot = 7;
    wanted.intents = 513;
    gateway::kept_ticket kept;
    kept.ticket = {shard, "session", "wss://resume", 5, 5, 513};
    kept.bot = 7;
    kept.unix_seconds = 1000;
    CHECK(runtime::why_not(kept, shard, wanted, 1000) == std::nullopt);
    CHECK(runtime::why_not(kept, shard, wanted, 1600) == std::nullopt);
    CHECK(runtime::why_not(kept, shard, wanted, 1661)->find("11 minutes old") != std::string::npos);
    CHECK(runtime::why_not(kept, shard, wanted, 10) == std::nullopt);  // The clock was put back: no reason not to try.
    CHECK(runtime::why_not(kept, {1, 2}, wanted, 1000)->find("shard 0 of 2") != std::string::npos);
    wanted.intents = 1;
    CHECK(runtime::why_not(kept, shard, wanted, 1000)->find("other intents") != std::string::npos);
    wanted.bot = 8;
    CHECK(runtime::why_not(kept, shard, wanted, 1000)->find("another bot") != std::string::npos);
}

TEST_CASE("what is kept is found again: the ticket, the guilds and the cache, also by the process after the next") {
    bench here;
    {
        checkpoint_desk desk(here.setup(), here.shards);
        CHECK(desk.recall().empty());
        here.live(desk, 5);
    }
    for (int life = 0; life < 3; ++life) {
        CAPTURE(life);
        checkpoint_desk desk(here.setup(), here.shards);
        const auto found = desk.recall();
        REQUIRE(found.size() == 1);
        auto expected = here.ticket;
        expected.guilds = {{guild_id(10), gateway::guild_state::available}};
        CHECK(found.at(shard) == expected);
        const auto* guild = desk.of(shard)->cache().guild(guild_id(10));
        REQUIRE(guild != nullptr);
        CHECK(guild->name() == "name " + std::to_string(here.ticket.seq - 1));
        CHECK(here.log ==
              std::vector<std::string>(static_cast<std::size_t>(life) + 1, "going on with the sessions of the process before"));
        here.event(desk, "GUILD_UPDATE");
    }
}

TEST_CASE("kept() follows the disk, and not beyond the session") {
    bench here;
    checkpoint_desk desk(here.setup(), here.shards);
    here.live(desk, 5);
    const auto written = [&](std::uint64_t done) {
        for (int i = 0; i < 10'000 && desk.kept(shard) != done; ++i) ::usleep(1000);
        return desk.kept(shard) == done;
    };
    CHECK(written(here.ticket.done));
    here.run([&] {
        desk.drop(shard);
        desk.of(shard)->cache().start_session(R"({"user":{"id":"900"},"guilds":[]})");
        desk.of(shard)->begin_session();
    });
    CHECK(desk.kept(shard) == 0);
    here.live(desk, 2);
    CHECK(written(here.ticket.done));
}

TEST_CASE("a session that is gone leaves nothing") {
    bench here;
    {
        checkpoint_desk desk(here.setup(), here.shards);
        here.live(desk, 3);
        here.run([&] { desk.drop(shard); });
    }
    checkpoint_desk desk(here.setup(), here.shards);
    CHECK(desk.recall().empty());
    CHECK(here.log.empty());
}

TEST_CASE("a cache that keeps other things now starts anew, with one sentence, and the files go") {
    bench here;
    {
        checkpoint_desk desk(here.setup(), here.shards);
        here.live(desk, 3);
    }
    auto other = here.setup();
    other.cache = cache_preset::everything;
    for (int i = 0; i < 2; ++i) {
        checkpoint_desk desk(other, here.shards);
        CHECK(desk.recall().empty());
        CHECK(desk.of(shard)->cache().guilds() == 0);
        REQUIRE(here.log.size() == 1);
        CHECK(here.log[0].find("shard 0 starts anew: what was kept of it is not used, ") == 0);
        CHECK(here.log[0].find("keeps other things") != std::string::npos);
    }
}

TEST_CASE("a presence that the code asks for and the session does not show is sent behind the takeover") {
    bench here;
    {
        checkpoint_desk desk(here.setup(), here.shards);
        here.live(desk, 1);
    }
    auto other = here.setup();
    other.presence = R"({"status":"idle"})";
    checkpoint_desk desk(other, here.shards);
    CHECK(desk.recall().size() == 1);
    CHECK(desk.of(shard)->presence_differs());
    CHECK_FALSE(desk.of({1, 2})->presence_differs());
}
