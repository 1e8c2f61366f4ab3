// The readers of every event type, of messages, members and slash commands, over any JSON: what they hand out is UTF-8, and what
// they need is there.

#include "bot/event_readers.hpp"

#include "base/utf8.hpp"
#include "bytes.hpp"
#include "commands/registry.hpp"

using namespace shoal;
using namespace shoal::runtime;

namespace {

void look(std::string_view text) { SHOAL_ASSERT(is_utf8(text)); }
void look(const user_view& user) {
    look(user.username);
    look(user.global_name);
    look(user.avatar);
}
void look(const member_view& member) {
    look(member.user);
    look(member.nick);
    look(member.joined_at);
    look(member.timeout_until);
}
void look(const message_view& message) {
    look(message.author);
    look(message.content);
    look(message.timestamp);
    look(message.edited_timestamp);
    look(message.nonce);
    if (message.member) look(*message.member);
    for (const auto& each : message.attachments) {
        look(each.filename);
        look(each.content_type);
        look(each.url);
    }
}

struct looker {
    void operator()(const std::monostate&) const {}
    void operator()(const shoal::detail::message_head& of) const {
        SHOAL_ASSERT(of.id && of.channel_id);
        look(of.content);
    }
    void operator()(const shoal::detail::deleted_messages& of) const { SHOAL_ASSERT(!of.ids.empty() && of.channel_id); }
    void operator()(const guild_view& of) const {
        SHOAL_ASSERT(of.id);
        look(of.name);
        look(of.icon);
    }
    void operator()(const shoal::detail::guild_gone& of) const { SHOAL_ASSERT(of.id); }
    void operator()(const shoal::detail::guild_member& of) const {
        SHOAL_ASSERT(of.guild_id && of.member.user.id);
        look(of.member);
    }
    void operator()(const channel_view& of) const {
        SHOAL_ASSERT(of.id);
        look(of.name);
        look(of.topic);
    }
    void operator()(const shoal::detail::guild_role& of) const {
        SHOAL_ASSERT(of.guild_id && of.role.id);
        look(of.role.name);
    }
    void operator()(const voice_state_view& of) const {
        look(of.session_id);
        if (of.member) look(*of.member);
    }
    void operator()(const shoal::detail::voice_server& of) const {
        look(of.token);
        look(of.endpoint);
    }
    void operator()(const shoal::detail::reaction& of) const { look(of.emoji.name); }
    void operator()(const shoal::detail::interaction_fields& of) const {
        look(of.token);
        look(of.locale);
        look(of.user);
        look(of.command);
        look(of.custom_id);
        if (of.member) look(*of.member);
    }
    void operator()(const shoal::detail::shard_notice&) const {}
};

const commands::registry& some_commands() {
    static const commands::registry all = [] {
        commands::registry made;
        std::vector<command_option> options;
        for (const auto kind :
             {option_kind::string, option_kind::integer, option_kind::boolean, option_kind::user, option_kind::number}) {
            options.push_back({"a" + std::to_string(options.size()), "An option.", kind, false});
        }
        SHOAL_ASSERT(made.add({"ping", "Answers.", options}).has_value());
        return made;
    }();
    return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const fuzz::exact bytes(fuzz::input(data, size).rest());
    const auto json = bytes.view();
    for (std::size_t type = 0; type < event_types; ++type) {
        event_arena arena;
        if (const auto fields = read_fields(static_cast<event_type>(type), json, arena)) std::visit(looker{}, *fields);
    }
    event_arena in_place;
    look(read_message(json, in_place));
    event_arena copying{event_arena::copying{}};
    look(read_member(discord::json_value(json), copying));
    static_cast<void>(some_commands().route(json));
    return 0;
}
