// What our own functions make of the cases of permission_cases.py: a line of JSON each, answered by a line of three bit sets.
// Not here: cases, and what others make of them.

#include <cstdio>
#include <iostream>
#include <string>

#include "bot/event_arena.hpp"
#include "bot/readers/read.hpp"
#include "shoal/permissions.hpp"

using namespace shoal;

int main() {
    std::string line;
    while (std::getline(std::cin, line)) {
        runtime::event_arena arena;
        const discord::json_value what(line);
        guild_view guild;
        channel_view channel;
        member_view member;
        read(guild, what["guild"], arena);
        read(channel, what["channel"], arena);
        read(member, what["member"], arena);
        const permission_holder who{member.user.id, member.roles};
        const auto in_guild = guild_permissions(guild.id, guild.owner_id, guild.roles, who);
        const auto in_channel = channel_permissions(in_guild, guild.id, channel.overwrites, who);
        const auto effective = effective_permissions(in_channel, channel.type, static_cast<bool>(member.timeout_until));
        std::printf("%llu %llu %llu\n", static_cast<unsigned long long>(in_guild.bits()),
                    static_cast<unsigned long long>(in_channel.bits()), static_cast<unsigned long long>(effective.bits()));
    }
    return 0;
}
