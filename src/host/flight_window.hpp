#pragma once
// The events of one session that were handed out and whose handlers have not all ended: what is done without a hole, and how
// many are in flight. It outlives its driver for as long as a handler holds an event.
// Not here: which events are handed out.

#include <cstdint>
#include <memory>
#include <vector>

#include "host/event_sink.hpp"

namespace shoal::host {

class flight_window final : public event_guard::owner {
public:
    /// Whom a window tells; `home` is emptied when that one goes.
    class listener {
    public:
        virtual void on_event_ended(flight_window& window, std::uint64_t seq, delivery how) noexcept = 0;

    protected:
        ~listener() = default;
    };
    struct link {
        listener* home = nullptr;
    };

    /// Lets a window go: it stays alive until its last event is done.
    struct releaser {
        void operator()(flight_window* window) const noexcept { window->release(); }
    };
    using pointer = std::unique_ptr<flight_window, releaser>;

    [[nodiscard]] static pointer make(std::shared_ptr<link> tell, std::uint32_t session_index, std::uint64_t done) {
        return pointer(new flight_window(std::move(tell), session_index, done));
    }

    /// Hands out the guard of one event. `seq` is higher than all before. Until settled() an early end is only noted, so that an
    /// event whose reader failed can be taken back.
    [[nodiscard]] event_guard begin(std::uint64_t seq, delivery how);
    /// The event of the last begin() was taken over by the handlers.
    void settled() noexcept;
    /// It was not: it was never handed out. False if somebody kept its guard all the same; it then counts as handed out.
    [[nodiscard]] bool take_back() noexcept;

    /// Every event up to here is done.
    [[nodiscard]] std::uint64_t done() const noexcept { return done_; }
    [[nodiscard]] std::uint32_t in_flight() const noexcept { return in_flight_; }
    [[nodiscard]] std::uint32_t session_index() const noexcept { return session_index_; }

private:
    struct entry {
        std::uint64_t seq;
        delivery how;
        bool ended;
    };

    flight_window(std::shared_ptr<link> tell, std::uint32_t session_index, std::uint64_t done) noexcept
        : tell_(std::move(tell)), session_index_(session_index), done_(done) {}
    ~flight_window() = default;
    void event_done(std::uint64_t seq) noexcept override;
    void end(entry& which) noexcept;
    void release() noexcept;

    std::shared_ptr<link> tell_;
    std::uint32_t session_index_;
    std::uint64_t done_;
    std::uint32_t in_flight_ = 0;
    void drop_ended() noexcept;

    std::vector<entry> entries_;  // from first_ on: in order of seq; the first one is not done
    std::size_t first_ = 0;       // what stands before it is over and goes in one piece, so that an event allocates nothing
    bool handing_out_ = false;    // between begin() and settled() or take_back()
    bool ended_early_ = false;
    bool released_ = false;
};

}  // namespace shoal::host
