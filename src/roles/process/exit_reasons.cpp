#include "roles/process/exit_reasons.hpp"

#include <fmt/format.h>

#include "discord/close_codes.hpp"
#include "host/errc.hpp"
#include "net/errc.hpp"
#include "state/errc.hpp"

namespace shoal::roles {

using config::exit_code;
using config::startup_problem;

namespace {

exit_code code_of_close(std::uint16_t close_code) noexcept {
    switch (close_code) {
        case 4004: return exit_code::token_refused;
        case 4010: return exit_code::wrong_shard;
        case 4011: return exit_code::too_many_guilds;
        case 4012: return exit_code::api_version_refused;
        case 4013: return exit_code::intents_invalid;
        case 4014: return exit_code::intents_not_allowed;
        default: return exit_code::failed;
    }
}

/// What a person wants of a failure: its detail, without the names of the rooms that it came through.
std::string_view plain(const failure& why) noexcept {
    std::string_view text = why.detail().empty() ? why.text() : std::string_view(why.detail());
    if (text.starts_with("net: ")) text.remove_prefix(5);
    const auto kind = errc_text(net::errc::untrusted);
    if (text.starts_with(kind) && text.substr(kind.size()).starts_with(": ")) text.remove_prefix(kind.size() + 2);
    return text;
}

/// The host wraps what the network said: "net: cannot connect: 127.0.0.1:9: Connection refused".
bool network_said(const failure& why, net::errc what) noexcept {
    return why.is(what) || why.detail().find(errc_text(what)) != std::string::npos;
}

bool certificate_at_fault(const failure& why) noexcept { return network_said(why, net::errc::untrusted); }

std::string names_of(intents which) {
    std::string list;
    for (const auto& name : which.names()) list += (list.empty() ? "" : ", ") + name;
    return list;
}

/// What Discord's close says, with the intents that it does not say.
std::string sentence_of_close(std::uint16_t close_code, std::string_view why, intents asked) {
    const auto unknown = asked - intents::all;
    const auto privileged = asked & intents::privileged;
    if (close_code == 4013 && !unknown.empty()) {
        return fmt::format("Discord does not know the intent {}, which the bot asked for: take it out of the bot's intents.",
                           names_of(unknown));
    }
    if (close_code == 4014 && !privileged.empty()) {
        return fmt::format(
            "The bot asked for {}, and Discord has not given it all of that: switch it on in the developer portal "
            "(page Bot, Privileged Gateway Intents), or stop asking for it.",
            names_of(privileged));
    }
    return std::string(why.empty() ? discord::explain_close(close_code) : why);
}

}  // namespace

startup_problem problem_of_close(shard_key shard, std::uint16_t close_code, std::string_view why, intents asked) {
    const auto sentence = sentence_of_close(close_code, why, asked);
    if (close_code == 0) return {exit_code::failed, fmt::format("Shard {}/{} cannot go on: {}", shard.id, shard.total, sentence)};
    return {code_of_close(close_code),
            fmt::format("Shard {}/{} was closed with {}: {}", shard.id, shard.total, close_code, sentence)};
}

startup_problem problem_of_gateway_certificate(std::string_view gateway, std::string_view why) {
    return {exit_code::certificate_refused, fmt::format("The gateway {} cannot be used: {}.", gateway, why)};
}

bool may_pass(const failure& why) noexcept {
    return !why.is(host::errc::unauthorized) && !certificate_at_fault(why) && !network_said(why, net::errc::bad_url);
}

bool discord_is_unwell(const failure& why) noexcept {
    const auto at = why.detail().find("status ");
    if (at == std::string::npos) return false;
    const auto status = std::string_view(why.detail()).substr(at + 7);
    return status.starts_with("429") || status.starts_with('5');
}

startup_problem problem_of_bootstrap(const failure& why, std::string_view api_base) {
    if (why.is(host::errc::unauthorized)) {
        return {exit_code::token_refused,
                fmt::format("{} refuses the bot's token (401): check DISCORD_TOKEN or the token file; a new one is made in the "
                            "developer portal.",
                            api_base)};
    }
    if (certificate_at_fault(why)) {
        return {exit_code::certificate_refused, fmt::format("{} cannot be used: {}.", api_base, plain(why))};
    }
    if (network_said(why, net::errc::bad_url)) {
        return {exit_code::bad_setting, fmt::format("{} cannot be dialed ({}): check --api-base.", api_base, plain(why))};
    }
    if (why.is(host::errc::bad_answer) || plain(why).find("answered with status") != std::string_view::npos) {
        return {exit_code::api_unreachable,
                fmt::format("{} answers, but not as Discord's API ({}): check --api-base.", api_base, plain(why))};
    }
    return {exit_code::api_unreachable,
            fmt::format("{} cannot be reached ({}): check the network and --api-base.", api_base, plain(why))};
}

startup_problem problem_of_files(const failure& why, std::string_view what) {
    const auto code = why.is(state::errc::disk_full) ? exit_code::disk_full : exit_code::state_unusable;
    return {code, fmt::format("{} cannot be used: {}.", what, plain(why))};
}

startup_problem problem_of_certificates(const failure& why, std::string_view what) {
    return {exit_code::certificate_refused, fmt::format("{} cannot be used: {}.", what, plain(why))};
}

}  // namespace shoal::roles
