// Traffic of the simulated world: shapes, intents, content, permissions, and what later GUILD_CREATEs show of it.

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

#include "sim/core/json_text.hpp"
#include "tests/unit/sim_core/world_support.hpp"

using namespace shoal;
using namespace shoal::sim;
using namespace shoal::sim::test;

namespace {

constexpr std::uint64_t app = 1000000000000000001ULL;
instant at(int i) { return start + std::chrono::milliseconds(20) * i; }

/// The table of [2.9], by name; several rows for events that come in guilds and in DMs.
std::set<std::uint64_t> intents_of(const std::string& name, bool direct) {
    static const std::map<std::string, std::set<std::uint64_t>> table = {{"GUILD_UPDATE", {bit(0)}},
                                                                         {"GUILD_ROLE_CREATE", {bit(0)}},
                                                                         {"GUILD_ROLE_UPDATE", {bit(0)}},
                                                                         {"GUILD_ROLE_DELETE", {bit(0)}},
                                                                         {"CHANNEL_CREATE", {bit(0)}},
                                                                         {"CHANNEL_UPDATE", {bit(0)}},
                                                                         {"CHANNEL_DELETE", {bit(0)}},
                                                                         {"CHANNEL_PINS_UPDATE", {bit(0)}},
                                                                         {"THREAD_CREATE", {bit(0)}},
                                                                         {"THREAD_UPDATE", {bit(0)}},
                                                                         {"THREAD_DELETE", {bit(0)}},
                                                                         {"THREAD_LIST_SYNC", {bit(0)}},
                                                                         {"THREAD_MEMBER_UPDATE", {bit(0)}},
                                                                         {"THREAD_MEMBERS_UPDATE", {bit(0) | bit(1), bit(1)}},
                                                                         {"STAGE_INSTANCE_UPDATE", {bit(0)}},
                                                                         {"GUILD_MEMBER_ADD", {bit(1)}},
                                                                         {"GUILD_MEMBER_UPDATE", {bit(1), 0}},
                                                                         {"GUILD_MEMBER_REMOVE", {bit(1)}},
                                                                         {"GUILD_AUDIT_LOG_ENTRY_CREATE", {bit(2)}},
                                                                         {"GUILD_BAN_ADD", {bit(2)}},
                                                                         {"GUILD_BAN_REMOVE", {bit(2)}},
                                                                         {"GUILD_EMOJIS_UPDATE", {bit(3)}},
                                                                         {"GUILD_STICKERS_UPDATE", {bit(3)}},
                                                                         {"GUILD_SOUNDBOARD_SOUND_UPDATE", {bit(3)}},
                                                                         {"GUILD_INTEGRATIONS_UPDATE", {bit(4)}},
                                                                         {"INTEGRATION_CREATE", {bit(4)}},
                                                                         {"WEBHOOKS_UPDATE", {bit(5)}},
                                                                         {"INVITE_CREATE", {bit(6)}},
                                                                         {"INVITE_DELETE", {bit(6)}},
                                                                         {"VOICE_STATE_UPDATE", {bit(7)}},
                                                                         {"PRESENCE_UPDATE", {bit(8)}},
                                                                         {"MESSAGE_CREATE", {bit(9)}},
                                                                         {"MESSAGE_UPDATE", {bit(9)}},
                                                                         {"MESSAGE_DELETE", {bit(9)}},
                                                                         {"MESSAGE_DELETE_BULK", {bit(9)}},
                                                                         {"MESSAGE_REACTION_ADD", {bit(10)}},
                                                                         {"MESSAGE_REACTION_REMOVE", {bit(10)}},
                                                                         {"MESSAGE_REACTION_REMOVE_ALL", {bit(10)}},
                                                                         {"MESSAGE_REACTION_REMOVE_EMOJI", {bit(10)}},
                                                                         {"TYPING_START", {bit(11)}},
                                                                         {"GUILD_SCHEDULED_EVENT_UPDATE", {bit(16)}},
                                                                         {"GUILD_SCHEDULED_EVENT_USER_ADD", {bit(16)}},
                                                                         {"AUTO_MODERATION_RULE_UPDATE", {bit(20)}},
                                                                         {"AUTO_MODERATION_ACTION_EXECUTION", {bit(21)}},
                                                                         {"MESSAGE_POLL_VOTE_ADD", {bit(24)}},
                                                                         {"MESSAGE_POLL_VOTE_REMOVE", {bit(24)}},
                                                                         {"ENTITLEMENT_CREATE", {0}},
                                                                         {"SUBSCRIPTION_CREATE", {0}}};
    static const std::map<std::string, std::set<std::uint64_t>> direct_table = {
        {"MESSAGE_CREATE", {bit(12)}}, {"TYPING_START", {bit(14)}}, {"ENTITLEMENT_CREATE", {0}}, {"SUBSCRIPTION_CREATE", {0}}};
    const auto& from = direct ? direct_table : table;
    const auto found = from.find(name);
    return found == from.end() ? std::set<std::uint64_t>{} : found->second;
}

bool is_known(const std::string& name) { return !intents_of(name, false).empty(); }

/// Permissions after overwrites, as [6.4] orders them.
std::uint64_t permissions_in(const json::object& guild, const json::object& channel, std::uint64_t bot) {
    const std::uint64_t guild_id = id_in(guild);
    std::set<std::uint64_t> own;
    for (const json::value& member : guild.at("members").as_array()) {
        if (id_in(member.at("user").as_object()) != bot) continue;
        for (const json::value& role : member.at("roles").as_array()) own.insert(std::stoull(std::string(role.as_string())));
    }
    std::uint64_t bits = 0;
    for (const json::value& role : guild.at("roles").as_array()) {
        const std::uint64_t id = id_in(role.as_object());
        if (id == guild_id || own.contains(id)) bits |= std::stoull(std::string(role.at("permissions").as_string()));
    }
    if ((bits & bit(3)) != 0) return ~0ULL;
    std::uint64_t allow = 0, deny = 0;
    for (const json::value& overwrite : channel.at("permission_overwrites").as_array()) {
        const std::uint64_t id = id_in(overwrite.as_object());
        const std::uint64_t a = std::stoull(std::string(overwrite.at("allow").as_string()));
        const std::uint64_t d = std::stoull(std::string(overwrite.at("deny").as_string()));
        if (id == guild_id) bits = (bits & ~d) | a;
        if (own.contains(id)) allow |= a, deny |= d;
    }
    return (bits & ~deny) | allow;
}

}  // namespace

