#include "host/identify_desk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "host/errc.hpp"
#include "state/errc.hpp"

namespace shoal::host {

using budget::identify_governor;
using budget::identify_ledger;

/// Lives on the desk's scheduler; work that is posted there holds it weakly, so that a desk can go at any time.
struct identify_desk::core : std::enable_shared_from_this<core> {
    struct asker {
        bool had_session;
        scheduler* reply_on;
        std::function<void(answer)> on_answer;
        std::string told;  // the refusal that it knows of
    };
    using change = std::function<void(identify_governor&, identify_ledger&, instant)>;

    core(scheduler& where, std::unique_ptr<ledger_port> kept, gateway_bot_source from, desk_options with,
         std::function<void(failure)> fatal)
        : on(where),
          ledger(std::move(kept)),
          source(std::move(from)),
          options(std::move(with)),
          on_fatal(std::move(fatal)),
          governor(options.policy) {
        if (options.planted.reserve_spent) options.policy.use_reserve = true, governor = identify_governor(options.policy);
    }

    void post(std::function<void(core&)> job) {
        on.post([weak = weak_from_this(), job = std::move(job)] {
            if (const auto self = weak.lock()) job(*self);
        });
    }

    void ask(shard_key shard, asker who) {
        askers.insert_or_assign(shard, std::move(who));
        governor.ask(shard, askers.at(shard).had_session);
        if (!dead.empty()) return refuse(shard, dead);
        turn();
    }

    void withdraw(shard_key shard) {
        askers.erase(shard);
        governor.withdraw(shard);
    }

    void note(change what) {
        changes.push_back(std::move(what));
        turn();
    }

    void answer_to(asker& who, answer with) {
        who.reply_on->post([on_answer = who.on_answer, with = std::move(with)] { on_answer(with); });
    }

    void refuse(shard_key shard, const std::string& why) {
        const auto found = askers.find(shard);
        if (found == askers.end() || found->second.told == why) return;
        found->second.told = why;
        answer_to(found->second, {0, {}, why});
    }

    void wake_after(duration span) {
        if (timer != timer_id::none) on.cancel(timer);
        timer = on.wake_at(on.now() + span, [weak = weak_from_this()] {
            if (const auto self = weak.lock()) {
                self->timer = timer_id::none;
                self->turn();
            }
        });
    }

    /// One look into the ledger: what happened is written into it, and what can be decided is.
    void turn() {
        const auto now = on.now();
        std::vector<identify_governor::decision> decided;
        std::size_t applied = 0;
        auto stored = ledger->with(now, [&](identify_ledger& current) {
            const auto before = current;
            for (applied = 0; applied < changes.size(); ++applied) changes[applied](governor, current, now);
            if (dead.empty()) decided = governor.decide(current, now);
            snapshot.seen = current.seen;
            snapshot.spent = current.spent;
            snapshot.foreign = current.foreign;
            if (options.planted.permit_not_counted) {
                current.key_free_at = before.key_free_at;
                current.outstanding = before.outstanding;
                current.spent = before.spent;
            }
        });
        if (!stored) return not_stored(stored.error(), decided);
        changes.erase(changes.begin(), changes.begin() + static_cast<std::ptrdiff_t>(applied));
        store_failures = 0;
        busy_since.reset();
        busy_told = false;
        snapshot.trouble = dead;

        auto next = options.longest_sleep;
        bool must_read = false;
        for (auto& one : decided) {
            if (const auto* granted = std::get_if<identify_governor::granted>(&one)) {
                grant(*granted);
            } else if (const auto* refused = std::get_if<identify_governor::refused>(&one)) {
                snapshot.trouble = refused->why;
                refuse(refused->shard, refused->why);
            } else if (std::holds_alternative<identify_governor::read_budget>(one)) {
                must_read = true;
            } else {
                next = std::min(next, std::max(duration(std::chrono::milliseconds(1)),
                                               std::get<identify_governor::ask_again_at>(one).when - now));
            }
        }
        snapshot.waiting = governor.waiting();
        if (must_read) read_budget();
        if (governor.waiting() != 0 && dead.empty()) wake_after(next);
    }

    void grant(const identify_governor::granted& what) {
        const auto found = askers.find(what.shard);
        if (found == askers.end()) {
            // Withdrawn while the ledger was locked: nobody will use it.
            changes.push_back([what](identify_governor& by, identify_ledger& in, instant now) {
                by.returned(what.permit, what.shard, in, now);
            });
            return wake_after(options.busy_retry);
        }
        auto who = std::move(found->second);
        askers.erase(found);
        answer_to(who, {what.permit, what.valid_until, {}});
    }

    /// A permit that is not in the ledger is no permit: what was decided is taken back and asked anew.
    void not_stored(const failure& why, const std::vector<identify_governor::decision>& decided) {
        for (const auto& one : decided) {
            const auto* granted = std::get_if<identify_governor::granted>(&one);
            if (granted == nullptr) continue;
            if (const auto found = askers.find(granted->shard); found != askers.end())
                governor.ask(granted->shard, found->second.had_session);
        }
        if (why.is(state::errc::busy)) return busy(why);
        ++store_failures;
        if (store_failures == 1) options.log.error(fmt::format("no IDENTIFY until the ledger can be kept: {}", why.message()));
        snapshot.trouble = why.message();
        for (const auto& [shard, who] : std::map(askers)) refuse(shard, why.message());
        wake_after(options.longest_sleep);
    }

