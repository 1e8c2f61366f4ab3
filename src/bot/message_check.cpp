// Discord's limits of messages, embeds and polls [6.8]. Not here: what a single component may be (component_check.hpp).

#include "bot/component_check.hpp"
#include "bot/limits.hpp"
#include "shoal/message.hpp"

namespace shoal {
namespace runtime {
namespace {

using type = component_type;

void check_embed(limit_check& is, const std::string& at, const embed& what) {
    is.text(at + ".title", what.title, 0, 256);
    is.text(at + ".description", what.description, 0, 4096);
    is.text(at + ".footer", what.footer, 0, 2048);
    is.text(at + ".author", what.author, 0, 256);
    is.count(at + ".fields", what.fields.size(), 0, 25);
    for (std::size_t i = 0; is.good() && i < what.fields.size(); ++i) {
        const auto field = fmt::format("{}.fields[{}]", at, i);
        is.text(field + ".name", what.fields[i].name, 1, 256);
        is.text(field + ".value", what.fields[i].value, 1, 1024);
    }
    is.require(!what.color || *what.color <= 0xFFFFFF, at + ".color", "is above 0xFFFFFF");
    const bool shown = !what.title.empty() || !what.description.empty() || !what.footer.empty() || !what.author.empty() ||
                       !what.image_url.empty() || !what.thumbnail_url.empty() || !what.fields.empty();
    is.require(shown, at, "is empty");
}

std::size_t embed_characters(const embed& what) {
    auto sum = characters(what.title) + characters(what.description) + characters(what.footer) + characters(what.author);
    for (const auto& each : what.fields) sum += characters(each.name) + characters(each.value);
    return sum;
}

void check_components(limit_check& is, const message& what) {
    component_check walk{
        .is = is,
        .place = what.flags.has(message_flag::is_components_v2) ? component_place::message_v2 : component_place::message};
    const bool v2 = walk.place == component_place::message_v2;
    if (!v2) is.count("components", what.components.size(), 0, 5);
    for (const auto& each : what.components) {
        is.require(v2 || each.type == type::action_row, "components", "has something outside of a row");
        is.require(each.type != type::button && !is_menu(each.type) && each.type != type::thumbnail, "components",
                   "has a button, menu or thumbnail outside of a row or section");
    }
    walk.inside("components", what.components);
    is.require(walk.count <= 40 || !v2, "components",
               fmt::format("has {} components in all; at most 40 are allowed", walk.count));
    is.require(walk.text_characters <= 4000, "components",
               fmt::format("has {} characters of text in all; at most 4000 are allowed", walk.text_characters));
    if (!v2) return;
    is.require(!what.components.empty(), "components", "is empty, and is_components_v2 is set");
    is.require(what.content.empty(), "content", "cannot stand beside is_components_v2");
    is.require(what.embeds.empty(), "embeds", "cannot stand beside is_components_v2");
    is.require(what.stickers.empty(), "stickers", "cannot stand beside is_components_v2");
    is.require(!what.poll, "poll", "cannot stand beside is_components_v2");
}

void check_poll(limit_check& is, const poll& what) {
    is.text("poll.question", what.question, 1, 300);
    is.count("poll.answers", what.answers.size(), 1, 10);
    for (std::size_t i = 0; is.good() && i < what.answers.size(); ++i)
        is.text(fmt::format("poll.answers[{}].text", i), what.answers[i].text, 1, 55);
    is.require(what.open_for >= std::chrono::hours(1) && what.open_for <= std::chrono::days(32), "poll.open_for",
               "is not 1 hour to 32 days");
}

}  // namespace
}  // namespace runtime

inline namespace v0 {

result<void> embed::check() const {
    runtime::limit_check is;
    runtime::check_embed(is, "embed", *this);
    const auto sum = runtime::embed_characters(*this);
    is.require(sum <= 6000, "embed", fmt::format("has {} characters in all; at most 6000 are allowed", sum));
    return std::move(is).outcome();
}

result<void> message::check(std::size_t files) const {
    runtime::limit_check is;
    is.text("content", content, 0, 2000);
    is.count("embeds", embeds.size(), 0, 10);
    std::size_t sum = 0;
    for (std::size_t i = 0; is.good() && i < embeds.size(); ++i) {
        runtime::check_embed(is, fmt::format("embeds[{}]", i), embeds[i]);
        sum += runtime::embed_characters(embeds[i]);
    }
    is.require(sum <= 6000, "embeds", fmt::format("has {} characters in all; at most 6000 are allowed", sum));
    is.count("stickers", stickers.size(), 0, 3);
    runtime::check_components(is, *this);
    if (poll) runtime::check_poll(is, *poll);
    is.count("mentions.users", mentions.users.size(), 0, 100);
    is.count("mentions.roles", mentions.roles.size(), 0, 100);
    is.require(mentions.users.empty() || !mentions.all_users, "mentions.users", "cannot stand beside all_users");
    is.require(mentions.roles.empty() || !mentions.all_roles, "mentions.roles", "cannot stand beside all_roles");
    is.require(!content.empty() || !embeds.empty() || !components.empty() || !stickers.empty() || poll || files > 0, "message",
               "is empty");
    return std::move(is).outcome();
}

}  // namespace v0
}  // namespace shoal
