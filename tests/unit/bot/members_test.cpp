// bot.request_members(): chunks to members, over retries, new sessions and time-outs, on virtual time.
#include <doctest/doctest.h>

#include "hosted_fixture.hpp"

using namespace shoal;
using namespace shoal::test;
using host::test::far_end;

namespace {

constexpr guild_id guild{7};
using outcome = std::optional<result<member_list>>;

bot_options with_members() { return {.intents = intents::guilds | intents::guild_members}; }

std::string nonce_of(const std::string& query) { return discord::json_value(query)["nonce"].text_or(""); }

std::string member(std::uint64_t id, std::string_view more = "") {
    return fmt::format(R"({{"user":{{"id":"{0}","username":"u{0}"}},"roles":["31","32"],"joined_at":"2026-01-01"{1}}})", id,
                       more);
}

/// Sends one chunk with members first..first+count-1.
void chunk(hosted_fixture& f, far_end& peer, std::uint64_t seq, const std::string& query, int index, int of, std::uint64_t first,
           std::size_t count, std::string_view more = "") {
    std::string members;
    for (std::uint64_t id = first; id < first + count; ++id) members += (members.empty() ? "" : ",") + member(id);
    f.event(peer, seq, "GUILD_MEMBERS_CHUNK",
            fmt::format(R"({{"guild_id":"7","members":[{}],"chunk_index":{},"chunk_count":{},"nonce":"{}"{}}})", members, index,
                        of, nonce_of(query), more));
}

}  // namespace

TEST_CASE("all members of a guild come in chunks of any order, and the call ends with the last of them") {
    hosted_fixture f(with_members());
    f.run();
    outcome got;
    f.ask(f.bot.request_members(guild), got);
    auto& peer = f.dialer.last();
    const auto queries = f.sent(peer, 8);
    REQUIRE(queries.size() == 1);
    const discord::json_value query(queries[0]);
    CHECK(query["guild_id"].text_or("") == "7");
    CHECK(query["query"].text_or("?").empty());
    CHECK(query["limit"].integer() == 0);
    chunk(f, peer, 2, queries[0], 2, 3, 3000, 500);
    chunk(f, peer, 3, queries[0], 0, 3, 1000, 1000);
    chunk(f, peer, 4, queries[0], 0, 3, 1000, 1000);  // once more
    f.on.run_for(1s);
    CHECK_FALSE(got);
    chunk(f, peer, 5, queries[0], 1, 3, 2000, 1000);
    f.on.run_for(1ms);
    REQUIRE(got);
    REQUIRE(*got);
    const auto& list = **got;
    CHECK(list.size() == 2500);
    REQUIRE(list.find(user_id(3499)) != nullptr);
    CHECK(list.find(user_id(3499))->user.username == "u3499");
    CHECK(list.find(user_id(3499))->roles.size() == 2);
    CHECK(list.find(user_id(3499))->roles[1] == role_id(32));
    CHECK(list.find(user_id(3500)) == nullptr);
    CHECK(list.not_found().empty());
    CHECK(f.owner.open.empty());
}

