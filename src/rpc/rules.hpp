#pragma once
// Who may call what: one rule for each method of shoal.proto. Pure.
// Not here: whose certificate it is (src/trust), asking the rule at each call (server.cpp).

#include <span>
#include <string_view>

#include "rpc/errc.hpp"
#include "shoal/error.hpp"
#include "trust/role.hpp"
#include "wire/methods.hpp"

namespace shoal::rpc {

struct method_rule {
    std::string_view path;
    trust::role_set callers;  ///< One of these roles is enough.
};

/// The fleet's rules.
[[nodiscard]] std::span<const method_rule> fleet_rules() noexcept;

/// errc::no_rule, with the method's name, unless each declared method has exactly one rule that lets somebody in, and each rule a
/// declared method.
[[nodiscard]] result<void> check_rules(std::span<const wire::declared_method> declared, std::span<const method_rule> rules);

/// nullptr for a method without a rule: nobody may call it.
[[nodiscard]] const method_rule* rule_for(std::span<const method_rule> rules, std::string_view path) noexcept;

}  // namespace shoal::rpc
