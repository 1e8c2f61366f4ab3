// Modals: Discord's limits at their boundary, showing one, reading what was filled in.
#include <doctest/doctest.h>

#include <functional>

#include "bot_fixture.hpp"

using namespace shoal;
using namespace shoal::test;

namespace {

modal with(component inside) { return {.custom_id = "m", .title = "M", .components = {std::move(inside)}}; }
modal asking(component input) { return with(label("Q", std::move(input))); }
std::string said(const modal& what) {
    const auto outcome = what.check();
    if (outcome) return {};
    CHECK(outcome.error().is(bot_errc::bad_request));
    return outcome.error().detail();
}
component input_with(const std::function<void(component&)>& set) {
    auto out = text_input("a");
    set(out);
    return out;
}
std::vector<select_choice> choices_of(std::size_t count) {
    std::vector<select_choice> out;
    for (std::size_t i = 0; i < count; ++i) out.push_back({"x", std::to_string(i)});
    return out;
}

std::string interaction(int type, std::string_view data, std::string_view more = "") {
    return R"({"id":"800","application_id":"700","token":"tok","guild_id":"10","channel_id":"20","version":1,)"
           R"("member":{"user":{"id":"5","username":"ann"},"roles":[],"permissions":"8"},"type":)" +
           std::to_string(type) + R"(,"data":)" + std::string(data) + std::string(more) + "}";
}

}  // namespace

TEST_CASE("a modal exactly at a limit of Discord's passes, and one more fails with the name of the field [5.6]") {
    struct limit {
        std::string field;
        std::size_t least, most;
        std::function<modal(std::size_t)> make;
    };
    const auto text = [](std::size_t n) { return std::string(n, 'x'); };
    const limit limits[] = {
        {"custom_id", 1, 100,
         [&](std::size_t n) {
             auto m = asking(text_input("a"));
             return m.custom_id = text(n), m;
         }},
        {"title", 1, 45,
         [&](std::size_t n) {
             auto m = asking(text_input("a"));
             return m.title = text(n), m;
         }},
        {"components", 1, 5,
         [&](std::size_t n) {
             modal m{.custom_id = "m", .title = "M"};
             for (std::size_t i = 0; i < n; ++i) m.components.push_back(label("Q", text_input(std::to_string(i))));
             return m;
         }},
        {"components[0].label", 1, 45, [&](std::size_t n) { return with(label(text(n), text_input("a"))); }},
        {"components[0].description", 0, 100, [&](std::size_t n) { return with(label("Q", text_input("a"), text(n))); }},
        {"components[0].components[0].custom_id", 1, 100, [&](std::size_t n) { return asking(text_input(text(n))); }},
        {"components[0].components[0].placeholder", 0, 100,
         [&](std::size_t n) { return asking(input_with([&](component& c) { c.placeholder = text(n); })); }},
        {"components[0].components[0].value", 0, 4000,
         [&](std::size_t n) { return asking(input_with([&](component& c) { c.value = text(n); })); }},
        {"components[0].components[0].min_length", 0, 4000,
         [&](std::size_t n) { return asking(input_with([&](component& c) { c.min_length = static_cast<std::uint32_t>(n); })); }},
        {"components[0].components[0].max_length", 1, 4000,
         [&](std::size_t n) { return asking(input_with([&](component& c) { c.max_length = static_cast<std::uint32_t>(n); })); }},
        {"components[0].components[0].options", 1, 25, [&](std::size_t n) { return asking(string_menu("a", choices_of(n))); }},
        {"components[0].components[0].options", 2, 10, [&](std::size_t n) { return asking(radio_group("a", choices_of(n))); }},
        {"components[0].components[0].options", 1, 10, [&](std::size_t n) { return asking(checkbox_group("a", choices_of(n))); }},
        {"components[0].components[0].max_values", 1, 10,
         [&](std::size_t n) {
             auto files = file_upload("a");
             files.max_values = static_cast<std::uint32_t>(n);
             return asking(files);
         }},
    };
    for (const auto& each : limits) {
        CAPTURE(each.field);
        CHECK(said(each.make(each.most)).empty());
        CHECK(said(each.make(each.most + 1)).starts_with(each.field + " "));
        CHECK(said(each.make(each.least)).empty());
        if (each.least > 0) CHECK(said(each.make(each.least - 1)).starts_with(each.field + " "));
    }
}

