#include "bot/checkpoint_desk.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "base/scheduler.hpp"
#include "cache/errc.hpp"

namespace shoal::runtime {

namespace {

// Discord keeps a session without a connection for a few minutes [2.7.8]. One that is gone all the same costs a connection and
// the wait behind op 9; one that was kept longer is not worth these.
constexpr std::chrono::seconds oldest_ticket = std::chrono::minutes(10);

std::int64_t unix_seconds_now() {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

std::optional<std::string> why_not(const gateway::kept_ticket& found, shard_key shard, const checkpoint_setup& wanted,
                                   std::int64_t now_unix_seconds) {
    if (found.bot != wanted.bot) return "it is of another bot or another server";
    if (found.ticket.shard != shard) {
        return fmt::format("it is of shard {} of {}", found.ticket.shard.id, found.ticket.shard.total);
    }
    // RESUME keeps those of its session [2.7.11].
    if (found.ticket.intents != wanted.intents) return "the bot asks for other intents than its session has";
    // A clock that went back says nothing.
    const auto age = std::chrono::seconds(now_unix_seconds - found.unix_seconds);
    if (age > oldest_ticket) {
        return fmt::format("it is {} minutes old, and Discord keeps no session so long",
                           std::chrono::duration_cast<std::chrono::minutes>(age).count());
    }
    return std::nullopt;
}

checkpoint_desk::checkpoint_desk(checkpoint_setup setup, const std::vector<shard_key>& shards)
    : setup_(std::move(setup)), frame_{setup_.bot, setup_.presence}, writer_(setup_.log) {
    for (const auto& shard : shards) {
        shards_[shard] = std::make_unique<shard_checkpoint>(writer_, state::checkpoint_files(setup_.state_folder, shard), frame_,
                                                            setup_.cache);
    }
}

std::map<shard_key, gateway::resume_ticket> checkpoint_desk::recall() {
    std::map<shard_key, gateway::resume_ticket> out;
    const auto began = std::chrono::steady_clock::now();
    std::size_t guilds = 0;
    if (const auto gone = state::forget_other_totals(setup_.state_folder, shards_.begin()->first.total); !gone) {
        setup_.log.warn("checkpoints of another number of shards cannot be removed", {{"why", gone.error().message()}});
    } else if (*gone != 0) {
        setup_.log.info("shards start anew: what was kept is of another number of shards",
                        {{"shards", fmt::format("{}", *gone)}});
    }
    for (const auto& [shard, one] : shards_) {
        if (auto ticket = recall(shard, guilds)) out.emplace(shard, std::move(*ticket));
    }
    if (out.empty()) return out;
    writer_.flush();
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
    setup_.log.info("going on with the sessions of the process before", {{"shards", fmt::format("{}", out.size())},
                                                                         {"cached_guilds", fmt::format("{}", guilds)},
                                                                         {"read_ms", fmt::format("{}", took.count())}});
    return out;
}

std::optional<gateway::resume_ticket> checkpoint_desk::recall(shard_key shard, std::size_t& guilds) {
    const state::checkpoint_files files(setup_.state_folder, shard);
    const auto anew = [&](const std::string& why) {
        setup_.log.warn(fmt::format("shard {} starts anew: what was kept of it is not used, {}", shard.id, why));
        if (const auto gone = files.forget(); !gone) {
            setup_.log.warn(fmt::format("shard {} keeps nothing: what was kept of it cannot be removed", shard.id),
                            {{"why", gone.error().message()}});
            shards_.at(shard)->store_nothing();
        }
        return std::nullopt;
    };
    const auto rounds = files.read();
    if (!rounds) return anew(rounds.error().message());
    if (rounds->empty()) return std::nullopt;
    std::vector<cache::stored_round> stored;
    for (const auto& each : *rounds) stored.push_back({each.number, each.snapshot, each.log});
    auto found = cache::read_checkpoint(stored, setup_.cache);
    if (!found) return anew(found.error().message());
    if (found->position.ticket.empty()) return anew("no ticket of it is whole");
    auto kept = gateway::read_ticket(found->position.ticket);
    if (!kept) return anew(kept.error().message());
    if (const auto why = why_not(*kept, shard, setup_, unix_seconds_now())) return anew(*why);
    if (!found->position.guilds.empty()) {
        auto known = gateway::read_guilds(found->position.guilds);
        if (!known) return anew(known.error().message());
        kept->ticket.guilds = std::move(*known);
    }
    if (const auto cut = files.keep_until(found->position.last, found->position.log_bytes); !cut)
        return anew(cut.error().message());
    auto& into = *shards_.at(shard);
    into.go_on(std::move(*found), kept->ticket, kept->presence != setup_.presence);
    guilds += into.cache().guilds();
    // Before RESUME is sent the disk knows of it: should this process die behind it, the next one must not trust any RESUMED.
    auto taken_over = kept->ticket;
    taken_over.unsettled = true;
    into.keep(taken_over, nullptr, {});
    return std::move(kept->ticket);
}

shard_checkpoint* checkpoint_desk::of(shard_key shard) noexcept {
    const auto found = shards_.find(shard);
    return found == shards_.end() ? nullptr : found->second.get();
}

void checkpoint_desk::keep(const gateway::resume_ticket& ticket, const std::vector<gateway::known_guild>* guilds) {
    if (auto* const one = of(ticket.shard)) one->keep(ticket, guilds, scheduler::current()->now());
}

std::uint64_t checkpoint_desk::kept(shard_key shard) {
    const auto* const one = of(shard);
    return one == nullptr ? 0 : one->kept();
}

void checkpoint_desk::drop(shard_key shard) {
    if (auto* const one = of(shard)) one->drop();
}

}  // namespace shoal::runtime
