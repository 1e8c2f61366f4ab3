#include "sim/core/fault_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace shoal::sim {

namespace json = boost::json;

selector selector::read(const json::object& command, std::string& problem) {
    selector out;
    const auto number = [&](std::string_view key, double low, double high) -> std::optional<double> {
        const json::value* value = command.if_contains(key);
        if (value == nullptr) return std::nullopt;
        json::error_code bad;
        const double got = value->is_number() ? value->to_number<double>(bad) : -1.0;
        if (!value->is_number() || bad || got < low || got > high) {
            problem = fmt::format("\"{}\" must be a number from {} to {}.", key, low, high);
            return std::nullopt;
        }
        return got;
    };
    if (const json::value* value = command.if_contains("all")) {
        if (value->is_bool()) {
            out.all = value->as_bool();
        } else {
            problem = "\"all\" must be true or false.";
        }
    }
    out.percent = number("percent", 0, 100);
    if (const auto shard = number("shard", 0, 1e6)) out.shard = static_cast<std::uint32_t>(*shard);
    if (const auto total = number("total", 1, 1e6)) out.total = static_cast<std::uint32_t>(*total);
    if (const auto conn = number("conn", 0, 9e15)) out.conn = conn_id(static_cast<std::uint64_t>(*conn));
    if (const json::value* value = command.if_contains("session")) {
        if (value->is_string() && !value->as_string().empty()) {
            out.session = std::string(value->as_string());
        } else {
            problem = "\"session\" must be a session's id.";
        }
    }
    return out;
}

bool meant(const selector& by, const fault_subject& who) {
    if (by.conn && who.conn != by.conn) return false;
    if (!by.session.empty() && who.session != by.session) return false;
    if (by.shard && who.shard != by.shard) return false;
    if (by.total && who.total != by.total) return false;
    if (!by.route.empty() && by.route != who.path && by.route != std::string(who.method).append(" ").append(who.path))
        return false;
    return by.given();
}

int fault_number(std::string_view name) noexcept {
    int number = 0;
    if (name.size() < 2 || name.size() > 3 || name.front() != 'F') return 0;
    const auto [end, bad] = std::from_chars(name.data() + 1, name.data() + name.size(), number);
    return bad == std::errc{} && end == name.data() + name.size() && number <= 46 ? number : 0;
}

void fault_table::add(entry standing) { entries_.push_back(std::move(standing)); }

std::optional<json::object> fault_table::strike(int number, const fault_subject& who, instant now, random_source& random) {
    for (auto one = entries_.begin(); one != entries_.end();) {
        if (one->until <= now || (one->left && *one->left == 0)) {
            one = entries_.erase(one);
            continue;
        }
        if (one->number == number && meant(one->by, who) && (!one->by.percent || random.chance(*one->by.percent / 100.0))) {
            if (one->left) --*one->left;
            return one->how;
        }
        ++one;
    }
    return std::nullopt;
}

void fault_table::clear(std::optional<int> number) {
    std::erase_if(entries_, [&](const entry& one) { return !number || one.number == *number; });
}

json::array fault_table::list(instant now) const {
    json::array out;
    for (const entry& one : entries_) {
        if (one.until <= now || (one.left && *one.left == 0)) continue;
        json::object item = one.how;
        if (one.left) item["left"] = *one.left;
        if (one.until != never) item["ms_left"] = to_ms(one.until - now);
        out.push_back(std::move(item));
    }
    return out;
}

bool fault_table::any(int number, instant now) const noexcept {
    return std::ranges::any_of(
        entries_, [&](const entry& one) { return one.number == number && one.until > now && (!one.left || *one.left > 0); });
}

}  // namespace shoal::sim
