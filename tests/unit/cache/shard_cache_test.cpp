#include "cache/shard_cache.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

using namespace shoal;
using discord::event_kind;

namespace {

constexpr auto ready =
    R"({"user":{"id":"900","username":"shoal"},"guilds":[{"id":"2","unavailable":true},{"id":"1","unavailable":true},{"id":"2"}]})";
constexpr auto home =
    R"({"id":"1","name":"Home","owner_id":"5","member_count":3,)"
    R"("channels":[{"id":"20","type":0,"name":"general","position":1,"nsfw":true},{"id":"19","type":4,"name":"rooms"},{"id":"21","type":11,"name":"a thread"}],)"
    R"("roles":[{"id":"31","name":"mods","permissions":"8","color":255,"position":2,"hoist":true},{"id":"1","name":"@everyone","permissions":"1024"}],)"
    R"("members":[{"user":{"id":"5","username":"five"},"nick":"x","roles":[]},{"user":{"id":"900","username":"shoal"},"nick":"me","roles":["31"]}]})";

struct holder {
    cache::shard_cache cache;
    explicit holder(cache_settings settings = {}) : cache(settings) { cache.start_session(ready); }
    const cached_guild& home() { return *cache.guild(guild_id(1)); }
    void apply(event_kind kind, std::string_view json) { cache.apply(kind, json); }
};

std::set<std::uint64_t> ids(const cached_roles& roles) {
    std::set<std::uint64_t> out;
    for (const auto each : roles) out.insert(each.value());
    return out;
}

}  // namespace

TEST_CASE("READY names the guilds, sorted and each once, not yet available") {
    holder h;
    REQUIRE(h.cache.guilds() == 2);
    CHECK(h.cache.all()[0]->id() == guild_id(1));
    CHECK_FALSE(h.cache.guild(guild_id(2))->available());
    CHECK(h.cache.guild(guild_id(3)) == nullptr);
    CHECK(h.cache.self() == user_id(900));
}

TEST_CASE("of a READY that names its user twice the last stands, and nobody else is held") {
    cache::shard_cache twice;
    twice.start_session(R"({"user":{"id":"900","username":"shoal"},"user":{"username":"nobody"},"guilds":[]})");
    CHECK(twice.self() == user_id());
    CHECK(twice.users() == 0);
    twice.start_session(R"({"user":{"id":"900","username":"shoal"},"user":{"id":"901","username":"other"},"guilds":[]})");
    CHECK(twice.self() == user_id(901));
    CHECK(twice.users() == 1);
}

