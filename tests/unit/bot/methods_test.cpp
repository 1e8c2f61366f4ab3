// What objects can do: each method sends what the call of bot.rest() sends, with the ids of its object.
#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/task_group.hpp"
#include "bot_fixture.hpp"

using namespace shoal;
using namespace shoal::test;

namespace {

constexpr auto home =
    R"({"id":"10","name":"Home","owner_id":"5","unavailable":false,"member_count":2,"roles":[{"id":"10","name":"@everyone","permissions":"0"},)"
    R"({"id":"31","name":"mods","permissions":"8","position":1}],"channels":[{"id":"20","type":0,"name":"general"}],)"
    R"("threads":[{"id":"25","type":11,"parent_id":"20","name":"t","thread_metadata":{"archived":false,"auto_archive_duration":60}}],)"
    R"("emojis":[{"id":"60","name":"a"}],"stickers":[],"voice_states":[],"members":[{"user":{"id":"5","username":"ann"},"roles":["31"]}]})";

constexpr auto written =
    R"({"id":"50","channel_id":"20","guild_id":"10","author":{"id":"5","username":"ann"},"member":{"roles":["31"]},"content":"x"})";

struct acting : fixture {
    acting() : fixture({.cache = cache_preset::everything}) {
        http.answer = [](const net::http_request& request) {
            if (request.url.ends_with("/users/@me/channels")) return net::http_response{200, {}, R"({"id":"77","type":1})"};
            return net::http_response{200, {}, R"({"id":"51","channel_id":"20","user":{"id":"5"}})"};
        };
    }
    /// The requests that a handler of a message makes.
    template <class What>
    std::vector<std::string> asked(What what) {
        bool ended = false;
        bot.on([&ended, what](message_create event) -> task<> {
            co_await what(event);
            ended = true;
        });
        open();
        ready(R"([{"id":"10","unavailable":true}])");
        REQUIRE(feed("GUILD_CREATE", home, host::guild_change::loaded));
        CHECK(feed("MESSAGE_CREATE", written));
        on.run_for(1h);
        CHECK(ended);
        CHECK(log.empty());
        return http.lines();
    }
};

using lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a message is answered, edited, reacted to, pinned and removed where it is") {
    acting f;
    CHECK(f.asked([](message_create event) -> task<> {
        const auto& it = event.message();
        co_await it.reply("hello");
        co_await it.edit("changed");
        co_await it.react("👍");
        co_await it.unreact("👍");
        co_await it.pin().reason("good");
        co_await it.create_thread({.name = "t"});
        co_await it.remove();
    }) == lines{"POST /api/channels/20/messages", "PATCH /api/channels/20/messages/50",
                "PUT /api/channels/20/messages/50/reactions/%F0%9F%91%8D/@me",
                "DELETE /api/channels/20/messages/50/reactions/%F0%9F%91%8D/@me", "PUT /api/channels/20/messages/pins/50",
                "POST /api/channels/20/messages/50/threads", "DELETE /api/channels/20/messages/50"});
    CHECK(f.http.requests[0].body.find(R"("message_reference":{"message_id":"50","fail_if_not_exists":false})") !=
          std::string::npos);
    CHECK(f.http.requests[1].body.find(R"("content":"changed")") != std::string::npos);
}

TEST_CASE("what was sent can be edited and removed without its event") {
    acting f;
    CHECK(f.asked([](message_create event) -> task<> {
        const auto sent = co_await event.channel().send("one");
        co_await sent.edit("two");
        co_await sent.react("👍");
        co_await sent.remove();
    }) == lines{"POST /api/channels/20/messages", "PATCH /api/channels/20/messages/51",
                "PUT /api/channels/20/messages/51/reactions/%F0%9F%91%8D/@me", "DELETE /api/channels/20/messages/51"});
}

