// A whole shard in virtual time against a gateway that says anything, one message a line; "!4000" ends the connection with that
// code ("!" without one), "~" lets a second pass. Whatever is said: no IDENTIFY without a permit, no close that throws the
// session away, no token in the log, and an orderly end.

#define DOCTEST_CONFIG_IMPLEMENT
#include "unit/host/scripted.hpp"

#include <charconv>

#include "bytes.hpp"

using namespace shoal;
using namespace shoal::host;

namespace {

constexpr std::string_view token = "the-token";

void end_with(test::far_end& peer, std::string_view code) {
    std::uint16_t number = 0;
    const auto [end, ec] = std::from_chars(code.data(), code.data() + code.size(), number);
    peer.end(ec == std::errc{} ? std::optional(number) : std::nullopt);
}

void check(const test::driver_bench& bench, bool ending) {
    std::size_t identifies = 0;
    for (const auto& peer : bench.dialer.peers) {
        for (const auto& text : peer->sent) identifies += text.find(R"("op":2,)") != std::string::npos;
        SHOAL_ASSERT(ending || !peer->close_code || (*peer->close_code != 1000 && *peer->close_code != 1001));
    }
    SHOAL_ASSERT(identifies <= static_cast<std::size_t>(std::ranges::count_if(
                                   bench.permits.lines, [](const std::string& line) { return line.starts_with("used "); })));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace std::chrono_literals;
    const auto text = fuzz::input(data, size).rest();
    test::driver_bench bench;
    bench.driver->start();
    std::size_t opened = 0;
    fuzz::by_line(text, 64, [&](std::string_view line) {
        auto& peer = *bench.dialer.peers.back();
        if (opened != bench.dialer.peers.size()) {
            opened = bench.dialer.peers.size();
            peer.open();
        }
        if (line.starts_with('!')) {
            end_with(peer, line.substr(1));
        } else if (line.starts_with('~')) {
            bench.time.run_for(1s);
        } else {
            peer.say(std::string(line));
        }
        bench.time.run_for(1ms);
        for (int i = 0; i < 100 && (peer.ended || peer.gone) && &peer == bench.dialer.peers.back().get() && bench.stopped == 0;
             ++i)
            bench.time.run_for(10s);
    });
    check(bench, bench.stopped != 0);
    bench.driver->stop(true);
    bench.time.run_for(1min);
    check(bench, true);
    SHOAL_ASSERT(bench.stopped == 1);
    if (text.find(token) == std::string_view::npos) {
        for (const auto& line : bench.log) SHOAL_ASSERT(line.find(token) == std::string::npos);
    }
    return 0;
}
