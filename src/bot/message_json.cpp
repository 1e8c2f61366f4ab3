#include "bot/message_json.hpp"

#include <fmt/format.h>

#include <chrono>

namespace shoal::runtime {
namespace {

using discord::json_writer;
using type = component_type;

void text_field(json_writer& w, std::string_view name, const std::string& text) {
    if (!text.empty()) w.field(name, text);
}

std::string iso_time(std::chrono::system_clock::time_point when) {
    using namespace std::chrono;
    const auto ms = floor<milliseconds>(when);
    const auto day = floor<days>(ms);
    const year_month_day date(day);
    const hh_mm_ss time(ms - day);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                       time.minutes().count(), time.seconds().count(), time.subseconds().count());
}

void write_emoji(json_writer& w, std::string_view name, const emoji_choice& emoji) {
    if (!emoji) return;
    w.key(name).begin_object();
    if (emoji.id) w.field("id", emoji.id);
    text_field(w, "name", emoji.name);
    if (emoji.animated) w.field("animated", true);
    w.end_object();
}

void write_media(json_writer& w, std::string_view name, const std::string& url) {
    w.key(name).begin_object().field("url", url).end_object();
}

template <class T>
void optional_field(json_writer& w, std::string_view name, const std::optional<T>& value) {
    if (value) w.field(name, *value);
}

void write_options(json_writer& w, const component& what) {
    w.key("options").begin_array();
    for (const auto& each : what.options) {
        w.begin_object().field("label", each.label).field("value", each.value);
        text_field(w, "description", each.description);
        write_emoji(w, "emoji", each.emoji);
        if (each.chosen) w.field("default", true);
        w.end_object();
    }
    w.end_array();
}

void write_list(json_writer& w, std::string_view name, const std::vector<component>& list) {
    w.key(name).begin_array();
    for (const auto& each : list) write(w, each);
    w.end_array();
}

void write_pictures(json_writer& w, const component& what) {
    w.key("items").begin_array();
    for (const auto& each : what.pictures) {
        w.begin_object();
        write_media(w, "media", each.url);
        text_field(w, "description", each.description);
        if (each.spoiler) w.field("spoiler", true);
        w.end_object();
    }
    w.end_array();
}

template <class Ids>
void write_ids(json_writer& w, std::string_view name, const Ids& ids) {
    if (ids.empty()) return;
    w.key(name).begin_array();
    for (const auto each : ids) w.value(each);
    w.end_array();
}

void write_poll(json_writer& w, const poll& what) {
    w.key("poll").begin_object().key("question").begin_object().field("text", what.question).end_object();
    w.key("answers").begin_array();
    for (const auto& each : what.answers) {
        w.begin_object().key("poll_media").begin_object().field("text", each.text);
        write_emoji(w, "emoji", each.emoji);
        w.end_object().end_object();
    }
    w.end_array().field("duration", what.open_for.count()).field("allow_multiselect", what.allow_multiselect).end_object();
}

}  // namespace

void write(json_writer& w, const embed& what) {
    w.begin_object();
    text_field(w, "title", what.title);
    text_field(w, "description", what.description);
    text_field(w, "url", what.url);
    optional_field(w, "color", what.color);
    if (what.time) w.field("timestamp", iso_time(*what.time));
    if (!what.footer.empty()) {
        w.key("footer").begin_object().field("text", what.footer);
        text_field(w, "icon_url", what.footer_icon_url);
        w.end_object();
    }
    if (!what.author.empty()) {
        w.key("author").begin_object().field("name", what.author);
        text_field(w, "url", what.author_url);
        text_field(w, "icon_url", what.author_icon_url);
        w.end_object();
    }
    if (!what.image_url.empty()) write_media(w, "image", what.image_url);
    if (!what.thumbnail_url.empty()) write_media(w, "thumbnail", what.thumbnail_url);
    if (!what.fields.empty()) {
        w.key("fields").begin_array();
        for (const auto& each : what.fields) {
            w.begin_object().field("name", each.name).field("value", each.value).field("inline", each.inlined).end_object();
        }
        w.end_array();
    }
    w.end_object();
}

