// Invites.

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "sim/core/json_text.hpp"
#include "sim/core/rest_handlers.hpp"
#include "sim/core/rest_posts.hpp"
#include "sim/core/rest_writes.hpp"
#include "sim/core/world_state.hpp"

namespace shoal::sim::route {
namespace json = boost::json;
namespace {

/// Whether it leads somewhere and has not run out; an age of 0 means never.
bool alive(const rest_state& state, const invite& one, instant now) {
    if (!state.where.guild(one.guild) || !state.where.channel(one.channel)) return false;
    return one.max_age_s == 0 || now < one.made + std::chrono::seconds(one.max_age_s);
}

json::object object_of(const rest_state& state, const invite& one) {
    const json::object guild = json::parse(*state.where.guild(one.guild)).as_object();
    const json::object channel = json::parse(*state.where.channel(one.channel)).as_object();
    json::object out{
        {"type", 0},
        {"code", one.code},
        {"guild", chosen(guild, {"id", "name", "icon", "splash", "banner", "description", "features", "verification_level"})},
        {"guild_id", std::to_string(one.guild)},
        {"channel", chosen(channel, {"id", "name", "type"})},
        {"inviter", json::parse(*state.user_text(state.where.bot_user_id()))},
        {"uses", 0},
        {"max_uses", one.max_uses},
        {"max_age", one.max_age_s},
        {"temporary", one.temporary},
        {"created_at", state.time_text(one.made)}};
    out["expires_at"] =
        one.max_age_s == 0 ? json::value(nullptr) : json::value(state.time_text(one.made + std::chrono::seconds(one.max_age_s)));
    return out;
}

/// INVITE_* reach who may manage channels [2.9.4].
void tell(rest_state& state, const char* name, const invite& one, json::object told, rest_answer& answer) {
    if ((state.where.bot_permissions(one.guild) & (permission::administrator | permission::manage_channels)) == 0) return;
    told["guild_id"] = std::to_string(one.guild);
    told["channel_id"] = std::to_string(one.channel);
    const post_place place{.guild = one.guild, .channel = one.channel, .ephemeral_for = 0};
    answer.events.push_back(channel_event(state, name, place, intent::invites, 0, json::serialize(told)));
}

rest_answer listed(const rest_state& state, instant now, auto&& wanted) {
    json::array list;
    for (const auto& [code, one] : state.invites) {
        if (wanted(one) && alive(state, one, now)) list.push_back(object_of(state, one));
    }
    return {.body = json::serialize(list)};
}

}  // namespace

rest_answer invite_post(rest_state& state, const rest_request& asked) {
    const channel_of channel(state, asked);
    if (channel.refusal) return *channel.refusal;
    if (channel.place.guild == 0) return unknown_channel();
    form_errors errors;
    const form_path where(errors, {});
    const auto age = where.number(asked.fields(), "max_age", 0, 604800), uses = where.number(asked.fields(), "max_uses", 0, 100);
    const bool temporary = where.flag(asked.fields(), "temporary").value_or(false);
    if (!errors.empty()) return refuse_form(errors, asked);
    const auto in_guild =
        std::ranges::count_if(state.invites, [&](const auto& one) { return one.second.guild == channel.place.guild; });
    if (in_guild >= 1000) return refuse(400, 30016, "Maximum number of invites reached (1000)");
    constexpr std::string_view alphabet = "ABCDEFGHJKMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789";
    std::string code;
    while (code.size() < 8) code.push_back(alphabet[state.random.below(alphabet.size())]);
    const invite& made = state.invites[code] = {.code = code,
                                                .guild = channel.place.guild,
                                                .channel = channel.place.channel,
                                                .max_age_s = age.value_or(86400),
                                                .max_uses = uses.value_or(0),
                                                .temporary = temporary,
                                                .made = asked.now};
    json::object whole = object_of(state, made);
    rest_answer answer{.body = json::serialize(whole)};
    tell(state, "INVITE_CREATE", made,
         chosen(whole, {"type", "code", "inviter", "uses", "max_uses", "max_age", "temporary", "created_at", "expires_at"}),
         answer);
    return answer;
}

rest_answer channel_invites(rest_state& state, const rest_request& asked) {
    const channel_of channel(state, asked);
    if (channel.refusal) return *channel.refusal;
    return listed(state, asked.now, [&](const invite& one) { return one.channel == channel.place.channel; });
}

rest_answer guild_invites(rest_state& state, const rest_request& asked) {
    if (!state.where.has_guild(asked.id(1))) return unknown_guild();
    return listed(state, asked.now, [&](const invite& one) { return one.guild == asked.id(1); });
}

rest_answer invite_get(rest_state& state, const rest_request& asked) {
    const auto found = state.invites.find(asked.segments[1]);
    if (found == state.invites.end() || !alive(state, found->second, asked.now)) return unknown_invite();
    return {.body = json::serialize(object_of(state, found->second))};
}

rest_answer invite_delete(rest_state& state, const rest_request& asked) {
    const auto found = state.invites.find(asked.segments[1]);
    if (found == state.invites.end() || !alive(state, found->second, asked.now)) return unknown_invite();
    rest_answer answer{.body = json::serialize(object_of(state, found->second))};
    tell(state, "INVITE_DELETE", found->second, {{"code", found->first}}, answer);
    state.invites.erase(found);
    return answer;
}

}  // namespace shoal::sim::route
