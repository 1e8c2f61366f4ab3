#pragma once
// Reads the `d` of IDENTIFY and RESUME [2.5.1, 2.7]. What it cannot read closes the connection with 4002.
// Not here: whether the values are allowed (gateway_identify.cpp).

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>

namespace shoal::sim {

struct identify_request {
    std::string token;
    std::optional<std::uint64_t> intents;  ///< nullopt: not a whole number that fits.
    bool shard_given = false;
    bool shard_valid = true;  ///< Two whole numbers with 0 <= shard < total.
    std::uint32_t shard = 0, total = 1;
    bool compress = false;
    std::uint32_t large_threshold = 50;
    std::string status = "online";
};
[[nodiscard]] std::optional<identify_request> read_identify(const boost::json::value* d);

struct resume_request {
    std::string token, session_id;
    std::uint64_t seq = 0;
};
[[nodiscard]] std::optional<resume_request> read_resume(const boost::json::value* d);

/// The status of an op 3 object, or nullopt if the object is not one.
[[nodiscard]] std::optional<std::string> read_presence(const boost::json::value* d);

/// A whole number that is not negative.
[[nodiscard]] std::optional<std::uint64_t> read_whole(const boost::json::value* value) noexcept;

}  // namespace shoal::sim
