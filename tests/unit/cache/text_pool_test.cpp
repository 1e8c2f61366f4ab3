#include "cache/text_pool.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "base/random.hpp"

using namespace shoal;

TEST_CASE("a text is kept once, as long as somebody holds it") {
    cache::text_pool pool;
    random_source random(1);
    std::vector<std::pair<std::uint32_t, std::string>> held;
    std::map<std::string, int> twin;
    for (int i = 0; i < 40000; ++i) {
        if (held.empty() || random.chance(i < 20000 ? 0.7 : 0.3)) {
            std::string text = "text " + std::to_string(random.below(3000));
            if (random.chance(0.05)) text += std::string(random.below(1000), 'x');
            const auto number = pool.keep(text);
            CHECK(number != 0);
            held.emplace_back(number, text);
            ++twin[text];
        } else {
            const auto at = random.below(held.size());
            CHECK(pool.view(held[at].first) == held[at].second);
            pool.let_go(held[at].first);
            if (--twin[held[at].second] == 0) twin.erase(held[at].second);
            held[at] = held.back();
            held.pop_back();
        }
        if (i % 1000 == 0) {
            REQUIRE(pool.distinct() == twin.size());
            for (const auto& [number, text] : held) REQUIRE(pool.view(number) == text);
        }
    }
    CHECK(pool.keep("") == 0);
    CHECK(pool.view(0).empty());
}