TEST_CASE("B18 every event carries the intents that bring it, and all families come") {
    world where(mix_of(200), 7, app);
    std::map<std::string, int> seen;
    for (int i = 0; i < 60000; ++i) {
        const world_event event = where.random_event(at(i));
        if (!is_known(event.name)) {
            CHECK(event.intents == 0);
            continue;
        }
        ++seen[event.name];
        CHECK_MESSAGE(intents_of(event.name, event.guild == 0).contains(event.intents), event.name << " " << event.intents);
        const json::object data = parsed(event.data);
        if (event.guild != 0) {
            CHECK(where.has_guild(event.guild));
            if (event.name != "GUILD_UPDATE") CHECK_MESSAGE(id_in(data, "guild_id") == event.guild, event.name);
        } else {
            CHECK_FALSE(data.contains("guild_id"));
        }
        if (event.name == "GUILD_MEMBER_UPDATE" && event.intents == 0) {
            CHECK(id_in(data.at("user").as_object()) == where.bot_user_id());
        }
    }
    for (const char* name : {"MESSAGE_CREATE",
                             "MESSAGE_UPDATE",
                             "MESSAGE_DELETE",
                             "MESSAGE_DELETE_BULK",
                             "MESSAGE_REACTION_ADD",
                             "MESSAGE_REACTION_REMOVE",
                             "MESSAGE_REACTION_REMOVE_ALL",
                             "MESSAGE_REACTION_REMOVE_EMOJI",
                             "TYPING_START",
                             "GUILD_MEMBER_ADD",
                             "GUILD_MEMBER_UPDATE",
                             "GUILD_MEMBER_REMOVE",
                             "CHANNEL_CREATE",
                             "CHANNEL_UPDATE",
                             "CHANNEL_DELETE",
                             "CHANNEL_PINS_UPDATE",
                             "GUILD_ROLE_CREATE",
                             "GUILD_ROLE_UPDATE",
                             "GUILD_ROLE_DELETE",
                             "VOICE_STATE_UPDATE",
                             "PRESENCE_UPDATE",
                             "THREAD_CREATE",
                             "THREAD_UPDATE",
                             "THREAD_DELETE",
                             "THREAD_LIST_SYNC",
                             "THREAD_MEMBER_UPDATE",
                             "THREAD_MEMBERS_UPDATE",
                             "GUILD_EMOJIS_UPDATE",
                             "GUILD_STICKERS_UPDATE",
                             "GUILD_UPDATE",
                             "GUILD_BAN_ADD",
                             "GUILD_BAN_REMOVE",
                             "INVITE_CREATE",
                             "WEBHOOKS_UPDATE",
                             "GUILD_AUDIT_LOG_ENTRY_CREATE",
                             "AUTO_MODERATION_ACTION_EXECUTION",
                             "ENTITLEMENT_CREATE",
                             "SUBSCRIPTION_CREATE"}) {
        CHECK_MESSAGE(seen[name] > 0, name);
    }
    CHECK(seen["MESSAGE_CREATE"] > 30000);
}

