#include "sim/core/messages.hpp"

namespace shoal::sim {
namespace {

void write_embed(json_text& out, random_source random) {
    out.open('{').field("type", "rich").text("title", prose(random, 20), some_spelling(random));
    out.field("description", prose(random, 60)).field("url", "https://example.com/a?b=c").field("color", 3447003);
    out.key("thumbnail").open('{').field("url", "https://cdn.example.com/" + image_hash(random) + ".png");
    out.field("width", 128).field("height", 128).field("flags", 0).close('}');
    out.key("fields").open('[').open('{').field("name", prose(random, 8)).field("value", prose(random, 16)).field("inline", true);
    out.close('}').close(']').field("content_scan_version", 4).close('}');
}

void write_attachment(json_text& out, random_source random, std::uint64_t channel, std::uint64_t id) {
    const std::string place = std::to_string(channel) + "/" + std::to_string(id - 1) + "/картинка.png";
    out.open('{')
        .field("width", 1280)
        .text("url", "https://cdn.example.com/attachments/" + place + "?ex=6a&is=69&hm=" + image_hash(random), spelling::slashes);
    out.field("size", 10000 + static_cast<int>(random.below(9000000)));
    out.field("proxy_url", "https://media.example.com/attachments/" + place).field("placeholder_version", 1);
    out.field("placeholder", "HBgODQS2h3eId4eAiHeId3h3").id("id", id - 1).field("height", 720).field("filename", "картинка.png");
    out.field("content_type", "image/png").close('}');
}

struct writer {
    event_site& site;
    const message_note& note;
    bool edited;

    [[nodiscard]] const guild_facts& facts() const { return site.facts(); }

    void mention(json_text& out, std::uint32_t member) const {
        const std::string user = user_json(facts().user_of(member), site.world.bot);
        out.open('{').raw(std::string_view(user).substr(1, user.size() - 2));
        out.raw("member", site.things.member(member, guild_renderer::parts::without_user)).close('}');
    }
    void mention_bot(json_text& out) const {
        const std::string user = user_json(site.world.bot.user, site.world.bot);
        out.open('{').raw(std::string_view(user).substr(1, user.size() - 2));
        out.raw("member", site.things.bot_member(guild_renderer::parts::without_user)).close('}');
    }

