#pragma once
// Rows of cells as lines of aligned columns, and foreign words made harmless for a terminal. Pure.
// Not here: what the cells say.

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace shoal::roles::cli {

using table_row = std::vector<std::string>;

/// The first row is the heading; all rows have as many cells. Columns named in `right` (counted from 0) hold numbers. No line
/// ends in spaces.
[[nodiscard]] std::string table_text(const std::vector<table_row>& rows, std::initializer_list<std::size_t> right = {});

/// Names and reasons come over the network: what would steer a terminal becomes "?".
[[nodiscard]] std::string printable(std::string_view text);

/// "1 shard", "3 shards".
[[nodiscard]] std::string counted(std::size_t count, std::string_view what);

}  // namespace shoal::roles::cli
