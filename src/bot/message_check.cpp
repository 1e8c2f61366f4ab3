// Discord's limits of messages, embeds, components and polls [6.8].

#include <set>

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

bool is_menu(type of) { return of >= type::string_select && of <= type::channel_select && of != type::text_input; }

/// What one message's components share.
struct component_walk {
    limit_check& is;
    bool v2 = false;
    std::size_t count = 0;
    std::size_t text_characters = 0;
    std::set<std::string> custom_ids;

    void custom_id(const std::string& at, const component& what) {
        is.text(at + ".custom_id", what.custom_id, 1, 100);
        is.require(custom_ids.insert(what.custom_id).second, at + ".custom_id", "stands in this message twice");
    }
    void button(const std::string& at, const component& what) {
        const auto style = static_cast<button_style>(what.style);
        is.require(what.style >= 1 && what.style <= 6, at + ".style", "is none of Discord's");
        is.text(at + ".label", what.label, 0, 80);
        switch (style) {
            case button_style::link: is.text(at + ".url", what.url, 1, 512); break;
            case button_style::premium: is.require(bool(what.sku), at + ".sku", "is missing"); break;
            default:
                custom_id(at, what);
                is.require(!what.label.empty() || what.emoji, at + ".label", "is empty, and there is no emoji");
        }
    }
    void menu(const std::string& at, const component& what) {
        custom_id(at, what);
        is.text(at + ".placeholder", what.placeholder, 0, 150);
        is.require(what.min_values.value_or(1) <= 25, at + ".min_values", "is above 25");
        is.require(what.max_values.value_or(1) >= 1 && what.max_values.value_or(1) <= 25, at + ".max_values", "is not 1 to 25");
        is.require(what.min_values.value_or(1) <= what.max_values.value_or(1), at + ".min_values", "is above max_values");
        if (what.type != type::string_select) return;
        is.count(at + ".options", what.options.size(), 1, 25);
        std::set<std::string> values;
        for (std::size_t i = 0; is.good() && i < what.options.size(); ++i) {
            const auto option = fmt::format("{}.options[{}]", at, i);
            is.text(option + ".label", what.options[i].label, 1, 100);
            is.text(option + ".value", what.options[i].value, 1, 100);
            is.text(option + ".description", what.options[i].description, 0, 100);
            is.require(values.insert(what.options[i].value).second, option + ".value", "stands in this menu twice");
        }
    }
    void gallery(const std::string& at, const component& what) {
        is.count(at + ".pictures", what.pictures.size(), 1, 10);
        for (std::size_t i = 0; is.good() && i < what.pictures.size(); ++i) {
            const auto picture = fmt::format("{}.pictures[{}]", at, i);
            is.text(picture + ".url", what.pictures[i].url, 1, 2048);
            is.text(picture + ".description", what.pictures[i].description, 0, 1024);
        }
    }
    void row(const std::string& at, const component& what) {
        is.count(at + ".components", what.components.size(), 1, 5);
        const bool menus = is.good() && is_menu(what.components[0].type);
        is.require(!menus || what.components.size() == 1, at + ".components", "has something beside a menu");
        for (const auto& each : what.components) {
            is.require(each.type == type::button || is_menu(each.type), at + ".components",
                       "has something that is neither a button nor a menu");
        }
    }
    void section(const std::string& at, const component& what) {
        is.count(at + ".components", what.components.size(), 1, 3);
        for (const auto& each : what.components)
            is.require(each.type == type::text_display, at + ".components", "has something that is no text");
        is.count(at + ".accessory", what.accessory.size(), 1, 1);
        for (const auto& each : what.accessory) {
            is.require(each.type == type::button || each.type == type::thumbnail, at + ".accessory",
                       "is neither a button nor a thumbnail");
        }
    }
    void one(const std::string& at, const component& what) {
        if (!is.good()) return;
        ++count;
        const bool layout = what.type >= type::section;
        is.require(v2 || !layout, at, "needs the flag is_components_v2");
        switch (what.type) {
            case type::action_row: row(at, what); break;
            case type::button: button(at, what); break;
            case type::string_select:
            case type::user_select:
            case type::role_select:
            case type::mentionable_select:
            case type::channel_select: menu(at, what); break;
            case type::section: section(at, what); break;
            case type::text_display:
                is.text(at + ".content", what.content, 1, 4000);
                text_characters += characters(what.content);
                break;
            case type::thumbnail:
                is.text(at + ".url", what.url, 1, 2048);
                is.text(at + ".description", what.description, 0, 1024);
                break;
            case type::media_gallery: gallery(at, what); break;
            case type::file: is.require(what.url.starts_with("attachment://"), at + ".url", "is no \"attachment://name\""); break;
            case type::separator:
                is.require(what.spacing == 1 || what.spacing == 2, at + ".spacing", "is neither 1 nor 2");
                break;
            case type::container:
                is.count(at + ".components", what.components.size(), 1, 39);
                is.require(!what.accent_color || *what.accent_color <= 0xFFFFFF, at + ".accent_color", "is above 0xFFFFFF");
                for (const auto& each : what.components)
                    is.require(each.type != type::container, at + ".components", "has a container");
                break;
            case type::text_input:
            case type::label:
            case type::file_upload:
            case type::radio_group:
            case type::checkbox_group:
            case type::checkbox: is.require(false, at, "belongs into a form, not into a message"); break;
        }
        inside(at + ".components", what.components);
        inside(at + ".accessory", what.accessory);
    }
    void inside(const std::string& at, const std::vector<component>& list) {
        for (std::size_t i = 0; is.good() && i < list.size(); ++i) one(fmt::format("{}[{}]", at, i), list[i]);
    }
};

void check_components(limit_check& is, const message& what) {
    component_walk walk{.is = is, .v2 = what.flags.has(message_flag::is_components_v2), .custom_ids = {}};
    if (!walk.v2) is.count("components", what.components.size(), 0, 5);
    for (const auto& each : what.components) {
        is.require(walk.v2 || each.type == type::action_row, "components", "has something outside of a row");
        is.require(each.type != type::button && !is_menu(each.type) && each.type != type::thumbnail, "components",
                   "has a button, menu or thumbnail outside of a row or section");
    }
    walk.inside("components", what.components);
    is.require(walk.count <= 40 || !walk.v2, "components",
               fmt::format("has {} components in all; at most 40 are allowed", walk.count));
    is.require(walk.text_characters <= 4000, "components",
               fmt::format("has {} characters of text in all; at most 4000 are allowed", walk.text_characters));
    if (!walk.v2) return;
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
