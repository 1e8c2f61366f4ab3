// Commands from their interaction to their answer.
#include <doctest/doctest.h>

#include <chrono>
#include <stdexcept>

#include "bot_fixture.hpp"
#include "discord/json_cursor.hpp"

using namespace shoal;
using namespace shoal::test;
using discord::json_value;

namespace {
constexpr auto callback = "POST /api/interactions/800/tok/callback";
constexpr auto original = "PATCH /api/webhooks/700/tok/messages/@original";
constexpr auto followup = "POST /api/webhooks/700/tok";

std::string content_of(const net::http_request& request) {
    const json_value body(request.body);
    return (body["data"] ? body["data"]["content"] : body["content"]).text_or("");
}
std::int64_t flags_of(const net::http_request& request) {
    const json_value body(request.body);
    return (body["data"] ? body["data"]["flags"] : body["flags"]).value_or<std::int64_t>(0);
}
}  // namespace

TEST_CASE("a command's parameters are its options, and its reply is the interaction's answer") {
    fixture f;
    f.bot.command("repeat", "Says it several times",
                  [](context ctx, opt<"text", "What", std::string> text, opt<"times", "How often", std::int64_t> times,
                     opt<"who", "For whom", std::optional<user_id>> who) -> task<> {
                      CHECK_FALSE(who.given());
                      CHECK(ctx.user().name() == "Ann");
                      CHECK(ctx.guild_id() == guild_id(10));
                      CHECK(ctx.channel_id() == channel_id(20));
                      CHECK(ctx.locale() == "de");
                      CHECK(ctx.command() == "repeat");
                      CHECK(ctx.member()->permissions == permission::administrator);
                      std::string out;
                      for (std::int64_t i = 0; i < times; ++i) out += *text;
                      co_await ctx.replyf("{} from {}/{}", out, ctx.shard_id(), ctx.total_shards());
                  });
    f.open();
    CHECK(f.slash("repeat", R"([{"name":"text","type":3,"value":"ab"},{"name":"times","type":4,"value":3}])"));
    CHECK(f.owner.open.size() == 1);
    f.on.run_for(1s);
    REQUIRE(f.http.lines() == std::vector<std::string>{callback});
    CHECK(f.http.requests[0].body ==
          R"({"type":4,"data":{"content":"ababab from 3/16","allowed_mentions":{"parse":[],"replied_user":false}}})");
    CHECK(f.owner.open.empty());
    CHECK(f.log.empty());
}

TEST_CASE("interaction answers carry no bot token and their own content type") {
    fixture f;
    f.bot.command("ping", "Pong", [](context ctx) -> task<> { co_await ctx.reply("pong"); });
    f.open();
    CHECK(f.slash("ping"));
    f.on.run_for(1s);
    REQUIRE(f.http.requests.size() == 1);
    bool json = false;
    for (const auto& header : f.http.requests[0].headers) {
        CHECK(header.name != "Authorization");
        if (header.name == "Content-Type") json = header.value == "application/json";
    }
    CHECK(json);
}

TEST_CASE("the first reply answers, later ones follow up, ephemeral where asked") {
    fixture f;
    f.bot.command("many", "Several answers", [](context ctx) -> task<> {
        CHECK_FALSE(ctx.answered());
        co_await ctx.reply("one").ephemeral();
        CHECK(ctx.answered());
        co_await ctx.reply("two");
        co_await ctx.reply("three").ephemeral().within(5s);
    });
    f.open();
    CHECK(f.slash("many"));
    f.on.run_for(5s);
    CHECK(f.http.lines() == std::vector<std::string>{callback, followup, followup});
    CHECK(content_of(f.http.requests[0]) == "one");
    CHECK(flags_of(f.http.requests[0]) == 64);
    CHECK(flags_of(f.http.requests[1]) == 0);
    CHECK(flags_of(f.http.requests[2]) == 64);
}