TEST_CASE("a message that is made to fill the memory does not: lists and names are bounded") {
    std::string ids, guilds;
    for (int i = 1; i <= 100'000; ++i) ids += (i == 1 ? "{\"id\":" : ",{\"id\":") + std::to_string(i) + "}";
    cache::shard_cache many;
    many.start_session(R"({"guilds":[)" + ids + "]}");
    CHECK(many.guilds() == 65'536);

    holder h;
    std::string name(5'000'001, 'x');
    for (std::size_t i = 1; i + 1 < name.size(); i += 2) name.replace(i, 2, "\xC3\xA9");
    std::string roles = "0";
    for (int i = 1; i <= 100'000; ++i) roles += "," + std::to_string(i);
    h.apply(event_kind::guild_create, R"({"id":"1","name":")" + name + R"(","channels":[)" + ids + R"(],"roles":[)" + ids +
                                          R"(],"members":[{"user":{"id":"900","username":"shoal"},"nick":")" + name +
                                          R"(","roles":[)" + roles + "]}]}");
    const auto* guild = h.cache.guild(guild_id(1));
    REQUIRE(guild != nullptr);
    CHECK(guild->name().size() == 1023);  // no character is cut in two
    CHECK(guild->channels().size() == 65'536);
    CHECK(guild->roles().size() == 65'536);
    CHECK(guild->self()->roles.size() == 1000);
    CHECK(guild->self()->nick.size() == 1023);
}

TEST_CASE("GUILD_CREATE fills a guild: channels without threads, roles, the bot itself") {
    holder h;
    h.apply(event_kind::guild_create, home);
    const auto* guild = h.cache.guild(guild_id(1));
    REQUIRE(guild != nullptr);
    CHECK(guild->available());
    CHECK(guild->name() == "Home");
    CHECK(guild->owner_id() == user_id(5));
    CHECK(guild->member_count() == 3);
    REQUIRE(guild->channels().size() == 2);
    CHECK((*guild->channels().begin()).id == channel_id(19));
    CHECK(guild->channel(channel_id(20))->name == "general");
    CHECK(guild->channel(channel_id(20))->nsfw);
    CHECK(!guild->channel(channel_id(21)));
    REQUIRE(guild->roles().size() == 2);
    CHECK(guild->role(role_id(31))->color == 255);
    CHECK(guild->role(role_id(31))->hoist);
    CHECK(guild->self()->nick == "me");
    CHECK(ids(guild->self()->roles) == std::set<std::uint64_t>{31});
    CHECK(guild->own_permissions() == (8 | 1024));
}

TEST_CASE("an outage keeps what was known, also when CREATE itself says so; leaving forgets it") {
    holder h;
    h.apply(event_kind::guild_create, home);
    h.apply(event_kind::guild_delete, R"({"id":"1","unavailable":true})");
    CHECK_FALSE(h.cache.guild(guild_id(1))->available());
    CHECK(h.cache.guild(guild_id(1))->channels().size() == 2);
    h.apply(event_kind::guild_create, R"({"id":"1","unavailable":true})");
    CHECK_FALSE(h.cache.guild(guild_id(1))->available());
    CHECK(h.cache.guild(guild_id(1))->name() == "Home");
    h.apply(event_kind::guild_create, home);
    CHECK(h.cache.guild(guild_id(1))->available());
    h.apply(event_kind::guild_delete, R"({"id":"1"})");
    CHECK(h.cache.guild(guild_id(1)) == nullptr);
    CHECK(h.cache.texts().distinct() == 0);
}

TEST_CASE("a new session forgets everything of the old one") {
    holder h;
    h.apply(event_kind::guild_create, home);
    h.cache.start_session(R"({"user":{"id":"900"},"guilds":[{"id":"7"}]})");
    CHECK(h.cache.guilds() == 1);
    CHECK(h.cache.texts().distinct() == 0);
}

TEST_CASE("GUILD_UPDATE merges, member counts follow adds and removes, and only the bot's own updates count") {
    holder h;
    h.apply(event_kind::guild_create, home);
    h.apply(event_kind::guild_update,
            R"({"id":"1","name":"New home","roles":[{"id":"1","name":"@everyone","permissions":"0"}]})");
    const auto* guild = h.cache.guild(guild_id(1));
    CHECK(guild->name() == "New home");
    CHECK(guild->owner_id() == user_id(5));
    CHECK(guild->channels().size() == 2);
    CHECK(guild->roles().size() == 1);
    h.apply(event_kind::guild_member_add, R"({"guild_id":"1","user":{"id":"6"}})");
    CHECK(guild->member_count() == 4);
    for (int i = 0; i < 6; ++i) h.apply(event_kind::guild_member_remove, R"({"guild_id":"1","user":{"id":"6"}})");
    CHECK(guild->member_count() == 0);
    h.apply(event_kind::guild_member_update, R"({"guild_id":"1","user":{"id":"6"},"nick":"other","roles":[]})");
    CHECK(guild->self()->nick == "me");
    h.apply(
        event_kind::guild_member_update,
        R"({"guild_id":"1","user":{"id":"900"},"nick":null,"roles":["9","1"],"communication_disabled_until":"2026-01-01T00:00:00Z"})");
    CHECK(guild->self()->nick.empty());
    CHECK(ids(guild->self()->roles) == std::set<std::uint64_t>{1, 9});
    CHECK(guild->self()->timeout_until == cached_time(std::chrono::seconds(1767225600)));
    h.apply(event_kind::guild_role_delete, R"({"guild_id":"1","role_id":"9"})");
    CHECK(ids(guild->self()->roles) == std::set<std::uint64_t>{1});
}

TEST_CASE("equal names are kept once and go with their last holder") {
    holder h;
    for (int i = 0; i < 100; ++i) {
        h.apply(event_kind::guild_create,
                R"({"id":")" + std::to_string(100 + i) +
                    R"(","name":"same","channels":[{"id":"1","name":"general"}],"roles":[{"id":"1","name":"@everyone"}]})");
    }
    CHECK(h.cache.texts().distinct() == 2);
    for (int i = 0; i < 99; ++i) h.apply(event_kind::guild_delete, R"({"id":")" + std::to_string(100 + i) + R"("})");
    CHECK(h.cache.texts().distinct() == 2);
    CHECK(h.cache.guild(guild_id(199))->channel(channel_id(1))->name == "general");
    h.apply(event_kind::guild_delete, R"({"id":"199"})");
    CHECK(h.cache.texts().distinct() == 0);
}

