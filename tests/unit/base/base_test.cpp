#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "base/buffer.hpp"
#include "base/byte_block.hpp"
#include "base/random.hpp"
#include "base/virtual_scheduler.hpp"
#include "net/errc.hpp"
#include "shoal/error.hpp"
#include "shoal/ids.hpp"

using namespace shoal;
using namespace std::chrono_literals;

TEST_CASE("a shard is chosen as Discord's documentation and live answers say") {
    // serenity's documentation states this answer: docs.rs/serenity, utils::shard_id.
    CHECK(shard_for(guild_id(81384788765712384), 17) == 7);
    // The formula of Discord's page, (guild_id >> 22) % num_shards, worked out elsewhere with big integers.
    CHECK(shard_for(guild_id(81384788765712384), 1) == 0);
    CHECK(shard_for(guild_id(81384788765712384), 16) == 2);
    CHECK(shard_for(guild_id(197038439483310086), 10) == 0);
    CHECK(shard_for(guild_id(613425648685547541), 1000) == 544);
    // Bit 63 set: the shift must not drag a sign along.
    CHECK(shard_for(guild_id(18446744073709551615ULL), 1000) == (18446744073709551615ULL >> 22) % 1000);
    // Ids of the same millisecond share a shard whatever the total is.
    for (std::uint32_t total = 1; total < 200; ++total) {
        CHECK(shard_for(guild_id(1000ULL << 22), total) == shard_for(guild_id((1000ULL << 22) | 0x3FFFFF), total));
    }
}

TEST_CASE("a snowflake is read from decimal digits only") {
    CHECK(guild_id::parse("81384788765712384")->value() == 81384788765712384ULL);
    CHECK(guild_id::parse("18446744073709551615"));
    CHECK_FALSE(guild_id::parse("18446744073709551616"));
    CHECK_FALSE(guild_id::parse(""));
    CHECK_FALSE(guild_id::parse("-1"));
    CHECK_FALSE(guild_id::parse("12x"));
    CHECK_FALSE(guild_id::parse(" 12"));
    // The documentation's own example: 175928847299117063 was minted at 2016-04-30 11:18:25.796 UTC.
    CHECK(user_id(175928847299117063).unix_ms() == 1462015105796);
}

TEST_CASE("a failure knows its room and code and reads as one line") {
    const failure why(net::errc::connect_failed, "127.0.0.1:1");
    CHECK(why.is(net::errc::connect_failed));
    CHECK_FALSE(why.is(net::errc::closed));
    CHECK(why.message() == "net: cannot connect: 127.0.0.1:1");
}

TEST_CASE("the virtual scheduler runs work by due time, then by the order in which it was asked for") {
    virtual_scheduler clock;
    std::string order;
    clock.wake_at(clock.now() + 2s, [&] { order += 'c'; });
    clock.wake_at(clock.now() + 1s, [&] {
        order += 'a';
        clock.post([&] { order += 'b'; });
        CHECK(scheduler::current() == &clock);
    });
    const auto cancelled = clock.wake_at(clock.now() + 1s, [&] { order += 'x'; });
    clock.wake_at(clock.now() - 1s, [&] { order += '0'; });
    clock.cancel(cancelled);
    clock.cancel(cancelled);
    const auto start = clock.now();
    clock.run_until(start + 1500ms);
    CHECK(order == "0ab");
    CHECK(clock.now() == start + 1500ms);
    clock.run_for(1s);
    CHECK(order == "0abc");
    CHECK(clock.idle());
    CHECK(scheduler::current() == nullptr);
}

TEST_CASE("a buffer goes back to its pool with its last holder, and giants are not kept") {
    buffer_pool pool(2, 1024);
    const char* where = nullptr;
    {
        auto first = pool.take(100);
        where = first.room().data();
        first.room()[0] = 'x';
        first.resize(1);
        const buffer second = first;
        first = buffer();
        CHECK(second.view() == "x");
        CHECK(pool.lent() == 1);
        // The padding can be read.
        CHECK(second.view().data()[100 + buffer::padding - 1] == 0);
    }
    CHECK(pool.lent() == 0);
    CHECK(pool.take(50).room().data() == where);
    {
        auto growing = pool.take(10);
        growing.room()[3] = 'y';
        growing.resize(4);
        pool.grow(growing, 100'000);
        CHECK(growing.view()[3] == 'y');
    }
    CHECK(pool.take(1).room().size() < 100'000);
}

TEST_CASE("the same seed gives the same sequence, and draws stay in their range") {
    random_source a(7), b(7), other(8);
    CHECK(a.next() == b.next());
    CHECK(a.next() != other.next());
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 1000; ++i) seen.insert(a.below(10));
    CHECK(seen.size() == 10);
    CHECK(*seen.rbegin() == 9);
    CHECK(a.below(0) == 0);
    for (int i = 0; i < 1000; ++i) {
        const auto span = a.between(1s, 5s);
        CHECK(span >= 1s);
        CHECK(span <= 5s);
    }
}

TEST_CASE("a block of bytes keeps what it holds over every growth, and grows from the heap into pages of its own") {
    byte_block block(100);
    for (std::size_t i = 0; i < 100; ++i) block.get()[i] = static_cast<char>(i);
    for (const std::size_t capacity : {200U, 1024U * 1024U - 1, 1024U * 1024U, 5'000'001U, 40'000'000U}) {
        block.grow(capacity, 100);
        CHECK(block.capacity() == capacity);
        block.get()[capacity - 1] = 'x';
        for (std::size_t i = 0; i < 100; ++i) CHECK(block.get()[i] == static_cast<char>(i));
    }
    const byte_block other = std::move(block);
    CHECK(other.get()[99] == 99);
    CHECK(block.get() == nullptr);
}
