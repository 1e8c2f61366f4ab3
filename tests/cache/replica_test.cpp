// Snapshot and events since give the source's cache, for any stream, any cut and any interleaving; damage is refused by name.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "cache/event_log.hpp"
#include "cache/snapshot.hpp"
#include "tests/cache/event_stream.hpp"
#include "tests/cache/twin_view.hpp"

using namespace shoal;
using namespace shoal::test;
using cache::errc;

namespace {

/// A source, what it sent on its way, and who follows it.
struct pair {
    explicit pair(std::uint64_t seed, stream_settings how, cache_settings keeps = cache_preset::everything)
        : random(seed * 7 + 1), stream(seed, how), source(keeps), follower(keeps) {
        source.start_session(stream.ready());
    }
    void step(bool tell = true) {
        const auto event = stream.next();
        source.apply(event.kind, event.json, ++seq);
        if (tell) follower.event(event.kind, event.json, seq);
    }
    void steps(std::uint64_t count, bool tell = true) {
        for (; count > 0; --count) step(tell);
    }
    /// A round, with up to `between` events after each piece.
    void round(std::uint64_t between, std::uint64_t since = 0) {
        cache::snapshot_writer writer(source, seq, since);
        for (bool more = true; more;) {
            std::string bytes;
            more = writer.next(bytes, seq);
            ++pieces;
            const auto taken = follower.take(bytes);
            REQUIRE(taken);
            CHECK(*taken == bytes.size());
            steps(random.below(between + 1));
        }
        REQUIRE(follower.whole());
    }
    random_source random;
    event_stream stream;
    cache::shard_cache source;
    cache::replica follower;
    std::uint64_t seq = 0;
    int pieces = 0;
};

/// A guild of so many members that it takes several pieces.
void grow(pair& p, int members) {
    std::string json = R"({"id":"77","name":"large","member_count":5})";
    p.source.apply(discord::event_kind::guild_create, json, ++p.seq);
    for (int from = 0; from < members; from += 500) {
        json = R"({"guild_id":"77","members":[)";
        for (int i = from; i < from + 500; ++i) {
            const auto id = std::to_string(10'000 + static_cast<int>((i * 7919LL) % members));
            json += R"({"user":{"id":")" + id + R"(","username":"u)" + id + R"("},"roles":[")" + std::to_string(100 + i % 12) +
                    R"("]},)";
        }
        json.back() = ']';
        p.source.apply(discord::event_kind::guild_members_chunk, json + "}", ++p.seq);
    }
}

std::string whole_snapshot(cache::shard_cache& of, std::uint64_t seq) {
    std::string out;
    cache::snapshot_writer writer(of, seq);
    while (writer.next(out, seq)) {
    }
    return out;
}

result<void> read_all(cache::replica& into, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto taken = into.take(bytes);
        if (!taken) return std::unexpected(taken.error());
        bytes.remove_prefix(*taken);
    }
    return {};
}

}  // namespace

TEST_CASE(
    "whatever happens between the pieces, a round and the events since give the source's cache, and it follows from there") {
    const std::uint64_t seeds = std::getenv("SHOAL_SOAK_EVENTS") == nullptr ? 40 : 600;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        CAPTURE(seed);
        pair p(seed, {.guilds = 12, .largest_members_listed = 30, .made_up = seed % 2 == 0 ? 0.9 : 0.4});
        p.steps(p.random.below(2500), false);
        if (seed % 3 == 0) grow(p, 4000);
        p.steps(p.random.below(200), false);
        p.round(seed % 4 == 0 ? 0 : 150);
        REQUIRE(difference(p.follower.cache(), p.source) == "");
        for (int i = 0; i < 10; ++i) {
            p.steps(60);
            REQUIRE(difference(p.follower.cache(), p.source) == "");
        }
        // A later round over it, whole or of what changed, and without the events before it.
        const auto from = p.seq;
        p.steps(400, false);
        p.round(60, seed % 2 == 0 ? from : 0);
        REQUIRE(difference(p.follower.cache(), p.source) == "");
        p.steps(200);
        REQUIRE(difference(p.follower.cache(), p.source) == "");
    }
}

