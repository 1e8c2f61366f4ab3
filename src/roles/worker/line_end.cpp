#include "roles/worker/line_end.hpp"

#include <fmt/format.h>

#include "rpc/errc.hpp"
#include "wire/errc.hpp"

namespace shoal::roles {
namespace {

std::string_view detail_of(const failure& why) noexcept {
    return why.detail().empty() ? why.text() : std::string_view(why.detail());
}

}  // namespace

std::string_view name_of(line_end_kind kind) noexcept {
    switch (kind) {
        case line_end_kind::unreachable: return "unreachable";
        case line_end_kind::silent: return "silent";
        case line_end_kind::untrusted: return "untrusted";
        case line_end_kind::no_coordinator: return "no_coordinator";
        case line_end_kind::other_token: return "other_token";
        case line_end_kind::unreadable: return "unreadable";
        case line_end_kind::ended: return "ended";
    }
    return "ended";
}

line_end end_of(const failure& why, std::string_view address, bool was_open) {
    using rpc::errc;
    using enum line_end_kind;
    const auto detail = detail_of(why);
    if (why.is(errc::finished)) return {ended, fmt::format("the coordinator at {} ended the stream", address)};
    if (why.is(errc::timed_out) || why.is(errc::no_handshake)) {
        return {silent, fmt::format("{} takes the connection and says nothing: check --coordinator-url, and whether the "
                                    "coordinator there is alive",
                                    address)};
    }
    if (why.room() == errc_room(wire::errc::garbage) || why.is(errc::too_large)) {
        return {unreadable, fmt::format("what the coordinator at {} says cannot be understood ({}): let all nodes of the fleet "
                                        "run one version",
                                        address, why.message())};
    }
    if (was_open) return {ended, fmt::format("the stream to the coordinator at {} broke ({})", address, detail)};
    if (why.is(errc::untrusted))
        return {untrusted, fmt::format("{} and this worker do not trust each other: {}", address, detail)};
    if (why.is(errc::wrong_role) || why.is(errc::not_our_kind) || why.is(errc::unknown_method)) {
        return {no_coordinator,
                fmt::format("what answers at {} is no coordinator ({}): check --coordinator-url", address, detail)};
    }
    if (why.is(errc::unreachable)) {
        return {unreachable, fmt::format("nobody answers at {} ({}): check --coordinator-url, and whether the coordinator runs",
                                         address, detail)};
    }
    return {ended, fmt::format("{}: {}", address, why.message())};
}

std::string sentence_of(cluster::refusal why, std::string_view detail) {
    const auto because = detail.empty() ? std::string() : fmt::format(" ({})", detail);
    switch (why) {
        case cluster::refusal::other_token:
            return fmt::format(
                "The coordinator runs a bot with another token than this worker{}: give every node of a fleet the same "
                "DISCORD_TOKEN.",
                because);
        case cluster::refusal::other_intents:
            return fmt::format(
                "The coordinator expects other intents than this worker has{}: run the same bot on both, or give \"shoal "
                "coordinator\" the intents of this one.",
                because);
        case cluster::refusal::other_version:
            return fmt::format(
                "The coordinator does not speak this worker's version of the protocol{}: update the older of them.", because);
        case cluster::refusal::process_id_in_use:
            return fmt::format(
                "The coordinator does not take this worker: {}{}; give each worker a --process-id and a --state-dir of its own.",
                cluster::to_string(why), because);
        case cluster::refusal::fenced:
            return fmt::format("This worker was declared dead{}, and its shards are others' now: start it again.", because);
        default: return fmt::format("The coordinator does not take this worker: {}{}.", cluster::to_string(why), because);
    }
}

}  // namespace shoal::roles
