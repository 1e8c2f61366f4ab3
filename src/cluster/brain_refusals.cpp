// What Discord refuses for good, and how the fleet goes on with the rest.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cluster/brain.hpp"
#include "discord/close_codes.hpp"

namespace shoal::cluster {
namespace {

constexpr std::uint32_t guilds_most = 2'500, guilds_told = 2'000, guilds_over = 1'950;
// What nearly all shards have at once is asked about once.
constexpr duration reread_least = std::chrono::minutes(1);

/// Of one line, as records and logs are: what a worker says is not ours.
gateway_refusal sound(gateway_refusal what) {
    for (auto& c : what.why)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
    return what;
}

}  // namespace

/// Discord will not have this shard, or not this bot: told once an order. Whoever is given it next would hear the same at the
/// price of an IDENTIFY, and end of it if it is the bot.
void brain::hear_refusal(member& who, const shard_report& report) {
    const auto shard = report.shard;
    auto& row = table_.at(shard);
    row.refusal_heard = row.epoch;
    auto why = sound(*report.refused);
    unqueue(shard);
    say_note(leader::note_code::refused_by_discord, fmt::format("{} on {}: {}", shard, who.process.value, why.why));
    remember(who.process, shard, fmt::format("Discord refuses it with {}: {}", why.code, why.why));
    if (discord::concerns_one_shard(why.code)) {
        stop(who, shard, row.epoch, "Discord refuses it");
        table_.refuse(shard, std::move(why));
        outbox_.store().shards.insert(shard);
    } else {
        fleet_.refused = std::move(why);
        outbox_.store().fleet = outbox_.store().ledger = true;
        governor_->bot_refused(ledger_, now_);
        for (auto& [process, each] : members_.all())
            if (std::exchange(each.may_try, false)) outbox_.store().members.insert(process);
        make_governor();  // Nobody waits for a permit any more; who may try asks anew.
    }
    tell_refusals();
}

void brain::tell_refusals() {
    std::string shards, bot;
    if (const auto& refused = table_.refused(); !refused.empty()) {
        const auto list = list_of(refused);
        shards = refused.size() == 1
                     ? fmt::format("Discord refuses shard {}, which stays off while the others run. {}", list,
                                   table_.at(*refused.begin()).refused->why)
                     : fmt::format("Discord refuses the shards {}, which stay off while the others run. Of the first: {}", list,
                                   table_.at(*refused.begin()).refused->why);
        shards += refused.size() == 1 ? fmt::format(" \"shoal move {}\" tries it again.", list)
                                      : std::string(" \"shoal move\" with their numbers tries them again.");
    }
    if (fleet_.refused.code != 0) {
        bot = fmt::format(
            "Discord refuses the bot, and no IDENTIFY is permitted to workers that were there then; what is connected runs on. "
            "{} When that is mended, start a worker anew: what waits for an IDENTIFY is tried there.",
            fleet_.refused.why);
    }
    alarm(alarm_kind::refused, std::move(shards));
    alarm(alarm_kind::bot, std::move(bot));
}

/// Discord refuses a shard with more than 2,500 guilds (4011) [1.16]: who plans for more shards needs to know before.
void brain::count_guilds(std::uint32_t shard, const shard_report& report) {
    const auto guilds = report.metrics.guilds;
    if (guilds >= guilds_told) {
        if (!crowded_.insert(shard).second) return;
        // Discord may recommend more shards by now.
        reread_at_ = std::min(reread_at_, std::max(now_, told_at_ + reread_least));
    } else {
        // Between sessions, and after a move without its cache, a shard knows fewer than it has.
        const bool known = report.status == shard_status::live && !report.metrics.cache_incomplete && guilds > 0;
        if (!known || guilds >= guilds_over || crowded_.erase(shard) == 0) return;
    }
    alarm(alarm_kind::guilds,
          crowded_.empty()
              ? std::string()
              : fmt::format("shard{} {} {} {} guilds or more, of {} at which Discord refuses a shard: plan for more shards "
                            "(a new --total-shards begins with a new --store)",
                            crowded_.size() == 1 ? "" : "s", list_of(crowded_), crowded_.size() == 1 ? "has" : "have",
                            guilds_told, guilds_most));
}

/// Shards that can go on by an IDENTIFY only, on workers that may not try one, go to one that may: so it shows whether Discord
/// still refuses, and if it does, ends nobody else.
void brain::bring_to_who_may_try() {
    if (fleet_.refused.code == 0 || fleet_.paused || waits() || !can_store()) return;
    for (const auto shard : std::vector(table_.pending().begin(), table_.pending().end())) {
        const auto& row = table_.at(shard);
        const auto* owner = row.owner ? members_.find(*row.owner) : nullptr;
        const bool stands = row.state == placement_state::starting && row.reported == shard_status::waiting_for_permit &&
                            !row.ticket && owner != nullptr && owner->incarnation == row.owner_incarnation && owner->present();
        if (!stands || may_identify(*owner)) continue;
        const member* best = nullptr;
        for (const auto& [process, who] : members_.all()) {
            const auto load = table_.owned_by(process).size();
            if (!who.may_try || !who.accepts() || load >= room_of(who.capacity, config_.placement)) continue;
            if (best == nullptr || load < table_.owned_by(best->process).size()) best = &who;
        }
        if (best != nullptr && table_.releasing() < config_.moves_at_once)
            move(shard, best->process, fmt::format("{} may try whether Discord still refuses the bot", best->process.value));
    }
}

}  // namespace shoal::cluster
