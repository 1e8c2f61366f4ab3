#include "system/support/hosts.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <utility>

#include "system/support/process.hpp"

namespace shoal::system_test {
namespace {

constexpr const char* ip = "/sbin/ip";
constexpr const char* nft = "/usr/sbin/nft";

int this_space() { return ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC); }

void run(const char* program, std::initializer_list<std::string> words) {
    std::vector<std::string> command{program};
    command.insert(command.end(), words);
    process made(std::move(command));
    const auto ended = made.wait(20s);
    REQUIRE_MESSAGE((ended && ended->code == 0), made.err());
}

/// Leaves for a new namespace; its descriptor.
int new_space() {
    REQUIRE(::unshare(CLONE_NEWNET) == 0);
    const int space = this_space();
    REQUIRE(space >= 0);
    run(ip, {"link", "set", "lo", "up"});
    return space;
}

void enter(int space) { REQUIRE(::setns(space, CLONE_NEWNET) == 0); }

std::string port_of(int number) { return fmt::format("host{}", number); }

/// Why there can be none; empty: they can be made.
std::string problem() {
    for (const auto* program : {ip, nft})
        if (::access(program, X_OK) != 0) return fmt::format("{} is missing", program);
    const int here = this_space();
    const bool made = ::unshare(CLONE_NEWNET) == 0;
    std::string why = made ? std::string() : fmt::format("unshare: {}", std::strerror(errno));
    if (made) {
        // That the kernel has bridges, pairs of interfaces and filters is seen by making one of each.
        for (const auto& command :
             std::vector<std::vector<std::string>>{{ip, "link", "add", "br0", "type", "bridge"},
                                                   {ip, "link", "add", "end0", "type", "veth", "peer", "name", "end1"},
                                                   {nft, "add", "table", "ip", "test"}}) {
            process tried(command);
            const auto ended = tried.wait(20s);
            if (!ended || ended->code != 0) why = fmt::format("{}: {}", fmt::join(command, " "), tried.err());
        }
        enter(here);
    }
    ::close(here);
    return why;
}

}  // namespace

bool hosts::left_out() {
    static const std::string why = problem();
    if (why.empty()) return false;
    // Where somebody promised that hosts can be made, leaving a test out would be a lie.
    if (std::getenv("SHOAL_TESTS_MUST_MAKE_HOSTS") != nullptr) FAIL("cannot make hosts: ", why);
    MESSAGE("left out, since hosts of its own cannot be made: ", why);
    return true;
}

hosts::hosts() : outside_(this_space()) {
    REQUIRE(outside_ >= 0);
    hosts_[""] = {new_space(), 1};
    // Left to itself a bridge takes the lowest address of its ports, and hosts that know it by another do not reach it for a
    // while.
    run(ip, {"link", "add", "br0", "address", "02:00:00:00:00:01", "type", "bridge"});
    run(ip, {"address", "add", std::string(middle) + "/24", "dev", "br0"});
    run(ip, {"link", "set", "br0", "up"});
}

hosts::~hosts() {
    (void)::setns(outside_, CLONE_NEWNET);
    ::close(outside_);
    for (const auto& [name, host] : hosts_) ::close(host.space);
}

hosts::host& hosts::known(const std::string& name) {
    if (const auto found = hosts_.find(name); found != hosts_.end()) return found->second;
    const int number = static_cast<int>(hosts_.size()) + 1;
    const int middle_space = hosts_.at("").space;
    host made{new_space(), number};
    enter(middle_space);
    // This process is asked for the descriptor: the namespace has no other name.
    run(ip, {"link", "add", port_of(number), "type", "veth", "peer", "name", "eth0", "netns",
             fmt::format("/proc/{}/fd/{}", ::getpid(), made.space)});
    run(ip, {"link", "set", port_of(number), "master", "br0", "up"});
    enter(made.space);
    run(ip, {"address", "add", fmt::format("10.77.0.{}/24", number), "dev", "eth0"});
    run(ip, {"link", "set", "eth0", "up"});
    enter(middle_space);
    return hosts_[name] = made;
}

std::string hosts::address(const std::string& host) { return fmt::format("10.77.0.{}", known(host).number); }

hosts::on::on(hosts& of, const std::string& host) : back_(this_space()) { enter(of.known(host).space); }

hosts::on::~on() {
    (void)::setns(back_, CLONE_NEWNET);
    ::close(back_);
}

// The end of the line at the bridge goes down: on the host the interface stays with its address and has no carrier.
void hosts::unplug(const std::string& host) { run(ip, {"link", "set", port_of(known(host).number), "down"}); }
void hosts::plug_in(const std::string& host) { run(ip, {"link", "set", port_of(known(host).number), "up"}); }

void hosts::rule(const std::string& at, const std::string& what) {
    const on there(*this, at);
    run(nft, {"add table ip test; add chain ip test in { type filter hook input priority 0; }; add rule ip test in " + what});
}

void hosts::drop(const std::string& at, std::string_view from) { rule(at, fmt::format("ip saddr {} drop", from)); }

void hosts::refuse(const std::string& at, std::string_view from) {
    rule(at, fmt::format("ip saddr {} meta l4proto tcp reject with tcp reset", from));
}

void hosts::heal() {
    for (const auto& [name, host] : hosts_) {
        const on there(*this, name);
        run(nft, {"flush ruleset"});
    }
}

}  // namespace shoal::system_test
