#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/json.hpp>

#include "sim/audit/audit.hpp"

namespace shoal::sim {

std::string to_text(const audit_report& report) {
    std::string out;
    if (!report.refused.empty()) {
        out += "audit REFUSED: these journals and this oracle prove nothing\n";
        std::size_t shown = 0;
        for (const auto& why : report.refused) {
            if (++shown > 20) {
                out += fmt::format("  ... and {} more reasons\n", report.refused.size() - 20);
                break;
            }
            out += "  " + why + "\n";
        }
        return out;
    }
    out += report.exit_code() == 0 ? "audit passed\n" : "audit FAILED\n";
    const auto line = [&out](std::string_view name, std::uint64_t count, std::string_view remark = {}) {
        out += fmt::format("  {:<22}{:>12}{}{}\n", name, count, remark.empty() ? "" : "   ", remark);
    };
    line("events sent", report.events_sent);
    line("handled", report.handled);
    line("lost", report.lost);
    line("doubled without mark", report.doubled);
    line("out of order", report.out_of_order);
    line("unanswered commands", report.unanswered_commands, fmt::format("of {}", report.commands));
    line("doubled, marked", report.doubled_marked, "handed out again and said so");
    line("replayed", report.replayed, "handed out with that mark, doubled or not");
    line("sessions taken over", report.taken_over,
         report.taken_over == 0 ? "" : fmt::format("at most {} events replayed behind one", report.most_replayed));
    line("lost with session", report.lost_with_session, "Discord ended the session; nobody could have got them");
    line("poison", report.poison, "stepped over because they broke their reader");
    line("unfinished", report.unfinished, "their handlers are not known to have ended");
    line("sessions", report.sessions);
    line("journals", report.journals);
    for (const auto& one : report.details) {
        if (one.lost + one.doubled + one.out_of_order + one.poison == 0) continue;
        out += fmt::format("  session {} (shard {} of {}, {})\n", one.id, one.shard, one.total, one.state);
        const auto list = [&out](std::string_view what, std::uint64_t count, const std::vector<std::uint64_t>& numbers) {
            if (count == 0) return;
            out += fmt::format("    {} {}: {}{}\n", count, what, fmt::join(numbers, ", "), count > numbers.size() ? ", ..." : "");
        };
        list("lost", one.lost, one.lost_numbers);
        list("doubled without mark", one.doubled, one.doubled_numbers);
        list("out of order", one.out_of_order, one.out_of_order_numbers);
        list("poison", one.poison, one.poison_numbers);
    }
    return out;
}

boost::json::object to_json(const audit_report& report) {
    namespace json = boost::json;
    json::array refused(report.refused.begin(), report.refused.end());
    json::array details;
    const auto numbers = [](const std::vector<std::uint64_t>& from) { return json::array(from.begin(), from.end()); };
    for (const auto& one : report.details) {
        details.push_back(json::object{{"id", one.id},
                                       {"shard", json::array{one.shard, one.total}},
                                       {"state", one.state},
                                       {"sent", one.sent},
                                       {"handled", one.handled},
                                       {"lost", one.lost},
                                       {"lost_with_session", one.lost_with_session},
                                       {"doubled", one.doubled},
                                       {"doubled_marked", one.doubled_marked},
                                       {"out_of_order", one.out_of_order},
                                       {"poison", one.poison},
                                       {"lost_numbers", numbers(one.lost_numbers)},
                                       {"doubled_numbers", numbers(one.doubled_numbers)},
                                       {"out_of_order_numbers", numbers(one.out_of_order_numbers)},
                                       {"poison_numbers", numbers(one.poison_numbers)}});
    }
    return {{"verdict", report.exit_code() == 0   ? "passed"
                        : report.exit_code() == 1 ? "failed"
                                                  : "refused"},
            {"refused", std::move(refused)},
            {"events_sent", report.events_sent},
            {"handled", report.handled},
            {"lost", report.lost},
            {"lost_with_session", report.lost_with_session},
            {"doubled", report.doubled},
            {"doubled_marked", report.doubled_marked},
            {"replayed", report.replayed},
            {"taken_over", report.taken_over},
            {"most_replayed", report.most_replayed},
            {"out_of_order", report.out_of_order},
            {"poison", report.poison},
            {"unfinished", report.unfinished},
            {"commands", report.commands},
            {"unanswered_commands", report.unanswered_commands},
            {"sessions", report.sessions},
            {"journals", report.journals},
            {"details", std::move(details)}};
}

}  // namespace shoal::sim
