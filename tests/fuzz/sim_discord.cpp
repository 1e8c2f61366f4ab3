// The simulated Discord itself, which any client in any language may hit: control commands (a line "{...}"), websockets ("o"
// opens one at that target, "m" is a message, "c" a close), requests ("h GET /api/v10/gateway/bot BODY") and time ("t" is a
// second). Every command is answered, and nothing ends the simulator.

#include <boost/json.hpp>
#include <string>

#include "bytes.hpp"
#include "sim/core/simulator.hpp"

using namespace shoal;

namespace {

sim::simulator_config small() {
    sim::simulator_config config;
    config.token = "sim.token";
    config.world.guilds = 2;
    config.world.guild_classes = "tiny";
    config.world.largest_members_listed = 5;
    return config;
}

class play {
public:
    void line(std::string_view text) {
        if (text.empty()) return;
        const auto rest = text.substr(1);
        switch (text.front()) {
            case '{': return command(text);
            case 'o': return step(sim::connection_opened{sim::conn_id(++connections_), std::string(rest), false});
            case 'm': return step(sim::message_arrived{sim::conn_id(connections_), std::string(rest)});
            case 'c': return step(sim::connection_closed{sim::conn_id(connections_), std::nullopt});
            case 'h': return request(rest);
            case 't': return pass();
            default: return;
        }
    }

private:
    void step(const sim::input& fact) {
        sim_.step(fact, now_, orders_);
        for (const auto& order : orders_) {
            if (const auto* wake = std::get_if<sim::wake_at>(&order)) wake_ = wake->when;
        }
        orders_.clear();
    }
    void command(std::string_view text) {
        boost::system::error_code bad;
        const auto parsed = boost::json::parse(text, bad);
        if (bad || !parsed.is_object()) return;
        // A world of large guilds is slow, not wrong.
        if (const auto* kind = parsed.as_object().if_contains("class"); kind != nullptr && *kind != "tiny") return;
        const auto answer = sim_.control(parsed.as_object(), now_, orders_);
        SHOAL_ASSERT(answer.contains("error") != answer.contains("ok"));
        orders_.clear();
    }
    void request(std::string_view text) {
        const auto word = [&text] {
            text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
            const auto end = std::min(text.find(' '), text.size());
            const std::string out(text.substr(0, end));
            text.remove_prefix(end);
            return out;
        };
        sim::http_arrived asked;
        asked.request = sim::request_id(++requests_);
        asked.method = word();
        asked.target = word();
        asked.body = text.substr(std::min<std::size_t>(1, text.size()));
        asked.headers = {
            {"Authorization", "Bot sim.token"}, {"Content-Type", "application/json"}, {"User-Agent", "DiscordBot (x, 1)"}};
        asked.peer_ip = "127.0.0.1";
        step(asked);
    }
    void pass() {
        const auto until = now_ + std::chrono::seconds(1);
        for (int i = 0; i < 50 && wake_ <= until; ++i) {
            now_ = std::max(now_, wake_);
            wake_ = never;
            step(sim::tick{});
        }
        now_ = until;
    }

    sim::simulator sim_{small()};
    instant now_ = instant{} + std::chrono::hours(1);
    instant wake_ = never;
    std::uint64_t connections_ = 0, requests_ = 0;
    std::vector<sim::action> orders_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    play game;
    fuzz::by_line(fuzz::input(data, size).rest(), 24, [&](std::string_view line) { game.line(line); });
    return 0;
}
