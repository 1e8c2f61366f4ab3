// An API that answers with everything but what it should: counted, told once a kind and minute, survived in bounded memory.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <signal.h>

#include <boost/json.hpp>
#include <memory>
#include <string>
#include <thread>

#include "system/support/bad_api.hpp"
#include "system/support/stage.hpp"

using namespace shoal::system_test;

namespace {

constexpr std::size_t megabyte = 1'000'000;

/// The command line of a bot whose API is that front.
std::vector<std::string> behind(const bad_api& front, const discord_process& discord, std::vector<std::string> more) {
    auto command = bot_command(discord, std::move(more));
    for (std::size_t i = 1; i < command.size(); ++i) {
        if (command[i - 1] == "--api-base") command[i] = front.api_base();
    }
    return command;
}

/// What a lie is called in the log; empty: it is a plain status, which is no bad answer.
std::string_view kind_of(lie what) {
    switch (what) {
        case lie::page:
        case lie::page_of_failure:
        case lie::nothing: return "an answer that is no JSON";
        case lie::too_long: return "an answer that is no JSON";  // what was announced is half a page
        case lie::other_json: return "JSON that is not what was asked for";
        case lie::garbage:
        case lie::interim_storm: return "an answer that is no HTTP";
        case lie::endless_chunks:
        case lie::endless_body:
        case lie::ten_gigabytes:
        case lie::header_storm: return "an answer that is too large";
        case lie::too_short: return "an answer that is shorter than it promised";
        case lie::trickle: return "an answer that did not end in time";
        case lie::redirect:
        case lie::refusal: return "";
    }
    return "?";
}

std::size_t count_of(std::string_view part, std::string_view text) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++count;
    return count;
}

/// Neither the bot's token nor an interaction's stands in what a bot wrote, although every lie repeats what was asked.
void check_secrets(std::string_view log, const bad_api& front) {
    CHECK(log.find(bot_token) == std::string_view::npos);
    for (const auto& path : front.paths()) {
        const auto callback = path.rfind("/callback");
        if (callback == std::string::npos) continue;
        const auto token = path.substr(path.rfind('/', callback - 1) + 1);
        CHECK(log.find(token.substr(0, token.find('/'))) == std::string_view::npos);
    }
}

}  // namespace

TEST_CASE("/gateway/bot lies in every way, and each bot starts as soon as it is told the truth") {
    const discord_process discord({.shards = lies, .guilds = 20 * lies, .plain = true});
    struct candidate {
        explicit candidate(const discord_process& discord, std::size_t number)
            : what(static_cast<lie>(number)), front(discord.api_base()) {
            // A trickle takes its 15 s.
            front.answer_with(what, what == lie::trickle ? 1 : 2, "/gateway/bot");
            bot = std::make_unique<process>(behind(front, discord,
                                                   {"--shard-ids", std::to_string(number), "--total-shards", std::to_string(lies),
                                                    "--start-patience", "120s"}),
                                            bot_environment(home));
        }
        lie what;
        temp_folder home;
        bad_api front;
        std::unique_ptr<process> bot;
    };
    std::vector<std::unique_ptr<candidate>> all;
    for (std::size_t i = 0; i < lies; ++i) all.push_back(std::make_unique<candidate>(discord, i));
    for (const auto& one : all) {
        CAPTURE(name_of(one->what));
        const bool up = one->bot->says("all shards are ready", 120s);
        const auto log = one->bot->err();
        CAPTURE(log);
        CHECK(up);
        CHECK(one->front.told() == (one->what == lie::trickle ? 1 : 2));
        const auto kind = kind_of(one->what);
        CHECK(count_of("Discord's API gave", log) == (kind.empty() ? 0 : 1));
        if (!kind.empty()) CHECK(count_of(fmt::format("Discord's API gave {}: GET /gateway/bot", kind), log) == 1);
        // 14 bots at once may be too many for the route's limit: a 429 has a line of its own.
        CHECK(count_of("trying again", log) <= 1 + count_of("answered with status 429", log));
        CHECK(count_of("trying again", log) <= 2);
        check_secrets(log, one->front);
        if (!is_sanitized()) CHECK(one->bot->peak_resident() < 60 * megabyte);
    }
}

TEST_CASE("a command's answer meets every lie: it is given again where that is harmless, and the bot goes on") {
    const discord_process discord({.shards = 1, .guilds = 20, .plain = true});
    const temp_folder home;
    bad_api front(discord.api_base());
    process bot(behind(front, discord, {}), bot_environment(home));
    REQUIRE(bot.says("all shards are ready"));
    REQUIRE(discord.all_live(1));
    const auto state_of = [&](const std::string& id) {
        const auto truth = boost::json::parse(discord.oracle()).as_object();
        for (const auto& one : truth.at("interactions").as_array()) {
            if (one.as_object().at("id") == boost::json::string(id)) return std::string(one.as_object().at("state").as_string());
        }
        return std::string("unknown");
    };
    const auto outcome = [&] {
        std::string id;
        // Its commands are registered soon after it is ready.
        REQUIRE(eventually([&] {
            const auto answer = discord.control(R"({"do":"random_slash"})");
            if (!answer.contains("interaction")) return false;
            id = answer.at("interaction").as_string();
            return true;
        }));
        std::string state;
        REQUIRE(eventually([&] { return (state = state_of(id)) != "waiting"; }));
        return state;
    };
    CHECK(outcome() == "answered");
    const auto before = bot.resident();
    int told = 0;
    for (std::size_t i = 0; i < lies; ++i) {
        const auto what = static_cast<lie>(i);
        CAPTURE(name_of(what));
        front.answer_with(what, 1, "/callback");
        const auto state = outcome();
        CHECK(front.told() == ++told);
        // A trickle outlasts the 3 s of a command, and JSON is as good as any to a call that asks for nothing. What the
        // handler's failure tells the user after a redirect or a refusal is an answer, too.
        const bool lost = what == lie::trickle || what == lie::other_json;
        CHECK(state == std::string(lost ? "missed" : "answered"));
        front.answer_with(what, 0, "/callback");
        CHECK(outcome() == "answered");
    }
    const auto log = bot.err();
    check_secrets(log, front);
    for (const auto kind : {lie::page, lie::garbage, lie::ten_gigabytes, lie::too_short}) {
        CAPTURE(kind_of(kind));
        CHECK(count_of(fmt::format("Discord's API gave {}: POST /interactions", kind_of(kind)), log) >= 1);
    }
    MESSAGE(fmt::format("{} MB before, {} MB at the peak, {} MB after", before / megabyte, bot.peak_resident() / megabyte,
                        bot.resident() / megabyte));
    // One body may have 8 MiB, and it is copied once on its way.
    if (!is_sanitized()) CHECK(bot.peak_resident() < before + 40 * megabyte);
    bot.send(SIGINT);
    const auto ended = bot.wait(30s);
    REQUIRE(ended.has_value());
    CHECK(ended->code == 0);
}
