#include "bot/gateway_calls.hpp"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "bot/gateway_json.hpp"
#include "bot/member_query.hpp"
#include "bot/runtime.hpp"
#include "bot/shard_room.hpp"
#include "discord/opcodes.hpp"
#include "host/shard_host.hpp"
#include "shoal/intents.hpp"

namespace shoal::runtime {
namespace {

std::unexpected<failure> not_running() { return std::unexpected(failure(bot_errc::not_running)); }

std::unexpected<failure> not_in_this_process() {
    return std::unexpected(failure(bot_errc::not_running, "the guild's shard is not in this process"));
}

/// As a call over REST waits.
constexpr duration longest_load = std::chrono::seconds(30);

instant deadline_of(const scheduler& any, std::optional<duration> within) { return within ? any.now() + *within : never; }

/// On the shard's own thread.
std::optional<guild_summary> summarize(const bot_runtime& bot, shard_key shard, guild_id which) {
    const auto* guild = bot.cached(shard, which);
    if (guild == nullptr) return std::nullopt;
    const auto fields = guild->fields();
    guild_summary out;
    out.id = which;
    out.name = fields.name;
    out.owner_id = fields.owner_id;
    out.icon = fields.icon.text();
    out.member_count = guild->member_count();
    out.available = guild->available();
    out.knowledge = guild->knowledge();
    out.channels = guild->channels().size();
    out.roles = guild->roles().size();
    out.emojis = guild->emojis().size();
    out.threads = guild->threads().size();
    out.voice_states = guild->voice_states().size();
    out.shard = shard.id;
    return out;
}

}  // namespace

void gateway_calls::attach(host::shard_host* shards) {
    const std::lock_guard lock(mutex_);
    shards_ = shards;
}

std::vector<host::shard_snapshot> gateway_calls::shards() const {
    const std::lock_guard lock(mutex_);
    return shards_ == nullptr ? std::vector<host::shard_snapshot>() : shards_->shards();
}

scheduler* gateway_calls::thread_of(shard_key shard) const {
    const std::lock_guard lock(mutex_);
    return shards_ == nullptr ? nullptr : shards_->thread_of(shard);
}

std::optional<gateway_calls::place> gateway_calls::place_of(guild_id guild) const {
    for (const auto& each : shards()) {
        if (shard_for(guild, each.shard.total) != each.shard.id) continue;
        auto* const on = thread_of(each.shard);
        return on == nullptr ? std::nullopt : std::optional(place{each.shard, on});
    }
    return std::nullopt;
}

scheduler& gateway_calls::home() const noexcept {
    auto* const here = scheduler::current();
    return here != nullptr ? *here : *elsewhere_;
}

task<result<void>> gateway_calls::send_presence(presence what, std::optional<duration> within) {
    if (!bot_.is_open()) co_return not_running();
    const auto deadline = deadline_of(*elsewhere_, within);
    const auto json = presence_json(what);
    result<void> outcome = not_running();
    for (const auto& each : shards()) {
        outcome = co_await send(each.shard, static_cast<std::uint8_t>(discord::opcode::presence_update), json, deadline);
        if (!outcome) break;
    }
    co_return outcome;
}

void gateway_calls::show_presence(shard_key shard, std::string json) {
    if (json.empty()) json = presence_json({});
    const std::lock_guard lock(mutex_);
    // Where so much waits already that it is refused, the session shows what it showed.
    if (shards_ != nullptr)
        (void)shards_->send(shard, static_cast<std::uint8_t>(discord::opcode::presence_update), std::move(json));
}

task<result<void>> gateway_calls::send_voice_state(guild_id guild, channel_id channel, bool self_mute, bool self_deaf,
                                                   std::optional<duration> within) {
    if (!bot_.is_open()) co_return not_running();
    const auto deadline = deadline_of(*elsewhere_, within);
    const auto where = place_of(guild);
    if (!where) co_return not_in_this_process();
    co_return co_await send(where->shard, static_cast<std::uint8_t>(discord::opcode::voice_state_update),
                            voice_state_json(guild, channel, self_mute, self_deaf), deadline);
}

task<result<void>> gateway_calls::send(shard_key to, std::uint8_t op, std::string d, instant deadline) {
    auto* const on = thread_of(to);
    if (on == nullptr) co_return std::unexpected(failure(bot_errc::not_running, fmt::format("shard {}", to.id)));
    const failure late(bot_errc::timed_out, "the shard's thread was busy");
    co_return co_await one_shot<result<void>>(
        home(),
        [this, on, to, op, deadline, late, d = std::move(d)](resolver<result<void>> answer) mutable {
            on->post([this, on, to, op, deadline, late, d = std::move(d), answer = std::move(answer)]() mutable {
                // Whoever was told that it took too long does not expect it to happen after all.
                if (on->now() >= deadline) return answer(std::unexpected(late));
                // Under the lock: the host may go as soon as it is detached.
                const std::lock_guard lock(mutex_);
                if (shards_ == nullptr) return answer(not_running());
                auto queued = shards_->send(to, op, std::move(d));
                answer(queued ? std::move(queued) : std::unexpected(bot_failure_of(queued.error())));
            });
        },
        deadline, std::optional<result<void>>(std::unexpected(late)));
}

task<result<member_list>> gateway_calls::request_members(guild_id guild, member_request which, std::optional<duration> within) {
    if (!bot_.is_open()) co_return not_running();
    // Discord does not answer what lacks its intent, so that only a time-out would tell [2.8.1].
    const intents have(bot_.intents_to_identify());
    if (which.users.empty() && which.prefix.empty() && !have.contains(intents::guild_members)) {
        co_return std::unexpected(failure(bot_errc::bad_request, "all members of a guild need the intent GUILD_MEMBERS"));
    }
    if (which.presences && !have.contains(intents::guild_presences)) {
        co_return std::unexpected(failure(bot_errc::bad_request, "presences need the intent GUILD_PRESENCES"));
    }
    const auto where = place_of(guild);
    if (!where) co_return not_in_this_process();
    // The deadline is kept by the shard's thread: whoever waits may have none of ours.
    const auto deadline = deadline_of(*where->on, within);
    co_return co_await one_shot<result<member_list>>(
        home(), [this, where = *where, deadline,
                 query = query_of(guild, std::move(which))](resolver<result<member_list>> answer) mutable {
            where.on->post([this, where, deadline, query = std::move(query), answer = std::move(answer)]() mutable {
                ask_for_members(where, std::move(query), deadline, std::move(answer));
            });
        });
}

/// On the shard's own thread.
void gateway_calls::ask_for_members(const place& where, gateway::member_query query, instant deadline,
                                    resolver<result<member_list>> answer) {
    auto asked = std::make_shared<member_query>(
        bot_, query.guild, *where.on, [answer = std::move(answer)](result<member_list> outcome) { answer(std::move(outcome)); });
    // Under the lock: the host may go as soon as it is detached.
    const std::lock_guard lock(mutex_);
    if (shards_ == nullptr) return asked->failed({bot_errc::not_running, "request_members"});
    auto request = shards_->request_members(where.shard, std::move(query), asked->listener());
    if (!request) return asked->failed(bot_failure_of(request.error()));
    asked->started(*request, deadline, [this, shard = where.shard](host::member_desk::request_id made) {
        const std::lock_guard locked(mutex_);
        if (shards_ != nullptr) shards_->cancel_members(shard, made);
    });
}

task<result<std::optional<guild_summary>>> gateway_calls::summary_of(guild_id guild, std::optional<duration> within) {
    using found = result<std::optional<guild_summary>>;
    if (!bot_.is_open()) co_return not_running();
    const auto where = place_of(guild);
    if (!where) co_return not_in_this_process();
    auto& here = home();
    co_return co_await one_shot<found>(
        here,
        [this, where = *where, guild](resolver<found> answer) {
            where.on->post([this, where, guild, answer = std::move(answer)]() mutable {
                const auto* const room = bot_.room(where.shard);
                // What Discord will tell by itself is not asked for.
                if (room == nullptr || need_of(room->cache, guild) != guild_need::asking)
                    return answer(summarize(bot_, where.shard, guild));
                load_there(where, guild, [this, where, guild, answer = std::move(answer)](const result<bool>& loaded) {
                    answer(loaded ? found(summarize(bot_, where.shard, guild)) : found(std::unexpected(loaded.error())));
                });
            });
        },
        here.now() + within.value_or(longest_load), std::optional<found>(std::unexpected(failure(bot_errc::timed_out, "guild"))));
}

task<result<bool>> gateway_calls::load(guild_id guild, std::optional<duration> within) {
    if (!bot_.is_open()) co_return not_running();
    const auto where = place_of(guild);
    if (!where) co_return not_in_this_process();
    auto& here = home();
    co_return co_await one_shot<result<bool>>(
        here,
        [this, where = *where, guild](resolver<result<bool>> answer) {
            where.on->post([this, where, guild, answer = std::move(answer)]() mutable {
                load_there(where, guild, [answer = std::move(answer)](const result<bool>& loaded) { answer(loaded); });
            });
        },
        here.now() + within.value_or(longest_load),
        std::optional<result<bool>>(std::unexpected(failure(bot_errc::timed_out, "load"))));
}

/// On the shard's own thread.
void gateway_calls::load_there(const place& where, guild_id guild, load_outcome then) {
    auto* const room = bot_.room(where.shard);
    if (room == nullptr) return then(std::unexpected(failure(bot_errc::unavailable, "the guild's shard has no session yet")));
    bot_.loads().load(*room, guild, std::move(then));
}

}  // namespace shoal::runtime
