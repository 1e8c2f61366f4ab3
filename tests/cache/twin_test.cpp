// The cache held against its plain twin over random events of every kind [3].
// SHOAL_SOAK_EVENTS=1000000 makes it as many as that in all, over the seeds below.

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

#include "tests/cache/event_stream.hpp"
#include "tests/cache/twin_view.hpp"

using namespace shoal;
using namespace shoal::test;

namespace {

struct run {
    const char* name;
    cache_settings settings;
    twin_settings plain;
    stream_settings stream;
};

cache_settings bounded() {
    auto out = cache_settings(cache_preset::everything);
    out.most_members_per_guild = 8;
    return out;
}

void hold(const run& how, std::uint64_t seed, int events) {
    CAPTURE(how.name);
    CAPTURE(seed);
    event_stream stream(seed, how.stream);
    cache::shard_cache cache(how.settings);
    twin other(how.plain);
    cache.start_session(stream.ready());
    other.start_session(stream.ready());
    std::deque<std::string> last;
    for (int i = 0; i < events; ++i) {
        const auto event = stream.next();
        cache.apply(event.kind, event.json);
        other.apply(event.name, event.json);
        // Every event shows in its own guild at the next check; the whole is compared now and then.
        if (i % 997 != 0 && i + 1 != events) continue;
        const auto found = difference(cache, other);
        CAPTURE(i);
        REQUIRE(found == "");
    }
}

int events_each(int of) {
    const char* soak = std::getenv("SHOAL_SOAK_EVENTS");
    return soak == nullptr ? 25'000 : std::atoi(soak) / of;
}

}  // namespace

TEST_CASE("over random events of every kind the cache knows exactly what its plain twin knows") {
    const run runs[] = {
        {"everything", cache_preset::everything, {}, {}},
        {"mostly made up", cache_preset::everything, {}, {.guilds = 6, .largest_members_listed = 20, .made_up = 0.97}},
        {"standard", cache_preset::standard, {.detail = 1, .rest = true, .extras = false}, {}},
        {"guilds", cache_preset::guilds, {.detail = 0, .rest = false, .extras = false}, {.made_up = 0.7}},
        {"bounded", bounded(), {.most_members = 8}, {.guilds = 6, .largest_members_listed = 20, .made_up = 0.9}},
    };
    std::uint64_t seed = 1;
    for (const auto& each : runs) hold(each, seed++, events_each(static_cast<int>(std::size(runs))));
}

TEST_CASE("small steps: after each of many events the guild that it names is the twin's") {
    for (std::uint64_t seed = 100; seed < 108; ++seed) {
        CAPTURE(seed);
        event_stream stream(seed, {.guilds = 3, .largest_members_listed = 10, .made_up = 0.95});
        cache::shard_cache cache(cache_preset::everything);
        twin other({});
        cache.start_session(stream.ready());
        other.start_session(stream.ready());
        for (int i = 0; i < 600; ++i) {
            const auto event = stream.next();
            cache.apply(event.kind, event.json);
            other.apply(event.name, event.json);
            CAPTURE(event.name);
            CAPTURE(event.json.substr(0, 2000));
            REQUIRE(difference(cache, other) == "");
        }
    }
}
