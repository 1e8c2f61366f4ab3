#include "rpc/rules.hpp"

#include <algorithm>
#include <string>

namespace shoal::rpc {
namespace {

using trust::role;
using trust::role_set;

// Looking is for coordinators, too: a standby shows what the leader knows. Changing is for people.
constexpr role_set lookers(role::operating, role::coordinator);
constexpr role_set people(role::operating);

constexpr method_rule table[] = {
    {wire::attach_method, role_set(role::worker)},
    {wire::picture_method, lookers},
    {wire::events_method, lookers},
    {wire::explain_method, lookers},
    {wire::move_method, people},
    {wire::drain_method, people},
    {wire::cordon_method, people},
    {wire::pause_method, people},
    {wire::rebalance_method, people},
    {wire::fence_method, people},
    {wire::reserve_method, people},
};

std::unexpected<failure> no_rule(std::string detail) { return std::unexpected(failure(errc::no_rule, std::move(detail))); }

}  // namespace

std::span<const method_rule> fleet_rules() noexcept { return table; }

result<void> check_rules(std::span<const wire::declared_method> declared, std::span<const method_rule> rules) {
    for (const auto& method : declared) {
        const auto count = std::ranges::count(rules, std::string_view(method.path), &method_rule::path);
        if (count == 0) return no_rule(method.path + " says nowhere who may call it");
        if (count > 1) return no_rule(method.path + " has two rules");
    }
    for (const auto& rule : rules) {
        if (rule.callers.empty()) return no_rule(std::string(rule.path) + " lets nobody in");
        if (std::ranges::find(declared, rule.path, &wire::declared_method::path) == declared.end())
            return no_rule(std::string(rule.path) + " is no method that there is");
    }
    return {};
}

const method_rule* rule_for(std::span<const method_rule> rules, std::string_view path) noexcept {
    const auto found = std::ranges::find(rules, path, &method_rule::path);
    return found == rules.end() ? nullptr : &*found;
}

}  // namespace shoal::rpc
