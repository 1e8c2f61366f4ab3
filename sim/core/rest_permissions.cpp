#include "sim/core/rest_permissions.hpp"

#include <boost/json/parse.hpp>

#include "sim/core/permission_bits.hpp"
#include "sim/core/rest_posts.hpp"
#include "sim/core/rest_state.hpp"
#include "sim/core/rest_writes.hpp"

namespace shoal::sim {
namespace json = boost::json;
namespace {

bool filled(const json::object& body, const char* key) {
    const json::value* value = body.if_contains(key);
    return value != nullptr && !value->is_null();
}

/// Where the bot needs the permission: a channel, or else a guild; neither: the path names nothing that is in a guild.
struct scope {
    std::uint64_t channel = 0, guild = 0;
};
scope scope_of(const rest_state& state, const rest_request& asked) {
    if (asked.segments[0] == "guilds") return {.guild = state.where.has_guild(asked.id(1)) ? asked.id(1) : 0};
    std::uint64_t channel = asked.id(1);
    if (asked.segments[0] == "stage-instances" && asked.segments.size() == 1) {
        const json::value* named = asked.fields().if_contains("channel_id");
        channel = named != nullptr && named->is_string() ? parse_snowflake(std::string_view(named->get_string())).value_or(0) : 0;
    } else if (asked.segments[0] == "webhooks") {
        const auto hook = state.webhooks.find(asked.id(1));
        channel = hook == state.webhooks.end() ? 0 : hook->second.channel;
    } else if (asked.segments[0] == "invites") {
        const auto invite = state.invites.find(asked.segments[1]);
        channel = invite == state.invites.end() ? 0 : invite->second.channel;
    }
    return {.channel = state.where.guild_of_channel(channel) ? channel : 0};
}

json::object channel_object(const rest_state& state, std::uint64_t channel) {
    const auto text = state.where.channel(channel);
    return text ? json::parse(*text).as_object() : json::object();
}

bool made_by_bot(const rest_state& state, const json::object& thread) {
    const json::value* owner = thread.if_contains("owner_id");
    return owner != nullptr && *owner == json::value(std::to_string(state.where.bot_user_id()));
}

}  // namespace

std::optional<rest_answer> refused_for_permissions(rest_state& state, const rest_route& route, const rest_request& asked) {
    if (route.needs == 0 && route.needs_of == nullptr) return std::nullopt;
    const auto [channel, guild] = scope_of(state, asked);
    if (channel == 0 && guild == 0) return std::nullopt;
    const std::uint64_t has = channel != 0 ? state.where.bot_permissions_in(channel) : state.where.bot_permissions(guild);
    if (channel != 0 && (has & permission::view_channel) == 0) return missing_access();
    const std::uint64_t needed = route.needs | (route.needs_of != nullptr ? route.needs_of(state, asked) : 0);
    if ((needed & ~has) == 0) return std::nullopt;
    return missing_permissions();
}

namespace needs {

std::uint64_t message_post(rest_state& state, const rest_request& asked) {
    const json::object& body = asked.fields();
    std::uint64_t out = state.where.is_thread(asked.id(1)) ? permission::send_in_threads : permission::send_messages;
    if (const json::value* tts = body.if_contains("tts"); tts != nullptr && *tts == true) out |= permission::send_tts;
    if (filled(body, "message_reference")) out |= permission::read_history;
    if (!asked.files.empty()) out |= permission::attach_files;
    if (filled(body, "poll")) out |= permission::send_polls;
    return out;
}

/// One's own messages one may always delete.
std::uint64_t message_delete(rest_state& state, const rest_request& asked) {
    const auto message = read_message(state, asked.id(1), asked.id(3), asked.now);
    if (!message) return 0;  // The route says that there is none.
    return message->at("author").at("id") == json::value(std::to_string(state.where.bot_user_id())) ? 0
                                                                                                    : permission::manage_messages;
}

std::uint64_t reaction_delete(rest_state&, const rest_request& asked) {
    return asked.segments.back() == "@me" ? 0 : permission::manage_messages;
}

std::uint64_t channel_patch(rest_state& state, const rest_request& asked) {
    const json::object& body = asked.fields();
    if (!state.where.is_thread(asked.id(1))) {
        return permission::manage_channels | (filled(body, "permission_overwrites") ? permission::manage_roles : 0);
    }
    const json::object thread = channel_object(state, asked.id(1));
    // Who writes in an archived thread wakes it; who may write there may also say so. Its maker may name and archive it.
    const bool locks = filled(body, "locked") || filled(body, "rate_limit_per_user");
    if (!locks && made_by_bot(state, thread)) return 0;
    const json::value* archived = body.if_contains("archived");
    if (!locks && body.size() == 1 && archived != nullptr && *archived == false &&
        thread.at("thread_metadata").at("locked") != true)
        return permission::send_in_threads;
    return permission::manage_threads;
}

std::uint64_t channel_delete(rest_state& state, const rest_request& asked) {
    return state.where.is_thread(asked.id(1)) ? permission::manage_threads : permission::manage_channels;
}

std::uint64_t thread_post(rest_state& state, const rest_request& asked) {
    const json::object channel = channel_object(state, asked.id(1));
    const std::int64_t type = channel.empty() ? 0 : channel.at("type").as_int64();
    if (type == 15 || type == 16) return permission::send_messages;
    // Behind a message they are public, as are those of an announcement channel; else a private one is meant.
    const json::value* wanted = asked.fields().if_contains("type");
    const bool is_private = asked.segments.size() == 3 && (wanted == nullptr || *wanted == 12);
    return is_private ? permission::create_private_threads : permission::create_public_threads;
}

std::uint64_t thread_member_put(rest_state&, const rest_request& asked) {
    return asked.segments[3] == "@me" ? 0 : permission::send_in_threads;
}

std::uint64_t thread_member_delete(rest_state& state, const rest_request& asked) {
    if (asked.segments[3] == "@me") return 0;
    const json::object thread = channel_object(state, asked.id(1));
    const bool own = !thread.empty() && thread.at("type") == 12 && made_by_bot(state, thread);
    return own ? 0 : permission::manage_threads;
}

std::uint64_t member_patch(rest_state& state, const rest_request& asked) {
    const json::object& body = asked.fields();
    std::uint64_t out = 0;
    if (body.contains("nick"))
        out |= asked.id(3) == state.where.bot_user_id() ? permission::change_nickname : permission::manage_nicknames;
    if (body.contains("roles")) out |= permission::manage_roles;
    if (body.contains("mute")) out |= permission::mute_members;
    if (body.contains("deaf")) out |= permission::deafen_members;
    if (body.contains("channel_id")) out |= permission::move_members;
    if (body.contains("communication_disabled_until")) out |= permission::moderate_members;
    return out;
}

std::uint64_t own_member_patch(rest_state&, const rest_request& asked) {
    return asked.fields().contains("nick") ? permission::change_nickname : 0;
}

}  // namespace needs
}  // namespace shoal::sim
