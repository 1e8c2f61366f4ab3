#pragma once
// An endless stream of dispatches from a seed: the simulated world's, and what it never sends: events that come twice, late, for
// guilds and things that nobody knows, in pieces, with nonsense in them and their keys in any order. Not here: who applies them.

#include <boost/json/value.hpp>
#include <deque>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "discord/event_kind.hpp"
#include "sim/core/world.hpp"

namespace shoal::test {

struct dispatch {
    discord::event_kind kind{};
    std::string name;
    std::string json;
};

struct stream_settings {
    std::uint32_t guilds = 30;
    std::uint32_t largest_members_listed = 60;
    double made_up = 0.5;  ///< Share of events that the world did not send.
    bool presences = true;
};

class event_stream {
public:
    event_stream(std::uint64_t seed, stream_settings settings);
    /// The d of READY: the bot and its guilds, none of them available.
    [[nodiscard]] std::string ready() const;
    [[nodiscard]] dispatch next();

private:
    dispatch from_world();
    dispatch spoilt(dispatch what);
    dispatch made_up();
    boost::json::value id(std::uint64_t of);
    boost::json::value some_value(std::string_view key);
    boost::json::object some_object(std::initializer_list<std::string_view> keys);
    boost::json::object user();
    boost::json::object member();

    random_source random_;
    stream_settings settings_;
    sim::world world_;
    std::deque<dispatch> recent_;
    std::vector<std::uint64_t> to_come_;
    std::int64_t steps_ = 0;
};

}  // namespace shoal::test
