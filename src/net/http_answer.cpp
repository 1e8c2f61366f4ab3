#include "net/http_answer.hpp"

#include <fmt/format.h>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "net/http_fields.hpp"

namespace shoal::net {

namespace http = boost::beast::http;

namespace {
constexpr std::uint32_t largest_header = 64 * 1024;
// Behind the header only chunk lines and trailers wait for more bytes: a server that never ends one is stopped.
constexpr std::size_t largest_unparsed = largest_header + 16 * 1024;
// "100 Continue" and its like before an answer; nobody sends more than one or two.
constexpr std::uint32_t most_interim_answers = 16;
}  // namespace

struct http_answer_reader::impl {
    using parser = http::response_parser<http::string_body>;

    impl(std::size_t body, bool head) : largest_body(body), no_body(head) { begin(); }

    void begin() {
        parse.emplace();
        parse->eager(true);
        parse->header_limit(largest_header);
        parse->body_limit(largest_body);
        parse->skip(no_body);
    }

    void advance() {
        while (!failed && !done && unparsed.size() > 0 && !needs_more_of_a_chunk(*parse, unparsed.size())) {
            boost::system::error_code ec;
            const auto used = parse->put(unparsed.data(), ec);
            unparsed.consume(used);
            if (ec == http::error::need_more) {
                if (unparsed.size() > largest_unparsed) fail(errc::protocol_broken, "a header or chunk line has no end");
                return;
            }
            if (ec) return fail(ec);
            if (parse->is_done())
                finish();
            else if (used == 0)
                return;
        }
    }
    void finish() {
        const auto status = parse->get().result_int();
        if (status < 200 && status != 101) {
            if (++interim_answers > most_interim_answers) return fail(errc::protocol_broken, "interim answers without end");
            return begin();
        }
        done = true;
    }
    void fail(boost::system::error_code ec) {
        if (ec == http::error::body_limit) {
            return fail(errc::too_large, fmt::format("the answer's body is over {} bytes", largest_body));
        }
        if (ec == http::error::header_limit) return fail(errc::too_large, "the answer's header is too large");
        if (ec == http::error::partial_message || ec == http::error::end_of_stream) {
            return fail(errc::cut_short, "it is shorter than it promised");
        }
        fail(errc::protocol_broken, fmt::format("the answer is not HTTP: {}", ec.message()));
    }
    void fail(errc code, std::string detail) { failed = problem{code, std::move(detail)}; }

    std::size_t largest_body;
    bool no_body;
    std::optional<parser> parse;
    boost::beast::flat_buffer unparsed;
    std::optional<problem> failed;
    std::uint32_t interim_answers = 0;
    bool done = false;
};

http_answer_reader::http_answer_reader(std::size_t largest_body, bool no_body)
    : impl_(std::make_unique<impl>(largest_body, no_body)) {}
http_answer_reader::~http_answer_reader() = default;
http_answer_reader::http_answer_reader(http_answer_reader&&) noexcept = default;
http_answer_reader& http_answer_reader::operator=(http_answer_reader&&) noexcept = default;

void http_answer_reader::feed(std::string_view bytes) {
    append_to(impl_->unparsed, bytes);
    impl_->advance();
}

void http_answer_reader::feed_end() {
    if (impl_->done || impl_->failed) return;
    // Beast asserts that something came; behind "100 Continue" nothing may have.
    if (!impl_->parse->got_some()) return impl_->fail(http::error::end_of_stream);
    boost::system::error_code ec;
    impl_->parse->put_eof(ec);
    if (ec) return impl_->fail(ec);
    if (impl_->parse->is_done()) impl_->finish();
    if (!impl_->done) impl_->fail(http::error::partial_message);
}

bool http_answer_reader::done() const noexcept { return impl_->done; }
const std::optional<http_answer_reader::problem>& http_answer_reader::failed() const noexcept { return impl_->failed; }
bool http_answer_reader::keep_alive() const {
    // Behind a 101 comes another protocol, whether it was asked for or not.
    return impl_->parse->get().keep_alive() && impl_->parse->get().result_int() != 101;
}
bool http_answer_reader::has_rest() const noexcept { return impl_->unparsed.size() > 0; }

std::string http_answer_reader::take_rest() {
    const auto bytes = impl_->unparsed.data();
    std::string out(static_cast<const char*>(bytes.data()), bytes.size());
    impl_->unparsed.consume(out.size());
    return out;
}

http_response http_answer_reader::take() {
    auto message = impl_->parse->release();
    http_response out;
    out.status = static_cast<std::uint16_t>(message.result_int());
    out.headers = headers_of(message);
    out.body = std::move(message.body());
    return out;
}

}  // namespace shoal::net
