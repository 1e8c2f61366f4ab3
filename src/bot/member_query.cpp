#include "bot/member_query.hpp"

#include <fmt/format.h>

#include "base/time.hpp"
#include "bot/event_readers.hpp"
#include "discord/json_cursor.hpp"
#include "host/errc.hpp"
#include "shoal/bot.hpp"

namespace shoal::runtime {

gateway::member_query query_of(guild_id guild, member_request what) {
    gateway::member_query query;
    query.guild = guild;
    query.limit = what.prefix.empty() ? 0 : what.limit;
    query.prefix = std::move(what.prefix);
    query.users = std::move(what.users);
    query.presences = what.presences;
    query.wait_when_limited = what.wait_when_limited;
    return query;
}

failure bot_failure_of(const failure& why) {
    if (why.is(gateway::errc::bad_query) || why.is(host::errc::too_large)) return {bot_errc::bad_request, why.detail()};
    if (why.is(gateway::errc::too_many_requests) || why.is(host::errc::queue_full)) return {bot_errc::queue_full, why.message()};
    return {bot_errc::not_running, why.message()};
}

host::member_listener member_query::listener() {
    auto self = shared_from_this();
    return {.on_chunk = [self](std::string_view chunk) { self->take(chunk); },
            .on_ended = [self](const gateway::member_requests::ended& how) { self->ended(how); },
            .on_asked = [self] { self->begin(); }};
}

void member_query::started(host::member_desk::request_id request, instant deadline, canceller cancel) {
    if (deadline == never || !answer_) return;
    timer_ = on_.wake_at(deadline, [self = shared_from_this(), request, cancel = std::move(cancel)] {
        self->timer_ = timer_id::none;
        self->failed({bot_errc::timed_out, "request_members"});
        cancel(request);
    });
}

void member_query::begin() {
    store_ = std::make_shared<store>();
    store_->arena.of_bot(bot_);
    store_->arena.of_guild(guild_);
}

void member_query::take(std::string_view chunk) {
    if (!answer_) return;
    for (const auto& [key, value] : discord::json_value(chunk).fields()) {
        if (key == "members") {
            for (const auto& each : value.elements()) store_->members.push_back(read_member(each, store_->arena));
        } else if (key == "not_found") {
            for (const auto& each : value.elements()) store_->not_found.push_back(each.id<user_id>());
        } else if (key == "presences") {
            for (const auto& each : value.elements()) store_->presences.push_back(store_->arena.copy(each.raw()));
        }
    }
}

void member_query::ended(const gateway::member_requests::ended& how) {
    using outcome = gateway::member_requests::outcome;
    switch (how.how) {
        case outcome::complete: return settle(member_list(std::move(store_)));
        case outcome::timed_out:
            return failed({bot_errc::timed_out, how.chunks == 0 ? std::string("Discord sent no members")
                                                                : fmt::format("{} of {} parts did not come", how.missing_chunks,
                                                                              how.chunks + how.missing_chunks)});
        case outcome::rate_limited:
            return failed({bot_errc::rate_limited,
                           fmt::format("Discord gives this guild's members again in {} ms", to_ms(how.retry_after))});
        case outcome::cancelled: return failed({bot_errc::not_running, "the shard stopped"});
    }
}

void member_query::settle(result<member_list> outcome) {
    if (!answer_) return;
    if (timer_ != timer_id::none) on_.cancel(std::exchange(timer_, timer_id::none));
    store_.reset();
    std::exchange(answer_, {})(std::move(outcome));
}

}  // namespace shoal::runtime
