#pragma once
// The audit: what the simulator sent (the oracle) against what a bot handled (its journals). It counts, or refuses to count.
// Not here: how either is made.

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/audit/journal_reader.hpp"

namespace shoal::sim {

/// One session with something to tell: numbers are the first few of each kind.
struct audited_session {
    std::string id;
    std::uint32_t shard = 0, total = 0;
    std::string state;
    std::uint64_t sent = 0, handled = 0, lost = 0, lost_with_session = 0, doubled = 0, doubled_marked = 0, out_of_order = 0,
                  poison = 0;
    std::vector<std::uint64_t> lost_numbers, doubled_numbers, out_of_order_numbers, poison_numbers;
};

struct audit_report {
    /// Why nothing is proven by these journals and this oracle. Not empty: the numbers below mean nothing.
    std::vector<std::string> refused;

    std::uint64_t events_sent = 0;
    std::uint64_t handled = 0;            ///< Of those sent: handed to handlers at least once.
    std::uint64_t lost = 0;               ///< Sent, deliverable, never handed out.
    std::uint64_t lost_with_session = 0;  ///< Went down with a session that Discord itself ended; nobody could have got them.
    std::uint64_t doubled = 0;            ///< Handed out again without a mark, or although the process before had done with it.
    std::uint64_t doubled_marked = 0;     ///< Handed out again, marked replayed or possibly taken.
    std::uint64_t replayed = 0;           ///< Times that an event was handed out with such a mark, doubled or not.
    std::uint64_t taken_over = 0;         ///< Times that a process went on with another one's session.
    std::uint64_t most_replayed = 0;      ///< By one process that took a session over, of that session.
    std::uint64_t out_of_order = 0;       ///< Handed out for the first time after a later one of its session.
    std::uint64_t poison = 0;             ///< Stepped over because they broke their reader twice.
    std::uint64_t unfinished = 0;         ///< Handed out, and no handler of them is known to have ended.
    std::uint64_t commands = 0;
    std::uint64_t unanswered_commands = 0;
    std::uint64_t sessions = 0;
    std::uint64_t journals = 0;
    std::vector<audited_session> details;  ///< Sessions that lost, doubled, reordered or stepped over something.

    /// 0 clean, 1 something was lost, doubled without mark, reordered or not answered, 3 refused.
    [[nodiscard]] int exit_code() const noexcept;
};

[[nodiscard]] audit_report audit(const std::vector<journal>& journals, const boost::json::value& oracle);
/// Reads the journals of a folder and the oracle's text first; what cannot be read is a refusal.
[[nodiscard]] audit_report audit_folder(const std::string& journal_folder, std::string_view oracle_text);

[[nodiscard]] std::string to_text(const audit_report& report);
[[nodiscard]] boost::json::object to_json(const audit_report& report);

}  // namespace shoal::sim
