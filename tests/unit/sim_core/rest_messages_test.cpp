// Messages over REST: what they carry, who hears of them, and what is left of them afterwards.

#include <doctest/doctest.h>

#include "tests/unit/sim_core/rest_support.hpp"

using namespace shoal;
using namespace shoal::sim;
using namespace shoal::sim::test;
using namespace std::chrono_literals;

namespace {

struct chat : api {
    chat()
        : guild(where.guilds()[0]), channel(std::to_string(where.some_channel(guild, 0))), base("/api/v10/channels/" + channel) {}

    reply post(json::object body) { return slowly("POST", base + "/messages", body); }
    std::string message(json::object body = {{"content", "x"}}) {
        const reply made = post(std::move(body));
        REQUIRE_MESSAGE(made.status == 200, made.text);
        return std::string(made.body.at("id").as_string());
    }
    json::object told(std::string_view name) const {
        const world_event* event = ears.last(name);
        REQUIRE_MESSAGE(event != nullptr, name);
        return parsed(event->data);
    }
    std::size_t count(std::string_view name) const {
        return static_cast<std::size_t>(std::ranges::count(ears.heard, name, &world_event::name));
    }
    /// What is wrong at a path of an error's body.
    static std::string wrong(const reply& got, std::initializer_list<std::string_view> path) {
        if (got.code() != 50035) return "code " + std::to_string(got.code());
        const json::value* at = &got.body.at("errors");
        for (const std::string_view key : path) {
            at = at->as_object().if_contains(key);
            if (at == nullptr) return "nothing at " + std::string(key);
        }
        return std::string(at->at("_errors").at(0).at("code").as_string());
    }

    std::uint64_t guild;
    std::string channel, base;
};

std::string part(std::string_view name, std::string_view more, std::string_view content) {
    return "--XX\r\nContent-Disposition: form-data; name=\"" + std::string(name) + "\"" + std::string(more) + "\r\n\r\n" +
           std::string(content) + "\r\n";
}

}  // namespace

TEST_CASE("B34 files are uploaded beside a payload and become attachments; an edit keeps those it lists") {
    chat discord;
    const auto upload = [&](std::string body) {
        discord.now += 10s;
        return discord.take({.request = request_id{700},
                             .method = "POST",
                             .target = discord.base + "/messages",
                             .body = std::move(body) + "--XX--\r\n",
                             .headers = {{"User-Agent", "x"},
                                         {"Authorization", "Bot sim.token"},
                                         {"Content-Type", "multipart/form-data; boundary=\"XX\""}},
                             .peer_ip = "1"});
    };
    const std::string bytes("\0\x01\r\n--X\r\n", 9);
    const reply made =
        upload(part("payload_json", "", R"({"content":"","attachments":[{"id":1,"description":"two","filename":"b.txt"}]})") +
               part("files[0]", "; filename=\"a b.png\"\r\nContent-Type: image/png", bytes) +
               part("files[1]", "; filename=\"tmp\"", "hello"));
    REQUIRE_MESSAGE(made.status == 200, made.text);
    const auto& files = made.body.at("attachments").as_array();
    REQUIRE(files.size() == 2);
    CHECK(files[0].at("filename") == "a_b.png");
    CHECK(files[0].at("size") == 9);
    CHECK(files[0].at("content_type") == "image/png");
    CHECK(files[0].at("width") == 64);
    CHECK(files[1].at("filename") == "b.txt");
    CHECK(files[1].at("description") == "two");
    CHECK(discord.told("MESSAGE_CREATE").at("attachments").as_array().size() == 2);
    const std::string message = discord.base + "/messages/" + std::string(made.body.at("id").as_string());
    const reply kept =
        discord.slowly("PATCH", message, json::object{{"attachments", json::array{json::object{{"id", files[1].at("id")}}}}});
    REQUIRE(kept.body.at("attachments").as_array().size() == 1);
    CHECK(kept.body.at("attachments").at(0).at("id") == files[1].at("id"));
    CHECK(upload(part("files[0]", "; filename=\"big\"", std::string((10U << 20U) + 1, 'x'))).code() == 40005);
    CHECK(upload("--YY\r\n").code() == 50109);
}

