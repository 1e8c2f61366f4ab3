// The simulator's side of the websocket: its reader says the same of one piece and of many, and what Shoal's client writes reads
// as it was meant; the two share no code.

#include <fmt/format.h>

#include "bytes.hpp"
#include "net/websocket_frames.hpp"
#include "sim/wire/frames.hpp"

using namespace shoal;
namespace wire = sim::wire;

namespace {

struct teller {
    std::string operator()(const wire::client_message& of) const { return fmt::format("message {} {}", of.binary, of.bytes); }
    std::string operator()(const wire::client_ping& of) const { return "ping " + of.bytes; }
    std::string operator()(const wire::client_pong& of) const { return "pong " + of.bytes; }
    std::string operator()(const wire::client_close& of) const { return fmt::format("close {} {}", of.code, of.reason); }
    std::string operator()(const wire::client_broke& of) const { return fmt::format("broke {} {}", of.code, of.why); }
};

std::vector<std::string> read_all(std::string_view bytes, std::uint8_t how) {
    wire::frame_reader reader(2000);
    std::vector<std::string> out;
    fuzz::in_pieces(bytes, how, [&](std::string_view piece) {
        reader.feed(piece);
        while (const auto event = reader.next()) out.push_back(std::visit(teller{}, *event));
    });
    return out;
}

/// Each line is sent by the client as one message.
void round_trip(std::string_view text, std::uint8_t how) {
    std::string bytes;
    std::vector<std::string> expected;
    random_source random(how);
    fuzz::by_line(text, 16, [&](std::string_view line) {
        if (line.size() > 1000) return;
        net::append_frame(bytes, net::frame_opcode::binary, line, static_cast<std::uint32_t>(random.next()));
        expected.push_back(fmt::format("message true {}", line));
    });
    SHOAL_ASSERT(read_all(bytes, how) == expected);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input in(data, size);
    const auto cut = in.choice();
    SHOAL_ASSERT(read_all(in.rest(), cut) == read_all(in.rest(), 0));
    round_trip(in.rest(), cut);
    return 0;
}
