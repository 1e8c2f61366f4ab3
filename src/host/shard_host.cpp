#include "host/shard_host.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <utility>

#include "base/buffer.hpp"
#include "base/random.hpp"
#include "discord/event_kind.hpp"
#include "host/block_watchdog.hpp"
#include "host/edge_watch.hpp"
#include "host/errc.hpp"
#include "host/shard_driver.hpp"
#include "state/boot_id.hpp"
#include "state/journal_writer.hpp"

namespace shoal::host {

using namespace std::chrono_literals;
using ticket_map = std::map<shard_key, gateway::resume_ticket>;

namespace {

/// What lives on one thread and is touched there only.
struct home {
    explicit home(shard_thread where_in) : where(where_in), pool(std::make_unique<buffer_pool>(64)) {}
    ~home() {
        drivers.clear();
        // Somebody still reads an event of a host that is gone. Its bytes must stay, so the pool does.
        if (pool->lent() != 0) (void)pool.release();
    }
    home(const home&) = delete;
    home& operator=(const home&) = delete;

    shard_thread where;
    std::unique_ptr<buffer_pool> pool;
    std::map<shard_key, std::unique_ptr<state::journal_writer>> journals;  // a shard's journal goes on when it starts again
    std::map<shard_key, std::string> no_journal;                           // why a shard has none that should
    std::map<shard_key, std::unique_ptr<shard_driver>> drivers;
    std::shared_ptr<thread_pulse> pulse = std::make_shared<thread_pulse>();
    timer_id ticker = timer_id::none;
    instant next_second{};
};

}  // namespace

/// Shared with the work that is posted to the threads, which holds it weakly.
struct shard_host::impl : std::enable_shared_from_this<impl> {
    enum class phase : std::uint8_t { running, stopping, gave_up };
    struct slot {
        std::size_t thread = 0;
        phase now = phase::running;
        shard_snapshot picture;
    };

    impl(std::vector<shard_thread> threads, host_options with, permit_source& from, event_sink& to)
        : options(std::move(with)), permits(from), sink(to), process(state::make_incarnation()) {
        for (const auto& where : threads) homes.push_back(std::make_unique<home>(where));
    }

    /// Runs `job` on a thread of shards, if the host still lives then.
    void post(std::size_t thread, std::move_only_function<void(impl&, home&)> job) {
        homes[thread]->where.on->post([weak = weak_from_this(), thread, job = std::move(job)]() mutable {
            if (const auto self = weak.lock()) job(*self, *self->homes[thread]);
        });
    }
    void post_to_drivers(std::function<void(shard_driver&)> job) {
        for (std::size_t thread = 0; thread < homes.size(); ++thread)
            post(thread, [job](impl&, home& here) {
                for (const auto& [shard, driver] : here.drivers) job(*driver);
            });
    }

    // ---- the reconciler; with the mutex held --------------------------------------------------------------------------

    void reconcile() {
        for (auto& [key, one] : table) {
            if (wanted.contains(key) || one.now == phase::stopping) continue;
            const bool is_over = one.now == phase::gave_up;
            one.now = phase::stopping;
            post(one.thread, [shard = key, is_over, good = for_good](impl& self, home& here) {
                if (is_over) return self.stopped(here, shard);
                if (const auto found = here.drivers.find(shard); found != here.drivers.end()) found->second->stop(good);
            });
        }
        for (const auto& shard : wanted) {
            if (table.contains(shard)) continue;
            const auto thread = emptiest();
            table[shard] = {thread, phase::running, {}};
            table[shard].picture.shard = shard;
            std::optional<gateway::resume_ticket> ticket;
            if (const auto found = tickets.find(shard); found != tickets.end()) {
                ticket = std::move(found->second);
                tickets.erase(found);
            }
            post(thread, [shard, ticket = std::move(ticket), session = options.session](impl& self, home& here) mutable {
                self.start(here, shard, std::move(ticket), std::move(session));
            });
        }
    }

    [[nodiscard]] std::size_t emptiest() const {
        std::vector<std::size_t> load(homes.size());
        for (const auto& [shard, one] : table) ++load[one.thread];
        return static_cast<std::size_t>(std::min_element(load.begin(), load.end()) - load.begin());
    }