TEST_CASE("B34 mentions are what the text names and allowed_mentions lets through") {
    chat discord;
    const std::uint64_t ann = discord.where.some_member(discord.guild, 1), bob = discord.where.some_member(discord.guild, 2);
    const std::string text =
        "<@" + std::to_string(ann) + "> <@!" + std::to_string(bob) + "> <@&" + std::to_string(discord.guild) + "> @everyone";
    const auto pinged = [&](const json::value& allowed) {
        json::object body{{"content", text}};
        if (!allowed.is_null()) body["allowed_mentions"] = allowed;
        discord.message(body);
        return discord.told("MESSAGE_CREATE");
    };
    const json::object all = pinged(nullptr);
    CHECK(all.at("mentions").as_array().size() == 2);
    CHECK(all.at("mention_roles").as_array().size() == 1);
    CHECK(all.at("mention_everyone") == true);
    const json::object none = pinged(json::object{{"parse", json::array()}});
    CHECK(none.at("mentions").as_array().empty());
    CHECK(none.at("mention_roles").as_array().empty());
    CHECK(none.at("mention_everyone") == false);
    const json::object one = pinged(json::object{{"users", json::array{std::to_string(bob)}}});
    REQUIRE(one.at("mentions").as_array().size() == 1);
    CHECK(id_in(one.at("mentions").at(0).as_object()) == bob);
}

TEST_CASE("B34 replies and forwards carry what they refer to, and a reply to nothing is refused") {
    chat discord;
    const std::string first = discord.message({{"content", "first"}});
    discord.message({{"content", "answer"}, {"message_reference", json::object{{"message_id", first}}}});
    const json::object reply_told = discord.told("MESSAGE_CREATE");
    CHECK(reply_told.at("type") == 19);
    CHECK(reply_told.at("referenced_message").at("content") == "first");
    CHECK(reply_told.at("mentions").as_array().size() == 1);  // its author
    discord.message({{"message_reference", json::object{{"type", 1}, {"message_id", first}, {"channel_id", discord.channel}}}});
    const json::object forward = discord.told("MESSAGE_CREATE");
    CHECK(forward.at("type") == 0);
    CHECK(forward.at("message_snapshots").at(0).at("message").at("content") == "first");
    const json::object nowhere{{"content", "x"}, {"message_reference", json::object{{"message_id", "5"}}}};
    CHECK(chat::wrong(discord.post(nowhere), {"message_reference"}) == "REPLIES_UNKNOWN_MESSAGE");
    const json::object anyway{{"content", "x"},
                              {"message_reference", json::object{{"message_id", "5"}, {"fail_if_not_exists", false}}}};
    CHECK(discord.post(anyway).status == 200);
}