    /// Writes the message; `with_content` false is the view without the MESSAGE_CONTENT intent.
    [[nodiscard]] std::string write(bool with_content) const {
        random_source random(note.seed);
        const bool own = note.author == site.world.bot.user;
        const bool webhook = !own && random.chance(0.02), joined = !own && !webhook && random.chance(0.01);
        const bool mentions_bot = !own && random.chance(0.02), reply = !joined && random.chance(0.06);
        const bool reply_to_bot = reply && random.chance(0.1), mentions = random.chance(0.08), poll = random.chance(0.005);
        std::string content = joined ? "" : prose(random, message_length(random));
        if (mentions_bot) content += " <@" + std::to_string(site.world.bot.user) + ">";
        if (edited) content += " (edited)";
        const auto member = facts().member_index(note.author);
        const auto mentioned = static_cast<std::uint32_t>(random.below(std::max(1U, facts().member_end())));

        json_text out;
        out.reserve(1536 + content.size());
        out.open('{').field("type", joined ? 7 : reply ? 19 : 0).field("tts", false);
        out.field("timestamp", iso_time(discord_epoch_ms + discord_ms_of(note.id), static_cast<unsigned>(note.seed % 1000)));
        if (reply) {
            const std::uint64_t first = note.id - (3600000ULL << snowflake_low_bits);
            out.key("message_reference").open('{').field("type", 0).id("message_id", first).id("guild_id", site.guild.id);
            out.id("channel_id", note.channel).close('}');
            if (reply_to_bot || random.chance(0.5)) {
                out.key("referenced_message").open('{').field("type", 0).field("tts", false);
                out.field("timestamp", iso_time(discord_epoch_ms + discord_ms_of(first))).field("pinned", false);
                out.key("mentions")
                    .open('[')
                    .close(']')
                    .key("mention_roles")
                    .open('[')
                    .close(']')
                    .field("mention_everyone", false);
                out.id("id", first).field("flags", 0).key("embeds").open('[').close(']').field("edited_timestamp", nullptr);
                const std::string earlier = prose(random, 24);
                out.field("content", with_content || reply_to_bot ? earlier : std::string());
                out.key("components").open('[').close(']').id("channel_id", note.channel);
                out.raw("author", user_json(reply_to_bot ? site.world.bot.user : facts().user_of(mentioned), site.world.bot));
                out.key("attachments").open('[').close(']').close('}');
            } else {
                out.field("referenced_message", nullptr);
            }
        }
        out.field("pinned", false);
        if (!own && !webhook) out.id("nonce", note.id + 77);
        out.key("mentions").open('[');
        if (mentions_bot || reply_to_bot) mention_bot(out);
        if (mentions && facts().is_member(mentioned)) mention(out, mentioned);
        out.close(']').key("mention_roles").open('[');
        if (random.chance(0.02) && facts().base_count(kind::role) > 2) out.id(facts().id_of(kind::role, 2));
        out.close(']').field("mention_everyone", false);
        if (!webhook) {
            if (own) {
                out.raw("member", site.things.bot_member(guild_renderer::parts::without_user));
            } else if (member) {
                out.raw("member", site.things.member(*member, guild_renderer::parts::without_user));
            }
        }
        out.id("id", note.id).field("flags", 0);
        out.key("embeds").open('[');
        if (random.chance(0.05) && with_content) write_embed(out, random_source(note.seed + 1));
        out.close(']');
        if (edited) {
            out.field("edited_timestamp", site.time_text());
        } else {
            out.field("edited_timestamp", nullptr);
        }
        out.text("content", with_content ? content : "", some_spelling(random));
        out.key("components").open('[').close(']').id("channel_id", note.channel).field("channel_type", 0);
        if (webhook) {
            out.id("webhook_id", note.channel + 5)
                .key("author")
                .open('{')
                .field("username", "Hook ⚓")
                .id("id", note.channel + 5);
            out.field("global_name", nullptr)
                .field("discriminator", "0000")
                .field("bot", true)
                .field("avatar", nullptr)
                .close('}');
        } else {
            out.raw("author", user_json(note.author, site.world.bot));
        }
        out.key("attachments").open('[');
        if (random.chance(0.05) && with_content) write_attachment(out, random_source(note.seed + 2), note.channel, note.id);
        out.close(']');
        if (random.chance(0.02)) {
            out.key("sticker_items").open('[').open('{').field("name", "wave").id("id", note.channel + 9).field("format_type", 1);
            out.close('}').close(']');
        }
        if (poll && with_content) {
            out.key("poll")
                .open('{')
                .key("question")
                .open('{')
                .field("text", "Tea or coffee?")
                .close('}')
                .key("answers")
                .open('[');
            out.open('{').field("answer_id", 1).key("poll_media").open('{').field("text", "Tea").close('}').close('}').close(']');
            out.field("expiry", site.time_text()).field("allow_multiselect", false).field("layout_type", 1).close('}');
        }
        out.id("guild_id", site.guild.id).close('}');
        return out.take();
    }

    /// Own messages, those that mention the bot, and replies to it with the ping on, keep their content [2.9.2].
    [[nodiscard]] bool always_with_content() const {
        random_source random(note.seed);
        if (note.author == site.world.bot.user) return true;
        const bool webhook = random.chance(0.02), joined = !webhook && random.chance(0.01);
        const bool mentions_bot = random.chance(0.02), reply = !joined && random.chance(0.06);
        return mentions_bot || (reply && random.chance(0.1));
    }
};

}  // namespace

message_texts message_of(event_site& site, const message_note& note, bool edited) {
    const writer one{site, note, edited};
    message_texts texts{.full = one.write(true), .blank = std::nullopt};
    if (!one.always_with_content()) texts.blank = one.write(false);
    return texts;
}

std::uint64_t direct_channel_of(std::uint64_t user) noexcept {
    // Opened a while after the account was made; odd low bits that no guild's slot gives.
    return snowflake_of(discord_ms_of(user) + 1000, mix(user, 0x646DULL));
}

std::optional<std::uint64_t> direct_user_of(std::uint64_t channel) noexcept {
    const auto user = user_nearest(discord_ms_of(channel) - 1000);
    return user != 0 && direct_channel_of(user) == channel ? std::optional(user) : std::nullopt;
}

std::string direct_message(world_state& world, std::uint64_t id, std::uint64_t user, const std::string& time,
                           random_source& random) {
    json_text out;
    out.open('{').field("type", 0).field("tts", false).field("timestamp", time).field("pinned", false).id("nonce", id + 77);
    out.key("mentions").open('[').close(']').key("mention_roles").open('[').close(']').field("mention_everyone", false);
    out.id("id", id).field("flags", 0).key("embeds").open('[').close(']').field("edited_timestamp", nullptr);
    out.text("content", prose(random, message_length(random)), some_spelling(random)).key("components").open('[').close(']');
    out.id("channel_id", direct_channel_of(user)).field("channel_type", 1).raw("author", user_json(user, world.bot));
    out.key("attachments").open('[').close(']').close('}');
    return out.take();
}

}  // namespace shoal::sim
