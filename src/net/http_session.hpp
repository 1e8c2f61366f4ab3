#pragma once
// HTTP/1.1 on one accepted stream: requests are handed out one at a time, in order, and answered in that order.
// Not here: what is asked.

#include <functional>
#include <string>
#include <string_view>

#include "net/byte_stream.hpp"
#include "net/http_codec.hpp"

namespace shoal::net {

class http_session {
public:
    /// `asked` is called for a request; the next one waits until answer() (or until the session ends).
    using asked = std::function<void(http_request)>;

    http_session(byte_stream& stream, asked on_request, std::size_t largest_body = 32U << 20U);

    void feed(std::string_view bytes);
    /// Answers the request that was handed out last.
    void answer(const http_response& response);
    /// Answers with something that is no proper response, as faults want it, and ends the connection.
    void answer_and_end(const http_response& response);
    /// For answers that are written bit by bit: the answer's bytes, and that all of them were written.
    [[nodiscard]] std::string text_of(const http_response& response) const { return write_response(response, keep_alive_); }
    void written();
    /// The connection is closed when more bytes come, however well the last answer spoke of keeping it alive.
    void close_at_next() noexcept { close_at_next_ = true; }
    /// Bytes behind the last request: the first frames of an upgraded connection. No further request is read.
    [[nodiscard]] std::string take_rest();

private:
    void pump();

    byte_stream& stream_;
    asked on_request_;
    http_request_reader reader_;
    bool waiting_ = false;  // a request is out
    bool keep_alive_ = true;
    bool ended_ = false;
    bool close_at_next_ = false;
    bool pumping_ = false;
};

/// The value of the first header of that name, case-insensitive; empty if there is none.
[[nodiscard]] std::string_view header_of(const http_request& request, std::string_view name) noexcept;
/// True if a comma-separated header holds this word, case-insensitive.
[[nodiscard]] bool header_has(const http_request& request, std::string_view name, std::string_view word) noexcept;
/// A JSON answer.
[[nodiscard]] http_response json_response(std::uint16_t status, std::string body);

}  // namespace shoal::net
