// The audit's reader of journals over any bytes: what it accepts hangs together.

#include <fmt/format.h>

#include <boost/json.hpp>

#include "bytes.hpp"
#include "sim/audit/audit.hpp"
#include "sim/audit/journal_reader.hpp"

using namespace shoal;

namespace {

/// A journal's name must say what its header says, which no mutation would ever get right.
std::string name_for(std::string_view bytes) {
    if (bytes.size() < 64) return "short.journal";
    const auto number = [&](std::size_t at) {
        std::uint32_t value = 0;
        for (std::size_t i = 4; i-- > 0;) value = value << 8U | static_cast<std::uint8_t>(bytes[at + i]);
        return value;
    };
    std::string hex;
    for (const char c : bytes.substr(24, 16)) hex += fmt::format("{:02x}", static_cast<std::uint8_t>(c));
    return fmt::format("{}-{}of{}.journal", hex, number(8), number(12));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const fuzz::exact bytes(fuzz::input(data, size).rest());
    const auto read = sim::parse_journal(name_for(bytes.view()), bytes.view());
    if (!read) {
        SHOAL_ASSERT(read.error().is(sim::audit_errc::damaged));
        return 0;
    }
    SHOAL_ASSERT(read->shard < read->total);
    for (const auto& session : read->sessions) SHOAL_ASSERT(!session.empty() && session.size() <= 64);
    for (const auto& record : read->records) SHOAL_ASSERT(record.session < read->sessions.size() && record.delivery <= 2);
    static_cast<void>(to_text(sim::audit({*read}, boost::json::parse(R"({"version":1,"drained":true,"sessions":[]})"))));
    return 0;
}
