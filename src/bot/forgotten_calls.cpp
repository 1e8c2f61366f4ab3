#include "bot/forgotten_calls.hpp"

#include <cstdint>
#include <utility>

#include "bot/runtime.hpp"
#include "bot/shard_room.hpp"
#include "bot/thrown.hpp"

namespace shoal::runtime {

void forgotten_calls::add(std::string_view what, task<result<void>> running) {
    auto child = log_failure(std::string(what), std::move(running));
    if (auto* room = running_mark::now().room; room != nullptr && room->on.is_current()) {
        room->handlers->start(std::move(child));
        return;
    }
    start_on_rest(std::move(child));
}

void forgotten_calls::start_on_rest(task<> running) {
    rest_on_->post([this, running = std::move(running)]() mutable { on_rest_.start(std::move(running)); });
}

task<> forgotten_calls::log_failure(std::string what, task<result<void>> running) {
    try {
        auto outcome = co_await std::move(running);
        if (outcome || outcome.error().is(bot_errc::not_running)) co_return;
        if (too_late_to_answer(outcome.error())) {
            bot_.log().debug("answered elsewhere or too late", {{"call", what}});
        } else {
            bot_.log().warn("a call that nobody awaits failed", {{"call", what}, {"why", outcome.error().message()}});
        }
    } catch (...) {
        bot_.log().warn("a call that nobody awaits threw", {{"call", what}, {"what", what_of(std::current_exception())}});
    }
}

}  // namespace shoal::runtime
