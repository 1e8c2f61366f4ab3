#pragma once
// The two programs of a system test: a simulated Discord over TLS and bots on it, with what a test wants to know of both.
// Not here: how programs run (process.hpp).

#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/audit/audit.hpp"
#include "system/support/process.hpp"

namespace shoal::system_test {

inline constexpr std::string_view bot_token = "MTAwMDAwMDAwMDAwMDAwMDAwMQ.Gabcde.system-test-token-0123456789abcdef";

struct discord_options {
    std::uint32_t shards = 4;  ///< What /gateway/bot recommends, and whose traffic there is.
    std::uint32_t guilds = 200;
    std::uint32_t max_concurrency = 16;
    double rate = 0;           ///< Events a second and shard, from the start.
    bool late_guilds = false;  ///< A tenth of the guilds comes 1 to 10 s late.
    bool plain = false;
    unsigned most_file_blocks = 0;  ///< Of 512 bytes, for every file that it writes; 0: no limit.
    std::vector<std::string> more = {};
    std::string token = std::string(bot_token);  ///< Of the bot that it knows.
};

/// shoal-sim serve on ports of its own choice.
class discord_process {
public:
    explicit discord_process(discord_options options = {});

    [[nodiscard]] const std::string& api_base() const noexcept { return api_base_; }
    /// Of its control port, as a url.
    [[nodiscard]] const std::string& control_address() const noexcept { return control_; }
    /// The authority to trust; empty when plain.
    [[nodiscard]] const std::string& ca_file() const noexcept { return ca_file_; }
    /// One control command as JSON text; fails the test if the simulator refuses it.
    boost::json::object control(std::string_view command) const;
    [[nodiscard]] boost::json::object status() const;
    [[nodiscard]] std::int64_t counter(std::string_view name) const;
    [[nodiscard]] std::int64_t live_sessions() const;
    [[nodiscard]] std::string oracle() const;
    /// Slash commands a second in all. Once the shards are there: one that comes before its shard has a session goes nowhere.
    void slash(double rate) const;
    /// Waits until that many sessions are live.
    [[nodiscard]] bool all_live(std::int64_t sessions, clock::duration within = 60s) const;
    /// Waits until Discord's users have called at least that many slash commands since it started.
    [[nodiscard]] bool issued_commands(std::size_t least, clock::duration within = 60s) const;
    /// Stops the traffic, and waits until everything is on its way and no slash command waits for an answer any more.
    [[nodiscard]] bool drain(clock::duration within = 20s) const;
    [[nodiscard]] process& running() noexcept { return *process_; }

private:
    temp_folder folder_;
    std::unique_ptr<process> process_;
    std::string control_, api_base_, ca_file_;
};

/// The command line of shoal-demo-bot on that Discord.
[[nodiscard]] std::vector<std::string> bot_command(const discord_process& discord, std::vector<std::string> more = {});
/// Its environment: the token, and a HOME of the test's own.
[[nodiscard]] std::map<std::string, std::string> bot_environment(const temp_folder& home);

/// A bot with a journal, its ledger and its output in one place.
class bot_process {
public:
    bot_process(const discord_process& discord, const temp_folder& home, std::vector<std::string> more = {});
    [[nodiscard]] process& running() noexcept { return process_; }
    [[nodiscard]] bool ready(clock::duration within = 60s) { return process_.says("all shards are ready", within); }
    /// Of its log, for the message of a test that failed.
    [[nodiscard]] std::string last_lines(std::size_t count) const;
    /// Ctrl-C; the exit code, or -1.
    [[nodiscard]] int stop();

private:
    process process_;
};

/// The folder that bots of this home write their journals to.
[[nodiscard]] std::string journal_folder(const temp_folder& home);

/// Waits until the bots have read what was sent (nothing that is lost comes later), then audits.
[[nodiscard]] sim::audit_report settled_audit(const discord_process& discord, const temp_folder& home,
                                              clock::duration within = 10s);
/// Fails the test unless nothing was lost, doubled, reordered or left unanswered, and Discord's own bounds were not hit.
void check_clean(const sim::audit_report& report, std::string_view oracle);

}  // namespace shoal::system_test
