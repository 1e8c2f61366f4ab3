#pragma once
// The events that bot.on() knows, told apart by type. Coroutines take them by value, plain functions may take them const&.
// Texts and lists read from an event live as long as the event (or a copy of it).
// What is read by guild() comes from the shard's cache: nullptr if it is not there, good until the handler suspends.
// Not here: slash commands (context.hpp); any other event comes by bot.on_raw(name, handler) as a raw_event.
// Source, also of the intent that each needs: https://discord.com/developers/docs/events/gateway-events#receive-events

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "shoal/event.hpp"
#include "shoal/models.hpp"

namespace shoal {
inline namespace v0 {

namespace detail {

/// What nearly every handler reads of a message; the rest of it is read when it is asked for.
struct message_head {
    message_id id;
    shoal::channel_id channel_id;
    shoal::guild_id guild_id;
    std::string_view content;
};
/// All of it, read at the first call; from any thread.
const message_view& whole_message(const event_ref& ref) noexcept;

struct deleted_messages {
    std::span<const message_id> ids;
    shoal::channel_id channel_id;
    shoal::guild_id guild_id;
};
struct guild_gone {
    guild_id id;
};
struct guild_member {
    shoal::guild_id guild_id;
    member_view member;
};
struct guild_role {
    shoal::guild_id guild_id;
    role_view role;
};
struct voice_server {
    shoal::guild_id guild_id;
    std::string_view token;
    std::string_view endpoint;
};
struct reaction {
    shoal::user_id user_id;
    shoal::channel_id channel_id;
    shoal::message_id message_id;
    shoal::guild_id guild_id;
    shoal::user_id message_author_id;
    emoji_view emoji;
    bool burst = false;
};
struct shard_notice {
    std::uint32_t missing_guilds = 0;
};

template <class Fields, event_type Type>
class event_of : public event {
public:
    static constexpr event_type type = Type;
    explicit event_of(event_ref ref) noexcept : event(std::move(ref)), fields_(&fields_of<Fields>(ref_)) {}

protected:
    [[nodiscard]] const Fields& fields() const noexcept { return *fields_; }

private:
    const Fields* fields_;
};

template <event_type Type>
class message_event : public event_of<message_head, Type> {
public:
    using event_of<message_head, Type>::event_of;
    /// Everything; read when it is first asked for, which id(), channel_id(), guild_id() and content() do not.
    [[nodiscard]] const message_view& message() const noexcept { return whole_message(this->ref_); }
    [[nodiscard]] message_id id() const noexcept { return this->fields().id; }
    [[nodiscard]] shoal::channel_id channel_id() const noexcept { return this->fields().channel_id; }
    [[nodiscard]] shoal::guild_id guild_id() const noexcept { return this->fields().guild_id; }
    [[nodiscard]] const user_view& author() const noexcept { return message().author; }
    /// The text. Without the intent MESSAGE_CONTENT Discord leaves it empty, save for direct messages, mentions of the bot and
    /// its own messages; the first such reading is warned of in the log.
    [[nodiscard]] std::string_view content() const noexcept;
    [[nodiscard]] channel_ref channel() const noexcept { return this->channel_at(channel_id()); }
    [[nodiscard]] const cached_guild* guild() const noexcept { return this->cached(guild_id()); }
};
extern template class message_event<event_type::message_create>;
extern template class message_event<event_type::message_update>;

template <event_type Type>
class guild_event : public event_of<guild_view, Type> {
public:
    using event_of<guild_view, Type>::event_of;
    [[nodiscard]] guild_id id() const noexcept { return this->fields().id; }
    [[nodiscard]] const guild_view& view() const noexcept { return this->fields(); }
    [[nodiscard]] std::string_view guild_name() const noexcept { return this->fields().name; }
    [[nodiscard]] std::uint32_t member_count() const noexcept { return this->fields().member_count; }
    [[nodiscard]] const cached_guild* guild() const noexcept { return this->cached(this->fields().id); }
};

template <event_type Type>
class guild_gone_event : public event_of<guild_gone, Type> {
public:
    using event_of<guild_gone, Type>::event_of;
    [[nodiscard]] guild_id id() const noexcept { return this->fields().id; }
};

template <event_type Type>
class member_event : public event_of<guild_member, Type> {
public:
    using event_of<guild_member, Type>::event_of;
    [[nodiscard]] shoal::guild_id guild_id() const noexcept { return this->fields().guild_id; }
    [[nodiscard]] const member_view& member() const noexcept { return this->fields().member; }
    [[nodiscard]] const user_view& user() const noexcept { return this->fields().member.user; }
    [[nodiscard]] const cached_guild* guild() const noexcept { return this->cached(this->fields().guild_id); }
};

template <event_type Type>
class channel_event : public event_of<channel_view, Type> {
public:
    using event_of<channel_view, Type>::event_of;
    [[nodiscard]] shoal::channel_id id() const noexcept { return this->fields().id; }
    [[nodiscard]] shoal::guild_id guild_id() const noexcept { return this->fields().guild_id; }
    [[nodiscard]] const channel_view& view() const noexcept { return this->fields(); }
    [[nodiscard]] channel_ref channel() const noexcept { return this->channel_at(this->fields().id); }
    [[nodiscard]] const cached_guild* guild() const noexcept { return this->cached(this->fields().guild_id); }
};

template <event_type Type>
class role_event : public event_of<guild_role, Type> {
public:
    using event_of<guild_role, Type>::event_of;
    [[nodiscard]] shoal::guild_id guild_id() const noexcept { return this->fields().guild_id; }
    /// Of a deleted role only the id is known.
    [[nodiscard]] const role_view& role() const noexcept { return this->fields().role; }
    [[nodiscard]] const cached_guild* guild() const noexcept { return this->cached(this->fields().guild_id); }
};

template <event_type Type>
class reaction_event : public event_of<reaction, Type> {
public:
    using event_of<reaction, Type>::event_of;
    /// 0 where a moderator cleared them.
    [[nodiscard]] shoal::user_id user_id() const noexcept { return this->fields().user_id; }
    [[nodiscard]] shoal::message_id message_id() const noexcept { return this->fields().message_id; }
    [[nodiscard]] shoal::channel_id channel_id() const noexcept { return this->fields().channel_id; }
    [[nodiscard]] shoal::guild_id guild_id() const noexcept { return this->fields().guild_id; }
    [[nodiscard]] shoal::user_id message_author_id() const noexcept { return this->fields().message_author_id; }
    [[nodiscard]] const emoji_view& emoji() const noexcept { return this->fields().emoji; }
    [[nodiscard]] bool burst() const noexcept { return this->fields().burst; }
    [[nodiscard]] channel_ref channel() const noexcept { return this->channel_at(this->fields().channel_id); }
    [[nodiscard]] const cached_guild* guild() const noexcept { return this->cached(this->fields().guild_id); }
};

}  // namespace detail

/// A message was written.
class message_create : public detail::message_event<detail::event_type::message_create> {
public:
    using message_event::message_event;
    /// Answers in the same channel, as a reply to this message.
    [[nodiscard]] call<sent_message> reply(std::string text) const;
};
/// A message was edited, or Discord filled in its embeds. May be partial: see message().has_content.
class message_update : public detail::message_event<detail::event_type::message_update> {
    using message_event::message_event;
};
/// A message is gone. Nothing but its ids is known.
class message_delete : public detail::event_of<detail::deleted_messages, detail::event_type::message_delete> {
public:
    using event_of::event_of;
    [[nodiscard]] message_id id() const noexcept { return fields().ids.front(); }
    [[nodiscard]] shoal::channel_id channel_id() const noexcept { return fields().channel_id; }
    [[nodiscard]] shoal::guild_id guild_id() const noexcept { return fields().guild_id; }
    [[nodiscard]] channel_ref channel() const noexcept { return channel_at(fields().channel_id); }
};
/// Up to 100 messages of one channel are gone.
class message_delete_bulk : public detail::event_of<detail::deleted_messages, detail::event_type::message_delete_bulk> {
public:
    using event_of::event_of;
    [[nodiscard]] std::span<const message_id> ids() const noexcept { return fields().ids; }
    [[nodiscard]] shoal::channel_id channel_id() const noexcept { return fields().channel_id; }
    [[nodiscard]] shoal::guild_id guild_id() const noexcept { return fields().guild_id; }
    [[nodiscard]] channel_ref channel() const noexcept { return channel_at(fields().channel_id); }
};

/// A guild that the bot was in all along, as it comes after the start of a session.
class guild_loaded : public detail::guild_event<detail::event_type::guild_loaded> {
    using guild_event::guild_event;
};
/// Somebody added the bot to a guild.
class guild_joined : public detail::guild_event<detail::event_type::guild_joined> {
    using guild_event::guild_event;
};
/// A guild is back from an outage.
class guild_available : public detail::guild_event<detail::event_type::guild_available> {
    using guild_event::guild_event;
};
/// A guild fell into an outage; the bot is still its member.
class guild_unavailable : public detail::guild_gone_event<detail::event_type::guild_unavailable> {
    using guild_gone_event::guild_gone_event;
};
/// The bot left a guild or was removed from it.
class guild_left : public detail::guild_gone_event<detail::event_type::guild_left> {
    using guild_gone_event::guild_gone_event;
};
class guild_update : public detail::guild_event<detail::event_type::guild_update> {
    using guild_event::guild_event;
};

/// Somebody joined a guild; may come twice for one. Needs GUILD_MEMBERS (privileged), as the next two do.
class guild_member_add : public detail::member_event<detail::event_type::guild_member_add> {
    using member_event::member_event;
};
/// Roles, nick or user of a member changed. Without GUILD_MEMBERS it comes for the bot itself alone.
class guild_member_update : public detail::member_event<detail::event_type::guild_member_update> {
    using member_event::member_event;
};
/// Somebody left a guild or was removed. Only member().user is known.
class guild_member_remove : public detail::member_event<detail::event_type::guild_member_remove> {
    using member_event::member_event;
};
/// Somebody was banned from a guild, or (the next) is no longer. Only member().user is known.
class guild_ban_add : public detail::member_event<detail::event_type::guild_ban_add> {
    using member_event::member_event;
};
class guild_ban_remove : public detail::member_event<detail::event_type::guild_ban_remove> {
    using member_event::member_event;
};

class channel_create : public detail::channel_event<detail::event_type::channel_create> {
    using channel_event::channel_event;
};
class channel_update : public detail::channel_event<detail::event_type::channel_update> {
    using channel_event::channel_event;
};
class channel_delete : public detail::channel_event<detail::event_type::channel_delete> {
    using channel_event::channel_event;
};
/// A thread was made, or the bot was added to one.
class thread_create : public detail::channel_event<detail::event_type::thread_create> {
    using channel_event::channel_event;
};
class thread_update : public detail::channel_event<detail::event_type::thread_update> {
    using channel_event::channel_event;
};
/// Only id, guild, parent and type are known.
class thread_delete : public detail::channel_event<detail::event_type::thread_delete> {
    using channel_event::channel_event;
};

class guild_role_create : public detail::role_event<detail::event_type::guild_role_create> {
    using role_event::role_event;
};
class guild_role_update : public detail::role_event<detail::event_type::guild_role_update> {
    using role_event::role_event;
};
class guild_role_delete : public detail::role_event<detail::event_type::guild_role_delete> {
    using role_event::role_event;
};

/// Somebody joined, left or changed in a voice channel.
class voice_state_update : public detail::event_of<voice_state_view, detail::event_type::voice_state_update> {
public:
    using event_of::event_of;
    [[nodiscard]] const voice_state_view& state() const noexcept { return fields(); }
    [[nodiscard]] shoal::user_id user_id() const noexcept { return fields().user_id; }
    /// 0: left.
    [[nodiscard]] shoal::channel_id channel_id() const noexcept { return fields().channel_id; }
    [[nodiscard]] shoal::guild_id guild_id() const noexcept { return fields().guild_id; }
    [[nodiscard]] const cached_guild* guild() const noexcept { return cached(fields().guild_id); }
};
/// Where a voice connection of the bot's own should go. Shoal does no audio; hand this to a library that does.
class voice_server_update : public detail::event_of<detail::voice_server, detail::event_type::voice_server_update> {
public:
    using event_of::event_of;
    [[nodiscard]] shoal::guild_id guild_id() const noexcept { return fields().guild_id; }
    [[nodiscard]] std::string_view token() const noexcept { return fields().token; }
    /// Empty: wait for the next one.
    [[nodiscard]] std::string_view endpoint() const noexcept { return fields().endpoint; }
};

class message_reaction_add : public detail::reaction_event<detail::event_type::message_reaction_add> {
    using reaction_event::reaction_event;
};
class message_reaction_remove : public detail::reaction_event<detail::event_type::message_reaction_remove> {
    using reaction_event::reaction_event;
};
/// All reactions of a message are gone; of the emoji nothing is known.
class message_reaction_remove_all : public detail::reaction_event<detail::event_type::message_reaction_remove_all> {
    using reaction_event::reaction_event;
};
/// All reactions with one emoji are gone.
class message_reaction_remove_emoji : public detail::reaction_event<detail::event_type::message_reaction_remove_emoji> {
    using reaction_event::reaction_event;
};

/// All guilds of a shard are there, or those that are missing did not come in time. Once for each new session.
class shard_ready : public detail::event_of<detail::shard_notice, detail::event_type::shard_ready> {
public:
    using event_of::event_of;
    [[nodiscard]] std::uint32_t missing_guilds() const noexcept { return fields().missing_guilds; }
};
/// A shard's session goes on after a gap; what was missed has been handed out.
class shard_resumed : public detail::event_of<detail::shard_notice, detail::event_type::shard_resumed> {
public:
    using event_of::event_of;
};

/// Any event by its Discord name (bot.on_raw): read raw() yourself.
class raw_event : public event {
public:
    explicit raw_event(detail::event_ref ref) noexcept : event(std::move(ref)) {}
    /// A guild from the shard's cache, or nullptr.
    [[nodiscard]] const cached_guild* guild(guild_id which) const noexcept { return cached(which); }
};

}  // namespace v0
}  // namespace shoal
