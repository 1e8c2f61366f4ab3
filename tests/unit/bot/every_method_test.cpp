// Each method of each kind of object: what goes out for it, with the ids of its object. Not here: what it gives back.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "bot_fixture.hpp"

using namespace shoal;
using namespace shoal::test;

namespace {

using shoal::detail::origin;
using lines = std::vector<std::string>;

/// What went out: "METHOD path body", of each request the reason too if it has one.
lines sent(const scripted_http& http) {
    lines out;
    for (const auto& each : http.requests) {
        std::string line = each.method + " " + each.url.substr(std::string_view("https://sim/api").size());
        auto body = each.body;
        // A nonce is another in every call.
        if (body.starts_with("{\"nonce\"")) body = "{" + body.substr(body.find("\"content\""));
        if (!body.empty()) line += " " + body;
        for (const auto& header : each.headers) {
            if (header.name == "X-Audit-Log-Reason") line += " because " + header.value;
        }
        out.push_back(std::move(line));
    }
    return out;
}

template <class View, class Id>
View made(origin from, Id id) {
    View it;
    it.id = id;
    if constexpr (requires { it.from; }) it.from = from;
    return it;
}

/// The requests of what is done in a handler, with where its event came from.
template <class What>
lines asked(What what) {
    fixture f;
    bool ended = false;
    f.http.answer = [](const net::http_request& request) {
        if (request.url.ends_with("/users/@me/channels")) return net::http_response{200, {}, R"({"id":"77","type":1})"};
        return net::http_response{200, {}, R"({"id":"99","channel_id":"20"})"};
    };
    f.bot.on([&](message_create event) -> task<> {
        auto from = event.message().from;
        from.guild = guild_id(10);
        co_await what(from);
        ended = true;
    });
    f.open();
    CHECK(f.message(R"("x")"));
    f.on.run_for(1h);
    CHECK(ended);
    return sent(f.http);
}

/// How it ends is not looked at: a list is not what the script answers.
template <class Call>
task<> go(Call what) {
    static_cast<void>(co_await std::move(what).result());
}

}  // namespace

TEST_CASE("each method of people and members asks for its own") {
    CHECK(asked([](origin from) -> task<> {
              const auto user = made<user_view>(from, user_id(5));
              member_view member;
              member.user = user;
              member.from = from;
              co_await go(user.send("x"));
              co_await go(user.send(message{.content = "x"}));
              co_await go(member.edit({.nick = "n"}).reason("r"));
              co_await go(member.add_role(role_id(31)).reason("r"));
              co_await go(member.remove_role(role_id(31)).reason("r"));
              co_await go(member.kick().reason("r"));
              co_await go(member.ban({.delete_messages_of_last = std::chrono::hours(1)}).reason("r"));
              co_await go(member.ban().reason("r"));
              co_await go(member.end_timeout().reason("r"));
              co_await go(member.send("x"));
              co_await go(member.send(message{.content = "y"}));
          }) == lines{R"(POST /users/@me/channels {"recipient_id":"5"})",
                      R"(POST /channels/77/messages {"content":"x","allowed_mentions":{"parse":[],"replied_user":false}})",
                      R"(POST /users/@me/channels {"recipient_id":"5"})",
                      R"(POST /channels/77/messages {"content":"x","allowed_mentions":{"parse":[],"replied_user":false}})",
                      R"(PATCH /guilds/10/members/5 {"nick":"n"} because r)", R"(PUT /guilds/10/members/5/roles/31 because r)",
                      R"(DELETE /guilds/10/members/5/roles/31 because r)", R"(DELETE /guilds/10/members/5 because r)",
                      R"(PUT /guilds/10/bans/5 {"delete_message_seconds":3600} because r)",
                      R"(PUT /guilds/10/bans/5 {} because r)",
                      R"(PATCH /guilds/10/members/5 {"communication_disabled_until":null} because r)",
                      R"(POST /users/@me/channels {"recipient_id":"5"})",
                      R"(POST /channels/77/messages {"content":"x","allowed_mentions":{"parse":[],"replied_user":false}})",
                      R"(POST /users/@me/channels {"recipient_id":"5"})",
                      R"(POST /channels/77/messages {"content":"y","allowed_mentions":{"parse":[],"replied_user":false}})"});
}

