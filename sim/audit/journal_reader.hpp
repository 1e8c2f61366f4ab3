#pragma once
// Reads a bot's event journals as docs/journal.md says they are. Written from that page alone: the library's writer is not used,
// so that one mistake cannot sit on both sides. Not here: what the records mean for the audit.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "shoal/error.hpp"

namespace shoal::sim {

enum class audit_errc : std::uint8_t { unreadable, damaged };
[[nodiscard]] constexpr std::string_view errc_room(audit_errc) noexcept { return "audit"; }
[[nodiscard]] constexpr std::string_view errc_text(audit_errc e) noexcept {
    return e == audit_errc::unreadable ? "cannot be read" : "journal is damaged";
}

enum class journal_kind : std::uint8_t { started = 2, ended = 3, stepped_over = 4, taken_over = 6 };

struct journal_record {
    journal_kind kind{};
    std::uint8_t delivery = 0;  ///< 0 fresh, 1 replayed, 2 possibly taken.
    std::uint32_t session = 0;  ///< Index into journal::sessions.
    std::uint64_t seq = 0;
    std::uint64_t boot_ns = 0;
};

/// One file: what one process did for one shard.
struct journal {
    std::string file;
    std::uint32_t shard = 0, total = 0;
    std::uint64_t process = 0;
    std::string incarnation;  ///< 32 hex digits.
    std::uint64_t created_ns = 0;
    std::vector<std::string> sessions;
    std::vector<journal_record> records;
    bool closed = false;  ///< The process ended in order.
};

[[nodiscard]] result<journal> parse_journal(std::string file_name, std::string_view bytes);
/// Every *.journal of a folder, by name. Fails at the first that is damaged, or if the folder cannot be read.
[[nodiscard]] result<std::vector<journal>> read_journals(const std::string& folder);

}  // namespace shoal::sim
