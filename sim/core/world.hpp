#pragma once
// The simulated bot's world: guilds, members, channels, generated from a seed [6.10 to 6.13], and the traffic in them.
// Not here: sessions and routing (gateway.hpp); a world does not know who listens.

#include <boost/json/object.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/core/config.hpp"
#include "sim/core/facts.hpp"

namespace shoal::sim {

/// Something that happened and that sessions may be told of.
struct world_event {
    std::string name;           ///< "MESSAGE_CREATE"
    std::uint64_t guild = 0;    ///< 0: not a guild's; goes to shard 0 of each shard set [1.6].
    std::uint64_t intents = 0;  ///< Any of these bits brings it; 0: always sent [2.9.1].
    shared_text data;
    shared_text data_without_content;  ///< For sessions without MESSAGE_CONTENT, where it differs [2.9.2].
};

/// What a session may see of a guild.
struct guild_view {
    std::uint64_t intents = 0;
    std::uint32_t large_threshold = 50;
};

/// What a REST write did: the object as it is now, and the events that tell of it.
struct world_change {
    std::string object;
    std::vector<world_event> events;
};

class world {
public:
    world(const world_config& config, std::uint64_t seed, std::uint64_t application_id);
    ~world();

    /// Ids of the guilds that the bot is in, ascending.
    [[nodiscard]] const std::vector<std::uint64_t>& guilds() const noexcept;
    [[nodiscard]] bool has_guild(std::uint64_t id) const noexcept;
    /// The `d` of GUILD_CREATE for that guild. Cached where sessions may share it.
    [[nodiscard]] shared_text guild_create(std::uint64_t guild, const guild_view& view) const;
    /// The bot's own user object and the application's id and flags, as READY wants them.
    [[nodiscard]] std::string bot_user_json() const;
    /// Takes "username" and "avatar" for what is set of them; the user as it is now.
    std::string rename_bot(const boost::json::object& fields);
    [[nodiscard]] std::uint64_t bot_user_id() const noexcept;
    [[nodiscard]] std::uint64_t application_id() const noexcept;

    /// One random live event of a guild (drawn by activity, heavy tail), which also changes the world's state where it says so.
    [[nodiscard]] world_event random_event(instant now);
    /// The same for one guild of this shard, if it has any: for even traffic per shard.
    [[nodiscard]] std::optional<world_event> random_event_of_shard(std::uint32_t shard, std::uint32_t total, instant now);

    /// The bot joins a new guild (GUILD_CREATE follows from the gateway), or leaves one. Returns the id.
    std::uint64_t join_guild(std::string_view guild_class, instant now);
    void leave_guild(std::uint64_t guild);

    /// Members for GUILD_MEMBERS_CHUNK: JSON objects of up to `limit` (0: all) whose username starts with `query`, or the given
    /// ids.
    [[nodiscard]] std::vector<std::string> members(std::uint64_t guild, std::string_view query, std::uint32_t limit) const;
    [[nodiscard]] std::optional<std::string> member(std::uint64_t guild, std::uint64_t user) const;
    [[nodiscard]] std::vector<std::uint64_t> channel_ids(std::uint64_t guild, int type) const;

    /// A fresh snowflake at `now`, never the same twice.
    [[nodiscard]] std::uint64_t mint_id(instant now);
    /// What the wall clock shows at `now`, by world_config::unix_ms_at_zero.
    [[nodiscard]] std::int64_t unix_ms(instant now) const noexcept;

    // ---- what REST reads and writes; JSON texts as Discord answers them, nullopt for what does not exist
    [[nodiscard]] std::optional<std::string> guild(std::uint64_t id) const;
    [[nodiscard]] std::optional<std::uint64_t> guild_of_channel(std::uint64_t channel) const;  ///< Threads are channels too.
    [[nodiscard]] std::optional<std::string> channel(std::uint64_t channel) const;
    [[nodiscard]] bool bot_sees_channel(std::uint64_t channel) const;
    [[nodiscard]] std::vector<std::string> channels(std::uint64_t guild) const;
    [[nodiscard]] std::vector<std::string> roles(std::uint64_t guild) const;
    [[nodiscard]] std::optional<std::string> role(std::uint64_t guild, std::uint64_t role) const;
    [[nodiscard]] std::optional<std::string> user(std::uint64_t id) const;
    /// A member without `user` (MESSAGE_CREATE), or without `deaf` and `mute` too (resolved data [5.4]).
    [[nodiscard]] std::optional<std::string> member_part(std::uint64_t guild, std::uint64_t user, bool resolved) const;
    [[nodiscard]] std::uint64_t member_permissions(std::uint64_t guild, std::uint64_t user) const;
    [[nodiscard]] std::uint64_t bot_permissions(std::uint64_t guild) const;
    /// With overwrites; of a thread its parent's. 0: there is no such channel, or the bot does not see it.
    [[nodiscard]] std::uint64_t bot_permissions_in(std::uint64_t channel) const;
    /// Drawn by the given word: a member, a text channel that the bot sees, and a role; 0 if there is none.
    [[nodiscard]] std::uint64_t some_member(std::uint64_t guild, std::uint64_t word) const;
    [[nodiscard]] std::uint64_t some_channel(std::uint64_t guild, std::uint64_t word) const;
    [[nodiscard]] std::uint64_t some_role(std::uint64_t guild, std::uint64_t word) const;
    /// The user of a test's name, whether or not anybody has it.
    [[nodiscard]] static std::string named_user(std::string_view name);
    [[nodiscard]] static std::uint64_t named_user_id(std::string_view name);
    [[nodiscard]] std::string named_member(std::uint64_t guild, std::string_view name) const;

