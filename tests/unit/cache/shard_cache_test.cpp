#include "cache/shard_cache.hpp"

#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/random.hpp"
#include "discord/json_writer.hpp"

using namespace shoal;
using discord::event_kind;
using discord::json_writer;

static_assert(sizeof(cached_channel) == 32);
static_assert(sizeof(cached_role) == 32);

namespace {

constexpr auto ready =
    R"({"user":{"id":"900"},"guilds":[{"id":"2","unavailable":true},{"id":"1","unavailable":true},{"id":"2"}]})";
constexpr auto home =
    R"({"id":"1","name":"Home","owner_id":"5","member_count":3,)"
    R"("channels":[{"id":"20","type":0,"name":"general","position":1,"nsfw":true},{"id":"19","type":4,"name":"rooms"},{"id":"21","type":11,"name":"a thread"}],)"
    R"("roles":[{"id":"31","name":"mods","permissions":"8","color":255,"position":2,"hoist":true},{"id":"1","name":"@everyone","permissions":"1024"}],)"
    R"("members":[{"user":{"id":"5"},"nick":"x","roles":[]},{"user":{"id":"900"},"nick":"me","roles":["31"]}]})";

struct holder {
    cache::shard_cache cache;
    holder() { cache.start_session(ready); }
    void apply(event_kind kind, std::string_view json) { cache.apply(kind, json); }
};

}  // namespace

TEST_CASE("READY names the guilds, sorted and each once, not yet available") {
    holder h;
    REQUIRE(h.cache.guilds() == 2);
    CHECK(h.cache.all()[0]->id == guild_id(1));
    CHECK_FALSE(h.cache.guild(guild_id(2))->available);
    CHECK(h.cache.guild(guild_id(3)) == nullptr);
    CHECK(h.cache.self() == user_id(900));
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
                                          R"(],"members":[{"user":{"id":"900"},"nick":")" + name + R"(","roles":[)" + roles +
                                          "]}]}");
    const auto* guild = h.cache.guild(guild_id(1));
    REQUIRE(guild != nullptr);
    CHECK(guild->name().size() == 1023);  // no character is cut in two
    CHECK(guild->channels.size() == 65'536);
    CHECK(guild->roles.size() == 65'536);
    CHECK(guild->self.roles.size() == 65'536);
    CHECK(h.cache.texts().bytes() < 5000);
}

TEST_CASE("GUILD_CREATE fills a guild: channels without threads, roles, the bot itself") {
    holder h;
    h.apply(event_kind::guild_create, home);
    const auto* guild = h.cache.guild(guild_id(1));
    REQUIRE(guild != nullptr);
    CHECK(guild->available);
    CHECK(guild->name() == "Home");
    CHECK(guild->owner_id == user_id(5));
    CHECK(guild->member_count == 3);
    REQUIRE(guild->channels.size() == 2);
    CHECK(guild->channels[0].id == channel_id(19));
    CHECK(guild->channel(channel_id(20))->name() == "general");
    CHECK(guild->channel(channel_id(20))->nsfw);
    CHECK(guild->channel(channel_id(21)) == nullptr);
    REQUIRE(guild->roles.size() == 2);
    CHECK(guild->role(role_id(31))->color == 255);
    CHECK(guild->role(role_id(31))->hoist);
    CHECK(guild->self.nick() == "me");
    CHECK(guild->self.roles == std::vector{role_id(31)});
    CHECK(guild->own_permissions() == (8 | 1024));
}

TEST_CASE("an outage keeps what was known, also when CREATE itself says so; leaving forgets it") {
    holder h;
    h.apply(event_kind::guild_create, home);
    h.apply(event_kind::guild_delete, R"({"id":"1","unavailable":true})");
    CHECK_FALSE(h.cache.guild(guild_id(1))->available);
    CHECK(h.cache.guild(guild_id(1))->channels.size() == 2);
    h.apply(event_kind::guild_create, R"({"id":"1","unavailable":true})");
    CHECK_FALSE(h.cache.guild(guild_id(1))->available);
    CHECK(h.cache.guild(guild_id(1))->name() == "Home");
    h.apply(event_kind::guild_create, home);
    CHECK(h.cache.guild(guild_id(1))->available);
    h.apply(event_kind::guild_delete, R"({"id":"1"})");
    CHECK(h.cache.guild(guild_id(1)) == nullptr);
    CHECK(h.cache.texts().distinct() == 0);
    CHECK(h.cache.texts().bytes() == 0);
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
    CHECK(guild->owner_id == user_id(5));
    CHECK(guild->channels.size() == 2);
    CHECK(guild->roles.size() == 1);
    h.apply(event_kind::guild_member_add, R"({"guild_id":"1","user":{"id":"6"}})");
    CHECK(guild->member_count == 4);
    for (int i = 0; i < 6; ++i) h.apply(event_kind::guild_member_remove, R"({"guild_id":"1","user":{"id":"6"}})");
    CHECK(guild->member_count == 0);
    h.apply(event_kind::guild_member_update, R"({"guild_id":"1","user":{"id":"6"},"nick":"other","roles":[]})");
    CHECK(guild->self.nick() == "me");
    h.apply(
        event_kind::guild_member_update,
        R"({"guild_id":"1","user":{"id":"900"},"nick":null,"roles":["9","1"],"communication_disabled_until":"2026-01-01T00:00:00Z"})");
    CHECK(guild->self.nick().empty());
    CHECK(guild->self.roles == std::vector{role_id(1), role_id(9)});
    CHECK(guild->self.timed_out);
    h.apply(event_kind::guild_role_delete, R"({"guild_id":"1","role_id":"9"})");
    CHECK(guild->self.roles == std::vector{role_id(1)});
}

TEST_CASE("equal names are kept once and go with their last holder") {
    holder h;
    for (int i = 0; i < 100; ++i) {
        h.apply(event_kind::guild_create,
                R"({"id":")" + std::to_string(100 + i) +
                    R"(","name":"same","channels":[{"id":"1","name":"general"}],"roles":[{"id":"1","name":"@everyone"}]})");
    }
    CHECK(h.cache.texts().distinct() == 3);
    for (int i = 0; i < 99; ++i) h.apply(event_kind::guild_delete, R"({"id":")" + std::to_string(100 + i) + R"("})");
    CHECK(h.cache.texts().distinct() == 3);
    CHECK(h.cache.guild(guild_id(199))->channels[0].name() == "general");
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
    CHECK(guild->channels.size() == 2);
    CHECK(guild->roles.size() == 2);
    h.apply(event_kind::channel_update, R"({"id":"20","guild_id":"1","type":0,"name":"x","position":99999999999,"id":"5"})");
    CHECK(guild->channel(channel_id(20))->position == INT16_MAX);
    CHECK(guild->channel(channel_id(5)) == nullptr);
}