TEST_CASE("broken, foreign and absurd JSON changes nothing that is known and crashes nothing") {
    holder h;
    h.apply(event_kind::guild_create, home);
    for (const auto* json : {"", "null", "[]", "{", R"({"id":"1")", R"({"guild_id":"1"})", R"({"guild_id":"99","id":"1"})",
                             R"({"guild_id":"1","id":null,"role":[]})", R"({"guild_id":{},"role_id":"31"})"}) {
        CAPTURE(json);
        for (const auto kind : {event_kind::channel_create, event_kind::channel_update, event_kind::channel_delete,
                                event_kind::guild_role_create, event_kind::guild_role_delete, event_kind::guild_member_update}) {
            h.apply(kind, json);
        }
    }
    const auto* guild = h.cache.guild(guild_id(1));
    REQUIRE(guild != nullptr);
    CHECK(guild->channels().size() == 2);
    CHECK(guild->roles().size() == 2);
    h.apply(event_kind::channel_update, R"({"id":"20","guild_id":"1","type":0,"name":"x","position":99999999999,"id":"5"})");
    CHECK(guild->channel(channel_id(20))->position == INT32_MAX);
    CHECK(!guild->channel(channel_id(5)));
}

// ---- the kinds beyond guilds -----------------------------------------------------------------------------------------------

namespace {

std::string person(int id, const std::string& name) {
    return R"({"id":")" + std::to_string(id) + R"(","username":")" + name + R"("})";
}
std::string member_event(int id, const std::string& name, const std::string& more = "") {
    return R"({"guild_id":"1","user":)" + person(id, name) + R"(,"roles":[])" + more + "}";
}

}  // namespace

TEST_CASE("what is not switched on is not kept") {
    holder h;  // guilds
    h.apply(event_kind::guild_create, home);
    h.apply(event_kind::guild_member_add, member_event(6, "six"));
    h.apply(event_kind::thread_create, R"({"id":"50","guild_id":"1","type":11,"parent_id":"20","name":"t"})");
    CHECK(h.home().members().size() == 1);
    CHECK(h.home().threads().empty());
    CHECK(h.cache.users() == 1);
    CHECK(h.home().channel(channel_id(20))->topic.empty());

    holder bare(cache_settings(cache_preset::everything).without(cache_kind::channels).without(cache_kind::members));
    bare.apply(event_kind::guild_create, home);
    CHECK(bare.home().channels().empty());
    CHECK(bare.home().roles().size() == 2);
    CHECK(bare.home().members().size() == 1);

    holder off(cache_preset::none);
    off.apply(event_kind::guild_create, home);
    CHECK(off.cache.guilds() == 0);
}

TEST_CASE("a user is kept once for all guilds, follows the newest word, and goes with the last membership") {
    holder h(cache_preset::standard);
    h.apply(event_kind::guild_create, home);
    h.apply(event_kind::guild_create,
            R"({"id":"2","name":"Other","members":[{"user":{"id":"5","username":"cinq"},"roles":[]}]})");
    CHECK(h.cache.users() == 2);
    CHECK(h.home().user(user_id(5))->username == "cinq");
    CHECK(h.home().user(user_id(5))->holders == 2);
    h.apply(event_kind::guild_member_remove, R"({"guild_id":"1","user":{"id":"5"}})");
    CHECK_FALSE(h.home().member(user_id(5)));
    CHECK(h.cache.user(user_id(5))->holders == 1);
    h.apply(event_kind::guild_delete, R"({"id":"2"})");
    CHECK_FALSE(h.cache.user(user_id(5)));
    CHECK(h.cache.users() == 1);  // the bot
}

