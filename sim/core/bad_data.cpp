#include "sim/core/bad_data.hpp"

#include <fmt/format.h>

namespace shoal::sim {

namespace {

std::string message(std::uint64_t guild, std::uint64_t id, std::string_view content, std::string_view more = {}) {
    return fmt::format(
        R"({{"id":"{0}","channel_id":"{1}","guild_id":"{1}","author":{{"id":"{0}","username":"odd","discriminator":"0",)"
        R"("global_name":null,"avatar":null}},"content":"{2}","timestamp":"2026-01-01T00:00:00.000000+00:00",)"
        R"("edited_timestamp":null,"tts":false,"mention_everyone":false,"mentions":[],"mention_roles":[],"attachments":[],)"
        R"("embeds":[],"pinned":false,"type":0{3}}})",
        id, guild, content, more);
}

}  // namespace

std::vector<bad_dispatch> make_bad_data(std::string_view kind, std::uint64_t guild, std::uint64_t id, std::size_t depth) {
    std::vector<bad_dispatch> out;
    const auto wanted = [kind](std::string_view one) { return kind == "all" || kind == one; };
    if (wanted("utf8")) out.push_back({"MESSAGE_CREATE", message(guild, id, "bad \xC3\x28 bytes \xF0\x9F")});
    if (wanted("surrogate")) out.push_back({"MESSAGE_CREATE", message(guild, id, R"(lone \ud83d and \ude00 halves)")});
    if (wanted("nesting")) {
        out.push_back({"MESSAGE_CREATE",
                       message(guild, id, "deep", ",\"components\":" + std::string(depth, '[') + std::string(depth, ']'))});
    }
    if (wanted("presence_types")) {
        // Types in PRESENCE_UPDATE are not validated by Discord: numbers as strings, strings as numbers.
        out.push_back(
            {"PRESENCE_UPDATE",
             fmt::format(R"({{"user":{{"id":{0},"username":7}},"guild_id":{1},"status":1,"activities":[{{"name":42,"type":"0",)"
                         R"("created_at":"1700000000000","timestamps":{{"start":"17"}}}}],"client_status":{{"desktop":3}}}})",
                         id, guild)});
        out.push_back(
            {"PRESENCE_UPDATE",
             fmt::format(R"({{"user":{{"id":"{0}"}},"guild_id":"{1}","status":"online","activities":{{}},"client_status":[]}})",
                         id, guild)});
    }
    if (wanted("numbers")) {
        // Ids as numbers, numbers and booleans as strings, texts as numbers.
        out.push_back(
            {"MESSAGE_CREATE",
             fmt::format(R"({{"id":{0},"channel_id":{1},"guild_id":{1},"author":{{"id":{0},"username":7,"bot":"false"}},)"
                         R"("content":12345,"timestamp":0,"tts":"0","pinned":0,"flags":"4","type":"0",)"
                         R"("mention_roles":[{0}],"mentions":[]}})",
                         id, guild)});
    }
    if (kind == "no_ids") out.push_back({"MESSAGE_CREATE", R"({"id":{},"channel_id":[],"author":"nobody","content":{"a":1}})"});
    if (kind == "cut_json") out.push_back({"MESSAGE_CREATE", message(guild, id, "cut").substr(0, 120)});
    if (wanted("null")) {
        out.push_back(
            {"GUILD_MEMBER_UPDATE",
             fmt::format(R"({{"guild_id":"{1}","roles":null,"user":{{"id":"{0}","username":null,"avatar":null}},"nick":null,)"
                         R"("avatar":null,"joined_at":null,"premium_since":null,"deaf":null,"mute":null,"pending":null,)"
                         R"("communication_disabled_until":null,"flags":null}})",
                         id, guild)});
        out.push_back(
            {"MESSAGE_UPDATE", fmt::format(R"({{"id":"{0}","channel_id":"{1}","guild_id":"{1}","content":null,"embeds":null,)"
                                           R"("author":null,"member":null,"mentions":null,"edited_timestamp":null}})",
                                           id, guild)});
    }
    if (wanted("permissions")) {
        for (const std::string_view bits :
             {"9007199254740991", "9007199254740993", "18014398509481983", "18446744073709551615"}) {
            out.push_back(
                {"GUILD_ROLE_UPDATE",
                 fmt::format(R"({{"guild_id":"{1}","role":{{"id":"{0}","name":"big","color":0,"hoist":false,"position":1,)"
                             R"("permissions":"{2}","managed":false,"mentionable":false,"flags":0}}}})",
                             id, guild, bits)});
        }
    }
    return out;
}

}  // namespace shoal::sim
