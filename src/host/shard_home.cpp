#include "host/shard_home.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

#include "base/random.hpp"

namespace shoal::host {

using namespace std::chrono_literals;

namespace {

// What is kept is at most this old, and what the keeper needs.
constexpr auto keep_each = 250ms;

}  // namespace

shard_home::shard_home(shard_thread where, owner& host, const host_options& options, permit_source& permits, event_sink& sink,
                       const state::incarnation& process)
    : where_(where),
      host_(host),
      options_(options),
      permits_(permits),
      sink_(sink),
      process_(process),
      pool_(std::make_unique<buffer_pool>(64)) {}

shard_home::~shard_home() {
    drivers_.clear();
    // Somebody still reads an event of a host that is gone. Its bytes must stay, so the pool does.
    if (pool_->lent() != 0) (void)pool_.release();
}

shard_driver& shard_home::make(shard_key shard, std::optional<gateway::resume_ticket> ticket, gateway::session_config session) {
    driver_options with;
    with.session = std::move(session);
    with.session.shard = shard;
    with.session.seed = random_source(options_.session.seed ^ (std::uint64_t{shard.id} << 32 | shard.total)).next();
    with.guild_wait = options_.guild_wait;
    with.most_in_flight = options_.most_in_flight;
    with.drain_patience = options_.drain_patience;
    with.user_agent = options_.user_agent;
    with.log = options_.log;
    with.silence = options_.silence;
    with.renew_after_move = options_.renew_after_move;
    with.keeper = options_.keeper;
    with.session.acknowledges_kept = options_.keeper != nullptr && !options_.planted.acknowledges_received;
    with.rights = options_.rights;
    with.fuse = [this, shard] { return host_.fuse_for(shard); };
    with.planted = options_.planted;

    driver_hooks hooks;
    hooks.on_connection = [this, shard](bool live) { host_.connection_changed(*this, shard, live); };
    hooks.on_left = [this, shard] { host_.connection_left(*this, shard); };
    hooks.on_changed = [this, shard] {
        publish(shard);
        if (options_.on_changed) options_.on_changed(shard);
    };
    hooks.may_renew = [this] { return host_.may_renew(on().now()); };
    hooks.take_turn = [this, shard] { return host_.take_turn(shard, on().now()); };
    hooks.end_turn = [this, shard] { host_.end_turn(shard); };
    hooks.on_stopped = [this, shard] { host_.ended(*this, shard); };
    hooks.on_busy = [pulse = pulse_.get(), id = shard.id](discord::event_kind kind) {
        pulse->event.store(static_cast<std::uint32_t>(kind), std::memory_order_relaxed);
        pulse->shard.store(id, std::memory_order_relaxed);
    };
    hooks.on_idle = [pulse = pulse_.get()] { pulse->shard.store(thread_pulse::nobody, std::memory_order_relaxed); };

    auto& driver = drivers_[shard];
    driver = std::make_unique<shard_driver>(where_, *pool_, journal_of(shard), std::move(with), std::move(ticket), permits_,
                                            sink_, std::move(hooks));
    return *driver;
}

std::optional<gateway::resume_ticket> shard_home::remove(shard_key shard) {
    const auto found = drivers_.find(shard);
    if (found == drivers_.end()) return std::nullopt;
    found->second->keep();
    auto ticket = found->second->ticket();
    drivers_.erase(found);
    return ticket;
}

shard_driver* shard_home::find(shard_key shard) {
    const auto found = drivers_.find(shard);
    return found == drivers_.end() ? nullptr : found->second.get();
}

void shard_home::publish(shard_key shard) {
    const auto* const driver = find(shard);
    if (driver == nullptr) return;
    auto picture = driver->snapshot();
    picture.cpu_share = cpu_.part(picture.events_per_second, rates_, drivers_.size());
    if (const auto none = no_journal_.find(shard); none != no_journal_.end()) picture.journal_problem = none->second;
    host_.picture_changed(shard, std::move(picture));
}

bool shard_home::wake() {
    if (ticking_) return false;
    ticking_ = true;
    next_second_ = on().now() + 1s;
    pulse_->beating.store(true, std::memory_order_relaxed);
    return true;
}

void shard_home::second_passed() {
    timespec used{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    cpu_.second_passed(std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec), on().now());
    rates_ = 0;
    for (const auto& [shard, driver] : drivers_) {
        driver->second_passed();
        rates_ += driver->events_per_second();
    }
    for (const auto& [shard, driver] : drivers_) publish(shard);
}

std::optional<duration> shard_home::tick() {
    pulse_->beats.fetch_add(1, std::memory_order_relaxed);
    const auto now = on().now();
    if (now >= next_second_) {
        next_second_ = now + 1s;
        second_passed();
    }
    if (options_.keeper != nullptr && now >= next_keep_) {
        next_keep_ = now + keep_each;
        for (const auto& [shard, driver] : drivers_) driver->keep();
    }
    if (drivers_.empty()) {
        ticking_ = false;
        pulse_->beating.store(false, std::memory_order_relaxed);
        return std::nullopt;
    }
    const duration longest = options_.keeper != nullptr ? duration(keep_each) : duration(1s);
    return options_.blocked_after > duration{} ? std::min<duration>(options_.blocked_after / 4, longest) : longest;
}

state::journal_writer* shard_home::journal_of(shard_key shard) {
    if (options_.journal_folder.empty()) return nullptr;
    auto& journal = journals_[shard];
    if (journal == nullptr) {
        auto made = state::journal_writer::create(options_.journal_folder, shard, process_);
        if (!made) {
            no_journal_[shard] = made.error().message();
            options_.log.error(fmt::format("shard {} runs without its event journal: {}", shard.id, made.error().message()));
            return nullptr;
        }
        journal = std::make_unique<state::journal_writer>(std::move(*made));
    }
    return journal.get();
}

void shard_home::close_journal(shard_key shard) {
    const auto found = journals_.find(shard);
    if (found == journals_.end()) return;
    if (found->second != nullptr) found->second->closed(on().now());
    journals_.erase(found);
}

}  // namespace shoal::host
