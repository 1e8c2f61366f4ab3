#include "host/shard_host.hpp"

#include <fmt/format.h>

#include <mutex>
#include <set>
#include <utility>
#include <variant>

#include "discord/event_kind.hpp"
#include "host/block_watchdog.hpp"
#include "host/edge_watch.hpp"
#include "host/errc.hpp"
#include "host/lease_watchdog.hpp"
#include "host/shard_driver.hpp"
#include "host/shard_home.hpp"
#include "host/shard_table.hpp"
#include "state/boot_id.hpp"

namespace shoal::host {

/// Shared with the work that is posted to the threads, which holds it weakly.
struct shard_host::impl final : std::enable_shared_from_this<impl>, shard_home::owner {
    impl(const std::vector<shard_thread>& threads, host_options with, permit_source& permits, event_sink& to)
        : options(std::move(with)), sink(to), process(state::make_incarnation()), table(threads.size()) {
        for (const auto& where : threads)
            homes.push_back(std::make_unique<shard_home>(where, *this, options, permits, sink, process));
    }

    /// Runs `job` on a thread of shards, if the host still lives then.
    void post(std::size_t thread, std::move_only_function<void(impl&, shard_home&)> job) {
        homes[thread]->on().post([weak = weak_from_this(), thread, job = std::move(job)]() mutable {
            if (const auto self = weak.lock()) job(*self, *self->homes[thread]);
        });
    }
    void post_to_drivers(const std::function<void(shard_driver&)>& job) {
        for (std::size_t thread = 0; thread < homes.size(); ++thread)
            post(thread, [job](impl&, shard_home& here) { here.for_each(job); });
    }

    // ---- orders of the table; with the mutex held, so that threads get them in their order ---------------------------------

    void reconcile() {
        for (auto& one : table.reconcile()) std::visit([this](auto& what) { carry_out(what); }, one);
    }
    void carry_out(shard_table::start& what) {
        post(what.thread,
             [shard = what.shard, ticket = std::move(what.ticket), session = options.session](
                 impl& self, shard_home& here) mutable { self.start(here, shard, std::move(ticket), std::move(session)); });
    }
    void carry_out(const shard_table::stop& what) {
        post(what.thread, [shard = what.shard, gave_up = what.gave_up, good = for_good](impl& self, shard_home& here) {
            if (gave_up) return self.ended(here, shard);
            if (auto* const driver = here.find(shard)) driver->stop(good);
        });
    }

    // ---- on a shard's thread --------------------------------------------------------------------------------------------

    void start(shard_home& here, shard_key shard, std::optional<gateway::resume_ticket> ticket, gateway::session_config session) {
        auto& driver = here.make(shard, std::move(ticket), std::move(session));
        if (here.wake()) tick(here);
        driver.start();
        bool in_trouble = false;
        {
            const std::lock_guard lock(mutex);
            in_trouble = edge.trouble();
        }
        if (in_trouble) driver.edge_trouble(true);
    }

    void tick(shard_home& here) {
        const auto wait = here.tick();
        if (!wait) return;
        here.on().wake_at(here.on().now() + *wait, [weak = weak_from_this(), &here] {
            if (const auto self = weak.lock()) self->tick(here);
        });
    }

    void ended(shard_home& here, shard_key shard) override {
        if (here.find(shard) == nullptr) return;
        bool to_end = false;
        {
            const std::lock_guard lock(mutex);
            to_end = table.was_to_end(shard);
        }
        if (!to_end) return here.publish(shard);
        auto ticket = here.remove(shard);
        if (lease_watch != nullptr) lease_watch->forget(shard);
        bool ending = false;
        {
            const std::lock_guard lock(mutex);
            ending = on_all_stopped != nullptr;
        }
        if (ending) here.close_journal(shard);
        std::function<void(ticket_map)> all_done;
        ticket_map left;
        const bool told = !ending && options.on_gone != nullptr;
        {
            const std::lock_guard lock(mutex);
            // Who is told of a ticket has it: the shard's next start brings its own.
            table.gone(shard, for_good || told ? std::nullopt : ticket);
            tell_edge(edge.removed(shard, here.on().now()));
            if (on_all_stopped != nullptr && table.empty()) {
                all_done = std::exchange(on_all_stopped, nullptr);
                left = table.take_tickets();
                for_good = false;
            } else {
                reconcile();
            }
        }
        if (told) options.on_gone(shard, std::move(ticket));
        if (all_done) all_done(std::move(left));
    }

    void picture_changed(shard_key shard, shard_snapshot picture) override {
        const std::lock_guard lock(mutex);
        table.set_picture(shard, std::move(picture));
    }

    void connection_changed(shard_home& here, shard_key shard, bool live) override {
        const auto now = here.on().now();
        const std::lock_guard lock(mutex);
        // A shard that is being stopped says nothing about Discord's edge.
        if (table.is_stopping(shard)) return;
        tell_edge(live ? edge.live(shard, now) : edge.lost(shard, now));
    }