TEST_CASE("What libraries read of an event without asking is there, optional in the documents or not") {
    world where(mix_of(60), 29, app);
    std::map<std::string, int> seen;
    for (int i = 0; i < 60000; ++i) {
        const world_event event = where.random_event(at(i));
        if (event.name == "AUTO_MODERATION_RULE_UPDATE") {
            for (const json::value& action : parsed(event.data).at("actions").as_array())
                CHECK(action.at("metadata").is_object());
        } else if (event.name == "INTEGRATION_CREATE") {
            const json::object data = parsed(event.data);
            for (const char* key : {"syncing", "role_id", "enable_emoticons", "expire_behavior", "expire_grace_period",
                                    "synced_at", "subscriber_count", "revoked"}) {
                CHECK_MESSAGE(data.contains(key), key);
            }
        } else {
            continue;
        }
        ++seen[event.name];
    }
    CHECK(seen["AUTO_MODERATION_RULE_UPDATE"] > 5);
    CHECK(seen["INTEGRATION_CREATE"] > 5);
}

TEST_CASE("B18 events come only from where the bot's permissions reach") {
    world where(mix_of(100), 23, app);
    std::map<std::uint64_t, json::object> guilds;
    std::size_t limited = 0;
    for (const std::uint64_t id : where.guilds()) {
        guilds[id] = parsed(where.guild_create(id, {.intents = 1, .large_threshold = 50}));
        limited += (where.bot_permissions(id) & bit(3)) == 0;
    }
    CHECK(limited > 20);  // else this would say nothing
    std::size_t hidden = 0;
    for (const auto& [id, guild] : guilds) {
        for (const json::value& channel : guild.at("channels").as_array()) {
            const bool sees = (permissions_in(guild, channel.as_object(), where.bot_user_id()) & bit(10)) != 0;
            hidden += !sees;
            CHECK(sees == where.bot_sees_channel(id_in(channel.as_object())));
        }
        for (const json::value& thread : guild.at("threads").as_array()) {
            CHECK(where.bot_sees_channel(id_in(thread.as_object(), "parent_id")));
        }
    }
    CHECK(hidden > 5);
    const std::map<std::string, std::uint64_t> needed = {{"GUILD_BAN_ADD", bit(2) | bit(7)},
                                                         {"GUILD_BAN_REMOVE", bit(2) | bit(7)},
                                                         {"GUILD_AUDIT_LOG_ENTRY_CREATE", bit(7)},
                                                         {"INVITE_CREATE", bit(4)},
                                                         {"INVITE_DELETE", bit(4)},
                                                         {"AUTO_MODERATION_ACTION_EXECUTION", bit(5)},
                                                         {"AUTO_MODERATION_RULE_UPDATE", bit(5)}};
    for (int i = 0; i < 30000; ++i) {
        const world_event event = where.random_event(at(i));
        if (event.guild == 0) continue;
        if (const auto need = needed.find(event.name); need != needed.end()) {
            CHECK((where.bot_permissions(event.guild) & (bit(3) | need->second)) != 0);
        }
        if (event.name.starts_with("MESSAGE_") || event.name == "TYPING_START") {
            const std::uint64_t channel = id_in(parsed(event.data), "channel_id");
            // Old messages may stand in a channel that was deleted meanwhile.
            if (where.guild_of_channel(channel)) CHECK(where.bot_sees_channel(channel));
        }
    }
}