TEST_CASE("a member knows its guild, in an event and in the cache") {
    acting f;
    CHECK(f.asked([](message_create event) -> task<> {
        const auto* member = event.message().member;
        REQUIRE(member != nullptr);
        CHECK(member->user.id == user_id(5));
        co_await member->add_role(role_id(31));
        co_await member->remove_role(role_id(31)).reason("demoted");
        co_await member->end_timeout();
        co_await member->ban({.delete_messages_of_last = std::chrono::hours(1)});
        const auto cached = event.guild()->member(user_id(5));
        co_await cached->kick();
    }) == lines{"PUT /api/guilds/10/members/5/roles/31", "DELETE /api/guilds/10/members/5/roles/31",
                "PATCH /api/guilds/10/members/5", "PUT /api/guilds/10/bans/5", "DELETE /api/guilds/10/members/5"});
    CHECK(f.http.requests[2].body == R"({"communication_disabled_until":null})");
}

TEST_CASE("a timeout ends so long from now") {
    acting f;
    CHECK(f.asked([](message_create event) -> task<> {
        co_await event.guild()->member(user_id(5))->timeout(std::chrono::hours(1));
    }) == lines{"PATCH /api/guilds/10/members/5"});
    const auto& body = f.http.requests[0].body;
    const auto at = body.find("\":\"");
    const auto when = timestamp(std::string_view(body).substr(at + 3, 24)).time();
    REQUIRE(when);
    const auto left = *when - std::chrono::system_clock::now();
    CHECK(left > std::chrono::minutes(55));
    CHECK(left <= std::chrono::minutes(60));
}

TEST_CASE("somebody is written to in direct messages, which are opened first") {
    acting f;
    CHECK(f.asked([](message_create event) -> task<> {
        const auto sent = co_await event.author().send("psst");
        CHECK(sent.channel_id == channel_id(77));
        const auto refused = co_await event.author().send(std::string(2001, 'x')).result();
        REQUIRE_FALSE(refused);
        CHECK(refused.error().is(bot_errc::bad_request));
    }) == lines{"POST /api/users/@me/channels", "POST /api/channels/77/messages"});
    CHECK(f.http.requests[0].body == R"({"recipient_id":"5"})");
}

TEST_CASE("channels, threads, roles and emojis of the cache, and the guild itself, can be acted on") {
    acting f;
    CHECK(f.asked([&f](message_create event) -> task<> {
        const auto* guild = event.guild();
        // Read before the first wait: what lies in the cache is good until then; the calls are not bound to it.
        auto rename = guild->channel(channel_id(20))->edit({.name = "new"});
        auto archive = guild->thread(channel_id(25))->archive();
        auto join = guild->thread(channel_id(25))->join();
        auto color = guild->role(role_id(31))->edit({.name = "crew"});
        auto drop = guild->emoji(emoji_id(60))->remove();
        auto create = guild->create_role({.name = "r"});
        auto unban = guild->unban(user_id(6));
        co_await std::move(rename);
        co_await std::move(archive);
        co_await std::move(join);
        co_await std::move(color);
        co_await std::move(drop);
        co_await std::move(create);
        co_await std::move(unban);
        co_await f.bot.channel(channel_id(20)).show_typing();
    }) == lines{"PATCH /api/channels/20", "PATCH /api/channels/25", "PUT /api/channels/25/thread-members/@me",
                "PATCH /api/guilds/10/roles/31", "DELETE /api/guilds/10/emojis/60", "POST /api/guilds/10/roles",
                "DELETE /api/guilds/10/bans/6", "POST /api/channels/20/typing"});
    CHECK(f.http.requests[1].body == R"({"archived":true})");
}

TEST_CASE("what a call answers has methods too, with the guild that was asked") {
    acting f;
    f.http.answer = [](const net::http_request& request) {
        if (request.method == "GET") return net::http_response{200, {}, R"([{"id":"31","name":"mods"}])"};
        return net::http_response{200, {}, R"({"id":"31","name":"crew"})"};
    };
    CHECK(f.asked([&f](message_create) -> task<> {
        const auto roles = co_await f.bot.rest().list_roles(guild_id(10));
        const auto changed = co_await roles[0].edit({.name = "crew"});
        co_await changed->remove();
    }) == lines{"GET /api/guilds/10/roles", "PATCH /api/guilds/10/roles/31", "DELETE /api/guilds/10/roles/31"});
}