void write(json_writer& w, const component& what) {
    w.begin_object().field("type", static_cast<std::uint32_t>(what.type));
    text_field(w, "custom_id", what.custom_id);
    if (what.style != 0) w.field("style", what.style);
    text_field(w, "label", what.label);
    write_emoji(w, "emoji", what.emoji);
    if (what.sku) w.field("sku_id", what.sku);
    if (what.disabled) w.field("disabled", true);
    if (!what.options.empty()) write_options(w, what);
    if (!what.channel_types.empty()) {
        w.key("channel_types").begin_array();
        for (const auto each : what.channel_types) w.value(static_cast<std::uint32_t>(each));
        w.end_array();
    }
    text_field(w, "placeholder", what.placeholder);
    optional_field(w, "min_values", what.min_values);
    optional_field(w, "max_values", what.max_values);
    optional_field(w, "min_length", what.min_length);
    optional_field(w, "max_length", what.max_length);
    optional_field(w, "required", what.required);
    text_field(w, "value", what.value);
    text_field(w, "content", what.content);
    text_field(w, "description", what.description);
    if (what.spoiler) w.field("spoiler", true);
    switch (what.type) {
        case type::button: text_field(w, "url", what.url); break;
        case type::thumbnail: write_media(w, "media", what.url); break;
        case type::file: write_media(w, "file", what.url); break;
        case type::media_gallery: write_pictures(w, what); break;
        case type::separator: w.field("divider", what.divider).field("spacing", what.spacing); break;
        default: break;
    }
    optional_field(w, "accent_color", what.accent_color);
    if (what.type == type::label) {
        for (const auto& each : what.components) write(w.key("component"), each);
    } else if (!what.components.empty()) {
        write_list(w, "components", what.components);
    }
    for (const auto& each : what.accessory) write(w.key("accessory"), each);
    w.end_object();
}

void write_mentions(json_writer& w, const allowed_mentions& who) {
    w.key("allowed_mentions").begin_object().key("parse").begin_array();
    if (who.everyone) w.value("everyone");
    if (who.all_users) w.value("users");
    if (who.all_roles) w.value("roles");
    w.end_array();
    write_ids(w, "users", who.users);
    write_ids(w, "roles", who.roles);
    w.field("replied_user", who.replied_user).end_object();
}

void write_fields(json_writer& w, const message_edit& what) {
    const auto cleared_or = [&](std::string_view key, const auto& field, auto write_value) {
        if (field.is_cleared()) {
            w.field(key, nullptr);
        } else if (field.is_set()) {
            write_value(field.value());
        }
    };
    const auto write_all = [&](std::string_view key) {
        return [&w, key](const auto& all) {
            w.key(key).begin_array();
            for (const auto& each : all) write(w, each);
            w.end_array();
        };
    };
    cleared_or("content", what.content, [&](const auto& text) { w.field("content", text); });
    cleared_or("embeds", what.embeds, write_all("embeds"));
    cleared_or("components", what.components, write_all("components"));
    write_mentions(w, what.mentions.value_or(allowed_mentions{}));
    if (what.flags) w.field("flags", what.flags->bits());
    if (what.kept) {
        w.key("attachments").begin_array();
        for (const auto each : *what.kept) w.begin_object().field("id", each).end_object();
        w.end_array();
    }
}

void write_fields(json_writer& w, const modal& what) {
    w.field("custom_id", what.custom_id).field("title", what.title);
    write_list(w, "components", what.components);
}

void write_fields(json_writer& w, const message& what) {
    text_field(w, "content", what.content);
    if (what.tts) w.field("tts", true);
    if (!what.embeds.empty()) {
        w.key("embeds").begin_array();
        for (const auto& each : what.embeds) write(w, each);
        w.end_array();
    }
    if (!what.components.empty()) write_list(w, "components", what.components);
    write_ids(w, "sticker_ids", what.stickers);
    if (what.poll) write_poll(w, *what.poll);
    write_mentions(w, what.mentions);
    if (what.replies_to) {
        w.key("message_reference").begin_object();
        w.field("message_id", what.replies_to).field("fail_if_not_exists", false).end_object();
    }
    if (!what.flags.empty()) w.field("flags", what.flags.bits());
}

}  // namespace shoal::runtime
