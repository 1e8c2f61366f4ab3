// A fleet's bot for the system tests that wants to send: as many REST requests a second as the file TEST_DEMAND with "-" and its
// process id behind it says now, with at most a hundred that wait.

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <shoal/fleet.hpp>
#include <shoal/shoal.hpp>
#include <span>
#include <string>
#include <thread>

namespace {

constexpr std::size_t most_waiting = 100;

std::string demand_file(std::span<char*> arguments) {
    std::string process = "single";
    for (std::size_t i = 0; i + 1 < arguments.size(); ++i)
        if (std::string_view(arguments[i]) == "--process-id") process = arguments[i + 1];
    const char* const files = std::getenv("TEST_DEMAND");
    return files == nullptr ? std::string() : std::string(files) + "-" + process;
}

double demand_in(const std::string& file) {
    double per_second = 0;
    std::ifstream(file) >> per_second;
    return per_second;
}

}  // namespace

int main(int argc, char** argv) {
    shoal::bot bot({.intents = shoal::intents::from_handlers});
    bot.on([](const shoal::message_create&) {});

    const auto file = demand_file({argv, static_cast<std::size_t>(argc)});
    const std::jthread demand([&bot, &file](const std::stop_token& ended) {
        constexpr auto round = std::chrono::milliseconds(50);
        double owed = 0;
        while (!ended.stop_requested()) {
            std::this_thread::sleep_for(round);
            owed += demand_in(file) * std::chrono::duration<double>(round).count();
            if (bot.shards().empty()) owed = 0;
            for (; owed >= 1; owed -= 1) {
                if (bot.rest().status().waiting >= most_waiting) continue;
                bot.rest().request("GET", "/users/@me").within(std::chrono::minutes(5)).forget();
            }
        }
    });
    return shoal::fleet::main(bot, argc, argv);
}