    // ---- on a shard's thread --------------------------------------------------------------------------------------------

    void start(home& here, shard_key shard, std::optional<gateway::resume_ticket> ticket, gateway::session_config session) {
        driver_options with;
        with.session = std::move(session);
        with.session.shard = shard;
        with.session.seed = random_source(options.session.seed ^ (std::uint64_t{shard.id} << 32 | shard.total)).next();
        with.guild_wait = options.guild_wait;
        with.most_in_flight = options.most_in_flight;
        with.drain_patience = options.drain_patience;
        with.user_agent = options.user_agent;
        with.log = options.log;
        with.silence = options.silence;
        with.planted = options.planted;

        driver_hooks hooks;
        hooks.on_connection = [this, shard, &here](bool live) { connection_changed(here, shard, live); };
        hooks.on_changed = [this, shard, &here] { publish(here, shard); };
        hooks.may_renew = [this, &here] { return may_renew(here.where.on->now()); };
        hooks.on_stopped = [this, shard, &here] { stopped(here, shard); };
        hooks.on_busy = [pulse = here.pulse.get(), id = shard.id](discord::event_kind kind) {
            pulse->event.store(static_cast<std::uint32_t>(kind), std::memory_order_relaxed);
            pulse->shard.store(id, std::memory_order_relaxed);
        };
        hooks.on_idle = [pulse = here.pulse.get()] { pulse->shard.store(thread_pulse::nobody, std::memory_order_relaxed); };

        auto& driver = here.drivers[shard];
        driver = std::make_unique<shard_driver>(here.where, *here.pool, journal_of(here, shard), std::move(with),
                                                std::move(ticket), permits, sink, std::move(hooks));
        if (here.ticker == timer_id::none) {
            here.next_second = here.where.on->now() + 1s;
            here.pulse->beating.store(true, std::memory_order_relaxed);
            tick(here);
        }
        driver->start();
        bool in_trouble = false;
        {
            const std::lock_guard lock(mutex);
            in_trouble = edge.trouble();
        }
        if (in_trouble) driver->edge_trouble(true);
    }

    state::journal_writer* journal_of(home& here, shard_key shard) {
        if (options.journal_folder.empty()) return nullptr;
        auto& journal = here.journals[shard];
        if (journal == nullptr) {
            auto made = state::journal_writer::create(options.journal_folder, shard, process);
            if (!made) {
                here.no_journal[shard] = made.error().message();
                options.log.error(fmt::format("shard {} runs without its event journal: {}", shard.id, made.error().message()));
                return nullptr;
            }
            journal = std::make_unique<state::journal_writer>(std::move(*made));
        }
        return journal.get();
    }

    /// The driver has ended: by a stop, or because it gave up.
    void stopped(home& here, shard_key shard) {
        const auto found = here.drivers.find(shard);
        if (found == here.drivers.end()) return;
        std::function<void(ticket_map)> all_done;
        ticket_map left;
        {
            std::unique_lock lock(mutex);
            auto& one = table.at(shard);
            if (one.now == phase::running) {
                one.now = phase::gave_up;
                lock.unlock();
                return publish(here, shard);
            }
        }
        const auto ticket = found->second->ticket();
        const auto now = here.where.on->now();
        here.drivers.erase(found);
        bool ending = false;
        {
            const std::lock_guard lock(mutex);
            ending = on_all_stopped != nullptr;
        }
        if (ending) {
            if (const auto journal = here.journals.find(shard); journal != here.journals.end()) {
                if (journal->second != nullptr) journal->second->closed(now);
                here.journals.erase(journal);
            }
        }
        {
            const std::lock_guard lock(mutex);
            table.erase(shard);
            if (ticket && !for_good) tickets.insert_or_assign(shard, *ticket);
            tell_edge(edge.removed(shard, now));
            if (on_all_stopped != nullptr && table.empty()) {
                all_done = std::exchange(on_all_stopped, nullptr);
                left = std::exchange(tickets, {});
                for_good = false;
            } else {
                reconcile();
            }
        }
        if (all_done) all_done(std::move(left));
    }

