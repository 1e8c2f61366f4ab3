#pragma once
// Webhooks and invites that were made over REST. Not here: their routes (rest_webhooks.cpp, rest_invites.cpp).

#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace shoal::sim {

struct webhook {
    std::uint64_t id = 0, guild = 0, channel = 0;
    std::string token, name;
    boost::json::value avatar;  ///< A hash, or null.
};

struct invite {
    std::string code;
    std::uint64_t guild = 0, channel = 0;
    std::int64_t max_age_s = 86400, max_uses = 0;
    bool temporary = false;
    instant made{};
};

/// By id and by code; ordered, so that lists come out the same each time.
using webhook_book = std::map<std::uint64_t, webhook>;
using invite_book = std::map<std::string, invite, std::less<>>;

}  // namespace shoal::sim
