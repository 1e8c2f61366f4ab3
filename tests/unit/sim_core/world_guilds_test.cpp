// Guilds of the simulated world: ids, sizes, members.

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <set>

#include "sim/core/guild_state.hpp"
#include "sim/core/json_text.hpp"
#include "tests/unit/sim_core/world_support.hpp"

using namespace shoal;
using namespace shoal::sim;
using namespace shoal::sim::test;

namespace {
constexpr std::uint64_t app = 1000000000000000001ULL;
}

TEST_CASE("B49 guild ids have 17 to 19 digits, spread timestamps and the wished pairs of one millisecond") {
    const world where(mix_of(400), 7, app);
    std::set<std::size_t> digits;
    std::map<std::uint64_t, int> by_ms;
    for (const std::uint64_t id : where.guilds()) {
        digits.insert(std::to_string(id).size());
        ++by_ms[id >> 22];
    }
    CHECK(where.guilds().size() == 400);
    CHECK(digits == std::set<std::size_t>{17, 18, 19});
    CHECK(std::count_if(by_ms.begin(), by_ms.end(), [](const auto& ms) { return ms.second == 2; }) == 2);
    CHECK(by_ms.size() == 398);
    CHECK(std::is_sorted(where.guilds().begin(), where.guilds().end()));
    // Spread over years, not bunched.
    const std::uint64_t whole = (where.guilds().back() - where.guilds().front()) >> 22;
    CHECK(whole > 10ULL * 365 * 86400 * 1000);
}

TEST_CASE("B49 guilds spread evenly over the shards of every total up to 64") {
    for (const std::uint32_t guilds : {16U, 200U, 1000U}) {
        const world where(mix_of(guilds), 3, app);
        for (std::uint32_t total = 1; total <= 64; ++total) {
            std::vector<std::uint32_t> counts(total);
            for (const std::uint64_t id : where.guilds()) ++counts[(id >> 22) % total];
            const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
            // Two guilds of a same-millisecond pair may fall on one shard; else the spread is as even as it can be.
            CHECK_MESSAGE(*most - *least <= 3, "guilds " << guilds << ", total " << total);
            if (guilds >= 3 * total) CHECK(*least > 0);
        }
    }
}

TEST_CASE("B50 the same seed gives the same world and the same events, another seed another world") {
    world one(mix_of(50), 11, app), same(mix_of(50), 11, app), other(mix_of(50), 12, app);
    CHECK(one.guilds() == same.guilds());
    CHECK(one.guilds() != other.guilds());
    const guild_view view{.intents = bit(0) | bit(8), .large_threshold = 50};
    for (const std::uint64_t id : one.guilds()) CHECK(*one.guild_create(id, view) == *same.guild_create(id, view));
    for (int i = 0; i < 500; ++i) {
        const auto now = start + std::chrono::milliseconds(i * 20);
        const world_event a = one.random_event(now), b = same.random_event(now);
        REQUIRE(a.name == b.name);
        REQUIRE(*a.data == *b.data);
    }
}

