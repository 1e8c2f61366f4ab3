#include "bot/calls.hpp"

#include <atomic>
#include <chrono>

#include <fmt/format.h>

#include "bot/message_json.hpp"
#include "bot/rest_client.hpp"
#include "bot/runtime.hpp"
#include "bot/shard_room.hpp"
#include "bot/upload.hpp"
#include "discord/json_cursor.hpp"
#include "discord/json_writer.hpp"
#include "rest/route.hpp"

namespace shoal::runtime {
namespace {

using shoal::detail::call_settings;

constexpr duration default_within = std::chrono::seconds(30);
constexpr std::int64_t slow_line_bytes_a_second = 128 * 1024;  // So much longer may a call take that has files.

result<rest_client*> rest_of(bot_runtime& bot) {
    if (!bot.is_open()) return std::unexpected(failure(bot_errc::not_running));
    return &bot.rest();
}

/// Different in every process and call: Discord drops a second message of the same nonce [4.12].
std::string next_nonce() {
    static const auto start = static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
    static std::atomic<std::uint64_t> calls{0};
    return std::to_string((start ^ (start << 21)) + calls.fetch_add(1, std::memory_order_relaxed));
}

task<result<opened_upload>> open_on_a_worker(bot_runtime& bot, std::string json, std::vector<file> files,
                                             std::optional<std::chrono::nanoseconds> within) {
    auto found = std::make_shared<result<opened_upload>>();
    call_settings settings;
    settings.within = within;
    auto done = co_await bot.run(
        [found, json = std::move(json), files = std::move(files)]() mutable { *found = open_files(json, std::move(files)); },
        std::move(settings));
    if (!done) co_return std::unexpected(std::move(done).error());
    co_return std::move(*found);
}

}  // namespace

task<result<sent_message>> send_message(bot_runtime& bot, channel_id channel, message what, std::vector<file> files,
                                        call_settings settings) {
    if (auto good = what.check(files.size()); !good) co_return std::unexpected(std::move(good).error());
    discord::json_writer w;
    w.begin_object().field("nonce", next_nonce()).field("enforce_nonce", true);
    write_fields(w, what);
    w.end_object();
    auto body = co_await ask_discord(bot,
                                     {.method = "POST",
                                      .path = fmt::format("/channels/{}/messages", channel.value()),
                                      .json = std::move(w).take(),
                                      .files = std::move(files),
                                      .harmless_to_repeat = true},
                                     std::move(settings));
    if (!body) co_return std::unexpected(std::move(body).error());
    const discord::json_value sent(*body);
    const auto id = sent["id"].id<message_id>();
    if (!id) co_return std::unexpected(failure(bot_errc::bad_answer, "a sent message without an id"));
    co_return sent_message{.id = id, .channel_id = channel, .from = {&bot, {}}};
}

task<result<sent_message>> send_direct_message(bot_runtime& bot, user_id whom, message what, std::vector<file> files,
                                               call_settings settings) {
    // Before anything is opened: what cannot be sent leaves no trace.
    if (auto good = what.check(files.size()); !good) co_return std::unexpected(std::move(good).error());
    discord::json_writer w;
    w.begin_object().field("recipient_id", whom).end_object();
    auto body = co_await ask_discord(
        bot, {.method = "POST", .path = "/users/@me/channels", .json = std::move(w).take(), .harmless_to_repeat = true},
        settings);
    if (!body) co_return std::unexpected(std::move(body).error());
    const auto channel = discord::json_value(*body)["id"].id<channel_id>();
    if (!channel) co_return std::unexpected(failure(bot_errc::bad_answer, "a channel of direct messages without an id"));
    co_return co_await send_message(bot, channel, std::move(what), std::move(files), std::move(settings));
}

task<result<std::string>> ask_discord(bot_runtime& bot, rest_request what, call_settings settings) {
    auto rest = rest_of(bot);
    if (!rest) co_return std::unexpected(std::move(rest).error());
    const auto unix_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    auto where =
        rest::route_of(what.method, std::move(what.path), what.json, {.application = bot.application(), .unix_ms = unix_ms});
    if (!where) co_return std::unexpected(failure(bot_errc::bad_request, where.error().detail()));
    where->harmless_to_repeat |= what.harmless_to_repeat;
    rest_call call{
        .where = std::move(*where), .reason = std::move(settings.reason), .within = settings.within.value_or(default_within)};
    if (what.files.empty()) {
        call.body = std::move(what.json);
    } else {
        auto opened = co_await open_on_a_worker(bot, std::move(what.json), std::move(what.files), settings.within);
        if (!opened) co_return std::unexpected(std::move(opened).error());
        call.content_type = opened->content_type;
        call.large_body = make_upload(std::move(*opened), (*rest)->on(), bot.workers());
        if (!settings.within) call.within += std::chrono::seconds(call.large_body->size_bytes() / slow_line_bytes_a_second);
    }
    co_return co_await (*rest)->ask(std::move(call));
}

task<result<void>> overwrite_commands(bot_runtime& bot, application_id application, std::string json) {
    auto rest = rest_of(bot);
    if (!rest) co_return std::unexpected(std::move(rest).error());
    auto body = co_await (*rest)->ask({.where = rest::overwrite_global_commands(application),
                                       .body = std::move(json),
                                       .reason = {},
                                       .within = std::chrono::minutes(2)});
    if (!body) co_return std::unexpected(std::move(body).error());
    co_return result<void>{};
}

}  // namespace shoal::runtime
