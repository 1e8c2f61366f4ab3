#pragma once
// The plain twin of a shard's cache: maps and strings, its own table of fields, its own reader (Boost.JSON). Not here: events
// (event_stream.hpp), how the two are compared (twin_view.hpp).

#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace shoal::test {

/// One object: its fields by JSON key as canonical texts, without those that are 0, empty or false.
struct thing {
    std::map<std::string, std::string> fields;
    std::set<std::uint64_t> roles;
    std::vector<std::tuple<std::uint64_t, bool, std::uint64_t, std::uint64_t>> overwrites;  ///< id, member, allow, deny
    friend bool operator==(const thing&, const thing&) = default;
};
using things = std::map<std::uint64_t, thing>;

struct twin_guild {
    thing own;
    bool available = false;
    bool complete = false;
    std::uint64_t member_count = 0;
    things channels, roles, threads, emojis, stickers, voice, members, presences, stages, scheduled, sounds;
    friend bool operator==(const twin_guild&, const twin_guild&) = default;
};

/// What to keep, in the twin's own words.
struct twin_settings {
    int detail = 2;      ///< 0 core, 1 standard, 2 all.
    bool rest = true;    ///< Threads, emojis, stickers, voice, members.
    bool extras = true;  ///< Seen members, presences, stages, scheduled events, sounds.
    std::size_t most_members = 100'000;
};

class twin {
public:
    explicit twin(twin_settings settings) : settings_(settings) {}
    void start_session(std::string_view ready);
    void apply(std::string_view name, std::string_view json);

    std::map<std::uint64_t, twin_guild> guilds;
    things users;
    std::uint64_t self = 0;

private:
    void guild_create(const boost::json::object& d);
    void member(twin_guild& guild, const boost::json::value* object, const boost::json::value* user, char how);
    void refresh(const boost::json::value* user);
    void refresh_all(std::string_view name, const boost::json::object& d);
    void write_user(std::uint64_t id, const boost::json::object& user);
    void drop_unheld(std::uint64_t id);
    [[nodiscard]] bool held(std::uint64_t id) const;
    void voice_state(twin_guild& guild, const boost::json::object& d);
    void presence(twin_guild& guild, const boost::json::object& d);
    void thread_list_sync(twin_guild& guild, const boost::json::object& d);

    twin_settings settings_;
    std::map<std::uint64_t, std::set<std::uint64_t>> memberships_;  ///< User -> guilds.
};

}  // namespace shoal::test