TEST_CASE("a deleted role leaves members, overwrites and emojis, and does not come back when its id does") {
    holder h(cache_preset::standard);
    h.apply(event_kind::guild_create, home);
    h.apply(event_kind::guild_members_chunk,
            R"({"guild_id":"1","members":[{"user":{"id":"6","username":"six"},"roles":["31","32"]}]})");
    h.apply(event_kind::channel_update,
            R"({"id":"20","guild_id":"1","type":0,"permission_overwrites":[{"id":"31","type":0,"allow":"1024","deny":"0"},)"
            R"({"id":"6","type":1,"allow":"0","deny":"2048"}]})");
    h.apply(event_kind::guild_emojis_update, R"({"guild_id":"1","emojis":[{"id":"70","name":"e","roles":["31"]}]})");
    CHECK(ids(h.home().member(user_id(6))->roles) == std::set<std::uint64_t>{31, 32});
    CHECK(h.home().channel(channel_id(20))->overwrites.size() == 2);
    h.apply(event_kind::guild_role_delete, R"({"guild_id":"1","role_id":"31"})");
    h.apply(event_kind::guild_role_create, R"({"guild_id":"1","role":{"id":"31","name":"again"}})");
    CHECK(ids(h.home().member(user_id(6))->roles) == std::set<std::uint64_t>{32});
    CHECK_FALSE(h.home().member(user_id(6))->roles.contains(role_id(31)));
    CHECK(h.home().emoji(emoji_id(70))->roles.empty());
    const auto channel = *h.home().channel(channel_id(20));
    REQUIRE(channel.overwrites.size() == 1);
    CHECK(channel.overwrites.begin()->is_member);
    CHECK(channel.overwrites.begin()->id == 6);
    CHECK(channel.overwrites.begin()->deny == 2048);
    CHECK(channel.name == "general");
}

TEST_CASE("places of deleted roles are given up, and who names roles still names the same") {
    holder h(cache_preset::standard);
    h.apply(event_kind::guild_create, home);
    h.apply(event_kind::guild_members_chunk,
            R"({"guild_id":"1","members":[{"user":{"id":"6","username":"six"},"roles":["31","7777"]}]})");
    h.apply(event_kind::channel_update,
            R"({"id":"20","guild_id":"1","type":0,"permission_overwrites":[{"id":"31","type":0,"allow":"1","deny":"2"}]})");
    for (int i = 0; i < 5000; ++i) {
        const auto id = std::to_string(1000 + i);
        h.apply(event_kind::guild_role_create, R"({"guild_id":"1","role":{"id":")" + id + R"(","name":"r"}})");
        h.apply(event_kind::guild_member_update,
                R"({"guild_id":"1","user":{"id":"5","username":"five"},"roles":[")" + id + R"("]})");
        h.apply(event_kind::guild_role_delete, R"({"guild_id":"1","role_id":")" + id + R"("})");
    }
    CHECK(ids(h.home().member(user_id(6))->roles) == std::set<std::uint64_t>{31, 7777});
    CHECK(h.home().member(user_id(5))->roles.empty());
    CHECK(h.home().channel(channel_id(20))->overwrites.begin()->id == 31);
    CHECK(h.home().channel(channel_id(20))->overwrites.begin()->deny == 2);
}

