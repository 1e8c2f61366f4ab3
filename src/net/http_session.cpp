#include "net/http_session.hpp"

#include <algorithm>
#include <utility>

namespace shoal::net {
namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_word(std::string_view a, std::string_view b) noexcept {
    return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::string_view header_of(const http_request& request, std::string_view name) noexcept {
    for (const auto& one : request.headers) {
        if (same_word(one.name, name)) return one.value;
    }
    return {};
}

bool header_has(const http_request& request, std::string_view name, std::string_view word) noexcept {
    auto rest = header_of(request, name);
    while (!rest.empty()) {
        const auto comma = rest.find(',');
        auto part = rest.substr(0, comma);
        while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
        while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
        if (same_word(part, word)) return true;
        if (comma == std::string_view::npos) break;
        rest.remove_prefix(comma + 1);
    }
    return false;
}

http_response json_response(std::uint16_t status, std::string body) {
    return {status, {{"Content-Type", "application/json"}}, std::move(body)};
}

http_session::http_session(byte_stream& stream, asked on_request, std::size_t largest_body)
    : stream_(stream), on_request_(std::move(on_request)), reader_(largest_body) {}

void http_session::feed(std::string_view bytes) {
    if (ended_) return;
    if (close_at_next_ && !waiting_) {
        ended_ = true;
        stream_.finish();
        return;
    }
    reader_.feed(bytes);
    pump();
}

void http_session::pump() {
    if (std::exchange(pumping_, true)) return;  // an answer given inside on_request_ comes back here
    while (!waiting_ && !ended_) {
        auto request = reader_.next();
        if (!request) {
            keep_alive_ = false;
            waiting_ = true;
            answer(json_response(400, R"({"message":"400: Bad Request","code":0})"));
            break;
        }
        if (!*request) break;
        waiting_ = true;
        keep_alive_ = !header_has(**request, "Connection", "close");
        on_request_(std::move(**request));
    }
    pumping_ = false;
}

void http_session::answer(const http_response& response) {
    if (ended_ || !waiting_) return;
    stream_.write(text_of(response));
    written();
}

void http_session::written() {
    if (ended_ || !std::exchange(waiting_, false)) return;
    if (!keep_alive_) {
        ended_ = true;
        stream_.finish();
        return;
    }
    pump();
}

void http_session::answer_and_end(const http_response& response) {
    keep_alive_ = false;
    answer(response);
}

std::string http_session::take_rest() {
    ended_ = true;
    return reader_.take_rest();
}

}  // namespace shoal::net
