// What is sent: Discord's limits at their boundary, and the JSON that they are checked for.
#include <doctest/doctest.h>

#include <functional>

#include "bot/message_json.hpp"
#include "discord/json_cursor.hpp"
#include "shoal/shoal.hpp"

using namespace shoal;
using namespace std::chrono_literals;
using discord::json_value;

namespace {

/// Characters that are more than one byte each: limits count characters.
std::string letters(std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out += i % 2 == 0 ? "\xC3\xA9" : "x";
    return out;
}

template <class T>
std::vector<T> times(std::size_t count, const std::function<T(std::size_t)>& make) {
    std::vector<T> out;
    for (std::size_t i = 0; i < count; ++i) out.push_back(make(i));
    return out;
}
std::vector<component> buttons(std::size_t count, std::string prefix = "b") {
    return times<component>(count, [&](std::size_t i) { return button(prefix + std::to_string(i), "go"); });
}
std::vector<select_choice> choices_of(std::size_t count) {
    return times<select_choice>(count, [](std::size_t i) { return select_choice{"one", std::to_string(i)}; });
}
message with(std::vector<component> components) { return {.components = std::move(components)}; }
message laid_out(std::vector<component> components) {
    return {.components = std::move(components), .flags = message_flag::is_components_v2};
}

/// One limit: `make(n)` must pass at `most` and name `field` with one more.
struct limit {
    std::string field;
    std::size_t most;
    std::function<message(std::size_t)> make;
};

std::string said(const message& what) {
    const auto outcome = what.check();
    if (outcome) return {};
    CHECK(outcome.error().is(bot_errc::bad_request));
    return outcome.error().detail();
}

std::string written(const message& what) {
    discord::json_writer w;
    w.begin_object();
    runtime::write_fields(w, what);
    w.end_object();
    return std::move(w).take();
}

}  // namespace

