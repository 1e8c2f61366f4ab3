#include "cluster/brain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace shoal::cluster {
namespace {

constexpr std::size_t most_waiting_decided_at_once = 256;
// A slice of the REST limit outlives a coordinator that is started again, or whose successor takes office.
constexpr int slice_leases = 4;
constexpr std::string_view member_prefix = "member/", shard_prefix = "shard/", progress_prefix = "progress/";

std::string_view over_text(alarm_kind kind) noexcept {
    switch (kind) {
        case alarm_kind::store: return "the store works again";
        case alarm_kind::room: return "every shard has a place again";
        case alarm_kind::count: return "as many shards run as are wanted";
        case alarm_kind::refused: return "no shard is refused by Discord any more";
        case alarm_kind::bot: return "Discord takes the bot again";
        case alarm_kind::budget: return "no shard waits for an IDENTIFY in vain any more";
        case alarm_kind::foreign: return "a new window began: of its IDENTIFYs nobody else spent any";
        case alarm_kind::guilds: return "no shard is close to Discord's bound of guilds any more";
    }
    return "it is over";
}

rest_policy rest_policy_of(const brain_config& config) {
    auto policy = config.rest;
    policy.slice_lease = slice_leases * config.faults.lease;
    policy.slack = config.faults.lease_slack;
    policy.quiet_after = config.faults.lease;
    return policy;
}

}  // namespace

brain::brain(brain_config config)
    : config_(std::move(config)), rest_(rest_policy_of(config_), config_.planted.slice_given_on_at_once) {
    make_governor();
}

void brain::step(const leader::fact& what, instant now, std::vector<leader::order>& out) {
    now_ = now;
    out_ = &out;
    if (stepped_down_) return;
    if (!in_office_ && !std::holds_alternative<leader::office_taken>(what)) return;
    notice_sleep();
    std::visit([this](const auto& it) { on(it); }, what);
    if (!stepped_down_) settle();
}

/// A leader that stood still has heard nobody, which says nothing of anybody: what was said meanwhile is still to be read, and
/// whoever gave up on it needs time to come back. As after taking office, one lease.
void brain::notice_sleep() {
    const auto slept = now_ - std::exchange(stepped_at_, now_);
    if (slept < config_.faults.suspect_after || slept == now_ - instant{}) return;
    for (auto& [process, who] : members_.all()) {
        if (who.state == worker_state::dead || who.state == worker_state::orphan) continue;
        who.lease_until = std::max(who.lease_until, now_ + config_.faults.lease + config_.faults.lease_slack);
    }
}

/// What the facts so far lead to.
void brain::settle() {
    if (std::exchange(members_due_, false)) look_at_all();
    if (place_due_ || rebalance_due_) place();
    carry_on_moves();
    // Each decision looks at all who wait: when these are many, once in a while is enough.
    if (permits_due_ && (governor_->waiting() <= most_waiting_decided_at_once || now_ >= decided_at_ + config_.look_every / 4))
        give_permits();
    flush();
}

// ---- office --------------------------------------------------------------------------------------------------------------

void brain::on(const leader::office_taken& what) {
    if (in_office_) return;
    in_office_ = true;
    office_since_ = now_;
    anew_ = !what.began_anew.empty();
    // Whoever may still believe in a lease of a leader before this one stops believing by then.
    waiting_until_ = now_ + config_.faults.lease + config_.faults.lease_slack;
    if (config_.planted.empty_store_starts_at_once && what.records.empty()) waiting_until_ = now_;
    if (!config_.planted.slices_not_adopted) rest_.take_office(now_, what.records.empty());
    ledger_ = budget::fresh_ledger(config_.application, config_.boot_id, true, now_);
    const auto fleet = std::ranges::find(what.records, "fleet", &record::key);
    if (fleet != what.records.end()) {
        load(*fleet);
    } else {
        anew_ = true;
    }
    for (const auto& one : what.records)
        if (one.key != "fleet" && !one.key.starts_with(progress_prefix)) load(one);
    for (const auto& one : what.records)
        if (one.key.starts_with(progress_prefix)) load(one);
    if (fleet_.fleet == fleet_id::none) fleet_.fleet = what.fresh_fleet;
    fleet_.leader = next(fleet_.leader);
    // A permit of the leader before may be used at any moment while it is valid: every key counts as just used.
    budget::renew_after_boot(ledger_, config_.boot_id, now_);
    const auto& rules = config_.identify;
    ledger_.no_key_before = std::max(ledger_.no_key_before, now_ + rules.permit_validity + rules.key_window + rules.slack);
    make_governor();
    tell_refusals();
    outbox_.store().fleet = outbox_.store().ledger = true;
    outbox_.then(office_stored{});
    look_at_ = now_ + config_.look_every;
    progress_at_ = now_ + config_.progress_every;
    reread_at_ = waiting_until_;
    if (!what.began_anew.empty()) {
        say_note(leader::note_code::store_began_anew, what.began_anew);
        remember({}, {}, "the store began anew: " + what.began_anew);
    }
    say_note(leader::note_code::took_office, fmt::format("leader epoch {}", number(fleet_.leader)));
    remember({}, {}, fmt::format("{} took office as leader {}", config_.coordinator, number(fleet_.leader)));
    out_->push_back(leader::wake_at{look_at_});
}

