#pragma once
// The bot's slash commands: checked when they are registered, written for Discord's bulk overwrite, and found again when an
// interaction names one, with its options as values in the order of the handler's parameters; or names an option that is typed.
// Not here: handlers (src/bot keeps them by the same index), sending. Subcommands and other kinds of commands may come later.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commands/errc.hpp"
#include "shoal/command.hpp"
#include "shoal/error.hpp"

namespace shoal::commands {

struct command {
    std::string name;
    std::string description;
    std::vector<command_option> options = {};
};

/// Discord's limits for one command [5.2]; the detail says what breaks them and where.
[[nodiscard]] result<void> check(const command& what);

/// An interaction's command and what was filled in. `values` has one entry for each option of the command.
struct invocation {
    std::size_t command = 0;
    std::vector<shoal::detail::option_value> values;
};

class registry {
public:
    static constexpr std::size_t most_commands = 100;

    /// Its index, or why it cannot be one.
    [[nodiscard]] result<std::size_t> add(command what);
    [[nodiscard]] const std::vector<command>& all() const noexcept { return commands_; }
    [[nodiscard]] bool empty() const noexcept { return commands_.empty(); }

    /// The body of PUT /applications/{id}/commands: an array of all commands.
    [[nodiscard]] std::string overwrite_json() const;
    /// Reads `data` of an interaction of type 2.
    [[nodiscard]] result<invocation> route(std::string_view data_json) const;

    /// Says that an option's choices are suggested while it is typed. Its index among all such options, or why it cannot be one:
    /// it is not there, is no text and no number, has choices of its own, or was named before.
    [[nodiscard]] result<std::size_t> complete(std::string_view command, std::string_view option);
    /// Reads `data` of an interaction of type 4: which of those options is typed.
    [[nodiscard]] std::optional<std::size_t> route_completion(std::string_view data_json) const;

private:
    struct completed {
        std::size_t command;
        std::string option;
    };
    std::vector<command> commands_;
    std::vector<completed> completed_;
};

}  // namespace shoal::commands
