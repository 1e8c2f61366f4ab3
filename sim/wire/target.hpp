#pragma once
// What a client asked for in the url of its upgrade: version, encoding, compression [2.1.1].
// Not here: what Discord says to a wrong version (the core closes with 4012).

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace shoal::sim::wire {

enum class compression : std::uint8_t { none, zlib_stream, zstd_stream };

/// Reads "/?v=10&encoding=json&compress=zlib-stream", or a sentence that says why it cannot be served: ETF is refused plainly, so
/// is a compression that does not exist.
[[nodiscard]] std::expected<compression, std::string> read_target(std::string_view target);

/// The value of one key of a query; empty if it is not there. No percent decoding: no value of the gateway needs it.
[[nodiscard]] std::string_view query_value(std::string_view target, std::string_view key) noexcept;

}  // namespace shoal::sim::wire
