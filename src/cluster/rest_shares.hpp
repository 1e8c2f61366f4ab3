#pragma once
// The bot's global REST limit [4.9] as one for the whole fleet: which worker may use how much of it, as the coordinator has it. A
// slice is asked for by demand and leased; at every moment the sum of what workers may use is within the limit.
// Not here: a worker's hold on its slice (slice_holder.hpp), when a request goes out (src/rest). It knows incarnations and
// heartbeats, which src/budget does not.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "cluster/messages.hpp"
#include "cluster/operator_messages.hpp"

namespace shoal::cluster {

struct rest_policy {
    std::uint32_t limit_per_second = 50;  ///< Discord's, of this bot.
    double pace_share = 0.9;              ///< What is leased by demand of it: Discord counts by its own clock.
    std::uint32_t minimum = 1;            ///< Of each live worker, requests a second: never leased to another one.
    /// How long after its last acked heartbeat a worker may use its slice, and then its minimum. The first is how long a slice
    /// outlives its coordinator, and how long that of a worker which is not proven dead is lost to the others.
    duration slice_lease = std::chrono::seconds(20);
    duration minimum_lease = std::chrono::minutes(10);
    /// What went out counts at Discord for so long: nothing is given on sooner after it may not be used any more.
    duration window = std::chrono::seconds(1);
    duration slack = std::chrono::milliseconds(50);  ///< Two clocks do not run alike.
    duration quiet_after = std::chrono::seconds(5);  ///< Who is silent for so long keeps what it has and gets no more.
    duration plan_every = std::chrono::milliseconds(250);
};

struct rest_holder {
    process_id process;
    cluster::incarnation incarnation{};
    friend auto operator<=>(const rest_holder&, const rest_holder&) = default;
};

/// Of one worker: its slice as it was told last, and what it said of its use.
struct rest_holding {
    std::uint32_t per_second = 0;
    double sent_per_second = 0;
    std::uint32_t waiting = 0;
};

class rest_shares {
public:
    /// `given_on_at_once` is a planted bug: what a worker is told to let go is leased again before it says that it did.
    explicit rest_shares(rest_policy policy, bool given_on_at_once = false);

    /// A new coordinator. What leaders before leased nobody knows, so for one lease of a slice it adopts what workers report, and
    /// gives nothing; in a fleet that seems to be new it gives newcomers the minimum, as far as what is not paced out reaches.
    void take_office(instant now, bool new_fleet);
    /// Somebody was in this bot's fleet before: the store is new, not the fleet.
    void fleet_is_old() noexcept { new_fleet_ = false; }
    /// The store knows this one, and no proof of its death.
    void remember(const rest_holder& who, instant now);
    /// It registered, and holds what it says.
    void registered(const rest_holder& who, const rest_use& says, instant now);
    /// Its heartbeat, which will be acked: the slice that the ack tells.
    [[nodiscard]] rest_slice heard(const rest_holder& who, beat_number beat, const rest_use& says, instant now);
    /// Proven dead: what went out last counts at Discord for a moment.
    void died(const rest_holder& who, instant now);
    /// Leases that are over by now.
    void look(instant now);

    [[nodiscard]] rest_picture picture(instant now) const;
    [[nodiscard]] rest_holding held_by(const rest_holder& who) const;
    /// The most that all together may use in this second.
    [[nodiscard]] std::uint32_t may_be_used() const noexcept { return sum_; }

private:
    struct claim {
        std::uint32_t bound = 0;   // The most that it may use, whatever of our words it has heard.
        std::uint32_t told = 0;    // By the ack that went out last.
        beat_number changed_at{};  // The ack that told it first.
        bool obeyed = true;        // It said that it heard that one.
        std::uint32_t target = 0;
        double need = 0;
        rest_use says;
        bool registered = false;
        instant heard_at{};
        instant over_at = never;  // Proven dead.
    };
    void bound(claim& who, std::uint32_t most) noexcept;
    void plan(instant now);
    [[nodiscard]] bool live(const claim& who, instant now) const noexcept;
    [[nodiscard]] std::uint32_t paced() const noexcept;
    void tell(claim& who, beat_number beat, instant now);
    [[nodiscard]] std::uint32_t most_for(const claim& who, instant now) const noexcept;

    rest_policy policy_;
    bool given_on_at_once_;
    std::map<rest_holder, claim> claims_;
    std::uint32_t sum_ = 0;  // Of all bounds.
    std::uint32_t given_while_waiting_ = 0;
    bool new_fleet_ = false;
    instant nothing_given_before_{}, planned_at_{};
    bool plan_due_ = true;
};

/// How `total` is shared when each wants so much: nobody gets more than it wants, nobody who wants less goes short of who gets
/// more. What cannot be divided goes to those who want most.
[[nodiscard]] std::vector<std::uint32_t> share_out(std::uint32_t total, const std::vector<std::uint32_t>& wants);

}  // namespace shoal::cluster
