// The shared identify ledger's reader: any text is refused or understood, and what is understood is written and read alike.

#include <fmt/format.h>

#include "budget/identify_governor.hpp"
#include "bytes.hpp"

using namespace shoal;

namespace {

/// The last line of a ledger is the FNV-1a sum of what stands before, which no mutation would ever get right.
std::string with_checksum(std::string_view body) {
    std::uint64_t sum = 0xCBF29CE484222325ULL;
    for (const char c : body) sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
    return fmt::format("{}check {:016x}\n", body, sum);
}

void check(std::string_view text) {
    const fuzz::exact bytes(text);
    const auto read = budget::read_ledger(bytes.view());
    if (!read) return;
    const auto written = budget::write_ledger(*read);
    const auto again = budget::read_ledger(written);
    SHOAL_ASSERT(again.has_value() && budget::write_ledger(*again) == written);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = fuzz::input(data, size).rest();
    check(text);
    check(with_checksum(text));
    return 0;
}
