#pragma once
// Hosts of a test: network namespaces joined by a bridge that the test makes, and the ways in which lines between them break.
// Not here: what runs on them (fleet_stage.hpp).

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace shoal::system_test {

/// The namespaces have no name and nothing of them is in the machine's own: the kernel removes them, lines and rules included,
/// when the test and the programs that it started are gone, however they went.
class hosts {
public:
    /// Enters a namespace of its own, in which the bridge is; 10.77.0.1. What the test starts is there, and so is the test.
    hosts();
    /// Back to where the test was.
    ~hosts();
    hosts(const hosts&) = delete;
    hosts& operator=(const hosts&) = delete;

    /// Whether there can be none here, which is said then: the test is left out, and ctest shows it as skipped. Needs root, or
    /// what it may do with networks. With SHOAL_TESTS_MUST_MAKE_HOSTS in the environment the test fails instead.
    [[nodiscard]] static bool left_out();

    static constexpr std::string_view middle = "10.77.0.1";
    /// The address of a host, which is made where it is not there yet.
    [[nodiscard]] std::string address(const std::string& host);

    /// For as long as this lives, the calling thread, and what it starts, is on that host.
    class on {
    public:
        on(hosts& of, const std::string& host);
        ~on();
        on(const on&) = delete;
        on& operator=(const on&) = delete;

    private:
        int back_;
    };

    /// The host's line is pulled out, and put in again.
    void unplug(const std::string& host);
    void plug_in(const std::string& host);
    /// What comes from this address is dropped on that host ("": in the middle): one way only.
    void drop(const std::string& at, std::string_view from);
    /// What comes from this address is answered with a reset on that host, as by a firewall: connections that are there end on
    /// the other side, new ones are refused, and whoever lives on the host hears nothing of it.
    void refuse(const std::string& at, std::string_view from);
    /// No rule of drop() or refuse() is left anywhere.
    void heal();

private:
    struct host {
        int space = -1;  // A descriptor of its namespace.
        int number = 0;
    };
    [[nodiscard]] host& known(const std::string& name);
    void rule(const std::string& at, const std::string& what);

    int outside_ = -1;  // Where the test came from.
    std::map<std::string, host> hosts_;
};

}  // namespace shoal::system_test
