#pragma once
// A typed REST call: asks, and reads the answer into a view that owns what it lies in.
// Not here: which calls there are (the generated sources beside this), limits (src/rest).

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bot/calls.hpp"
#include "bot/event_arena.hpp"
#include "bot/readers/read.hpp"
#include "bot/rest/put.hpp"
#include "bot/runtime.hpp"
#include "discord/json_cursor.hpp"
#include "shoal/bot.hpp"
#include "shoal/owned.hpp"

namespace shoal::runtime::sending {

struct typed_request {
    std::string_view method;  ///< Static storage.
    std::string path;
    std::string json = {};
    std::vector<file> files = {};
    std::string_view at = {};  ///< The answer's key that holds what is wanted; empty: all of it.
    guild_id guild = {};       ///< Whose objects are answered, as far as the path says it.
    bool harmless_to_repeat = false;
};

template <class Body>
[[nodiscard]] std::string body_of(const Body& what) {
    json_writer out;
    write(out, what);
    return std::move(out).take();
}

template <class Body>
[[nodiscard]] std::string list_of(const std::vector<Body>& all) {
    json_writer out;
    out.begin_array();
    for (const auto& each : all) write(out, each);
    out.end_array();
    return std::move(out).take();
}

[[nodiscard]] task<result<std::string>> ask(bot_runtime& bot, typed_request what, shoal::detail::call_settings settings);

/// The answer with what was read of it.
template <class Read>
struct kept_answer {
    kept_answer(std::string body, bot_runtime& bot, guild_id guild) : json(std::move(body)) {
        arena.of_bot(bot);
        arena.of_guild(guild);
    }
    std::string json;
    event_arena arena;
    Read read{};
    [[nodiscard]] discord::json_value value(std::string_view at) const {
        const discord::json_value all(json);
        return at.empty() ? all : all[at];
    }
};

/// A call that fails before anything is sent.
template <class T>
task<result<T>> failed_with(failure why) {
    co_return std::unexpected(std::move(why));
}

template <class View>
task<result<owned<View>>> answer_of(bot_runtime& bot, typed_request what, shoal::detail::call_settings settings) {
    const auto at = what.at;
    const auto guild = what.guild;
    auto body = co_await ask(bot, std::move(what), std::move(settings));
    if (!body) co_return std::unexpected(std::move(body).error());
    auto kept = std::make_shared<kept_answer<View>>(std::move(*body), bot, guild);
    const auto value = kept->value(at);
    if (!value.is(discord::json_kind::object)) co_return std::unexpected(failure(bot_errc::bad_answer, "no object came"));
    read(kept->read, value, kept->arena);
    co_return owned<View>(std::shared_ptr<const View>(kept, &kept->read));
}

template <class View>
task<result<owned_list<View>>> answers_of(bot_runtime& bot, typed_request what, shoal::detail::call_settings settings) {
    const auto at = what.at;
    const auto guild = what.guild;
    auto body = co_await ask(bot, std::move(what), std::move(settings));
    if (!body) co_return std::unexpected(std::move(body).error());
    auto kept = std::make_shared<kept_answer<std::vector<View>>>(std::move(*body), bot, guild);
    const auto value = kept->value(at);
    if (!value.is(discord::json_kind::array)) co_return std::unexpected(failure(bot_errc::bad_answer, "no list came"));
    for (const auto& each : value.elements()) read(kept->read.emplace_back(), each, kept->arena);
    co_return owned_list<View>(kept, kept->read);
}

[[nodiscard]] task<result<void>> no_answer_of(bot_runtime& bot, typed_request what, shoal::detail::call_settings settings);
[[nodiscard]] task<result<std::uint64_t>> number_of(bot_runtime& bot, typed_request what, shoal::detail::call_settings settings);

template <class View>
[[nodiscard]] call<owned<View>> ask_for(bot_runtime& bot, std::string_view name, typed_request what) {
    return {bot, name, [&bot, what = std::move(what)](shoal::detail::call_settings settings) mutable {
                return answer_of<View>(bot, std::move(what), std::move(settings));
            }};
}
template <class View>
[[nodiscard]] call<owned_list<View>> ask_for_list(bot_runtime& bot, std::string_view name, typed_request what) {
    return {bot, name, [&bot, what = std::move(what)](shoal::detail::call_settings settings) mutable {
                return answers_of<View>(bot, std::move(what), std::move(settings));
            }};
}
[[nodiscard]] call<void> ask_for_nothing(bot_runtime& bot, std::string_view name, typed_request what);
[[nodiscard]] call<std::string> ask_for_text(bot_runtime& bot, std::string_view name, typed_request what);
[[nodiscard]] call<std::uint64_t> ask_for_number(bot_runtime& bot, std::string_view name, typed_request what);

}  // namespace shoal::runtime::sending
