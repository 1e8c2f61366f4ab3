#pragma once
// The edge in front of the REST API: it counts an address's invalid requests and bans who made too many of them [4.10, 4.11].
// Not here: which answers are invalid ones (rest.cpp).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/random.hpp"
#include "sim/core/config.hpp"
#include "sim/core/facts.hpp"

namespace shoal::sim {

/// How the edge words a ban; all three were seen in the field [4.11].
enum class ban_words : std::uint8_t { html, text, json };

struct edge_ban {
    instant until = never;
    ban_words words = ban_words::html;
    std::optional<std::int64_t> retry_after_s;  ///< Most bans name none.
};

class invalid_requests {
public:
    explicit invalid_requests(const simulator_config& config);

    /// Counts one answer of 401, 403 or 429 (not of scope shared) to this address; the one that is too many begins the ban.
    void count(std::string_view address, instant now);
    /// Bans an address, or every address if it is empty.
    void ban(std::string address, const edge_ban& how) { bans_[std::move(address)] = how; }
    void clear() { bans_.clear(); }
    [[nodiscard]] const edge_ban* banned(std::string_view address, instant now) const;
    [[nodiscard]] std::uint64_t bans() const noexcept { return begun_; }

private:
    struct window {
        instant ends{};
        std::uint32_t used = 0;
    };
    const simulator_config& config_;
    random_source random_;
    std::unordered_map<std::string, window> counts_;
    std::unordered_map<std::string, edge_ban> bans_;
    std::uint64_t begun_ = 0;
};

/// A 429 of the edge: no X-RateLimit header, no Via, and a body that need not be JSON.
struct edge_answer {
    std::vector<header> headers;
    std::string body;
};
[[nodiscard]] edge_answer words_of(const edge_ban& ban);

}  // namespace shoal::sim
