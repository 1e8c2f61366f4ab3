#include "cache/old_value.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace shoal;
using cache::old_value;
using discord::event_kind;

namespace {

struct holder {
    cache::shard_cache cache{cache_preset::everything};
    holder() {
        cache.start_session(R"({"user":{"id":"900","username":"shoal"},"guilds":[]})");
        cache.apply(
            event_kind::guild_create,
            R"({"id":"1","name":"Home","member_count":2,"channels":[{"id":"20","name":"general","permission_overwrites":[{"id":"31","type":0,"allow":"8","deny":"0"}]}],)"
            R"("roles":[{"id":"31","name":"mods"}],"emojis":[{"id":"70","name":"a","roles":["31"]},{"id":"71","name":"b"}],)"
            R"("members":[{"user":{"id":"5","username":"five"},"nick":"fifth","roles":["31"]},{"user":{"id":"900","username":"shoal"},"roles":[]}]})");
    }
    old_value change(event_kind kind, std::string_view json) {
        auto old = old_value::before(cache, kind, json);
        cache.apply(kind, json);
        return old;
    }
};

}  // namespace

TEST_CASE("what was known before an event outlives the event, and all that was known then") {
    holder h;
    const auto channel = h.change(event_kind::channel_update,
                                  R"({"id":"20","guild_id":"1","type":0,"name":"renamed","permission_overwrites":[]})");
    const auto member =
        h.change(event_kind::guild_member_update, R"({"guild_id":"1","user":{"id":"5","username":"v"},"nick":null,"roles":[]})");
    const auto role = h.change(event_kind::guild_role_delete, R"({"guild_id":"1","role_id":"31"})");
    const auto emojis = h.change(event_kind::guild_emojis_update, R"({"guild_id":"1","emojis":[]})");
    const auto guild = h.change(event_kind::guild_delete, R"({"id":"1"})");

    REQUIRE(channel.get<cached_channel>());
    CHECK(channel.get<cached_channel>()->name == "general");
    REQUIRE(channel.get<cached_channel>()->overwrites.size() == 1);
    CHECK(channel.get<cached_channel>()->overwrites.begin()->id == 31);
    CHECK_FALSE(channel.get<cached_role>());
    REQUIRE(member.get<cached_member>());
    CHECK(member.get<cached_member>()->nick == "fifth");
    CHECK(member.get<cached_member>()->roles.contains(role_id(31)));
    CHECK(role.get<cached_role>()->name == "mods");
    CHECK(emojis.all<cached_emoji>().size() == 2);
    CHECK(emojis.all<cached_emoji>()[0].name == "a");
    CHECK(guild.get<cached_guild_fields>()->name == "Home");
}

TEST_CASE("of what was not known there is no old value") {
    holder h;
    CHECK(h.change(event_kind::channel_update, R"({"id":"21","guild_id":"1","name":"new"})").empty());
    CHECK(h.change(event_kind::channel_update, R"({"id":"20","guild_id":"9","name":"new"})").empty());
    CHECK(h.change(event_kind::message_delete, R"({"id":"20","guild_id":"1"})").empty());
    const auto user = h.change(event_kind::user_update, R"({"id":"900","username":"other"})");
    CHECK(user.get<cached_user>()->username == "shoal");
    CHECK(h.cache.user(user_id(900))->username == "other");
}
