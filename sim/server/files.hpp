#pragma once
// Small files of the simulator, read and written whole; each failure is a sentence with the system's reason.
// Not here: recordings (recording.hpp), the journals of bots (sim/audit).

#include <string>
#include <string_view>

#include "shoal/error.hpp"
#include "sim/server/errc.hpp"

namespace shoal::sim {

[[nodiscard]] result<std::string> read_file(const std::string& path);
/// Whole or not at all: a reader sees the old text or the new one.
[[nodiscard]] result<void> write_file(const std::string& path, std::string_view text);
/// What the system refused for `path`, with an errno of 0 for an unknown reason.
[[nodiscard]] failure cannot_write(const std::string& path, int error);

}  // namespace shoal::sim
