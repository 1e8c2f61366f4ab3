#include "sim/core/audit_book.hpp"

namespace shoal::sim {
namespace json = boost::json;

json::object audit_object(const audit_entry& entry) {
    json::object out{{"id", std::to_string(entry.id)},
                     {"user_id", std::to_string(entry.user)},
                     {"target_id", entry.target == 0 ? json::value(nullptr) : json::value(std::to_string(entry.target))},
                     {"action_type", entry.action},
                     {"changes", json::array()}};
    if (!entry.reason.empty()) out["reason"] = entry.reason;
    if (!entry.options.empty()) out["options"] = entry.options;
    return out;
}

std::vector<const audit_entry*> audit_book::of(std::uint64_t guild, int action, std::uint64_t user, std::size_t most) const {
    std::vector<const audit_entry*> list;
    for (auto one = entries_.rbegin(); one != entries_.rend() && list.size() < most; ++one) {
        if (one->guild != guild || (action != 0 && one->action != action) || (user != 0 && one->user != user)) continue;
        list.push_back(&*one);
    }
    return list;
}

json::array audit_book::report() const {
    json::array list;
    for (const audit_entry& entry : entries_) {
        json::object one = audit_object(entry);
        one["guild"] = std::to_string(entry.guild);
        list.push_back(std::move(one));
    }
    return list;
}

}  // namespace shoal::sim
