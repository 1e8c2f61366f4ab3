#pragma once
// Says the same JSON in other words: keys in another order, other white space and escapes, keys that nobody documented [#48].
// Not here: the message round it (the wire does that).

#include <string>
#include <string_view>

#include "base/random.hpp"

namespace shoal::sim {

/// Text that is not JSON comes back as it is.
[[nodiscard]] std::string vary_json(std::string_view text, random_source& random);

}  // namespace shoal::sim
