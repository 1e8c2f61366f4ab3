#pragma once
// Reading of HTTP/1.1 requests from bytes, and writing of answers, for servers over byte_stream. Beast's parser behind a plain
// face.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/http_client.hpp"

namespace shoal::net {

/// A request as a server sees it: `url` is the request target ("/api/v10/gateway/bot?x=1").
/// Feeds on bytes and yields whole requests; bytes behind a request stay for the next one (or, after an upgrade, for
/// take_rest()).
class http_request_reader {
public:
    explicit http_request_reader(std::size_t largest_body = 32 * 1024 * 1024);
    ~http_request_reader();
    http_request_reader(http_request_reader&&) noexcept;
    http_request_reader& operator=(http_request_reader&&) noexcept;

    void feed(std::string_view bytes);
    /// The next whole request, nullopt if more bytes are needed, or why this is no HTTP (the connection must then end).
    [[nodiscard]] result<std::optional<http_request>> next();
    /// Bytes that were fed and belong to no request yet. Empties the reader.
    [[nodiscard]] std::string take_rest();

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

/// The bytes of an answer; adds Content-Length. "" as reason phrase takes the standard one.
[[nodiscard]] std::string write_response(const http_response& response, bool keep_alive);

}  // namespace shoal::net
