#pragma once
// What `shoal certs` prints, as text for people and as JSON. Pure.
// Not here: making it so (certs.cpp).

#include <string>
#include <string_view>
#include <vector>

#include "trust/certificate_folder.hpp"

namespace shoal::roles::cli {

/// A table, one certificate a line, and what is wrong with it.
[[nodiscard]] std::string list_text(const trust::listing& list, trust::calendar_time now);
[[nodiscard]] std::string list_json(const trust::listing& list);
/// {"made":[...]}: what a command has made. Never a key.
[[nodiscard]] std::string made_json(const std::vector<trust::certificate_facts>& made);

/// One certificate and until when, for a sentence: "worker-1 (worker), until 2027-11-25 12:00:00 UTC".
[[nodiscard]] std::string one_text(const trust::certificate_facts& facts);
/// Whether everything in it can be used.
[[nodiscard]] bool is_good(const trust::listing& list) noexcept;

}  // namespace shoal::roles::cli
