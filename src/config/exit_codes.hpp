#pragma once
// With which status a program of Shoal ends, and why. docs/exit-codes.md is written from this list.
// Not here: the sentence that a person reads; whoever fails says that.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace shoal::config {

enum class exit_code : std::uint8_t {
    fine = 0,
    failed = 1,
    bad_setting = 2,
    no_token = 3,
    token_refused = 4,
    wrong_shard = 5,
    too_many_guilds = 6,
    api_version_refused = 7,
    intents_invalid = 8,
    intents_not_allowed = 9,
    api_unreachable = 10,
    certificate_refused = 11,
    port_in_use = 12,
    state_unusable = 13,
    mode_not_here = 14,
    token_malformed = 15,
    disk_full = 16,
    fleet_refused = 17,
    interrupted = 130,
    terminated = 143,
};

struct exit_code_text {
    exit_code code;
    std::string_view name;
    std::string_view meaning;
    std::string_view remedy;
};

/// Every code once, in rising order.
inline constexpr std::array exit_codes{
    exit_code_text{exit_code::fine, "fine", "The bot was stopped in order, or --help or --version was answered.", ""},
    exit_code_text{exit_code::failed, "failed", "Something that no other code names.", "The line on stderr says what."},
    exit_code_text{exit_code::bad_setting, "bad_setting",
                   "A flag, an environment variable or a line of the settings file makes no sense.",
                   "The line on stderr says which one and what is allowed."},
    exit_code_text{exit_code::no_token, "no_token", "There is no bot token, or its file cannot be read.",
                   "Set DISCORD_TOKEN or give --token-file."},
    exit_code_text{exit_code::token_refused, "token_refused", "Discord refuses the token (REST 401, gateway close 4004).",
                   "Make a new token in the developer portal; a spent identify budget resets it, too."},
    exit_code_text{exit_code::wrong_shard, "wrong_shard", "Discord refuses the pair of shard id and total (gateway close 4010).",
                   "Leave --total-shards out, or make it a multiple of the number that Discord gave a large bot."},
    exit_code_text{exit_code::too_many_guilds, "too_many_guilds",
                   "A shard would hold more guilds than Discord allows (gateway close 4011).", "Raise --total-shards."},
    exit_code_text{exit_code::api_version_refused, "api_version_refused",
                   "The server does not speak this version of Discord's API (gateway close 4012).",
                   "Update Shoal, or look at --api-base."},
    exit_code_text{exit_code::intents_invalid, "intents_invalid",
                   "Discord does not know an intent that the bot asked for (gateway close 4013).", "Correct the bot's intents."},
    exit_code_text{exit_code::intents_not_allowed, "intents_not_allowed",
                   "The bot asked for a privileged intent that is not switched on for it (gateway close 4014).",
                   "Switch it on in the developer portal, or do without it."},
    exit_code_text{exit_code::api_unreachable, "api_unreachable", "Discord's API could not be reached.",
                   "Look at the network and at --api-base."},
    exit_code_text{exit_code::certificate_refused, "certificate_refused",
                   "The server's certificate is not trusted, or a certificate file is no good.",
                   "Look at --ca-file and at the clock of this machine."},
    exit_code_text{
        exit_code::port_in_use, "port_in_use",
        "Another program listens on the port that was asked for (a bot in mode single listens on that of --ops-url alone).",
        "Choose another port."},
    exit_code_text{
        exit_code::state_unusable, "state_unusable",
        "The state folder, the identify ledger, the journal or the fleet's store is locked by another process or cannot be "
        "used.",
        "End the other process, or give this one its own --state-dir."},
    exit_code_text{exit_code::mode_not_here, "mode_not_here",
                   "This program runs in mode single only: its main calls shoal::main, not shoal::fleet::main.",
                   "Use --mode single, or let its main call shoal::fleet::main."},
    exit_code_text{
        exit_code::token_malformed, "token_malformed",
        "What was given as the token cannot be one: quotation marks, white space, a placeholder, an id, a piece of one.",
        "Copy the token from the developer portal as it is."},
    exit_code_text{exit_code::disk_full, "disk_full",
                   "There is no room where the state folder, the identify ledger, the journal or the fleet's store lies.",
                   "Free some space, or choose a path on another disk."},
    exit_code_text{exit_code::fleet_refused, "fleet_refused",
                   "The fleet's coordinator does not take this worker: another token, other intents, another version, or fenced.",
                   "The line on stderr says which; all nodes of a fleet run one bot."},
    exit_code_text{exit_code::interrupted, "interrupted", "A second Ctrl-C ended the bot at once, without an orderly stop.", ""},
    exit_code_text{exit_code::terminated, "terminated", "A second SIGTERM ended the bot at once, without an orderly stop.", ""},
};