TEST_CASE("each method of channels and threads asks for its own") {
    CHECK(
        asked([](origin from) -> task<> {
            const auto channel = made<channel_view>(from, channel_id(20));
            co_await go(channel.edit({.name = "n"}).reason("r"));
            co_await go(channel.remove().reason("r"));
            co_await go(channel.show_typing());
            co_await go(channel.list_messages());
            co_await go(channel.list_messages({.before = message_id(50), .limit = 7}));
            co_await go(channel.get_message(message_id(50)));
            co_await go(channel.delete_messages({.messages = {message_id(50), message_id(51)}}).reason("r"));
            co_await go(channel.set_overwrite(5, {.type = overwrite_type::member, .deny = permission::view_channel}).reason("r"));
            co_await go(channel.delete_overwrite(5).reason("r"));
            co_await go(channel.create_thread({.name = "t"}).reason("r"));
            co_await go(channel.create_invite({.max_uses = 3}).reason("r"));
            co_await go(channel.create_webhook({.name = "w"}).reason("r"));
            co_await go(channel.create_post({.name = "t"}, message{.content = "x"}).reason("r"));
            co_await go(channel.join());
            co_await go(channel.leave());
            co_await go(channel.add_member(user_id(5)));
            co_await go(channel.remove_member(user_id(5)));
            co_await go(channel.archive().reason("r"));
            co_await go(channel.lock().reason("r"));
            co_await go(channel.reopen().reason("r"));
        }) ==
        lines{
            R"(PATCH /channels/20 {"name":"n"} because r)",
            R"(DELETE /channels/20 because r)",
            R"(POST /channels/20/typing)",
            R"(GET /channels/20/messages)",
            R"(GET /channels/20/messages?before=50&limit=7)",
            R"(GET /channels/20/messages/50)",
            R"(POST /channels/20/messages/bulk-delete {"messages":["50","51"]} because r)",
            R"(PUT /channels/20/permissions/5 {"type":1,"deny":"1024"} because r)",
            R"(DELETE /channels/20/permissions/5 because r)",
            R"(POST /channels/20/threads {"name":"t"} because r)",
            R"(POST /channels/20/invites {"max_uses":3} because r)",
            R"(POST /channels/20/webhooks {"name":"w"} because r)",
            R"(POST /channels/20/threads {"name":"t","message":{"content":"x","allowed_mentions":{"parse":[],"replied_user":false}}} because r)",
            R"(PUT /channels/20/thread-members/@me)",
            R"(DELETE /channels/20/thread-members/@me)",
            R"(PUT /channels/20/thread-members/5)",
            R"(DELETE /channels/20/thread-members/5)",
            R"(PATCH /channels/20 {"archived":true} because r)",
            R"(PATCH /channels/20 {"archived":true,"locked":true} because r)",
            R"(PATCH /channels/20 {"archived":false,"locked":false} because r)"});
}

TEST_CASE("each method of messages asks for its own") {
    CHECK(asked([](origin from) -> task<> {
              auto message = made<message_view>(from, message_id(50));
              message.channel_id = channel_id(20);
              co_await go(message.remove().reason("r"));
              co_await go(message.react("x"));
              co_await go(message.unreact("x"));
              co_await go(message.remove_reaction("x", user_id(5)));
              co_await go(message.clear_reactions());
              co_await go(message.list_reactions("x"));
              co_await go(message.list_reactions("x", {.limit = 7}));
              co_await go(message.pin().reason("r"));
              co_await go(message.unpin().reason("r"));
              co_await go(message.publish());
              co_await go(message.create_thread({.name = "t"}).reason("r"));
              co_await go(message.end_poll());
              co_await go(message.edit("x"));
              co_await go(message.edit({.content = "y"}));
          }) == lines{R"(DELETE /channels/20/messages/50 because r)", R"(PUT /channels/20/messages/50/reactions/x/@me)",
                      R"(DELETE /channels/20/messages/50/reactions/x/@me)", R"(DELETE /channels/20/messages/50/reactions/x/5)",
                      R"(DELETE /channels/20/messages/50/reactions)", R"(GET /channels/20/messages/50/reactions/x)",
                      R"(GET /channels/20/messages/50/reactions/x?limit=7)", R"(PUT /channels/20/messages/pins/50 because r)",
                      R"(DELETE /channels/20/messages/pins/50 because r)", R"(POST /channels/20/messages/50/crosspost)",
                      R"(POST /channels/20/messages/50/threads {"name":"t"} because r)", R"(POST /channels/20/polls/50/expire)",
                      R"(PATCH /channels/20/messages/50 {"content":"x","allowed_mentions":{"parse":[],"replied_user":false}})",
                      R"(PATCH /channels/20/messages/50 {"content":"y","allowed_mentions":{"parse":[],"replied_user":false}})"});
}

