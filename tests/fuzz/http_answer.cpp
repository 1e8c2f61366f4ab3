// What the HTTP client and the websocket's upgrade make of any answer: the same whether it comes in one piece or in many, and
// never a body over its bound.

#include "net/http_answer.hpp"

#include <fmt/format.h>

#include "bytes.hpp"
#include "net/websocket_upgrade.hpp"

using namespace shoal;

namespace {

constexpr std::size_t largest_body = 1000;

std::string outcome(std::string_view bytes, std::uint8_t how, bool head, bool ends) {
    net::http_answer_reader reader(largest_body, head);
    fuzz::in_pieces(bytes, how, [&](std::string_view piece) {
        if (!reader.failed()) reader.feed(piece);
    });
    if (ends && !reader.failed()) reader.feed_end();
    SHOAL_ASSERT(!(reader.done() && reader.failed()));
    if (reader.failed()) return fmt::format("failed: {}", static_cast<int>(reader.failed()->errc));
    if (!reader.done()) {
        SHOAL_ASSERT(!ends);
        return "more";
    }
    auto out = fmt::format("keep {}, rest {}", reader.keep_alive(), reader.take_rest());
    const auto answer = reader.take();
    SHOAL_ASSERT(answer.body.size() <= largest_body);
    out += fmt::format(", status {}", answer.status);
    for (const auto& [name, value] : answer.headers) out += fmt::format(", {}={}", name, value);
    return out + answer.body;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input in(data, size);
    const auto what = in.choice();
    const auto cut = in.choice();
    const bool head = (what & 1) != 0;
    const bool ends = (what & 2) != 0;
    const auto whole = outcome(in.rest(), 0, head, ends);
    const auto pieces = outcome(in.rest(), cut, head, ends);
    // What is no HTTP may be seen late, and by another name, when it comes in pieces.
    const auto is_answer = [](const std::string& text) { return text.starts_with("keep"); };
    SHOAL_ASSERT(whole == pieces || (!is_answer(whole) && !is_answer(pieces)));

    net::websocket_upgrade upgrade("gateway.test", "/?v=10&encoding=json", "fuzz");
    upgrade.answer().feed(in.rest());
    // Nobody but chance can answer a key that is drawn anew.
    if (upgrade.answer().done()) SHOAL_ASSERT(!upgrade.agreed().has_value());
    return 0;
}
