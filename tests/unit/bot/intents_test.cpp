// What the registered handlers need, and what is said about handlers that cannot hear.
#include <doctest/doctest.h>

#include "bot_fixture.hpp"

using namespace shoal;
using namespace shoal::test;

TEST_CASE("from_handlers asks for what the handlers need, GUILDS always, and no privileged intent that another spares") {
    fixture f;
    CHECK(f.inside().intents_to_identify() == intents::guilds.bits());
    f.bot.on([](const message_create&) {});
    CHECK(f.inside().intents_to_identify() == (intents::guilds | intents::guild_messages | intents::direct_messages).bits());
    f.bot.on_raw("TYPING_START", [](const raw_event&) {});
    f.bot.on_raw("THREAD_MEMBERS_UPDATE", [](const raw_event&) {});
    CHECK((f.inside().intents_to_identify() & intents::privileged.bits()) == 0);
    CHECK((f.inside().intents_to_identify() & intents::guild_message_typing.bits()) != 0);
    f.bot.on([](const guild_member_add&) {});
    CHECK((f.inside().intents_to_identify() & intents::guild_members.bits()) != 0);
}

TEST_CASE("commands alone need no further intent") {
    fixture f;
    f.bot.command("ping", "Pong", [](context) {});
    CHECK(f.inside().intents_to_identify() == intents::guilds.bits());
}

TEST_CASE("intents beside from_handlers are added, and explicit ones are taken as they are") {
    fixture both({.intents = intents::from_handlers | intents::message_content});
    CHECK(both.inside().intents_to_identify() == (intents::guilds | intents::message_content).bits());
    fixture exact({.intents = intents::guild_messages});
    exact.bot.on([](const guild_member_add&) {});
    CHECK(exact.inside().intents_to_identify() == intents::guild_messages.bits());
}

TEST_CASE("a handler without its intent is warned of at the start, by name") {
    fixture f({.intents = intents::guilds | intents::guild_messages | intents::message_content});
    f.bot.on([](const message_create&) {});
    f.bot.on([](const guild_member_add&) {});
    f.bot.on([](const guild_member_update&) {});
    f.bot.on([](const message_reaction_add&) {});
    f.bot.on_raw("PRESENCE_UPDATE", [](const raw_event&) {});
    f.bot.on_raw("UNKNOWN_TO_US", [](const raw_event&) {});
    const auto warnings = f.inside().start_warnings();
    REQUIRE(warnings.size() == 4);
    CHECK(warnings[0] ==
          "The handler of guild_member_add will never be called: GUILD_MEMBER_ADD needs the intent GUILD_MEMBERS.");
    CHECK(warnings[1].find("will hear of the bot itself alone") != std::string::npos);
    CHECK(warnings[2].find("GUILD_MESSAGE_REACTIONS or DIRECT_MESSAGE_REACTIONS") != std::string::npos);
    CHECK(warnings[3].find("\"PRESENCE_UPDATE\"") != std::string::npos);
}

TEST_CASE("a handler of messages without MESSAGE_CONTENT is told at the start what will be empty and how to ask, once") {
    const auto warnings = [](bot_options options, std::function<void(bot&)> add) {
        fixture f(std::move(options));
        add(f.bot);
        return f.inside().start_warnings();
    };
    const auto creates = [](bot& b) { b.on([](const message_create&) {}); };
    const auto both = [&](bot& b) {
        creates(b);
        b.on([](const message_update&) {});
    };
    const auto said = warnings({}, both);
    REQUIRE(said.size() == 1);
    CHECK(said[0].starts_with("The handler of message_create will find content"));
    CHECK(said[0].find("Add shoal::intents::message_content") != std::string::npos);
    const auto raw = warnings({}, [](bot& b) { b.on_raw("MESSAGE_UPDATE", [](const raw_event&) {}); });
    REQUIRE(raw.size() == 1);
    CHECK(raw[0].starts_with("The handler of \"MESSAGE_UPDATE\" will find content"));

    CHECK(warnings({.intents = intents::from_handlers | intents::message_content}, both).empty());
    // Direct messages are whole, and what has no content needs none.
    CHECK(warnings({.intents = intents::guilds | intents::direct_messages}, creates).empty());
    CHECK(warnings({}, [](bot& b) { b.on([](const message_delete&) {}); }).empty());
    CHECK(warnings({}, [](bot& b) { b.command("ping", "Pong", [](context) {}); }).empty());
}

TEST_CASE("the first empty content that is read without MESSAGE_CONTENT is warned of, once") {
    fixture f;
    f.bot.on([](const message_create& e) { (void)e.content(); });
    f.open();
    CHECK(f.message(R"("a direct message")"));
    CHECK(f.logged("MESSAGE_CONTENT") == 0);
    CHECK(f.message(R"("")"));
    CHECK(f.message(R"("")"));
    CHECK(f.logged("MESSAGE_CONTENT") == 1);

    fixture granted({.intents = intents::from_handlers | intents::message_content});
    granted.bot.on([](const message_create& e) { (void)e.content(); });
    granted.open();
    CHECK(granted.message(R"("")"));
    CHECK(granted.log.empty());
}

TEST_CASE("the presence of IDENTIFY is written from the options") {
    fixture none;
    CHECK(none.inside().presence_json().empty());
    fixture some({.presence = presence{.status = "idle", .activity = "chess", .activity_type = 0}});
    CHECK(some.inside().presence_json() ==
          R"({"since":null,"activities":[{"name":"chess","type":0}],"status":"idle","afk":false})");
}