    /// A message of the world's people that is remembered: those of the last while; and the ids of a channel's.
    [[nodiscard]] std::optional<std::string> message(std::uint64_t channel, std::uint64_t message, instant now);
    [[nodiscard]] std::vector<std::uint64_t> messages_of(std::uint64_t channel) const;
    void forget_message(std::uint64_t channel, std::uint64_t message);

    // ---- writes: what was made or is now, with the events that tell of it; nullopt if what they are about does not exist
    std::optional<world_change> create_channel(std::uint64_t guild, boost::json::object fields, instant now);
    std::optional<world_change> update_channel(std::uint64_t channel, const boost::json::object& fields);
    /// nullopt for `overwrite` removes it.
    std::optional<world_change> set_overwrite(std::uint64_t channel, std::uint64_t whom,
                                              const std::optional<boost::json::object>& overwrite);
    /// Threads too.
    std::optional<world_change> delete_channel(std::uint64_t channel, instant now);
    /// A message was sent there: the channel's last one.
    void note_message(std::uint64_t channel, std::uint64_t message);

    [[nodiscard]] bool is_thread(std::uint64_t channel) const;
    /// With `message` it grows from that message and has its id.
    std::optional<world_change> create_thread(std::uint64_t parent, boost::json::object fields, std::uint64_t message,
                                              instant now);
    std::optional<world_change> update_thread(std::uint64_t thread, boost::json::object fields, instant now);
    std::optional<world_change> delete_thread(std::uint64_t thread);
    /// Those that the bot may see; of all parents for 0.
    [[nodiscard]] std::vector<std::string> threads(std::uint64_t guild, std::uint64_t parent, bool archived) const;
    [[nodiscard]] std::vector<std::string> thread_members(std::uint64_t thread) const;
    std::optional<world_change> set_thread_member(std::uint64_t thread, std::uint64_t user, bool in, instant now);

    std::optional<world_change> create_role(std::uint64_t guild, boost::json::object fields, instant now);
    std::optional<world_change> update_role(std::uint64_t guild, std::uint64_t role, const boost::json::object& fields);
    std::optional<world_change> delete_role(std::uint64_t guild, std::uint64_t role);
    std::optional<world_change> update_guild(std::uint64_t guild, const boost::json::object& fields);
    /// The bot's own member too.
    std::optional<world_change> update_member(std::uint64_t guild, std::uint64_t user, const boost::json::object& fields);
    std::optional<world_change> remove_member(std::uint64_t guild, std::uint64_t user);
    std::optional<world_change> ban(std::uint64_t guild, std::uint64_t user, std::string reason);
    std::optional<world_change> unban(std::uint64_t guild, std::uint64_t user);
    [[nodiscard]] std::vector<std::pair<std::uint64_t, std::string>> bans(std::uint64_t guild) const;

    /// Things that a guild has lists of: which of them is meant by `what`. Integrations cannot be made or changed over REST.
    enum class thing : std::uint8_t { emoji, sticker, scheduled_event, rule, integration };
    [[nodiscard]] std::vector<std::string> things(std::uint64_t guild, thing what) const;
    [[nodiscard]] std::optional<std::string> thing_of(std::uint64_t guild, thing what, std::uint64_t id) const;
    [[nodiscard]] std::optional<std::uint64_t> guild_of_thing(thing what, std::uint64_t id) const;
    std::optional<world_change> create_thing(std::uint64_t guild, thing what, const boost::json::object& fields, instant now);
    std::optional<world_change> update_thing(std::uint64_t guild, thing what, std::uint64_t id,
                                             const boost::json::object& fields);
    std::optional<world_change> delete_thing(std::uint64_t guild, thing what, std::uint64_t id);
    /// What every integration event is followed by: {guild_id}.
    [[nodiscard]] world_event integrations_changed(std::uint64_t guild);

    /// What is told on a stage channel; at most one at a time.
    [[nodiscard]] std::optional<std::string> stage(std::uint64_t channel) const;
    std::optional<world_change> open_stage(std::uint64_t channel, boost::json::object fields, instant now);
    std::optional<world_change> update_stage(std::uint64_t channel, const boost::json::object& fields);
    std::optional<world_change> close_stage(std::uint64_t channel);

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace shoal::sim
