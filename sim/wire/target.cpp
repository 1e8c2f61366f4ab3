#include "sim/wire/target.hpp"

namespace shoal::sim::wire {

std::string_view query_value(std::string_view target, std::string_view key) noexcept {
    const auto question = target.find('?');
    if (question == std::string_view::npos) return {};
    auto rest = target.substr(question + 1);
    while (!rest.empty()) {
        const auto end = rest.find('&');
        const auto pair = rest.substr(0, end);
        const auto equals = pair.find('=');
        if (pair.substr(0, equals) == key) return equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
        if (end == std::string_view::npos) break;
        rest.remove_prefix(end + 1);
    }
    return {};
}

std::expected<compression, std::string> read_target(std::string_view target) {
    const auto encoding = query_value(target, "encoding");
    if (encoding == "etf") return std::unexpected("encoding=etf is not spoken here; use encoding=json");
    if (!encoding.empty() && encoding != "json") return std::unexpected("unknown encoding; use encoding=json");
    const auto compress = query_value(target, "compress");
    if (compress.empty()) return compression::none;
    if (compress == "zlib-stream") return compression::zlib_stream;
    if (compress == "zstd-stream") return compression::zstd_stream;
    return std::unexpected("unknown compress; use zlib-stream, zstd-stream or none");
}

}  // namespace shoal::sim::wire
