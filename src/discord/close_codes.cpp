#include "discord/close_codes.hpp"

namespace shoal::discord {

close_reaction reaction_to(std::optional<std::uint16_t> code) noexcept {
    if (!code) return close_reaction::resume;  // The network cut it: the session is most likely alive.
    switch (*code) {
        case 4004:  // authentication failed
        case 4010:  // invalid shard
        case 4011:  // sharding required
        case 4012:  // invalid API version
        case 4013:  // invalid intents
        case 4014:  // disallowed intents
            return close_reaction::stop;
        case 4007:  // invalid seq: our number is above Discord's, and it stays so [2.3.2]
            return close_reaction::new_session;
        default:
            // Everything else, 1000 and 1001 from the server and unknown 4xxx included, gets one RESUME; op 9 decides
            // [2.3.1, 2.3.2, 2.3.4]. So does 4009 (session timed out), though Discord's table says to start anew: if the session
            // still lives, nothing that it holds is lost, and if it does not, the try costs nothing [8.3].
            return close_reaction::resume;
    }
}

bool concerns_one_shard(std::uint16_t code) noexcept { return code == 4010 || code == 4011; }

std::string_view explain_close(std::optional<std::uint16_t> code) noexcept {
    if (!code) return "The connection ended without a close frame.";
    switch (*code) {
        case 1000: return "Discord closed the connection normally.";
        case 1001: return "Discord's server is going away.";
        case 1005: return "Discord closed the connection without saying why.";
        case 1006: return "The connection was cut.";
        case 1009: return "A message was larger than the connection allows.";
        case 1011: return "Discord's server met an internal error.";
        case 1012: return "Discord's server restarts.";
        case 4000: return "Discord met an unknown error.";
        case 4001: return "Discord did not know an operation code that was sent, or its payload was wrong.";
        case 4002: return "Discord could not decode a message that was sent, or it was over 4,096 bytes.";
        case 4003: return "Something was sent before the session was authenticated, or the session was invalidated.";
        case 4004:
            return "Discord refused the bot token. Check DISCORD_TOKEN or the token file; if Discord reset the token, take the "
                   "new "
                   "one from the developer portal.";
        case 4005: return "The session was already authenticated.";
        case 4006: return "The session is no longer valid.";
        case 4007: return "The sequence number of the RESUME was not valid.";
        case 4008: return "Messages were sent faster than 120 in 60 seconds.";
        case 4009: return "The session timed out.";
        case 4010:
            return "Discord refused the shard number. The shard id must be below the total, and a bot with 150,000 guilds or "
                   "more "
                   "must use a multiple of the shard count that Discord gave it: check --total-shards.";
        case 4011:
            return "This shard would hold more than 2,500 guilds. Run the bot with more shards: raise --total-shards, or leave "
                   "it "
                   "out so that Discord's recommendation is used.";
        case 4012: return "Discord no longer speaks this version of its API. Update Shoal.";
        case 4013: return "Discord does not know one of the intents that were asked for. Check the bot's intents.";
        case 4014:
            return "The bot asked for a privileged intent that it was not given. Switch on Server Members, Presence or Message "
                   "Content for the bot in Discord's developer portal, or stop asking for that intent.";
        default:
            return *code >= 4000 ? "Discord closed the connection with a code that this version does not know."
                                 : "The connection was closed.";
    }
}

}  // namespace shoal::discord