TEST_CASE("GUILD_CREATE has every field of a guild and the size of its class") {
    struct expectation {
        const char* name;
        double bytes;
        std::size_t channels, roles, emojis, threads, voices;
        std::int64_t least, most;
    };
    for (const expectation& want : {expectation{"tiny", 6300, 6, 4, 0, 0, 0, 2, 10},
                                    {"small", 10600, 12, 8, 3, 0, 0, 11, 50},
                                    {"medium", 34600, 35, 30, 30, 2, 3, 51, 500},
                                    {"community", 117000, 80, 80, 120, 15, 12, 501, 10000},
                                    {"large", 316000, 180, 180, 350, 60, 60, 10001, 75000},
                                    {"giant", 1250000, 470, 240, 480, 950, 290, 75001, 1000000}}) {
        const world where(mix_of(8, want.name), 5, app);
        double bytes = 0, channels = 0, roles = 0, emojis = 0, threads = 0, voices = 0;
        for (const std::uint64_t id : where.guilds()) {
            const shared_text text = where.guild_create(id, {.intents = bit(0), .large_threshold = 50});
            bytes += static_cast<double>(text->size());
            const json::object guild = parsed(text);
            CHECK(id_in(guild) == id);
            for (const char* key : {"name",
                                    "icon",
                                    "splash",
                                    "discovery_splash",
                                    "banner",
                                    "owner_id",
                                    "afk_channel_id",
                                    "afk_timeout",
                                    "verification_level",
                                    "default_message_notifications",
                                    "explicit_content_filter",
                                    "roles",
                                    "emojis",
                                    "features",
                                    "mfa_level",
                                    "system_channel_id",
                                    "system_channel_flags",
                                    "rules_channel_id",
                                    "max_members",
                                    "vanity_url_code",
                                    "description",
                                    "premium_tier",
                                    "premium_subscription_count",
                                    "preferred_locale",
                                    "nsfw_level",
                                    "stickers",
                                    "safety_alerts_channel_id",
                                    "incidents_data",
                                    "joined_at",
                                    "large",
                                    "unavailable",
                                    "member_count",
                                    "voice_states",
                                    "members",
                                    "channels",
                                    "threads",
                                    "presences",
                                    "stage_instances",
                                    "guild_scheduled_events",
                                    "soundboard_sounds"}) {
                CHECK_MESSAGE(guild.contains(key), key);
            }
            channels += static_cast<double>(guild.at("channels").as_array().size());
            roles += static_cast<double>(guild.at("roles").as_array().size());
            emojis += static_cast<double>(guild.at("emojis").as_array().size());
            threads += static_cast<double>(guild.at("threads").as_array().size());
            voices += static_cast<double>(guild.at("voice_states").as_array().size());
            const std::int64_t count = guild.at("member_count").as_int64();
            CHECK(count >= want.least);
            CHECK(count <= want.most);
            CHECK(guild.at("large").as_bool() == (count > 50));
        }
        const auto near = [&](double sum, double wanted) { return std::abs(sum / 8 - wanted) <= wanted * 0.25 + 0.6; };
        CHECK_MESSAGE(near(bytes, want.bytes), want.name << ": " << bytes / 8 << " bytes, wanted " << want.bytes);
        CHECK_MESSAGE(near(channels, static_cast<double>(want.channels)), want.name << " channels " << channels / 8);
        CHECK_MESSAGE(near(roles, static_cast<double>(want.roles)), want.name << " roles " << roles / 8);
        CHECK_MESSAGE(near(emojis, static_cast<double>(want.emojis)), want.name << " emojis " << emojis / 8);
        CHECK_MESSAGE(near(threads, static_cast<double>(want.threads)), want.name << " threads " << threads / 8);
        CHECK_MESSAGE(near(voices, static_cast<double>(want.voices)), want.name << " voices " << voices / 8);
    }
}

TEST_CASE("the mix has the classes' shares") {
    const world where(mix_of(4000), 9, app);
    std::size_t under_100 = 0, community = 0;
    for (const std::uint64_t id : where.guilds()) {
        const auto count = parsed(where.guild_create(id, {.intents = 1, .large_threshold = 50})).at("member_count").as_int64();
        under_100 += count < 100;
        community += count > 500;
    }
    CHECK(under_100 > 2600);
    CHECK(community > 300);
    CHECK(community < 550);
}