TEST_CASE("B34 what may be in a message is checked, and each error names its place") {
    chat discord;
    const auto wrong = [&](json::object body, std::initializer_list<std::string_view> path) {
        return chat::wrong(discord.post(std::move(body)), path);
    };
    const auto embed = [](json::object one) { return json::object{{"embeds", json::array{std::move(one)}}}; };
    CHECK(wrong({{"content", 7}}, {"content"}) == "STRING_TYPE_CONVERT");
    CHECK(wrong(embed({{"title", std::string(257, 'x')}}), {"embeds", "0", "title"}) == "BASE_TYPE_BAD_LENGTH");
    CHECK(wrong(embed({{"footer", json::object{{"text", std::string(2049, 'x')}}}}), {"embeds", "0", "footer", "text"}) ==
          "BASE_TYPE_BAD_LENGTH");
    CHECK(wrong(embed({{"fields", json::array{json::object{{"name", "n"}}}}}), {"embeds", "0", "fields", "0", "value"}) ==
          "BASE_TYPE_REQUIRED");
    CHECK(wrong({{"embeds", json::array{json::object{{"description", std::string(4000, 'x')}},
                                        json::object{{"description", std::string(2001, 'x')}}}}},
                {"embeds"}) == "MAX_EMBED_SIZE_EXCEEDED");
    const auto button = [](json::object one) {
        one["type"] = 2;
        return json::object{{"content", "x"},
                            {"components", json::array{json::object{{"type", 1}, {"components", json::array{one}}}}}};
    };
    CHECK(wrong(button({{"style", 1}, {"label", "l"}}), {"components", "0", "components", "0", "custom_id"}) ==
          "BASE_TYPE_REQUIRED");
    CHECK(wrong(button({{"style", 9}, {"custom_id", "c"}}), {"components", "0", "components", "0", "style"}) ==
          "NUMBER_TYPE_MAX");
    CHECK(wrong({{"content", "x"}, {"components", json::array{json::object{{"type", 2}, {"style", 1}, {"custom_id", "c"}}}}},
                {"components", "0", "type"}) == "UNION_TYPE_CHOICES");
    CHECK(wrong({{"poll", json::object{{"question", json::object{{"text", "?"}}}}}}, {"poll", "answers"}) ==
          "BASE_TYPE_REQUIRED");
    CHECK(wrong({{"content", "x"}, {"flags", 1 << 15}}, {"content"}) == "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2");
    CHECK(wrong({{"content", "x"}, {"nonce", std::string(26, 'n')}}, {"nonce"}) == "NONCE_TYPE_TOO_LONG");
    CHECK(discord.count("MESSAGE_CREATE") == 0);
}

TEST_CASE("B34 reactions stay on their message until they are taken away, each told once") {
    chat discord;
    const std::string message = discord.base + "/messages/" + discord.message();
    const std::string thumb = message + "/reactions/%F0%9F%91%8D";
    CHECK(discord.slowly("PUT", thumb + "/@me").status == 204);
    CHECK(discord.slowly("PUT", thumb + "/@me").status == 204);
    CHECK(discord.count("MESSAGE_REACTION_ADD") == 1);
    const json::object shown = discord.slowly("GET", message).body.at("reactions").at(0).as_object();
    CHECK(shown.at("count") == 1);
    CHECK(shown.at("me") == true);
    CHECK(shown.at("emoji").at("name") == "👍");
    CHECK(id_in(discord.slowly("GET", thumb).body.at(0).as_object()) == discord.where.bot_user_id());
    CHECK(discord.slowly("DELETE", thumb + "/@me").status == 204);
    CHECK_FALSE(discord.slowly("GET", message).body.as_object().contains("reactions"));
    CHECK(discord.slowly("DELETE", thumb + "/@me").status == 204);
    CHECK(discord.count("MESSAGE_REACTION_REMOVE") == 1);
    CHECK(discord.slowly("PUT", message + "/reactions/smile/@me").code() == 10014);
    CHECK(discord.slowly("PUT", message + "/reactions/x:123456789012345678/@me").code() == 10014);
    CHECK(discord.slowly("PUT", discord.base + "/messages/5/reactions/%F0%9F%91%8D/@me").code() == 10008);
    for (int i = 0; i < 20; ++i) {
        std::string emoji = "%F0%9F%98%80";
        emoji.replace(10, 2, (i < 10 ? "8" : "9") + std::to_string(i % 10));
        CHECK(discord.slowly("PUT", message + "/reactions/" + emoji + "/@me").status == 204);
    }
    CHECK(discord.slowly("PUT", thumb + "/@me").code() == 30010);
    CHECK(discord.slowly("DELETE", message + "/reactions/%F0%9F%98%80").status == 204);
    CHECK(discord.told("MESSAGE_REACTION_REMOVE_EMOJI").at("emoji").at("name") == "😀");
    CHECK(discord.slowly("DELETE", message + "/reactions").status == 204);
    CHECK(discord.count("MESSAGE_REACTION_REMOVE_ALL") == 1);
    CHECK_FALSE(discord.slowly("GET", message).body.as_object().contains("reactions"));
}