TEST_CASE("a copy of an object acts after its event is gone, and after the bot has stopped its calls fail") {
    fixture f;
    std::optional<message_view> kept;
    f.bot.on([&](const message_create& event) { kept = event.message(); });
    f.open();
    CHECK(f.feed("MESSAGE_CREATE", written));
    CHECK(f.owner.open.empty());  // The event has ended, and its buffer with it.
    REQUIRE(kept);
    std::vector<std::string> outcomes;
    const auto remove = [](message_view it, std::vector<std::string>& out) -> task<> {
        const auto done = co_await it.remove().result();
        out.push_back(done ? "done" : done.error().message());
    };
    f.on_thread([&] {
        f.bot.inside().forget("test", [](task<> inner) -> task<result<void>> {
            co_await std::move(inner);
            co_return result<void>{};
        }(remove(*kept, outcomes)));
    });
    f.on.run_for(1s);
    CHECK(f.http.lines() == lines{"DELETE /api/channels/20/messages/50"});
    REQUIRE(outcomes.size() == 1);
    CHECK(outcomes[0] == "done");
}

TEST_CASE("within the grace of a stop a method still works; after it, it ends with not_running, on any thread") {
    acting f;
    std::optional<sent_message> kept;
    std::optional<owned<message_view>> copy;
    bool in_grace = false;
    f.bot.on([&](message_create event) -> task<> {
        kept = co_await event.channel().send("one");
        copy = co_await event.channel().get_message(message_id(50));
        co_await f.gate(1);
        in_grace = (co_await kept->edit("two").result()).has_value();
    });
    f.open();
    CHECK(f.feed("MESSAGE_CREATE", written));
    f.on.run_for(1s);
    f.inside().drain(60s, [&] { f.drained = true; });
    f.on.run_for(1s);
    CHECK_FALSE(f.drained);
    f.gate.open(1);
    f.on.run_for(1s);
    CHECK(in_grace);
    CHECK(f.drained);
    f.inside().close();
    const auto sent = f.http.requests.size();

    std::vector<std::string> said;
    const auto ask = [&] {
        task_group children;
        children.start(
            [](acting& g, const sent_message& one, const message_view& other, std::vector<std::string>& out) -> task<> {
                const auto why = [](const auto& outcome) { return outcome ? "done" : std::string(outcome.error().text()); };
                out.push_back(why(co_await one.edit("three").result()));
                out.push_back(why(co_await other.reply("three").result()));
                out.push_back(why(co_await other.pin().reason("late").result()));
                out.push_back(why(co_await g.bot.channel(channel_id(20)).send("three").result()));
            }(f, *kept, **copy, said));
    };
    f.on_thread(ask);
    std::thread(ask).join();
    CHECK(said == lines(8, "the bot does not run"));
    CHECK(f.http.requests.size() == sent);
}

TEST_CASE("what a handler that outlives the stop begins as it is given up is dropped, and told to nobody") {
    acting f;
    struct tail {
        std::optional<sent_message> kept;
        ~tail() {
            if (kept) kept->remove().forget();
        }
    };
    f.bot.on([&](message_create event) -> task<> {
        tail last;
        last.kept = co_await event.channel().send("one");
        co_await f.gate(1);
    });
    f.open();
    CHECK(f.feed("MESSAGE_CREATE", written));
    f.on.run_for(1s);
    f.drain(5s);
    CHECK(f.drained);
    f.inside().close();
    f.on.run_for(1s);
    CHECK(f.owner.open.empty());
    CHECK(std::ranges::none_of(f.log, [](const log_line& each) { return each.level >= log_level::error; }));
}
