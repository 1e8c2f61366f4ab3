#include "bot/handler_table.hpp"

#include <fmt/format.h>

#include <utility>

#include "shoal/intents.hpp"

namespace shoal::runtime {
namespace {

/// All intents that bring the event, but privileged ones only where no other does.
std::uint64_t wanted_by(discord::event_kind kind) {
    const auto all = discord::intents_of(kind);
    const auto free = all & ~intents::privileged.bits();
    return free != 0 ? free : all;
}

}  // namespace

result<void> handler_table::add_command(std::string name, std::string description, std::vector<command_option> options,
                                        shoal::detail::command_handler handler) {
    auto label = "command " + name;
    auto added = registry_.add({std::move(name), std::move(description), std::move(options)});
    if (!added) return std::unexpected(failure(bot_errc::bad_command, added.error().message()));
    commands_.push_back({std::move(label), std::move(handler)});
    return {};
}

result<void> handler_table::add_completion(std::string_view command, std::string_view option,
                                           shoal::detail::event_handler handler) {
    auto added = registry_.complete(command, option);
    if (!added) return std::unexpected(failure(bot_errc::bad_command, added.error().message()));
    completions_.push_back({fmt::format("autocomplete {} {}", command, option), std::move(handler)});
    return {};
}

result<void> handler_table::add_component(interaction_type kind, std::string custom_id, shoal::detail::event_handler handler) {
    const bool modal = kind == interaction_type::modal;
    auto& to = modal ? modals_ : components_;
    auto label = (modal ? "modal " : "component ") + custom_id;
    auto added = to.routes.add(std::move(custom_id));
    if (!added) return std::unexpected(failure(bot_errc::bad_command, added.error().message()));
    to.entries.push_back({std::move(label), std::move(handler)});
    return {};
}

const handler_table::event_entry* handler_table::completion(std::string_view data_json) const {
    const auto index = registry_.route_completion(data_json);
    return index ? &completions_[*index] : nullptr;
}

const handler_table::event_entry* handler_table::component(interaction_type kind, std::string_view custom_id) const {
    const auto& in = kind == interaction_type::modal ? modals_ : components_;
    const auto index = in.routes.route(custom_id);
    return index ? &in.entries[*index] : nullptr;
}

void handler_table::add(event_type type, shoal::detail::event_handler handler) {
    auto& list = by_type_[static_cast<std::size_t>(type)];
    std::string name(name_of(type));
    if (!list.empty()) name += fmt::format(" #{}", list.size() + 1);
    list.push_back({std::move(name), std::move(handler)});
}

void handler_table::add_raw(std::string name, shoal::detail::event_handler handler) {
    const auto kind = discord::event_kind_of(name);
    if (kind == discord::event_kind::unknown) {
        raw_unknown_ = true;
    } else {
        raw_kinds_[static_cast<std::size_t>(kind)] = true;
    }
    auto& list = raw_[name];
    auto label = "raw " + name;
    if (!list.empty()) label += fmt::format(" #{}", list.size() + 1);
    list.push_back({std::move(label), std::move(handler)});
}

std::uint64_t handler_table::wanted_intents(const cache_settings& keeps) const {
    // GUILDS always: without it a shard does not learn of its guilds, and nothing could be counted or cached.
    std::uint64_t bits = intents::guilds.bits();
    for (std::size_t i = 0; i < event_types; ++i) {
        if (!by_type_[i].empty()) bits |= wanted_by(kind_of(static_cast<event_type>(i)));
    }
    for (const auto& [name, handlers] : raw_) bits |= wanted_by(discord::event_kind_of(name));
    // What the cache keeps would grow old without its events. Members and presences are privileged: those are asked for by name.
    if (keeps.keeps(cache_kind::voice_states)) bits |= intents::guild_voice_states.bits();
    if (keeps.keeps(cache_kind::emojis) || keeps.keeps(cache_kind::stickers) || keeps.keeps(cache_kind::sounds)) {
        bits |= intents::guild_expressions.bits();
    }
    if (keeps.keeps(cache_kind::scheduled_events)) bits |= intents::guild_scheduled_events.bits();
    return bits;
}

std::vector<std::string> handler_table::warnings(std::uint64_t have) const {
    std::vector<std::string> out;
    const auto look = [&](std::string_view handler, discord::event_kind kind) {
        const auto brings = discord::intents_of(kind);
        if (brings == 0 || (brings & have) != 0) return;
        // The bot's own member comes always, so this handler would hear of that alone.
        const bool own_only = kind == discord::event_kind::guild_member_update;
        out.push_back(fmt::format("The handler of {} will {}: {} needs the intent {}.", handler,
                                  own_only ? "hear of the bot itself alone" : "never be called", discord::name_of(kind),
                                  fmt::join(intents(brings).names(), " or ")));
    };
    for (std::size_t i = 0; i < event_types; ++i) {
        if (!by_type_[i].empty()) look(name_of(static_cast<event_type>(i)), kind_of(static_cast<event_type>(i)));
    }
    for (const auto& [name, handlers] : raw_) look("\"" + name + "\"", discord::event_kind_of(name));

    // Direct messages always have their text; what a handler does with a guild's cannot be known before it reads it.
    if ((have & intents::message_content.bits()) != 0 || (have & intents::guild_messages.bits()) == 0) return out;
    for (const auto kind : {discord::event_kind::message_create, discord::event_kind::message_update}) {
        const auto type = type_of(kind, host::guild_change::none);
        const bool typed = type && !of(*type).empty();
        if (!typed && !raw_kinds_[static_cast<std::size_t>(kind)]) continue;
        out.push_back(fmt::format(
            "The handler of {} will find content, embeds, attachments, components and polls of most messages in guilds empty: "
            "they need the intent MESSAGE_CONTENT. Add shoal::intents::message_content to the bot's intents and switch it on in "
            "Discord's developer portal; without it only messages that mention the bot, and its own, are whole.",
            typed ? std::string(name_of(*type)) : fmt::format("\"{}\"", discord::name_of(kind))));
        break;
    }
    return out;
}

}  // namespace shoal::runtime
