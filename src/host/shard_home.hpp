#pragma once
// What lives on one thread of shards and is touched there only: their drivers, journals and buffers, and the thread's pulse.
// Not here: which shards live here (shard_table.hpp), what one does (shard_driver.hpp).

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/buffer.hpp"
#include "host/block_watchdog.hpp"
#include "host/cpu_split.hpp"
#include "host/shard_driver.hpp"
#include "host/shard_host.hpp"
#include "state/boot_id.hpp"
#include "state/journal_writer.hpp"

namespace shoal::host {

class shard_home {
public:
    /// What a home tells its host, on its own thread.
    class owner {
    public:
        /// Became live, or lost its connection.
        virtual void connection_changed(shard_home& here, shard_key shard, bool live) = 0;
        /// Was live, and closes for want of a lease.
        virtual void connection_left(shard_home& here, shard_key shard) = 0;
        /// Another thread's hand on the shard's next connection; nullptr: nobody has one.
        [[nodiscard]] virtual std::shared_ptr<net::socket_fuse> fuse_for(shard_key shard) = 0;
        virtual void picture_changed(shard_key shard, shard_snapshot picture) = 0;
        /// A half-deaf session may be given up now.
        [[nodiscard]] virtual bool may_renew(instant now) = 0;
        /// Whether a session that came without its cache may be given up now, and that it is over.
        [[nodiscard]] virtual bool take_turn(shard_key shard, instant now) = 0;
        virtual void end_turn(shard_key shard) = 0;
        /// The driver has ended: by a stop, or because it gave up.
        virtual void ended(shard_home& here, shard_key shard) = 0;

    protected:
        ~owner() = default;
    };

    /// What is passed by reference must outlive it.
    shard_home(shard_thread where, owner& host, const host_options& options, permit_source& permits, event_sink& sink,
               const state::incarnation& process);
    ~shard_home();
    shard_home(const shard_home&) = delete;
    shard_home& operator=(const shard_home&) = delete;

    [[nodiscard]] scheduler& on() const noexcept { return *where_.on; }
    [[nodiscard]] const std::shared_ptr<thread_pulse>& pulse() const noexcept { return pulse_; }

    /// A driver that has yet to be started. `session` is without its shard and seed.
    shard_driver& make(shard_key shard, std::optional<gateway::resume_ticket> ticket, gateway::session_config session);
    /// The driver goes; its journal stays for the next start, until close_journal().
    std::optional<gateway::resume_ticket> remove(shard_key shard);
    void close_journal(shard_key shard);
    [[nodiscard]] shard_driver* find(shard_key shard);
    template <class F>
    void for_each(F visit) {
        for (const auto& [shard, driver] : drivers_) visit(*driver);
    }
    void publish(shard_key shard);

    /// True if nobody calls tick() yet: the caller has to, then and after each of its waits.
    [[nodiscard]] bool wake();
    /// Beats the pulse, and tells each driver of each second. How long to wait for the next; nothing: no shard lives here.
    [[nodiscard]] std::optional<duration> tick();

private:
    void second_passed();
    [[nodiscard]] state::journal_writer* journal_of(shard_key shard);

    shard_thread where_;
    owner& host_;
    const host_options& options_;
    permit_source& permits_;
    event_sink& sink_;
    const state::incarnation& process_;
    std::unique_ptr<buffer_pool> pool_;
    std::map<shard_key, std::unique_ptr<state::journal_writer>> journals_;  // a shard's journal goes on when it starts again
    std::map<shard_key, std::string> no_journal_;                           // why a shard has none that should
    std::map<shard_key, std::unique_ptr<shard_driver>> drivers_;
    std::shared_ptr<thread_pulse> pulse_ = std::make_shared<thread_pulse>();
    bool ticking_ = false;
    instant next_second_{}, next_keep_{};
    cpu_split cpu_;
    double rates_ = 0;  // Events a second of all shards here, as of the last second.
};

}  // namespace shoal::host
