// A process that is gone proves death; one that lives, stands still, or cannot be seen proves nothing.

#include "roles/coordinator/death_probe.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>
#include <string>

#include "base/virtual_scheduler.hpp"

using namespace shoal;
using namespace shoal::roles;
using namespace std::chrono_literals;

namespace {

/// A process of its own that shows a sign until it is killed.
class child {
public:
    explicit child(std::uint64_t number) {
        int shown[2];
        REQUIRE(::pipe(shown) == 0);
        pid_ = ::fork();
        REQUIRE(pid_ >= 0);
        if (pid_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            const auto sign = sign_of_life::show(number);
            const char fine = sign ? 'y' : 'n';
            (void)!::write(shown[1], &fine, 1);
            for (;;) ::pause();
        }
        char fine = 'n';
        REQUIRE(::read(shown[0], &fine, 1) == 1);
        REQUIRE(fine == 'y');
        ::close(shown[0]);
        ::close(shown[1]);
    }
    ~child() {
        if (pid_ > 0) kill();
    }
    void send(int signal) const { REQUIRE(::kill(pid_, signal) == 0); }
    /// Gone, and forgotten by its parent.
    void kill() {
        send(SIGKILL);
        REQUIRE(::waitpid(pid_, nullptr, 0) == pid_);
        pid_ = -1;
    }
    [[nodiscard]] pid_t pid() const noexcept { return pid_; }

private:
    pid_t pid_ = -1;
};

/// Numbers that no other run of this test uses at the same time.
std::uint64_t number_of_its_own(std::uint64_t which) { return static_cast<std::uint64_t>(::getpid()) << 32 | which; }

}  // namespace

TEST_CASE("a sign leads to the process that shows it, and to nobody where there is none") {
    const auto number = number_of_its_own(1);
    CHECK_FALSE(seen_process::find(number).has_value());
    child one(number);
    const auto seen = seen_process::find(number);
    REQUIRE(seen.has_value());
    CHECK(seen->pid() == one.pid());
    CHECK_FALSE(seen->is_gone());
    CHECK_FALSE(sign_of_life::show(number).has_value());  // Nobody else can show it.
    one.kill();
    CHECK(seen->is_gone());
    CHECK_FALSE(seen_process::find(number).has_value());
}

TEST_CASE("who shows a sign anew after its process is gone is another process") {
    const auto number = number_of_its_own(2);
    std::optional<seen_process> first;
    {
        child one(number);
        first = seen_process::find(number);
    }
    child other(number);
    REQUIRE(first.has_value());
    CHECK(first->is_gone());
    const auto second = seen_process::find(number);
    REQUIRE(second.has_value());
    CHECK_FALSE(second->is_gone());
}

TEST_CASE("a sign is found as often as somebody looks, as long as its process lets finders go now and then") {
    const auto number = number_of_its_own(3);
    const auto sign = sign_of_life::show(number);
    REQUIRE(sign.has_value());
    for (int round = 0; round < 5; ++round) {
        for (int i = 0; i < sign_of_life::most_finders; ++i) REQUIRE(seen_process::find(number).has_value());
        sign->forget_finders();
    }
}

TEST_CASE("a process that is gone is proof, told once; one that lives or stands still is none, for as long as it does") {
    virtual_scheduler clock;
    death_probe probe(clock);
    child dead(number_of_its_own(4)), alive(number_of_its_own(5)), frozen(number_of_its_own(6));
    auto of_dead = seen_process::find(number_of_its_own(4)), of_alive = seen_process::find(number_of_its_own(5)),
         of_frozen = seen_process::find(number_of_its_own(6));
    REQUIRE((of_dead && of_alive && of_frozen));
    dead.kill();
    frozen.send(SIGSTOP);
    std::string how_dead, how_alive;
    int told = 0;
    bool frozen_told = false;
    probe.look(*std::move(of_dead), [&](const std::string& how) { how_dead = how, ++told; });
    probe.look(*std::move(of_alive), [&](const std::string& how) { how_alive = how; });
    probe.look(*std::move(of_frozen), [&](const std::string&) { frozen_told = true; });
    clock.run_for(20ms);
    CHECK(how_dead.contains("is gone"));
    CHECK(how_alive.empty());
    alive.kill();  // A process closes its sockets first, and is gone later.
    clock.run_for(3s);
    CHECK(told == 1);
    CHECK(how_alive.contains("is gone"));
    CHECK_FALSE(frozen_told);
    CHECK(clock.idle());
}

TEST_CASE("a probe that goes asks nobody any more") {
    virtual_scheduler clock;
    child dead(number_of_its_own(7));
    auto seen = seen_process::find(number_of_its_own(7));
    REQUIRE(seen.has_value());
    dead.kill();
    bool told = false;
    {
        death_probe probe(clock);
        probe.look(*std::move(seen), [&](const std::string&) { told = true; });
    }
    clock.run_for(3s);
    CHECK_FALSE(told);
}