/// The codes of shoal-sim, in rising order. A number that a bot has, too, means the same.
inline constexpr std::array simulator_exit_codes{
    exit_code_text{exit_code::fine, "fine", "Done; or nothing was lost, doubled without mark, out of order or unanswered.", ""},
    exit_code_text{exit_code(1), "no",
                   "The answer is no: the audit found something, a behaviour has no test, a command was refused.",
                   "The output says what."},
    exit_code_text{exit_code::bad_setting, "bad_setting",
                   "A mistake in the call: an argument, an address or a file that makes no sense.",
                   "The line on stderr says which one and what is allowed."},
    exit_code_text{exit_code(3), "audit_refused",
                   "The audit refuses to say: not drained, a session in no journal, a damaged journal, numbers never sent.",
                   "The output says why."},
    exit_code_text{exit_code::api_unreachable, "unreachable", "Nobody answers at the control address.",
                   "Look at --control, and whether shoal-sim serve still runs."},
    exit_code_text{exit_code::certificate_refused, "certificate_refused", "A certificate or key file is no good.",
                   "Look at --cert and --key."},
    exit_code_text{exit_code::port_in_use, "port_in_use", "Another program listens on the port that was asked for.",
                   "Choose another port; port 0 takes any free one."},
    exit_code_text{
        exit_code::state_unusable, "file_unusable",
        "A file cannot be written. For a recording that ended early this is said at once, and the code comes at the end.",
        "Choose another path."},
    exit_code_text{exit_code::disk_full, "disk_full",
                   "There is no room for a file. For a recording this is said at once, and the code comes at the end.",
                   "Free some space, or choose a path on another disk."},
};

/// The codes of the program shoal, in rising order. A number that a bot has, too, means the same.
inline constexpr std::array tool_exit_codes{
    exit_code_text{exit_code::fine, "fine", "Done.", ""},
    exit_code_text{
        exit_code(1), "no",
        "The answer is no: a certificate in the list is of no use, the coordinator refuses, or --wait ran out of time.",
        "The output says which and why."},
    exit_code_text{exit_code::bad_setting, "bad_setting",
                   "A mistake in the call: a word, a name, a host or a folder that makes no sense.",
                   "The line on stderr says which one and what is allowed."},
    exit_code_text{exit_code::api_unreachable, "unreachable",
                   "No coordinator answers: nobody is there, something else is, or it took too long.",
                   "Look at --coordinator-url, and whether the coordinator runs."},
    exit_code_text{exit_code::certificate_refused, "certificate_refused",
                   "A certificate or key is missing, damaged, expired or open to others; or the coordinator's is not trusted, or "
                   "the operator's is not, or it lacks the role.",
                   "The line on stderr says which one."},
    exit_code_text{exit_code::state_unusable, "file_unusable", "A file or folder cannot be written.", "Choose another path."},
    exit_code_text{exit_code::disk_full, "disk_full", "There is no room for a file.",
                   "Free some space, or choose a path on another disk."},
};

/// A start that failed: the status to end with and one sentence for people, without a secret in it.
struct startup_problem {
    exit_code code = exit_code::failed;
    std::string sentence;
};

}  // namespace shoal::config
