#pragma once
// The HTTP client port: one exchange at a time, over a pool of keep-alive connections. No Asio here.
// Not here: Discord's limits (src/rest), retries.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "net/body_source.hpp"
#include "shoal/error.hpp"

namespace shoal::net {

struct http_header {
    std::string name;
    std::string value;
};

struct http_request {
    std::string method = "GET";
    std::string url;  ///< https://host[:port]/path?query, or http:// for loopback hosts only.
    std::vector<http_header> headers;
    std::string body;
    std::shared_ptr<body_source> large_body;      ///< In place of `body`.
    duration timeout = std::chrono::seconds(15);  ///< From the call to the last byte of the answer.
    std::size_t largest_body = 8 * 1024 * 1024;   ///< A larger answer fails with too_large.
};

struct http_response {
    std::uint16_t status = 0;
    std::vector<http_header> headers;
    std::string body;
    /// The first header of that name, case-insensitive; empty if there is none.
    [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
};

/// Sends requests. Used on its scheduler's thread only; answers come there, never inside send().
class http_client {
public:
    using answered = std::move_only_function<void(result<http_response>)>;
    virtual ~http_client() = default;
    virtual void send(http_request request, answered on_answer) = 0;
};

}  // namespace shoal::net
