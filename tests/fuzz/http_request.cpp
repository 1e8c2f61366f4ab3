// The request reader of servers (the simulator's REST and control ports): the same requests in one piece or in many.

#include <fmt/format.h>

#include <string>
#include <vector>

#include "bytes.hpp"
#include "net/http_codec.hpp"

using namespace shoal;

namespace {

std::vector<std::string> read_all(std::string_view bytes, std::uint8_t how) {
    constexpr std::size_t largest_body = 1000;
    net::http_request_reader reader(largest_body);
    std::vector<std::string> out;
    fuzz::in_pieces(bytes, how, [&](std::string_view piece) {
        reader.feed(piece);
        while (const auto request = reader.next().value_or(std::nullopt)) {
            SHOAL_ASSERT(request->body.size() <= largest_body);
            auto& told = out.emplace_back(fmt::format("{} {} {}", request->method, request->url, request->body));
            for (const auto& [name, value] : request->headers) told += fmt::format(", {}={}", name, value);
        }
    });
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input in(data, size);
    const auto cut = in.choice();
    // When a request that is none fails may differ: in pieces it may be noticed later.
    SHOAL_ASSERT(read_all(in.rest(), cut) == read_all(in.rest(), 0));
    return 0;
}