TEST_CASE("a modal takes what is made for it, and nothing else") {
    CHECK(said(asking(menu(component_type::user_select, "a"))).empty());
    CHECK(said(asking(checkbox("a"))).empty());
    CHECK(
        said({.custom_id = "m", .title = "M", .components = {text_display("Read this."), label("Q", text_input("a"))}}).empty());
    CHECK(said(with(text_input("a"))) == "components has something outside of a label that is no text");
    CHECK(said(with(row({button("a", "go")}))) == "components has something outside of a label that is no text");
    CHECK(said(asking(button("a", "go"))) == "components[0].components has something that takes no input");
    CHECK(said({.custom_id = "m", .title = "M", .components = {label("Q", text_input("a")), label("R", text_input("a"))}}) ==
          "components[1].components[0].custom_id stands in this modal twice");
    CHECK(said(asking(input_with([](component& c) { c.min_length = 5, c.max_length = 4; }))) ==
          "components[0].components[0].min_length is above max_length");
    const auto in_message = message{.components = {label("Q", text_input("a"))}, .flags = message_flag::is_components_v2}.check();
    REQUIRE_FALSE(in_message);
    CHECK(in_message.error().detail() == "components[0] belongs into a modal, not into a message");
}

TEST_CASE("a modal is shown as the answer to a command, and once") {
    fixture f;
    f.bot.command("feedback", "Asks", [](context ctx) -> task<> {
        auto name = text_input("name");
        name.max_length = 50;
        co_await ctx.show(
            {.custom_id = "feedback", .title = "Feedback", .components = {label("Your name", name, "As you like")}});
        CHECK(ctx.answered());
        const auto again = co_await ctx.show(asking(text_input("a"))).result();
        REQUIRE_FALSE(again);
        CHECK(again.error().is(bot_errc::bad_request));
    });
    f.open();
    CHECK(f.slash("feedback"));
    f.on.run_for(1s);
    REQUIRE(f.http.lines() == std::vector<std::string>{"POST /api/interactions/800/tok/callback"});
    CHECK(
        f.http.requests[0].body ==
        R"({"type":9,"data":{"custom_id":"feedback","title":"Feedback","components":[{"type":18,"label":"Your name","description":"As you like",)"
        R"("component":{"type":4,"custom_id":"name","style":1,"max_length":50}}]}})");
    CHECK(f.log.empty());
}

TEST_CASE("a modal that breaks a limit is not sent, and the command can still be answered") {
    fixture f;
    f.bot.command("feedback", "Asks", [](context ctx) -> task<> {
        const auto shown = co_await ctx.show({.custom_id = "m", .title = ""}).result();
        REQUIRE_FALSE(shown);
        CHECK(shown.error().detail() == "title is empty");
        CHECK_FALSE(ctx.answered());
        co_await ctx.reply("no form today");
    });
    f.open();
    CHECK(f.slash("feedback"));
    f.on.run_for(1s);
    REQUIRE(f.http.requests.size() == 1);
    CHECK(f.http.requests[0].body.find(R"("type":4)") != std::string::npos);
}

TEST_CASE("what was filled into a modal is read by custom_id") {
    fixture f;
    int runs = 0;
    f.bot.on_modal("feedback:*", [&](context ctx) -> task<> {
        ++runs;
        CHECK(ctx.custom_id() == "feedback:7");
        CHECK(ctx.input("name") == "A\nb");
        CHECK(ctx.input("colour") == "red");
        CHECK(ctx.input("none").empty());
        CHECK(ctx.field("none") == nullptr);
        REQUIRE(ctx.field("days") != nullptr);
        CHECK(ctx.field("days")->values.size() == 2);
        CHECK(ctx.field("days")->values[1] == "tue");
        REQUIRE(ctx.field("sure") != nullptr);
        CHECK(ctx.field("old") != nullptr);
        const auto nested = co_await ctx.show(asking(text_input("a"))).result();
        REQUIRE_FALSE(nested);
        CHECK(nested.error().detail() == "a modal cannot be answered with a modal");
        co_await ctx.replyf("Thanks, {}", ctx.input("name")).ephemeral();
    });
    f.open();
    CHECK(f.feed("INTERACTION_CREATE", interaction(5, R"({"custom_id":"feedback:7","components":[
        {"type":18,"id":1,"component":{"type":4,"id":2,"custom_id":"name","value":"A\nb"}},
        {"type":18,"id":3,"component":{"type":3,"id":4,"custom_id":"colour","values":["red"]}},
        {"type":18,"id":5,"component":{"type":22,"id":6,"custom_id":"days","values":["mon","tue"]}},
        {"type":18,"id":7,"component":{"type":23,"id":8,"custom_id":"sure","value":true}},
        {"type":1,"components":[{"type":4,"custom_id":"old","value":"x"}]}]})")));
    f.on.run_for(1s);
    CHECK(runs == 1);
    REQUIRE(f.http.requests.size() == 1);
    CHECK(f.http.requests[0].body.find(R"("content":"Thanks, A\nb")") != std::string::npos);
    CHECK(f.log.empty());
}

