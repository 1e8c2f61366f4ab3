#include "roles/single/exit_reasons.hpp"

#include <fmt/format.h>

#include "discord/close_codes.hpp"
#include "host/errc.hpp"
#include "net/errc.hpp"

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

/// The host wraps what the network said: "net: TLS handshake failed: certificate verify failed: ...".
bool certificate_at_fault(const failure& why) noexcept {
    if (why.is(net::errc::bad_certificate)) return true;
    const bool handshake =
        why.is(net::errc::tls_failed) || why.detail().find(errc_text(net::errc::tls_failed)) != std::string::npos;
    return handshake && why.detail().find("certificate") != std::string::npos;
}

}  // namespace

startup_problem problem_of_close(shard_key shard, std::uint16_t close_code, std::string_view why) {
    auto sentence = std::string(why);
    if (sentence.empty()) sentence = discord::explain_close(close_code);
    if (close_code == 0) return {exit_code::failed, fmt::format("Shard {}/{} cannot go on: {}", shard.id, shard.total, sentence)};
    return {code_of_close(close_code),
            fmt::format("Shard {}/{} was closed with {}: {}", shard.id, shard.total, close_code, sentence)};
}

bool may_pass(const failure& why) noexcept { return !why.is(host::errc::unauthorized) && !certificate_at_fault(why); }

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
        return {exit_code::certificate_refused,
                fmt::format("The certificate of {} is not trusted ({}): check --ca-file and the clock of this machine.", api_base,
                            why.detail().empty() ? why.text() : std::string_view(why.detail()))};
    }
    return {exit_code::api_unreachable,
            fmt::format("{} cannot be reached ({}): check the network and --api-base.", api_base, why.message())};
}

startup_problem problem_of_files(const failure& why, std::string_view what) {
    return {exit_code::state_unusable, fmt::format("{} cannot be used ({}).", what, why.message())};
}

startup_problem problem_of_certificates(const failure& why, std::string_view what) {
    return {exit_code::certificate_refused, fmt::format("{} cannot be used ({}).", what, why.message())};
}

}  // namespace shoal::roles