TEST_CASE("B34 a guild's own emoji reacts by its id, whatever name the path gives it") {
    simulator_config config;
    config.world.guild_classes = "medium";
    api discord(config);
    const std::uint64_t guild = discord.where.guilds()[0];
    const json::object emoji = parsed(discord.where.things(guild, world::thing::emoji)[0]);
    const std::string base = "/api/v10/channels/" + std::to_string(discord.where.some_channel(guild, 0)) + "/messages";
    const reply made = discord.slowly("POST", base, json::object{{"content", "x"}});
    const std::string message = base + "/" + std::string(made.body.at("id").as_string());
    CHECK(discord.slowly("PUT", message + "/reactions/other:" + std::string(emoji.at("id").as_string()) + "/@me").status == 204);
    CHECK(parsed(discord.ears.last("MESSAGE_REACTION_ADD")->data).at("emoji").at("name") == emoji.at("name"));
    CHECK(discord.slowly("GET", message).body.at("reactions").at(0).at("emoji").at("id") == emoji.at("id"));
}

TEST_CASE("B34 pins are told by an update, a time and a message of the system, and listed last pin first") {
    chat discord;
    const std::string a = discord.message(), b = discord.message();
    CHECK(discord.slowly("PUT", discord.base + "/pins/" + a).status == 204);
    CHECK(discord.told("MESSAGE_UPDATE").at("pinned") == true);
    CHECK(discord.told("MESSAGE_CREATE").at("type") == 6);
    CHECK(discord.told("MESSAGE_CREATE").at("message_reference").at("message_id") == json::value(a));
    CHECK(discord.told("CHANNEL_PINS_UPDATE").at("channel_id") == json::value(discord.channel));
    CHECK(discord.slowly("PUT", discord.base + "/messages/pins/" + b).status == 204);
    const reply old_way = discord.slowly("GET", discord.base + "/pins");
    REQUIRE(old_way.body.as_array().size() == 2);
    CHECK(old_way.body.at(0).at("id") == json::value(b));
    const reply page = discord.slowly("GET", discord.base + "/messages/pins?limit=1");
    CHECK(page.body.at("items").at(0).at("message").at("id") == json::value(b));
    CHECK(page.body.at("has_more") == true);
    CHECK(discord.slowly("DELETE", discord.base + "/messages/pins/" + b).status == 204);
    CHECK(discord.slowly("DELETE", discord.base + "/pins/" + a).status == 204);
    CHECK(discord.told("CHANNEL_PINS_UPDATE").at("last_pin_timestamp").is_null());
    CHECK(discord.count("CHANNEL_PINS_UPDATE") == 4);
}

TEST_CASE("B34 a poll has numbered answers and an end, which its author may bring about") {
    chat discord;
    const json::object answer{{"poll_media", json::object{{"text", "Tea"}}}};
    const std::string id = discord.message(
        {{"poll", json::object{
                      {"question", json::object{{"text", "Tea?"}}}, {"answers", json::array{answer, answer}}, {"duration", 2}}}});
    const json::object poll = discord.told("MESSAGE_CREATE").at("poll").as_object();
    CHECK(poll.at("answers").at(1).at("answer_id") == 2);
    CHECK(poll.at("results").at("is_finalized") == false);
    const std::string base = discord.base + "/polls/" + id;
    CHECK(discord.slowly("GET", base + "/answers/1").body.at("users").as_array().empty());
    CHECK(discord.slowly("GET", base + "/answers/3").code() == 10102);
    CHECK(discord.slowly("POST", base + "/expire").body.at("poll").at("results").at("is_finalized") == true);
    CHECK(discord.told("MESSAGE_UPDATE").at("poll").at("results").at("is_finalized") == true);
    CHECK(discord.told("MESSAGE_CREATE").at("type") == 46);
    CHECK(discord.slowly("POST", base + "/expire").code() == 520006);
}

