// Typed REST calls: what goes out for them, and what is read of the answers.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "bot_fixture.hpp"
#include "discord/json_cursor.hpp"

using namespace shoal;
using namespace shoal::test;

namespace {

std::string header_of(const net::http_request& request, std::string_view name) {
    for (const auto& each : request.headers) {
        if (each.name == name) return each.value;
    }
    return {};
}

/// Runs `what` in a handler and answers every request with `body`.
template <class What>
void in_handler(fixture& f, std::string body, What what) {
    bool ended = false;
    f.bot.on([&](message_create) -> task<> {
        co_await what(f.bot.rest());
        ended = true;
    });
    f.http.answer = [body](const net::http_request&) { return net::http_response{200, {}, body}; };
    f.open();
    CHECK(f.message(R"("x")"));
    f.on.run_for(1h);
    CHECK(ended);
}

}  // namespace

TEST_CASE("a change sends what was set, clears what was cleared, and leaves out the rest") {
    fixture f;
    in_handler(f, R"({"id":"5","type":0,"name":"new","topic":null,"nsfw":true})", [](rest_api rest) -> task<> {
        const auto channel =
            co_await rest
                .edit_channel(channel_id(5), {.name = "new",
                                              .topic = nullptr,
                                              .nsfw = true,
                                              .rate_limit = std::chrono::seconds(5),
                                              .overwrites = std::vector<placed_overwrite>{{.id = 10,
                                                                                           .type = overwrite_type::role,
                                                                                           .allow = permission::view_channel}}})
                .reason("tidying");
        CHECK(channel->name == "new");
        CHECK(channel->id == channel_id(5));
        CHECK(channel->nsfw);
    });
    REQUIRE(f.http.lines() == std::vector<std::string>{"PATCH /api/channels/5"});
    CHECK(
        f.http.requests[0].body ==
        R"({"name":"new","topic":null,"nsfw":true,"rate_limit_per_user":5,"permission_overwrites":[{"id":"10","type":0,"allow":"1024"}]})");
    CHECK(header_of(f.http.requests[0], "X-Audit-Log-Reason") == "tidying");
    CHECK(header_of(f.http.requests[0], "Content-Type") == "application/json");
}

TEST_CASE("queries, emojis and pictures are written as Discord reads them") {
    fixture f;
    in_handler(f, "[]", [](rest_api rest) -> task<> {
        (void)co_await rest.list_messages(channel_id(5), {.before = message_id(7), .limit = 100});
        (void)co_await rest.list_messages(channel_id(5));
        (void)co_await rest.search_members(guild_id(10), {.query = "a b&c=ä", .limit = 3});
        co_await rest.add_reaction(channel_id(5), message_id(6), "👍");
        co_await rest.add_reaction(channel_id(5), message_id(6), {"x", emoji_id(9)});
        (void)co_await rest.create_emoji(guild_id(10), {.name = "e", .image = image("\x89PNG12")}).result();
        co_await rest
            .edit_member(guild_id(10), user_id(20), {.timeout_until = std::chrono::sys_days(std::chrono::year(2026) / 2 / 3)})
            .result();
    });
    CHECK(f.http.lines() == std::vector<std::string>{
                                "GET /api/channels/5/messages?before=7&limit=100",
                                "GET /api/channels/5/messages",
                                "GET /api/guilds/10/members/search?query=a%20b%26c%3D%C3%A4&limit=3",
                                "PUT /api/channels/5/messages/6/reactions/%F0%9F%91%8D/@me",
                                "PUT /api/channels/5/messages/6/reactions/x%3A9/@me",
                                "POST /api/guilds/10/emojis",
                                "PATCH /api/guilds/10/members/20",
                            });
    REQUIRE(f.http.requests.size() == 7);
    CHECK(f.http.requests[5].body == R"({"name":"e","image":"data:image/png;base64,iVBORzEy"})");
    CHECK(f.http.requests[6].body == R"({"communication_disabled_until":"2026-02-03T00:00:00.000Z"})");
}

TEST_CASE("what an answer gives owns what it lies in") {
    fixture f;
    std::vector<owned_list<role_view>> kept;
    in_handler(f, R"([{"id":"1","name":"a\u0062c","permissions":"9007199254740993"},{"id":"2","name":"d"}])",
               [&](rest_api rest) -> task<> { kept.push_back(co_await rest.list_roles(guild_id(10))); });
    REQUIRE(kept.front().size() == 2);
    CHECK(kept.front()[0].name == "abc");
    CHECK(kept.front()[0].permissions.bits() == 9007199254740993ULL);
    CHECK(kept.front()[1].name == "d");
}

