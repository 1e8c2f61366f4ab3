// What a process stores as it goes gives its cache back, whenever it is killed, however often, and wherever the last write was
// torn; what was lost on the way is never passed over in silence.

#include "cache/checkpoint.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/cache/event_stream.hpp"
#include "tests/cache/twin_view.hpp"

using namespace shoal;
using namespace shoal::test;

namespace {

/// Files that outlive processes.
struct disk {
    struct files {
        std::string log, snapshot;
    };
    std::map<std::uint64_t, files> rounds;

    void forget_below(std::uint64_t round) { rounds.erase(rounds.begin(), rounds.lower_bound(round)); }
    void store(const cache::checkpoint_part& part) {
        if (part.forgets_older) forget_below(part.round);
        if (part.begins) rounds[part.round] = {};
        rounds[part.round].log += part.log;
        rounds[part.round].snapshot += part.snapshot;
        if (part.whole) forget_below(part.round);
    }
    /// The process died in the middle of it: so many bytes got there.
    void tear(const cache::checkpoint_part& part, std::size_t bytes) {
        auto torn = part;
        torn.whole = false;
        torn.log.resize(std::min(bytes, part.log.size()));
        torn.snapshot.resize(std::min(bytes - torn.log.size(), part.snapshot.size()));
        store(torn);
    }
    [[nodiscard]] std::vector<cache::stored_round> view() const {
        std::vector<cache::stored_round> out;
        for (const auto& [number, each] : rounds) out.push_back({number, each.snapshot, each.log});
        return out;
    }
    void keep_until(std::uint64_t last, std::size_t log_bytes) {
        rounds.erase(rounds.upper_bound(last), rounds.end());
        rounds[last].log.resize(log_bytes);
    }
};

constexpr cache::checkpoint_limits small{.most_waiting_bytes = 1U << 20, .least_log_bytes = 20'000, .piece_bytes = 2000};

/// A process: its cache, what it stores, and what of it is still on its way to the disk.
struct process {
    explicit process(const cache_settings& keeps) : own(std::make_unique<cache::shard_cache>(keeps)) {}

    [[nodiscard]] cache::shard_cache& cache() { return copy ? copy->cache() : *own; }
    void apply(const dispatch& event, std::uint64_t at) {
        seq = at;
        cache().apply(event.kind, event.json, at);
        if (cache().listens_to(event.kind)) stored.event(at, event.name, event.json);
    }
    void take() {
        stored.note(std::to_string(done), "");
        if (!stored.due()) return;
        on_its_way.push_back(stored.take(cache(), seq, {}, on_its_way.size() < 3));
        done_of.push_back(on_its_way.back().readable ? done : 0);
    }
    std::unique_ptr<cache::shard_cache> own;
    std::unique_ptr<cache::replica> copy;
    cache::checkpoint stored{small};
    std::deque<cache::checkpoint_part> on_its_way;
    std::deque<std::uint64_t> done_of;  // What each of them makes safe.
    std::uint64_t seq = 0, done = 0;
};

struct life {
    explicit life(std::uint64_t seed, cache_settings with = cache_preset::everything)
        : random(seed * 31 + 7),
          keeps(with),
          stream(seed, {.guilds = 12, .largest_members_listed = 30, .made_up = 0.5}),
          truth(with) {
        truth.start_session(stream.ready());
        now = std::make_unique<process>(with);
        now->own->start_session(stream.ready());
        now->seq = now->done = 1;
        history.emplace_back();
        history.emplace_back();  // READY has a number too.
        now->stored.begin_session(now->cache(), 1);
        now->take();
        written(now->on_its_way.size());
    }
    void event() {
        history.push_back(stream.next());
        const auto seq = history.size() - 1;
        truth.apply(history[seq].kind, history[seq].json, seq);
        now->apply(history[seq], seq);
        if (random.chance(0.8)) now->done = seq - std::min<std::uint64_t>(seq - now->done, random.below(9));
    }
    void written(std::size_t parts) {
        for (; parts > 0 && !now->on_its_way.empty(); --parts) {
            disk.store(now->on_its_way.front());
            safe = std::max(safe, now->done_of.front());
            now->on_its_way.pop_front();
            now->done_of.pop_front();
        }
    }
    void run(std::uint64_t events) {
        for (; events > 0; --events) {
            event();
            if (random.chance(0.05)) now->take();
            if (random.chance(0.05)) written(random.below(3));
            if (random.chance(may_lose)) {
                // The disk is full for a while: nothing of this round arrives any more.
                now->on_its_way.clear();
                now->done_of.clear();
                now->stored.lost(now->cache(), now->seq);
                ++losses;
            }
        }
    }
    /// Killed at any byte of a write, and started again. False if there was nothing to go on with.
    [[nodiscard]] bool kill() {
        if (!now->on_its_way.empty() && random.chance(0.8)) {
            const auto& last = now->on_its_way.front();
            disk.tear(last, random.below(last.log.size() + last.snapshot.size() + 1));
        }
        const auto died_at = now->seq;
        auto read = cache::read_checkpoint(disk.view(), keeps);
        CAPTURE(disk.rounds.size());
        REQUIRE_MESSAGE(read, read.error().message());
        torn += read->torn ? 1 : 0;
        auto next = std::make_unique<process>(keeps);
        next->copy = std::move(read->copy);
        REQUIRE(!read->position.ticket.empty());
        next->done = std::stoull(read->position.ticket);
        CHECK(next->done <= died_at);
        CHECK(next->done >= safe);
        CHECK(read->last_seq >= (read->last_seq == 0 ? 0 : next->done > read->last_seq ? 0 : next->done));
        disk.keep_until(read->position.last, read->position.log_bytes);
        next->seq = std::max(next->done, read->last_seq);
        next->stored.go_on(read->position, next->cache(), next->seq);
        now = std::move(next);
        // Discord repeats what came after `done`.
        const auto from = now->done + 1;
        const auto killed_again = random.chance(0.3);
        for (auto at = from; at < history.size(); ++at) {
            now->apply(history[at], at);
            if (random.chance(0.1)) now->take();
            if (random.chance(0.1)) written(random.below(3));
            if (killed_again && random.chance(0.02)) return kill();
        }
        now->seq = history.size() - 1;
        return true;
    }

    random_source random;
    cache_settings keeps;
    event_stream stream;
    cache::shard_cache truth;
    disk disk;
    std::unique_ptr<process> now;
    std::vector<dispatch> history;
    double may_lose = 0;
    int losses = 0, torn = 0;
    std::uint64_t safe = 0;  // What a heartbeat may acknowledge.
};

}  // namespace

TEST_CASE("killed in the middle of anything, again and again: what was stored and what Discord repeats give the cache") {
    int torn = 0;
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        CAPTURE(seed);
        life bot(seed);
        for (int lives = 0; lives < 6; ++lives) {
            CAPTURE(lives);
            bot.run(bot.random.below(1200));
            REQUIRE(bot.kill());
            REQUIRE(difference(bot.now->cache(), bot.truth) == "");
        }
        torn += bot.torn;
    }
    CHECK(torn > 20);
}

