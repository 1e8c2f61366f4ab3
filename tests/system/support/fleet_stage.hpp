#pragma once
// A whole fleet, on this host or on hosts of its own: a simulated Discord, a coordinator, workers, and certificates that
// "shoal certs" made.
// Not here: single processes of a bot (stage.hpp).

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "system/support/hosts.hpp"
#include "system/support/mistake.hpp"
#include "system/support/stage.hpp"

namespace shoal::system_test {

class fleet_stage {
public:
    /// Starts Discord, makes the certificates, starts the coordinator. `lease`: seconds. `net`, if there is one, outlives this:
    /// Discord is in its middle, and each node on the host of its name. `bot`: every node's
    /// program; `more`: arguments of the first coordinator.
    explicit fleet_stage(discord_options options, int lease = 3, hosts* net = nullptr, std::string bot = "shoal-fleet-bot",
                         std::vector<std::string> more = {});

    /// A node's certificate below certs(): "w1".
    void certificate(const std::string& name, std::string_view role) const;
    [[nodiscard]] std::string certs(std::string_view name) const { return home / "certs/" + std::string(name); }

    /// With an --ops-url of the test's own nothing here that asks for pages knows where they are.
    void start_coordinator(std::vector<std::string> more = {}, std::map<std::string, std::string> settings = {});
    void kill_coordinator();
    void start_worker(const std::string& name, std::vector<std::string> more = {},
                      std::map<std::string, std::string> settings = {});
    /// kill -9, and gone.
    void kill_worker(const std::string& name);
    [[nodiscard]] process& coordinator() noexcept { return *coordinator_; }
    [[nodiscard]] process& worker(const std::string& name) { return *workers_.at(name); }
    [[nodiscard]] std::string coordinator_url() const { return "https://" + address("c1") + ":" + std::to_string(port_); }
    [[nodiscard]] std::string address(const std::string& node) const {
        return net_ != nullptr ? net_->address(node) : "127.0.0.1";
    }
    [[nodiscard]] int lease() const noexcept { return lease_; }

    /// The coordinator's ops address, and the header that opens its pages (of workers, too, whose settings name
    /// ops_token_file()).
    [[nodiscard]] std::string ops_url() const;
    [[nodiscard]] static std::string ops_header();
    [[nodiscard]] std::string ops_token_file() const { return home / "ops-token"; }
    /// /cluster/state; empty where nobody answers.
    [[nodiscard]] boost::json::object state() const;
    /// How many shards each worker holds that run.
    [[nodiscard]] std::map<std::string, std::size_t> running() const;
    /// Waits until all shards run and these workers, and no others, hold some.
    [[nodiscard]] bool placed(const std::vector<std::string>& on, clock::duration within = 60s) const;
    [[nodiscard]] std::string worker_state(std::string_view name) const;
    /// Waits for so many more events that Discord sent.
    [[nodiscard]] bool further_events(std::int64_t count) const;
    /// Drains, stops everybody in order, and holds the journals against the oracle.
    [[nodiscard]] sim::audit_report audit();
    /// Of all logs, for the message of a test that failed.
    [[nodiscard]] std::string last_lines(std::size_t count) const;
    /// One of an operator's commands: {"cordon", "w1"}.
    [[nodiscard]] outcome shoal(std::vector<std::string> words, std::map<std::string, std::string> environment = {}) const;
    /// A program of the fleet with its environment.
    [[nodiscard]] std::vector<std::string> bot_command(std::vector<std::string> more) const;
    [[nodiscard]] std::map<std::string, std::string> environment() const;
    /// What shoal-test-rest-bot wants to send a second there.
    void want_rest(const std::string& worker, int per_second) const;
    /// What the state says of a worker; 0 if nothing.
    [[nodiscard]] double number_of(std::string_view worker, std::string_view field) const;

private:
    [[nodiscard]] std::optional<hosts::on> on(const std::string& node) const;
    hosts* net_;

public:
    temp_folder home;
    discord_process discord;

private:
    std::uint32_t shards_;
    int lease_;
    std::string bot_;
    std::uint16_t port_ = 0, ops_port_ = 0;
    std::unique_ptr<process> coordinator_;
    std::map<std::string, std::unique_ptr<process>> workers_;
};

/// Enough guilds that Discord's replay bound holds every outage of these tests.
inline const discord_options under_traffic{.shards = 16, .guilds = 320, .max_concurrency = 16, .rate = 10};

/// As placed(); fails the test with what is known if that does not come.
void require_placed(const fleet_stage& fleet, const std::vector<std::string>& on);
/// The end of a test under_traffic: nothing is wrong, and nobody spent more than one IDENTIFY a shard.
void check_fleet(fleet_stage& fleet);

}  // namespace shoal::system_test