TEST_CASE("each method of guilds asks for its own") {
    CHECK(
        asked([](origin from) -> task<> {
            const auto guild = made<guild_view>(from, guild_id(11));
            co_await go(guild.edit({.name = "n"}).reason("r"));
            co_await go(guild.leave());
            co_await go(guild.create_channel({.name = "n"}).reason("r"));
            co_await go(guild.move_channels({{.id = channel_id(20), .position = 1}}));
            co_await go(guild.create_role({.name = "n"}).reason("r"));
            co_await go(guild.move_roles({{.id = role_id(31), .position = 1}}).reason("r"));
            co_await go(guild.get_member(user_id(5)));
            co_await go(guild.search_members({.query = "a"}));
            co_await go(guild.ban(user_id(5), {}).reason("r"));
            co_await go(guild.unban(user_id(5)).reason("r"));
            co_await go(guild.list_bans());
            co_await go(guild.list_bans({.limit = 7}));
            co_await go(guild.create_emoji({.name = "n"}).reason("r"));
            co_await go(guild.create_scheduled_event({.name = "n"}).reason("r"));
            co_await go(guild.create_automod_rule({.name = "n", .actions = {}}).reason("r"));
        }) ==
        lines{
            R"(PATCH /guilds/11 {"name":"n"} because r)", R"(DELETE /users/@me/guilds/11)",
            R"(POST /guilds/11/channels {"name":"n"} because r)", R"(PATCH /guilds/11/channels [{"id":"20","position":1}])",
            R"(POST /guilds/11/roles {"name":"n"} because r)", R"(PATCH /guilds/11/roles [{"id":"31","position":1}] because r)",
            R"(GET /guilds/11/members/5)", R"(GET /guilds/11/members/search?query=a)", R"(PUT /guilds/11/bans/5 {} because r)",
            R"(DELETE /guilds/11/bans/5 because r)", R"(GET /guilds/11/bans)", R"(GET /guilds/11/bans?limit=7)",
            R"(POST /guilds/11/emojis {"name":"n","image":"data:application/octet-stream;base64,"} because r)",
            R"(POST /guilds/11/scheduled-events {"name":"n","scheduled_start_time":"1970-01-01T00:00:00.000Z","entity_type":0} because r)",
            R"(POST /guilds/11/auto-moderation/rules {"name":"n","event_type":0,"trigger_type":0,"actions":[]} because r)"});
}

TEST_CASE("each method of what a guild has asks for its own") {
    CHECK(asked([](origin from) -> task<> {
              const auto role = made<role_view>(from, role_id(31));
              const auto emoji = made<emoji_view>(from, emoji_id(60));
              const auto sticker = made<sticker_view>(from, sticker_id(61));
              const auto sound = made<sound_view>(from, sound_id(62));
              const auto event = made<scheduled_event_view>(from, scheduled_event_id(63));
              const auto rule = made<automod_rule_view>(from, automod_rule_id(64));
              const auto webhook = made<webhook_view>(from, webhook_id(65));
              auto stage = made<stage_instance_view>(from, stage_instance_id(66));
              stage.channel_id = channel_id(21);
              co_await go(role.edit({.name = "n"}).reason("r"));
              co_await go(role.remove().reason("r"));
              co_await go(emoji.edit({.name = "n"}).reason("r"));
              co_await go(emoji.remove().reason("r"));
              co_await go(sticker.edit({.name = "n"}).reason("r"));
              co_await go(sticker.remove().reason("r"));
              co_await go(sound.edit({.name = "n"}).reason("r"));
              co_await go(sound.remove().reason("r"));
              co_await go(event.edit({.name = "n"}).reason("r"));
              co_await go(event.remove());
              co_await go(rule.edit({.name = "n"}).reason("r"));
              co_await go(rule.remove().reason("r"));
              co_await go(webhook.edit({.name = "n"}).reason("r"));
              co_await go(webhook.remove().reason("r"));
              co_await go(stage.edit({.topic = "n"}).reason("r"));
              co_await go(stage.close().reason("r"));
          }) == lines{R"(PATCH /guilds/10/roles/31 {"name":"n"} because r)", R"(DELETE /guilds/10/roles/31 because r)",
                      R"(PATCH /guilds/10/emojis/60 {"name":"n"} because r)", R"(DELETE /guilds/10/emojis/60 because r)",
                      R"(PATCH /guilds/10/stickers/61 {"name":"n"} because r)", R"(DELETE /guilds/10/stickers/61 because r)",
                      R"(PATCH /guilds/10/soundboard-sounds/62 {"name":"n"} because r)",
                      R"(DELETE /guilds/10/soundboard-sounds/62 because r)",
                      R"(PATCH /guilds/10/scheduled-events/63 {"name":"n"} because r)",
                      R"(DELETE /guilds/10/scheduled-events/63)",
                      R"(PATCH /guilds/10/auto-moderation/rules/64 {"name":"n"} because r)",
                      R"(DELETE /guilds/10/auto-moderation/rules/64 because r)", R"(PATCH /webhooks/65 {"name":"n"} because r)",
                      R"(DELETE /webhooks/65 because r)", R"(PATCH /stage-instances/21 {"topic":"n"} because r)",
                      R"(DELETE /stage-instances/21 because r)"});
}
