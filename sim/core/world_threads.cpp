// Threads over REST: made from messages or without, archived, joined and left [#46].

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <iterator>

#include "sim/core/world_state.hpp"

namespace shoal::sim {
namespace json = boost::json;
namespace {

using with = guild_renderer::with_guild_id;

json::object thread_member(std::uint64_t thread, std::uint64_t user, const std::string& joined) {
    return {{"id", std::to_string(thread)}, {"user_id", std::to_string(user)}, {"join_timestamp", joined}, {"flags", 1}};
}

}  // namespace

void world_state::overlay_metadata(guild_record& guild, std::uint32_t thread, const json::object& changed) {
    json::object metadata = json::parse(renderer(guild).thread(thread, with::yes)).as_object().at("thread_metadata").as_object();
    for (const auto& field : changed) metadata[field.key()] = field.value();
    overlay(guild, kind::thread, thread, {{"thread_metadata", std::move(metadata)}});
}

world_event world_state::tell_threads_of(guild_record& guild, const std::vector<std::uint32_t>& channels) {
    const guild_renderer things = renderer(guild);
    json_text out;
    out.open('{').id("guild_id", guild.id).key("channel_ids").open('[');
    for (const std::uint32_t channel : channels) out.id(things.facts().id_of(kind::channel, channel));
    out.close(']');
    json::array members;
    out.key("threads").open('[');
    for (std::uint32_t i = 0; i < things.facts().end_index(kind::thread); ++i) {
        if (!things.thread_active(i)) continue;
        const auto parent = things.thread_parent(i);
        if (!parent || std::ranges::find(channels, *parent) == channels.end()) continue;
        out.raw(things.thread(i, with::yes));
        const std::uint64_t id = things.facts().id_of(kind::thread, i);
        const auto in = guild.changed().thread_members.find(id);
        if (in != guild.changed().thread_members.end() && in->second.contains(bot.user))
            members.push_back(thread_member(id, bot.user, iso_time(discord_epoch_ms + discord_ms_of(id))));
    }
    out.close(']').raw("members", json::serialize(members)).close('}');
    return tell("THREAD_LIST_SYNC", guild.id, intent::guilds, out.take());
}

std::vector<std::uint32_t> world_state::parents_in_sight(const guild_record& guild) const {
    const guild_renderer things = renderer(guild);
    auto found = things.channels_of({0, 5, 15, 16});
    std::erase_if(found, [&things](std::uint32_t channel) { return !things.bot_sees(channel); });
    return found;
}

void world_state::tell_of_new_sights(guild_record& guild, const std::vector<std::uint32_t>& before,
                                     std::vector<world_event>& events) {
    std::vector<std::uint32_t> opened;
    std::ranges::set_difference(parents_in_sight(guild), before, std::back_inserter(opened));
    if (!opened.empty()) events.push_back(tell_threads_of(guild, opened));
}

void world_state::archive_children(guild_record& guild, std::uint32_t channel, instant now) {
    const std::uint32_t end = renderer(guild).facts().end_index(kind::thread);
    for (std::uint32_t i = 0; i < end; ++i) {
        const guild_renderer things = renderer(guild);
        if (!things.thread_active(i) || things.thread_parent(i) != channel) continue;
        const json::value parent(std::to_string(things.facts().id_of(kind::channel, channel)));
        overlay_metadata(guild, i, {{"archived", true}, {"archive_timestamp", iso_time(clock.unix_ms(now))}});
        overlay(guild, kind::thread, i, {{"parent_id", parent}});
    }
}

bool world::is_thread(std::uint64_t channel) const { return impl_->place_of(kind::thread, channel).has_value(); }

std::optional<world_change> world::create_thread(std::uint64_t parent, json::object fields, std::uint64_t message, instant now) {
    const auto place = impl_->place_of(kind::channel, parent);
    if (!place) return std::nullopt;
    guild_record& guild = *place->guild;
    const std::uint32_t index = impl_->create_entity(guild, kind::thread, now);
    entity_change& made = guild.changed().entities[static_cast<std::size_t>(kind::thread)][index];
    if (message != 0) {
        // A thread that grows from a message has the message's id, which does not lead back to the guild.
        made.id = message;
        impl_->minted_owners[message] = guild.slot;
    }
    const std::string time = iso_time(impl_->clock.unix_ms(now));
    const json::value minutes = fields.contains("auto_archive_duration") ? fields.at("auto_archive_duration") : json::value(4320);
    json::object metadata{{"archived", false},
                          {"auto_archive_duration", minutes},
                          {"archive_timestamp", time},
                          {"locked", false},
                          {"create_timestamp", time}};
    const bool invitable = !fields.contains("invitable") || fields.at("invitable") != false;
    if (fields.contains("type") && fields.at("type") == 12) metadata["invitable"] = invitable;
    fields.erase("auto_archive_duration");
    fields.erase("invitable");
    fields["thread_metadata"] = std::move(metadata);
    fields["parent_id"] = std::to_string(parent);
    fields["owner_id"] = std::to_string(impl_->bot.user);
    for (const char* count : {"message_count", "total_message_sent"}) fields[count] = 0;
    fields["member_count"] = 1;
    fields["last_message_id"] = nullptr;
    fields["member"] = json::object{{"join_timestamp", time}, {"flags", 1}, {"muted", false}, {"mute_config", nullptr}};
    merge(made.fields, fields);
    guild.changed().thread_members[made.id].insert(impl_->bot.user);
    std::string object = impl_->renderer(guild).thread(index, with::yes);
    world_change change{.object = object, .events = {}};
    object.pop_back();
    change.events.push_back(impl_->tell("THREAD_CREATE", guild.id, intent::guilds, object + ",\"newly_created\":true}"));
    return change;
}

std::optional<world_change> world::update_thread(std::uint64_t thread, json::object fields, instant now) {
    const auto place = impl_->place_of(kind::thread, thread);
    if (!place) return std::nullopt;
    guild_record& guild = *place->guild;
    json::object metadata;
    for (const char* key : {"archived", "locked", "invitable", "auto_archive_duration"}) {
        if (const json::value* value = fields.if_contains(key)) metadata[key] = *value;
        fields.erase(key);
    }
    if (metadata.contains("archived")) metadata["archive_timestamp"] = iso_time(impl_->clock.unix_ms(now));
    if (!metadata.empty()) impl_->overlay_metadata(guild, place->index, metadata);
    impl_->overlay(guild, kind::thread, place->index, fields);
    world_change change{.object = *this->channel(thread), .events = {}};
    change.events.push_back(impl_->tell("THREAD_UPDATE", guild.id, intent::guilds, change.object));
    return change;
}

std::optional<world_change> world::delete_thread(std::uint64_t thread) {
    const auto place = impl_->place_of(kind::thread, thread);
    if (!place) return std::nullopt;
    guild_record& guild = *place->guild;
    world_change change{.object = *this->channel(thread), .events = {}};
    const json::object was = json::parse(change.object).as_object();
    json_text out;
    out.open('{').id("id", thread).id("guild_id", guild.id).field("type", was.at("type").as_int64());
    out.field("parent_id", std::string_view(was.at("parent_id").as_string())).close('}');
    impl_->erase_entity(guild, kind::thread, place->index);
    guild.changed().thread_members.erase(thread);
    change.events.push_back(impl_->tell("THREAD_DELETE", guild.id, intent::guilds, out.take()));
    return change;
}

std::vector<std::string> world::threads(std::uint64_t guild, std::uint64_t parent, bool archived) const {
    std::vector<std::string> list;
    const guild_record* record = impl_->find(guild);
    if (record == nullptr) return list;
    const guild_renderer things = impl_->renderer(*record);
    for (std::uint32_t i = 0; i < things.facts().end_index(kind::thread); ++i) {
        if (!things.facts().exists(kind::thread, i)) continue;
        const auto above = things.thread_parent(i);
        if (!above || (parent != 0 && things.facts().id_of(kind::channel, *above) != parent)) continue;
        if (things.thread_active(i) != archived) list.push_back(things.thread(i, with::yes));
    }
    return list;
}

std::vector<std::string> world::thread_members(std::uint64_t thread) const {
    std::vector<std::string> list;
    const auto place = impl_->place_of(kind::thread, thread);
    if (!place || !place->guild->changes) return list;
    const auto in = place->guild->changes->thread_members.find(thread);
    if (in == place->guild->changes->thread_members.end()) return list;
    const std::string joined = iso_time(discord_epoch_ms + discord_ms_of(thread));
    for (const std::uint64_t user : in->second) list.push_back(json::serialize(thread_member(thread, user, joined)));
    return list;
}

std::optional<world_change> world::set_thread_member(std::uint64_t thread, std::uint64_t user, bool in, instant now) {
    const auto place = impl_->place_of(kind::thread, thread);
    if (!place) return std::nullopt;
    guild_record& guild = *place->guild;
    auto& members = guild.changed().thread_members[thread];
    world_change change;
    if (in ? !members.insert(user).second : members.erase(user) == 0) return change;
    const std::string time = iso_time(impl_->clock.unix_ms(now));
    const auto count = static_cast<std::int64_t>(std::min<std::size_t>(members.size(), 50));  // [6.8.3]
    impl_->overlay(guild, kind::thread, place->index, {{"member_count", count}});
    const bool own = user == impl_->bot.user;
    auto& fields = *guild.changed().entities[static_cast<std::size_t>(kind::thread)][place->index].fields;
    if (own && in)
        fields["member"] = json::object{{"join_timestamp", time}, {"flags", 1}, {"muted", false}, {"mute_config", nullptr}};
    if (own && !in) fields.erase("member");
    json::object told{{"id", std::to_string(thread)}, {"guild_id", std::to_string(guild.id)}, {"member_count", count}};
    if (in) {
        json::object member = thread_member(thread, user, time);
        if (own) {
            json::object mine = member;
            mine["guild_id"] = std::to_string(guild.id);
            change.events.push_back(impl_->tell("THREAD_MEMBER_UPDATE", guild.id, intent::guilds, json::serialize(mine)));
        }
        if (auto whole = this->member(guild.id, user)) member["member"] = json::parse(*whole);
        member["presence"] = nullptr;
        told["added_members"] = json::array{std::move(member)};
    } else {
        told["removed_member_ids"] = json::array{json::value(std::to_string(user))};
    }
    // Of others only those hear who asked for members; of itself the bot hears anyway [2.9].
    change.events.push_back(impl_->tell("THREAD_MEMBERS_UPDATE", guild.id,
                                        own ? intent::guilds | intent::members : intent::members, json::serialize(told)));
    return change;
}

}  // namespace shoal::sim
