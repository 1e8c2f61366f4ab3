#include "bot/event_readers.hpp"

#include <cstring>

#include "shoal/bot.hpp"

namespace shoal::runtime {

std::string_view event_arena::text(const discord::json_value& value) {
    // Kept for the next event, so that decoding allocates nothing; a giant's room is not.
    static thread_local std::string scratch;
    constexpr std::size_t largest_kept = 16 * 1024;
    if (!value) return {};
    const auto read = value.text(scratch);
    const auto out = copies_ || read.data() == scratch.data() ? copy(read) : read;
    if (scratch.capacity() > largest_kept) std::string().swap(scratch);
    return out;
}

std::string_view event_arena::copy(std::string_view bytes) {
    if (bytes.empty()) return {};
    auto* at = static_cast<char*>(memory_.allocate(bytes.size(), 1));
    std::memcpy(at, bytes.data(), bytes.size());
    return {at, bytes.size()};
}

namespace {

using discord::json_value;
using namespace shoal::detail;

template <class Id>
std::span<const Id> read_ids(const json_value& array, event_arena& arena) {
    auto ids = arena.list<Id>(array.count());
    std::size_t next = 0;
    for (const auto& each : array.elements()) {
        if (next < ids.size()) ids[next++] = each.template id<Id>();
    }
    return ids.first(next);
}

user_view read_user(const json_value& object, event_arena& arena) {
    user_view out;
    for (const auto& [key, value] : object.fields()) {
        if (key == "id") {
            out.id = value.id<user_id>();
        } else if (key == "username") {
            out.username = arena.text(value);
        } else if (key == "global_name") {
            out.global_name = arena.text(value);
        } else if (key == "avatar") {
            out.avatar = arena.text(value);
        } else if (key == "bot") {
            out.bot = value.value_or(false);
        }
    }
    return out;
}

void read_member_field(member_view& out, std::string_view key, const json_value& value, event_arena& arena) {
    if (key == "user") {
        out.user = read_user(value, arena);
    } else if (key == "nick") {
        out.nick = arena.text(value);
    } else if (key == "roles") {
        out.roles = read_ids<role_id>(value, arena);
    } else if (key == "joined_at") {
        out.joined_at = arena.text(value);
    } else if (key == "communication_disabled_until") {
        out.timeout_until = arena.text(value);
    } else if (key == "permissions") {
        out.permissions = value.unsigned_integer().value_or(0);
    } else if (key == "deaf") {
        out.deaf = value.value_or(false);
    } else if (key == "mute") {
        out.mute = value.value_or(false);
    } else if (key == "pending") {
        out.pending = value.value_or(false);
    }
}

}  // namespace

member_view read_member(const discord::json_value& object, event_arena& arena) {
    member_view out;
    for (const auto& [key, value] : object.fields()) read_member_field(out, key, value, arena);
    return out;
}

namespace {

emoji_view read_emoji(const json_value& object, event_arena& arena) {
    emoji_view out;
    for (const auto& [key, value] : object.fields()) {
        if (key == "id") {
            out.id = value.id<emoji_id>();
        } else if (key == "name") {
            out.name = arena.text(value);
        } else if (key == "animated") {
            out.animated = value.value_or(false);
        }
    }
    return out;
}

std::span<const attachment_view> read_attachments(const json_value& array, event_arena& arena) {
    auto list = arena.list<attachment_view>(array.count());
    std::size_t next = 0;
    for (const auto& each : array.elements()) {
        if (next == list.size()) break;
        auto& out = list[next++];
        for (const auto& [key, value] : each.fields()) {
            if (key == "id") {
                out.id = value.unsigned_integer().value_or(0);
            } else if (key == "filename") {
                out.filename = arena.text(value);
            } else if (key == "content_type") {
                out.content_type = arena.text(value);
            } else if (key == "url") {
                out.url = arena.text(value);
            } else if (key == "size") {
                out.size_bytes = value.unsigned_integer().value_or(0);
            }
        }
    }
    return list.first(next);
}

std::span<const user_id> read_user_ids(const json_value& users, event_arena& arena) {
    auto list = arena.list<user_id>(users.count());
    std::size_t next = 0;
    for (const auto& each : users.elements()) {
        if (next < list.size()) list[next++] = each["id"].id<user_id>();
    }
    return list.first(next);
}

void read(message_view& out, const json_value& object, event_arena& arena) {
    for (const auto& [key, value] : object.fields()) {
        if (key == "id") {
            out.id = value.id<message_id>();
        } else if (key == "channel_id") {
            out.channel_id = value.id<channel_id>();
        } else if (key == "guild_id") {
            out.guild_id = value.id<guild_id>();
        } else if (key == "author") {
            out.author = read_user(value, arena);
        } else if (key == "member") {
            if (value) out.member = read_member(value, arena);
        } else if (key == "content") {
            out.content = arena.text(value);
            out.has_content = static_cast<bool>(value);
        } else if (key == "timestamp") {
            out.timestamp = arena.text(value);
        } else if (key == "edited_timestamp") {
            out.edited_timestamp = arena.text(value);
        } else if (key == "nonce") {
            out.nonce = arena.text(value);
        } else if (key == "mentions") {
            out.mentions = read_user_ids(value, arena);
        } else if (key == "mention_roles") {
            out.mention_roles = read_ids<role_id>(value, arena);
        } else if (key == "attachments") {
            out.attachments = read_attachments(value, arena);
        } else if (key == "message_reference") {
            // A forward (type 1) points at a message too, but answers nobody.
            if (value["type"].value_or<std::int64_t>(0) == 0) out.replies_to = value["message_id"].id<message_id>();
        } else if (key == "webhook_id") {
            out.webhook_id = value.id<webhook_id>();
        } else if (key == "flags") {
            out.flags = value.unsigned_integer().value_or(0);
        } else if (key == "type") {
            out.type = value.value_or<std::uint32_t>(0);
        } else if (key == "tts") {
            out.tts = value.value_or(false);
        } else if (key == "pinned") {
            out.pinned = value.value_or(false);
        } else if (key == "mention_everyone") {
            out.mention_everyone = value.value_or(false);
        }
    }
}

/// The first look, which every message pays: what is not kept is only stepped over.
void read(message_head& out, const json_value& object, event_arena& arena) {
    for (const auto& [key, value] : object.fields()) {
        if (key == "id") {
            out.id = value.id<message_id>();
        } else if (key == "content") {
            out.content = arena.text(value);
        } else if (key == "channel_id") {
            out.channel_id = value.id<channel_id>();
        } else if (key == "guild_id") {
            out.guild_id = value.id<guild_id>();
        }
    }
}

void read(deleted_messages& out, const json_value& object, event_arena& arena) {
    for (const auto& [key, value] : object.fields()) {
        if (key == "id") {
            auto one = arena.list<message_id>(1);
            one[0] = value.id<message_id>();
            out.ids = one;
        } else if (key == "ids") {
            out.ids = read_ids<message_id>(value, arena);
        } else if (key == "channel_id") {
            out.channel_id = value.id<channel_id>();
        } else if (key == "guild_id") {
            out.guild_id = value.id<guild_id>();
        }
    }
}

void read(guild_view& out, const json_value& object, event_arena& arena) {
    for (const auto& [key, value] : object.fields()) {
        if (key == "id") {
            out.id = value.id<guild_id>();
        } else if (key == "name") {
            out.name = arena.text(value);
        } else if (key == "icon") {
            out.icon = arena.text(value);
        } else if (key == "owner_id") {
            out.owner_id = value.id<user_id>();
        } else if (key == "member_count") {
            out.member_count = value.value_or<std::uint32_t>(0);
        } else if (key == "large") {
            out.large = value.value_or(false);
        }
    }
}

void read(guild_gone& out, const json_value& object, event_arena&) { out.id = object["id"].id<guild_id>(); }

void read(guild_member& out, const json_value& object, event_arena& arena) {
    for (const auto& [key, value] : object.fields()) {
        if (key == "guild_id") {
            out.guild_id = value.id<guild_id>();
        } else {
            read_member_field(out.member, key, value, arena);
        }
    }
}

void read(channel_view& out, const json_value& object, event_arena& arena) {
    for (const auto& [key, value] : object.fields()) {
        if (key == "id") {
            out.id = value.id<channel_id>();
        } else if (key == "guild_id") {
            out.guild_id = value.id<guild_id>();
        } else if (key == "parent_id") {
            out.parent_id = value.id<channel_id>();
        } else if (key == "owner_id") {
            out.owner_id = value.id<user_id>();
        } else if (key == "name") {
            out.name = arena.text(value);
        } else if (key == "topic") {
            out.topic = arena.text(value);
        } else if (key == "type") {
            out.type = value.value_or<std::uint32_t>(0);
        } else if (key == "position") {
            out.position = value.value_or<std::int32_t>(0);
        } else if (key == "rate_limit_per_user") {
            out.rate_limit_per_user = value.value_or<std::uint32_t>(0);
        } else if (key == "user_limit") {
            out.user_limit = value.value_or<std::uint32_t>(0);
        } else if (key == "nsfw") {
            out.nsfw = value.value_or(false);
        } else if (key == "thread_metadata") {
            out.archived = value["archived"].value_or(false);
            out.locked = value["locked"].value_or(false);
        }
    }
}

role_view read_role(const json_value& object, event_arena& arena) {
    role_view out;
    for (const auto& [key, value] : object.fields()) {
        if (key == "id") {
            out.id = value.id<role_id>();
        } else if (key == "name") {
            out.name = arena.text(value);
        } else if (key == "permissions") {
            out.permissions = value.unsigned_integer().value_or(0);
        } else if (key == "color") {
            out.color = value.value_or<std::uint32_t>(0);
        } else if (key == "position") {
            out.position = value.value_or<std::int32_t>(0);
        } else if (key == "hoist") {
            out.hoist = value.value_or(false);
        } else if (key == "managed") {
            out.managed = value.value_or(false);
        } else if (key == "mentionable") {
            out.mentionable = value.value_or(false);
        }
    }
    return out;
}

void read(guild_role& out, const json_value& object, event_arena& arena) {
    for (const auto& [key, value] : object.fields()) {
        if (key == "guild_id") {
            out.guild_id = value.id<guild_id>();
        } else if (key == "role") {
            out.role = read_role(value, arena);
        } else if (key == "role_id") {
            out.role.id = value.id<role_id>();
        }
    }
}

void read(voice_state_view& out, const json_value& object, event_arena& arena) {
    for (const auto& [key, value] : object.fields()) {
        if (key == "guild_id") {
            out.guild_id = value.id<guild_id>();
        } else if (key == "channel_id") {
            out.channel_id = value.id<channel_id>();
        } else if (key == "user_id") {
            out.user_id = value.id<user_id>();
        } else if (key == "member") {
            if (value) out.member = read_member(value, arena);
        } else if (key == "session_id") {
            out.session_id = arena.text(value);
        } else if (key == "deaf") {
            out.deaf = value.value_or(false);
        } else if (key == "mute") {
            out.mute = value.value_or(false);
        } else if (key == "self_deaf") {
            out.self_deaf = value.value_or(false);
        } else if (key == "self_mute") {
            out.self_mute = value.value_or(false);
        } else if (key == "self_stream") {
            out.self_stream = value.value_or(false);
        } else if (key == "self_video") {
            out.self_video = value.value_or(false);
        } else if (key == "suppress") {
            out.suppress = value.value_or(false);
        }
    }
}

void read(voice_server& out, const json_value& object, event_arena& arena) {
    for (const auto& [key, value] : object.fields()) {
        if (key == "guild_id") {
            out.guild_id = value.id<guild_id>();
        } else if (key == "token") {
            out.token = arena.text(value);
        } else if (key == "endpoint") {
            out.endpoint = arena.text(value);
        }
    }
}

void read(reaction& out, const json_value& object, event_arena& arena) {
    for (const auto& [key, value] : object.fields()) {
        if (key == "user_id") {
            out.user_id = value.id<user_id>();
        } else if (key == "channel_id") {
            out.channel_id = value.id<channel_id>();
        } else if (key == "message_id") {
            out.message_id = value.id<message_id>();
        } else if (key == "guild_id") {
            out.guild_id = value.id<guild_id>();
        } else if (key == "message_author_id") {
            out.message_author_id = value.id<user_id>();
        } else if (key == "emoji") {
            out.emoji = read_emoji(value, arena);
        } else if (key == "burst") {
            out.burst = value.value_or(false);
        }
    }
}

void read(interaction_fields& out, const json_value& object, event_arena& arena) {
    for (const auto& [key, value] : object.fields()) {
        if (key == "id") {
            out.id = value.id<interaction_id>();
        } else if (key == "application_id") {
            out.application_id = value.id<application_id>();
        } else if (key == "guild_id") {
            out.guild_id = value.id<guild_id>();
        } else if (key == "channel_id") {
            out.channel_id = value.id<channel_id>();
        } else if (key == "user") {
            if (value) out.user = read_user(value, arena);
        } else if (key == "member") {
            if (value) out.member = read_member(value, arena);
        } else if (key == "token") {
            out.token = arena.text(value);
        } else if (key == "locale") {
            out.locale = arena.text(value);
        } else if (key == "type") {
            out.type = value.value_or<std::uint32_t>(0);
        } else if (key == "data") {
            out.data = value.raw();
            for (const auto& [name, inner] : value.fields()) {
                if (name == "name") {
                    out.command = arena.text(inner);
                } else if (name == "id") {
                    out.command_number = inner.id<command_id>();
                } else if (name == "custom_id") {
                    out.custom_id = arena.text(inner);
                }
            }
        }
    }
    if (!out.user.id && out.member) out.user = out.member->user;
}

bool named(const message_head& of) { return of.id && of.channel_id; }
bool named(const deleted_messages& of) { return !of.ids.empty() && of.channel_id; }
bool named(const guild_view& of) { return static_cast<bool>(of.id); }
bool named(const guild_gone& of) { return static_cast<bool>(of.id); }
bool named(const guild_member& of) { return of.guild_id && of.member.user.id; }
bool named(const channel_view& of) { return static_cast<bool>(of.id); }
bool named(const guild_role& of) { return of.guild_id && of.role.id; }
bool named(const voice_state_view& of) { return static_cast<bool>(of.user_id); }
bool named(const voice_server& of) { return static_cast<bool>(of.guild_id); }
bool named(const reaction& of) { return of.message_id && of.channel_id; }
bool named(const interaction_fields& of) { return of.id && !of.token.empty(); }

template <class Fields>
result<event_fields> read_as(event_type type, std::string_view json, event_arena& arena) {
    event_fields out(std::in_place_type<Fields>);
    auto& fields = std::get<Fields>(out);
    read(fields, json_value(json), arena);
    if (!named(fields)) {
        return std::unexpected(failure(bot_errc::bad_answer, std::string(name_of(type)) + " without the ids that it needs"));
    }
    return out;
}

}  // namespace

result<event_fields> read_fields(event_type type, std::string_view json, event_arena& arena) {
    switch (type) {
        case event_type::message_create:
        case event_type::message_update: return read_as<message_head>(type, json, arena);
        case event_type::message_delete:
        case event_type::message_delete_bulk: return read_as<deleted_messages>(type, json, arena);
        case event_type::guild_loaded:
        case event_type::guild_joined:
        case event_type::guild_available:
        case event_type::guild_update: return read_as<guild_view>(type, json, arena);
        case event_type::guild_unavailable:
        case event_type::guild_left: return read_as<guild_gone>(type, json, arena);
        case event_type::guild_member_add:
        case event_type::guild_member_update:
        case event_type::guild_member_remove:
        case event_type::guild_ban_add:
        case event_type::guild_ban_remove: return read_as<guild_member>(type, json, arena);
        case event_type::channel_create:
        case event_type::channel_update:
        case event_type::channel_delete:
        case event_type::thread_create:
        case event_type::thread_update:
        case event_type::thread_delete: return read_as<channel_view>(type, json, arena);
        case event_type::guild_role_create:
        case event_type::guild_role_update:
        case event_type::guild_role_delete: return read_as<guild_role>(type, json, arena);
        case event_type::voice_state_update: return read_as<voice_state_view>(type, json, arena);
        case event_type::voice_server_update: return read_as<voice_server>(type, json, arena);
        case event_type::message_reaction_add:
        case event_type::message_reaction_remove:
        case event_type::message_reaction_remove_all:
        case event_type::message_reaction_remove_emoji: return read_as<reaction>(type, json, arena);
        case event_type::interaction_create: return read_as<interaction_fields>(type, json, arena);
        case event_type::shard_ready:
        case event_type::shard_resumed: return event_fields(std::in_place_type<shard_notice>);
        case event_type::raw:
        case event_type::count_: break;
    }
    return event_fields();
}

const message_view& read_message(std::string_view json, event_arena& arena) {
    auto& out = arena.list<message_view>(1).front();
    read(out, json_value(json), arena);
    return out;
}

}  // namespace shoal::runtime
