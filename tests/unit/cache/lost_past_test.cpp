// A session that goes on where its cache is not: guilds known by id, by events, and by what HTTP answers.

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "cache/guild_refill.hpp"
#include "cache/shard_cache.hpp"
#include "cache/snapshot.hpp"

using namespace shoal;
using discord::event_kind;
using discord::guild_state;

namespace {

const std::vector<discord::known_guild> two{{guild_id(1), guild_state::available}, {guild_id(2), guild_state::unavailable}};

cache::guild_answers answers() {
    return {
        .guild = R"({"id":"1","name":"Home","owner_id":"5","approximate_member_count":40,"emojis":[{"id":"41","name":"fish"}],)"
                 R"("roles":[{"id":"31","name":"mods","permissions":"8"},{"id":"1","name":"@everyone","permissions":"1024"}]})",
        .channels =
            R"([{"id":"20","type":0,"name":"general"},{"id":"21","type":0,"name":"old name"},{"id":"22","type":11,"name":"thread"}])",
        .threads =
            R"({"threads":[{"id":"51","parent_id":"20","type":11,"name":"talk","thread_metadata":{"archived":false}}],"members":[{"id":"51"}]})",
        .self = R"({"user":{"id":"900","username":"shoal"},"roles":["31"],"joined_at":"2024-01-02T00:00:00+00:00"})"};
}

struct moved {
    cache::shard_cache cache{cache_preset::standard};
    cache::guild_refill refill;
    std::uint64_t seq = 100;
    explicit moved(std::span<const discord::known_guild> guilds = two) {
        cache.start_session(R"({"user":{"id":"900"},"guilds":[{"id":"7"}]})");  // Of an earlier stay of the shard.
        cache.go_on_without_past(guilds);
        cache.know_self(discord::json_value(R"({"id":"900","username":"shoal"})"));
    }
    const cached_guild& home() { return *cache.guild(guild_id(1)); }
    void apply(event_kind kind, std::string_view json) {
        cache.apply(kind, json, ++seq);
        refill.event(cache, kind, discord::json_value(json), json);
    }
};

constexpr auto home_create =
    R"({"id":"1","name":"Home","member_count":3,"channels":[{"id":"20","type":0,"name":"general"}],"roles":[{"id":"1","permissions":"2"}],)"
    R"("members":[{"user":{"id":"900","username":"shoal"},"roles":[]}]})";

}  // namespace

TEST_CASE("a session without its past knows its guilds by id, none of them complete, and nothing of another session") {
    moved m;
    CHECK(m.cache.lost_its_past());
    CHECK_FALSE(m.cache.guesses_guilds());
    CHECK(m.cache.guild(guild_id(7)) == nullptr);
    REQUIRE(m.cache.guilds() == 2);
    CHECK(m.home().available());
    CHECK_FALSE(m.home().complete());
    CHECK_FALSE(m.cache.guild(guild_id(2))->available());
    CHECK(m.cache.partial_guilds() == 2);
    CHECK_FALSE(m.home().own_permissions());
}

TEST_CASE("what events tell of a partial guild is kept, and its GUILD_CREATE makes it whole") {
    moved m;
    m.apply(event_kind::guild_role_create, R"({"guild_id":"1","role":{"id":"1","name":"@everyone","permissions":"1024"}})");
    CHECK(m.home().roles().size() == 1);
    CHECK_FALSE(m.home().complete());
    CHECK_FALSE(m.home().own_permissions());  // One role is known, and nobody knows how many are not.
    m.apply(event_kind::guild_create, home_create);
    CHECK(m.home().knowledge() == guild_knowledge::whole);
    CHECK(m.home().own_permissions() == 2);
    CHECK(m.cache.partial_guilds() == 1);
}

TEST_CASE("where the list of guilds is not known either, each that an event names is one of them") {
    moved m({});
    CHECK(m.cache.guesses_guilds());
    m.apply(event_kind::message_create, R"({"guild_id":"1","content":"hi"})");
    REQUIRE(m.cache.guild(guild_id(1)) != nullptr);
    CHECK(m.home().available());
    CHECK_FALSE(m.home().complete());
    m.apply(event_kind::guild_delete, R"({"id":"3"})");
    m.apply(event_kind::message_create, R"({"content":"a direct message"})");
    CHECK(m.cache.guilds() == 1);
    m.apply(event_kind::guild_delete, R"({"id":"1"})");
    CHECK(m.cache.partial_guilds() == 0);
}

TEST_CASE("where it is known that there is no guild, none is guessed at") {
    cache::shard_cache cache{cache_preset::standard};
    cache.go_on_without_past({}, true);
    CHECK(cache.lost_its_past());
    CHECK_FALSE(cache.guesses_guilds());
    CHECK(cache.partial_guilds() == 0);
    cache.apply(event_kind::message_create, R"({"guild_id":"1"})", 101);
    CHECK(cache.guild(guild_id(1)) == nullptr);
    cache.apply(event_kind::guild_create, home_create, 102);
    CHECK(cache.guild(guild_id(1))->knowledge() == guild_knowledge::whole);
    CHECK(cache.partial_guilds() == 0);
}

