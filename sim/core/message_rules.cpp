#include "sim/core/message_rules.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <set>

#include "sim/core/rest_messages.hpp"

namespace shoal::sim {
namespace json = boost::json;
namespace {

bool holds_something(const json::object& body, const char* key) {
    const json::value* value = body.if_contains(key);
    if (value == nullptr || value->is_null()) return false;
    if (value->is_string()) return !value->get_string().empty();
    if (value->is_array()) return !value->get_array().empty();
    return true;
}

const json::object* object_at(const json::array& list, std::size_t index, const form_path& here) {
    const json::object* one = list[index].if_object();
    if (one == nullptr) here.wrong("MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType");
    return one;
}

/// The characters of a text that counts into an embed's total.
std::size_t counted(const form_path& where, const json::object& from, const char* key, std::size_t least, std::size_t most) {
    const json::string* text = where.text(from, key, least, most, least > 0);
    return text == nullptr ? 0 : characters(std::string_view(*text));
}

std::size_t check_embed(const json::object& embed, const form_path& here) {
    std::size_t total = counted(here, embed, "title", 0, 256) + counted(here, embed, "description", 0, 4096);
    const auto nested = [&](const char* key, const char* text, std::size_t most) {
        const json::value* value = embed.if_contains(key);
        if (value != nullptr && value->is_object()) total += counted(here.at(key), value->get_object(), text, 1, most);
    };
    nested("footer", "text", 2048);
    nested("author", "name", 256);
    if (const json::array* fields = here.list(embed, "fields", 25)) {
        for (std::size_t i = 0; i < fields->size(); ++i) {
            const form_path field = here.at("fields").at(i);
            const json::object* one = object_at(*fields, i, field);
            if (one != nullptr) total += counted(field, *one, "name", 1, 256) + counted(field, *one, "value", 1, 1024);
        }
    }
    return total;
}

void check_embeds(const json::object& body, const form_path& where) {
    const json::array* embeds = where.list(body, "embeds", 10);
    if (embeds == nullptr) return;
    std::size_t total = 0;
    for (std::size_t i = 0; i < embeds->size(); ++i) {
        const form_path here = where.at("embeds").at(i);
        if (const json::object* embed = object_at(*embeds, i, here)) total += check_embed(*embed, here);
    }
    if (total > 6000) where.at("embeds").wrong("MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000");
}

std::int64_t type_of(const json::object& component) {
    const json::value* type = component.if_contains("type");
    return type != nullptr && type->is_int64() ? type->get_int64() : 0;
}

void check_button(const json::object& button, const form_path& here) {
    here.text(button, "label", 0, 80, false);
    const std::int64_t style = here.number(button, "style", 1, 6, true).value_or(1);
    if (style == 5) {
        here.text(button, "url", 1, 512, true);
    } else if (style != 6) {
        here.text(button, "custom_id", 1, 100, true);
    }
}

void check_select(const json::object& select, std::int64_t type, const form_path& here) {
    here.text(select, "custom_id", 1, 100, true);
    here.text(select, "placeholder", 0, 150, false);
    if (type != 3) return;
    const json::array* options = here.list(select, "options", 25);
    if (options == nullptr || options->empty()) return here.at("options").required();
    for (std::size_t i = 0; i < options->size(); ++i) {
        const form_path option = here.at("options").at(i);
        const json::object* one = object_at(*options, i, option);
        if (one == nullptr) continue;
        option.text(*one, "label", 1, 100, true);
        option.text(*one, "value", 1, 100, true);
    }
}

/// One component and what it holds; ids that press() must tell apart are collected.
void check_component(const json::value& value, const form_path& here, std::set<std::string>& custom_ids, std::size_t& count) {
    const json::object* one = value.if_object();
    if (one == nullptr) return here.wrong("MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType");
    ++count;
    const std::int64_t type = type_of(*one);
    if (type == 0) return here.at("type").required();
    if (type == 2) check_button(*one, here);
    if (type == 3 || (type >= 5 && type <= 8)) check_select(*one, type, here);
    if (const json::value* id = one->if_contains("custom_id"); id != nullptr && id->is_string()) {
        if (!custom_ids.emplace(id->get_string()).second)
            here.at("custom_id").wrong("COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated");
    }
    if (const json::array* nested = here.list(*one, "components", type == 1 ? 5 : 40)) {
        if (type == 1 && nested->empty())
            here.at("components").wrong("BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.");
        for (std::size_t i = 0; i < nested->size(); ++i)
            check_component((*nested)[i], here.at("components").at(i), custom_ids, count);
    }
    if (const json::value* accessory = one->if_contains("accessory"))
        check_component(*accessory, here.at("accessory"), custom_ids, count);
}

void check_components(const json::object& body, bool second, const form_path& where) {
    const json::array* components = where.list(body, "components", second ? 40 : 5);
    if (components == nullptr) return;
    std::set<std::string> custom_ids;
    std::size_t count = 0;
    for (std::size_t i = 0; i < components->size(); ++i) {
        const form_path here = where.at("components").at(i);
        check_component((*components)[i], here, custom_ids, count);
        const json::object* one = (*components)[i].if_object();
        if (!second && one != nullptr && type_of(*one) > 1)
            here.at("type").wrong("UNION_TYPE_CHOICES", "Value of field \"type\" must be one of (1,).");
    }
    if (second && count > 40) where.at("components").wrong("BASE_TYPE_MAX_LENGTH", "Must be 40 or fewer in length.");
}

void check_poll(const json::object& body, const form_path& where) {
    const json::value* value = body.if_contains("poll");
    if (value == nullptr || value->is_null()) return;
    const form_path here = where.at("poll");
    const json::object* poll = value->if_object();
    if (poll == nullptr) return here.wrong("MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType");
    const json::value* question = poll->if_contains("question");
    if (question == nullptr || !question->is_object()) {
        here.at("question").required();
    } else {
        here.at("question").text(question->get_object(), "text", 1, 300, true);
    }
    here.number(*poll, "duration", 1, 768);
    const json::array* answers = here.list(*poll, "answers", 10);
    if (answers == nullptr || answers->empty()) return here.at("answers").required();
    for (std::size_t i = 0; i < answers->size(); ++i) {
        const form_path answer = here.at("answers").at(i);
        const json::object* one = object_at(*answers, i, answer);
        const json::value* media = one == nullptr ? nullptr : one->if_contains("poll_media");
        if (media == nullptr || !media->is_object()) {
            answer.at("poll_media").required();
        } else {
            answer.at("poll_media").text(media->get_object(), "text", 1, 55, false);
        }
    }
}

}  // namespace

bool check_message(const json::object& body, bool must_have_content, std::size_t files, const form_path& where) {
    where.text(body, "content", 0, 2000, false);
    check_embeds(body, where);
    check_poll(body, where);
    where.list(body, "sticker_ids", 3);
    where.list(body, "attachments", 10);
    if (files > 10) where.at("attachments").wrong("BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.");
    const bool second = (flags_of(body) & message_flag::components_v2) != 0;
    check_components(body, second, where);
    if (second) {
        for (const char* key : {"content", "embeds", "poll", "sticker_ids"}) {
            if (holds_something(body, key)) {
                where.at(key).wrong("MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
                                    "The field cannot be used when using IS_COMPONENTS_V2");
            }
        }
    }
    if (!must_have_content || files > 0) return true;
    if (const json::value* reference = body.if_contains("message_reference"); reference != nullptr && reference->is_object()) {
        const json::value* type = reference->get_object().if_contains("type");
        if (type != nullptr && *type == 1) return true;  // a forward brings its content along
    }
    constexpr const char* sources[] = {"content", "embeds", "components", "sticker_ids", "poll"};
    return std::any_of(std::begin(sources), std::end(sources), [&](const char* key) { return holds_something(body, key); });
}

}  // namespace shoal::sim
