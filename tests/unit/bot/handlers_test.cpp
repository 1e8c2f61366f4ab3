// Which handlers run, in what order, with what, and what becomes of their exceptions.
#include <doctest/doctest.h>

#include <stdexcept>

#include "bot_fixture.hpp"

using namespace shoal;
using namespace shoal::test;

TEST_CASE("coroutines take an event by value, plain functions by const&, and all of one event run in order of registration") {
    fixture f;
    std::vector<std::string> ran;
    f.bot.on([&](message_create event) -> task<> {
        ran.push_back("coroutine " + std::string(event.content()));
        co_return;
    });
    f.bot.on([&](const message_create& event) { ran.push_back("plain " + std::string(event.author().name())); });
    f.bot.on([&](const message_delete&) { ran.push_back("other"); });
    f.open();
    CHECK(f.message(R"("hi")"));
    CHECK(ran == std::vector<std::string>{"coroutine hi", "plain ann"});
    CHECK(f.owner.done == std::vector<std::uint64_t>{1});
}

TEST_CASE("handlers of one shard start in seq order, overlap after their first suspension and end in any order") {
    fixture f;
    std::vector<int> started;
    std::vector<int> ended;
    f.bot.on([&](message_create event) -> task<> {
        const auto number = static_cast<int>(event.seq());
        started.push_back(number);
        co_await f.gate(number);
        ended.push_back(number);
    });
    f.open();
    for (int i = 0; i < 3; ++i) CHECK(f.message(R"("x")"));
    CHECK(started == std::vector{1, 2, 3});
    CHECK(ended.empty());
    CHECK(f.owner.open == std::set<std::uint64_t>{1, 2, 3});
    f.on_thread([&] { f.gate.open(2); });
    CHECK(ended == std::vector{2});
    CHECK(f.owner.done == std::vector<std::uint64_t>{2});
    f.on_thread([&] { f.gate.open(3); });
    f.on_thread([&] { f.gate.open(1); });
    CHECK(ended == std::vector{2, 3, 1});
    CHECK(f.owner.open.empty());
    CHECK(f.pool.lent() == 0);
}

