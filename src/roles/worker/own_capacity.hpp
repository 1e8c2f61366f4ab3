#pragma once
// What this process may use of its machine: its cores and memory, less where a container's bounds (cgroup v2) are tighter. Pure
// but for the two functions that are handed in. Not here: how many shards that is (cluster/placement_planner.hpp).

#include <cstdint>
#include <functional>
#include <string>

namespace shoal::roles {

struct own_capacity {
    std::uint32_t millicores = 1000;
    std::uint64_t memory_mb = 0;  ///< 0: not known.
    friend bool operator==(const own_capacity&, const own_capacity&) = default;
};

/// `read` gives a file's text, or nothing where there is none. A bound may be set on any level above the process's own group.
/// Source: https://docs.kernel.org/admin-guide/cgroup-v2.html, cpu.max and memory.max.
[[nodiscard]] own_capacity within_container(own_capacity machine,
                                            const std::function<std::string(const std::string& path)>& read);

/// Of this process, now.
[[nodiscard]] own_capacity measure_own_capacity();

}  // namespace shoal::roles
