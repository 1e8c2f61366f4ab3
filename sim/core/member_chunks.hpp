#pragma once
// GUILD_MEMBERS_CHUNK: the request as a client writes it, and its chunks [2.8].
// Not here: who may ask how often (gateway_requests.cpp).

#include <boost/json/value.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shoal::sim {

struct members_request {
    std::uint64_t guild = 0;
    bool by_ids = false;
    std::vector<std::uint64_t> ids;
    std::vector<std::uint64_t> malformed;  ///< Told back as numbers.
    std::string query;
    std::uint32_t limit = 0;
    bool presences = false;
    std::string nonce;  ///< Empty: none, or longer than 32 bytes.

    [[nodiscard]] bool whole_list() const noexcept { return !by_ids && query.empty() && limit == 0; }
};

/// nullopt: the payload makes no sense for the opcode.
[[nodiscard]] std::optional<members_request> read_members_request(const boost::json::value* d);

/// The `d` of every chunk, in order; at least one. `not_found` are the ids that were asked for and are not there.
[[nodiscard]] std::vector<std::string> make_chunks(const members_request& request, const std::vector<std::string>& members,
                                                   const std::vector<std::uint64_t>& not_found, bool with_presences,
                                                   std::string_view nonce, std::uint64_t members_per_chunk);

}  // namespace shoal::sim
