#pragma once
// A bot that runs as long as this lives, and waiting for a condition with a deadline.

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <thread>

#include "shoal/shoal.hpp"

struct running_bot {
    explicit running_bot(shoal::bot& which) : bot(which) {
        const auto started = shoal::start(bot);
        REQUIRE_MESSAGE(started.has_value(), started.error().message());
    }
    ~running_bot() {
        bot.stop();
        bot.join();
    }
    running_bot(const running_bot&) = delete;
    running_bot& operator=(const running_bot&) = delete;
    shoal::bot& bot;
};

/// False if it is still not so after a time that no machine needs.
inline bool comes_true(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
}
