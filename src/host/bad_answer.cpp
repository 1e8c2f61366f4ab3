#include "host/bad_answer.hpp"

#include <fmt/format.h>

#include "discord/json_cursor.hpp"
#include "net/errc.hpp"

namespace shoal::host {

std::string_view to_string(bad_answer kind) noexcept {
    switch (kind) {
        case bad_answer::not_http: return "an answer that is no HTTP";
        case bad_answer::cut_short: return "an answer that is shorter than it promised";
        case bad_answer::too_large: return "an answer that is too large";
        case bad_answer::endless: return "an answer that did not end in time";
        case bad_answer::not_json: return "an answer that is no JSON";
        case bad_answer::wrong_shape: return "JSON that is not what was asked for";
    }
    return "unknown";
}

std::optional<bad_answer> bad_answer_of(const failure& why) noexcept {
    if (why.is(net::errc::protocol_broken)) return bad_answer::not_http;
    if (why.is(net::errc::cut_short)) return bad_answer::cut_short;
    if (why.is(net::errc::too_large)) return bad_answer::too_large;
    if (why.is(net::errc::endless)) return bad_answer::endless;
    return std::nullopt;
}

std::optional<bad_answer> bad_answer_of(const net::http_response& response) noexcept {
    constexpr int no_content = 204;
    if (response.body.empty()) {
        // An error may well have no body; its status says it all.
        const bool must_say = response.status >= 200 && response.status < 300 && response.status != no_content;
        return must_say ? std::optional(bad_answer::not_json) : std::nullopt;
    }
    // The few routes that give a picture or a table say so.
    const auto type = response.header("Content-Type");
    if (type.starts_with("image/") || type.starts_with("text/csv")) return std::nullopt;
    return discord::is_json(response.body) ? std::nullopt : std::optional(bad_answer::not_json);
}

void bad_answer_log::add(bad_answer kind, std::string_view route, std::string_view detail) {
    const auto which = static_cast<std::size_t>(kind);
    counts_[which].fetch_add(1, std::memory_order_relaxed);
    const auto held_back = lines_.pass(which, on_.now());
    if (!held_back) return;
    auto line = fmt::format("Discord's API gave {}: {}: {}", to_string(kind), route, detail);
    if (*held_back != 0) line += fmt::format(" ({} more since the last such line)", *held_back);
    log_.warn(line);
}

bad_answer_counts bad_answer_log::counts() const noexcept {
    bad_answer_counts out{};
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = counts_[i].load(std::memory_order_relaxed);
    return out;
}

}  // namespace shoal::host