TEST_CASE("B19 without MESSAGE_CONTENT the content is blank, but for the exceptions") {
    world where(mix_of(100), 5, app);
    const std::string bot = std::to_string(where.bot_user_id());
    int blanked = 0, own = 0, mentioned = 0, replied = 0, direct = 0;
    for (int i = 0; i < 60000; ++i) {
        const world_event event = where.random_event(at(i));
        if (event.name != "MESSAGE_CREATE" && event.name != "MESSAGE_UPDATE") continue;
        const json::object data = parsed(event.data);
        if (!data.contains("content")) continue;  // a partial update
        const bool by_bot = id_in(data.at("author").as_object()) == where.bot_user_id();
        bool pings = false, reply = false;
        for (const json::value& user : data.at("mentions").as_array())
            pings = pings || id_in(user.as_object()) == where.bot_user_id();
        if (const json::value* first = data.if_contains("referenced_message"); first != nullptr && first->is_object()) {
            reply = id_in(first->at("author").as_object()) == where.bot_user_id();
        }
        if (event.guild == 0 || by_bot || pings) {
            CHECK(event.data_without_content == nullptr);
            direct += event.guild == 0, own += by_bot, replied += reply && pings, mentioned += pings && !reply;
            continue;
        }
        REQUIRE(event.data_without_content != nullptr);
        json::object blank = parsed(event.data_without_content);
        CHECK(blank.at("content") == "");
        CHECK(blank.at("embeds").as_array().empty());
        CHECK(blank.at("attachments").as_array().empty());
        CHECK(blank.at("components").as_array().empty());
        CHECK_FALSE(blank.contains("poll"));
        // Everything else is the same.
        for (const char* key : {"content", "embeds", "attachments", "components", "referenced_message"}) {
            if (data.contains(key)) blank[key] = data.at(key);
        }
        if (data.contains("poll")) blank["poll"] = data.at("poll");
        CHECK(json::value(blank) == json::value(data));
        ++blanked;
    }
    CHECK(blanked > 20000);
    CHECK(own > 50);
    CHECK(mentioned > 50);
    CHECK(replied > 10);
    CHECK(direct > 10);
}

