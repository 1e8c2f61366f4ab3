// The path of an event through the pure machines allocates nothing.

#include <doctest/doctest.h>

#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "discord/envelope.hpp"
#include "discord/json_cursor.hpp"
#include "unit/gateway/little_discord.hpp"

// Sanitizers count on their own operator new.
#ifndef SHOAL_SANITIZED

namespace {
std::size_t allocations = 0;
}

void* operator new(std::size_t size) {
    ++allocations;
    if (void* p = std::malloc(size == 0 ? 1 : size)) return p;
    throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

using namespace shoal;
using namespace shoal::gateway;
using namespace shoal::gateway::testing;

TEST_CASE("envelope, verdict and field look-ups of an event allocate nothing") {
    little_discord discord;
    discord.event_every = {};
    discord.start();
    REQUIRE(discord.run_until(session_status::live));
    discord.run(1s);
    std::vector<std::string> events;
    for (std::uint64_t s = discord.machine.ticket()->seq + 1; events.size() < 1000; ++s) {
        events.push_back(
            R"({"t":"MESSAGE_CREATE","s":)" + std::to_string(s) +
            R"(,"op":0,"d":{"id":"123456789012345678","guild_id":"81384788765712384","content":"hello","author":{"id":"5"}}})");
    }
    const auto now = discord.now();
    const auto before = allocations;
    std::uint64_t sum = 0;
    std::size_t delivered = 0;
    for (const auto& text : events) {
        const auto message = discord::read_envelope(text);
        if (!message || !message->seq) continue;
        if (discord.machine.on_dispatch(*message->seq, now) != verdict::deliver) continue;
        ++delivered;
        for (const auto& [key, value] : discord::json_value(message->data).fields()) {
            if (key == "guild_id") sum += value.id<guild_id>().value() & 1;
            if (key == "author") sum += value["id"].id<user_id>().value();
        }
        discord.machine.on_done(*message->seq);
    }
    const auto after = allocations;
    CHECK(after == before);
    CHECK(delivered == 1000);
    CHECK(sum == 5000);
}

#endif
