#pragma once
// F46: dispatches that no schema expects but that Discord, or a proxy before it, has been seen to send.
// Not here: who gets them.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace shoal::sim {

struct bad_dispatch {
    std::string name, data;
};

/// `kind`: "utf8", "surrogate", "nesting" (`depth` arrays), "presence_types", "numbers", "null", "permissions", or "all" of them;
/// "no_ids" and "cut_json", which no client can read, only by name. Ids are made to lie in `guild`.
[[nodiscard]] std::vector<bad_dispatch> make_bad_data(std::string_view kind, std::uint64_t guild, std::uint64_t fresh_id,
                                                      std::size_t depth = 2000);

}  // namespace shoal::sim
