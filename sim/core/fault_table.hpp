#pragma once
// The faults that stand and wait for their occasion: to whom each applies, how often and for how long.
// Not here: what a fault does (gateway_faults.cpp), and the faults that act at once and are over.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "sim/core/facts.hpp"

namespace shoal::sim {

/// Whom a command means: everybody, a share, one shard (of any total, or of one), one session, one connection, or one REST route.
struct selector {
    bool all = false;
    std::optional<double> percent;
    std::optional<std::uint32_t> shard, total;
    std::string session;
    std::optional<conn_id> conn;
    std::string route;  ///< "POST /channels/{id}/messages", or the path alone; set by the faults of REST only.

    [[nodiscard]] bool given() const noexcept { return all || percent || shard || !session.empty() || conn || !route.empty(); }
    /// Reads "all", "percent", "shard", "total", "session", "conn" of a command; a sentence in `problem` if one makes no sense.
    [[nodiscard]] static selector read(const boost::json::object& command, std::string& problem);
};

/// What is known about the occasion. An absent shard matches no selector by shard.
struct fault_subject {
    std::optional<conn_id> conn;
    std::optional<std::uint32_t> shard, total;
    std::string_view session;
    std::string_view method = {}, path = {};  ///< Of a route.
};

/// Whether the selector means this subject, its percentage apart.
[[nodiscard]] bool meant(const selector& by, const fault_subject& who);

/// The number in "F39"; 0 for what names no fault.
[[nodiscard]] int fault_number(std::string_view name) noexcept;

/// Standing faults that are by shard or session strike when a connection turns out to be that shard's, the others when it opens:
/// the first stand under their number plus this.
inline constexpr int by_identity = 1000;

class fault_table {
public:
    struct entry {
        int number = 0;
        selector by;
        instant until = never;
        std::optional<std::uint64_t> left;  ///< Occasions; nullopt: no limit.
        boost::json::object how;            ///< The command itself, for the fault's own parameters.
    };

    void add(entry standing);
    /// The parameters of a standing fault of this number that strikes this subject now; counts one occasion.
    [[nodiscard]] std::optional<boost::json::object> strike(int number, const fault_subject& who, instant now,
                                                            random_source& random);
    /// Ends all standing faults, or those of one number.
    void clear(std::optional<int> number = std::nullopt);
    [[nodiscard]] boost::json::array list(instant now) const;
    [[nodiscard]] bool any(int number, instant now) const noexcept;
    [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }

private:
    std::list<entry> entries_;
};

}  // namespace shoal::sim