TEST_CASE("what is exactly at a limit of Discord's passes, and one more fails with the name of the field [6.8]") {
    const std::vector<limit> limits = {
        {"content", 2000, [](std::size_t n) { return message{.content = letters(n)}; }},
        {"embeds", 10,
         [](std::size_t n) { return message{.embeds = times<embed>(n, [](std::size_t) { return embed{.title = "t"}; })}; }},
        {"embeds[0].title", 256, [](std::size_t n) { return message{.embeds = {{.title = letters(n)}}}; }},
        {"embeds[0].description", 4096, [](std::size_t n) { return message{.embeds = {{.description = letters(n)}}}; }},
        {"embeds[1].footer", 2048, [](std::size_t n) { return message{.embeds = {{.title = "t"}, {.footer = letters(n)}}}; }},
        {"embeds[0].author", 256, [](std::size_t n) { return message{.embeds = {{.author = letters(n)}}}; }},
        {"embeds[0].fields", 25,
         [](std::size_t n) {
             return message{.embeds = {{.fields = times<embed_field>(n, [](std::size_t) { return embed_field{"n", "v"}; })}}};
         }},
        {"embeds[0].fields[1].name", 256,
         [](std::size_t n) { return message{.embeds = {{.fields = {{"n", "v"}, {letters(n), "v"}}}}}; }},
        {"embeds[0].fields[0].value", 1024, [](std::size_t n) { return message{.embeds = {{.fields = {{"n", letters(n)}}}}}; }},
        {"embeds", 6000,
         [](std::size_t n) { return message{.embeds = {{.description = letters(4096)}, {.description = letters(n - 4096)}}}; }},
        {"stickers", 3,
         [](std::size_t n) {
             return message{.stickers = times<sticker_id>(n, [](std::size_t i) { return sticker_id(i + 1); })};
         }},
        {"components", 5,
         [](std::size_t n) {
             return with(times<component>(n, [](std::size_t i) { return row(buttons(1, std::to_string(i))); }));
         }},
        {"components[0].components", 5, [](std::size_t n) { return with({row(buttons(n))}); }},
        {"components[0].components[0].label", 80, [](std::size_t n) { return with({row({button("a", letters(n))})}); }},
        {"components[0].components[0].custom_id", 100, [](std::size_t n) { return with({row({button(letters(n), "go")})}); }},
        {"components[0].components[0].url", 512, [](std::size_t n) { return with({row({link_button(letters(n), "go")})}); }},
        {"components[0].components[0].options", 25, [](std::size_t n) { return with({row({string_menu("m", choices_of(n))})}); }},
        {"components[0].components[0].options[0].label", 100,
         [](std::size_t n) { return with({row({string_menu("m", {{letters(n), "v"}})})}); }},
        {"components[0].components[0].options[0].value", 100,
         [](std::size_t n) { return with({row({string_menu("m", {{"l", letters(n)}})})}); }},
        {"components[0].components[0].options[0].description", 100,
         [](std::size_t n) { return with({row({string_menu("m", {{"l", "v", letters(n)}})})}); }},
        {"components[0].components[0].placeholder", 150,
         [](std::size_t n) {
             auto one = menu(component_type::user_select, "m");
             one.placeholder = letters(n);
             return with({row({one})});
         }},
        {"components[0].components[0].max_values", 25,
         [](std::size_t n) {
             auto one = menu(component_type::role_select, "m");
             one.max_values = static_cast<std::uint32_t>(n);
             return with({row({one})});
         }},
        {"components", 40, [](std::size_t n) { return laid_out(times<component>(n, [](std::size_t) { return separator(); })); }},
        {"components[0].content", 4000, [](std::size_t n) { return laid_out({text_display(letters(n))}); }},
        {"components", 4000,
         [](std::size_t n) { return laid_out({text_display(letters(2000)), text_display(letters(n - 2000))}); }},
        {"components[0].components", 3,
         [](std::size_t n) {
             return laid_out(
                 {section(times<component>(n, [](std::size_t) { return text_display("t"); }), thumbnail("https://x"))});
         }},
        {"components[0].accessory[0].description", 1024,
         [](std::size_t n) { return laid_out({section({text_display("t")}, thumbnail("https://x", letters(n)))}); }},
        {"components[0].pictures", 10,
         [](std::size_t n) {
             return laid_out({gallery(times<gallery_picture>(n, [](std::size_t) { return gallery_picture{"https://x"}; }))});
         }},
        {"poll.question", 300, [](std::size_t n) { return message{.poll = poll{letters(n), {{"a"}}}}; }},
        {"poll.answers", 10,
         [](std::size_t n) {
             return message{.poll = poll{"q", times<poll_choice>(n, [](std::size_t) { return poll_choice{"a"}; })}};
         }},
        {"poll.answers[0].text", 55, [](std::size_t n) { return message{.poll = poll{"q", {{letters(n)}}}}; }},
        {"poll.open_for", 32 * 24, [](std::size_t n) { return message{.poll = poll{"q", {{"a"}}, std::chrono::hours(n)}}; }},
        {"mentions.users", 100,
         [](std::size_t n) {
             return message{.content = "x", .mentions = {.users = times<user_id>(n, [](std::size_t i) { return user_id(i); })}};
         }},
        {"mentions.roles", 100,
         [](std::size_t n) {
             return message{.content = "x", .mentions = {.roles = times<role_id>(n, [](std::size_t i) { return role_id(i); })}};
         }},
    };
    for (const auto& each : limits) {
        CAPTURE(each.field);
        CAPTURE(each.most);
        CHECK(said(each.make(each.most)) == "");
        const auto why = said(each.make(each.most + 1));
        CAPTURE(why);
        CHECK(why.starts_with(each.field + " "));
    }
}

TEST_CASE("what Discord would refuse for other reasons is named too") {
    CHECK(said({}) == "message is empty");
    CHECK(message{}.check(1));  // A file is enough.
    CHECK(said({.embeds = {{}}}) == "embeds[0] is empty");
    CHECK(said({.embeds = {{.title = "t", .color = 0x1000000}}}) == "embeds[0].color is above 0xFFFFFF");
    CHECK(said({.embeds = {{.fields = {{"", "v"}}}}}) == "embeds[0].fields[0].name is empty");
    CHECK(said(with({button("a", "b")})).starts_with("components has something outside of a row"));
    CHECK(said(with({text_display("x")})).starts_with("components has something outside of a row"));
    CHECK(said(with({row({button("a", "b"), menu(component_type::user_select, "m")})})).find("neither") == std::string::npos);
    CHECK(said(with({row({menu(component_type::user_select, "m"), button("a", "b")})})) ==
          "components[0].components has something beside a menu");
    CHECK(said(with({row({button("a", "b"), button("a", "c")})})) ==
          "components[0].components[1].custom_id stands in this message twice");
    CHECK(said(with({row({button("a", "")})})) == "components[0].components[0].label is empty, and there is no emoji");
    CHECK(said(laid_out({})) == "components is empty, and is_components_v2 is set");
    auto both = laid_out({text_display("x")});
    both.content = "y";
    CHECK(said(both) == "content cannot stand beside is_components_v2");
    CHECK(said(laid_out({container({container({text_display("x")})})})) == "components[0].components has a container");
    CHECK(said(laid_out({file_display("https://x")})) == "components[0].url is no \"attachment://name\"");
    CHECK(said({.poll = poll{"q", {}}}) == "poll.answers has 0 entries; at least 1 are needed");
    CHECK(said({.content = "x", .mentions = {.all_users = true, .users = {user_id(1)}}}) ==
          "mentions.users cannot stand beside all_users");
    CHECK(said({.content = std::string(2001, 'x')}) == "content has 2001 characters; at most 2000 are allowed");
    CHECK_FALSE(embed{.title = std::string(257, 'x')}.check());
    CHECK(embed{.title = std::string(257, 'x')}.check().error().detail() ==
          "embed.title has 257 characters; at most 256 are allowed");
    CHECK(embed{.title = "x"}.check());
}