    void connection_left(shard_home& here, shard_key shard) override {
        const std::lock_guard lock(mutex);
        tell_edge(edge.removed(shard, here.on().now()));
    }
    std::shared_ptr<net::socket_fuse> fuse_for(shard_key shard) override {
        return lease_watch == nullptr ? nullptr : lease_watch->fuse_for(shard);
    }

    /// Half-deaf sessions are renewed one after the other: what all shards miss at once is missing at Discord.
    bool may_renew(instant now) override {
        const std::lock_guard lock(mutex);
        if (edge.trouble() || now < renew_not_before) return false;
        renew_not_before = now + options.silence.between_renewals;
        return true;
    }

    /// Each of them is a shard without a session for a while: one after the other. Who never tells its end loses the turn.
    bool take_turn(shard_key shard, instant now) override {
        const std::lock_guard lock(mutex);
        if (edge.trouble() || (turn && now < turn->until)) return false;
        turn = {shard, now + longest_turn};
        return true;
    }
    void end_turn(shard_key shard) override {
        const std::lock_guard lock(mutex);
        if (turn && turn->shard == shard) turn.reset();
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
            if (!here->on().is_current()) continue;
            if (auto* const found = here->find(shard)) return found;
        }
        return nullptr;
    }

    /// For people; on the watchdog's thread.
    [[nodiscard]] std::string who_blocks(const block_watchdog::finding& found) const {
        // A handler that goes on after a wait runs outside of any hand-out: each shard of the thread is asked.
        std::vector<shard_key> there;
        {
            const std::lock_guard lock(mutex);
            there = table.shards_of(found.thread);
        }
        for (const auto& shard : there) {
            if (auto name = sink.running_handler(shard); !name.empty())
                return fmt::format("the handler \"{}\" of shard {}", name, shard.id);
        }
        if (found.shard == thread_pulse::nobody) return "something that runs on it";
        return fmt::format("a handler of {} of shard {}", discord::name_of(static_cast<discord::event_kind>(found.event)),
                           found.shard);
    }

    host_options options;
    event_sink& sink;
    state::incarnation process;
    std::vector<std::unique_ptr<shard_home>> homes;  // fixed after construction

    mutable std::mutex mutex;  // over all below; never taken while an event is handed out
    shard_table table;
    edge_watch edge;
    instant renew_not_before{};
    static constexpr duration longest_turn = std::chrono::minutes(1);
    struct renewal_turn {
        shard_key shard;
        instant until;
    };
    std::optional<renewal_turn> turn;
    bool for_good = false;
    std::function<void(ticket_map)> on_all_stopped;

    std::unique_ptr<lease_watchdog> lease_watch;
    std::unique_ptr<block_watchdog> watchdog;  // last: it ends first
};

shard_host::shard_host(std::vector<shard_thread> threads, host_options options, permit_source& permits, event_sink& sink) {
    impl_ = std::make_shared<impl>(threads, std::move(options), permits, sink);
    const auto& with = impl_->options;
    if (with.rights != nullptr && with.cut_after > duration{} && !impl_->homes.empty()) {
        impl_->lease_watch = std::make_unique<lease_watchdog>(*with.rights, impl_->homes.front()->on(), with.cut_after, with.log);
    }
    if (with.blocked_after <= duration{} || !with.log.on(log_level::warn)) return;
    std::vector<std::shared_ptr<thread_pulse>> pulses;
    for (const auto& here : impl_->homes) pulses.push_back(here->pulse());
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
    impl_->table.want({shards.begin(), shards.end()}, std::move(tickets));
    impl_->reconcile();
}

void shard_host::stop(bool for_good, std::function<void(std::map<shard_key, gateway::resume_ticket>)> done) {
    std::unique_lock lock(impl_->mutex);
    impl_->table.want({}, {});
    impl_->for_good = for_good;
    impl_->on_all_stopped = std::move(done);
    if (!impl_->on_all_stopped) impl_->on_all_stopped = [](auto) {};
    if (!impl_->table.empty()) return impl_->reconcile();
    auto all_done = std::exchange(impl_->on_all_stopped, nullptr);
    auto left = impl_->table.take_tickets();
    lock.unlock();
    if (impl_->homes.empty()) return all_done(std::move(left));
    impl_->homes.front()->on().post(
        [all_done = std::move(all_done), left = std::move(left)]() mutable { all_done(std::move(left)); });
}

std::vector<shard_snapshot> shard_host::shards() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->table.pictures();
}

scheduler* shard_host::thread_of(shard_key shard) const noexcept {
    const std::lock_guard lock(impl_->mutex);
    const auto thread = impl_->table.thread_of(shard);
    return thread ? &impl_->homes[*thread]->on() : nullptr;
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

void shard_host::lease_over(shard_key shard) {
    const std::lock_guard lock(impl_->mutex);
    const auto thread = impl_->table.thread_of(shard);
    if (!thread) return;
    impl_->post(*thread, [shard](impl&, shard_home& here) {
        if (auto* const driver = here.find(shard)) driver->check_lease();
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
