// What a path is counted by: keys without ids, the top-level resource, and what may be repeated.
#include "rest/route.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace shoal;

namespace {
rest::route of(std::string_view method, std::string path, std::string_view body = {}, rest::route_context known = {}) {
    auto found = rest::route_of(method, std::move(path), body, known);
    REQUIRE(found);
    return std::move(*found);
}
constexpr std::int64_t noon = 1'700'000'000'000;
std::string message_of_age(std::int64_t age_ms) {
    constexpr std::int64_t epoch = 1'420'070'400'000;
    return std::to_string(static_cast<std::uint64_t>(noon - age_ms - epoch) << 22);
}
}  // namespace

TEST_CASE("ids leave the key, and the first of channels, guilds and webhooks is the resource that limits are counted by") {
    CHECK(of("POST", "/channels/5/messages").key == "POST /channels/{channel}/messages");
    CHECK(of("POST", "/channels/5/messages").major == "5");
    CHECK(of("GET", "/channels/5/messages?limit=100&before=7").key == "GET /channels/{channel}/messages");
    CHECK(of("GET", "/channels/5/messages/6").key == "GET /channels/{channel}/messages/{id}");
    CHECK(of("PATCH", "/guilds/10/members/20").major == "10");
    CHECK(of("PATCH", "/guilds/10/members/20").key == "PATCH /guilds/{guild}/members/{id}");
    CHECK(of("GET", "/users/@me/guilds").key == "GET /users/@me/guilds");
    CHECK(of("GET", "/users/@me/guilds").major.empty());
    CHECK(of("GET", "/invites/abc-def").key == of("GET", "/invites/xyz").key);
    CHECK(of("DELETE", "/applications/1/guilds/2/commands/3").key == "DELETE /applications/{id}/guilds/{id}/commands/{id}");
    CHECK(of("DELETE", "/applications/1/guilds/2/commands/3").major.empty());
}

TEST_CASE("webhooks with a token go without the bot's; only the application's own are free of the global limit") {
    const auto hook = of("POST", "/webhooks/8/tok?wait=true", {}, {.application = application_id(9)});
    CHECK(hook.major == "8/tok");
    CHECK_FALSE(hook.authorized);
    CHECK(hook.counts_globally);
    CHECK_FALSE(of("POST", "/webhooks/9/tok", {}, {.application = application_id(9)}).counts_globally);
    CHECK(of("GET", "/webhooks/8").authorized);
    CHECK(of("GET", "/webhooks/8").major == "8");
    CHECK_FALSE(of("POST", "/interactions/7/tok/callback").counts_globally);
}

TEST_CASE("all variants of adding and removing a reaction are one bucket, listing them is another") {
    const auto add = of("PUT", "/channels/5/messages/6/reactions/%F0%9F%91%8D/@me");
    CHECK(add.key == of("DELETE", "/channels/5/messages/6/reactions/x:123/20").key);
    CHECK(add.key == of("DELETE", "/channels/5/messages/6/reactions").key);
    CHECK(add.key != of("GET", "/channels/5/messages/6/reactions/x:123").key);
}

TEST_CASE("deleting a message is counted by its age, renaming a channel apart from its other changes") {
    const auto remove = [](std::int64_t age_ms) {
        return of("DELETE", "/channels/5/messages/" + message_of_age(age_ms), {}, {.unix_ms = noon}).key;
    };
    const std::int64_t day = 24LL * 3600 * 1000;
    CHECK(remove(9'000) == "DELETE /channels/{channel}/messages/{id} (under 10 s)");
    CHECK(remove(11'000) == "DELETE /channels/{channel}/messages/{id}");
    CHECK(remove(13 * day) == "DELETE /channels/{channel}/messages/{id}");
    CHECK(remove(15 * day) == "DELETE /channels/{channel}/messages/{id} (over 14 days)");
    CHECK(of("PATCH", "/channels/5", R"({"name":"x"})").key == of("PATCH", "/channels/5", R"({"nsfw":true,"topic":null})").key);
    CHECK(of("PATCH", "/channels/5", R"({"nsfw":true})").key != of("PATCH", "/channels/5", R"({"name":"x"})").key);
}

TEST_CASE("everything but POST leaves the same state when it is done twice") {
    for (const auto* method : {"GET", "PUT", "PATCH", "DELETE"}) CHECK(of(method, "/guilds/1/roles").harmless_to_repeat);
    CHECK_FALSE(of("POST", "/guilds/1/roles").harmless_to_repeat);
}