TEST_CASE("a new session ends it") {
    moved m({});
    m.cache.start_session(R"({"user":{"id":"900"},"guilds":[{"id":"7"}]})");
    CHECK_FALSE(m.cache.lost_its_past());
    CHECK(m.cache.partial_guilds() == 1);
    m.cache.apply(event_kind::message_create, R"({"guild_id":"1"})");
    CHECK(m.cache.guild(guild_id(1)) == nullptr);
}

TEST_CASE("answers over HTTP make a guild complete, all but what they do not hold") {
    moved m;
    m.apply(event_kind::voice_state_update, R"({"guild_id":"1","user_id":"5","channel_id":"20","session_id":"x"})");
    m.refill.begin(guild_id(1));
    REQUIRE(m.refill.finish(m.cache, guild_id(1), answers()));
    const auto& home = m.home();
    CHECK(home.knowledge() == guild_knowledge::fetched);
    CHECK(home.complete());
    CHECK(home.name() == "Home");
    CHECK(home.member_count() == 40);
    CHECK(home.channels().size() == 2);
    CHECK(home.roles().size() == 2);
    CHECK(home.emojis().size() == 1);
    REQUIRE(home.thread(channel_id(51)));
    CHECK(home.thread(channel_id(51))->joined);
    CHECK(home.own_permissions() == (8 | 1024));
    CHECK(home.fields().joined_at.time_since_epoch().count() == 1704153600);
    CHECK(home.voice_states().size() == 1);  // As far as events told.
    CHECK(m.cache.partial_guilds() == 1);
    CHECK_FALSE(m.refill.any());
}

TEST_CASE("an event that came after the question is not undone by the older answer") {
    moved m;
    m.refill.begin(guild_id(1));
    m.apply(event_kind::channel_update, R"({"id":"21","guild_id":"1","type":0,"name":"new name"})");
    m.apply(event_kind::channel_delete, R"({"id":"20","guild_id":"1","type":0})");
    m.apply(event_kind::guild_role_create, R"({"guild_id":"1","role":{"id":"32","name":"late","permissions":"4"}})");
    m.apply(event_kind::guild_member_update,
            R"({"guild_id":"1","user":{"id":"900","username":"shoal"},"roles":["32"],"joined_at":"2024-01-02T00:00:00+00:00"})");
    REQUIRE(m.refill.finish(m.cache, guild_id(1), answers()));
    CHECK(m.home().channel(channel_id(21))->name == "new name");
    CHECK_FALSE(m.home().channel(channel_id(20)));
    CHECK_FALSE(m.home().thread(channel_id(51)));  // It went with its channel.
    CHECK(m.home().own_permissions() == (4 | 1024));
}

TEST_CASE("a guild that came whole, or went, while HTTP was asked is left alone") {
    moved m;
    m.refill.begin(guild_id(1));
    m.apply(event_kind::guild_create, home_create);
    REQUIRE(m.refill.finish(m.cache, guild_id(1), answers()));
    CHECK(m.home().knowledge() == guild_knowledge::whole);
    CHECK(m.home().member_count() == 3);
    m.refill.begin(guild_id(2));
    m.apply(event_kind::guild_delete, R"({"id":"2"})");
    REQUIRE(m.refill.finish(m.cache, guild_id(2), answers()));
    CHECK(m.cache.guild(guild_id(2)) == nullptr);
}

TEST_CASE("more changes than are kept while HTTP was asked: the guild stays partial, and is asked for again") {
    moved m;
    m.refill.begin(guild_id(1));
    const std::string topic(cache::guild_refill::most_log_bytes, 'x');
    m.apply(event_kind::channel_update, R"({"id":"21","guild_id":"1","type":0,"topic":")" + topic + "\"}");
    CHECK_FALSE(m.refill.finish(m.cache, guild_id(1), answers()));
    CHECK_FALSE(m.home().complete());
    // What others do, and says nothing of what answers hold, is not kept.
    m.refill.begin(guild_id(1));
    for (int i = 0; i < 9000; ++i)
        m.apply(event_kind::voice_state_update, R"({"guild_id":"1","user_id":"5","channel_id":"20","session_id":"x"})");
    CHECK(m.refill.finish(m.cache, guild_id(1), answers()));
}

TEST_CASE("how much is known of a guild survives a snapshot") {
    moved m;
    m.refill.begin(guild_id(1));
    REQUIRE(m.refill.finish(m.cache, guild_id(1), answers()));
    cache::snapshot_writer out(m.cache, m.seq);
    std::string bytes;
    while (out.next(bytes, m.seq)) {
    }
    cache::replica copy(cache_preset::standard);
    for (std::string_view left = bytes; !left.empty();) {
        const auto took = copy.take(left);
        REQUIRE(took);
        left.remove_prefix(*took);
    }
    CHECK(copy.cache().guild(guild_id(1))->knowledge() == guild_knowledge::fetched);
    CHECK(copy.cache().guild(guild_id(2))->knowledge() == guild_knowledge::partial);
    CHECK(copy.cache().partial_guilds() == 1);
}
