#pragma once
// The table of options and the list of exit codes as text for people: --help and the pages in docs.

#include <string>

#include "config/option_table.hpp"

namespace shoal::config {

/// What --help prints. `usage` is the first line ("mybot [settings]").
[[nodiscard]] std::string help_text(const option_table& table, std::string_view usage);
/// docs/options.md.
[[nodiscard]] std::string reference_page(const option_table& table);
/// docs/exit-codes.md.
[[nodiscard]] std::string exit_code_page();

}  // namespace shoal::config
