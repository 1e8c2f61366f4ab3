// Waiting for an event in the middle of a handler.
#include <doctest/doctest.h>

#include <optional>
#include <stdexcept>

#include "base/task_group.hpp"
#include "bot/event_waits.hpp"
#include "bot_fixture.hpp"

using namespace shoal;
using namespace shoal::test;

namespace {

bot_options asking() { return {.intents = intents::guilds | intents::guild_messages | intents::message_content}; }

struct waiting_fixture : fixture {
    task_group children;
    waiting_fixture() : fixture(asking()) {}
    /// Awaits a call on the shard's thread, outside of any handler.
    template <class E>
    void await(call<E> what, std::optional<result<E>>& into) {
        on_thread([&, what = std::make_shared<call<E>>(std::move(what))] {
            children.start([](call<E> asked, std::optional<result<E>>& out) -> task<> {
                out.emplace(co_await std::move(asked).result());
            }(std::move(*what), into));
        });
    }
};

}  // namespace

TEST_CASE("next gives the first event that its filter takes, with all that it holds") {
    waiting_fixture f;
    std::vector<std::string> tried;
    std::string got;
    f.bot.on([&](message_create event) -> task<> {
        if (event.content() != "start") co_return;
        const auto asker = event.author().id;
        auto answer = co_await f.bot.next<message_create>(
            [&](const message_create& next) {
                tried.emplace_back(next.content());
                return next.author().id == asker && next.content() != "start";
            },
            30s);
        got = std::string(answer.content()) + " by " + std::string(answer.author().name());
    });
    f.open();
    CHECK(f.message(R"("before")"));
    CHECK(f.message(R"("start")"));
    CHECK(got.empty());
    CHECK(f.feed("MESSAGE_CREATE", R"({"id":"1","channel_id":"2","author":{"id":"6","username":"bob"},"content":"no"})"));
    CHECK(f.message(R"("y\u00e9s")"));
    f.on.run_for(0s);
    CHECK(got == "y\u00e9s by ann");
    CHECK(tried.back() == "y\u00e9s");
    CHECK(f.message(R"("after")"));
    CHECK(tried.back() == "y\u00e9s");
    CHECK(f.owner.open.empty());
}

TEST_CASE("an event is read for somebody who waits although no handler listens, and no longer when nobody does") {
    waiting_fixture f;
    f.open();
    std::optional<result<message_delete>> got;
    CHECK(f.feed("MESSAGE_DELETE", "{}"));  // Nobody: not read, so not wrong.
    f.await(f.bot.next<message_delete>(10s), got);
    CHECK_FALSE(f.feed("MESSAGE_DELETE", "{}"));
    CHECK(f.feed("MESSAGE_DELETE", R"({"id":"1","channel_id":"2"})"));
    f.on.run_for(0s);
    REQUIRE(got);
    REQUIRE(*got);
    CHECK((**got).id() == message_id(1));
    CHECK(f.feed("MESSAGE_DELETE", "{}"));
}

TEST_CASE("without such an event next fails with timed_out, when its time is over and not before") {
    waiting_fixture f;
    f.open();
    std::optional<result<message_create>> got;
    f.await(f.bot.next<message_create>([](const message_create& m) { return m.content() == "never"; }, 30s), got);
    CHECK(f.message(R"("something else")"));
    f.on.run_for(29s);
    CHECK_FALSE(got);
    f.on.run_for(1s);
    REQUIRE(got);
    REQUIRE_FALSE(*got);
    CHECK(got->error().is(bot_errc::timed_out));
    CHECK(f.message(R"("never")"));  // Nobody is there any more.
    std::optional<result<message_create>> shorter;
    f.await(f.bot.next<message_create>(30s).within(1s), shorter);
    f.on.run_for(1s);
    REQUIRE(shorter);
    CHECK(shorter->error().is(bot_errc::timed_out));
}

TEST_CASE("at a stop next fails with not_running at once, so that its handler can end in time; so does one that comes later") {
    waiting_fixture f;
    std::string why;
    bool again = false;
    f.bot.on([&](message_create) -> task<> {
        auto outcome = co_await f.bot.next<message_create>(600s).result();
        why = outcome ? "an event" : std::string(outcome.error().text());
        again = (co_await f.bot.next<message_create>(600s).result()).has_value();
    });
    f.open();
    CHECK(f.message(R"("x")"));
    f.inside().drain(60s, [&] { f.drained = true; });
    f.on.run_for(1s);
    CHECK(why == "the bot does not run");
    CHECK_FALSE(again);
    CHECK(f.drained);
    CHECK(f.owner.open.empty());
    f.inside().close();
    std::optional<result<message_create>> got;
    f.await(f.bot.next<message_create>(1s), got);
    f.on.run_for(0s);
    REQUIRE(got);
    CHECK(got->error().is(bot_errc::not_running));
}

