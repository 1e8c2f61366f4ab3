#pragma once
// How many messages of other nodes could not be read, by what was wrong with them. Pure.
// Not here: what is done about one (the roles).

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "shoal/error.hpp"
#include "wire/errc.hpp"

namespace shoal::wire {

struct bad_messages {
    std::uint64_t garbage = 0, too_large = 0, bad_field = 0, unknown_kind = 0;
    /// Of another room's failure: nothing is counted.
    void count(const failure& why) noexcept {
        if (why.is(errc::garbage)) ++garbage;
        if (why.is(errc::too_large)) ++too_large;
        if (why.is(errc::bad_field)) ++bad_field;
        if (why.is(errc::unknown_kind)) ++unknown_kind;
    }
    /// With names as a metric has them.
    [[nodiscard]] std::vector<std::pair<std::string_view, std::uint64_t>> by_kind() const {
        return {{"garbage", garbage}, {"too_large", too_large}, {"bad_field", bad_field}, {"unknown_kind", unknown_kind}};
    }
};

}  // namespace shoal::wire
