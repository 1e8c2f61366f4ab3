// Every type of event: that its dispatch reaches its handler, and what it refuses.
#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>

#include "bot/event_map.hpp"
#include "bot_fixture.hpp"

using namespace shoal;
using namespace shoal::test;

namespace {

/// Whatever id an event needs.
constexpr std::string_view with_all_ids =
    R"({"id":"1","guild_id":"10","channel_id":"20","user_id":"5","message_id":"50","user":{"id":"5"},"role":{"id":"31"},)"
    R"("role_id":"31","ids":["1"],"token":"t","code":"c","rule_id":"7","guild_scheduled_event_id":"8","sound_id":"9",)"
    R"("session_id":"s","application_id":"700","type":3,"name":"n","emoji":{"name":"e"}})";

host::guild_change change_of(std::string_view type) {
    if (type == "guild_loaded") return host::guild_change::loaded;
    if (type == "guild_joined") return host::guild_change::joined;
    if (type == "guild_available") return host::guild_change::available;
    if (type == "guild_unavailable") return host::guild_change::unavailable;
    if (type == "guild_left") return host::guild_change::left;
    return host::guild_change::none;
}

}  // namespace

TEST_CASE("every type of event reaches the handlers of that type, and no others") {
    std::set<std::string> reached;
#define SHOAL_EVENT_TYPE(type, kind, head, first, second, old)                                    \
    {                                                                                             \
        CAPTURE(#type);                                                                           \
        fixture f;                                                                                \
        int heard = 0;                                                                            \
        f.bot.on([&](const shoal::type& event) {                                                  \
            ++heard;                                                                              \
            CHECK(event.shard_id() == 3);                                                         \
            CHECK(event.delivery() == delivery::fresh);                                           \
        });                                                                                       \
        f.open();                                                                                 \
        const std::string_view name = discord::name_of(discord::event_kind::kind);                \
        if (name == "READY") {                                                                    \
            f.ready();                                                                            \
        } else if (name == "RESUMED") {                                                           \
            f.on_thread([&] { f.inside().on_resumed(f.shard); });                                 \
        } else if (name.empty()) {                                                                \
            f.on_thread([&] {                                                                     \
                f.inside().on_adopted(f.shard, application_id(700));                              \
                f.inside().on_shard_ready(f.shard, 2);                                            \
            });                                                                                   \
        } else {                                                                                  \
            CHECK(f.feed(name, with_all_ids, change_of(#type)));                                  \
            CHECK(f.feed("UNKNOWN_TO_US", with_all_ids));                                         \
            CHECK(f.feed(name == "TYPING_START" ? "USER_UPDATE" : "TYPING_START", with_all_ids)); \
        }                                                                                         \
        CHECK(heard == 1);                                                                        \
        if (heard == 1) reached.insert(#type);                                                    \
    }
#include "bot/readers/event_types.inc"
#undef SHOAL_EVENT_TYPE
    CHECK(reached.size() == runtime::event_types - 1);  // All but raw.
}

TEST_CASE("every documented dispatch is the type of some event") {
    std::set<std::string_view> typed;
#define SHOAL_EVENT_TYPE(type, kind, head, first, second, old) typed.insert(discord::name_of(discord::event_kind::kind));
#include "bot/readers/event_types.inc"
#undef SHOAL_EVENT_TYPE
    for (unsigned i = 1; i < static_cast<unsigned>(discord::event_kind::count_); ++i) {
        CAPTURE(discord::name_of(static_cast<discord::event_kind>(i)));
        CHECK(typed.contains(discord::name_of(static_cast<discord::event_kind>(i))));
    }
}

TEST_CASE("an event without the ids that name its subject is a failure that names it, and nobody is called") {
    int refused = 0;
#define SHOAL_EVENT_TYPE(type, kind, head, first, second, old)                                 \
    {                                                                                          \
        CAPTURE(#type);                                                                        \
        fixture f;                                                                             \
        f.bot.on([&](const shoal::type&) { FAIL_CHECK("nobody should be called"); });          \
        f.open();                                                                              \
        const std::string_view name = discord::name_of(discord::event_kind::kind);             \
        /* These name no subject, or do not come this way. */                                  \
        if (!name.empty() && name != "READY" && name != "RESUMED" && name != "RATE_LIMITED") { \
            const auto outcome = f.feed(name, R"({"unrelated":1})", change_of(#type));         \
            CHECK_FALSE(outcome);                                                              \
            if (!outcome) CHECK(outcome.error().detail().find(#type) == 0);                    \
            ++refused;                                                                         \
        }                                                                                      \
    }
#include "bot/readers/event_types.inc"
#undef SHOAL_EVENT_TYPE
    CHECK(refused > 75);
}

TEST_CASE("READY is an event with its session, and what is wrong with it ends no session") {
    fixture f;
    std::string seen;
    f.bot.on([&](const ready& event) { seen = std::string(event.session_id()) + " " + std::string(event.user().username); });
    f.open();
    f.ready(R"([{"id":"10","unavailable":true}])");
    CHECK(seen == "s bot");
    f.on_thread([&] { f.inside().on_session(f.shard, "{}"); });
    CHECK(f.logged("an event cannot be read") == 1);
}

TEST_CASE("a part of an event is read once, whoever asks and however often") {
    fixture f;
    const message_view* first = nullptr;
    f.bot.on([&](const message_create& event) {
        first = &event.message();
        CHECK(&event.message() == first);
        const auto copy = event;
        CHECK(&copy.message() == first);
    });
    f.bot.on([&](const message_create& event) { CHECK(&event.message() == first); });
    f.open();
    CHECK(f.message(R"("x")"));
    CHECK(first != nullptr);
}

TEST_CASE("what is in a guild is read apart from how it is set up") {
    fixture f;
    int ran = 0;
    f.bot.on([&](const guild_joined& event) {
        ++ran;
        CHECK(event.guild_name() == "Home");
        CHECK(event.member_count() == 3);
        CHECK(event.view().verification_level == verification_level::high);
        REQUIRE(event.view().roles.size() == 1);
        CHECK(event.view().roles[0].permissions.has(permission::view_channel));
        REQUIRE(event.contents().channels.size() == 1);
        CHECK(event.contents().channels[0].overwrites[0].deny == (permission::send_messages | permission::add_reactions));
        REQUIRE(event.contents().members.size() == 1);
        CHECK(event.contents().members[0].name() == "Annie");
    });
    f.open();
    CHECK(f.feed("GUILD_CREATE",
                 R"({"id":"10","name":"Home","member_count":3,"verification_level":3,"roles":[{"id":"10","permissions":"1024"}],)"
                 R"("channels":[{"id":"20","permission_overwrites":[{"id":"10","type":0,"allow":"0","deny":"2112"}]}],)"
                 R"("members":[{"user":{"id":"5","username":"ann"},"nick":"Annie"}]})",
                 host::guild_change::joined));
    CHECK(ran == 1);
}