TEST_CASE("B34 messages of a channel are paged before, after and around an id") {
    chat discord;
    std::vector<std::string> ids;
    for (int i = 0; i < 7; ++i) ids.push_back(discord.message());
    const auto page = [&](const std::string& query) {
        std::vector<int> out;
        for (const json::value& one : discord.slowly("GET", discord.base + "/messages?" + query).body.as_array()) {
            const auto found = std::ranges::find(ids, std::string(one.at("id").as_string()));
            out.push_back(static_cast<int>(found - ids.begin()));
        }
        return out;
    };
    CHECK(page("limit=2") == std::vector<int>{6, 5});
    CHECK(page("limit=2&before=" + ids[5]) == std::vector<int>{4, 3});
    CHECK(page("limit=2&after=" + ids[1]) == std::vector<int>{3, 2});
    CHECK(page("limit=3&around=" + ids[3]) == std::vector<int>{4, 3, 2});
    CHECK(page("limit=2&after=0") == std::vector<int>{1, 0});
}

TEST_CASE("B34 messages of the world's people can be read, reacted to and deleted, but not edited") {
    simulator_config config;
    config.world.guilds = 1;
    config.world.unknown_event_share = 0;
    api discord(config);
    const std::uint64_t guild = discord.where.guilds()[0];
    json::object seen;
    for (int i = 0; i < 3000 && seen.empty(); ++i) {
        const world_event event = discord.where.random_event(discord.now);
        if (event.name != "MESSAGE_CREATE" || event.guild == 0) continue;
        json::object message = parsed(event.data);
        if (!message.contains("webhook_id") && id_in(message.at("author").as_object()) != discord.where.bot_user_id())
            seen = std::move(message);
    }
    REQUIRE_FALSE(seen.empty());
    const std::string channel = "/api/v10/channels/" + std::string(seen.at("channel_id").as_string());
    const std::string message = channel + "/messages/" + std::string(seen.at("id").as_string());
    const reply read = discord.slowly("GET", message);
    REQUIRE(read.status == 200);
    CHECK(read.body.at("content") == seen.at("content"));
    CHECK(discord.slowly("GET", channel + "/messages").body.at(0).at("id") == seen.at("id"));
    CHECK(discord.slowly("PUT", message + "/reactions/%F0%9F%91%8D/@me").status == 204);
    CHECK(discord.slowly("PATCH", message, json::object{{"content", "mine now"}}).code() == 50005);
    CHECK(discord.slowly("DELETE", message).status == 204);
    CHECK(discord.slowly("GET", message).code() == 10008);
    const json::array log = discord.rest.audit_log();
    REQUIRE(log.size() == 1);
    CHECK(log[0].at("action_type") == 72);
    CHECK(log[0].at("target_id") == seen.at("author").at("id"));
    CHECK(log[0].at("guild") == json::value(std::to_string(guild)));
}

TEST_CASE("B34 bulk deletion takes 2 to 100 ids, none twice and none too old") {
    chat discord;
    const std::string a = discord.message(), b = discord.message();
    const std::string target = discord.base + "/messages/bulk-delete";
    const auto with = [&](json::array ids) { return discord.slowly("POST", target, json::object{{"messages", std::move(ids)}}); };
    CHECK(chat::wrong(with({a}), {"messages"}) == "BASE_TYPE_BAD_LENGTH");
    CHECK(chat::wrong(with({a, a}), {"messages"}) == "BASE_TYPE_DUPLICATE");
    CHECK(with({a, std::to_string(snowflake_of(discord.where.unix_ms(discord.now) - discord_epoch_ms - 15LL * 86400000, 1))})
              .code() == 50034);
    CHECK(with({a, b}).status == 204);
    CHECK(discord.told("MESSAGE_DELETE_BULK").at("ids").as_array().size() == 2);
    CHECK(discord.slowly("GET", discord.base + "/messages").body.as_array().empty());
}
