// The readers of every entity and event against a foreign judge: simdjson's DOM reads the same documents.
#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>

#include "bot/event_arena.hpp"
#include "bot/event_map.hpp"
#include "bot/event_readers.hpp"
#include "discord/event_kind.hpp"
#include "documents.hpp"
#include "foreign.hpp"
#include "shoal/intents.hpp"
#include "sim/core/bad_data.hpp"
#include "sim/core/json_variation.hpp"
#include "sim/core/world.hpp"

using namespace shoal;
using namespace shoal::test;
using runtime::event_arena;

namespace {

template <class View>
void read_and_compare(const std::string& json) {
    CAPTURE(json);
    event_arena arena;
    View ours;
    read(ours, discord::json_value(json), arena);
    simdjson::dom::parser parser;
    simdjson::dom::element document;
    REQUIRE(parser.parse(json).get(document) == simdjson::SUCCESS);
    compare(ours, theirs(document));
}
template <class View>
void read_and_compare_part(const std::string& json) {
    if constexpr (!std::is_void_v<View>) read_and_compare<View>(json);
}

template <class View>
void judge_random(document_maker& make) {
    if constexpr (!std::is_void_v<View>) {
        for (int i = 0; i < 20; ++i) read_and_compare<View>(make.object<View>());
    }
}

/// All that is read of one dispatch: the head and the parts of each type that it may be.
void compare_event(discord::event_kind kind, const std::string& json) {
#define SHOAL_EVENT_TYPE(type, its_kind, head, first, second, old) \
    if (discord::event_kind::its_kind == kind) {                   \
        INFO(#type);                                               \
        read_and_compare<head>(json);                              \
        read_and_compare_part<first>(json);                        \
        read_and_compare_part<second>(json);                       \
    }
#include "bot/readers/event_types.inc"
#undef SHOAL_EVENT_TYPE
}

}  // namespace

TEST_CASE("every entity is read as the foreign reader reads it, whatever types its values have [F46]") {
    document_maker make(42);
    int entities = 0;
    for_each_entity([&]<class View>() {
        ++entities;
        for (int i = 0; i < 60; ++i) read_and_compare<View>(make.object<View>());
        read_and_compare<View>("{}");
        for (const char* json : {"null", "[]", "7", "\"text\""}) read_and_compare<View>(json);
    });
    CHECK(entities >= 60);
}

TEST_CASE("every event's head and parts are read as the foreign reader reads them") {
    document_maker make(7);
    std::set<std::string> types;
#define SHOAL_EVENT_TYPE(type, its_kind, head, first, second, old) \
    types.insert(#type);                                           \
    judge_random<head>(make);                                      \
    judge_random<first>(make);                                     \
    judge_random<second>(make);
#include "bot/readers/event_types.inc"
#undef SHOAL_EVENT_TYPE
    CHECK(types.size() == runtime::event_types - 1);
}

TEST_CASE("what the simulated Discord sends is read as the foreign reader reads it, in any order of keys") {
    sim::world_config config;
    config.guilds = 40;
    sim::world world(config, 11, 1000000000000000001ULL);
    random_source random(5);
    std::map<std::string, int> seen;
    const auto judge = [&](const std::string& name, const std::string& json) {
        ++seen[name];
        CAPTURE(name);
        const auto kind = discord::event_kind_of(name);
        compare_event(kind, json);
        compare_event(kind, sim::vary_json(json, random));
    };
    for (const auto id : world.guilds()) judge("GUILD_CREATE", *world.guild_create(id, {.intents = intents::all.bits()}));
    auto now = instant{} + std::chrono::hours(1);
    for (int i = 0; i < 4000; ++i) {
        now += std::chrono::milliseconds(50);
        const auto event = world.random_event(now);
        if (seen[event.name] < 40) judge(event.name, *event.data);
    }
    // All but rare ones; each of them was compared, field by field.
    CHECK(seen.size() > 35);
    CHECK(seen["MESSAGE_CREATE"] > 0);
    CHECK(seen["GUILD_MEMBER_UPDATE"] > 0);
}

TEST_CASE(
    "bad data is read to the end: what cannot be is empty, halves of a surrogate pair and bytes that are no UTF-8 are replaced "
    "[F46]") {
    int read = 0;
    for (const auto& bad : sim::make_bad_data("all", 81384788765712384, 900000000000000001)) {
        CAPTURE(bad.name);
        CAPTURE(bad.data);
        event_arena arena;
        const auto type = runtime::type_of(discord::event_kind_of(bad.name), host::guild_change::none);
        REQUIRE(type);
        CHECK(runtime::read_head(*type, bad.data, arena));
        if (bad.name == "MESSAGE_CREATE") {
            message_view message;
            runtime::read(message, discord::json_value(bad.data), arena);
            CHECK(message.id == message_id(900000000000000001));
            CHECK((message.author.username == "odd" || message.author.username == "7"));
            CHECK(message.type == message_type::ordinary);
        } else if (bad.name == "GUILD_ROLE_UPDATE") {
            role_view role;
            runtime::read(role, discord::json_value(bad.data)["role"], arena);
            CHECK(role.permissions.bits() >= 9007199254740991ULL);
            CHECK(bad.data.find("\"" + std::to_string(role.permissions.bits()) + "\"") != std::string::npos);
        } else if (bad.name == "PRESENCE_UPDATE") {
            presence_view presence;
            runtime::read(presence, discord::json_value(bad.data), arena);
            CHECK(presence.user.id == user_id(900000000000000001));
            if (!presence.activities.empty()) {
                CHECK(presence.activities[0].name == "42");
                CHECK(presence.activities[0].created_at.time_since_epoch() == std::chrono::milliseconds(1700000000000));
                CHECK(presence.activities[0].start.time_since_epoch() == std::chrono::milliseconds(17));
                CHECK(presence.desktop == "3");
            }
        }
        ++read;
    }
    CHECK(read >= 10);
    event_arena arena;
    message_view lone;
    runtime::read(lone, discord::json_value(R"({"id":"1","content":"lone \ud83d half"})"), arena);
    CHECK(lone.content == "lone \xEF\xBF\xBD half");
}

TEST_CASE("objects inside of objects are read as deep as Discord's are, and not without end") {
    std::string json = R"({"id":"1"})";
    for (int i = 0; i < 5000; ++i) json = R"({"id":"1","referenced_message":)" + json + "}";
    event_arena arena;
    message_view message;
    runtime::read(message, discord::json_value(json), arena);
    int depth = 0;
    for (const auto* each = message.referenced; each != nullptr; each = each->referenced) ++depth;
    CHECK(depth >= 8);
    CHECK(depth <= 17);
}

TEST_CASE("a list that asks for far more memory than its JSON has is left empty, and what stands behind it is read") {
    std::string json = R"({"id":"1","embeds":[{})";
    for (int i = 1; i < 2'000'000; ++i) json += ",{}";
    json += R"(],"content":"after"})";
    event_arena arena;
    message_view message;
    runtime::read(message, discord::json_value(json), arena);
    CHECK(message.embeds.empty());
    CHECK(message.content == "after");
}

TEST_CASE("what is replied to is known, and a forward is no reply") {
    event_arena arena;
    message_view reply;
    runtime::read(reply, discord::json_value(R"({"id":"1","message_reference":{"message_id":"5"}})"), arena);
    CHECK(reply.replies_to == message_id(5));
    message_view forward;
    runtime::read(forward, discord::json_value(R"({"id":"1","message_reference":{"type":1,"message_id":"5"}})"), arena);
    CHECK_FALSE(forward.replies_to);
}
