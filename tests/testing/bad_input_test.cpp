// What could not be read stands in bot.shards(), by its kind.
#include <doctest/doctest.h>
#include <stdlib.h>

#include <atomic>
#include <string>

#include "shoal/shoal.hpp"
#include "shoal/testing/discord.hpp"
#include "testing/running_bot.hpp"

TEST_CASE("F35 F46 what a shard could not read is counted by kind, whatever the compression, and its session goes on") {
    for (const std::string how : {"none", "zlib", "zstd"}) {
        CAPTURE(how);
        shoal::testing::discord discord;
        shoal::bot bot(discord.options());
        std::atomic<int> messages{0};
        bot.on([&](const shoal::message_create&) { ++messages; });
        ::setenv("SHOAL_COMPRESSION", how.c_str(), 1);  // Settings that the bot's options do not have come from here.
        const running_bot running(bot);
        ::unsetenv("SHOAL_COMPRESSION");
        discord.connected().get();
        discord.control(R"({"do":"traffic","rate":40})");
        const auto resumes = [&] { return bot.shards().at(0).resumes; };
        const auto strike = [&](const char* fault, const std::string& more) {
            CAPTURE(more);
            const auto before = resumes();
            discord.fault(fault, R"("all":true,)" + more);
            CHECK(comes_true([&] { return resumes() > before; }));
        };
        if (how != "none") strike("F35", R"("how":"byte")");
        strike("F35", R"("how":"truncate")");
        // Without compression it is a frame of 40 MB: the simulator keeps no more than 64 MB for one connection.
        strike("F35", how == "none" ? R"("how":"bomb","megabytes":40)" : R"("how":"bomb","megabytes":70)");
        strike("F35", R"("how":"cut_json")");
        strike("F35", R"("how":"no_op")");
        CHECK(bot.shards().at(0).stepped_over == 0);
        strike("F46", R"("kind":"no_ids")");
        CHECK(comes_true([&] { return bot.shards().at(0).stepped_over == 1; }));
        const auto seen = messages.load();
        CHECK(comes_true([&] { return messages > seen; }));

        const auto shard = bot.shards().at(0);
        CHECK((shard.bad_input.compression > 0) == (how != "none"));
        CHECK(shard.bad_input.too_large == 1);
        CHECK(shard.bad_input.not_json >= 1);
        CHECK(shard.bad_input.wrong_shape == 1);
        CHECK(shard.bad_input.unreadable_event == 2);
        CHECK(shard.bad_input.transport == 0);
        CHECK(shard.lost == 0);
        CHECK(shard.identifies == 1);
        CHECK(bot.bad_answers().sum() == 0);
    }
}