TEST_CASE("a list is fetched page by page while it is read, and no page more than is needed") {
    fixture f;
    std::vector<std::uint64_t> seen;
    f.bot.on([&](message_create) -> task<> {
        auto members = f.bot.rest().all_members(guild_id(10));
        CHECK(f.http.requests.empty());
        while (const auto* each = co_await members.next()) seen.push_back(each->user.id.value());
        CHECK(co_await members.next() == nullptr);
    });
    f.http.answer = [](const net::http_request& request) {
        const auto at = request.url.find("after=");
        const std::uint64_t after = at == std::string::npos ? 0 : std::stoull(request.url.substr(at + 6));
        std::string list = "[";
        for (auto i = after + 1; i <= std::min<std::uint64_t>(after + 1000, 2500); ++i) {
            list += (list.size() == 1 ? "" : ",") + (R"({"user":{"id":")" + std::to_string(i)) + R"("}})";
        }
        return net::http_response{200, {}, list + "]"};
    };
    f.open();
    CHECK(f.message(R"("x")"));
    f.on.run_for(10s);
    CHECK(seen.size() == 2500);
    CHECK(f.http.lines() == std::vector<std::string>{"GET /api/guilds/10/members?limit=1000",
                                                     "GET /api/guilds/10/members?limit=1000&after=1000",
                                                     "GET /api/guilds/10/members?limit=1000&after=2000"});
}

TEST_CASE("answers that are not what was asked for fail by name") {
    for (const auto* body : {"null", "7", "[1]", R"({"channels":[]})", ""}) {
        CAPTURE(body);
        fixture f;
        in_handler(f, body, [&](rest_api rest) -> task<> {
            const auto object = co_await rest.get_guild(guild_id(10)).result();
            const auto list = co_await rest.list_active_threads(guild_id(10)).result();
            const auto number = co_await rest.count_prunable(guild_id(10)).result();
            if (std::string_view(body).front() != '{') CHECK(object.error().is(bot_errc::bad_answer));
            REQUIRE_FALSE(list);
            CHECK(list.error().is(bot_errc::bad_answer));
            REQUIRE_FALSE(number);
            CHECK(number.error().is(bot_errc::bad_answer));
        });
    }
}

TEST_CASE("messages go out whole with an enforced nonce, tell nobody of mentions, and are checked before") {
    fixture f;
    std::vector<std::string> refused;
    in_handler(f, R"({"id":"77","content":"hi"})", [&](rest_api rest) -> task<> {
        const auto sent = co_await rest.send_message(channel_id(5), {.content = "hi @everyone", .embeds = {{.title = "T"}}});
        CHECK(sent.id == message_id(77));
        const auto long_title =
            co_await rest.send_message(channel_id(5), {.embeds = {{.title = std::string(257, 'x')}}}).result();
        refused.push_back(long_title.error().detail());
        const auto edited = co_await rest.edit_message(channel_id(5), message_id(77), {.content = "new", .embeds = nullptr});
        CHECK(edited->content == "hi");
        const auto bad_edit =
            co_await rest.edit_message(channel_id(5), message_id(77), {.content = std::string(2001, 'x')}).result();
        refused.push_back(bad_edit.error().detail());
        (void)co_await rest.execute_webhook(webhook_id(8), "to/ken", {.content = "w"},
                                            {.username = "u", .thread = channel_id(9)});
        (void)co_await rest.create_forum_thread(channel_id(5), {.name = "n"}, {.content = "first"});
    });
    CHECK(f.http.lines() == std::vector<std::string>{"POST /api/channels/5/messages", "PATCH /api/channels/5/messages/77",
                                                     "POST /api/webhooks/8/to%2Fken?wait=true&thread_id=9",
                                                     "POST /api/channels/5/threads"});
    REQUIRE(f.http.requests.size() == 4);
    const discord::json_value first(f.http.requests[0].body);
    CHECK(first["enforce_nonce"].value_or(false));
    CHECK(first["allowed_mentions"].raw() == R"({"parse":[],"replied_user":false})");
    CHECK(first["embeds"].raw() == R"([{"title":"T"}])");
    CHECK(f.http.requests[1].body == R"({"content":"new","embeds":null,"allowed_mentions":{"parse":[],"replied_user":false}})");
    CHECK(header_of(f.http.requests[2], "Authorization").empty());
    CHECK(f.http.requests[3].body.starts_with(R"({"name":"n","message":{"content":"first")"));
    REQUIRE(refused.size() == 2);
    CHECK(refused[0].find("embeds[0].title has 257 characters") != std::string::npos);
    CHECK(refused[1].find("content has 2001 characters") != std::string::npos);
}
