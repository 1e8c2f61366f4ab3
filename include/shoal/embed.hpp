#pragma once
// embed: a framed piece of a message, to be sent. Not here: the message (message.hpp); embeds that come (models/messages.hpp).
// Source, also of the limits: https://discord.com/developers/docs/resources/message#embed-object

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shoal/error.hpp"

namespace shoal {
inline namespace v0 {

/// A titled piece of text in an embed.
struct embed_field {
    std::string name;      ///< 1 to 256 characters.
    std::string value;     ///< 1 to 1,024 characters.
    bool inlined = false;  ///< It stands beside its neighbours.
};

/// Say what it should have: `shoal::embed{.title = "Report", .color = 0x5865F2, .fields = {{"Guilds", "12", true}}}`. What is
/// left out is not shown. All texts of all embeds of a message may have 6,000 characters together.
struct embed {
    std::string title = {};                                          ///< At most 256 characters.
    std::string description = {};                                    ///< At most 4,096 characters.
    std::string url = {};                                            ///< Where the title leads.
    std::optional<std::uint32_t> color = {};                         ///< 0xRRGGBB, of the edge.
    std::optional<std::chrono::system_clock::time_point> time = {};  ///< Shown at the foot.
    std::string footer = {};                                         ///< At most 2,048 characters.
    std::string footer_icon_url = {};                                ///< Shown with a footer alone.
    std::string author = {};                                         ///< Above the title; at most 256 characters.
    std::string author_url = {};                                     ///< Shown with an author alone, as is author_icon_url.
    std::string author_icon_url = {};                                ///< http, https, or "attachment://name", as all pictures.
    std::string image_url = {};                                      ///< Below the text.
    std::string thumbnail_url = {};                                  ///< Beside the text.
    std::vector<embed_field> fields = {};                            ///< At most 25.

    /// Fails with bot_errc::bad_request and the field that breaks a limit of Discord's: "embed.title has 257 characters; at most
    /// 256 are allowed". Nothing is sent to learn it.
    [[nodiscard]] result<void> check() const;
};

}  // namespace v0
}  // namespace shoal
