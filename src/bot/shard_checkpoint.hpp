#pragma once
// One shard's cache, and what of it and of its session is stored so that the next process can go on: binds the pure record of
// what is to be stored (cache/checkpoint.hpp) to the thread that writes it (state/checkpoint_writer.hpp). Belongs to the shard's
// thread, save where it says otherwise. Not here: reading at a start (checkpoint_desk.hpp).

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "cache/checkpoint.hpp"
#include "discord/event_kind.hpp"
#include "host/ticket_keeper.hpp"
#include "state/checkpoint_writer.hpp"

namespace shoal::runtime {

/// What a ticket says beside the session itself; the same for all shards of a run.
struct ticket_frame {
    std::uint64_t bot = 0;  ///< Which bot at which server (state::application_key).
    std::string presence;   ///< That the code asks for.
};

class shard_checkpoint {
public:
    /// What is passed by reference must outlive it.
    shard_checkpoint(state::checkpoint_writer& writer, state::checkpoint_files files, const ticket_frame& frame,
                     const cache_settings& keeps);

    /// Before the shard runs: goes on with what a process before stored.
    void go_on(cache::checkpoint_reading found, const gateway::resume_ticket& ticket, bool presence_differs);
    /// Before the shard runs: nothing is stored, since what lies there cannot be removed.
    void store_nothing() noexcept { stores_ = false; }
    [[nodiscard]] cache::shard_cache& cache() noexcept { return copy_ ? copy_->cache() : own_; }
    /// The session shows another presence than the code asks for now.
    [[nodiscard]] bool presence_differs() const noexcept { return presence_differs_; }

    /// READY was applied to the cache.
    void begin_session();
    /// An event was applied to the cache.
    void event(discord::event_kind kind, std::string_view name, std::string_view json, std::uint64_t seq);
    void keep(const gateway::resume_ticket& ticket, const std::vector<gateway::known_guild>* guilds, instant now);
    [[nodiscard]] std::uint64_t kept() const noexcept { return track_->kept(); }
    void drop();

    /// How often what was to be stored could not be, and was begun anew. From any thread.
    [[nodiscard]] std::uint64_t given_up() const noexcept { return given_up_.load(std::memory_order_relaxed); }

private:
    [[nodiscard]] bool goes_well(instant now);
    void hand_over(bool with_snapshot);

    state::checkpoint_writer& writer_;
    state::checkpoint_files files_;
    const ticket_frame& frame_;
    cache::shard_cache own_;
    std::unique_ptr<cache::replica> copy_;
    cache::checkpoint stored_;
    state::checkpoint_writer::track_ptr track_;
    std::uint64_t seq_ = 0;
    gateway::resume_ticket told_;  // And noted.
    std::string guilds_;           // As they were last, in bytes.
    instant told_at_ = instant::min();
    instant next_try_ = instant::min();
    bool refused_ = false;  // By the writer, which has too much to do.
    bool presence_differs_ = false;
    bool stores_ = true;
    std::atomic<std::uint64_t> given_up_{0};
};

}  // namespace shoal::runtime
