#pragma once
// Discord's limit on what a client sends: 120 messages in 60 s and connection [2.1.9], with room kept for heartbeats, and 5
// presence updates in 20 s. Pure; a new connection gets a new one.

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.hpp"

namespace shoal::gateway {

enum class send_class : std::uint8_t { heartbeat, handshake, presence, command };

class send_limiter {
public:
    static constexpr std::size_t limit = 120;
    static constexpr std::size_t largest_payload_bytes = 4096;  ///< [2.1.8]
    static constexpr std::size_t extra_beats = 10;  ///< Beyond the regular ones, in any `window`: mostly op 1 of the server.
    /// Discord counts when messages arrive: half a second more keeps a burst that the network squeezed together inside its
    /// window.
    static constexpr duration window = std::chrono::milliseconds(60'500);

    /// `heartbeat_interval` decides how many places are kept: for all beats that a window can hold, for the handshake, and for
    /// `extra_beats`. Holds from one beat a second up; a server that wants more of them leaves little else, and may break its own
    /// rule.
    explicit send_limiter(duration heartbeat_interval);

    /// When a message of this class may be sent: `now` or later. Does not count it.
    [[nodiscard]] instant earliest(send_class what, instant now) const noexcept;
    /// It was sent. Heartbeats and handshakes are always counted and never refused.
    void sent(send_class what, instant now) noexcept;

    /// How many messages of the window are kept for heartbeats.
    [[nodiscard]] std::size_t reserved() const noexcept { return reserved_; }

private:
    static constexpr std::size_t presence_limit = 5;

    /// The times of the last `N` messages, oldest overwritten first.
    template <std::size_t N>
    struct ring {
        std::array<instant, N> times{};
        std::size_t next = 0;
        std::size_t used = 0;
        void add(instant when) noexcept {
            times[next] = when;
            next = (next + 1) % N;
            if (used < N) ++used;
        }
        /// The k-th latest, k from 1; k must not be above `used`.
        [[nodiscard]] instant latest(std::size_t k) const noexcept { return times[(next + N - k) % N]; }
    };

    std::size_t reserved_;
    ring<limit> all_;       // Every message.
    ring<limit> commands_;  // Those that the reserve is kept from.
    ring<presence_limit> presences_;
};

}  // namespace shoal::gateway
