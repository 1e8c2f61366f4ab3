#pragma once
// A token or key that cannot be printed by accident: it has no conversion, no formatter and no operator<<.

#include <string>
#include <string_view>
#include <utility>

namespace shoal {

/// Holds a secret. Only `reveal()` hands it out, so every use can be found by that word.
class secret {
public:
    secret() = default;
    explicit secret(std::string value) : value_(std::move(value)) {}
    [[nodiscard]] std::string_view reveal() const noexcept { return value_; }
    [[nodiscard]] bool empty() const noexcept { return value_.empty(); }
    friend bool operator==(const secret&, const secret&) = default;

private:
    std::string value_;
};

}  // namespace shoal
