#pragma once
// Application commands: what may be registered and what is [5.1, 5.2]. Not here: their HTTP routes, and interactions.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "sim/core/form_errors.hpp"

namespace shoal::sim {

namespace command_type {
inline constexpr std::int64_t chat_input = 1, user = 2, message = 3, primary_entry_point = 4;
}
namespace option_type {
inline constexpr std::int64_t sub_command = 1, sub_command_group = 2, string = 3, integer = 4, boolean = 5, user = 6, channel = 7,
                              role = 8, mentionable = 9, number = 10, attachment = 11;
}

/// A whole command as a client may register it; notes everything that is wrong with it.
void check_command(const boost::json::object& command, bool global, const form_path& where);

/// Why a registration was refused.
struct command_refusal {
    int status = 400;
    std::string body;
};

struct registration {
    boost::json::object command;
    bool created = false;
};

class command_registry {
public:
    static constexpr std::uint32_t most_creates_a_day = 200;

    explicit command_registry(std::uint64_t application_id) : application_(application_id) {}

    using mint = std::function<std::uint64_t()>;

    /// Replaces all commands of a scope (0: the global one). Ids of kept names are kept; only new names count as creates.
    std::optional<command_refusal> overwrite(std::uint64_t scope, const boost::json::value& body, int api_version, instant now,
                                             const mint& fresh_id);
    /// Creates a command or replaces the one of the same name and type.
    std::optional<command_refusal> upsert(std::uint64_t scope, const boost::json::value& body, int api_version, instant now,
                                          const mint& fresh_id, registration& out);
    std::optional<command_refusal> edit(std::uint64_t scope, std::uint64_t id, const boost::json::value& body, int api_version,
                                        const mint& fresh_id, boost::json::object& out);
    bool erase(std::uint64_t scope, std::uint64_t id);

    [[nodiscard]] const std::vector<boost::json::object>& all(std::uint64_t scope) const;
    [[nodiscard]] const boost::json::object* by_id(std::uint64_t scope, std::uint64_t id) const;
    /// What a user of this guild (0: in a DM) finds under a name: the guild's own command before the global one.
    [[nodiscard]] const boost::json::object* by_name(std::uint64_t guild, std::string_view name) const;
    /// Chat commands that a user of this guild can call.
    [[nodiscard]] std::vector<const boost::json::object*> callable(std::uint64_t guild) const;
    [[nodiscard]] bool empty() const noexcept;

private:
    struct scope_state {
        std::vector<boost::json::object> commands;
        instant day_began{};
        std::uint32_t creates = 0;
    };
    [[nodiscard]] boost::json::object normalized(std::uint64_t scope, const boost::json::object& command,
                                                 const boost::json::object* before, const mint& fresh_id) const;
    [[nodiscard]] static bool may_create(scope_state& scope, std::uint32_t how_many, instant now);

    std::uint64_t application_;
    std::map<std::uint64_t, scope_state> scopes_;
};

}  // namespace shoal::sim
