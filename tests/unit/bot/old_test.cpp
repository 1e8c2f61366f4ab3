// event.old(): what the cache knew before the event.
#include <doctest/doctest.h>

#include <optional>

#include "bot_fixture.hpp"

using namespace shoal;
using namespace shoal::test;

namespace {

constexpr auto home =
    R"({"id":"10","name":"Home","owner_id":"5","unavailable":false,"member_count":2,"roles":[{"id":"10","name":"@everyone","permissions":"0"},)"
    R"({"id":"31","name":"mods","permissions":"8","position":1}],"channels":[{"id":"20","type":0,"name":"general","topic":"old topic"}],)"
    R"("threads":[],"emojis":[{"id":"60","name":"a"},{"id":"61","name":"b"}],"stickers":[],"voice_states":[],"members":[)"
    R"({"user":{"id":"5","username":"ann"},"nick":"fifth","roles":["31"]}]})";

struct knowing : fixture {
    explicit knowing(cache_settings keeps = cache_preset::everything) : fixture({.cache = keeps}) {}
    void begin() {
        open();
        ready(R"([{"id":"10","unavailable":true}])");
        REQUIRE(feed("GUILD_CREATE", home, host::guild_change::loaded));
    }
};

constexpr auto renamed = R"({"id":"20","guild_id":"10","type":0,"name":"renamed","permission_overwrites":[]})";

}  // namespace

TEST_CASE("an update or a deletion knows what was before, though the cache knows better already") {
    knowing f;
    std::vector<std::string> seen;
    f.bot.on([&](const channel_update& event) {
        REQUIRE(event.old());
        seen.push_back(std::string(event.old()->name) + " " + std::string(event.old()->topic));
        CHECK(event.guild()->channel(channel_id(20))->name == "renamed");
    });
    f.bot.on([&](const channel_delete& event) {
        seen.push_back(std::string(event.old()->name));
        CHECK_FALSE(event.guild()->channel(channel_id(20)));
    });
    f.bot.on([&](const guild_role_update& event) { seen.push_back(std::string(event.old()->name)); });
    f.bot.on([&](const guild_member_update& event) {
        CHECK(event.old()->roles.contains(role_id(31)));
        seen.push_back(std::string(event.old()->nick));
    });
    f.bot.on([&](const guild_member_remove& event) { seen.push_back("left as " + std::string(event.old()->nick)); });
    f.bot.on([&](const guild_emojis_update& event) { seen.push_back(std::to_string(event.old().size()) + " emojis"); });
    f.bot.on([&](const guild_update& event) { seen.push_back(std::string(event.old()->name)); });
    f.bot.on([&](const guild_left& event) { seen.push_back("left " + std::string(event.old()->name)); });
    f.begin();
    CHECK(f.feed("CHANNEL_UPDATE", renamed));
    CHECK(f.feed("CHANNEL_DELETE", renamed));
    CHECK(f.feed("GUILD_ROLE_UPDATE", R"({"guild_id":"10","role":{"id":"31","name":"crew","permissions":"8"}})"));
    CHECK(f.feed("GUILD_MEMBER_UPDATE", R"({"guild_id":"10","user":{"id":"5","username":"ann"},"nick":"new","roles":[]})"));
    CHECK(f.feed("GUILD_MEMBER_REMOVE", R"({"guild_id":"10","user":{"id":"5","username":"ann"}})"));
    CHECK(f.feed("GUILD_EMOJIS_UPDATE", R"({"guild_id":"10","emojis":[]})"));
    CHECK(f.feed("GUILD_UPDATE", R"({"id":"10","name":"House","owner_id":"5","roles":[],"emojis":[]})"));
    CHECK(f.feed("GUILD_DELETE", R"({"id":"10"})", host::guild_change::left));
    CHECK(seen == std::vector<std::string>{"general old topic", "renamed", "mods", "fifth", "left as new", "2 emojis", "Home",
                                           "left House"});
}

TEST_CASE("of what was not known, or not kept, there is no old value") {
    knowing f;
    int runs = 0;
    f.bot.on([&](const channel_update& event) {
        CHECK_FALSE(event.old());
        ++runs;
    });
    f.begin();
    CHECK(f.feed("CHANNEL_UPDATE", R"({"id":"21","guild_id":"10","type":0,"name":"never seen"})"));
    CHECK(f.feed("CHANNEL_UPDATE", R"({"id":"20","guild_id":"99","type":0,"name":"elsewhere"})"));
    knowing without(cache_preset::none);
    without.bot.on([&](const channel_update& event) {
        CHECK_FALSE(event.old());
        ++runs;
    });
    without.begin();
    CHECK(without.feed("CHANNEL_UPDATE", renamed));
    CHECK(runs == 3);
}

TEST_CASE("an event that the cache has seen already has no old value: what is known is not what was before") {
    knowing f;
    std::vector<bool> had;
    f.bot.on([&](const channel_update& event) { had.push_back(event.old().has_value()); });
    f.begin();
    CHECK(f.feed("CHANNEL_UPDATE", renamed));
    --f.seq;  // Discord sends it again, or a snapshot held it.
    CHECK(f.feed("CHANNEL_UPDATE", renamed, host::guild_change::none, host::delivery::replayed));
    CHECK(had == std::vector<bool>{true, false});
}

TEST_CASE("an old value lives as long as its event, over suspensions and on other threads, and has methods") {
    knowing f;
    f.bot.on([&](channel_update event) -> task<> {
        const auto old = event.old();
        co_await f.gate(1);
        CHECK(old->name == "general");
        CHECK(event.old()->topic == "old topic");
        co_await old->edit({.name = std::string(old->name)});
    });
    f.begin();
    CHECK(f.feed("CHANNEL_UPDATE", renamed));
    CHECK(f.feed("CHANNEL_DELETE", renamed));
    f.http.answer = [](const net::http_request&) { return net::http_response{200, {}, R"({"id":"20","type":0})"}; };
    f.gate.open(1);
    f.on.run_for(1s);
    REQUIRE(f.http.lines() == std::vector<std::string>{"PATCH /api/channels/20"});
    CHECK(f.http.requests[0].body == R"({"name":"general"})");
    CHECK(f.log.empty());
}

TEST_CASE("whoever waits for an event has its old value too") {
    knowing f;
    std::string was;
    f.bot.on([&](message_create) -> task<> {
        const auto next = co_await f.bot.next<channel_update>(1min);
        was = std::string(next.old()->name);
    });
    f.begin();
    CHECK(f.message(R"("x")"));
    CHECK(f.feed("CHANNEL_UPDATE", renamed));
    f.on.run_for(1s);
    CHECK(was == "general");
}