TEST_CASE("after a deferral the reply stands in place of the waiting sign, and the next follows up") {
    fixture f;
    f.bot.command("slow", "Takes long", [&](context ctx) -> task<> {
        co_await ctx.defer().ephemeral();
        co_await f.gate(1);
        co_await ctx.reply("done");
        co_await ctx.reply("more");
    });
    f.open();
    CHECK(f.slash("slow"));
    f.on.run_for(60s);
    CHECK(f.http.requests.at(0).body == R"({"type":5,"data":{"flags":64}})");
    f.on_thread([&] { f.gate.open(1); });
    f.on.run_for(5s);
    CHECK(f.http.lines() == std::vector<std::string>{callback, original, followup});
    CHECK(content_of(f.http.requests[1]) == "done");
}

TEST_CASE("an exception before the answer tells the user, after it only the log") {
    fixture f;
    f.bot.command("early", "Throws at once", [](context) -> task<> {
        throw std::runtime_error("boom");
        co_return;
    });
    f.bot.command("plain", "Throws without being a coroutine", [](const context&) { throw std::runtime_error("boom"); });
    f.bot.command("late", "Throws after its answer", [](context ctx) -> task<> {
        co_await ctx.reply("fine");
        throw std::runtime_error("boom");
    });
    f.bot.command("deferred", "Throws after a deferral", [](context ctx) -> task<> {
        co_await ctx.defer();
        throw std::runtime_error("boom");
    });
    f.open();
    for (const auto* name : {"early", "plain", "late", "deferred"}) {
        CAPTURE(name);
        f.http.requests.clear();
        f.log.clear();
        CHECK(f.slash(name));
        f.on.run_for(5s);
        REQUIRE(f.logged("a handler threw") == 1);
        CHECK(f.log[0].fields.at("handler") == std::string("command ") + name);
        CHECK(f.log[0].fields.at("shard") == "3/16");
        const std::string_view which = name;
        if (which == "late") {
            CHECK(f.http.requests.size() == 1);
        } else if (which == "deferred") {
            CHECK(f.http.lines() == std::vector<std::string>{callback, original});
            CHECK(content_of(f.http.requests.back()) == "Something went wrong.");
        } else {
            REQUIRE(f.http.requests.size() == 1);
            CHECK(content_of(f.http.requests[0]) == "Something went wrong.");
            CHECK(flags_of(f.http.requests[0]) == 64);
        }
    }
}

TEST_CASE("one command's exception answers nothing else") {
    fixture f;
    f.bot.command("bad", "Throws", [&](context) -> task<> {
        co_await f.gate(1);
        throw std::runtime_error("boom");
    });
    f.bot.command("good", "Works", [&](context ctx) -> task<> {
        co_await f.gate(2);
        co_await ctx.reply("good");
    });
    f.open();
    CHECK(f.slash("bad", "[]", host::delivery::fresh, "801"));
    CHECK(f.slash("good", "[]", host::delivery::fresh, "802"));
    f.on_thread([&] { f.gate.open(1); });
    f.on_thread([&] { f.gate.open(2); });
    f.on.run_for(1s);
    CHECK(f.http.lines() ==
          std::vector<std::string>{"POST /api/interactions/801/tok/callback", "POST /api/interactions/802/tok/callback"});
    CHECK(content_of(f.http.requests[1]) == "good");
}

TEST_CASE("options that do not fit reach no handler, and the user is told") {
    fixture f;
    f.bot.command("find", "Finds", [](context, opt<"id", "Guild id", guild_id> id) { FAIL("ran with ", id.value().value()); });
    f.open();
    for (const auto* options : {R"([])", R"([{"name":"id","type":4,"value":1}])", R"([{"name":"id","type":3,"value":"no id"}])",
                                R"([{"name":"other","type":3,"value":"1"}])"}) {
        CAPTURE(options);
        f.http.requests.clear();
        CHECK(f.slash("find", options));
        f.on.run_for(1s);
        REQUIRE(f.http.requests.size() == 1);
        CHECK(flags_of(f.http.requests[0]) == 64);
    }
    CHECK(f.slash("gone"));
    f.on.run_for(1s);
    CHECK(f.http.requests.size() == 2);
}

