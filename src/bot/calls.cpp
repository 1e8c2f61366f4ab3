#include "bot/calls.hpp"

#include <atomic>
#include <chrono>

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
using shoal::detail::event_ref;

constexpr int answer_with_message = 4;
constexpr int answer_deferred = 5;
constexpr int flag_ephemeral = 1 << 6;
constexpr duration default_within = std::chrono::seconds(30);
constexpr std::int64_t slow_line_bytes_a_second = 128 * 1024;  // So much longer may a call take that has files.
/// Discord forgets an interaction that nobody answered for 3 s [5.7].
constexpr duration first_answer_within = std::chrono::seconds(3);

const shoal::detail::interaction_create_head& interaction_of(const event_ref& ref) {
    return *static_cast<const shoal::detail::interaction_create_head*>(
        shoal::detail::head_of(ref, shoal::detail::event_type::interaction_create));
}

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

std::string callback_json(int type, const std::string* text, bool ephemeral) {
    discord::json_writer w;
    w.begin_object().field("type", type).key("data").begin_object();
    if (text != nullptr) w.field("content", *text);
    if (ephemeral) w.field("flags", flag_ephemeral);
    w.end_object().end_object();
    return std::move(w).take();
}

std::string message_json(const std::string& text, bool ephemeral) {
    discord::json_writer w;
    w.begin_object().field("content", text);
    if (ephemeral) w.field("flags", flag_ephemeral);
    w.end_object();
    return std::move(w).take();
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

task<result<sent_message>> send_message(bot_runtime& bot, channel_id channel, std::string text, message_id replies_to,
                                        call_settings settings) {
    auto rest = rest_of(bot);
    if (!rest) co_return std::unexpected(std::move(rest).error());
    discord::json_writer w;
    w.begin_object().field("content", text).field("nonce", next_nonce()).field("enforce_nonce", true);
    if (replies_to) {
        w.key("message_reference").begin_object();
        w.field("message_id", replies_to).field("fail_if_not_exists", false).end_object();
    }
    w.end_object();
    auto body = co_await (*rest)->ask({.where = rest::create_message(channel),
                                       .body = std::move(w).take(),
                                       .reason = std::move(settings.reason),
                                       .within = settings.within.value_or(default_within)});
    if (!body) co_return std::unexpected(std::move(body).error());
    const discord::json_value sent(*body);
    const auto id = sent["id"].id<message_id>();
    if (!id) co_return std::unexpected(failure(bot_errc::bad_answer, "a sent message without an id"));
    co_return sent_message{id, channel};
}

task<result<void>> reply_to(event_ref interaction, std::string text, call_settings settings) {
    auto& body = *interaction.body();
    const auto& fields = interaction_of(interaction);
    auto rest = rest_of(body.room.bot);
    if (!rest) co_return std::unexpected(std::move(rest).error());

    const auto before = body.answered;
    rest_call call{.where = {}, .body = {}, .reason = {}, .within = settings.within.value_or(default_within)};
    switch (before) {
        case answer_state::none:
            call.where = rest::answer_interaction(fields.id, fields.token);
            call.body = callback_json(answer_with_message, &text, settings.ephemeral);
            call.within = settings.within.value_or(first_answer_within);
            break;
        case answer_state::deferred:
            call.where = rest::edit_original_answer(fields.application_id, fields.token);
            call.body = message_json(text, false);  // whether it is ephemeral was decided by the deferral
            break;
        case answer_state::answered:
            call.where = rest::create_followup(fields.application_id, fields.token);
            call.body = message_json(text, settings.ephemeral);
            break;
    }
    // Set before it is known: whoever replies meanwhile sends a follow-up, not a second answer.
    body.answered = answer_state::answered;
    auto outcome = co_await (*rest)->ask(std::move(call));
    if (!outcome) {
        if (body.answered == answer_state::answered && before != answer_state::answered) body.answered = before;
        co_return std::unexpected(std::move(outcome).error());
    }
    co_return result<void>{};
}

task<result<void>> defer_reply(event_ref interaction, call_settings settings) {
    auto& body = *interaction.body();
    const auto& fields = interaction_of(interaction);
    auto rest = rest_of(body.room.bot);
    if (!rest) co_return std::unexpected(std::move(rest).error());
    if (body.answered != answer_state::none) co_return result<void>{};
    body.answered = answer_state::deferred;
    auto outcome = co_await (*rest)->ask({.where = rest::answer_interaction(fields.id, fields.token),
                                          .body = callback_json(answer_deferred, nullptr, settings.ephemeral),
                                          .reason = {},
                                          .within = settings.within.value_or(first_answer_within)});
    if (!outcome) {
        if (body.answered == answer_state::deferred) body.answered = answer_state::none;
        co_return std::unexpected(std::move(outcome).error());
    }
    co_return result<void>{};
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