TEST_CASE("a giant changes while its pieces are written, and still arrives as it was at one moment") {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        CAPTURE(seed);
        pair p(seed, {.guilds = 3, .largest_members_listed = 10, .made_up = 0.5});
        grow(p, 12'000);
        cache::snapshot_writer writer(p.source, p.seq);
        int of_the_giant = 0;
        for (bool more = true; more;) {
            std::string bytes;
            more = writer.next(bytes, p.seq);
            CHECK(bytes.size() < 300'000);
            if (cache::read_frame(bytes)->kind == cache::piece::more_of_guild) ++of_the_giant;
            REQUIRE(p.follower.take(bytes));
            for (int i = 0; i < 300; ++i) {
                const auto id = std::to_string(10'000 + p.random.below(12'500));
                const auto of = R"({"guild_id":"77","user":{"id":")" + id + R"(","username":"v)" +
                                std::to_string(p.random.below(99)) + R"("})";
                const auto kind = p.random.chance(0.5)   ? discord::event_kind::guild_member_remove
                                  : p.random.chance(0.5) ? discord::event_kind::guild_member_add
                                                         : discord::event_kind::guild_member_update;
                const auto json = of + R"(,"roles":["3"],"nick":"n)" + std::to_string(i) + "\"}";
                p.source.apply(kind, json, ++p.seq);
                p.follower.event(kind, json, p.seq);
            }
            if (p.random.chance(0.3)) {
                const auto role = R"({"guild_id":"77","role_id":")" + std::to_string(100 + p.random.below(12)) + "\"}";
                p.source.apply(discord::event_kind::guild_role_delete, role, ++p.seq);
                p.follower.event(discord::event_kind::guild_role_delete, role, p.seq);
            }
            p.steps(20);
        }
        CHECK(of_the_giant >= 4);
        REQUIRE(p.follower.whole());
        REQUIRE(difference(p.follower.cache(), p.source) == "");
    }
}

TEST_CASE("a stored snapshot and a stored log give the source's cache, also with a torn end of the log") {
    for (std::uint64_t seed = 50; seed < 62; ++seed) {
        CAPTURE(seed);
        pair p(seed, {.guilds = 10, .largest_members_listed = 30, .made_up = 0.6});
        p.steps(1500, false);
        cache::event_log log(64U << 20);
        cache::snapshot_writer writer(p.source, p.seq);
        std::string stored;
        std::vector<std::size_t> ends = {0};
        const auto logged = [&](std::uint64_t count) {
            for (; count > 0; --count) {
                const auto event = p.stream.next();
                p.source.apply(event.kind, event.json, ++p.seq);
                REQUIRE(log.append(p.seq, event.name, event.json));
                ends.push_back(log.bytes().size());
            }
        };
        while (writer.next(stored, p.seq)) logged(p.random.below(50));
        logged(p.random.below(500));

        cache::replica read(cache_preset::everything);
        REQUIRE(read_all(read, stored));
        const auto replay = [&](std::string_view bytes, cache::replica& into) {
            return cache::read_events(bytes, [&](const cache::logged_event& each) {
                into.event(discord::event_kind_of(each.name), each.json, each.seq);
            });
        };
        const auto torn = std::string(log.bytes()) + std::string(log.bytes().substr(0, p.random.below(20)));
        const auto outcome = replay(torn, read);
        CHECK(outcome.bytes == log.bytes().size());
        CHECK(outcome.whole == (torn.size() == log.bytes().size()));
        REQUIRE(difference(read.cache(), p.source) == "");
    }
}

TEST_CASE("what is cut off, damaged, of another version or out of order is refused by name") {
    pair p(3, {.guilds = 10, .largest_members_listed = 30, .made_up = 0.5});
    p.steps(2000, false);
    const auto good = whole_snapshot(p.source, p.seq);
    {
        cache::replica into(cache_preset::everything);
        REQUIRE(read_all(into, good));
        REQUIRE(into.whole());
        CHECK(difference(into.cache(), p.source) == "");
    }
    const auto why = [](std::string_view bytes, cache_settings keeps = cache_preset::everything) {
        cache::replica into(keeps);
        const auto read = read_all(into, bytes);
        return read ? std::string(into.whole() ? "whole" : "not whole") : std::string(read.error().text());
    };
    CHECK(why("") == "not whole");
    CHECK(why("hello") == errc_text(errc::not_ours));
    CHECK(why(good.substr(0, 10)) == errc_text(errc::cut_off));
    CHECK(why(good, cache_preset::standard) == errc_text(errc::other_settings));
    auto other = good;
    other[4] = 7;
    CHECK(why(other) == errc_text(errc::other_version));
    const auto first = cache::read_frame(good)->bytes;
    CHECK(why(good.substr(first)) == errc_text(errc::out_of_order));
    const auto second = cache::read_frame(std::string_view(good).substr(first))->bytes;
    CHECK(why(good.substr(0, first) + good.substr(first + second)) == errc_text(errc::out_of_order));
    random_source random(9);
    for (int i = 0; i < 3000; ++i) {
        auto bytes = good;
        const auto at = random.below(bytes.size());
        bytes[at] = static_cast<char>(bytes[at] ^ (1U << random.below(8)));
        CAPTURE(at);
        CHECK(why(bytes) != "whole");
        CHECK(why(std::string_view(good).substr(0, at)) != "whole");
    }
}

