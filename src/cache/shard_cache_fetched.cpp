// A session that goes on without its past: guilds known by id, by events, and by what HTTP answers.

#include <algorithm>

#include "cache/table_edit.hpp"

namespace shoal::cache {

using discord::event_kind;

void shard_cache::go_on_without_past(std::span<const discord::known_guild> guilds, bool none) {
    loading_ = false;
    guild_access::forget_everything(*this);
    if (!settings_.on) return;
    lost_past_ = true;
    guesses_guilds_ = guilds.empty() && !none;
    for (const auto& each : guilds.first(std::min(guilds.size(), most_listed)))
        find_or_add(each.id).available_ = each.state == discord::guild_state::available;
}

/// An event names a guild that nobody told of: it is one of the session's all the same.
void shard_cache::notice_guild(event_kind kind, const json_value& object) {
    // These say themselves what they mean.
    if (kind == event_kind::guild_create || kind == event_kind::guild_delete) return;
    const auto id = object[kind == event_kind::guild_update ? "id" : "guild_id"].id<guild_id>();
    if (!id || guilds_.size() >= most_listed || find(id) != nullptr) return;
    find_or_add(id).available_ = true;
}

void shard_cache::know_self(const json_value& user) {
    const auto who = user["id"].id<user_id>();
    if (!settings_.on || tables_.self || !who) return;
    reading_.begin(nullptr);
    tables_.self = who;
    hold_user(who, user, 1);
}

void shard_cache::take_answers(guild_id which, const guild_answers& answers) {
    auto* guild = find(which);
    // It went, or came whole, meanwhile.
    if (guild == nullptr ? !guesses_guilds() : guild->complete()) return;
    if (guild == nullptr) guild = &find_or_add(which);
    guild->available_ = true;
    const bool is_new = guild->role_ids_.empty();
    const json_value object(answers.guild);
    reading_.begin(&guild->role_ids_);
    guild_update(*guild, object);
    if (const auto count = object["approximate_member_count"]) read_value(guild->member_count_, count, reading_, 0);
    if (!answers.channels.empty()) {
        // Threads stand in a list of their own.
        replace_list<cached_channel>(*guild, json_value(answers.channels),
                                     [](const auto& each, const auto&) { return each.type < 10 || each.type > 12; });
    }
    if (!answers.threads.empty()) thread_list_sync(*guild, json_value(answers.threads));
    if (!answers.self.empty()) {
        const json_value self(answers.self);
        reading_.begin(&guild->role_ids_);
        member(*guild, self, self["user"], joining::listed);
        reading_.begin(nullptr);
        auto own = guild->fields();
        read_json_field(own, "joined_at", self["joined_at"], reading_, settings_.detail);
        store(*guild, own);
    }
    if (is_new) sweep_later(*guild);
    know(*guild, guild_knowledge::fetched);
}

}  // namespace shoal::cache
