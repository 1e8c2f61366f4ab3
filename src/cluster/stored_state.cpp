#include "cluster/stored_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "cluster/errc.hpp"

namespace shoal::cluster {
namespace {

/// Lines of `name value`; each name once. Values hold no line ends.
class fields {
public:
    explicit fields(std::string_view text) {
        while (!text.empty()) {
            const auto end = text.find('\n');
            const auto line = text.substr(0, end);
            const auto space = line.find(' ');
            if (end == std::string_view::npos || space == std::string_view::npos) {
                sound_ = false;
                return;
            }
            lines_.emplace_back(line.substr(0, space), line.substr(space + 1));
            text.remove_prefix(end + 1);
        }
    }
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const {
        for (const auto& [key, value] : lines_)
            if (key == name) return value;
        return std::nullopt;
    }
    std::string_view text(std::string_view name) {
        const auto found = find(name);
        sound_ &= found.has_value();
        return found.value_or("");
    }
    template <class Number>
    Number number(std::string_view name) {
        return to_number<Number>(text(name));
    }
    template <class Number>
    Number to_number(std::string_view digits) {
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        sound_ &= error == std::errc{} && end == digits.data() + digits.size() && !digits.empty();
        return static_cast<Number>(value);
    }
    [[nodiscard]] bool sound() const noexcept { return sound_; }
    [[nodiscard]] const auto& lines() const noexcept { return lines_; }

private:
    std::vector<std::pair<std::string_view, std::string_view>> lines_;
    bool sound_ = true;
};

std::unexpected<failure> damaged(std::string_view what) { return std::unexpected(failure(errc::bad_record, std::string(what))); }

void add(std::string& out, std::string_view name, std::string_view value) {
    fmt::format_to(std::back_inserter(out), "{} {}\n", name, value);
}
void add(std::string& out, std::string_view name, std::uint64_t value) {
    fmt::format_to(std::back_inserter(out), "{} {}\n", name, value);
}

void add(std::string& out, const std::optional<gateway_refusal>& refused) {
    if (!refused) return;
    add(out, "refused", refused->code);
    add(out, "refused_why", refused->why);
}

/// A version before wrote none.
std::optional<gateway_refusal> read_refusal(fields& from) {
    if (!from.find("refused")) return std::nullopt;
    return gateway_refusal{from.number<std::uint16_t>("refused"), std::string(from.text("refused_why"))};
}

}  // namespace

bool well_formed(std::string_view text) noexcept {
    return !text.empty() && text.size() <= 256 &&
           std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

std::string write_fleet(const stored_fleet& what) {
    std::string out;
    add(out, "fleet", number(what.fleet));
    add(out, "leader", number(what.leader));
    add(out, "total", what.total_shards);
    add(out, "paused", static_cast<std::uint64_t>(what.paused));
    add(out, "reserve", static_cast<std::uint64_t>(what.use_reserve));
    if (what.refused.code != 0) add(out, what.refused);
    add(out, "settled", static_cast<std::uint64_t>(what.settled));
    return out;
}

result<stored_fleet> read_fleet(std::string_view text) {
    fields from(text);
    stored_fleet out;
    out.fleet = from.number<fleet_id>("fleet");
    out.leader = from.number<leader_epoch>("leader");
    out.total_shards = from.number<std::uint32_t>("total");
    out.paused = from.number<std::uint64_t>("paused") != 0;
    out.use_reserve = from.number<std::uint64_t>("reserve") != 0;
    out.settled = from.number<std::uint64_t>("settled") != 0;
    if (auto refused = read_refusal(from)) out.refused = *std::move(refused);
    if (!from.sound()) return damaged("fleet");
    return out;
}

std::string write_member(const member& what) {
    std::string out;
    add(out, "process", what.process.value);
    add(out, "incarnation", number(what.incarnation));
    add(out, "zone", what.zone);
    add(out, "url", what.listen_url);
    add(out, "software", what.software);
    add(out, "millicores", what.capacity.millicores);
    add(out, "memory_mb", what.capacity.memory_mb);
    add(out, "max_shards", what.capacity.max_shards);
    add(out, "cordoned", static_cast<std::uint64_t>(what.cordoned));
    add(out, "draining", static_cast<std::uint64_t>(what.draining));
    add(out, "may_try", static_cast<std::uint64_t>(what.may_try));
    add(out, "dead", what.proof);
    return out;
}

result<member> read_member(std::string_view text) {
    fields from(text);
    member out;
    out.process.value = from.text("process");
    out.incarnation = from.number<incarnation>("incarnation");
    out.zone = from.text("zone");
    out.listen_url = from.text("url");
    out.software = from.text("software");
    out.capacity.millicores = from.number<std::uint32_t>("millicores");
    out.capacity.memory_mb = from.number<std::uint64_t>("memory_mb");
    out.capacity.max_shards = from.number<std::uint32_t>("max_shards");
    out.cordoned = from.number<std::uint64_t>("cordoned") != 0;
    out.draining = from.number<std::uint64_t>("draining") != 0;
    out.proof = from.text("dead");
    out.may_try = from.find("may_try") == "1";
    if (!from.sound() || out.process.value.empty()) return damaged("member");
    return out;
}

std::string write_shard(const assignment& what) {
    std::string out;
    add(out, "epoch", number(what.epoch));
    add(out, "highest", number(what.highest));
    if (what.owner) {
        add(out, "owner", what.owner->value);
        add(out, "incarnation", number(what.owner_incarnation));
    }
    add(out, "reason", what.reason);
    add(out, what.refused);
    if (what.ticket) {
        const auto& t = *what.ticket;
        add(out, "session", t.session_id);
        add(out, "url", t.resume_url);
        add(out, "shard", t.shard.id);
        add(out, "of", t.shard.total);
        add(out, "seq", t.seq);
        add(out, "done", t.done);
        add(out, "intents", t.intents);
        add(out, "application", t.application.value());
        add(out, "unsettled", t.unsettled ? 1U : 0U);
    }
    return out;
}

result<stored_shard> read_shard(std::string_view text) {
    fields from(text);
    stored_shard out;
    out.epoch = from.number<shard_epoch>("epoch");
    out.highest = from.number<shard_epoch>("highest");
    out.reason = from.text("reason");
    out.refused = read_refusal(from);
    if (const auto owner = from.find("owner")) {
        out.owner = process_id{std::string(*owner)};
        out.owner_incarnation = from.number<incarnation>("incarnation");
    }
    if (const auto session = from.find("session")) {
        auto& t = out.ticket.emplace();
        t.session_id = *session;
        t.resume_url = from.text("url");
        t.shard.id = from.number<std::uint32_t>("shard");
        t.shard.total = from.number<std::uint32_t>("of");
        t.seq = from.number<std::uint64_t>("seq");
        t.done = from.number<std::uint64_t>("done");
        t.intents = from.number<std::uint64_t>("intents");
        // A version before wrote neither.
        if (from.find("application")) t.application = application_id(from.number<std::uint64_t>("application"));
        t.unsettled = from.find("unsettled") == "1";
    }
    if (!from.sound()) return damaged("shard");
    return out;
}

std::string write_progress(const std::vector<stored_progress>& what) {
    std::string out;
    for (const auto& one : what)
        fmt::format_to(std::back_inserter(out), "{} {} {} {}\n", one.shard, one.seq, one.done, one.session_id);
    return out;
}

result<std::vector<stored_progress>> read_progress(std::string_view text) {
    fields from(text);
    std::vector<stored_progress> out;
    for (const auto& [shard, rest] : from.lines()) {
        const auto first = rest.find(' ');
        const auto second = first == std::string_view::npos ? first : rest.find(' ', first + 1);
        if (second == std::string_view::npos) return damaged("progress");
        out.push_back({from.to_number<std::uint32_t>(shard), from.to_number<std::uint64_t>(rest.substr(0, first)),
                       from.to_number<std::uint64_t>(rest.substr(first + 1, second - first - 1)),
                       std::string(rest.substr(second + 1))});
    }
    if (!from.sound()) return damaged("progress");
    return out;
}

}  // namespace shoal::cluster