/// One record of the store. A damaged one is named and left out: what workers report takes its place.
void brain::load(const record& what) {
    const auto bad = [&](const failure& why) {
        anew_ = true;  // So that nothing is given away before workers had their say.
        say_note(leader::note_code::bad_record, fmt::format("{}: {}", what.key, why.message()));
        remember({}, {}, fmt::format("the store's record {} is damaged", what.key));
    };
    const std::string_view key = what.key, text = what.value ? std::string_view(*what.value) : std::string_view();
    if (key == "fleet") {
        const auto read = read_fleet(text);
        if (!read) return bad(read.error());
        fleet_ = *read;
        if (fleet_.total_shards != 0) table_.begin(fleet_.total_shards);
    } else if (key == "ledger") {
        const auto read = budget::read_ledger(text);
        if (!read) return bad(read.error());
        ledger_ = *read;
    } else if (key.starts_with(member_prefix)) {
        auto read = read_member(text);
        if (!read) return bad(read.error());
        auto& row = members_.remember(std::move(*read));
        row.stored = true;
        row.last_heard = now_;
        row.lease_until = now_ + config_.faults.lease + config_.faults.lease_slack;
        row.state = row.proof.empty() ? worker_state::suspect : worker_state::dead;
        row.reason = row.proof.empty() ? "not heard of since this coordinator took office" : row.proof;
        if (row.proof.empty()) {
            rest_.remember({row.process, row.incarnation}, now_);
        } else {
            members_.fence(row.process, row.incarnation);
        }
    } else if (key.starts_with(shard_prefix)) {
        std::uint32_t shard = 0;
        const auto digits = key.substr(shard_prefix.size());
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), shard);
        const auto read = read_shard(text);
        if (!read) return bad(read.error());
        if (error != std::errc{} || end != digits.data() + digits.size() || shard >= table_.total()) return;
        auto& row = table_.at(shard);
        row.epoch = read->epoch;
        row.highest = read->highest;
        row.ticket = read->ticket;
        row.ticket_stored = read->ticket.has_value();
        row.reason = read->reason;
        if (read->owner) table_.adopt(shard, *read->owner, read->owner_incarnation, read->epoch, placement_state::starting);
        if (read->refused && !read->owner) table_.refuse(shard, *read->refused);
        row.said_at = now_;
    } else if (key.starts_with(progress_prefix)) {
        const auto read = read_progress(text);
        if (!read) return bad(read.error());
        for (const auto& one : *read) {
            if (one.shard >= table_.total() || !table_.at(one.shard).ticket) continue;
            auto& ticket = *table_.at(one.shard).ticket;
            if (ticket.session_id != one.session_id) continue;
            ticket.seq = std::max(ticket.seq, one.seq);
            ticket.done = std::max(ticket.done, one.done);
        }
    }
}

void brain::on(const leader::shard_count_told& what) {
    if (what.total == 0) return;
    if (table_.total() == 0) {
        begin_shards(what.total);
    } else if (what.total != table_.total()) {
        // Another count is another set of sessions: that is a resharding, and not done on the side.
        alarm(alarm_kind::count, fmt::format("{} shards are recommended or configured, and {} run", what.total, table_.total()));
    } else {
        alarm(alarm_kind::count, {});
    }
}

/// On, other than it was, or over. Who looks only now finds it in the picture; who looks back finds it in the history.
void brain::alarm(alarm_kind kind, std::string what) {
    auto& before = alarms_[static_cast<std::size_t>(kind)];
    if (before == what) return;
    const bool over = what.empty();
    const auto line = over ? std::string(over_text(kind)) : what;
    out_->push_back(leader::note{over ? leader::note_code::alarm_over : leader::note_code::alarm_raised, line, kind});
    remember({}, {}, line);
    before = std::move(what);
}

void brain::begin_shards(std::uint32_t total) {
    table_.begin(total);
    fleet_.total_shards = total;
    outbox_.store().fleet = true;
    place_due_ = true;
}