    void tick(home& here) {
        here.pulse->beats.fetch_add(1, std::memory_order_relaxed);
        const auto now = here.where.on->now();
        if (now >= here.next_second) {
            here.next_second = now + 1s;
            for (const auto& [shard, driver] : here.drivers) {
                driver->second_passed();
                publish(here, shard);
            }
        }
        if (here.drivers.empty()) {
            here.ticker = timer_id::none;
            here.pulse->beating.store(false, std::memory_order_relaxed);
            return;
        }
        const auto period = options.blocked_after > duration{} ? std::min<duration>(options.blocked_after / 4, 1s) : duration(1s);
        here.ticker = here.where.on->wake_at(now + period, [weak = weak_from_this(), &here] {
            if (const auto self = weak.lock()) self->tick(here);
        });
    }

    void publish(home& here, shard_key shard) {
        const auto driver = here.drivers.find(shard);
        if (driver == here.drivers.end()) return;
        auto picture = driver->second->snapshot();
        if (const auto none = here.no_journal.find(shard); none != here.no_journal.end()) picture.journal_problem = none->second;
        const std::lock_guard lock(mutex);
        if (const auto found = table.find(shard); found != table.end()) found->second.picture = std::move(picture);
    }

    void connection_changed(home& here, shard_key shard, bool live) {
        const auto now = here.where.on->now();
        const std::lock_guard lock(mutex);
        // A shard that is being stopped says nothing about Discord's edge.
        if (const auto found = table.find(shard); found != table.end() && found->second.now == phase::stopping) return;
        tell_edge(live ? edge.live(shard, now) : edge.lost(shard, now));
    }

    /// Half-deaf sessions are renewed one after the other: what all shards miss at once is missing at Discord.
    [[nodiscard]] bool may_renew(instant now) {
        const std::lock_guard lock(mutex);
        if (edge.trouble() || now < renew_not_before) return false;
        renew_not_before = now + options.silence.between_renewals;
        return true;
    }

    void tell_edge(std::optional<bool> changed) {
        if (!changed) return;
        if (*changed) {
            options.log.warn(
                "more than half of the shards lost their connection at once: sessions are kept until Discord's edge is back");
        } else {
            options.log.info("the shards are connected again");
        }
        post_to_drivers([trouble = *changed](shard_driver& driver) { driver.edge_trouble(trouble); });
    }

    [[nodiscard]] shard_driver* driver_here(shard_key shard) {
        for (const auto& here : homes) {
            if (!here->where.on->is_current()) continue;
            if (const auto found = here->drivers.find(shard); found != here->drivers.end()) return found->second.get();
        }
        return nullptr;
    }

    /// For people; on the watchdog's thread.
    [[nodiscard]] std::string who_blocks(const block_watchdog::finding& found) const {
        // A handler that goes on after a wait runs outside of any hand-out: each shard of the thread is asked.
        std::vector<shard_key> here;
        {
            const std::lock_guard lock(mutex);
            for (const auto& [shard, one] : table) {
                if (one.thread == found.thread) here.push_back(shard);
            }
        }
        for (const auto& shard : here) {
            if (auto name = sink.running_handler(shard); !name.empty())
                return fmt::format("the handler \"{}\" of shard {}", name, shard.id);
        }
        if (found.shard == thread_pulse::nobody) return "something that runs on it";
        return fmt::format("a handler of {} of shard {}", discord::name_of(static_cast<discord::event_kind>(found.event)),
                           found.shard);
    }

    host_options options;
    permit_source& permits;
    event_sink& sink;
    state::incarnation process;
    std::vector<std::unique_ptr<home>> homes;  // fixed after construction

    mutable std::mutex mutex;  // over all below; never taken while an event is handed out
    std::set<shard_key> wanted;
    std::map<shard_key, slot> table;
    ticket_map tickets;  // for the next start
    edge_watch edge;
    instant renew_not_before{};
    bool for_good = false;
    std::function<void(ticket_map)> on_all_stopped;

