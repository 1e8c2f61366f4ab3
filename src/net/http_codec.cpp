#include "net/http_codec.hpp"

#include <fmt/format.h>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>

#include "net/errc.hpp"
#include "net/http_fields.hpp"

namespace shoal::net {

namespace http = boost::beast::http;

namespace {
constexpr std::uint32_t largest_header = 64 * 1024;
constexpr std::size_t largest_unparsed = largest_header + 16 * 1024;
}  // namespace

struct http_request_reader::impl {
    using parser = http::request_parser<http::string_body>;

    explicit impl(std::size_t largest) : largest_body(largest) { begin(); }
    void begin() {
        parse.emplace();
        parse->eager(true);
        parse->header_limit(largest_header);
        parse->body_limit(largest_body);
    }
    failure why(boost::system::error_code ec) const {
        if (ec == http::error::body_limit) {
            return {errc::too_large, fmt::format("the request's body is over {} bytes", largest_body)};
        }
        if (ec == http::error::header_limit) return {errc::too_large, "the request's header is too large"};
        return {errc::protocol_broken, fmt::format("the request is not HTTP: {}", ec.message())};
    }

    std::size_t largest_body;
    std::optional<parser> parse;
    boost::beast::flat_buffer unparsed;
    std::optional<failure> failed;
};

http_request_reader::http_request_reader(std::size_t largest_body) : impl_(std::make_unique<impl>(largest_body)) {}
http_request_reader::~http_request_reader() = default;
http_request_reader::http_request_reader(http_request_reader&&) noexcept = default;
http_request_reader& http_request_reader::operator=(http_request_reader&&) noexcept = default;

void http_request_reader::feed(std::string_view bytes) { append_to(impl_->unparsed, bytes); }

result<std::optional<http_request>> http_request_reader::next() {
    auto& self = *impl_;
    const auto fail = [&](failure why) { return std::unexpected(self.failed.emplace(std::move(why))); };
    if (self.failed) return std::unexpected(*self.failed);
    while (self.unparsed.size() > 0 && !needs_more_of_a_chunk(*self.parse, self.unparsed.size())) {
        boost::system::error_code ec;
        const auto used = self.parse->put(self.unparsed.data(), ec);
        self.unparsed.consume(used);
        if (ec == http::error::need_more) {
            if (self.unparsed.size() > largest_unparsed) {
                return fail({errc::protocol_broken, "a header or chunk line has no end"});
            }
            return std::nullopt;
        }
        if (ec) return fail(self.why(ec));
        if (self.parse->is_done()) {
            auto message = self.parse->release();
            self.begin();
            http_request out;
            const auto method = message.method_string();
            const auto target = message.target();
            out.method.assign(method.data(), method.size());
            out.url.assign(target.data(), target.size());
            out.headers = headers_of(message);
            out.body = std::move(message.body());
            return out;
        }
        if (used == 0) break;
    }
    return std::nullopt;
}

std::string http_request_reader::take_rest() {
    const auto bytes = impl_->unparsed.data();
    std::string rest(static_cast<const char*>(bytes.data()), bytes.size());
    impl_->unparsed.consume(bytes.size());
    return rest;
}

std::string write_response(const http_response& response, bool keep_alive) {
    const auto phrase = http::obsolete_reason(http::int_to_status(response.status));
    const bool known = http::int_to_status(response.status) != http::status::unknown;
    std::string out = fmt::format("HTTP/1.1 {} {}\r\n", response.status,
                                  known ? std::string_view(phrase.data(), phrase.size()) : std::string_view("Unknown"));
    bool own_length = false;
    bool own_connection = false;
    for (const auto& header : response.headers) {
        const auto is = [&](boost::beast::string_view name) {
            return boost::beast::iequals({header.name.data(), header.name.size()}, name);
        };
        own_length = own_length || is("Content-Length") || is("Transfer-Encoding");
        own_connection = own_connection || is("Connection");
        out.append(header.name).append(": ").append(header.value).append("\r\n");
    }
    const bool has_body = response.status >= 200 && response.status != 204 && response.status != 304;
    if (has_body && !own_length) fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", response.body.size());
    if (!own_connection && response.status >= 200) out += keep_alive ? "Connection: keep-alive\r\n" : "Connection: close\r\n";
    out += "\r\n";
    if (has_body) out += response.body;
    return out;
}

}  // namespace shoal::net
