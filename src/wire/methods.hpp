#pragma once
// The calls that shoal.proto declares, as data: whoever serves them checks at its start that each has a rule.
// Not here: the rules (src/rpc).

#include <string>
#include <string_view>
#include <vector>

namespace shoal::wire {

struct declared_method {
    std::string path;  ///< "/shoal.v1.Fleet/Attach".
    bool is_stream = false;
    friend bool operator==(const declared_method&, const declared_method&) = default;
};

/// Every method of every service in shoal.proto, asked of the compiled file.
[[nodiscard]] std::vector<declared_method> declared_methods();

inline constexpr std::string_view attach_method = "/shoal.v1.Fleet/Attach";
inline constexpr std::string_view picture_method = "/shoal.v1.Operations/Picture";
inline constexpr std::string_view events_method = "/shoal.v1.Operations/Events";
inline constexpr std::string_view explain_method = "/shoal.v1.Operations/Explain";
inline constexpr std::string_view move_method = "/shoal.v1.Operations/Move";
inline constexpr std::string_view drain_method = "/shoal.v1.Operations/Drain";
inline constexpr std::string_view cordon_method = "/shoal.v1.Operations/Cordon";
inline constexpr std::string_view pause_method = "/shoal.v1.Operations/Pause";
inline constexpr std::string_view rebalance_method = "/shoal.v1.Operations/Rebalance";
inline constexpr std::string_view fence_method = "/shoal.v1.Operations/Fence";
inline constexpr std::string_view reserve_method = "/shoal.v1.Operations/Reserve";

}  // namespace shoal::wire
