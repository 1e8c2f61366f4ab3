#include "bot/interaction_calls.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "bot/calls.hpp"
#include "bot/limits.hpp"
#include "bot/message_json.hpp"
#include "bot/rest/typed_call.hpp"
#include "bot/runtime.hpp"
#include "bot/shard_room.hpp"
#include "discord/json_cursor.hpp"
#include "discord/json_writer.hpp"

namespace shoal::runtime {
namespace {

using shoal::detail::call_settings;
using shoal::detail::event_ref;

/// Discord's types of an answer [5.6].
enum class answer_type : int { message = 4, deferred = 5, deferred_update = 6, update = 7, choices = 8, modal = 9 };

constexpr int flag_ephemeral = 1 << 6;
/// Discord forgets an interaction that nobody answered for 3 s [5.7].
constexpr duration first_answer_within = std::chrono::seconds(3);

template <class WriteData>
std::string callback_json(answer_type type, WriteData write_data) {
    discord::json_writer w;
    w.begin_object().field("type", static_cast<int>(type)).key("data").begin_object();
    write_data(w);
    w.end_object().end_object();
    return std::move(w).take();
}

std::string message_json(const message& what) {
    discord::json_writer w;
    w.begin_object();
    write_fields(w, what);
    w.end_object();
    return std::move(w).take();
}

/// Where an interaction is answered for the first time.
std::string callback_path(const shoal::detail::interaction_create_head& of) {
    return fmt::format("/interactions/{}/{}/callback", of.id.value(), of.token);
}

/// Where its first answer is.
std::string original_path(const shoal::detail::interaction_create_head& of) {
    return fmt::format("/webhooks/{}/{}/messages/@original", of.application_id.value(), of.token);
}

/// Sends it; if Discord does not take it, the interaction is as far as it was before.
task<result<void>> send_answer(event_ref ref, answer_state becomes, rest_request request, call_settings settings) {
    auto& body = *ref.body();
    const auto before = body.answered;
    // Set before it is known: whoever answers meanwhile sends what comes next, not a second answer.
    body.answered = becomes;
    auto outcome = co_await ask_discord(body.room.bot, std::move(request), std::move(settings));
    if (outcome) co_return result<void>{};
    if (body.answered == becomes) body.answered = before;
    co_return std::unexpected(std::move(outcome).error());
}

/// A second answer is refused with 40060, so asking again after an unknown outcome shows nothing twice.
rest_request first_answer(const event_ref& ref, std::string json, std::vector<file> files = {}) {
    return {.method = "POST",
            .path = callback_path(interaction_of(ref)),
            .json = std::move(json),
            .files = std::move(files),
            .harmless_to_repeat = true};
}

result<void> refused(std::string why) { return std::unexpected(failure(bot_errc::bad_request, std::move(why))); }

failure not_answered() { return {bot_errc::bad_request, "nothing was answered yet"}; }

bool has_component(const event_ref& ref) {
    const auto type = interaction_of(ref).type;
    return type == interaction_type::component || type == interaction_type::modal;
}

result<void> check_suggestions(const event_ref& ref, const std::vector<suggestion>& choices) {
    constexpr std::size_t most_choices = 25;
    constexpr std::size_t most_characters = 100;
    limit_check is;
    is.count("choices", choices.size(), 0, most_choices);
    option_kind kind = option_kind::string;
    for (const auto& each : discord::json_value(interaction_of(ref).data)["options"].elements()) {
        if (each["focused"].value_or(false)) kind = static_cast<option_kind>(each["type"].value_or<std::int64_t>(3));
    }
    for (std::size_t i = 0; is.good() && i < choices.size(); ++i) {
        const auto at = fmt::format("choices[{}]", i);
        is.text(at + ".name", choices[i].name, 1, most_characters);
        const auto* text = std::get_if<std::string>(&choices[i].value);
        const auto* whole = std::get_if<std::int64_t>(&choices[i].value);
        switch (kind) {
            case option_kind::integer: is.require(whole != nullptr, at + ".value", "is no integer, as the option is"); break;
            case option_kind::number: is.require(text == nullptr, at + ".value", "is a text; the option is a number"); break;
            default:
                is.require(text != nullptr, at + ".value", "is a number; the option is a text");
                if (text != nullptr) is.text(at + ".value", *text, 1, most_characters);
        }
    }
    return std::move(is).outcome();
}

}  // namespace

const shoal::detail::interaction_create_head& interaction_of(const event_ref& ref) {
    return *static_cast<const shoal::detail::interaction_create_head*>(
        shoal::detail::head_of(ref, shoal::detail::event_type::interaction_create));
}

task<result<void>> reply_to(event_ref interaction, message what, std::vector<file> files, call_settings settings) {
    const auto& fields = interaction_of(interaction);
    if (settings.ephemeral) what.flags |= message_flag::ephemeral;
    if (auto good = what.check(files.size()); !good) co_return good;

    rest_request request{.method = {}, .path = {}};
    switch (interaction.body()->answered) {
        case answer_state::none:
            request = first_answer(interaction, callback_json(answer_type::message, [&](auto& w) { write_fields(w, what); }),
                                   std::move(files));
            if (!settings.within && request.files.empty()) settings.within = first_answer_within;
            co_return co_await send_answer(std::move(interaction), answer_state::answered, std::move(request),
                                           std::move(settings));
        case answer_state::deferred:
            what.flags -= message_flag::ephemeral;  // Whether it is ephemeral was decided by the deferral.
            request = {.method = "PATCH", .path = original_path(fields), .json = message_json(what), .files = std::move(files)};
            co_return co_await send_answer(std::move(interaction), answer_state::answered, std::move(request),
                                           std::move(settings));
        case answer_state::updating:
        case answer_state::answered: break;
    }
    request = {.method = "POST",
               .path = fmt::format("/webhooks/{}/{}", fields.application_id.value(), fields.token),
               .json = message_json(what),
               .files = std::move(files)};
    const auto stays = interaction.body()->answered;
    co_return co_await send_answer(std::move(interaction), stays, std::move(request), std::move(settings));
}

task<result<void>> defer_reply(event_ref interaction, call_settings settings) {
    if (interaction.body()->answered != answer_state::none) co_return result<void>{};
    if (!settings.within) settings.within = first_answer_within;
    const bool ephemeral = settings.ephemeral;
    auto request = first_answer(interaction, callback_json(answer_type::deferred, [&](auto& w) {
                                    if (ephemeral) w.field("flags", flag_ephemeral);
                                }));
    co_return co_await send_answer(std::move(interaction), answer_state::deferred, std::move(request), std::move(settings));
}

task<result<void>> show_modal(event_ref interaction, modal what, call_settings settings) {
    if (auto good = what.check(); !good) co_return good;
    if (interaction_of(interaction).type == interaction_type::modal) co_return refused("a modal cannot be answered with a modal");
    if (interaction.body()->answered != answer_state::none) co_return refused("a modal can only be the first answer");
    if (!settings.within) settings.within = first_answer_within;
    auto request = first_answer(interaction, callback_json(answer_type::modal, [&](auto& w) { write_fields(w, what); }));
    co_return co_await send_answer(std::move(interaction), answer_state::answered, std::move(request), std::move(settings));
}

task<result<void>> update_message(event_ref interaction, message what, std::vector<file> files, call_settings settings) {
    if (!has_component(interaction)) co_return refused("only a button or menu has a message to update");
    if (auto good = what.check(files.size()); !good) co_return good;
    rest_request request{.method = {}, .path = {}};
    switch (interaction.body()->answered) {
        case answer_state::none:
            request = first_answer(interaction, callback_json(answer_type::update, [&](auto& w) { write_fields(w, what); }),
                                   std::move(files));
            if (!settings.within && request.files.empty()) settings.within = first_answer_within;
            break;
        case answer_state::updating:
            request = {.method = "PATCH",
                       .path = original_path(interaction_of(interaction)),
                       .json = message_json(what),
                       .files = std::move(files)};
            break;
        default: co_return refused("the answer is a message of its own already; see edit_reply()");
    }
    co_return co_await send_answer(std::move(interaction), answer_state::updating, std::move(request), std::move(settings));
}

task<result<void>> defer_update(event_ref interaction, call_settings settings) {
    if (!has_component(interaction)) co_return refused("only a button or menu has a message to update");
    if (interaction.body()->answered != answer_state::none) co_return result<void>{};
    if (!settings.within) settings.within = first_answer_within;
    auto request = first_answer(interaction, callback_json(answer_type::deferred_update, [](auto&) {}));
    co_return co_await send_answer(std::move(interaction), answer_state::updating, std::move(request), std::move(settings));
}

task<result<owned<message_view>>> edit_first_answer(event_ref interaction, message_edit what, std::vector<file> files,
                                                    call_settings settings) {
    if (auto good = what.check(files.size()); !good) co_return std::unexpected(std::move(good).error());
    auto& body = *interaction.body();
    if (body.answered == answer_state::none) co_return std::unexpected(not_answered());
    const auto before =
        std::exchange(body.answered, body.answered == answer_state::deferred ? answer_state::answered : body.answered);
    discord::json_writer w;
    w.begin_object();
    write_fields(w, what);
    w.end_object();
    auto changed = co_await sending::answer_of<message_view>(body.room.bot,
                                                             {.method = "PATCH",
                                                              .path = original_path(interaction_of(interaction)),
                                                              .json = std::move(w).take(),
                                                              .files = std::move(files)},
                                                             std::move(settings));
    if (!changed) body.answered = before;
    co_return changed;
}

task<result<void>> delete_first_answer(event_ref interaction, call_settings settings) {
    auto& body = *interaction.body();
    if (body.answered == answer_state::none) co_return std::unexpected(not_answered());
    auto gone = co_await ask_discord(body.room.bot, {.method = "DELETE", .path = original_path(interaction_of(interaction))},
                                     std::move(settings));
    if (!gone) co_return std::unexpected(std::move(gone).error());
    co_return result<void>{};
}

task<result<void>> suggest(event_ref interaction, std::vector<suggestion> choices, call_settings settings) {
    if (auto good = check_suggestions(interaction, choices); !good) co_return good;
    auto& body = *interaction.body();
    if (body.answered != answer_state::none) co_return refused("choices were suggested already");
    // By then the user has typed on, or Discord has given up: nobody would see it.
    const auto left = body.came + first_answer_within - body.room.on.now();
    if (left <= duration::zero())
        co_return std::unexpected(failure(bot_errc::timed_out, "3 seconds have passed since the event came"));
    settings.within = std::min<duration>(settings.within.value_or(left), left);
    auto request = first_answer(interaction, callback_json(answer_type::choices, [&](auto& w) {
                                    w.key("choices").begin_array();
                                    for (const auto& each : choices) {
                                        w.begin_object().field("name", each.name);
                                        std::visit([&w](const auto& value) { w.field("value", value); }, each.value);
                                        w.end_object();
                                    }
                                    w.end_array();
                                }));
    co_return co_await send_answer(std::move(interaction), answer_state::answered, std::move(request), std::move(settings));
}

}  // namespace shoal::runtime
