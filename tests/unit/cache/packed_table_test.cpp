#include "shoal/detail/packed_table.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "base/random.hpp"

using namespace shoal;
using detail::packed_table;

namespace {

std::map<std::uint64_t, std::string> plain(const packed_table& table) {
    std::map<std::uint64_t, std::string> out;
    std::uint64_t last = 0;
    for (const auto& [key, record] : table) {
        CHECK((out.empty() || key > last));
        last = key;
        out[key] = record;
    }
    CHECK(out.size() == table.size());
    return out;
}

}  // namespace

TEST_CASE("a packed table holds what a map holds, whatever is put, replaced and erased") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        random_source random(seed);
        const auto keys = 1 + random.below(3000);
        const auto longest = 1 + random.below(seed % 4 == 0 ? 9000 : 120);
        packed_table table;
        std::map<std::uint64_t, std::string> twin;
        for (int i = 0; i < 6000; ++i) {
            const auto key = random.below(keys) * 977;
            // Grows first, then shrinks.
            if (random.chance(i < 3000 ? 0.8 : 0.2)) {
                const std::string record(1 + random.below(longest), static_cast<char>('a' + random.below(26)));
                table.put(key, record);
                twin[key] = record;
            } else {
                CHECK(table.erase(key) == (twin.erase(key) == 1));
            }
            const auto probe = random.below(keys) * 977;
            const auto found = twin.find(probe);
            CHECK((table.find(probe).data() != nullptr) == (found != twin.end()));
            if (found != twin.end()) CHECK(table.find(probe) == found->second);
            if (i % 500 == 0) {
                REQUIRE(plain(table) == twin);
                const auto from = random.below(keys * 977);
                const auto at = table.lower_bound(from);
                const auto expected = twin.lower_bound(from);
                REQUIRE((at == table.end()) == (expected == twin.end()));
                if (expected != twin.end()) CHECK((*at).key == expected->first);
            }
        }
        REQUIRE(plain(table) == twin);
        std::vector<packed_table::entry> entries;
        for (const auto& [key, record] : twin) entries.push_back({key, record});
        packed_table other;
        other.put(5, "gone");
        other.assign(entries);
        CHECK(plain(other) == twin);
        other = std::move(table);
        CHECK(plain(other) == twin);
        for (const auto& [key, record] : twin) CHECK(other.erase(key));
        CHECK(other.empty());
    }
}

TEST_CASE("records of the largest size stand beside small ones") {
    packed_table table;
    const std::string large(packed_table::most_record_bytes, 'x');
    for (std::uint64_t i = 0; i < 20; ++i) table.put(i, i % 3 == 0 ? large : "small");
    for (std::uint64_t i = 0; i < 20; ++i) CHECK(table.find(i) == (i % 3 == 0 ? large : "small"));
    CHECK(table.size() == 20);
}

TEST_CASE("a frozen view shows a table as it was, whatever becomes of the table") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        random_source random(seed);
        packed_table table;
        std::map<std::uint64_t, std::string> twin;
        const auto change = [&] {
            const auto key = random.below(2000);
            if (random.chance(0.6)) {
                const std::string record(1 + random.below(60), static_cast<char>('a' + random.below(26)));
                table.put(key, record);
                twin[key] = record;
            } else {
                table.erase(key);
                twin.erase(key);
            }
        };
        for (int i = 0; i < 3000; ++i) change();
        for (int round = 0; round < 3; ++round) {
            const auto then = twin;
            auto frozen = table.freeze();
            std::map<std::uint64_t, std::string> seen;
            const auto stop_early = round == 2;
            while (frozen.take([&](const packed_table::entry& each) { seen.emplace(each.key, each.record); })) {
                for (int i = 0; i < 60; ++i) change();
                if (stop_early && seen.size() > 200) break;
            }
            if (!stop_early) CHECK(seen == then);
            if (seed % 5 == 0) {
                table.clear();
                twin.clear();
            }
        }
        REQUIRE(plain(table) == twin);
    }
}
