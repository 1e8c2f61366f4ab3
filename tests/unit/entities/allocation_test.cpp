// Reading allocates nothing once a thread is warm, whatever is read of an event.
#include <doctest/doctest.h>

#include <cstdlib>
#include <new>

#include "bot/event_readers.hpp"
#include "documents.hpp"

// Sanitizers count on their own operator new.
#ifndef SHOAL_SANITIZED

namespace {
thread_local bool counting = false;
thread_local int allocations = 0;
}  // namespace

void* operator new(std::size_t bytes) {
    if (counting) ++allocations;
    if (void* at = std::malloc(bytes)) return at;
    throw std::bad_alloc();
}
void operator delete(void* at) noexcept { std::free(at); }
void operator delete(void* at, std::size_t) noexcept { std::free(at); }

using namespace shoal;
using namespace shoal::test;

TEST_CASE("a message and an interaction are read in whole without an allocation, once a thread is warm") {
    document_maker make(3);
    const auto message = make.object<message_view>();
    const auto interaction = make.object<interaction_view>();
    REQUIRE(message.size() > 1000);
    const auto read_both = [&] {
        runtime::event_arena arena;
        const auto* a = runtime::read_part(runtime::event_type::message_create, 0, message, arena);
        const auto* b = runtime::read_part(runtime::event_type::interaction_create, 0, interaction, arena);
        return a != nullptr && b != nullptr;
    };
    allocations = 0;
    counting = true;
    CHECK(read_both());
    counting = false;
    CHECK(allocations > 0);  // The first blocks: so this counts at all.
    allocations = 0;
    counting = true;
    for (int i = 0; i < 50; ++i) read_both();
    counting = false;
    CHECK(allocations == 0);
}

#endif
