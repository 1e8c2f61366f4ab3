// The ledger as text: one line a field, a checksum last, so that a half-written or edited file is noticed.

#include <fmt/format.h>

#include <charconv>
#include <iterator>
#include <limits>

#include "budget/errc.hpp"
#include "budget/identify_governor.hpp"

namespace shoal::budget {
namespace {

constexpr std::string_view title = "shoal identify ledger 1\n";

std::uint64_t checksum(std::string_view text) noexcept {
    std::uint64_t h = 0xCBF29CE484222325ULL;
    for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
    return h;
}

std::int64_t count_of(instant when) noexcept { return when.time_since_epoch().count(); }

/// Reads "name value..." lines in the order in which they were written.
class line_reader {
public:
    explicit line_reader(std::string_view text) : text_(text) {}
    void line(std::string_view name) {
        finish_line();
        if (!text_.starts_with(name)) broken_ = true;
        if (!broken_) text_.remove_prefix(name.size());
    }
    [[nodiscard]] std::string_view word() {
        if (broken_ || !text_.starts_with(' ')) {
            broken_ = true;
            return {};
        }
        text_.remove_prefix(1);
        const auto word = text_.substr(0, text_.find_first_of(" \n"));
        text_.remove_prefix(word.size());
        return word;
    }
    template <class Int>
    void number(Int& into, Int least = std::numeric_limits<Int>::min()) {
        const auto digits = word();
        const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), into);
        if (ec != std::errc{} || end != digits.data() + digits.size() || into < least) broken_ = true;
    }
    void time(instant& into) {
        std::int64_t count = 0;
        number(count);
        into = instant(duration(count));
    }
    void span(duration& into) {
        std::int64_t count = 0;
        number(count);
        into = duration(count);
    }
    [[nodiscard]] bool whole() {
        finish_line();
        return !broken_ && text_.empty();
    }
    [[nodiscard]] bool broken() const noexcept { return broken_; }

private:
    void finish_line() {
        if (first_) {
            first_ = false;
        } else if (!broken_ && text_.starts_with('\n')) {
            text_.remove_prefix(1);
        } else {
            broken_ = true;
        }
    }
    std::string_view text_;
    bool first_ = true;
    bool broken_ = false;
};

}  // namespace

std::string write_ledger(const identify_ledger& ledger) {
    std::string out(title);
    auto to = std::back_inserter(out);
    fmt::format_to(to, "application {}\nboot_id {}\n", ledger.application, ledger.boot_id.empty() ? "-" : ledger.boot_id);
    fmt::format_to(to, "no_key_before {}\nkeys {}", count_of(ledger.no_key_before), ledger.key_free_at.size());
    for (const auto& [key, when] : ledger.key_free_at) fmt::format_to(to, " {} {}", key, count_of(when));
    fmt::format_to(to, "\noutstanding {}", ledger.outstanding.size());
    for (const auto& [permit, until] : ledger.outstanding) fmt::format_to(to, " {} {}", permit, count_of(until));
    fmt::format_to(to, "\nlast_permit {}\nspent {} {}\nwindow_ends {}\n", ledger.last_permit, ledger.spent, ledger.spent_at_seen,
                   count_of(ledger.window_ends));
    fmt::format_to(to, "seen {} {} {} {} {}\n", ledger.seen.total, ledger.seen.remaining, ledger.seen.reset_after.count(),
                   ledger.seen.max_concurrency, count_of(ledger.seen_at));
    fmt::format_to(to, "foreign {}\nfailures {} {}\n", ledger.foreign, ledger.failures_in_a_row, count_of(ledger.storm_until));
    fmt::format_to(to, "check {:016x}\n", checksum(out));
    return out;
}

result<identify_ledger> read_ledger(std::string_view text) {
    const auto damaged = [](const char* why) { return std::unexpected(failure(errc::bad_ledger, why)); };
    if (!text.starts_with(title)) return damaged("not a ledger, or of another version");
    constexpr std::size_t check_line = 6 + 16 + 1;
    if (text.size() < title.size() + check_line) return damaged("cut off");
    const auto body = text.substr(0, text.size() - check_line);
    if (text.substr(body.size()) != fmt::format("check {:016x}\n", checksum(body))) return damaged("its checksum is wrong");

    identify_ledger ledger;
    line_reader in(body.substr(title.size()));
    in.line("application");
    in.number(ledger.application);
    in.line("boot_id");
    ledger.boot_id = in.word();
    if (ledger.boot_id == "-") ledger.boot_id.clear();
    in.line("no_key_before");
    in.time(ledger.no_key_before);
    std::size_t count = 0;
    in.line("keys");
    in.number(count);
    for (std::size_t i = 0; i < count && !in.broken(); ++i) {
        std::uint32_t key = 0;
        in.number(key);
        in.time(ledger.key_free_at[key]);
    }
    in.line("outstanding");
    in.number(count);
    for (std::size_t i = 0; i < count && !in.broken(); ++i) {
        auto& [permit, until] = ledger.outstanding.emplace_back();
        in.number(permit);
        in.time(until);
    }
    in.line("last_permit");
    in.number(ledger.last_permit);
    in.line("spent");
    in.number<std::int64_t>(ledger.spent, 0);
    in.number(ledger.spent_at_seen);
    in.line("window_ends");
    in.time(ledger.window_ends);
    in.line("seen");
    in.number<std::int64_t>(ledger.seen.total, 0);
    in.number<std::int64_t>(ledger.seen.remaining, 0);
    in.span(ledger.seen.reset_after);
    in.number<std::int64_t>(ledger.seen.max_concurrency, 0);
    in.time(ledger.seen_at);
    in.line("foreign");
    in.number<std::int64_t>(ledger.foreign, 0);
    in.line("failures");
    in.number(ledger.failures_in_a_row);
    in.time(ledger.storm_until);
    if (!in.whole()) return damaged("a line is not as it should be");
    return ledger;
}

}  // namespace shoal::budget
