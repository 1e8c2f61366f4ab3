#include "roles/cli/certs_text.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "discord/json_writer.hpp"
#include "roles/cli/text_table.hpp"

namespace shoal::roles::cli {
namespace {

using discord::json_writer;
using trust::certificate_facts;
using trust::date_text;
using trust::listed;

/// When a life has this much left, the list says so.
constexpr std::chrono::days soon{30};

std::string state_text(const listed& one, trust::calendar_time now) {
    if (one.trouble)
        return one.trouble->detail().empty() ? std::string(one.trouble->text())
                                             : fmt::format("{}: {}", one.trouble->text(), one.trouble->detail());
    const auto left = one.facts->not_after - now;
    if (left >= soon) return "good";
    const auto days = std::chrono::floor<std::chrono::days>(left).count();
    return days == 0 ? "ends today" : fmt::format("ends in {} day{}", days, days == 1 ? "" : "s");
}

table_row row_of(const listed& one, std::string what, trust::calendar_time now) {
    if (!one.facts) return {one.name, std::move(what), "", "", state_text(one, now)};
    const auto& facts = *one.facts;
    if (what.empty()) what = text_of(facts.roles);
    return {one.name, std::move(what), facts.hosts.empty() ? "-" : fmt::format("{}", fmt::join(facts.hosts, " ")),
            fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::chrono::system_clock::to_time_t(facts.not_after))), state_text(one, now)};
}

void append(json_writer& out, const certificate_facts& facts) {
    const auto date = [](trust::calendar_time when) {
        return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(when)));
    };
    out.key("roles").begin_array();
    for (const auto role : trust::every_role) {
        if (facts.roles.has(role)) out.value(name_of(role));
    }
    out.end_array().key("hosts").begin_array();
    for (const auto& host : facts.hosts) out.value(host);
    out.end_array()
        .field("issuer", facts.issuer)
        .field("not_before", date(facts.not_before))
        .field("not_after", date(facts.not_after))
        .field("serial", facts.serial)
        .field("sha256", facts.fingerprint);
}

void append(json_writer& out, std::string_view key, const std::vector<listed>& rows) {
    out.key(key).begin_array();
    for (const auto& one : rows) {
        out.begin_object().field("name", one.name).field("good", !one.trouble.has_value());
        if (one.trouble) out.field("trouble", one.trouble->message());
        if (one.facts) append(out, *one.facts);
        out.end_object();
    }
    out.end_array();
}

}  // namespace

std::string one_text(const certificate_facts& facts) {
    return facts.is_authority ? fmt::format("{}, until {}", facts.name, date_text(facts.not_after))
                              : fmt::format("{} ({}), until {}", facts.name, text_of(facts.roles), date_text(facts.not_after));
}

bool is_good(const trust::listing& list) noexcept {
    const auto good = [](const listed& one) { return !one.trouble.has_value(); };
    return std::ranges::all_of(list.authorities, good) && std::ranges::all_of(list.nodes, good);
}

std::string list_text(const trust::listing& list, trust::calendar_time now) {
    std::vector<table_row> rows{{"NAME", "ROLES", "HOSTS", "UNTIL", "STATE"}};
    for (std::size_t i = 0; i < list.authorities.size(); ++i) {
        // Two while an authority changes: the one in office, and the one that goes.
        rows.push_back(row_of(list.authorities[i], i == 0 ? "authority" : "authority (old)", now));
    }
    for (const auto& one : list.nodes) rows.push_back(row_of(one, "", now));
    return table_text(rows);
}

std::string list_json(const trust::listing& list) {
    json_writer out;
    out.begin_object();
    append(out, "authorities", list.authorities);
    append(out, "nodes", list.nodes);
    out.end_object();
    return std::move(out).take() + "\n";
}

std::string made_json(const std::vector<certificate_facts>& made) {
    json_writer out;
    out.begin_object().key("made").begin_array();
    for (const auto& one : made) {
        out.begin_object().field("name", one.name).field("authority", one.is_authority);
        append(out, one);
        out.end_object();
    }
    out.end_array().end_object();
    return std::move(out).take() + "\n";
}

}  // namespace shoal::roles::cli