TEST_CASE("what belongs to a guild has ids of its own, younger than the guild, and references hold") {
    const world where(mix_of(60), 21, app);
    std::set<std::uint64_t> seen;
    for (const std::uint64_t id : where.guilds()) {
        const json::object guild = parsed(where.guild_create(id, {.intents = 1, .large_threshold = 50}));
        std::set<std::uint64_t> roles, channels;
        for (const json::value& role : guild.at("roles").as_array()) roles.insert(id_in(role.as_object()));
        CHECK(roles.contains(id));  // @everyone
        for (const json::value& channel : guild.at("channels").as_array()) channels.insert(id_in(channel.as_object()));
        for (const json::value& item : guild.at("channels").as_array()) {
            const json::object& channel = item.as_object();
            CHECK(seen.insert(id_in(channel)).second);
            CHECK((id_in(channel) >> 22) > (id >> 22));
            CHECK(where.guild_of_channel(id_in(channel)) == id);
            if (const json::value* parent = channel.if_contains("parent_id"); parent != nullptr && parent->is_string()) {
                CHECK(channels.contains(id_in(channel, "parent_id")));
            }
            for (const json::value& overwrite : channel.at("permission_overwrites").as_array()) {
                if (overwrite.at("type") == 0) CHECK(roles.contains(id_in(overwrite.as_object())));
            }
        }
        for (const json::value& member : guild.at("members").as_array()) {
            for (const json::value& role : member.at("roles").as_array())
                CHECK(roles.contains(std::stoull(std::string(role.as_string()))));
        }
        for (const json::value& state : guild.at("voice_states").as_array()) {
            CHECK(channels.contains(id_in(state.as_object(), "channel_id")));
            CHECK_FALSE(state.as_object().contains("guild_id"));
        }
        for (const json::value& thread : guild.at("threads").as_array()) {
            CHECK(channels.contains(id_in(thread.as_object(), "parent_id")));
            CHECK(where.guild_of_channel(id_in(thread.as_object())) == id);
        }
    }
}

TEST_CASE("B17 members follow the view: bot and voice without presences, everyone below the threshold, the remarkable above") {
    const world where(mix_of(40, "medium"), 13, app);
    for (const std::uint64_t id : where.guilds()) {
        const json::object plain = parsed(where.guild_create(id, {.intents = bit(0) | bit(1), .large_threshold = 250}));
        CHECK(plain.at("members").as_array().size() == 1 + plain.at("voice_states").as_array().size());
        CHECK(plain.at("presences").as_array().empty());

        const json::object full = parsed(where.guild_create(id, {.intents = bit(0) | bit(8), .large_threshold = 250}));
        const auto count = static_cast<std::size_t>(full.at("member_count").as_int64());
        const std::size_t listed = full.at("members").as_array().size();
        std::set<std::uint64_t> online;
        for (const json::value& presence : full.at("presences").as_array()) {
            CHECK(presence.at("status") != "offline");
            online.insert(id_in(presence.at("user").as_object()));
        }
        if (count <= 250) {
            CHECK(listed == count);
        } else {
            CHECK(listed <= count);
            std::set<std::uint64_t> in_voice;
            for (const json::value& state : full.at("voice_states").as_array())
                in_voice.insert(id_in(state.as_object(), "user_id"));
            for (const json::value& item : full.at("members").as_array()) {
                const json::object& member = item.as_object();
                const std::uint64_t user = id_in(member.at("user").as_object());
                CHECK((online.contains(user) || in_voice.contains(user) || !member.at("roles").as_array().empty() ||
                       member.at("nick").is_string() || user == where.bot_user_id()));
            }
        }
    }
    // The bound of 75,000 is stronger than the intent.
    const world giants(mix_of(1, "giant"), 13, app);
    const json::object giant =
        parsed(giants.guild_create(giants.guilds()[0], {.intents = bit(0) | bit(8), .large_threshold = 250}));
    CHECK(giant.at("presences").as_array().empty());
    CHECK(giant.at("members").as_array().size() == 1 + giant.at("voice_states").as_array().size());
}

