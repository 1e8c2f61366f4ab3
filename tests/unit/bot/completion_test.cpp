// Options that are typed, and what is suggested for them.
#include <doctest/doctest.h>

#include "bot_fixture.hpp"

using namespace shoal;
using namespace shoal::test;

namespace {

struct completing : fixture {
    std::vector<std::string> failures;

    /// `answer` is what the handler of the option does.
    template <class Answer>
    explicit completing(Answer answer) {
        bot.command("play", "Plays",
                    [](context, opt<"song", "Which", std::string>, opt<"times", "How often", std::optional<std::int64_t>>,
                       opt<"speed", "How fast", std::optional<double>>) -> task<> { co_return; });
        bot.autocomplete("play", "song", answer);
        bot.autocomplete("play", "times", answer);
        bot.autocomplete("play", "speed", answer);
        open();
    }
    void type(std::string_view options) {
        CHECK(feed(
            "INTERACTION_CREATE",
            R"({"id":"800","application_id":"700","type":4,"token":"tok","guild_id":"10","channel_id":"20","version":1,)"
            R"("member":{"user":{"id":"5","username":"ann"},"roles":[]},"data":{"id":"1","name":"play","type":1,"options":)" +
                std::string(options) + "}}"));
        on.run_for(10s);
    }
};

constexpr auto song = R"([{"name":"speed","type":10,"value":0.5},{"name":"song","type":3,"value":"da\u006e","focused":true}])";

}  // namespace

TEST_CASE("what is typed reaches the option's handler, and its choices go back as the answer") {
    completing f([](completion ask) -> task<> {
        CHECK(ask.command() == "play");
        CHECK(ask.option() == "song");
        CHECK(ask.typed() == "dan");
        CHECK(ask.typed("speed") == "0.5");
        CHECK_FALSE(ask.typed("times"));
        CHECK(ask.user().name() == "ann");
        CHECK(ask.guild_id() == guild_id(10));
        co_await ask.suggest({{"Dancing Queen", "dq"}, {"Danube", "blue"}});
        const auto again = co_await ask.suggest({{"x", "y"}}).result();
        REQUIRE_FALSE(again);
        CHECK(again.error().is(bot_errc::bad_request));
    });
    f.type(song);
    REQUIRE(f.http.lines() == std::vector<std::string>{"POST /api/interactions/800/tok/callback"});
    CHECK(f.http.requests[0].body ==
          R"({"type":8,"data":{"choices":[{"name":"Dancing Queen","value":"dq"},{"name":"Danube","value":"blue"}]}})");
    CHECK(f.log.empty());
}

TEST_CASE("no choice is an answer too") {
    completing f([](completion ask) -> task<> { co_await ask.suggest({}); });
    f.type(song);
    REQUIRE(f.http.requests.size() == 1);
    CHECK(f.http.requests[0].body == R"({"type":8,"data":{"choices":[]}})");
}

TEST_CASE("choices that Discord would refuse are not sent, and the sentence names the first") {
    const auto said = [](std::string_view options, std::vector<suggestion> choices) {
        std::string out;
        completing f([&](completion ask) -> task<> {
            const auto outcome = co_await ask.suggest(choices).result();
            if (!outcome) out = outcome.error().detail();
        });
        f.type(options);
        CHECK(f.http.requests.size() == (out.empty() ? 1 : 0));
        return out;
    };
    const auto many = [](std::size_t count) {
        std::vector<suggestion> out;
        for (std::size_t i = 0; i < count; ++i) out.push_back({"n" + std::to_string(i), "v"});
        return out;
    };
    constexpr auto times = R"([{"name":"times","type":4,"value":"1","focused":true}])";
    constexpr auto speed = R"([{"name":"speed","type":10,"value":"","focused":true}])";
    CHECK(said(song, many(25)).empty());
    CHECK(said(song, many(26)) == "choices has 26 entries; at most 25 are allowed");
    CHECK(said(song, {{std::string(100, 'x'), std::string(100, 'y')}}).empty());
    CHECK(said(song, {{std::string(101, 'x'), "v"}}) == "choices[0].name has 101 characters; at most 100 are allowed");
    CHECK(said(song, {{"n", std::string(101, 'y')}}) == "choices[0].value has 101 characters; at most 100 are allowed");
    CHECK(said(song, {{"", "v"}}) == "choices[0].name is empty");
    CHECK(said(song, {{"n", std::int64_t{1}}}) == "choices[0].value is a number; the option is a text");
    CHECK(said(times, {{"n", std::int64_t{1}}}).empty());
    CHECK(said(times, {{"n", std::int64_t{1}}, {"m", 1.5}}) == "choices[1].value is no integer, as the option is");
    CHECK(said(speed, {{"n", 1.5}, {"m", std::int64_t{1}}}).empty());
    CHECK(said(speed, {{"n", "1.5"}}) == "choices[0].value is a text; the option is a number");
}

TEST_CASE("three seconds after it came nobody waits for choices, so none are sent") {
    std::vector<result<void>> outcomes;
    completing f([&](completion ask) -> task<> {
        co_await f.gate(1);
        outcomes.push_back(co_await ask.suggest({{"n", "v"}}).result());
    });
    f.http.latency = 500ms;
    f.type("[]");  // Nothing is focused: nobody's.
    CHECK(f.gate.waiting() == 0);
    const auto typed_and_waited = [&](duration wait) {
        f.on_thread([] {});
        CHECK(f.feed(
            "INTERACTION_CREATE",
            R"({"id":"800","application_id":"700","type":4,"token":"tok","channel_id":"20","user":{"id":"5"},"data":{"name":"play","options":)" +
                std::string(song) + "}}"));
        f.on.run_for(wait);
        f.gate.open(1);
        f.on.run_for(10s);
    };
    typed_and_waited(2s);
    typed_and_waited(2700ms);  // It goes out, and has 300 ms: the answer comes too late.
    typed_and_waited(3s);
    REQUIRE(outcomes.size() == 3);
    CHECK(outcomes[0]);
    REQUIRE_FALSE(outcomes[1]);
    CHECK(outcomes[1].error().is(bot_errc::timed_out));
    REQUIRE_FALSE(outcomes[2]);
    CHECK(outcomes[2].error().is(bot_errc::timed_out));
    CHECK(f.http.requests.size() == 2);
}

TEST_CASE("a handler of an option that throws is reported, and its user is not told") {
    completing f([](completion) -> task<> {
        throw std::runtime_error("broken");
        co_return;
    });
    f.type(song);
    CHECK(f.http.requests.empty());
    REQUIRE(f.logged("a handler threw") == 1);
    CHECK(f.log[0].fields.at("handler") == "autocomplete play song");
}

TEST_CASE("an option that is not there cannot be completed") {
    shoal::bot bot;
    const auto handler = [](completion) {};
    CHECK_THROWS_AS(bot.autocomplete("play", "song", handler), error);
    bot.command("play", "Plays", [](context, opt<"song", "Which", std::string>) {});
    CHECK_THROWS_AS(bot.autocomplete("play", "other", handler), error);
    bot.autocomplete("play", "song", handler);
    CHECK_THROWS_AS(bot.autocomplete("play", "song", handler), error);
}
