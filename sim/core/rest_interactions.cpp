// Answers to interactions: the callback and the webhook of its token [5.5 to 5.9].

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "sim/core/message_rules.hpp"
#include "sim/core/rest_handlers.hpp"
#include "sim/core/rest_posts.hpp"

namespace shoal::sim::route {
namespace json = boost::json;
namespace {

constexpr std::uint32_t most_followups_of_user_install = 5;

const json::object& data_of(const rest_request& asked) {
    static const json::object none;
    const json::value* data = asked.fields().if_contains("data");
    return data != nullptr && data->is_object() ? data->get_object() : none;
}

/// Interactions ping users only, unless they say otherwise [5.9].
json::object with_pings(const json::object& body) {
    json::object out = body;
    if (!out.contains("allowed_mentions")) out["allowed_mentions"] = json::object{{"parse", json::array{"users"}}};
    return out;
}

bool may_answer(interaction_type what, std::int64_t type) {
    switch (what) {
        case interaction_type::autocomplete: return type == callback_type::choices;
        case interaction_type::command:
            return type == callback_type::message || type == callback_type::deferred_message || type == callback_type::modal ||
                   type == callback_type::premium_required || type == callback_type::launch_activity;
        case interaction_type::component:
            return (type >= callback_type::message && type <= callback_type::launch_activity) && type != callback_type::choices &&
                   type != 11;
        case interaction_type::modal_submit:  // no modal after a modal
            return type >= callback_type::message && type <= callback_type::update;
    }
    return false;
}

void check_choices(const json::object& data, const form_path& where) {
    const json::array* choices = where.list(data, "choices", 25);
    if (choices == nullptr) return where.at("choices").required();
    for (std::size_t i = 0; i < choices->size(); ++i) {
        const form_path here = where.at("choices").at(i);
        const json::object* choice = (*choices)[i].if_object();
        if (choice == nullptr) {
            here.wrong("MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType");
            continue;
        }
        here.text(*choice, "name", 1, 100, true);
        if (!choice->contains("value")) here.at("value").required();
    }
}

void check_modal(const json::object& data, const form_path& where) {
    where.text(data, "custom_id", 1, 100, true);
    where.text(data, "title", 1, 45, true);
    const json::array* components = where.list(data, "components", 5);
    if (components == nullptr || components->empty()) where.at("components").required();
}

post_place place_of(const interaction& one, bool ephemeral) {
    return {.guild = one.guild, .channel = one.channel, .ephemeral_for = ephemeral ? one.user : 0};
}

/// The message that answers an interaction.
json::object answering(rest_state& state, const interaction& one, std::uint64_t id, instant now) {
    json::object message = blank_message(state, id, place_of(one, false), now);
    message["type"] = one.type == interaction_type::command ? 20 : 0;
    message["application_id"] = std::to_string(state.where.application_id());
    message["webhook_id"] = std::to_string(state.where.application_id());
    const json::value user = json::parse(state.user_text(one.user).value_or("{}"));
    message["interaction_metadata"] =
        json::object{{"id", std::to_string(one.id)},
                     {"type", static_cast<int>(one.type)},
                     {"user", user},
                     {"authorizing_integration_owners", json::object{{"0", std::to_string(one.guild)}}}};
    // Older than the metadata and still sent, for commands alone: discord.py finds the buttons of its answers by it.
    if (one.type == interaction_type::command) {
        message["interaction"] = json::object{
            {"id", std::to_string(one.id)}, {"type", static_cast<int>(one.type)}, {"name", one.command}, {"user", user}};
    }
    return message;
}

json::value callback_object(const interaction& one, std::int64_t type, const stored_message* message) {
    json::object about{{"id", std::to_string(one.id)}, {"type", static_cast<int>(one.type)}};
    json::object whole;
    if (message != nullptr) {
        about["response_message_id"] = message->object.at("id");
        about["response_message_loading"] = one.placeholder;
        about["response_message_ephemeral"] = message->ephemeral;
        whole["resource"] = json::object{{"type", type}, {"message", message->object}};
    }
    whole["interaction"] = std::move(about);
    return whole;
}

/// The interaction whose token the path names, if it may still be used; else why not.
struct followup_hook {
    interaction* one = nullptr;
    rest_answer refusal;

