#include "rest/multipart.hpp"

#include <fmt/format.h>

namespace shoal::rest {
namespace {

/// A name inside of quotes, as browsers write it: what would end the quotes or the line is percent-encoded.
std::string quoted(std::string_view name) {
    std::string out;
    for (const char each : name) {
        if (each == '"' || static_cast<unsigned char>(each) < 0x20 || each == 0x7F) {
            out += fmt::format("%{:02X}", static_cast<unsigned char>(each));
        } else {
            out += each;
        }
    }
    return out;
}

}  // namespace

std::size_t multipart_frame::text_bytes() const noexcept {
    auto sum = end.size();
    for (const auto& each : before) sum += each.size();
    return sum;
}

multipart_frame write_multipart(std::string_view payload_json, const std::vector<multipart_file>& files,
                                std::uint64_t boundary_seed_high, std::uint64_t boundary_seed_low) {
    const auto boundary = fmt::format("shoal-{:016x}{:016x}", boundary_seed_high, boundary_seed_low);
    multipart_frame out;
    out.content_type = "multipart/form-data; boundary=" + boundary;
    auto text = fmt::format(
        "--{}\r\nContent-Disposition: form-data; name=\"payload_json\"\r\nContent-Type: application/json\r\n\r\n{}\r\n", boundary,
        payload_json);
    for (std::size_t i = 0; i < files.size(); ++i) {
        text += fmt::format("--{}\r\nContent-Disposition: form-data; name=\"files[{}]\"; filename=\"{}\"\r\n", boundary, i,
                            quoted(files[i].name));
        if (!files[i].content_type.empty()) text += fmt::format("Content-Type: {}\r\n", quoted(files[i].content_type));
        out.before.push_back(std::move(text) + "\r\n");
        text = "\r\n";
    }
    out.end = std::move(text) + fmt::format("--{}--\r\n", boundary);
    return out;
}

}  // namespace shoal::rest