TEST_CASE("where writes were lost the stored state is an older one, and never one with a hole in it") {
    int losses = 0;
    for (std::uint64_t seed = 100; seed <= 120; ++seed) {
        CAPTURE(seed);
        life bot(seed);
        bot.may_lose = 0.004;
        for (int lives = 0; lives < 6; ++lives) {
            bot.run(bot.random.below(900));
            REQUIRE(bot.kill());
            REQUIRE(difference(bot.now->cache(), bot.truth) == "");
        }
        losses += bot.losses;
    }
    CHECK(losses > 50);
}

TEST_CASE("rounds follow each other: what is stored stays small beside what came") {
    life bot(5);
    std::size_t most = 0;
    for (int i = 0; i < 60; ++i) {
        bot.run(100);
        bot.now->take();
        bot.written(99);
        std::size_t stored = 0;
        for (const auto& [number, each] : bot.disk.rounds) stored += each.log.size() + each.snapshot.size();
        most = std::max(most, stored);
    }
    const auto last = bot.disk.rounds.rbegin()->first;
    CHECK(last > 5);
    CHECK(bot.disk.rounds.size() <= 2);
    std::string whole;
    cache::snapshot_writer writer(bot.now->cache(), 1);
    while (writer.next(whole, 1)) {
    }
    // A snapshot of many small parts takes a while, and the log goes on meanwhile.
    CHECK(most < 12 * std::max<std::size_t>(whole.size(), small.least_log_bytes));
}

TEST_CASE("a log that is cut off or damaged at any byte ends there: the state is that of an earlier moment") {
    life bot(9);
    bot.run(60);
    bot.now->take();
    bot.written(99);
    const auto& [number, files] = *bot.disk.rounds.rbegin();
    REQUIRE(bot.disk.rounds.size() == 1);
    std::uint64_t before = 0;
    for (std::size_t cut = 0; cut <= files.log.size(); cut += cut < 400 ? 1 : 17) {
        const std::vector<cache::stored_round> at = {{number, files.snapshot, std::string_view(files.log).substr(0, cut)}};
        const auto read = cache::read_checkpoint(at, bot.keeps);
        if (!read) {
            CHECK(cut < 60);  // Not even the beginning.
            continue;
        }
        CHECK(read->position.log_bytes <= cut);
        CHECK(read->last_seq >= before);
        before = read->last_seq;
    }
    for (std::size_t at = 0; at < files.log.size(); at += 13) {
        auto log = files.log;
        log[at] = static_cast<char>(log[at] ^ 0x10);
        const std::vector<cache::stored_round> damaged = {{number, files.snapshot, log}};
        const auto read = cache::read_checkpoint(damaged, bot.keeps);
        if (!read) continue;
        CHECK(read->position.log_bytes <= at);
        CHECK(read->torn);
    }
    for (std::size_t at = 0; at < files.snapshot.size(); at += 101) {
        auto snapshot = files.snapshot;
        snapshot[at] = static_cast<char>(snapshot[at] ^ 0x10);
        const std::vector<cache::stored_round> damaged = {{number, snapshot, files.log}};
        CHECK_FALSE(cache::read_checkpoint(damaged, bot.keeps));
    }
}