TEST_CASE("nobody is told of a mention unless it is said") {
    CHECK(json_value(written({.content = "@everyone <@1>"}))["allowed_mentions"].raw() == R"({"parse":[],"replied_user":false})");
    const auto some =
        written({.content = "x", .mentions = {.everyone = true, .all_roles = true, .users = {user_id(7)}, .replied_user = true}});
    CHECK(json_value(some)["allowed_mentions"].raw() == R"({"parse":["everyone","roles"],"users":["7"],"replied_user":true})");
}

TEST_CASE("an embed is written with what it has, times in UTC") {
    discord::json_writer w;
    runtime::write(w, embed{.title = "Report",
                            .url = "https://x",
                            .color = 0x5865F2,
                            .time = std::chrono::sys_days(std::chrono::year(2026) / 8 / 6) + 11h + 31min + 1s + 250ms,
                            .footer = "foot",
                            .author = "ann",
                            .author_icon_url = "https://y",
                            .image_url = "attachment://a.png",
                            .fields = {{"n", "v", true}}});
    CHECK(
        w.text() ==
        R"({"title":"Report","url":"https://x","color":5793266,"timestamp":"2026-08-06T11:31:01.250Z","footer":{"text":"foot"},)"
        R"("author":{"name":"ann","icon_url":"https://y"},"image":{"url":"attachment://a.png"},"fields":[{"name":"n","value":"v","inline":true}]})");
}

TEST_CASE("components are written as Discord wants them, and read back as what they are") {
    auto choice = string_menu("m", {{"Red", "r", "hot", {.name = "🔥"}, true}, {"Green", "g"}});
    choice.min_values = 0;
    const auto what = laid_out({container({section({text_display("text")}, button("b", "go", button_style::danger)),
                                           separator(false, 2), gallery({{"https://x", "a picture", true}}), row({choice})},
                                          0xFF0000)});
    REQUIRE(said(what) == "");
    const auto json = written(what);
    CAPTURE(json);
    const json_value root(json);
    CHECK(root["flags"].integer() == 1 << 15);
    std::size_t seen = 0;
    for (const auto& outer : root["components"].elements()) {
        CHECK(outer["type"].integer() == 17);
        CHECK(outer["accent_color"].integer() == 0xFF0000);
        std::vector<std::string> inner;
        for (const auto& each : outer["components"].elements()) inner.emplace_back(each.raw());
        REQUIRE(inner.size() == 4);
        CHECK(
            inner[0] ==
            R"({"type":9,"components":[{"type":10,"content":"text"}],"accessory":{"type":2,"custom_id":"b","style":4,"label":"go"}})");
        CHECK(inner[1] == R"({"type":14,"divider":false,"spacing":2})");
        CHECK(inner[2] == R"({"type":12,"items":[{"media":{"url":"https://x"},"description":"a picture","spoiler":true}]})");
        CHECK(inner[3] ==
              R"({"type":1,"components":[{"type":3,"custom_id":"m","options":[{"label":"Red","value":"r","description":"hot",)"
              R"("emoji":{"name":"🔥"},"default":true},{"label":"Green","value":"g"}],"min_values":0}]})");
        ++seen;
    }
    CHECK(seen == 1);
}

TEST_CASE("a reply, a poll and stickers are written as Discord wants them") {
    CHECK(written({.content = "x",
                   .stickers = {sticker_id(3)},
                   .replies_to = message_id(5),
                   .flags = message_flag::suppress_notifications}) ==
          R"({"content":"x","sticker_ids":["3"],"allowed_mentions":{"parse":[],"replied_user":false},)"
          R"("message_reference":{"message_id":"5","fail_if_not_exists":false},"flags":4096})");
    CHECK(json_value(written({.poll = poll{"Tea?", {{"Yes", {.id = emoji_id(9), .name = "cup"}}, {"No"}}, 48h, true}}))["poll"]
              .raw() == R"({"question":{"text":"Tea?"},"answers":[{"poll_media":{"text":"Yes","emoji":{"id":"9","name":"cup"}}},)"
                        R"({"poll_media":{"text":"No"}}],"duration":48,"allow_multiselect":true})");
}
