#include "gateway/ticket.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <iterator>
#include <utility>

#include "gateway/errc.hpp"

namespace shoal::gateway {
namespace {

constexpr std::size_t guild_bytes = 9;
constexpr char guilds_version = 1;

/// Discord's own words become lines here, so they may not bring any of theirs.
std::string_view one_line(std::string_view text) { return text.substr(0, text.find_first_of("\r\n")); }

template <class Int>
bool read_number(std::string_view digits, Int& into) {
    const auto* const end = digits.data() + digits.size();
    const auto [at, ec] = std::from_chars(digits.data(), end, into);
    return ec == std::errc{} && at == end;
}

bool read_shard(std::string_view text, shard_key& into) {
    const auto space = text.find(' ');
    return space != std::string_view::npos && read_number(text.substr(0, space), into.id) &&
           read_number(text.substr(space + 1), into.total) && into.id < into.total;
}

/// False if the field is known and senseless.
bool read_field(std::string_view name, std::string_view value, kept_ticket& into) {
    auto& ticket = into.ticket;
    if (name == "shard") return read_shard(value, ticket.shard);
    if (name == "session_id") return ticket.session_id = value, true;
    if (name == "resume_url") return ticket.resume_url = value, true;
    if (name == "seq") return read_number(value, ticket.seq);
    if (name == "done") return read_number(value, ticket.done);
    if (name == "intents") return read_number(value, ticket.intents);
    if (name == "unsettled") return ticket.unsettled = value == "1", true;
    if (name == "bot") return read_number(value, into.bot);
    if (name == "presence") return into.presence = value, true;
    if (name == "unix_seconds") return read_number(value, into.unix_seconds);
    if (name == "application") {
        std::uint64_t id = 0;
        const bool ok = read_number(value, id);
        ticket.application = application_id(id);
        return ok;
    }
    return true;
}

}  // namespace

std::string write_ticket(const kept_ticket& kept) {
    const auto& ticket = kept.ticket;
    std::string out;
    auto to = std::back_inserter(out);
    fmt::format_to(to, "shard {} {}\nsession_id {}\nresume_url {}\nseq {}\ndone {}\nintents {}\n", ticket.shard.id,
                   ticket.shard.total, one_line(ticket.session_id), one_line(ticket.resume_url), ticket.seq, ticket.done,
                   ticket.intents);
    fmt::format_to(to, "application {}\nunsettled {}\nbot {}\nunix_seconds {}\npresence {}\n", ticket.application.value(),
                   ticket.unsettled ? 1 : 0, kept.bot, kept.unix_seconds, one_line(kept.presence));
    return out;
}

result<kept_ticket> read_ticket(std::string_view text) {
    kept_ticket out;
    out.ticket.shard.total = 0;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        const auto space = line.find(' ');
        if (space == std::string_view::npos) return std::unexpected(failure(errc::bad_ticket, "a line without value"));
        if (!read_field(line.substr(0, space), line.substr(space + 1), out))
            return std::unexpected(failure(errc::bad_ticket, std::string(line.substr(0, space))));
    }
    const auto& ticket = out.ticket;
    if (ticket.session_id.empty() || ticket.shard.total == 0 || ticket.done > ticket.seq)
        return std::unexpected(failure(errc::bad_ticket, "what RESUME needs is missing"));
    return out;
}

std::string write_guilds(const std::vector<known_guild>& guilds) {
    std::string out(1, guilds_version);
    out.reserve(1 + guilds.size() * guild_bytes);
    for (const auto& each : guilds) {
        const auto id = each.id.value();
        for (std::size_t i = 0; i < 8; ++i) out.push_back(static_cast<char>(id >> (8 * i)));
        out.push_back(static_cast<char>(each.state));
    }
    return out;
}

result<std::vector<known_guild>> read_guilds(std::string_view bytes) {
    std::vector<known_guild> out;
    if (bytes.empty() || bytes.front() != guilds_version || bytes.size() % guild_bytes != 1)
        return std::unexpected(failure(errc::bad_ticket, "guilds"));
    bytes.remove_prefix(1);
    out.reserve(bytes.size() / guild_bytes);
    for (; !bytes.empty(); bytes.remove_prefix(guild_bytes)) {
        std::uint64_t id = 0;
        for (std::size_t i = 0; i < 8; ++i) id |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
        const auto state = static_cast<std::uint8_t>(bytes[8]);
        if (id == 0 || state > static_cast<std::uint8_t>(guild_state::joining))
            return std::unexpected(failure(errc::bad_ticket, "guilds"));
        out.push_back({guild_id(id), static_cast<guild_state>(state)});
    }
    return out;
}

}  // namespace shoal::gateway
