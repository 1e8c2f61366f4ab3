#pragma once
// The REST side of the simulated Discord: routes, authorization, commands, interactions with their clocks.
// Not here: /gateway/bot's numbers (asked of the gateway side through `rest_context`), sockets.

#include <boost/json/object.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/config.hpp"
#include "sim/core/facts.hpp"
#include "sim/core/world.hpp"

namespace shoal::sim {

/// What a route answers in place of its own answer.
struct forced_answer {
    int status = 500;
    std::vector<header> headers;
    std::string body;
};

/// What REST needs to know of the gateway side.
class rest_context {
public:
    virtual ~rest_context() = default;
    /// The body of GET /gateway/bot [1.1, 1.2].
    [[nodiscard]] virtual boost::json::object gateway_bot(instant now) = 0;
    /// Asked before gateway_bot(): what GET /gateway/bot answers while a fault (F28) has it fail.
    [[nodiscard]] virtual std::optional<forced_answer> gateway_bot_fault(instant /*now*/) { return std::nullopt; }
    [[nodiscard]] virtual std::string_view valid_token() const = 0;
    /// The bot leaves a guild: the world forgets it, and its sessions are told.
    virtual void leave_guild(std::uint64_t guild, instant now) = 0;
    /// Tell every session that should know.
    virtual void publish(world_event event, instant now) = 0;
};

class rest_api {
public:
    rest_api(const simulator_config& config, world& where, rest_context& context);
    ~rest_api();

    /// Takes a request; the answer comes from `due` when its latency has passed.
    void take(const http_arrived& request, instant now);
    /// Answers that are due, and the clocks of interactions (3 s, 15 min).
    void due(instant now, std::vector<action>& out);
    /// When `due` wants to be called next; never if nothing waits.
    [[nodiscard]] instant next_due() const noexcept;

    /// A user issues a slash command in a guild (0: a DM). `options` are Discord's option objects. Returns the interaction's id,
    /// or nullopt if the command is not registered. The INTERACTION_CREATE goes out through publish().
    std::optional<std::uint64_t> slash(std::uint64_t guild, std::string_view command, boost::json::array options,
                                       std::string_view user, instant now);
    /// One of the registered commands with options made up to fit, in a random guild of the world.
    std::optional<std::uint64_t> random_slash(instant now);

    /// A user types in an option (the one with "focused": true) that asks the bot for choices.
    std::optional<std::uint64_t> autocomplete(std::uint64_t guild, std::string_view command, boost::json::array options,
                                              std::string_view user, instant now);
    /// A user presses a button or picks `values` of a select in a message that the bot sent. nullopt if it has no such component.
    std::optional<std::uint64_t> press(std::uint64_t message, std::string_view custom_id, boost::json::array values,
                                       std::string_view user, instant now);
    /// The user who was shown a modal as the answer to `interaction` fills it in: text by custom_id of its inputs.
    std::optional<std::uint64_t> submit_modal(std::uint64_t interaction, const boost::json::object& texts, instant now);

    /// A user writes to the bot in direct messages. Returns the message's id and its channel's.
    struct direct_message {
        std::uint64_t message = 0, channel = 0;
    };
    direct_message direct(std::string_view user, std::string_view text, instant now);

    // ---- faults F39 to F45, and hashes that change in mid-run [#39]
    boost::json::object start_fault(const boost::json::object& command, int number, instant now, std::string& problem);
    void clear_faults();
    [[nodiscard]] boost::json::array faults(instant now) const;
    void change_hashes();

    /// Per interaction: id, guild, command, issued, answered, missed deadline, double acks, answers' texts.
    [[nodiscard]] boost::json::array interactions() const;
    /// What the bot did over REST and why it said it did [4.2]: id, guild, action_type, target_id, reason.
    [[nodiscard]] boost::json::array audit_log() const;
    /// Requests by route, 401s, 429s, invalid requests, double acks, missed 3 s deadlines [#51].
    [[nodiscard]] boost::json::object counters() const;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace shoal::sim