TEST_CASE("B16 joining and leaving change the guilds, and members coming and going change member_count") {
    world where(mix_of(20, "medium"), 4, app);
    const std::uint64_t id = where.join_guild("small", start);
    CHECK(where.has_guild(id));
    CHECK(where.guilds().size() == 21);
    CHECK(std::is_sorted(where.guilds().begin(), where.guilds().end()));
    CHECK(where.guild_create(id, {.intents = 1, .large_threshold = 50}) != nullptr);
    where.leave_guild(id);
    CHECK_FALSE(where.has_guild(id));
    CHECK(where.guild_create(id, {.intents = 1, .large_threshold = 50}) == nullptr);

    std::map<std::uint64_t, std::int64_t> counts;
    std::map<std::uint64_t, std::set<std::uint64_t>> present;
    const auto user_of = [](const std::string& member) { return id_in(parsed(member).at("user").as_object()); };
    for (const std::uint64_t guild : where.guilds()) {
        counts[guild] = parsed(where.guild_create(guild, {.intents = 1, .large_threshold = 50})).at("member_count").as_int64();
        for (const std::string& member : where.members(guild, "", 0)) present[guild].insert(user_of(member));
        CHECK(static_cast<std::int64_t>(present[guild].size()) == counts[guild]);
    }
    int adds = 0, removes = 0;
    for (int i = 0; i < 20000; ++i) {
        const world_event event = where.random_event(start + std::chrono::milliseconds(i));
        if (event.name != "GUILD_MEMBER_ADD" && event.name != "GUILD_MEMBER_REMOVE") continue;
        const std::uint64_t user = id_in(parsed(event.data).at("user").as_object());
        if (event.name == "GUILD_MEMBER_ADD") {
            if (present[event.guild].insert(user).second) ++counts[event.guild], ++adds;
        } else {
            CHECK(present[event.guild].erase(user) == 1);
            --counts[event.guild], ++removes;
        }
    }
    CHECK(adds > 100);
    CHECK(removes > 100);
    for (const std::uint64_t guild : where.guilds()) {
        CHECK(parsed(where.guild_create(guild, {.intents = 1, .large_threshold = 50})).at("member_count").as_int64() ==
              counts[guild]);
        std::set<std::uint64_t> now;
        for (const std::string& member : where.members(guild, "", 0)) now.insert(user_of(member));
        CHECK(now == present[guild]);
    }
}

TEST_CASE("members are found by id, by the start of their name, and no more than asked for") {
    const world where(mix_of(3, "community"), 6, app);
    const std::uint64_t guild = where.guilds()[0];
    const auto all = where.members(guild, "", 0);
    CHECK(all.size() > 400);
    CHECK(where.members(guild, "", 7).size() == 7);
    const json::object second = parsed(all[1]);
    const std::string name(second.at("user").at("username").as_string());
    bool found = false;
    for (const std::string& member : where.members(guild, name.substr(0, 3), 100)) {
        const json::object one = parsed(member);
        CHECK(std::string(one.at("user").at("username").as_string()).starts_with(name.substr(0, 3)));
        found = found || one == second;
    }
    CHECK(found);
    CHECK(where.member(guild, id_in(second.at("user").as_object())) == all[1]);
    CHECK_FALSE(where.member(guild, 123).has_value());
    CHECK(where.member(guild, where.bot_user_id()).has_value());
}

TEST_CASE("sessions with the same view share one text while anybody holds it") {
    const world where(mix_of(5, "medium"), 6, app);
    const std::uint64_t guild = where.guilds()[0];
    const shared_text first = where.guild_create(guild, {.intents = 1 | bit(9), .large_threshold = 50});
    CHECK(where.guild_create(guild, {.intents = 1, .large_threshold = 50}) == first);
    CHECK(where.guild_create(guild, {.intents = 1 | bit(8), .large_threshold = 50}) != first);
}

TEST_CASE("minted ids are of the time, ascending and never the same twice") {
    world where(mix_of(1), 6, app);
    std::uint64_t last = 0;
    for (int i = 0; i < 20000; ++i) {
        const std::uint64_t id = where.mint_id(start + std::chrono::milliseconds(i / 5000));
        CHECK(id > last);
        last = id;
    }
    CHECK(static_cast<std::int64_t>(last >> 22) + 1420070400000 - where.unix_ms(start) < 20);
}

TEST_CASE("every string is valid UTF-8 and the world has emoji, other scripts and escapes") {
    const world where(mix_of(300), 17, app);
    std::string all;
    for (const std::uint64_t id : where.guilds()) {
        const shared_text text = where.guild_create(id, {.intents = 1 | bit(8), .large_threshold = 50});
        REQUIRE(is_utf8(*text));
        all += *text;
        if (all.size() > 6'000'000) break;
    }
    for (const char* part : {"\\u0000", "\\ud83d\\ude00", "\\/", "😀", "привет", "\\\"", "\\n"}) {
        CHECK_MESSAGE(all.find(part) != std::string::npos, part);
    }
}

TEST_CASE("a guild that nobody asked for is a few words") {
    // A world of 100,000 guilds is then some megabytes, and made in an instant: their JSON is written on demand.
    CHECK(sizeof(guild_record) <= 48);
}