TEST_CASE("a list outlives the message that it was read from, escapes decoded, presences raw") {
    hosted_fixture f({.intents = intents::guilds | intents::guild_members | intents::guild_presences});
    f.run();
    outcome got;
    f.ask(f.bot.request_members(guild, {.users = {user_id(5), user_id(6)}, .presences = true}), got);
    auto& peer = f.dialer.last();
    const auto query = f.sent(peer, 8).at(0);
    CHECK(discord::json_value(query)["user_ids"].raw() == R"(["5","6"])");
    CHECK(discord::json_value(query)["presences"].value_or(false));
    f.event(peer, 2, "GUILD_MEMBERS_CHUNK",
            fmt::format(R"({{"guild_id":"7","members":[{}],"chunk_index":0,"chunk_count":1,"not_found":["6",12],)"
                        R"("presences":[{{"status":"idle"}}],"nonce":"{}"}})",
                        member(5, R"(,"nick":"A\u00e4 \"b\"")"), nonce_of(query)));
    // Other messages use the same buffers afterwards.
    for (std::uint64_t seq = 3; seq < 200; ++seq)
        f.event(peer, seq, "TYPING_START", R"({"filler":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"})");
    REQUIRE(got);
    REQUIRE(*got);
    const auto copy = **got;
    got.reset();
    REQUIRE(copy.size() == 1);
    CHECK(copy.members()[0].nick == "Aä \"b\"");
    CHECK(copy.members()[0].user.username == "u5");
    REQUIRE(copy.not_found().size() == 2);
    CHECK(copy.not_found()[0] == user_id(6));
    CHECK(copy.not_found()[1] == user_id(12));
    REQUIRE(copy.presences().size() == 1);
    CHECK(copy.presences()[0] == R"({"status":"idle"})");
}

TEST_CASE("the guild's own shard is asked, from a handler of another one") {
    hosted_fixture f;
    f.run(2);
    // 1 << 22 is the smallest guild of shard 1 of 2.
    const guild_id there(std::uint64_t{1} << 22);
    outcome got;
    f.ask(f.bot.request_members(there, {.prefix = "an", .limit = 5}), got);
    std::vector<std::size_t> asked;
    for (const auto& each : f.dialer.peers) asked.push_back(f.sent(*each, 8).size());
    REQUIRE(asked.size() == 2);
    CHECK(asked[0] + asked[1] == 1);
    const auto& peer = asked[0] == 1 ? *f.dialer.peers[0] : *f.dialer.peers[1];
    CHECK(peer.sent.front().find(R"("shard":[1,2])") != std::string::npos);
    const auto query = f.sent(peer, 8).at(0);
    CHECK(discord::json_value(query)["query"].text_or("") == "an");
    CHECK(discord::json_value(query)["limit"].integer() == 5);
}

TEST_CASE("chunks of a session that ended do not count: the new session is asked again") {
    hosted_fixture f(with_members());
    f.run();
    outcome got;
    f.ask(f.bot.request_members(guild, {.prefix = "u"}), got);
    auto& first = f.dialer.last();
    chunk(f, first, 2, f.sent(first, 8).at(0), 0, 2, 1000, 1000);
    auto& second = f.new_session();
    const auto again = f.sent(second, 8);
    REQUIRE(again.size() == 1);
    CHECK_FALSE(got);
    chunk(f, second, 2, again[0], 0, 1, 5000, 3);
    f.on.run_for(1ms);
    REQUIRE(got);
    REQUIRE(*got);
    CHECK((*got)->size() == 3);
}

TEST_CASE("what Discord would refuse or never answer is refused at once, with the reason") {
    hosted_fixture f({.intents = intents::guilds});
    f.run();
    const auto refused = [&](member_request what) {
        outcome got;
        f.ask(f.bot.request_members(guild, std::move(what)), got);
        f.on.run_for(1ms);
        REQUIRE(got);
        REQUIRE_FALSE(*got);
        CHECK(got->error().is(bot_errc::bad_request));
        return got->error().detail();
    };
    CHECK(refused({}).find("GUILD_MEMBERS") != std::string::npos);
    CHECK(refused({.prefix = "a", .presences = true}).find("GUILD_PRESENCES") != std::string::npos);
    CHECK(refused({.prefix = "a", .limit = 101}).find("1 to 100") != std::string::npos);
    CHECK(refused({.users = std::vector<user_id>(101, user_id(5))}).find("100 users") != std::string::npos);
    CHECK(refused({.prefix = "a", .users = {user_id(5)}}).find("either") != std::string::npos);
    CHECK(f.sent(f.dialer.last(), 8).empty());
}

TEST_CASE("when no chunk comes for 20 s the call says which are missing, and within() ends it sooner") {
    hosted_fixture f(with_members());
    f.run();
    auto& peer = f.dialer.last();
    outcome slow, sooner;
    f.ask(f.bot.request_members(guild, {.prefix = "a"}), slow);
    f.ask(f.bot.request_members(guild, {.prefix = "b"}).within(5s), sooner);
    chunk(f, peer, 2, f.sent(peer, 8).at(0), 0, 3, 1000, 10);
    f.pass(4s);
    CHECK_FALSE(sooner);
    f.pass(2s);
    REQUIRE(sooner);
    CHECK(sooner->error().is(bot_errc::timed_out));
    CHECK_FALSE(slow);
    // What comes late for the one that was given up bothers nobody.
    chunk(f, peer, 3, f.sent(peer, 8).at(1), 0, 1, 1000, 10);
    f.pass(15s);
    REQUIRE(slow);
    CHECK(slow->error().is(bot_errc::timed_out));
    CHECK(slow->error().detail() == "2 of 3 parts did not come");
}

TEST_CASE("RATE_LIMITED is waited out, or fails the call where that was asked for") {
    hosted_fixture f(with_members());
    f.run();
    auto& peer = f.dialer.last();
    outcome patient, hasty, too_soon;
    const auto limited = [&](std::uint64_t seq, const std::string& query) {
        f.event(peer, seq, "RATE_LIMITED",
                fmt::format(R"({{"opcode":8,"retry_after":29.457,"meta":{{"guild_id":"7","nonce":"{}"}}}})", nonce_of(query)));
    };
    f.ask(f.bot.request_members(guild), patient);
    limited(2, f.sent(peer, 8).at(0));
    f.pass(28s);
    CHECK(f.sent(peer, 8).size() == 1);
    CHECK_FALSE(patient);
    f.pass(2s);
    REQUIRE(f.sent(peer, 8).size() == 2);
    chunk(f, peer, 3, f.sent(peer, 8).at(1), 0, 1, 1000, 4);
    f.on.run_for(1ms);
    REQUIRE(patient);
    REQUIRE(*patient);
    CHECK((*patient)->size() == 4);

    // The guild's whole list is spent for 30 s, which needs no answer of Discord's to be known.
    f.ask(f.bot.request_members(guild, {.wait_when_limited = false}), too_soon);
    f.on.run_for(1ms);
    REQUIRE(too_soon);
    CHECK(too_soon->error().is(bot_errc::rate_limited));
    CHECK(f.sent(peer, 8).size() == 2);

    f.ask(f.bot.request_members(guild, {.prefix = "a", .wait_when_limited = false}), hasty);
    limited(4, f.sent(peer, 8).at(2));
    f.on.run_for(1ms);
    REQUIRE(hasty);
    CHECK(hasty->error().is(bot_errc::rate_limited));
    CHECK(hasty->error().detail().find("29457 ms") != std::string::npos);
}

TEST_CASE("a second whole list within 30 s waits for its turn") {
    hosted_fixture f(with_members());
    f.run();
    auto& peer = f.dialer.last();
    outcome first, second;
    f.ask(f.bot.request_members(guild), first);
    chunk(f, peer, 2, f.sent(peer, 8).at(0), 0, 1, 1000, 4);
    f.pass(1s);
    f.ask(f.bot.request_members(guild), second);
    f.pass(28s);
    CHECK(f.sent(peer, 8).size() == 1);
    f.pass(2s);
    CHECK(f.sent(peer, 8).size() == 2);
    CHECK_FALSE(second);
}

TEST_CASE("a request ends with its shard, and one of a guild that is not here is refused") {
    hosted_fixture f(with_members());
    f.run();
    outcome open_one, elsewhere;
    f.ask(f.bot.request_members(guild), open_one);
    f.host->want({});
    f.on.run_for(10s);
    REQUIRE(open_one);
    CHECK(open_one->error().is(bot_errc::not_running));
    f.ask(f.bot.request_members(guild), elsewhere);
    f.on.run_for(1ms);
    REQUIRE(elsewhere);
    CHECK(elsewhere->error().is(bot_errc::not_running));
}

TEST_CASE("a request may be forgotten, and its failure is logged") {
    hosted_fixture f({.intents = intents::guilds});
    f.run();
    f.bot.request_members(guild).forget();
    f.on.run_for(1s);
    CHECK(f.logged("nobody awaits") == 1);
}