    followup_hook(rest_state& state, const rest_request& asked) {
        if (asked.id(1) != state.where.application_id()) {
            refusal = refuse(404, 10015, "Unknown Webhook");
            return;
        }
        interaction* found = state.interactions.by_token(asked.segments[2]);
        if (found == nullptr || asked.now - found->issued >= state.config.interaction_lifetime) {
            refusal = refuse(401, 50027, "Invalid Webhook Token");
        } else if (!found->acknowledged) {
            refusal = refuse(404, 10015, "Unknown Webhook");
        } else {
            one = found;
        }
    }
    /// The message that the rest of the path names.
    [[nodiscard]] std::uint64_t message(const rest_request& asked) const {
        if (asked.segments[4] != "@original") return asked.id(4);
        const bool of_source = one->ack_type == callback_type::update || one->ack_type == callback_type::deferred_update;
        return of_source ? one->source_message : one->original;
    }
    /// Whether it belongs to this token: its answer, its followups, or the message whose component was used.
    [[nodiscard]] bool owns(const json::object& message) const {
        const json::value* about = message.if_contains("interaction_metadata");
        if (about != nullptr && about->at("id") == json::value(std::to_string(one->id))) return true;
        return message.at("id") == json::value(std::to_string(one->source_message));
    }
};

void edit(rest_state& state, interaction& one, stored_message& message, const rest_request& asked, rest_answer& answer) {
    const std::int64_t kept = message.object.at("flags").as_int64() & message_flag::ephemeral;
    compose(state, message.object, with_pings(asked.fields()), asked.files, place_of(one, message.ephemeral), asked.now);
    message.object["flags"] = (message.object.at("flags").as_int64() & ~message_flag::loading) | kept;
    if (message.object.at("id") == json::value(std::to_string(one.original))) {
        one.placeholder = false;
        one.answered = true;
        one.text = words_of(message.object);
    }
    tell_update(state, message, asked.now, answer);
    answer.body = json::serialize(message.object);
}

}  // namespace

rest_answer interaction_callback(rest_state& state, const rest_request& asked) {
    interaction* one = state.interactions.find(asked.id(1));
    if (one == nullptr || state.interactions.token_of(one->id) != asked.segments[2])
        return refuse(404, 10062, "Unknown interaction");
    if (one->acknowledged) {
        if (asked.now - one->issued >= state.config.interaction_lifetime) return refuse(404, 10062, "Unknown interaction");
        ++one->acks;
        ++one->double_acks;
        ++state.interactions.double_acks;
        return refuse(400, 40060, "Interaction has already been acknowledged.");
    }
    if (asked.now - one->issued >= interaction_book::deadline) {
        ++state.interactions.late_acks;
        return refuse(404, 10062, "Unknown interaction");
    }

    form_errors errors;
    const form_path where(errors, {});
    const json::value* type_value = asked.fields().if_contains("type");
    const std::int64_t type = type_value != nullptr && type_value->is_int64() ? type_value->get_int64() : 0;
    const json::object& data = data_of(asked);
    bool empty = false;
    if (type_value == nullptr) {
        where.at("type").required();
    } else if (!may_answer(one->type, type)) {
        where.at("type").wrong("INTERACTION_APPLICATION_COMMAND_INVALID_CALLBACK_TYPE", "Interaction callback type is invalid");
    } else if (type == callback_type::message || type == callback_type::update) {
        empty = !check_message(data, type == callback_type::message, asked.files.size(), where.at("data"));
    } else if (type == callback_type::choices) {
        check_choices(data, where.at("data"));
    } else if (type == callback_type::modal) {
        check_modal(data, where.at("data"));
    }
    if (!errors.empty()) return {.status = 400, .body = errors.body(asked.version)};
    if (empty) return refuse(400, 50006, "Cannot send an empty message");

    one->acknowledged = true;
    one->ack_type = type;
    one->first_answer = asked.now - one->issued;
    ++one->acks;
    rest_answer answer = nothing();
    stored_message* message = nullptr;
    const bool ephemeral = (flags_of(data) & message_flag::ephemeral) != 0;
    switch (type) {
        case callback_type::message: {
            one->original = state.fresh_id(asked.now);
            json::object made = answering(state, *one, one->original, asked.now);
            compose(state, made, with_pings(data), asked.files, place_of(*one, ephemeral), asked.now);
            one->text = words_of(made);
            one->answered = true;
            message = &post_message(state, one->original, std::move(made), place_of(*one, ephemeral), asked.now, answer);
            break;
        }
        case callback_type::deferred_message: {
            one->original = state.fresh_id(asked.now);
            one->placeholder = true;
            json::object made = answering(state, *one, one->original, asked.now);
            made["flags"] = message_flag::loading | (ephemeral ? message_flag::ephemeral : 0);  // the one other flag allowed here
            message = &post_message(state, one->original, std::move(made), place_of(*one, ephemeral), asked.now, answer);
            break;
        }
        case callback_type::update:
            message = state.messages.find(one->source_message);
            if (message != nullptr) {
                compose(state, message->object, with_pings(data), asked.files, place_of(*one, message->ephemeral), asked.now);
                tell_update(state, *message, asked.now, answer);
                one->text = words_of(message->object);
            }
            one->answered = true;
            break;
        case callback_type::modal:
            one->modal = std::make_shared<const json::object>(data);
            one->text = std::string(data.at("title").as_string());
            one->answered = true;
            break;
        case callback_type::choices:
            one->text = json::serialize(data.at("choices"));
            one->answered = true;
            break;
        default: one->answered = true;  // a deferred update shows nothing, and nothing has to follow
    }
    if (asked.truth("with_response")) {
        answer.status = 200;
        answer.body = json::serialize(callback_object(*one, type, message));
    }
    return answer;
}

rest_answer followup_post(rest_state& state, const rest_request& asked) {
    const followup_hook hook(state, asked);
    if (hook.one == nullptr) return hook.refusal;
    interaction& one = *hook.one;
    form_errors errors;
    const json::object& body = asked.fields();
    const bool filled = check_message(body, true, asked.files.size(), form_path(errors, {}));
    if (!errors.empty()) return {.status = 400, .body = errors.body(asked.version)};
    if (!filled) return refuse(400, 50006, "Cannot send an empty message");
    rest_answer answer;
    if (one.placeholder) {
        // The first followup to a deferral fills its placeholder [5.8].
        if (stored_message* original = state.messages.find(one.original)) {
            edit(state, one, *original, asked, answer);
            return answer;
        }
    }
    if (one.user_install_only && one.followups >= most_followups_of_user_install) {
        return refuse(400, 40094, "This interaction has reached the maximum number of follow-up messages");
    }
    ++one.followups;
    const std::uint64_t id = state.fresh_id(asked.now);
    json::object made = answering(state, one, id, asked.now);
    made["type"] = 0;
    const bool ephemeral = (flags_of(body) & message_flag::ephemeral) != 0;
    compose(state, made, with_pings(body), asked.files, place_of(one, ephemeral), asked.now);
    one.texts.push_back(words_of(made));
    one.answered = true;
    answer.body = json::serialize(post_message(state, id, std::move(made), place_of(one, ephemeral), asked.now, answer).object);
    return answer;
}

rest_answer followup_get(rest_state& state, const rest_request& asked) {
    const followup_hook hook(state, asked);
    if (hook.one == nullptr) return hook.refusal;
    const stored_message* message = state.messages.find(hook.message(asked));
    if (message == nullptr || !hook.owns(message->object)) return refuse(404, 10008, "Unknown Message");
    return {.body = json::serialize(message->object)};
}

rest_answer followup_patch(rest_state& state, const rest_request& asked) {
    const followup_hook hook(state, asked);
    if (hook.one == nullptr) return hook.refusal;
    stored_message* message = state.messages.find(hook.message(asked));
    if (message == nullptr || !hook.owns(message->object)) return refuse(404, 10008, "Unknown Message");
    form_errors errors;
    static_cast<void>(check_message(asked.fields(), false, asked.files.size(), form_path(errors, {})));
    if (!errors.empty()) return {.status = 400, .body = errors.body(asked.version)};
    rest_answer answer;
    edit(state, *hook.one, *message, asked, answer);
    return answer;
}

rest_answer followup_delete(rest_state& state, const rest_request& asked) {
    const followup_hook hook(state, asked);
    if (hook.one == nullptr) return hook.refusal;
    const std::uint64_t id = hook.message(asked);
    const stored_message* message = state.messages.find(id);
    if (message == nullptr || !hook.owns(message->object)) return refuse(404, 10008, "Unknown Message");
    rest_answer answer = nothing();
    tell_delete(state, id, answer);
    if (id == hook.one->original) {
        hook.one->original = 0;
        hook.one->placeholder = false;
    }
    return answer;
}

}  // namespace shoal::sim::route