    std::unique_ptr<block_watchdog> watchdog;  // last: it ends first
};

shard_host::shard_host(std::vector<shard_thread> threads, host_options options, permit_source& permits, event_sink& sink) {
    impl_ = std::make_shared<impl>(std::move(threads), std::move(options), permits, sink);
    const auto& with = impl_->options;
    if (with.blocked_after <= duration{} || !with.log.on(log_level::warn)) return;
    std::vector<std::shared_ptr<thread_pulse>> pulses;
    for (const auto& here : impl_->homes) pulses.push_back(here->pulse);
    // The host's inside joins the watchdog before anything else of it goes.
    impl_->watchdog = std::make_unique<block_watchdog>(
        std::move(pulses), with.blocked_after,
        [my = impl_.get(), names = std::vector<std::string>(impl_->homes.size())](const auto& found) mutable {
            auto& who = names[found.thread];
            if (found.over) {
                return my->options.log.warn(
                    fmt::format("shard thread {}: {} blocked it for {} ms", found.thread, who, to_ms(found.span)));
            }
            who = my->who_blocks(found);
            my->options.log.warn(
                fmt::format("shard thread {} stands still: {} blocks it, for {} ms by now. Use bot.offload for blocking work",
                            found.thread, who, to_ms(found.span)));
        });
}

shard_host::~shard_host() = default;

void shard_host::want(std::vector<shard_key> shards, std::map<shard_key, gateway::resume_ticket> tickets) {
    const std::lock_guard lock(impl_->mutex);
    impl_->wanted = {shards.begin(), shards.end()};
    for (auto& [shard, ticket] : tickets) impl_->tickets.insert_or_assign(shard, std::move(ticket));
    impl_->reconcile();
}

void shard_host::stop(bool for_good, std::function<void(std::map<shard_key, gateway::resume_ticket>)> done) {
    std::unique_lock lock(impl_->mutex);
    impl_->wanted.clear();
    impl_->for_good = for_good;
    impl_->on_all_stopped = std::move(done);
    if (!impl_->on_all_stopped) impl_->on_all_stopped = [](auto) {};
    if (!impl_->table.empty()) return impl_->reconcile();
    auto all_done = std::exchange(impl_->on_all_stopped, nullptr);
    auto left = std::exchange(impl_->tickets, {});
    lock.unlock();
    if (impl_->homes.empty()) return all_done(std::move(left));
    impl_->homes.front()->where.on->post(
        [all_done = std::move(all_done), left = std::move(left)]() mutable { all_done(std::move(left)); });
}

std::vector<shard_snapshot> shard_host::shards() const {
    std::vector<shard_snapshot> pictures;
    const std::lock_guard lock(impl_->mutex);
    pictures.reserve(impl_->table.size());
    for (const auto& [shard, one] : impl_->table) pictures.push_back(one.picture);
    return pictures;
}

scheduler* shard_host::thread_of(shard_key shard) const noexcept {
    const std::lock_guard lock(impl_->mutex);
    const auto found = impl_->table.find(shard);
    return found == impl_->table.end() ? nullptr : impl_->homes[found->second.thread]->where.on;
}

namespace {
failure not_here(shard_key shard) {
    return {errc::not_here, fmt::format("shard {}/{} has no connection of its own on this thread", shard.id, shard.total)};
}
}  // namespace

result<void> shard_host::send(shard_key shard, std::uint8_t op, std::string d) {
    auto* const driver = impl_->driver_here(shard);
    if (driver == nullptr) return std::unexpected(not_here(shard));
    return driver->send(op, std::move(d));
}

result<member_desk::request_id> shard_host::request_members(shard_key shard, gateway::member_query query,
                                                            member_listener listener) {
    auto* const driver = impl_->driver_here(shard);
    if (driver == nullptr) return std::unexpected(not_here(shard));
    return driver->members().ask(std::move(query), std::move(listener));
}

void shard_host::cancel_members(shard_key shard, member_desk::request_id request) {
    if (auto* const driver = impl_->driver_here(shard)) driver->members().cancel(request);
}

void shard_host::renew(shard_key shard) {
    impl_->post_to_drivers([shard](shard_driver& driver) {
        if (driver.shard() == shard) driver.renew();
    });
}

void shard_host::gateway_url_changed(std::string url) {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->options.session.gateway_url = url;
    }
    impl_->post_to_drivers([url](shard_driver& driver) { driver.gateway_url_changed(url); });
}

}  // namespace shoal::host
