// Mentions, times, links and pictures as Discord writes them.
#include <doctest/doctest.h>

#include "shoal/shoal.hpp"

using namespace shoal;
using namespace std::chrono_literals;

TEST_CASE("mentions, emojis, times and links are written as Discord reads them") {
    CHECK(mention(user_id(1)) == "<@1>");
    CHECK(mention(channel_id(2)) == "<#2>");
    CHECK(mention(role_id(3)) == "<@&3>");
    CHECK(mention(command_id(4), "config set") == "</config set:4>");
    CHECK(show_emoji(emoji_id(5), "party", true) == "<a:party:5>");
    CHECK(show_emoji(emoji_id(5), "party") == "<:party:5>");
    CHECK(show_emoji(emoji_id(), "🔥") == "🔥");
    const std::chrono::sys_seconds when(1700000000s);
    CHECK(show_time(when) == "<t:1700000000:f>");
    CHECK(show_time(when + 999ms, time_style::relative) == "<t:1700000000:R>");
    CHECK(show_time(std::chrono::sys_seconds(-1s) - 1ms, time_style::long_date) == "<t:-2:D>");
    CHECK(message_link(guild_id(1), channel_id(2), message_id(3)) == "https://discord.com/channels/1/2/3");
    CHECK(message_link(guild_id(), channel_id(2), message_id(3)) == "https://discord.com/channels/@me/2/3");
    CHECK(as_plain_text("*a* _b_ `c` [d](e)") == R"(\*a\* \_b\_ \`c\` \[d\]\(e\))");
}

TEST_CASE("Discord's times are read to the microsecond, in any offset, and what is no time is none") {
    const auto at = [](std::string_view text) { return timestamp(text).time(); };
    using std::chrono::sys_days;
    const auto day = sys_days(std::chrono::year(2026) / 8 / 6);
    CHECK(at("2026-08-06T11:31:01.000250+00:00") == timestamp::time_point(day) + 11h + 31min + 1s + 250us);
    CHECK(at("2026-08-06T11:31:01Z") == timestamp::time_point(day) + 11h + 31min + 1s);
    CHECK(at("2026-08-06T11:31:01.5+02:00") == timestamp::time_point(day) + 9h + 31min + 1s + 500ms);
    CHECK(at("2026-08-06 01:00:00-0130") == timestamp::time_point(day) + 2h + 30min);
    CHECK(at("2026-08-06T11:31:01.1234567899+00:00") == timestamp::time_point(day) + 11h + 31min + 1s + 123456us);
    CHECK(at("2024-02-29T00:00:00Z").has_value());
    for (const char* none :
         {"", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-08-06", "2026-08-06T11:31:01", "2026-08-06T11:31:01.Z",
          "2026-08-06T24:00:00Z", "2026-08-06T11:31:01Zx", "26-08-06T11:31:01Z", "1700000000"}) {
        CAPTURE(none);
        CHECK_FALSE(at(none));
    }
    CHECK_FALSE(timestamp());
    CHECK(timestamp("x"));
    CHECK(timestamp("x").text() == "x");
}

TEST_CASE("pictures have the urls of Discord's table, moving where they move, and none where there is no picture") {
    user_view user;
    user.id = user_id(80351110224678912);
    user.discriminator = "0";
    CHECK(cdn::avatar(user) == "https://cdn.discordapp.com/embed/avatars/5.png");
    user.discriminator = "1337";
    CHECK(cdn::avatar(user) == "https://cdn.discordapp.com/embed/avatars/2.png");
    user.avatar = "8342729096ea3675442027381ff50dfe";
    const std::string base = "https://cdn.discordapp.com/";
    CHECK(cdn::avatar(user) == base + "avatars/80351110224678912/8342729096ea3675442027381ff50dfe.webp");
    CHECK(cdn::avatar(user, {.format = cdn::image_format::png, .size_px = 100}) ==
          base + "avatars/80351110224678912/8342729096ea3675442027381ff50dfe.png?size=128");
    CHECK(cdn::avatar(user, {.format = cdn::image_format::gif}).ends_with("dfe.png"));
    user.avatar = "a_1269e74af4df7417b13759eae50c83dc";
    CHECK(cdn::avatar(user, {.size_px = 5000}).ends_with("a_1269e74af4df7417b13759eae50c83dc.webp?animated=true&size=4096"));
    CHECK(cdn::avatar(user, {.format = cdn::image_format::gif}).ends_with("dc.gif"));
    CHECK(cdn::avatar(user, {.format = cdn::image_format::webp}).ends_with("dc.webp"));
    member_view member;
    member.user = user;
    CHECK(cdn::avatar(guild_id(1), member) == cdn::avatar(user));
    member.avatar = "abc";
    CHECK(cdn::avatar(guild_id(1), member) == base + "guilds/1/users/80351110224678912/avatars/abc.webp");
    CHECK(cdn::banner(user).empty());
    CHECK(cdn::guild_icon(guild_id(1), "").empty());
    CHECK(cdn::guild_icon(guild_id(1), "h") == base + "icons/1/h.webp");
    CHECK(cdn::emoji(emoji_id(5), true) == base + "emojis/5.webp?animated=true");
    CHECK(cdn::emoji(emoji_id()).empty());
    CHECK(cdn::sticker(sticker_id(6), sticker_format::lottie) == base + "stickers/6.json");
    CHECK(cdn::sticker(sticker_id(6), sticker_format::gif) == "https://media.discordapp.net/stickers/6.gif");
    CHECK(cdn::scheduled_event_cover(scheduled_event_id(7), "h") == base + "guild-events/7/h.webp");
}

TEST_CASE("a set of flags keeps bits that have no name") {
    const flag_set<message_flag> flags(std::uint64_t{1} << 40 | 1U << 6);
    CHECK(flags.has(message_flag::ephemeral));
    CHECK_FALSE(flags.has(message_flag::ephemeral | message_flag::urgent));
    CHECK(flags.has_any(message_flag::ephemeral | message_flag::urgent));
    CHECK((flags - message_flag::ephemeral).bits() == std::uint64_t{1} << 40);
    CHECK_FALSE(flags.empty());
}
