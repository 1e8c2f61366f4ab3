#include "sim/core/upgrade_query.hpp"

#include <charconv>

#include "sim/core/protocol.hpp"

namespace shoal::sim {

upgrade_query read_upgrade_query(std::string_view target) {
    upgrade_query out;
    std::string_view compress;
    if (const auto start = target.find('?'); start != std::string_view::npos) {
        target.remove_prefix(start + 1);
    } else {
        target = {};
    }
    while (!target.empty()) {
        const auto end = target.find('&');
        const std::string_view pair = target.substr(0, end);
        target = end == std::string_view::npos ? std::string_view{} : target.substr(end + 1);
        const auto equals = pair.find('=');
        const std::string_view key = pair.substr(0, equals);
        const std::string_view value = equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
        if (key == "v") {
            const auto [stop, problem] = std::from_chars(value.data(), value.data() + value.size(), out.version);
            if (problem != std::errc{} || stop != value.data() + value.size()) out.version = -1;
        } else if (key == "encoding") {
            out.encoding = value;
        } else if (key == "compress") {
            compress = value;
        }
    }
    const auto refuse = [&out](std::uint16_t code, std::string why) {
        out.refused_with = code;
        out.reason = std::move(why);
    };
    if (out.version != 9 && out.version != 10) {
        refuse(close_code::invalid_version, "Invalid API version.");
    } else if (out.encoding == "etf") {
        refuse(close_code::decode_error, "This simulator does not offer encoding=etf.");
    } else if (out.encoding != "json") {
        refuse(close_code::decode_error, "Unknown encoding.");
    } else if (!compress.empty() && compress != "zlib-stream" && compress != "zstd-stream") {
        refuse(close_code::decode_error, "Unknown compression.");
    }
    out.transport_compression = !compress.empty();
    return out;
}

}  // namespace shoal::sim
