#pragma once
// That a process lives, for others on its host: it shows a sign under a number, and who has found the sign can tell from the
// kernel, and from nothing else, when that very process is gone. Linux: an abstract unix socket, SO_PEERCRED, a pidfd.
// Not here: what follows from a process's end (cluster/brain.hpp), whose number it is (its incarnation).
//
// Why it proves what a refused connection does not: an abstract socket is found within one network namespace of one kernel, so
// neither a proxy, a published port of a container nor another host with the same address is in between; and the kernel's word
// is about the process that made the sign, not about a port that others may listen on. Where the process cannot be seen (another
// namespace of processes, an old kernel), nothing is found and nothing proven.

#include <cstdint>
#include <optional>

#include "shoal/error.hpp"
#include "state/files.hpp"

namespace shoal::roles {

class sign_of_life {
public:
    /// Shown until this object or the process goes. Fails if the number is shown already.
    [[nodiscard]] static result<sign_of_life> show(std::uint64_t number);
    /// Lets go of those who have found it so far: no more than `most_finders` find it in between.
    void forget_finders() const;
    static constexpr int most_finders = 128;

private:
    explicit sign_of_life(state::unique_fd socket) noexcept : socket_(std::move(socket)) {}
    state::unique_fd socket_;
};

/// The process that showed a sign when this was made.
class seen_process {
public:
    /// Nothing if no process that can be seen from here shows it. Does not wait.
    [[nodiscard]] static std::optional<seen_process> find(std::uint64_t number);
    /// Its last thread has ended and the kernel has closed what it had open. A process that stands still is not gone.
    [[nodiscard]] bool is_gone() const;
    /// For people: its number in this namespace of processes, which another may have later.
    [[nodiscard]] int pid() const noexcept { return pid_; }

private:
    seen_process(state::unique_fd process, int pid) noexcept : process_(std::move(process)), pid_(pid) {}
    state::unique_fd process_;  // A pidfd.
    int pid_;
};

}  // namespace shoal::roles