TEST_CASE("an event's texts live as long as the event, escapes decoded") {
    fixture f;
    std::string seen;
    std::string raw;
    f.bot.on([&](message_create event) -> task<> {
        const auto text = event.content();
        const auto& mentions = event.message().mentions;
        co_await f.gate(1);
        seen = text;
        raw = event.raw();
        CHECK(mentions.size() == 2);
        CHECK(mentions[1].id == user_id(7));
    });
    f.open();
    CHECK(f.message(R"("a\u00e9\n\"b\"","mentions":[{"id":"6"},{"id":"7"}])"));
    // The pool's next buffers must not be the one that the handler still reads.
    for (int i = 0; i < 20; ++i) CHECK(f.feed("TYPING_START", R"({"channel_id":"20","user_id":"1"})"));
    CHECK(f.pool.lent() == 1);
    f.on_thread([&] { f.gate.open(1); });
    CHECK(seen == "a\u00e9\n\"b\"");
    CHECK(raw.find(R"(\u00e9)") != std::string::npos);
    CHECK(f.pool.lent() == 0);
}

TEST_CASE("lists that ask for far more memory than their JSON has are left empty, and the event is handed out") {
    fixture f;
    std::size_t attachments = 1, mentions = 1, roles = 0;
    f.bot.on([&](const message_create& event) {
        attachments = event.message().attachments.size();
        mentions = event.message().mentions.size();
        roles = event.message().mention_roles.size();
    });
    f.open();
    std::string zeros = "0";
    for (int i = 0; i < 3'000'000; ++i) zeros += ",0";
    CHECK(f.message(R"("a","mention_roles":["7","8"],"attachments":[)" + zeros + R"(],"mentions":[)" + zeros + "]"));
    CHECK(attachments == 0);
    CHECK(mentions == 0);
    CHECK(roles == 2);
}

TEST_CASE("what nobody listens for is not read at all, so that even broken content passes") {
    fixture f;
    f.bot.on([&](const message_create&) { FAIL("nobody should be called"); });
    f.open();
    CHECK(f.feed("MESSAGE_DELETE", R"({"id":[]})"));
    CHECK(f.feed("GUILD_ROLE_CREATE", R"(garbage)"));
    CHECK(f.feed("SOMETHING_NEW", R"({})"));
    CHECK(f.owner.open.empty());
}

TEST_CASE("an event without the ids that name its subject is a failure of the reader, and no handler runs") {
    fixture f;
    int ran = 0;
    f.bot.on([&](const message_create&) { ++ran; });
    f.bot.on_raw("MESSAGE_CREATE", [&](const raw_event&) { ++ran; });
    f.open();
    CHECK_FALSE(f.feed("MESSAGE_CREATE", R"({"content":"x"})"));
    CHECK_FALSE(f.feed("MESSAGE_CREATE", R"([])"));
    CHECK_FALSE(f.feed("MESSAGE_CREATE", R"({"id":"1","channel_i)"));
    CHECK(ran == 0);
    CHECK(f.pool.lent() == 0);
}

TEST_CASE("on_raw hears any name, known to this version or not") {
    fixture f;
    std::vector<std::string> heard;
    const auto note = [&](const raw_event& event) {
        heard.push_back(std::string(event.name()) + " " + std::string(event.raw()));
    };
    f.bot.on_raw("TYPING_START", note);
    f.bot.on_raw("BRAND_NEW_EVENT", note);
    f.bot.on_raw("READY", note);
    f.open();
    CHECK(f.feed("TYPING_START", R"({"a":1})"));
    CHECK(f.feed("BRAND_NEW_EVENT", R"({"b":2})"));
    CHECK(f.feed("OTHER_NEW_EVENT", R"({"c":3})"));
    CHECK(heard == std::vector<std::string>{R"(TYPING_START {"a":1})", R"(BRAND_NEW_EVENT {"b":2})"});
    f.ready();
    REQUIRE(heard.size() == 3);
    CHECK(heard[2].starts_with(R"(READY {"v":10)"));
}

TEST_CASE("what a guild's CREATE or DELETE means is told apart") {
    fixture f;
    std::vector<std::string> heard;
    f.bot.on([&](const guild_loaded& e) { heard.push_back("loaded " + std::string(e.guild_name())); });
    f.bot.on([&](const guild_joined& e) { heard.push_back("joined " + std::to_string(e.member_count())); });
    f.bot.on([&](const guild_available& e) { heard.push_back("available " + e.id().to_string()); });
    f.bot.on([&](const guild_unavailable& e) { heard.push_back("unavailable " + e.id().to_string()); });
    f.bot.on([&](const guild_left& e) { heard.push_back("left " + e.id().to_string()); });
    f.open();
    using host::guild_change;
    const auto* create = R"({"id":"10","name":"Home","member_count":7})";
    const auto* gone = R"({"id":"10","unavailable":true})";
    CHECK(f.feed("GUILD_CREATE", create, guild_change::loaded));
    CHECK(f.feed("GUILD_CREATE", create, guild_change::none));
    CHECK(f.feed("GUILD_DELETE", gone, guild_change::unavailable));
    CHECK(f.feed("GUILD_CREATE", create, guild_change::available));
    CHECK(f.feed("GUILD_DELETE", R"({"id":"10"})", guild_change::left));
    CHECK(f.feed("GUILD_CREATE", create, guild_change::joined));
    CHECK(heard == std::vector<std::string>{"loaded Home", "unavailable 10", "available 10", "left 10", "joined 7"});
}

TEST_CASE("every typed event reads what it shows") {
    fixture f;
    int ran = 0;
    f.bot.on([&](const message_update& e) {
        ++ran;
        CHECK_FALSE(e.message().has_content);
        CHECK(e.id() == message_id(1));
    });
    f.bot.on([&](const message_delete_bulk& e) {
        ++ran;
        CHECK(e.ids().size() == 3);
        CHECK(e.ids()[2] == message_id(3));
    });
    f.bot.on([&](const guild_member_add& e) {
        ++ran;
        CHECK(e.guild_id() == guild_id(10));
        CHECK(e.user().id == user_id(5));
        CHECK(e.member().nick == "Annie");
        CHECK(e.member().roles.size() == 2);
    });
    f.bot.on([&](const guild_ban_add& e) {
        ++ran;
        CHECK(e.user().id == user_id(5));
    });
    f.bot.on([&](const channel_create& e) {
        ++ran;
        CHECK(e.view().name == "general");
        CHECK(e.view().position == 3);
    });
    f.bot.on([&](const thread_update& e) {
        ++ran;
        REQUIRE(e.view().thread != nullptr);
        CHECK(e.view().thread->archived);
    });
    f.bot.on([&](const guild_role_update& e) {
        ++ran;
        CHECK(e.role().name == "mods");
        CHECK(e.role().permissions.bits() == 0x1FFFFFFFFFFFFF);
    });
    f.bot.on([&](const guild_role_delete& e) {
        ++ran;
        CHECK(e.role_id() == role_id(31));
    });
    f.bot.on([&](const voice_state_update& e) {
        ++ran;
        CHECK_FALSE(e.channel_id());
        CHECK(e.state().self_mute);
    });
    f.bot.on([&](const voice_server_update& e) {
        ++ran;
        CHECK(e.endpoint().empty());
    });
    f.bot.on([&](const message_reaction_add& e) {
        ++ran;
        CHECK(e.emoji().name == "🔥");
        CHECK_FALSE(e.emoji().id);
        CHECK(e.user_id() == user_id(5));
    });
    f.bot.on([&](const message_reaction_remove_all& e) {
        ++ran;
        CHECK(e.message_id() == message_id(50));
    });
    f.open();
    CHECK(f.feed("MESSAGE_UPDATE", R"({"id":"1","channel_id":"20","guild_id":"10"})"));
    CHECK(f.feed("MESSAGE_DELETE_BULK", R"({"ids":["1","2","3"],"channel_id":"20"})"));
    CHECK(f.feed("GUILD_MEMBER_ADD", R"({"guild_id":"10","user":{"id":"5"},"nick":"Annie","roles":["1","2"]})"));
    CHECK(f.feed("GUILD_BAN_ADD", R"({"guild_id":"10","user":{"id":"5"}})"));
    CHECK(f.feed("CHANNEL_CREATE", R"({"id":"20","guild_id":"10","type":0,"name":"general","position":3,"parent_id":null})"));
    CHECK(f.feed("THREAD_UPDATE", R"({"id":"21","guild_id":"10","type":11,"thread_metadata":{"archived":true}})"));
    CHECK(f.feed("GUILD_ROLE_UPDATE", R"({"guild_id":"10","role":{"id":"31","name":"mods","permissions":"9007199254740991"}})"));
    CHECK(f.feed("GUILD_ROLE_DELETE", R"({"guild_id":"10","role_id":"31"})"));
    CHECK(f.feed("VOICE_STATE_UPDATE", R"({"guild_id":"10","channel_id":null,"user_id":"5","self_mute":true})"));
    CHECK(f.feed("VOICE_SERVER_UPDATE", R"({"guild_id":"10","token":"t","endpoint":null})"));
    CHECK(f.feed(
        "MESSAGE_REACTION_ADD",
        R"({"user_id":"5","channel_id":"20","message_id":"50","guild_id":"10","emoji":{"id":null,"name":"\ud83d\udd25"}})"));
    CHECK(f.feed("MESSAGE_REACTION_REMOVE_ALL", R"({"channel_id":"20","message_id":"50","guild_id":"10"})"));
    CHECK(ran == 12);
}

TEST_CASE("an exception ends its handler alone: it is logged with handler and shard, and counted") {
    fixture f;
    int after = 0;
    f.bot.on([&](const message_create&) { throw std::runtime_error("plain trouble"); });
    f.bot.on([&](message_create) -> task<> {
        throw std::runtime_error("early trouble");
        co_return;
    });
    f.bot.on([&](message_create) -> task<> {
        co_await f.gate(1);
        throw 7;
    });
    f.bot.on([&](const message_create&) { ++after; });
    f.open();
    CHECK(f.message(R"("x")"));
    CHECK(after == 1);
    REQUIRE(f.log.size() == 2);
    CHECK(f.log[0].fields.at("handler") == "message_create");
    CHECK(f.log[0].fields.at("shard") == "3/16");
    CHECK(f.log[0].fields.at("what") == "plain trouble");
    CHECK(f.log[1].fields.at("handler") == "message_create #2");
    f.on_thread([&] { f.gate.open(1); });
    REQUIRE(f.log.size() == 3);
    CHECK(f.log[2].fields.at("handler") == "message_create #3");
    CHECK(f.owner.open.empty());
}

TEST_CASE("delivery and shard are told") {
    fixture f;
    std::vector<delivery> how;
    f.bot.on([&](const message_create& e) {
        how.push_back(e.delivery());
        CHECK(e.shard_id() == 3);
        CHECK(e.total_shards() == 16);
    });
    f.open();
    const auto* json = R"({"id":"1","channel_id":"2"})";
    CHECK(f.feed("MESSAGE_CREATE", json, host::guild_change::none, host::delivery::fresh));
    CHECK(f.feed("MESSAGE_CREATE", json, host::guild_change::none, host::delivery::replayed));
    CHECK(f.feed("MESSAGE_CREATE", json, host::guild_change::none, host::delivery::possibly_taken));
    CHECK(how == std::vector{delivery::fresh, delivery::replayed, delivery::possibly_taken});
}

TEST_CASE("shard_ready and shard_resumed are the bot's own events, and the role hears of them too") {
    fixture f;
    std::vector<std::string> heard;
    f.bot.on([&](shard_ready e) -> task<> {
        heard.push_back("ready " + std::to_string(e.missing_guilds()));
        co_return;
    });
    f.bot.on([&](const shard_resumed& e) { heard.push_back("resumed " + std::to_string(e.shard_id())); });
    f.inside().listen(
        {.shard_ready = [&](shard_key, std::uint32_t missing) { heard.push_back("role " + std::to_string(missing)); },
         .status = {},
         .untrusted = {},
         .gave_up = {}});
    f.open();
    f.on_thread([&] { f.inside().on_shard_ready(f.shard, 2); });
    f.on_thread([&] { f.inside().on_resumed(f.shard); });
    CHECK(heard == std::vector<std::string>{"ready 2", "role 2", "resumed 3"});
}

TEST_CASE("the cache is read in place by handlers and is up to date with their event") {
    fixture f;
    std::vector<std::string> seen;
    f.bot.on([&](const channel_create& e) {
        const auto* guild = e.guild();
        REQUIRE(guild != nullptr);
        seen.push_back(std::string(guild->name()) + "/" + std::string(guild->channel(e.id())->name));
    });
    f.bot.on([&](const channel_delete& e) { seen.push_back(std::to_string(e.guild()->channels().size())); });
    f.open();
    f.ready(R"([{"id":"10","unavailable":true}])");
    CHECK(f.feed("GUILD_CREATE", R"({"id":"10","name":"Home","channels":[{"id":"19","type":0,"name":"old"}],"roles":[]})",
                 host::guild_change::loaded));
    CHECK(f.feed("CHANNEL_CREATE", R"({"id":"20","guild_id":"10","type":0,"name":"new"})"));
    CHECK(f.feed("CHANNEL_DELETE", R"({"id":"19","guild_id":"10","type":0})"));
    CHECK(seen == std::vector<std::string>{"Home/new", "1"});
}

TEST_CASE("without a cache events name no guild") {
    fixture f({.cache = cache_preset::none});
    f.bot.on([&](const channel_create& e) { CHECK(e.guild() == nullptr); });
    f.open();
    CHECK(f.feed("GUILD_CREATE", R"({"id":"10","name":"Home"})", host::guild_change::loaded));
    CHECK(f.feed("CHANNEL_CREATE", R"({"id":"20","guild_id":"10","type":0,"name":"new"})"));
}

TEST_CASE("the running handler is named while it holds its thread, also after a wait, and nobody else") {
    fixture f;
    std::vector<std::string> names;
    f.bot.on([&](message_create) -> task<> {
        names.push_back(f.inside().running_handler(f.shard));
        co_await f.gate(1);
        names.push_back(f.inside().running_handler(f.shard));
    });
    f.bot.on([&](const message_create&) { names.push_back(f.inside().running_handler(f.shard)); });
    f.open();
    CHECK(f.inside().running_handler(f.shard).empty());
    CHECK(f.message(R"("x")"));
    CHECK(f.inside().running_handler(f.shard).empty());
    f.on_thread([&] { f.gate.open(1); });
    CHECK(names == std::vector<std::string>{"message_create", "message_create #2", "message_create"});
    CHECK(f.inside().running_handler(f.shard).empty());
}

TEST_CASE("a drain waits for handlers up to its grace, then their frames and events go") {
    fixture f;
    struct witness {
        bool& gone;
        ~witness() { gone = true; }
    };
    bool first_gone = false;
    bool second_gone = false;
    f.bot.on([&](message_create event) -> task<> {
        const witness w{event.seq() == 1 ? first_gone : second_gone};
        co_await f.gate(static_cast<int>(event.seq()));
    });
    f.open();
    CHECK(f.message(R"("x")"));
    CHECK(f.message(R"("y")"));
    f.inside().drain(5s, [&] { f.drained = true; });
    f.on.run_for(1s);
    f.on_thread([&] { f.gate.open(1); });
    CHECK(first_gone);
    f.on.run_for(3s);
    CHECK_FALSE(f.drained);
    CHECK_FALSE(second_gone);
    f.on.run_for(2s);
    CHECK(second_gone);
    CHECK(f.drained);
    CHECK(f.owner.open.empty());
    CHECK(f.pool.lent() == 0);
    CHECK(f.logged("handlers did not end in time") == 1);
    f.gate.open(2);  // Too late: nobody is there to be resumed.
    f.on.run_for(1s);
}

TEST_CASE("a drain ends as soon as the last handler does") {
    fixture f;
    f.bot.on([&](message_create) -> task<> { co_await f.gate(1); });
    f.open();
    CHECK(f.message(R"("x")"));
    f.inside().drain(1h, [&] { f.drained = true; });
    f.on.run_for(1s);
    CHECK_FALSE(f.drained);
    f.on_thread([&] { f.gate.open(1); });
    CHECK(f.drained);
}

TEST_CASE("registration ends with the start") {
    fixture f;
    f.open();
    CHECK_THROWS_AS(f.bot.on([](const message_create&) {}), error);
    CHECK_THROWS_AS(f.bot.command("late", "Too late", [](context) {}), error);
    CHECK_THROWS_AS(f.bot.on_raw("X", [](const raw_event&) {}), error);
    runtime::runtime_setup again;
    CHECK(f.inside().open(again).error().is(bot_errc::already_running));
}