// ---- against a plain twin ------------------------------------------------------------------------------------------------

namespace {

struct plain_channel {
    std::string name;
    int position = 0;
    int type = 0;
    friend bool operator==(const plain_channel&, const plain_channel&) = default;
};
struct plain_role {
    std::string name;
    std::uint64_t permissions = 0;
    friend bool operator==(const plain_role&, const plain_role&) = default;
};
struct plain_guild {
    std::string name;
    bool available = false;
    std::uint32_t members = 0;
    std::string nick;
    std::set<std::uint64_t> own_roles;
    std::map<std::uint64_t, plain_channel> channels;
    std::map<std::uint64_t, plain_role> roles;
    friend bool operator==(const plain_guild&, const plain_guild&) = default;
};
using plain_world = std::map<std::uint64_t, plain_guild>;

plain_world plain(const cache::shard_cache& from) {
    plain_world out;
    guild_id last;
    for (const auto& guild : from.all()) {
        CHECK(last < guild->id);
        last = guild->id;
        auto& copy = out[guild->id.value()];
        copy.name = guild->name();
        copy.available = guild->available;
        copy.members = guild->member_count;
        copy.nick = guild->self.nick();
        for (const auto each : guild->self.roles) copy.own_roles.insert(each.value());
        for (const auto& each : guild->channels) {
            copy.channels[each.id.value()] = {std::string(each.name()), each.position, each.type};
            CHECK(guild->channel(each.id) == &each);
        }
        for (const auto& each : guild->roles) {
            copy.roles[each.id.value()] = {std::string(each.name()), each.permissions};
            CHECK(guild->role(each.id) == &each);
        }
        CHECK(copy.channels.size() == guild->channels.size());
        CHECK(copy.roles.size() == guild->roles.size());
    }
    return out;
}

/// Makes random events and applies each to the twin in its own, plain way.
struct twin {
    random_source random;
    plain_world world;

    std::string name() {
        static constexpr const char* some[] = {"general", "off topic", "größe", "a \"quoted\" one", "", "🔥", "x\\y"};
        return some[random.below(std::size(some))];
    }
    plain_channel channel() { return {name(), static_cast<int>(random.below(50)), random.chance(0.5) ? 0 : 2}; }
    plain_role role() { return {name(), random.next()}; }
    static void write(json_writer& w, std::uint64_t id, const plain_channel& c) {
        w.field("id", std::to_string(id)).field("type", c.type).field("name", c.name).field("position", c.position);
    }
    static void write(json_writer& w, std::uint64_t id, const plain_role& r) {
        w.begin_object().field("id", std::to_string(id)).field("name", r.name);
        w.key("permissions").quoted_integer(r.permissions).end_object();
    }
    std::uint64_t guild() { return 1 + random.below(6); }
    std::uint64_t part() { return 100 + random.below(12); }

