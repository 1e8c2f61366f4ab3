#pragma once
// The JSON of users and of one guild's things, each with every field of [6.1 to 6.8]. Not here: when it is sent.

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/core/guild_state.hpp"
#include "sim/core/json_text.hpp"
#include "sim/core/permission_bits.hpp"
#include "sim/core/world.hpp"

namespace shoal::sim {

/// Who the bot is.
struct bot_identity {
    std::uint64_t user = 0, application = 0;
    std::string name = "shoal-sim-bot";
    bool admin_everywhere = false;  ///< As in world_config.
};

/// A JSON object with fields of another laid over it.
[[nodiscard]] std::string overlaid(const std::string& json, const boost::json::object& fields);

[[nodiscard]] std::string user_json(std::uint64_t id, const bot_identity& bot);
/// `name` for users whom a test calls by name.
[[nodiscard]] std::string named_user_json(std::string_view name);

class guild_renderer {
public:
    guild_renderer(const guild_record& guild, std::uint32_t largest_members_listed, const bot_identity& bot);

    [[nodiscard]] const guild_facts& facts() const noexcept { return facts_; }
    [[nodiscard]] std::uint64_t guild_id() const noexcept { return facts_.record().id; }

    // What follows from the seed and matters to others than readers of JSON.
    [[nodiscard]] int channel_type(std::uint32_t index) const;
    [[nodiscard]] std::uint64_t parent_of(std::uint32_t channel) const;
    [[nodiscard]] std::optional<std::uint32_t> parent_index_of(std::uint32_t channel) const;
    [[nodiscard]] std::vector<std::uint32_t> channels_of(std::initializer_list<int> types) const;
    [[nodiscard]] bool bot_sees(std::uint32_t channel) const;
    /// In the guild, before overwrites: what @everyone and the bot's roles give, as they are now.
    [[nodiscard]] std::uint64_t bot_permissions() const;
    [[nodiscard]] std::uint64_t bot_permissions_in(std::uint32_t channel) const;
    [[nodiscard]] std::uint64_t bot_role() const { return facts_.id_of(kind::role, 1); }
    [[nodiscard]] std::optional<std::uint32_t> thread_parent(std::uint32_t thread) const;  ///< A channel's index.
    [[nodiscard]] bool thread_active(std::uint32_t thread) const;
    [[nodiscard]] std::uint64_t voice_channel_of(std::uint32_t member) const;  ///< 0: not in voice.
    [[nodiscard]] std::uint64_t voice_channel_of(std::uint32_t member, const std::vector<std::uint32_t>& rooms) const;
    [[nodiscard]] std::vector<std::uint32_t> members_in_voice() const;
    [[nodiscard]] std::string_view status_of(std::uint32_t member) const;  ///< "offline" for most.

    enum class with_guild_id : bool { no, yes };
    [[nodiscard]] std::string channel(std::uint32_t index, with_guild_id with) const;
    [[nodiscard]] std::string role(std::uint32_t index) const;
    [[nodiscard]] std::string emoji(std::uint32_t index) const;
    [[nodiscard]] std::string sticker(std::uint32_t index) const;
    [[nodiscard]] std::string sound(std::uint32_t index) const;
    [[nodiscard]] std::string thread(std::uint32_t index, with_guild_id with) const;
    [[nodiscard]] std::string scheduled_event(std::uint32_t index) const;
    [[nodiscard]] bool has_stage_instance(std::uint32_t channel) const;
    [[nodiscard]] std::string stage_instance(std::uint32_t channel) const;
    [[nodiscard]] std::string rule(std::uint32_t index) const;         ///< Of auto moderation.
    [[nodiscard]] std::string integration(std::uint32_t index) const;  ///< 0 is the bot's own.

    enum class parts : std::uint8_t { with_user, without_user, partial /* resolved: neither user, deaf nor mute */ };
    [[nodiscard]] std::string member(std::uint32_t index, parts which) const;
    [[nodiscard]] std::string bot_member(parts which) const;
    /// A member who is called by name and belongs to no list.
    [[nodiscard]] std::string named_member(std::string_view name, parts which) const;
    [[nodiscard]] std::uint64_t member_permissions(std::uint32_t index) const;
    [[nodiscard]] std::string voice_state(std::uint32_t member, std::uint64_t channel, bool with_member) const;
    [[nodiscard]] std::string presence(std::uint32_t member, bool with_guild_id) const;

    /// Every field of the guild object [6.1]; `roles`, `emojis` and `stickers` included.
    void guild_fields(json_text& out) const;
    [[nodiscard]] std::string guild() const;
    [[nodiscard]] std::string guild_create(const guild_view& view) const;

private:
    [[nodiscard]] std::string changed(kind what, std::uint32_t index, std::string json) const;
    [[nodiscard]] const boost::json::value* overridden(kind what, std::uint32_t index, std::string_view field) const;
    [[nodiscard]] std::uint64_t drawn_bot_permissions() const;
    [[nodiscard]] std::uint64_t role_permissions(std::uint32_t index) const;
    [[nodiscard]] bool hidden_when_drawn(std::uint32_t channel) const;
    [[nodiscard]] bool bot_roles_changed() const noexcept;
    [[nodiscard]] bool is_big() const { return facts_.record().size >= guild_class::community; }
    [[nodiscard]] std::uint32_t categories() const;
    void listed_members(json_text& out, const guild_view& view) const;

    guild_facts facts_;
    bot_identity bot_;
};

}  // namespace shoal::sim
