#pragma once
// The audit log: what the bot did over REST and the reason that it gave [4.2]. The newest 10,000 entries, older ones are
// forgotten. Not here: which routes are entered (rest_routes.cpp).

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace shoal::sim {

struct audit_entry {
    std::uint64_t id = 0, guild = 0, target = 0, user = 0;
    int action = 0;  ///< Discord's number: 20 is a kick.
    std::string reason;
    boost::json::object options = {};  ///< What some actions say beside their target: the channel, the message, how many.
};

/// As GUILD_AUDIT_LOG_ENTRY_CREATE and the log itself show it.
[[nodiscard]] boost::json::object audit_object(const audit_entry& entry);

class audit_book {
public:
    static constexpr std::size_t most_entries = 10000;

    const audit_entry& add(audit_entry entry) {
        if (entries_.size() == most_entries) entries_.pop_front();
        return entries_.emplace_back(std::move(entry));
    }
    /// Newest first, of one guild; 0 for `action` and `user` means any.
    [[nodiscard]] std::vector<const audit_entry*> of(std::uint64_t guild, int action, std::uint64_t user, std::size_t most) const;
    /// All of them, oldest first, for the oracle.
    [[nodiscard]] boost::json::array report() const;

private:
    std::deque<audit_entry> entries_;
};

}  // namespace shoal::sim