TEST_CASE("a snapshot whose checksums are right and whose contents are not is refused or read, and nothing crashes") {
    pair p(4, {.guilds = 8, .largest_members_listed = 20, .made_up = 0.7});
    p.steps(3000, false);
    const auto good = whole_snapshot(p.source, p.seq);
    std::vector<std::pair<cache::piece, std::string>> pieces;
    for (std::string_view left = good; !left.empty();) {
        const auto each = cache::read_frame(left);
        REQUIRE(each);
        pieces.emplace_back(each->kind, std::string(each->body));
        left.remove_prefix(each->bytes);
    }
    random_source random(10);
    std::map<std::string, int> outcomes;
    for (int i = 0; i < 4000; ++i) {
        std::string bytes;
        const auto victim = random.below(pieces.size());
        for (std::size_t n = 0; n < pieces.size(); ++n) {
            auto body = pieces[n].second;
            if (n == victim && !body.empty()) {
                for (auto hits = 1 + random.below(4); hits > 0; --hits) {
                    const auto at = random.below(body.size());
                    if (random.chance(0.2)) {
                        body.resize(at + 1);
                    } else if (random.chance(0.2)) {
                        body.insert(at, random.below(9), '\x01');
                    } else {
                        body[at] = static_cast<char>(random.next());
                    }
                }
            }
            const auto began = cache::begin_frame(bytes, pieces[n].first);
            bytes += body;
            cache::end_frame(bytes, began);
        }
        cache::replica into(cache_preset::everything);
        const auto read = read_all(into, bytes);
        ++outcomes[read ? std::string(into.whole() ? "whole" : "not whole") : std::string(read.error().text())];
        // Whatever came of it can be read and changed.
        for (const auto& each : into.cache().all()) (void)plain(*each);
        for (int more = 0; more < 5; ++more) {
            const auto event = p.stream.next();
            into.event(event.kind, event.json, p.seq + 100);
        }
    }
    CHECK(outcomes[std::string(errc_text(errc::senseless))] > 100);
    CHECK(outcomes["whole"] > 100);
}

TEST_CASE("the version before and the next one are read: what is not known is passed over") {
    pair p(5, {.guilds = 4, .largest_members_listed = 10, .made_up = 0.3});
    p.steps(500, false);
    const auto good = whole_snapshot(p.source, p.seq);
    for (const auto version : {std::uint16_t{0}, std::uint16_t{2}}) {
        CAPTURE(version);
        std::string bytes;
        std::uint32_t number = 0;
        const auto add = [&](cache::piece kind, std::string body) {
            std::memcpy(body.data(), &number, sizeof number);
            ++number;
            const auto began = cache::begin_frame(bytes, kind);
            bytes += body;
            std::memcpy(bytes.data() + began + 4, &version, sizeof version);
            cache::end_frame(bytes, began);
        };
        for (std::string_view left = good; !left.empty();) {
            const auto each = cache::read_frame(left);
            auto body = std::string(each->body);
            // The next version sends kinds of pieces, ends of begin and tables of guilds that this one does not know.
            if (version == 2) {
                if (each->kind == cache::piece::begin) body += "and more";
                if (each->kind == cache::piece::guilds && body.size() > 8) {
                    std::uint32_t block = 0;
                    std::memcpy(&block, body.data() + 4, sizeof block);
                    const std::string table("\x63\x03\x00\x00\x00xyz", 8);
                    body.insert(8 + block, table);
                    block += static_cast<std::uint32_t>(table.size());
                    std::memcpy(body.data() + 4, &block, sizeof block);
                }
            }
            add(each->kind, body);
            if (version == 2 && each->kind == cache::piece::begin) add(static_cast<cache::piece>(77), "0123 whatever");
            left.remove_prefix(each->bytes);
        }
        cache::replica into(cache_preset::everything);
        REQUIRE(read_all(into, bytes));
        REQUIRE(into.whole());
        CHECK(difference(into.cache(), p.source) == "");
    }
}

TEST_CASE("fields that a later version put behind those of this one are cut off, those before them are read") {
    cache::shard_cache source(cache_preset::everything);
    source.start_session(R"({"user":{"id":"900","username":"shoal"},"guilds":[]})");
    source.apply(discord::event_kind::guild_create,
                 R"({"id":"1","name":"Home","channels":[{"id":"20","name":"general","topic":"t","nsfw":true}]})", 1);
    const auto good = whole_snapshot(source, 1);
    std::string bytes;
    bool changed = false;
    for (std::string_view left = good; !left.empty();) {
        const auto each = cache::read_frame(left);
        auto body = std::string(each->body);
        if (each->kind == cache::piece::users) {
            // u32 piece, u64 seq, one record: u64 key, its size, its mask, fields.
            REQUIRE(body[12] == 1);
            auto record = body.substr(22);
            REQUIRE(static_cast<std::size_t>(body[21]) == record.size());
            REQUIRE(static_cast<unsigned char>(record[0]) < 0x80);
            record.replace(0, 1,
                           {static_cast<char>(record[0] | 0x80), static_cast<char>(0x80), 0x20});  // A field of the year after.
            record += "its value";
            body.resize(21);
            body.push_back(static_cast<char>(record.size()));
            body += record;
            changed = true;
        }
        const auto began = cache::begin_frame(bytes, each->kind);
        bytes += body;
        cache::end_frame(bytes, began);
        left.remove_prefix(each->bytes);
    }
    REQUIRE(changed);
    cache::replica into(cache_preset::everything);
    REQUIRE(read_all(into, bytes));
    REQUIRE(into.whole());
    CHECK(difference(into.cache(), source) == "");
}
