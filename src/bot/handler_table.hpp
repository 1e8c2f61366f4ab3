#pragma once
// What a bot registered before its start: commands, components and modals, handlers of events, raw handlers; and what follows for
// its intents. Read-only while the bot runs, so that every shard's thread may look. Not here: running a handler (dispatcher.hpp).

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bot/event_map.hpp"
#include "commands/component_routes.hpp"
#include "commands/registry.hpp"
#include "shoal/bot.hpp"

namespace shoal::runtime {

class handler_table {
public:
    /// `name` is for the log and the watchdog: "command ping", "message_create #2", "raw PRESENCE_UPDATE".
    struct event_entry {
        std::string name;
        shoal::detail::event_handler run;
    };
    struct command_entry {
        std::string name;
        shoal::detail::command_handler run;
    };
    using rest_handler = std::function<void(const rest_notice&)>;

    /// Fails if Discord would refuse the command.
    [[nodiscard]] result<void> add_command(std::string name, std::string description, std::vector<command_option> options,
                                           shoal::detail::command_handler handler);
    /// Fails if there is no such option, or it cannot be completed.
    [[nodiscard]] result<void> add_completion(std::string_view command, std::string_view option,
                                              shoal::detail::event_handler handler);
    /// `kind` is component or modal. Fails if the id is none, or has a handler.
    [[nodiscard]] result<void> add_component(interaction_type kind, std::string custom_id, shoal::detail::event_handler handler);
    void add(event_type type, shoal::detail::event_handler handler);
    /// `name` is Discord's name of a dispatch, known here or not.
    void add_raw(std::string name, shoal::detail::event_handler handler);
    void add_rest(rest_handler handler) { rest_.push_back(std::move(handler)); }

    [[nodiscard]] const std::vector<event_entry>& of(event_type type) const noexcept {
        return by_type_[static_cast<std::size_t>(type)];
    }
    /// nullptr: nobody wants this dispatch raw. `name` is looked at only if somebody wants one of its kind.
    [[nodiscard]] const std::vector<event_entry>* raw_of(discord::event_kind kind, std::string_view name) const noexcept {
        const bool wanted = kind == discord::event_kind::unknown ? raw_unknown_ : raw_kinds_[static_cast<std::size_t>(kind)];
        if (!wanted) return nullptr;
        const auto found = raw_.find(name);
        return found == raw_.end() ? nullptr : &found->second;
    }
    [[nodiscard]] const std::vector<rest_handler>& rest() const noexcept { return rest_; }
    [[nodiscard]] const commands::registry& registry() const noexcept { return registry_; }
    /// By the registry's index.
    [[nodiscard]] const command_entry& command(std::size_t index) const { return commands_[index]; }
    [[nodiscard]] std::size_t command_count() const noexcept { return commands_.size(); }
    /// Of the option that is typed, by `data` of the interaction; nullptr: nobody completes it.
    [[nodiscard]] const event_entry* completion(std::string_view data_json) const;
    /// Of a component or modal; nullptr: nobody's.
    [[nodiscard]] const event_entry* component(interaction_type kind, std::string_view custom_id) const;
    /// True if an interaction may have a handler here, whichever it is.
    [[nodiscard]] bool wants_interactions() const noexcept {
        return !commands_.empty() || !components_.entries.empty() || !modals_.entries.empty();
    }

    /// The intents that bring what the handlers want and what the cache keeps.
    [[nodiscard]] std::uint64_t wanted_intents(const cache_settings& keeps) const;
    /// Sentences for the log: handlers that these intents leave without events, or without a message's text.
    [[nodiscard]] std::vector<std::string> warnings(std::uint64_t intents_bits) const;

private:
    commands::registry registry_;
    std::vector<command_entry> commands_;
    std::vector<event_entry> completions_;  // By the registry's index.
    struct routed {
        commands::component_routes routes;
        std::vector<event_entry> entries;  // By the routes' index.
    };
    routed components_;
    routed modals_;
    std::array<std::vector<event_entry>, event_types> by_type_;
    std::map<std::string, std::vector<event_entry>, std::less<>> raw_;
    std::array<bool, static_cast<std::size_t>(discord::event_kind::count_)> raw_kinds_{};
    bool raw_unknown_ = false;
    std::vector<rest_handler> rest_;
};

}  // namespace shoal::runtime