    void busy(const failure& why) {
        const auto now = on.now();
        if (!busy_since) busy_since = now;
        if (!busy_told && now - *busy_since >= options.busy_told_after) {
            busy_told = true;
            snapshot.trouble = why.message();
            options.log.warn(
                fmt::format("no IDENTIFY while another process holds the identify ledger, as it has for {} s: "
                            "'fuser {}.lock' names it",
                            to_ms(now - *busy_since) / 1000, why.detail()));
        }
        wake_after(options.busy_retry);
    }

    void read_budget() {
        if (reading || !dead.empty()) return;
        if (on.now() < read_not_before) return;  // the timer that is set then calls turn()
        reading = true;
        source([weak = weak_from_this()](gateway_bot_answer answer) {
            if (const auto self = weak.lock()) self->budget_answered(std::move(answer));
        });
    }

    void budget_answered(gateway_bot_answer answer) {
        reading = false;
        if (answer.what) {
            read_failures = 0;
            read_not_before = {};
            return seen(answer.what->limit);
        }
        if (answer.fatal()) return die(answer.what.error());
        const auto wait =
            wait_before_retry(++read_failures, options.planted.retry_after_ignored ? duration{} : answer.retry_after);
        read_not_before = on.now() + wait;
        snapshot.trouble = answer.what.error().message();
        options.log.warn(fmt::format("the identify budget is not known, nobody may IDENTIFY: {}; asking again in {} ms",
                                     answer.what.error().message(), to_ms(wait)));
        wake_after(wait);
    }

    void seen(const budget::session_start_limit& limit) {
        note([limit](identify_governor& by, identify_ledger& in, instant now) { by.budget_seen(limit, in, now); });
    }

    void die(const failure& why) {
        dead = why.detail();
        snapshot.trouble = dead;
        options.log.error(why.message());
        for (const auto& [shard, who] : std::map(askers)) refuse(shard, dead);
        if (timer != timer_id::none) on.cancel(std::exchange(timer, timer_id::none));
        if (on_fatal) std::exchange(on_fatal, {})(why);
    }

    scheduler& on;
    std::unique_ptr<ledger_port> ledger;
    gateway_bot_source source;
    desk_options options;
    std::function<void(failure)> on_fatal;
    identify_governor governor;
    std::map<shard_key, asker> askers;
    std::deque<change> changes;  // what happened and is not in the ledger yet
    timer_id timer = timer_id::none;
    bool reading = false;
    std::uint32_t read_failures = 0;
    instant read_not_before{};
    std::uint32_t store_failures = 0;
    std::optional<instant> busy_since;
    bool busy_told = false;
    std::string dead;  // why no permit will ever be given
    budget_snapshot snapshot;
};

identify_desk::identify_desk(scheduler& on, std::unique_ptr<ledger_port> ledger, gateway_bot_source source, desk_options options,
                             std::function<void(failure)> on_fatal)
    : core_(std::make_shared<core>(on, std::move(ledger), std::move(source), std::move(options), std::move(on_fatal))) {}

identify_desk::~identify_desk() {
    // Timers hold the core weakly and do nothing once it is gone.
}

void identify_desk::ask(shard_key shard, bool had_session, scheduler& reply_on, std::function<void(answer)> on_answer) {
    core_->post([=, reply = &reply_on, call = std::move(on_answer)](core& self) mutable {
        self.ask(shard, {had_session, reply, std::move(call), {}});
    });
}

void identify_desk::withdraw(shard_key shard) {
    core_->post([=](core& self) { self.withdraw(shard); });
}

void identify_desk::used(std::uint64_t permit, shard_key shard) {
    core_->post([=](core& self) {
        self.note([=](identify_governor& by, identify_ledger& in, instant now) { by.used(permit, shard, in, now); });
    });
}

void identify_desk::returned(std::uint64_t permit, shard_key shard) {
    core_->post([=](core& self) {
        self.note([=](identify_governor& by, identify_ledger& in, instant now) { by.returned(permit, shard, in, now); });
    });
}

void identify_desk::identify_ended(shard_key, bool ready) {
    core_->post([=](core& self) {
        self.note([=](identify_governor& by, identify_ledger& in, instant now) { by.ended(ready, in, now); });
    });
}

void identify_desk::can_spare(shard_key, scheduler& reply_on, std::function<void(bool)> on_answer) {
    core_->post([reply = &reply_on, call = std::move(on_answer)](core& self) {
        bool spare = false, known = false;
        const auto read = self.ledger->with(self.on.now(), [&](identify_ledger& current) {
            known = current.seen_at != instant{};
            spare = self.governor.can_spare(current, self.on.now());
        });
        // Who took its sessions over may never have asked Discord what is left; the next question finds the answer.
        if (read && !known) self.read_budget();
        reply->post([call, spare = spare && read && self.dead.empty()] { call(spare); });
    });
}

void identify_desk::budget_seen(budget::session_start_limit limit) {
    core_->post([=](core& self) { self.seen(limit); });
}

budget_snapshot identify_desk::budget() const { return core_->snapshot; }

}  // namespace shoal::host
