// The cache over any dispatches, one gateway message a line: its tables stay sorted and findable, its texts UTF-8, an event that
// comes twice changes nothing the second time but what is counted, and a snapshot of it is read again.

#include "cache/shard_cache.hpp"

#include <fmt/format.h>

#include <string>

#include "base/utf8.hpp"
#include "bytes.hpp"
#include "cache/snapshot.hpp"
#include "discord/envelope.hpp"

using namespace shoal;

namespace {

void check_text(std::string_view text) { SHOAL_ASSERT(is_utf8(text)); }

/// Things are sorted and found by their ids; `write` tells of each.
template <class Range, class Find, class Key, class Write>
void check(const Range& range, Find find, Key key, Write write) {
    std::uint64_t last = 0;
    std::size_t count = 0;
    for (const auto& each : range) {
        const std::uint64_t id = key(each);
        SHOAL_ASSERT(id > last && find(each).has_value());
        last = id;
        ++count;
        write(each);
    }
    SHOAL_ASSERT(count == range.size());
}

/// What is kept, save for what is counted, as text.
std::string picture(const cache::shard_cache& cache) {
    std::string out = fmt::format("{};{};", cache.self().value(), cache.users());
    SHOAL_ASSERT(cache.guilds() == cache.all().size());
    for (const auto& owned : cache.all()) {
        const auto& guild = *owned;
        SHOAL_ASSERT(cache.guild(guild.id()) == &guild);
        const auto fields = guild.fields();
        check_text(fields.name);
        out += fmt::format("g{} {} {} {} {}", guild.id().value(), fields.owner_id.value(), fields.name, guild.available(),
                           fields.icon.text());
        const auto roles = [&out](const cached_roles& of) {
            for (const auto id : of) out += fmt::format("s{}", id.value());
        };
        check(
            guild.channels(), [&](const auto& c) { return guild.channel(c.id); }, [](const auto& c) { return c.id.value(); },
            [&](const cached_channel& c) {
                check_text(c.name);
                check_text(c.topic);
                out += fmt::format("c{} {} {} {} {}", c.id.value(), c.parent_id.value(), c.name, c.position, c.type);
                for (const auto& each : c.overwrites) out += fmt::format("o{} {} {}", each.id, each.allow, each.deny);
            });
        check(
            guild.roles(), [&](const auto& r) { return guild.role(r.id); }, [](const auto& r) { return r.id.value(); },
            [&](const cached_role& r) { out += fmt::format("r{} {} {} {}", r.id.value(), r.permissions, r.name, r.color); });
        check(
            guild.threads(), [&](const auto& t) { return guild.thread(t.id); }, [](const auto& t) { return t.id.value(); },
            [&](const cached_thread& t) { out += fmt::format("t{} {} {}", t.id.value(), t.name, t.joined); });
        check(
            guild.emojis(), [&](const auto& e) { return guild.emoji(e.id); }, [](const auto& e) { return e.id.value(); },
            [&](const cached_emoji& e) {
                out += fmt::format("e{} {}", e.id.value(), e.name);
                roles(e.roles);
            });
        check(
            guild.members(), [&](const auto& m) { return guild.member(m.id); }, [](const auto& m) { return m.id.value(); },
            [&](const cached_member& m) {
                check_text(m.nick);
                const auto user = guild.user(m.id);
                SHOAL_ASSERT(user && user->holders > 0 && is_utf8(user->username));
                out += fmt::format("m{} {} {} {}", m.id.value(), m.nick, m.pending, user->username);
                roles(m.roles);
            });
        check(
            guild.voice_states(), [&](const auto& v) { return guild.voice_state(v.user_id); },
            [](const auto& v) { return v.user_id.value(); },
            [&](const cached_voice_state& v) { out += fmt::format("v{} {}", v.user_id.value(), v.channel_id.value()); });
        check(
            guild.presences(), [&](const auto& p) { return guild.presence(p.user_id); },
            [](const auto& p) { return p.user_id.value(); },
            [&](const cached_presence& p) { out += fmt::format("p{} {}", p.user_id.value(), static_cast<int>(p.overall)); });
        static_cast<void>(guild.own_permissions());
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    cache::shard_cache cache(cache_preset::everything);
    fuzz::by_line(fuzz::input(data, size).rest(), 32, [&](std::string_view line) {
        const fuzz::exact bytes(line);
        discord::json_outline outline;
        const auto message = discord::read_envelope(bytes.view(), &outline);
        if (!message) return;
        if (message->kind == discord::event_kind::ready) return cache.start_session(message->data);
        cache.apply(message->kind, message->object());
        const auto once = picture(cache);
        cache.apply(message->kind, message->data);
        SHOAL_ASSERT(picture(cache) == once);
    });
    cache::snapshot_writer writer(cache, 0);
    cache::replica read(cache_preset::everything);
    for (bool more = true; more;) {
        std::string piece;
        more = writer.next(piece, 0);
        SHOAL_ASSERT(read.take(piece).has_value());
    }
    SHOAL_ASSERT(read.whole() && picture(read.cache()) == picture(cache));
    return 0;
}