/// Whether the store is the fleet's own, and all workers that it remembers have said so: then there is nobody to wait for.
bool brain::all_confirmed() const {
    if (anew_ || !fleet_.settled || table_.total() == 0) return false;
    bool any = false;
    for (const auto& [process, who] : members_.all()) {
        if (who.state == worker_state::dead) continue;
        any = true;
        if (!who.present()) return false;
    }
    return any;
}

void brain::on(const leader::tick&) {
    if (now_ < look_at_) return;
    look_at_ = now_ + config_.look_every;
    out_->push_back(leader::wake_at{look_at_});
    members_due_ = true;
    if (!table_.unplaced().empty() && now_ >= place_again_at_) {
        place_again_at_ = now_ + config_.place_every;
        place_due_ = true;
    }
    insist();
    bring_to_who_may_try();
    // A coordinator that died before it had the count left a store without one. And what nobody asks about changes, too.
    if (table_.total() == 0 || now_ >= reread_at_) ask_discord();
    if (now_ >= permits_at_) permits_due_ = true;
    if (now_ >= progress_at_) {
        progress_at_ = now_ + config_.progress_every;
        for (const auto& [process, who] : members_.all())
            if (who.present() && !table_.owned_by(process).empty()) outbox_.store().progress.insert(process);
    }
}

// ---- the store -----------------------------------------------------------------------------------------------------------

std::vector<record> brain::records_of(const unstored& what) const {
    std::vector<record> out;
    if (what.fleet) out.push_back({"fleet", write_fleet(fleet_)});
    if (what.ledger) out.push_back({"ledger", budget::write_ledger(ledger_)});
    for (const auto& process : what.members) {
        const auto* who = members_.find(process);
        out.push_back({fmt::format("{}{}", member_prefix, process.value),
                       who != nullptr ? std::optional(write_member(*who)) : std::nullopt});
    }
    for (const auto shard : what.shards) out.push_back({fmt::format("{}{}", shard_prefix, shard), write_shard(table_.at(shard))});
    for (const auto& process : what.progress) {
        std::vector<stored_progress> rows;
        for (const auto shard : table_.owned_by(process))
            if (const auto& row = table_.at(shard); row.ticket)
                rows.push_back({shard, row.ticket->seq, row.ticket->done, row.ticket->session_id});
        out.push_back({fmt::format("{}{}", progress_prefix, process.value),
                       rows.empty() ? std::nullopt : std::optional(write_progress(rows))});
    }
    return out;
}

void brain::flush() {
    if (now_ < write_again_at_ && write_again_at_ != never) return;
    for (const auto& what : outbox_.ready()) carry_out(what);
    if (const auto what = outbox_.begin()) out_->push_back(leader::write{records_of(*what)});
}

void brain::on(const leader::write_stored&) {
    alarm(alarm_kind::store, {});
    write_again_at_ = never;
    for (const auto& what : outbox_.stored()) carry_out(what);
}

void brain::on(const leader::write_failed& what) {
    outbox_.failed();
    if (what.leads_no_more) {
        stepped_down_ = true;
        out_->push_back(leader::step_down{what.why});
        return;
    }
    // Nothing is given away and no permit granted until it works again; what runs goes on.
    alarm(alarm_kind::store, what.why);
    write_again_at_ = now_ + config_.store_retry;
}

void brain::carry_out(const afterwards& what) {
    if (std::holds_alternative<office_stored>(what)) {
        office_stored_ = true;
    } else if (const auto* one = std::get_if<member_stored>(&what)) {
        auto* who = members_.find(one->process);
        if (who != nullptr && who->incarnation == one->incarnation) who->stored = true;
    } else if (const auto* stored = std::get_if<shard_stored>(&what)) {
        const auto& row = table_.at(stored->shard);
        if (row.epoch == stored->epoch && row.state == placement_state::storing) start(stored->shard);
    } else if (const auto* session = std::get_if<session_stored>(&what)) {
        auto& row = table_.at(session->shard);
        if (row.ticket && row.ticket->session_id == session->session_id) row.ticket_stored = true;
        const auto* owner = row.owner ? members_.find(*row.owner) : nullptr;
        if (row.ticket_stored && owner != nullptr)
            tell_now(*owner, ticket_noted{session->shard, row.epoch, fleet_.leader, session->session_id});
    } else if (const auto* word = std::get_if<word_to>(&what)) {
        const auto* who = members_.find(word->process);
        if (who != nullptr && who->incarnation == word->incarnation) tell_now(*who, word->what);
    }
}

void brain::tell(const member& who, to_worker what) { outbox_.then(word_to{who.process, who.incarnation, std::move(what)}); }

void brain::tell_now(const member& who, to_worker what) {
    if (!office_stored_) return tell(who, std::move(what));
    if (who.present()) out_->push_back(leader::say{who.stream, std::move(what)});
}

}  // namespace shoal::cluster
