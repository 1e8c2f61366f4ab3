#pragma once
// Beast's header fields as this room's plain ones, and bytes into Beast's buffer. For the sources of this room only.

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/fields.hpp>
#include <string_view>
#include <vector>

#include "net/http_client.hpp"

namespace shoal::net {

inline std::vector<http_header> headers_of(const boost::beast::http::fields& fields) {
    std::vector<http_header> out;
    for (const auto& field : fields) {
        const auto name = field.name_string();
        const auto value = field.value();
        out.push_back({{name.data(), name.size()}, {value.data(), value.size()}});
    }
    return out;
}

inline void append_to(boost::beast::flat_buffer& buffer, std::string_view bytes) {
    buffer.commit(boost::asio::buffer_copy(buffer.prepare(bytes.size()), boost::asio::buffer(bytes)));
}

/// True if the parser must not be asked yet: at a chunked body's end it asserts that 5 bytes are there, which "0\r\n" and one
/// more are not (https://github.com/boostorg/beast/pull/2861, mended in 2024). No rest of a chunked body is shorter: more will
/// come.
template <class Parser>
[[nodiscard]] bool needs_more_of_a_chunk(const Parser& parser, std::size_t bytes) {
    return bytes < 5 && parser.is_header_done() && parser.chunked() && !parser.is_done();
}

}  // namespace shoal::net