TEST_CASE("a handler that is destroyed while it waits leaves nobody behind") {
    waiting_fixture f;
    int filtered = 0;
    f.bot.on([&](message_create) -> task<> {
        co_await f.gate(1);
        co_await f.bot.next<message_create>([&](const message_create&) { return ++filtered > 1000; }, 600s);
    });
    f.open();
    CHECK(f.message(R"("x")"));
    f.on_thread([&] { f.gate.open(1); });
    CHECK(f.message(R"("y")"));
    CHECK(filtered == 1);
    f.drain(0s);
    CHECK(f.owner.open.empty());
}

TEST_CASE("what a filter throws, the wait throws") {
    waiting_fixture f;
    std::string caught;
    f.bot.on([&](message_create) -> task<> {
        try {
            co_await f.bot.next<message_delete>([](const message_delete&) -> bool { throw std::runtime_error("trouble"); }, 30s);
        } catch (const std::runtime_error& thrown) {
            caught = thrown.what();
        }
    });
    f.open();
    CHECK(f.message(R"("x")"));
    CHECK(f.feed("MESSAGE_DELETE", R"({"id":"1","channel_id":"2"})"));
    f.on.run_for(0s);
    CHECK(caught == "trouble");
}

TEST_CASE("several who wait for one event all get it") {
    waiting_fixture f;
    f.open();
    std::optional<result<message_create>> first;
    std::optional<result<message_create>> second;
    f.await(f.bot.next<message_create>(10s), first);
    f.await(f.bot.next<message_create>(10s), second);
    CHECK(f.message(R"("x")"));
    f.on.run_for(0s);
    REQUIRE((first && second));
    REQUIRE((first->has_value() && second->has_value()));
    CHECK((*first)->content() == "x");
    CHECK((*first)->content().data() == (*second)->content().data());
}

TEST_CASE("next without an intent that brings the event fails at once and says which; so does one too many") {
    waiting_fixture f;
    f.open();
    std::optional<result<message_reaction_add>> got;
    f.await(f.bot.next<message_reaction_add>(30s), got);
    REQUIRE(got);
    CHECK(got->error().is(bot_errc::bad_request));
    CHECK(got->error().detail() == "MESSAGE_REACTION_ADD needs the intent GUILD_MESSAGE_REACTIONS or DIRECT_MESSAGE_REACTIONS");
    std::optional<result<shard_ready>> ready;  // Needs none.
    f.await(f.bot.next<shard_ready>(30s), ready);
    f.on_thread([&] { f.inside().on_shard_ready(f.shard, 4); });
    f.on.run_for(0s);
    REQUIRE((ready && *ready));
    CHECK((*ready)->missing_guilds() == 4);

    std::vector<std::optional<result<message_create>>> many(runtime::event_waits::most + 1);
    for (auto& each : many) f.await(f.bot.next<message_create>(30s), each);
    REQUIRE(many.back());
    CHECK(many.back()->error().is(bot_errc::queue_full));
    CHECK_FALSE(many.front());
    CHECK(f.message(R"("x")"));
    f.on.run_for(0s);
    CHECK(many.front()->has_value());
}

TEST_CASE("a button that somebody presses can be waited for") {
    waiting_fixture f;
    f.open();
    std::optional<result<context>> got;
    f.await(f.bot.next<context>(
                [](const context& c) { return c.kind() == interaction_type::component && c.custom_id() == "yes"; }, 30s),
            got);
    const auto press = [&](std::string_view id) {
        return f.feed("INTERACTION_CREATE",
                      R"({"id":"800","application_id":"700","type":3,"token":"tok","channel_id":"20","user":{"id":"5"},)"
                      R"("data":{"component_type":2,"custom_id":")" +
                          std::string(id) + R"("}})");
    };
    CHECK(press("no"));
    CHECK(press("yes"));
    f.on.run_for(0s);
    REQUIRE((got && *got));
    CHECK((*got)->user().id == user_id(5));
}