TEST_CASE("behind a log that is not whole no other is read, though it goes on from there") {
    life bot(10);
    for (int i = 0; i < 2000 && bot.disk.rounds.size() < 2; ++i) {
        bot.run(20);
        bot.now->take();
        bot.written(1);
    }
    REQUIRE(bot.disk.rounds.size() == 2);
    const auto [older, base] = *bot.disk.rounds.begin();
    const auto [newer, next] = *bot.disk.rounds.rbegin();
    REQUIRE(!next.log.empty());
    const auto last = [&](std::string_view of_base) {
        const std::vector<cache::stored_round> at = {{older, base.snapshot, of_base}, {newer, {}, next.log}};
        return cache::read_checkpoint(at, bot.keeps)->position.last;
    };
    CHECK(last(base.log) == newer);
    CHECK(last(std::string_view(base.log).substr(0, base.log.size() - 1)) == older);
}

TEST_CASE("versions: the one before and the one after are read, others and other settings are refused by name") {
    life bot(11);
    bot.run(30);
    bot.now->take();
    bot.written(99);
    const auto& [number, files] = *bot.disk.rounds.rbegin();
    const auto with_version = [](std::string bytes, std::uint16_t version) {
        for (std::size_t at = 0; at < bytes.size();) {
            const auto each = cache::read_frame(std::string_view(bytes).substr(at));
            REQUIRE(each);
            const auto whole = each->bytes;
            bytes[at + 4] = static_cast<char>(version);
            auto piece = bytes.substr(at, whole);
            cache::end_frame(piece, 0);
            bytes.replace(at, whole, piece);
            at += whole;
        }
        return bytes;
    };
    for (std::uint16_t version = 0; version < 4; ++version) {
        const auto snapshot = with_version(files.snapshot, version), log = with_version(files.log, version);
        const std::vector<cache::stored_round> at = {{number, snapshot, log}};
        const auto read = cache::read_checkpoint(at, bot.keeps);
        CAPTURE(version);
        if (version < 3) {
            REQUIRE(read);
            CHECK(read->last_seq != 0);
        } else {
            CHECK(read.error().is(cache::errc::other_version));
        }
    }
    const std::vector<cache::stored_round> whole = {{number, files.snapshot, files.log}};
    const auto other = cache::read_checkpoint(whole, cache_preset::standard);
    CHECK(other.error().is(cache::errc::other_settings));
    // A cache that is off needs no snapshot, whatever was kept.
    const auto off = cache::read_checkpoint(whole, cache_preset::none);
    REQUIRE(off);
    CHECK(off->copy == nullptr);
    CHECK_FALSE(off->position.ticket.empty());
}

TEST_CASE("a cache that is off stores tickets, and they come back") {
    life bot(13, cache_preset::none);
    for (int lives = 0; lives < 4; ++lives) {
        bot.run(300);
        bot.now->take();
        bot.written(99);
        REQUIRE(bot.kill());
    }
    CHECK(bot.disk.rounds.size() == 1);
}

TEST_CASE("what comes too fast to be stored gives the round up, and a later one is begun") {
    cache::shard_cache cache(cache_preset::guilds);
    cache.start_session(R"({"user":{"id":"5"},"guilds":[{"id":"7","unavailable":true}]})");
    cache::checkpoint stored({.most_waiting_bytes = 4000, .least_log_bytes = 1000, .piece_bytes = 1000});
    stored.begin_session(cache, 1);
    disk disk;
    disk.store(stored.take(cache, 1, {}, true));
    const std::string name(500, 'x');
    const auto json = R"({"id":"7","name":")" + name + "\"}";
    std::uint64_t seq = 1;
    while (!stored.overflown()) {
        cache.apply(discord::event_kind::guild_update, json, ++seq);
        stored.event(seq, "GUILD_UPDATE", json);
        stored.note(std::to_string(seq), "");
        REQUIRE(seq < 20);
    }
    CHECK(stored.waiting_bytes() < 5000);
    stored.lost(cache, seq);
    CHECK_FALSE(stored.overflown());
    stored.note("last", "");
    disk.store(stored.take(cache, seq, {}, true));
    auto read = cache::read_checkpoint(disk.view(), cache_preset::guilds);
    REQUIRE(read);
    CHECK(read->position.ticket == "last");
    CHECK(difference(read->copy->cache(), cache) == "");
}