TEST_CASE("channels, roles and emojis that events told of are what later GUILD_CREATEs show") {
    world where(mix_of(30), 8, app);
    std::map<std::uint64_t, std::map<std::uint64_t, json::object>> channels, roles;
    std::map<std::uint64_t, std::set<std::uint64_t>> emojis;
    const auto load = [&](std::uint64_t id, auto& into_channels, auto& into_roles, auto& into_emojis) {
        const json::object guild = parsed(where.guild_create(id, {.intents = 1, .large_threshold = 50}));
        for (const json::value& one : guild.at("channels").as_array()) into_channels[id_in(one.as_object())] = one.as_object();
        for (const json::value& one : guild.at("roles").as_array()) into_roles[id_in(one.as_object())] = one.as_object();
        for (const json::value& one : guild.at("emojis").as_array()) into_emojis.insert(id_in(one.as_object()));
    };
    for (const std::uint64_t id : where.guilds()) load(id, channels[id], roles[id], emojis[id]);
    std::map<std::string, int> seen;
    for (int i = 0; i < 40000; ++i) {
        const world_event event = where.random_event(at(i));
        if (event.guild == 0) continue;
        json::object data = parsed(event.data);
        ++seen[event.name];
        if (event.name == "CHANNEL_CREATE" || event.name == "CHANNEL_UPDATE") {
            const std::uint64_t id = id_in(data);
            CHECK(channels[event.guild].contains(id) == (event.name == "CHANNEL_UPDATE"));
            data.erase("guild_id");
            channels[event.guild][id] = data;
        } else if (event.name == "CHANNEL_DELETE") {
            CHECK(channels[event.guild].erase(id_in(data)) == 1);
        } else if (event.name == "GUILD_ROLE_CREATE" || event.name == "GUILD_ROLE_UPDATE") {
            const json::object role = data.at("role").as_object();
            CHECK(roles[event.guild].contains(id_in(role)) == (event.name == "GUILD_ROLE_UPDATE"));
            roles[event.guild][id_in(role)] = role;
        } else if (event.name == "GUILD_ROLE_DELETE") {
            CHECK(roles[event.guild].erase(id_in(data, "role_id")) == 1);
        } else if (event.name == "GUILD_EMOJIS_UPDATE") {
            emojis[event.guild].clear();
            for (const json::value& emoji : data.at("emojis").as_array()) emojis[event.guild].insert(id_in(emoji.as_object()));
        }
    }
    for (const char* name :
         {"CHANNEL_CREATE", "CHANNEL_DELETE", "GUILD_ROLE_CREATE", "GUILD_ROLE_DELETE", "GUILD_EMOJIS_UPDATE"}) {
        CHECK(seen[name] > 10);
    }
    for (const std::uint64_t id : where.guilds()) {
        std::map<std::uint64_t, json::object> now_channels, now_roles;
        std::set<std::uint64_t> now_emojis;
        load(id, now_channels, now_roles, now_emojis);
        CHECK(now_emojis == emojis[id]);
        REQUIRE(now_channels.size() == channels[id].size());
        for (const auto& [channel, object] : now_channels) {
            REQUIRE(channels[id].contains(channel));
            // Overwrites that name a role which is gone are gone too, without an event of the channel; the rest is as it was
            // told.
            json::object a = object, b = channels[id][channel];
            a.erase("permission_overwrites"), b.erase("permission_overwrites");
            CHECK(json::value(a) == json::value(b));
        }
        REQUIRE(now_roles.size() == roles[id].size());
        for (const auto& [role, object] : now_roles) CHECK(json::value(object) == json::value(roles[id][role]));
    }
}

TEST_CASE("B48 whatever is sent parses, is UTF-8, and varied JSON says the same with other words") {
    for (const bool varied : {false, true}) {
        world_config config = mix_of(150);
        config.vary_json = varied;
        config.unknown_event_share = 0.01;
        world where(config, 31, app);
        int unknown = 0, undocumented = 0, spaced = 0, shuffled = 0;
        for (int i = 0; i < 10000; ++i) {
            const world_event event = where.random_event(at(i));
            for (const shared_text& text : {event.data, event.data_without_content}) {
                if (text == nullptr) continue;
                REQUIRE(is_utf8(*text));
                json::error_code wrong;
                const json::value value = json::parse(*text, wrong);
                REQUIRE_FALSE(wrong);
                REQUIRE(value.is_object());
                undocumented +=
                    text->find("x_undocumented") != std::string::npos || text->find("undocumented\":") != std::string::npos;
                spaced += text->find("\n  ") != std::string::npos;
                shuffled += event.name == "MESSAGE_CREATE" && !text->starts_with("{\"type\"");
            }
            unknown += !is_known(event.name);
        }
        CHECK(unknown > 50);
        CHECK(unknown < 200);
        CHECK((undocumented > 100) == varied);
        CHECK((spaced > 100) == varied);
        CHECK((shuffled > 100) == varied);
        for (const std::uint64_t id : where.guilds()) {
            const shared_text text = where.guild_create(id, {.intents = 1, .large_threshold = 50});
            REQUIRE(is_utf8(*text));
            CHECK(id_in(parsed(text)) == id);
        }
    }
}

