#include "bot/rest/typed_call.hpp"

namespace shoal::runtime::sending {

using shoal::detail::call_settings;

task<result<std::string>> ask(bot_runtime& bot, typed_request what, call_settings settings) {
    return ask_discord(bot,
                       {.method = std::string(what.method),
                        .path = std::move(what.path),
                        .json = std::move(what.json),
                        .files = std::move(what.files),
                        .harmless_to_repeat = what.harmless_to_repeat},
                       std::move(settings));
}

task<result<void>> no_answer_of(bot_runtime& bot, typed_request what, call_settings settings) {
    auto body = co_await ask(bot, std::move(what), std::move(settings));
    if (!body) co_return std::unexpected(std::move(body).error());
    co_return result<void>{};
}

task<result<std::uint64_t>> number_of(bot_runtime& bot, typed_request what, call_settings settings) {
    const auto at = what.at;
    auto body = co_await ask(bot, std::move(what), std::move(settings));
    if (!body) co_return std::unexpected(std::move(body).error());
    const auto number = discord::json_value(*body)[at].unsigned_integer();
    if (!number) co_return std::unexpected(failure(bot_errc::bad_answer, "no number came"));
    co_return *number;
}

call<void> ask_for_nothing(bot_runtime& bot, std::string_view name, typed_request what) {
    return {bot, name, [&bot, what = std::move(what)](call_settings settings) mutable {
                return no_answer_of(bot, std::move(what), std::move(settings));
            }};
}
call<std::string> ask_for_text(bot_runtime& bot, std::string_view name, typed_request what) {
    return {bot, name, [&bot, what = std::move(what)](call_settings settings) mutable {
                return ask(bot, std::move(what), std::move(settings));
            }};
}
call<std::uint64_t> ask_for_number(bot_runtime& bot, std::string_view name, typed_request what) {
    return {bot, name, [&bot, what = std::move(what)](call_settings settings) mutable {
                return number_of(bot, std::move(what), std::move(settings));
            }};
}

}  // namespace shoal::runtime::sending
