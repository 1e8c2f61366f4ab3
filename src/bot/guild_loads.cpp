#include "bot/guild_loads.hpp"

#include <fmt/format.h>

#include <utility>

#include "bot/awaiting.hpp"
#include "bot/calls.hpp"
#include "bot/runtime.hpp"
#include "bot/shard_room.hpp"
#include "discord/json_cursor.hpp"

namespace shoal::runtime {

namespace {

task<result<std::string>> get(bot_runtime& bot, std::string path) {
    return ask_discord(bot, {.method = "GET", .path = std::move(path)}, {});
}

bool says_absent(const failure& why) noexcept {
    const auto* const answer = why.discord();
    return answer != nullptr && (answer->status == 403 || answer->status == 404);
}

}  // namespace

guild_need need_of(const cache::shard_cache& cache, guild_id which) noexcept {
    const auto* const guild = cache.guild(which);
    if (guild == nullptr) return cache.guesses_guilds() ? guild_need::asking : guild_need::none;
    if (guild->complete()) return guild_need::nothing;
    return cache.lost_its_past() && guild->available() ? guild_need::asking : guild_need::waiting;
}

void guild_loads::start(std::function<double()> rest_per_second) {
    const std::lock_guard lock(mutex_);
    rest_per_second_ = std::move(rest_per_second);
    pace_ = {};
    self_json_.clear();
    running_ = 0;
    open_ = true;
}

void guild_loads::know_self(std::string_view user_json) {
    const std::lock_guard lock(mutex_);
    self_json_ = user_json;
}

std::string guild_loads::self() const {
    const std::lock_guard lock(mutex_);
    return self_json_;
}

std::optional<duration> guild_loads::wait_for(instant now, std::size_t requests) {
    const std::lock_guard lock(mutex_);
    return pace_.take(now, requests, part_of_share * rest_per_second_());
}

/// While one guild is asked for. Whatever becomes of the frame that asks, those who wait are told.
struct guild_loads::running {
    guild_loads& home;
    shard_room& room;
    guild_id which;
    result<bool> outcome = std::unexpected(failure(bot_errc::not_running, "guild"));

    running(guild_loads& home_in, shard_room& room_in, guild_id which_in) : home(home_in), room(room_in), which(which_in) {}
    running(const running&) = delete;
    running& operator=(const running&) = delete;
    ~running() {
        room.loads.refill.abandon(which);
        home.running_.fetch_sub(1);
        auto waiting = room.loads.waiting.extract(which);
        if (waiting.empty()) return;
        for (auto& each : waiting.mapped()) each(outcome);
    }
};

void guild_loads::load(shard_room& room, guild_id which, load_outcome then) {
    switch (need_of(room.cache, which)) {
        case guild_need::nothing: return then(true);
        case guild_need::none: return then(false);
        case guild_need::waiting:
            if (room.loads.waiting.contains(which)) break;
            return then(std::unexpected(failure(bot_errc::unavailable, "the guild is in an outage, or has not come yet")));
        case guild_need::asking: break;
    }
    if (!open_) return then(std::unexpected(failure(bot_errc::not_running)));
    const failure full(bot_errc::queue_full, "guilds that are read over HTTP");
    if (const auto found = room.loads.waiting.find(which); found != room.loads.waiting.end()) {
        if (found->second.size() >= most_readers) return then(std::unexpected(full));
        return found->second.push_back(std::move(then));
    }
    if (running_.fetch_add(1) >= most) {
        running_.fetch_sub(1);
        return then(std::unexpected(full));
    }
    room.loads.waiting[which].push_back(std::move(then));
    room.handlers->start(run(room, which));
}

task<> guild_loads::run(shard_room& room, guild_id which) {
    running here(*this, room, which);
    here.outcome = co_await ask(room, which);
    (here.outcome ? room.guilds_loaded : room.guild_loads_failed).fetch_add(1, std::memory_order_relaxed);
}

task<result<bool>> guild_loads::ask(shard_room& room, guild_id which) {
    auto& cache = room.cache;
    const auto& keeps = cache.settings();
    const bool channels = keeps.keeps(cache_kind::channels);
    const bool threads = keeps.keeps(cache_kind::threads);
    if (!cache.self()) cache.know_self(discord::json_value(self()));
    const bool names_self = !cache.self();

    const auto requests = 2U + (channels ? 1U : 0U) + (threads ? 1U : 0U) + (names_self ? 1U : 0U);
    // The share may be small now and large in a moment, as a worker's is that has just joined.
    while (const auto wait = wait_for(room.on.now(), requests)) {
        if (!open_) co_return std::unexpected(failure(bot_errc::not_running));
        co_await one_shot<bool>(room.on, [](const resolver<bool>&) {}, room.on.now() + *wait, true);
    }
    if (names_self) {
        auto user = co_await get(bot_, "/users/@me");
        if (!user) co_return std::unexpected(std::move(user).error());
        know_self(*user);
        cache.know_self(discord::json_value(*user));
        if (!cache.self()) co_return std::unexpected(failure(bot_errc::bad_answer, "a user without an id"));
    }
    room.loads.refill.begin(which);
    cache::guild_answers answers;
    const auto place = fmt::format("/guilds/{}", which.value());
    const std::pair<std::string, std::string*> questions[] = {
        {place + "?with_counts=true", &answers.guild},
        {fmt::format("{}/members/{}", place, cache.self().value()), &answers.self},
        {channels ? place + "/channels" : std::string(), &answers.channels},
        {threads ? place + "/threads/active" : std::string(), &answers.threads},
    };
    for (const auto& [path, into] : questions) {
        if (path.empty()) continue;
        auto answer = co_await get(bot_, path);
        if (!answer && says_absent(answer.error())) {
            if (cache.lost_its_past()) cache.forget(which);
            co_return false;
        }
        if (!answer) co_return std::unexpected(std::move(answer).error());
        *into = std::move(*answer);
    }
    if (discord::json_value(answers.guild)["id"].id<guild_id>() != which)
        co_return std::unexpected(failure(bot_errc::bad_answer, "another guild came"));
    if (!room.loads.refill.finish(cache, which, answers))
        co_return std::unexpected(failure(bot_errc::unavailable, "the guild changed too much, or its session ended, meanwhile"));
    co_return cache.guild(which) != nullptr;
}

}  // namespace shoal::runtime