TEST_CASE("a button's handler answers, updates its message, or both, each once") {
    fixture f;
    f.bot.on_component("note", [](context ctx) -> task<> {
        co_await ctx.defer_update();
        co_await ctx.update({.content = "pressed"});
        co_await ctx.reply("and said");
    });
    f.bot.on_component("update", [](context ctx) -> task<> {
        co_await ctx.update({.content = "once"});
        co_await ctx.update({.content = "twice"});
        co_await ctx.edit_reply({.content = "thrice"});
    });
    f.bot.on_component("reply", [](context ctx) -> task<> {
        CHECK(ctx.choices().size() == 1);
        const auto early = co_await ctx.edit_reply({.content = "early"}).result();
        REQUIRE_FALSE(early);
        CHECK(early.error().is(bot_errc::bad_request));
        co_await ctx.reply("answer");
        const auto late = co_await ctx.update({.content = "late"}).result();
        REQUIRE_FALSE(late);
        CHECK(late.error().is(bot_errc::bad_request));
        co_await ctx.delete_reply();
    });
    f.http.answer = [](const net::http_request& request) {
        if (request.method == "PATCH") return net::http_response{200, {}, R"({"id":"60","channel_id":"20"})"};
        return net::http_response{204, {}, {}};
    };
    f.open();
    const auto press = [&](std::string_view id) {
        f.http.requests.clear();
        CHECK(f.feed("INTERACTION_CREATE",
                     interaction(3, R"({"component_type":2,"values":["a"],"custom_id":")" + std::string(id) + R"("})")));
        f.on.run_for(10s);
        return f.http.lines();
    };
    const std::string callback = "POST /api/interactions/800/tok/callback";
    const std::string original = "/api/webhooks/700/tok/messages/@original";
    CHECK(press("note") == std::vector<std::string>{callback, "PATCH " + original, "POST /api/webhooks/700/tok"});
    CHECK(f.http.requests[0].body == R"({"type":6,"data":{}})");
    CHECK(press("update") == std::vector<std::string>{callback, "PATCH " + original, "PATCH " + original});
    CHECK(f.http.requests[0].body.starts_with(R"({"type":7,"data":{"content":"once")"));
    CHECK(press("reply") == std::vector<std::string>{callback, "DELETE " + original});
    CHECK(press("nobody's").empty());
    CHECK(f.log.empty());
}

TEST_CASE("a component's handler that throws before it answered tells its user, and a replayed press is too old to answer") {
    fixture f;
    f.bot.on_component("bad", [](context) -> task<> {
        throw std::runtime_error("broken");
        co_return;
    });
    f.open();
    const auto json = interaction(3, R"({"component_type":2,"custom_id":"bad"})");
    CHECK(f.feed("INTERACTION_CREATE", json));
    f.on.run_for(1s);
    REQUIRE(f.http.requests.size() == 1);
    CHECK(f.http.requests[0].body.find("Something went wrong.") != std::string::npos);
    REQUIRE(f.logged("a handler threw") == 1);
    CHECK(f.log[0].fields.at("handler") == "component bad");
    CHECK(f.feed("INTERACTION_CREATE", json, host::guild_change::none, host::delivery::replayed));
    f.on.run_for(1s);
    CHECK(f.http.requests.size() == 1);
}
