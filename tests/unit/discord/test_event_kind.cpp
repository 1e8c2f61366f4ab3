#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "discord/event_kind.hpp"
#include "shoal/intents.hpp"

using namespace shoal;
using discord::event_kind;

TEST_CASE("all 79 documented dispatch names are known and each finds its own kind") {
    std::set<std::string_view> names;
    const auto count = static_cast<unsigned>(event_kind::count_);
    CHECK(count == 80);
    for (unsigned i = 1; i < count; ++i) {
        const auto kind = static_cast<event_kind>(i);
        const auto name = discord::name_of(kind);
        CHECK(names.insert(name).second);
        CHECK(discord::event_kind_of(name) == kind);
    }
}

TEST_CASE("a name that is not documented is unknown, however close it comes to one that is") {
    for (const std::string_view name : {"", "GUILD_JOIN_REQUEST_CREATE", "guild_create", "GUILD_CREATE ", "GUILD_CREAT", "READYY",
                                        "RESUME", "VOICE_CHANNEL_STATUS_UPDATES"}) {
        CAPTURE(name);
        CHECK(discord::event_kind_of(name) == event_kind::unknown);
    }
    CHECK(discord::event_kind_of(std::string(100'000, 'A')) == event_kind::unknown);
    CHECK(discord::name_of(event_kind::unknown).empty());
    CHECK(discord::name_of(event_kind::count_).empty());
    for (unsigned i = 1; i < static_cast<unsigned>(event_kind::count_); ++i) {
        auto name = std::string(discord::name_of(static_cast<event_kind>(i)));
        name[name.size() / 2] = '#';
        CHECK(discord::event_kind_of(name) == event_kind::unknown);
    }
}

TEST_CASE("an event says which intents bring it") {
    CHECK(discord::intents_of(event_kind::guild_create) == intents::guilds.bits());
    CHECK(discord::intents_of(event_kind::message_create) == (intents::guild_messages | intents::direct_messages).bits());
    CHECK(discord::intents_of(event_kind::message_delete_bulk) == intents::guild_messages.bits());
    CHECK(discord::intents_of(event_kind::thread_members_update) == (intents::guilds | intents::guild_members).bits());
    CHECK(discord::intents_of(event_kind::presence_update) == 1U << 8);
    CHECK(discord::intents_of(event_kind::message_poll_vote_add) == ((1U << 24) | (1U << 25)));
}

TEST_CASE("what Discord sends whatever was asked for needs no intent [2.9.1]") {
    std::set<std::string_view> always;
    for (unsigned i = 1; i < static_cast<unsigned>(event_kind::count_); ++i) {
        const auto kind = static_cast<event_kind>(i);
        if (discord::intents_of(kind) == 0) always.insert(discord::name_of(kind));
    }
    const std::set<std::string_view> documented = {"READY",
                                                   "RESUMED",
                                                   "INTERACTION_CREATE",
                                                   "GUILD_MEMBERS_CHUNK",
                                                   "SOUNDBOARD_SOUNDS",
                                                   "CHANNEL_INFO",
                                                   "RATE_LIMITED",
                                                   "USER_UPDATE",
                                                   "VOICE_SERVER_UPDATE",
                                                   "APPLICATION_COMMAND_PERMISSIONS_UPDATE",
                                                   "ENTITLEMENT_CREATE",
                                                   "ENTITLEMENT_UPDATE",
                                                   "ENTITLEMENT_DELETE",
                                                   "SUBSCRIPTION_CREATE",
                                                   "SUBSCRIPTION_UPDATE",
                                                   "SUBSCRIPTION_DELETE"};
    CHECK(always == documented);
}

TEST_CASE("every documented intent but MESSAGE_CONTENT brings at least one event, and no event needs another one") {
    std::uint64_t used = 0;
    for (unsigned i = 1; i < static_cast<unsigned>(event_kind::count_); ++i)
        used |= discord::intents_of(static_cast<event_kind>(i));
    CHECK(used == (intents::all - intents::message_content).bits());
}

TEST_CASE("the intent masks are Discord's numbers [2.9]") {
    CHECK(intents::all.bits() == 53608447);
    CHECK(intents::unprivileged.bits() == 53575421);
    CHECK(intents::privileged.bits() == 0x8102);
    CHECK((intents::guild_members | intents::guild_presences | intents::message_content) == intents::privileged);
    CHECK((intents::all - intents::privileged) == intents::unprivileged);
    std::uint64_t named = 0;
    for (unsigned bit = 0; bit < 63; ++bit) {
        if (!intent_name(bit).empty()) named |= std::uint64_t{1} << bit;
    }
    CHECK(named == intents::all.bits());
    CHECK(intent_name(15) == "MESSAGE_CONTENT");
    CHECK(intent_name(21) == "AUTO_MODERATION_EXECUTION");
}

TEST_CASE("from_handlers is a wish that never reaches Discord's number") {
    const auto wanted = intents::from_handlers | intents::message_content;
    CHECK(wanted.wants_handlers());
    CHECK(wanted.bits() == 1U << 15);
    CHECK_FALSE(intents::all.wants_handlers());
    CHECK(wanted.names() == std::vector<std::string>{"MESSAGE_CONTENT"});
    CHECK((intents::guilds | intents(std::uint64_t{1} << 40)).names() == std::vector<std::string>{"GUILDS", "bit 40"});
}

TEST_CASE("the intents of every event are those of Discord's own list [2.9]") {
    // By intent, as Discord's page lists them; events that need none are in the test above.
    struct entry {
        intents bit;
        std::vector<std::string_view> events;
    };
    const std::vector<entry> documented = {
        {intents::guilds,
         {"GUILD_CREATE",
          "GUILD_UPDATE",
          "GUILD_DELETE",
          "GUILD_ROLE_CREATE",
          "GUILD_ROLE_UPDATE",
          "GUILD_ROLE_DELETE",
          "CHANNEL_CREATE",
          "CHANNEL_UPDATE",
          "CHANNEL_DELETE",
          "CHANNEL_PINS_UPDATE",
          "THREAD_CREATE",
          "THREAD_UPDATE",
          "THREAD_DELETE",
          "THREAD_LIST_SYNC",
          "THREAD_MEMBER_UPDATE",
          "THREAD_MEMBERS_UPDATE",
          "STAGE_INSTANCE_CREATE",
          "STAGE_INSTANCE_UPDATE",
          "STAGE_INSTANCE_DELETE",
          "VOICE_CHANNEL_STATUS_UPDATE",
          "VOICE_CHANNEL_START_TIME_UPDATE"}},
        {intents::guild_members, {"GUILD_MEMBER_ADD", "GUILD_MEMBER_UPDATE", "GUILD_MEMBER_REMOVE", "THREAD_MEMBERS_UPDATE"}},
        {intents::guild_moderation, {"GUILD_AUDIT_LOG_ENTRY_CREATE", "GUILD_BAN_ADD", "GUILD_BAN_REMOVE"}},
        {intents::guild_expressions,
         {"GUILD_EMOJIS_UPDATE", "GUILD_STICKERS_UPDATE", "GUILD_SOUNDBOARD_SOUND_CREATE", "GUILD_SOUNDBOARD_SOUND_UPDATE",
          "GUILD_SOUNDBOARD_SOUND_DELETE", "GUILD_SOUNDBOARD_SOUNDS_UPDATE"}},
        {intents::guild_integrations,
         {"GUILD_INTEGRATIONS_UPDATE", "INTEGRATION_CREATE", "INTEGRATION_UPDATE", "INTEGRATION_DELETE"}},
        {intents::guild_webhooks, {"WEBHOOKS_UPDATE"}},
        {intents::guild_invites, {"INVITE_CREATE", "INVITE_DELETE"}},
        {intents::guild_voice_states, {"VOICE_STATE_UPDATE", "VOICE_CHANNEL_EFFECT_SEND"}},
        {intents::guild_presences, {"PRESENCE_UPDATE"}},
        {intents::guild_messages, {"MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE", "MESSAGE_DELETE_BULK"}},
        {intents::direct_messages, {"MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE", "CHANNEL_PINS_UPDATE"}},
        {intents::guild_message_reactions,
         {"MESSAGE_REACTION_ADD", "MESSAGE_REACTION_REMOVE", "MESSAGE_REACTION_REMOVE_ALL", "MESSAGE_REACTION_REMOVE_EMOJI"}},
        {intents::direct_message_reactions,
         {"MESSAGE_REACTION_ADD", "MESSAGE_REACTION_REMOVE", "MESSAGE_REACTION_REMOVE_ALL", "MESSAGE_REACTION_REMOVE_EMOJI"}},
        {intents::guild_message_typing, {"TYPING_START"}},
        {intents::direct_message_typing, {"TYPING_START"}},
        {intents::guild_scheduled_events,
         {"GUILD_SCHEDULED_EVENT_CREATE", "GUILD_SCHEDULED_EVENT_UPDATE", "GUILD_SCHEDULED_EVENT_DELETE",
          "GUILD_SCHEDULED_EVENT_USER_ADD", "GUILD_SCHEDULED_EVENT_USER_REMOVE"}},
        {intents::auto_moderation_configuration,
         {"AUTO_MODERATION_RULE_CREATE", "AUTO_MODERATION_RULE_UPDATE", "AUTO_MODERATION_RULE_DELETE"}},
        {intents::auto_moderation_execution, {"AUTO_MODERATION_ACTION_EXECUTION"}},
        {intents::guild_message_polls, {"MESSAGE_POLL_VOTE_ADD", "MESSAGE_POLL_VOTE_REMOVE"}},
        {intents::direct_message_polls, {"MESSAGE_POLL_VOTE_ADD", "MESSAGE_POLL_VOTE_REMOVE"}},
    };
    std::map<std::string_view, std::uint64_t> expected;
    for (const auto& [bit, events] : documented) {
        for (const auto name : events) expected[name] |= bit.bits();
    }
    for (unsigned i = 1; i < static_cast<unsigned>(event_kind::count_); ++i) {
        const auto name = discord::name_of(static_cast<event_kind>(i));
        CAPTURE(name);
        CHECK(discord::intents_of(static_cast<event_kind>(i)) == expected[name]);
    }
    CHECK(expected.size() == 79);
}
