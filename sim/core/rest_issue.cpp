// Users act: slash commands, autocomplete, components, modals and direct messages are issued here and go out through publish().

#include <boost/json/parse.hpp>

#include "sim/core/interaction_json.hpp"
#include "sim/core/messages.hpp"
#include "sim/core/rest_posts.hpp"

namespace shoal::sim {
namespace json = boost::json;
namespace {

std::vector<std::string> words_in(std::string_view text) {
    std::vector<std::string> words;
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(text.size(), word.size() + 1));
        if (!word.empty()) words.emplace_back(word);
    }
    return words;
}

bool lists(const json::object& command, const char* key, std::int64_t value, bool if_absent) {
    const json::value* list = command.if_contains(key);
    if (list == nullptr || !list->is_array()) return if_absent;
    for (const json::value& item : list->get_array()) {
        if (item == value) return true;
    }
    return false;
}

/// Who acts: the user of that name or id, or a random one.
struct actor {
    std::uint64_t id = 0;
    std::string name;
};

actor actor_of(rest_state& state, std::uint64_t guild, std::string_view user) {
    if (user.empty()) {
        const std::uint64_t member = guild == 0 ? 0 : state.where.some_member(guild, state.random.next());
        return {member != 0 ? member : user_id_of(state.random.below(64)), {}};
    }
    if (const auto id = parse_snowflake(user); id && state.user_text(*id)) return {*id, {}};
    const std::string name(is_utf8(user) ? user : "somebody");
    const std::uint64_t id = world::named_user_id(name);
    state.named_people.emplace(id, name);
    return {id, name};
}

std::optional<std::uint64_t> issue_command(rest_state& state, interaction_type type, std::uint64_t guild,
                                           std::string_view command, json::array options, std::string_view user, instant now) {
    const auto words = words_in(command);
    const json::object* known = words.empty() ? nullptr : state.commands.by_name(guild, words.front());
    if (known == nullptr) return std::nullopt;
    const bool foreign = guild != 0 && !state.where.has_guild(guild);
    // Where a command may be called [5.2.1]: a guild without the bot needs an installation by the user.
    if (foreign && !lists(*known, "integration_types", 1, false)) return std::nullopt;
    if (!lists(*known, "contexts", guild == 0 ? 1 : 0, true)) return std::nullopt;
    const json::value* in_dm = known->if_contains("dm_permission");
    if (guild == 0 && in_dm != nullptr && *in_dm == false) return std::nullopt;
    auto fitted = fitted_options(*known, {words.begin() + 1, words.end()}, std::move(options));
    if (!fitted) return std::nullopt;

    const actor who = actor_of(state, guild, user);
    interaction fresh;
    fresh.id = state.fresh_id(now);
    fresh.guild = guild;
    fresh.channel = guild == 0 ? state.open_direct_channel(who.id)
                    : foreign  ? guild
                               : state.where.some_channel(guild, state.random.next());
    if (fresh.channel == 0) fresh.channel = guild;
    fresh.user = who.id;
    fresh.user_name = who.name;
    fresh.type = type;
    fresh.command = std::string(known->at("name").as_string());
    fresh.issued = now;
    fresh.user_install_only = foreign;
    const interaction& issued = state.interactions.issue(std::move(fresh));

    json::object data{{"id", known->at("id")}, {"name", known->at("name")}, {"type", known->at("type")}};
    if (known->contains("guild_id")) data["guild_id"] = known->at("guild_id");
    if (json::object resolved = resolved_of(state, guild, *fitted); !resolved.empty()) data["resolved"] = std::move(resolved);
    if (!fitted->empty()) data["options"] = *std::move(fitted);
    state.context.publish(interaction_event(state, issued, std::move(data), nullptr), now);
    return issued.id;
}

/// The component with this custom_id, however deep it lies.
const json::object* component_in(const json::value& where, std::string_view custom_id) {
    if (const json::array* list = where.if_array()) {
        for (const json::value& item : *list) {
            if (const json::object* found = component_in(item, custom_id)) return found;
        }
        return nullptr;
    }
    const json::object* one = where.if_object();
    if (one == nullptr) return nullptr;
    if (const json::value* id = one->if_contains("custom_id");
        id != nullptr && id->is_string() && std::string_view(id->get_string()) == custom_id) {
        return one;
    }
    for (const char* key : {"components", "component", "accessory"}) {
        if (const json::value* nested = one->if_contains(key)) {
            if (const json::object* found = component_in(*nested, custom_id)) return found;
        }
    }
    return nullptr;
}

}  // namespace