TEST_CASE("threads: archived ones leave, those of a deleted channel too, and a list sync replaces what it names") {
    holder h(cache_preset::standard);
    h.apply(event_kind::guild_create, home);
    const auto thread = [](int id, int parent, const std::string& more = "") {
        return R"({"id":")" + std::to_string(id) + R"(","guild_id":"1","type":11,"name":"t","parent_id":")" +
               std::to_string(parent) + "\"" + more + "}";
    };
    h.apply(event_kind::thread_create, thread(50, 20, R"(,"member":{"id":"50"})"));
    h.apply(event_kind::thread_create, thread(51, 20));
    h.apply(event_kind::thread_create, thread(52, 19));
    CHECK(h.home().thread(channel_id(50))->joined);
    CHECK_FALSE(h.home().thread(channel_id(51))->joined);
    h.apply(event_kind::thread_update, thread(51, 20, R"(,"thread_metadata":{"archived":true})"));
    CHECK(h.home().threads().size() == 2);
    h.apply(event_kind::thread_list_sync, R"({"guild_id":"1","channel_ids":["20"],"threads":[)" + thread(53, 20) +
                                              R"(],"members":[{"id":"53","user_id":"900"}]})");
    CHECK_FALSE(h.home().thread(channel_id(50)));
    CHECK(h.home().thread(channel_id(52)));
    CHECK(h.home().thread(channel_id(53))->joined);
    h.apply(event_kind::thread_members_update, R"({"id":"53","guild_id":"1","member_count":3,"removed_member_ids":["900"]})");
    CHECK_FALSE(h.home().thread(channel_id(53))->joined);
    CHECK(h.home().thread(channel_id(53))->member_count == 3);
    h.apply(event_kind::channel_delete, R"({"id":"19","guild_id":"1"})");
    CHECK(h.home().threads().size() == 1);
    h.apply(event_kind::thread_list_sync, R"({"guild_id":"1","threads":[],"members":[]})");
    CHECK(h.home().threads().empty());
}

TEST_CASE("whom only a voice state brought is forgotten when they leave voice") {
    holder h(cache_preset::standard);
    h.apply(event_kind::guild_create, home);
    const auto voice = [](int id, const std::string& channel) {
        return R"({"guild_id":"1","user_id":")" + std::to_string(id) + R"(","channel_id":)" + channel +
               R"(,"session_id":"0123456789abcdef0123456789abcdef","self_mute":true,"member":)" + member_event(id, "v") + "}";
    };
    h.apply(event_kind::voice_state_update, voice(8, "\"20\""));
    REQUIRE(h.home().member(user_id(8)));
    CHECK(h.home().member(user_id(8))->only_in_voice);
    CHECK(h.home().voice_state(user_id(8))->session_id.text() == "0123456789abcdef0123456789abcdef");
    CHECK(h.home().voice_state(user_id(8))->self_mute);
    h.apply(event_kind::voice_state_update, voice(5, "\"20\""));
    h.apply(event_kind::voice_state_update, voice(8, "null"));
    h.apply(event_kind::voice_state_update, voice(5, "null"));
    CHECK_FALSE(h.home().member(user_id(8)));
    CHECK_FALSE(h.cache.user(user_id(8)));
    CHECK(h.home().member(user_id(5)));
    CHECK(h.home().voice_states().empty());
}

TEST_CASE("at the bound further members are not kept, the bot always is") {
    auto few = cache_settings(cache_preset::standard);
    few.most_members_per_guild = 3;
    holder h(few);
    h.apply(event_kind::guild_create, R"({"id":"1","name":"x"})");
    for (int i = 10; i < 20; ++i) {
        h.apply(event_kind::guild_members_chunk, R"({"guild_id":"1","members":[)" + member_event(i, "m") + "]}");
    }
    h.apply(event_kind::guild_member_add, member_event(900, "shoal"));
    CHECK(h.home().members().size() == 4);
    CHECK(h.home().member(user_id(12)));
    CHECK_FALSE(h.home().member(user_id(13)));
    CHECK(h.home().self());
    h.apply(event_kind::guild_member_update, member_event(15, "m"));
    CHECK_FALSE(h.home().member(user_id(15)));
}

TEST_CASE("whoever joins is kept where everybody is, and not where only some are") {
    holder h(cache_preset::standard);
    h.apply(event_kind::guild_create, home);  // two of three
    h.apply(event_kind::guild_member_add, member_event(6, "six"));
    CHECK_FALSE(h.home().member(user_id(6)));
    CHECK(h.home().member_count() == 4);
    h.apply(event_kind::guild_members_chunk,
            R"({"guild_id":"1","members":[)" + member_event(6, "six") + "," + member_event(7, "seven") + "]}");
    h.apply(event_kind::guild_member_add, member_event(8, "eight"));
    h.apply(event_kind::guild_member_add, member_event(8, "eight"));
    CHECK(h.home().member(user_id(8)));
    CHECK(h.home().member_count() == 5);
    CHECK(h.home().members().size() == 5);
}

