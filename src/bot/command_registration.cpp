#include "bot/command_registration.hpp"

#include <fmt/format.h>

#include "bot/calls.hpp"
#include "bot/forgotten_calls.hpp"
#include "bot/handler_table.hpp"
#include "bot/runtime.hpp"

namespace shoal::runtime {

void command_registration::on_session(application_id own) {
    if (!bot_.options().register_commands || handlers_.command_count() == 0 || done_.exchange(true)) return;
    if (!own) return bot_.log().warn("commands are not registered: READY names no application");
    calls_.start_on_rest(send(own));
}

task<> command_registration::send(application_id own) {
    auto sent = co_await overwrite_commands(bot_, own, handlers_.registry().overwrite_json());
    if (sent) {
        bot_.log().info("commands registered", {{"commands", fmt::format("{}", handlers_.command_count())}});
    } else if (!sent.error().is(bot_errc::not_running)) {
        done_ = false;  // The next new session tries again.
        bot_.log().error("commands could not be registered", {{"why", sent.error().message()}});
    }
}

}  // namespace shoal::runtime