std::optional<std::uint64_t> rest_api::slash(std::uint64_t guild, std::string_view command, json::array options,
                                             std::string_view user, instant now) {
    return issue_command(*impl_, interaction_type::command, guild, command, std::move(options), user, now);
}

std::optional<std::uint64_t> rest_api::autocomplete(std::uint64_t guild, std::string_view command, json::array options,
                                                    std::string_view user, instant now) {
    return issue_command(*impl_, interaction_type::autocomplete, guild, command, std::move(options), user, now);
}

std::optional<std::uint64_t> rest_api::random_slash(instant now) {
    const auto& guilds = impl_->where.guilds();
    if (guilds.empty() || impl_->commands.empty()) return std::nullopt;
    const std::uint64_t guild = guilds[impl_->random.below(guilds.size())];
    const auto commands = impl_->commands.callable(guild);
    if (commands.empty()) return std::nullopt;
    const json::object& command = *commands[impl_->random.below(commands.size())];
    const std::string name(command.at("name").as_string());
    return slash(guild, name, random_options(*impl_, command, guild), "", now);
}

std::optional<std::uint64_t> rest_api::press(std::uint64_t message, std::string_view custom_id, json::array values,
                                             std::string_view user, instant now) {
    rest_state& state = *impl_;
    const stored_message* source = state.messages.find(message);
    if (source == nullptr) return std::nullopt;
    const json::value* components = source->object.if_contains("components");
    const json::object* component = components == nullptr ? nullptr : component_in(*components, custom_id);
    if (component == nullptr) return std::nullopt;
    if (const json::value* disabled = component->if_contains("disabled"); disabled != nullptr && *disabled == true)
        return std::nullopt;
    const actor who = actor_of(state, source->guild, user);
    interaction fresh;
    fresh.id = state.fresh_id(now);
    fresh.guild = source->guild;
    fresh.channel = source->channel;
    fresh.user = who.id;
    fresh.user_name = who.name;
    fresh.type = interaction_type::component;
    fresh.command = std::string(custom_id);
    fresh.issued = now;
    fresh.source_message = message;
    const interaction& issued = state.interactions.issue(std::move(fresh));
    json::object data{{"custom_id", issued.command}, {"component_type", component->at("type")}, {"id", 1}};
    if (component->at("type") != 2) data["values"] = std::move(values);
    state.context.publish(interaction_event(state, issued, std::move(data), &source->object), now);
    return issued.id;
}

std::optional<std::uint64_t> rest_api::submit_modal(std::uint64_t from, const json::object& texts, instant now) {
    rest_state& state = *impl_;
    const interaction* shown = state.interactions.find(from);
    if (shown == nullptr || !shown->modal) return std::nullopt;
    interaction fresh;
    fresh.id = state.fresh_id(now);
    fresh.guild = shown->guild;
    fresh.channel = shown->channel;
    fresh.user = shown->user;
    fresh.user_name = shown->user_name;
    fresh.type = interaction_type::modal_submit;
    fresh.command = std::string(shown->modal->at("custom_id").as_string());
    fresh.issued = now;
    fresh.source_message = shown->source_message;
    const auto modal = shown->modal;
    const interaction& issued = state.interactions.issue(std::move(fresh));
    json::array rows;
    for (const auto& text : texts) {
        const json::object* input = component_in(modal->at("components"), std::string_view(text.key_c_str(), text.key().size()));
        json::object filled{
            {"type", input == nullptr ? json::value(4) : input->at("type")}, {"custom_id", text.key()}, {"value", text.value()}};
        rows.push_back(json::object{{"type", 1}, {"components", json::array{std::move(filled)}}});
    }
    json::object data{{"custom_id", issued.command}, {"components", std::move(rows)}};
    const stored_message* source = issued.source_message == 0 ? nullptr : state.messages.find(issued.source_message);
    state.context.publish(interaction_event(state, issued, std::move(data), source == nullptr ? nullptr : &source->object), now);
    return issued.id;
}

rest_api::direct_message rest_api::direct(std::string_view user, std::string_view text, instant now) {
    rest_state& state = *impl_;
    const actor who = actor_of(state, 0, user);
    const post_place place{.guild = 0, .channel = state.open_direct_channel(who.id), .ephemeral_for = 0};
    const std::uint64_t id = state.fresh_id(now);
    json::object message = blank_message(state, id, place, now);
    message["author"] = json::parse(*state.user_text(who.id));
    message["content"] = text;
    rest_answer told;
    post_message(state, id, std::move(message), place, now, told);
    for (world_event& event : told.events) state.context.publish(std::move(event), now);
    return {.message = id, .channel = place.channel};
}

}  // namespace shoal::sim