TEST_CASE("with everything also presences, those who write, stages, scheduled events and sounds") {
    holder h(cache_preset::everything);
    h.apply(event_kind::guild_create, home);
    h.apply(event_kind::message_create,
            R"({"guild_id":"1","author":)" + person(7, "seven") + R"(,"member":{"nick":"sept","roles":["31"]}})");
    CHECK(h.home().member(user_id(7))->nick == "sept");
    h.apply(event_kind::message_create, R"({"guild_id":"1","webhook_id":"3","author":{"id":"3","username":"hook"}})");
    CHECK_FALSE(h.home().member(user_id(3)));
    h.apply(event_kind::presence_update,
            R"({"guild_id":"1","user":{"id":"7"},"status":"dnd","client_status":{"desktop":"dnd","mobile":"idle"}})");
    CHECK(h.home().presence(user_id(7))->overall == cached_presence::status::dnd);
    CHECK(h.home().presence(user_id(7))->mobile == cached_presence::status::idle);
    h.apply(event_kind::presence_update, R"({"guild_id":"1","user":{"id":"7"},"status":"offline"})");
    CHECK_FALSE(h.home().presence(user_id(7)));
    h.apply(event_kind::stage_instance_create, R"({"id":"80","guild_id":"1","channel_id":"20","topic":"talk"})");
    h.apply(event_kind::stage_instance_update, R"({"id":"80","guild_id":"1","privacy_level":2})");
    CHECK(h.home().stage(80)->topic == "talk");
    CHECK(h.home().stage(80)->privacy_level == 2);
    h.apply(
        event_kind::guild_scheduled_event_create,
        R"({"id":"81","guild_id":"1","name":"party","entity_metadata":{"location":"here"},"scheduled_start_time":"2026-01-01T00:00:00+01:00"})");
    h.apply(event_kind::guild_scheduled_event_user_add, R"({"guild_scheduled_event_id":"81","guild_id":"1","user_id":"5"})");
    CHECK(h.home().scheduled_event(81)->location == "here");
    CHECK(h.home().scheduled_event(81)->starts_at == cached_time(std::chrono::seconds(1767221999 + 1)));
    CHECK(h.home().scheduled_event(81)->user_count == 1);
    h.apply(event_kind::guild_soundboard_sound_create, R"({"sound_id":"82","guild_id":"1","name":"boo","volume":0.5})");
    CHECK(h.home().sound(82)->volume_permille == 500);
    h.apply(event_kind::guild_soundboard_sound_delete, R"({"sound_id":"82","guild_id":"1"})");
    CHECK(h.home().sounds().empty());
    h.apply(event_kind::channel_pins_update, R"({"guild_id":"1","channel_id":"20","last_pin_timestamp":"2026-01-01T00:00:00Z"})");
    CHECK(h.home().channel(channel_id(20))->last_pin_at == cached_time(std::chrono::seconds(1767225600)));
}

TEST_CASE("events are passed over that a guild has seen, by their numbers") {
    holder h;
    h.cache.apply(event_kind::guild_create, home, 10);
    h.cache.apply(event_kind::guild_update, R"({"id":"1","name":"nine"})", 9);
    h.cache.apply(event_kind::guild_update, R"({"id":"1","name":"ten"})", 10);
    CHECK(h.home().name() == "Home");
    h.cache.apply(event_kind::guild_update, R"({"id":"1","name":"eleven"})", 11);
    CHECK(h.home().name() == "eleven");
}

TEST_CASE("hashes of other shapes are kept as they are, long texts are cut at a whole character") {
    holder h(cache_preset::everything);
    h.apply(event_kind::guild_create, R"({"id":"1","icon":"a_ffffffffffffffff0000000000000001","banner":"odd one","name":"x"})");
    CHECK(h.home().fields().icon.text() == "a_ffffffffffffffff0000000000000001");
    CHECK(h.home().fields().icon.odd.empty());
    CHECK(h.home().fields().banner.text() == "odd one");
    std::string name;
    for (int i = 0; i < 800; ++i) name += "ä";
    h.apply(event_kind::guild_update, R"({"id":"1","name":")" + name + "\"}");
    CHECK(h.home().name() == name.substr(0, 1024));
    h.apply(event_kind::guild_update, R"({"id":"1","name":"a)" + name + "\"}");
    CHECK(h.home().name() == ("a" + name).substr(0, 1023));
}