TEST_CASE("on(interaction_create) sees every interaction, and one that it alone knows is left to it") {
    fixture f;
    std::vector<std::string> seen;
    f.bot.command("ping", "Pong", [](context ctx) -> task<> { co_await ctx.reply("pong"); });
    f.bot.on([&](const interaction_create& e) {
        seen.push_back(std::to_string(static_cast<unsigned>(e.kind())) + std::string(e.command()) + std::string(e.custom_id()));
    });
    f.open();
    CHECK(f.slash("ping"));
    CHECK(f.slash("elsewhere", "[]", host::delivery::fresh, "803"));
    CHECK(f.feed("INTERACTION_CREATE",
                 R"({"id":"804","application_id":"700","type":3,"token":"t","user":{"id":"5"},"data":{"custom_id":"button"}})"));
    f.on.run_for(1s);
    CHECK(seen == std::vector<std::string>{"2ping", "2elsewhere", "3button"});
    CHECK(f.http.requests.size() == 1);
}

TEST_CASE("a replayed interaction that is too old to be answered is counted, not run") {
    fixture f;
    int ran = 0;
    f.bot.command("ping", "Pong", [&](const context&) { ++ran; });
    f.open();
    const auto minted_ago = [](std::chrono::milliseconds ago) {
        const auto now =
            std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
        return std::to_string(static_cast<std::uint64_t>((now - ago).count() - 1420070400000) << 22);
    };
    CHECK(f.slash("ping", "[]", host::delivery::replayed, minted_ago(1h)));
    CHECK(ran == 0);
    CHECK(f.slash("ping", "[]", host::delivery::replayed, minted_ago(0ms)));
    CHECK(f.slash("ping", "[]", host::delivery::fresh, minted_ago(1h)));
    CHECK(ran == 2);
    CHECK(f.logged("too old") == 1);
    CHECK(f.http.requests.empty());
}

TEST_CASE("a reply that Discord refuses throws and leaves room for another, one that was answered elsewhere ends quietly") {
    fixture f;
    std::string caught;
    f.bot.command("long", "Too long", [&](context ctx) -> task<> {
        try {
            co_await ctx.reply("not today");
        } catch (const error& e) {
            caught = e.what();
            CHECK(e.why().is(bot_errc::refused));
        }
        co_await ctx.reply("shorter");
    });
    f.bot.command("twice", "Answered elsewhere", [](context ctx) { ctx.reply("x").forget(); });
    f.http.answer = [](const net::http_request& request) {
        if (request.body.find("not today") != std::string::npos) {
            return net::http_response{
                400,
                {},
                R"({"code":50035,"message":"Invalid Form Body","errors":{"data":{"content":{"_errors":[{"message":"Not today"}]}}}})"};
        }
        return net::http_response{204, {}, {}};
    };
    f.open();
    CHECK(f.slash("long"));
    f.on.run_for(1s);
    CHECK(caught.find("50035") != std::string::npos);
    CHECK(caught.find("Not today") != std::string::npos);
    CHECK(f.http.lines() == std::vector<std::string>{callback, callback});

    f.http.answer = [](const net::http_request&) {
        return net::http_response{400, {}, R"({"code":40060,"message":"Interaction has already been acknowledged."})"};
    };
    f.log.clear();
    CHECK(f.slash("twice"));
    f.on.run_for(1s);
    REQUIRE(f.log.size() == 1);
    CHECK(f.log[0].level == log_level::debug);
}