    void own_member(json_writer& w, plain_guild& g) {
        g.nick = name();
        g.own_roles.clear();
        w.field("nick", g.nick).key("roles").begin_array();
        for (auto count = random.below(4); count > 0; --count) {
            const auto id = part();
            if (g.own_roles.insert(id).second) w.value(std::to_string(id));
        }
        w.end_array();
    }

    void step(cache::shard_cache& cache) {
        const auto id = guild();
        const auto known = world.find(id);
        json_writer w;
        w.begin_object();
        event_kind kind{};
        switch (random.below(10)) {
            case 0: {
                kind = event_kind::guild_create;
                w.field("id", std::to_string(id));
                if (random.chance(0.2)) {
                    w.field("unavailable", true);
                    world[id].available = false;
                    break;
                }
                auto& g = world[id];
                g.available = true;
                g.name = name();
                g.members = static_cast<std::uint32_t>(random.below(1000));
                w.field("name", g.name).field("member_count", g.members).key("channels").begin_array();
                g.channels.clear();
                for (auto count = random.below(10); count > 0; --count) {
                    const auto at = part();
                    const auto c = channel();
                    if (!g.channels.emplace(at, c).second) continue;
                    w.begin_object();
                    write(w, at, c);
                    w.end_object();
                }
                w.begin_object().field("id", "55").field("type", 12).field("name", "thread").end_object();
                w.end_array().key("roles").begin_array();
                g.roles.clear();
                for (auto count = random.below(10); count > 0; --count) {
                    const auto at = part();
                    const auto r = role();
                    if (g.roles.emplace(at, r).second) write(w, at, r);
                }
                w.end_array().key("members").begin_array().begin_object();
                w.key("user").begin_object().field("id", "900").end_object();
                own_member(w, g);
                w.end_object().end_array();
                break;
            }
            case 1: {
                kind = event_kind::guild_delete;
                const bool outage = random.chance(0.6);
                w.field("id", std::to_string(id));
                if (outage) w.field("unavailable", true);
                if (known == world.end()) break;
                if (outage) {
                    known->second.available = false;
                } else {
                    world.erase(known);
                }
                break;
            }
            case 2: {
                kind = event_kind::guild_update;
                const auto renamed = name();
                w.field("id", std::to_string(id)).field("name", renamed);
                if (known != world.end()) known->second.name = renamed;
                break;
            }
            case 3:
            case 4: {
                kind = random.chance(0.5) ? event_kind::channel_create : event_kind::channel_update;
                const auto at = part();
                const auto c = channel();
                w.field("guild_id", std::to_string(id));
                write(w, at, c);
                if (known != world.end()) known->second.channels[at] = c;
                break;
            }
            case 5: {
                kind = event_kind::channel_delete;
                const auto at = part();
                w.field("guild_id", std::to_string(id)).field("id", std::to_string(at));
                if (known != world.end()) known->second.channels.erase(at);
                break;
            }
            case 6:
            case 7: {
                kind = random.chance(0.5) ? event_kind::guild_role_create : event_kind::guild_role_update;
                const auto at = part();
                const auto r = role();
                w.field("guild_id", std::to_string(id)).key("role");
                write(w, at, r);
                if (known != world.end()) known->second.roles[at] = r;
                break;
            }
            case 8: {
                kind = event_kind::guild_role_delete;
                const auto at = part();
                w.field("guild_id", std::to_string(id)).field("role_id", std::to_string(at));
                if (known != world.end()) {
                    known->second.roles.erase(at);
                    known->second.own_roles.erase(at);
                }
                break;
            }
            default: {
                kind = event_kind::guild_member_update;
                const bool own = random.chance(0.7);
                w.field("guild_id", std::to_string(id)).key("user").begin_object();
                w.field("id", own ? "900" : "901").end_object();
                plain_guild other;
                own_member(w, own && known != world.end() ? known->second : other);
                break;
            }
        }
        w.end_object();
        cache.apply(kind, w.text());
    }
};

}  // namespace

TEST_CASE("over random events the cache knows exactly what a plain twin knows") {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        CAPTURE(seed);
        cache::shard_cache cache;
        cache.start_session(R"({"user":{"id":"900"},"guilds":[]})");
        twin other{random_source(seed), {}};
        for (int i = 0; i < 400; ++i) {
            other.step(cache);
            if (i % 10 == 0) REQUIRE(plain(cache) == other.world);
        }
        REQUIRE(plain(cache) == other.world);
        // Every name that is kept is in use, and nothing else is.
        std::set<std::string> names;
        for (const auto& [id, guild] : other.world) {
            names.insert(guild.name);
            names.insert(guild.nick);
            for (const auto& [at, c] : guild.channels) names.insert(c.name);
            for (const auto& [at, r] : guild.roles) names.insert(r.name);
        }
        names.erase("");
        CHECK(cache.texts().distinct() == names.size());
    }
}