TEST_CASE("vary keeps the meaning of JSON") {
    random_source random(4);
    const std::string text =
        R"({"t":"\u0000 \" \\ / ключ 😀","n":[1,-2.5,1e300,true,null,{}],"big":"9007199254740993","o":{"a":{"b":[]}}})";
    std::set<std::string> forms;
    for (int i = 0; i < 200; ++i) {
        const std::string other = vary(text, random);
        CHECK(json::parse(other) == json::parse(text));
        forms.insert(other);
    }
    CHECK(forms.size() > 150);
}

TEST_CASE("a MESSAGE_CREATE has about 1 KB, and few guilds make most of the traffic") {
    world where(mix_of(1000), 12, app);
    std::map<std::uint64_t, int> by_guild;
    double bytes = 0;
    int messages = 0, events = 0;
    for (int i = 0; i < 30000; ++i) {
        const world_event event = where.random_event(at(i));
        ++by_guild[event.guild], ++events;
        if (event.name == "MESSAGE_CREATE" && event.guild != 0) bytes += static_cast<double>(event.data->size()), ++messages;
    }
    CHECK(bytes / messages > 1000 * 0.75);
    CHECK(bytes / messages < 1000 * 1.25);
    std::vector<int> counts;
    for (const auto& [guild, count] : by_guild) counts.push_back(count);
    std::sort(counts.rbegin(), counts.rend());
    int top = 0;
    for (std::size_t i = 0; i < 10; ++i) top += counts[i];
    CHECK(top > events * 0.3);  // 1 % of the guilds
    CHECK(top < events * 0.6);
}

TEST_CASE("events of a shard are of its guilds, and of no guild only on shard 0") {
    world where(mix_of(100), 12, app);
    for (std::uint32_t shard = 0; shard < 16; ++shard) {
        int direct = 0;
        for (int i = 0; i < 2000; ++i) {
            const auto event = where.random_event_of_shard(shard, 16, at(i));
            REQUIRE(event.has_value());
            if (event->guild != 0) CHECK((event->guild >> 22) % 16 == shard);
            direct += event->guild == 0;
        }
        CHECK((direct > 0) == (shard == 0));
    }
    world few(mix_of(1), 12, app);
    const auto shard = static_cast<std::uint32_t>((few.guilds()[0] >> 22) % 4);
    CHECK_FALSE(few.random_event_of_shard((shard + 1) % 4, 4, start).has_value());
    CHECK(few.random_event_of_shard(shard, 4, start).has_value());
    CHECK_FALSE(few.random_event_of_shard(4, 4, start).has_value());
}

TEST_CASE("a long run leaves guilds near the size that they began with") {
    world where(mix_of(3, "small"), 12, app);
    const auto sizes = [&] {
        std::vector<std::size_t> list;
        for (const std::uint64_t id : where.guilds())
            list.push_back(where.guild_create(id, {.intents = 1, .large_threshold = 50})->size());
        return list;
    };
    const auto before = sizes();
    for (int i = 0; i < 100000; ++i) static_cast<void>(where.random_event(at(i)));
    const auto after = sizes();
    for (std::size_t i = 0; i < before.size(); ++i) {
        CHECK(after[i] < before[i] * 2);
        CHECK(after[i] * 2 > before[i]);
    }
}
