#include "roles/cli/operator_choices.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "config/option_table.hpp"
#include "roles/cli/text_table.hpp"

namespace shoal::roles::cli {

std::vector<cluster::fleet_event> event_follower::take(const std::vector<cluster::fleet_event>& told) {
    std::vector<cluster::fleet_event> fresh;
    const bool same_history = last_ == 0 || (!told.empty() && (told.front().number > last_ || told.front().what == what_));
    if (!same_history) {
        // What came with this answer is only its end; the next question asks from the start.
        const bool from_start = asks_after() == 0;
        last_ = 0;
        what_.clear();
        if (!from_start) return fresh;
    }
    for (const auto& each : told) {
        if (each.number > last_) fresh.push_back(each);
    }
    if (!fresh.empty()) {
        last_ = fresh.back().number;
        what_ = fresh.back().what;
    }
    return fresh;
}

std::string names_instead(std::string_view wrong, const std::vector<cluster::worker_picture>& workers) {
    if (workers.empty()) return "; there is none yet.";
    std::vector<std::string_view> names;
    for (const auto& each : workers) names.emplace_back(each.process.value);
    if (const auto meant = config::nearest_name(wrong, names); !meant.empty())
        return fmt::format("; did you mean {}?", printable(meant));
    constexpr std::size_t most = 8;
    std::string out = "; there are ";
    for (std::size_t i = 0; i < std::min(names.size(), most); ++i) out += (i == 0 ? "" : ", ") + printable(names[i]);
    if (names.size() > most) out += fmt::format(" and {} more", names.size() - most);
    return out + ".";
}

std::string no_such_shard(std::uint32_t wrong, std::uint32_t total) {
    return total == 0 ? std::string("there are no shards yet: Discord has not said how many.")
                      : fmt::format("there is no shard {}; they are numbered from 0 to {}.", wrong, total - 1);
}

std::optional<cluster::incarnation> read_incarnation(std::string_view text) {
    std::uint64_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number, 16);
    if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size() || number == 0) return std::nullopt;
    return static_cast<cluster::incarnation>(number);
}

}  // namespace shoal::roles::cli