TEST_CASE("a replayed command that the process before answered ends quietly; a fresh one that cannot be answered does not") {
    for (const auto* code : {"40060", "10062"}) {
        for (const auto how : {host::delivery::replayed, host::delivery::fresh}) {
            fixture f;
            f.bot.command("ping", "Pong", [](context ctx) -> task<> { co_await ctx.reply("pong"); });
            f.http.answer = [&](const net::http_request&) {
                return net::http_response{400, {}, R"({"code":)" + std::string(code) + R"(,"message":"no"})"};
            };
            f.open();
            const auto now =
                std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
            const auto id = std::to_string(static_cast<std::uint64_t>(now.count() - 1420070400000) << 22);
            CHECK(f.slash("ping", "[]", how, id));
            f.on.run_for(1s);
            const bool quiet = how == host::delivery::replayed;
            CHECK(f.logged("a handler threw") == (quiet ? 0 : 1));
            CHECK(f.logged("was answered before") == (quiet ? 1 : 0));
            if (quiet) CHECK(f.http.requests.size() == 1);
        }
    }
}

TEST_CASE("commands are registered when a session is taken over, too, since READY does not come") {
    fixture f;
    f.bot.command("ping", "Pong", [](const context&) {});
    std::vector<std::uint32_t> adopted;
    f.bot.on([&](const shard_adopted& event) { adopted.push_back(event.cached_guilds()); });
    f.open();
    f.on_thread([&] { f.inside().on_adopted(f.shard, application_id(700)); });
    f.on.run_for(1s);
    CHECK(f.http.lines() == std::vector<std::string>{"PUT /api/applications/700/commands"});
    CHECK(f.inside().application() == application_id(700));
    CHECK(adopted == std::vector<std::uint32_t>{0});
}

TEST_CASE("commands are registered by one bulk overwrite when the first session is ready") {
    fixture f;
    f.bot.command("ping", "Pong", [](context) {});
    f.http.answer = [](const net::http_request&) { return net::http_response{200, {}, "[]"}; };
    f.open();
    f.ready();
    f.ready();
    f.on.run_for(5s);
    REQUIRE(f.http.lines() == std::vector<std::string>{"PUT /api/applications/700/commands"});
    CHECK(f.http.requests[0].body == R"([{"name":"ping","description":"Pong","type":1,"options":[]}])");
    CHECK(f.logged("commands registered") == 1);
}

TEST_CASE("a registration that fails is logged and tried again with the next session") {
    fixture f;
    f.bot.command("ping", "Pong", [](context) {});
    f.http.answer = [](const net::http_request&) {
        return net::http_response{403, {}, R"({"code":50001,"message":"Missing Access"})"};
    };
    f.open();
    f.ready();
    f.on.run_for(5s);
    CHECK(f.logged("could not be registered") == 1);
    f.http.answer = [](const net::http_request&) { return net::http_response{200, {}, "[]"}; };
    f.ready();
    f.on.run_for(5s);
    CHECK(f.http.requests.size() == 2);
    CHECK(f.logged("commands registered") == 1);
}

TEST_CASE("a bot without commands, or one that was told not to, registers none") {
    fixture none;
    none.open();
    none.ready();
    none.on.run_for(5s);
    CHECK(none.http.requests.empty());
    fixture told({.register_commands = false});
    told.bot.command("ping", "Pong", [](context) {});
    told.open();
    told.ready();
    told.on.run_for(5s);
    CHECK(told.http.requests.empty());
}

TEST_CASE("a command that breaks Discord's rules is refused when it is registered, with the reason") {
    fixture f;
    const auto message = [&](auto registration) -> std::string {
        try {
            registration();
        } catch (const error& e) {
            CHECK(e.why().is(bot_errc::bad_command));
            return e.what();
        }
        return {};
    };
    CHECK(message([&] { f.bot.command("Bad Name", "x", [](context) {}); }).find("upper-case") != std::string::npos);
    CHECK(message([&] { f.bot.command("a", "", [](context) {}); }).find("description") != std::string::npos);
    CHECK(message([&] {
              f.bot.command("a", "x", [](context, opt<"o", "O", std::optional<bool>>, opt<"r", "R", bool>) {});
          }).find("option 'r'") != std::string::npos);
    f.bot.command("a", "x", [](context) {});
    CHECK(message([&] { f.bot.command("a", "x", [](context) {}); }).find("twice") != std::string::npos);
}
