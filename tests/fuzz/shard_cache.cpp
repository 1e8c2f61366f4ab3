// The cache over any dispatches, one gateway message a line: its tables stay sorted and findable, its texts UTF-8, and an event
// that comes twice changes nothing the second time but the count of members.

#include "cache/shard_cache.hpp"

#include <fmt/format.h>

#include <string>

#include "base/utf8.hpp"
#include "bytes.hpp"
#include "discord/envelope.hpp"

using namespace shoal;

namespace {

template <class Records>
void check_sorted(const Records& records) {
    SHOAL_ASSERT(std::ranges::is_sorted(records, {}, [](const auto& each) { return each.id; }));
}

/// Everything that is kept, save for the count of members, as text.
std::string picture(const cache::shard_cache& cache) {
    std::string out = fmt::format("{};", cache.self().value());
    SHOAL_ASSERT(cache.guilds() == cache.all().size());
    for (const auto& guild : cache.all()) {
        SHOAL_ASSERT(cache.guild(guild->id) == guild.get());
        SHOAL_ASSERT(is_utf8(guild->name()) && is_utf8(guild->self.nick()));
        check_sorted(guild->channels);
        check_sorted(guild->roles);
        SHOAL_ASSERT(std::ranges::is_sorted(guild->self.roles));
        out += fmt::format("g{} {} {} {}|{} {} {}", guild->id.value(), guild->owner_id.value(), guild->name(), guild->available,
                           guild->self.nick(), guild->self.pending, guild->self.timed_out);
        for (const auto id : guild->self.roles) out += fmt::format("s{}", id.value());
        for (const auto& channel : guild->channels) {
            SHOAL_ASSERT(guild->channel(channel.id) == &channel && is_utf8(channel.name()));
            out += fmt::format("c{} {} {} {} {} {}", channel.id.value(), channel.parent_id.value(), channel.name(),
                               channel.position, channel.type, channel.nsfw);
        }
        for (const auto& role : guild->roles) {
            SHOAL_ASSERT(guild->role(role.id) == &role && is_utf8(role.name()));
            out += fmt::format("r{} {} {} {} {}", role.id.value(), role.permissions, role.name(), role.color, role.position);
        }
        static_cast<void>(guild->own_permissions());
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    cache::shard_cache cache;
    fuzz::by_line(fuzz::input(data, size).rest(), 32, [&](std::string_view line) {
        const fuzz::exact bytes(line);
        const auto message = discord::read_envelope(bytes.view());
        if (!message) return;
        if (message->kind == discord::event_kind::ready) return cache.start_session(message->data);
        cache.apply(message->kind, message->data);
        const auto once = picture(cache);
        cache.apply(message->kind, message->data);
        SHOAL_ASSERT(picture(cache) == once);
    });
    return 0;
}
