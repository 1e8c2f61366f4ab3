#include "sim/core/form_errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "sim/core/snowflakes.hpp"

namespace shoal::sim {
namespace json = boost::json;

void form_errors::add(const std::vector<std::string>& path, std::string_view code, std::string_view message) {
    json::object* at = &tree_;
    for (const std::string& key : path) {
        json::value& next = (*at)[key];
        if (!next.is_object()) next = json::object();
        at = &next.get_object();
    }
    json::value& list = (*at)["_errors"];
    if (!list.is_array()) list = json::array();
    list.get_array().push_back(json::object{{"code", std::string(code)}, {"message", std::string(message)}});
    json::value& flat = flat_[path.empty() ? "_misc" : path.front()];
    if (!flat.is_array()) flat = json::array();
    flat.get_array().push_back(json::string(message.data(), message.size()));
}

std::string form_errors::body(int api_version) const {
    if (api_version < 8) return json::serialize(flat_);
    return json::serialize(json::object{{"message", "Invalid Form Body"}, {"code", 50035}, {"errors", tree_}});
}

const json::string* form_path::text(const json::object& from, std::string_view key, std::size_t least, std::size_t most,
                                    bool needed) const {
    const json::value* value = from.if_contains(json::string_view(key.data(), key.size()));
    if (value == nullptr || value->is_null()) {
        if (needed) at(key).required();
        return nullptr;
    }
    const json::string* text = value->if_string();
    if (text == nullptr) {
        at(key).wrong("STRING_TYPE_CONVERT", "Could not interpret value as string.");
        return nullptr;
    }
    const std::size_t length = characters(std::string_view(*text));
    if (length < least || length > most) {
        at(key).wrong("BASE_TYPE_BAD_LENGTH", fmt::format("Must be between {} and {} in length.", least, most));
        return nullptr;
    }
    return text;
}

const json::array* form_path::list(const json::object& from, std::string_view key, std::size_t most) const {
    const json::value* value = from.if_contains(json::string_view(key.data(), key.size()));
    if (value == nullptr || value->is_null()) return nullptr;
    const json::array* list = value->if_array();
    if (list == nullptr) {
        at(key).wrong("LIST_TYPE_CONVERT", "Only iterables may be used in a ListType");
        return nullptr;
    }
    if (list->size() > most) {
        at(key).wrong("BASE_TYPE_MAX_LENGTH", fmt::format("Must be {} or fewer in length.", most));
        return nullptr;
    }
    return list;
}

std::optional<std::int64_t> form_path::number(const json::object& from, std::string_view key, std::int64_t least,
                                              std::int64_t most, bool needed) const {
    const json::value* value = from.if_contains(json::string_view(key.data(), key.size()));
    if (value == nullptr || value->is_null()) {
        if (needed) at(key).required();
        return std::nullopt;
    }
    if (!value->is_int64()) {
        at(key).wrong("NUMBER_TYPE_COERCE", fmt::format("Value \"{}\" is not int.", json::serialize(*value)));
        return std::nullopt;
    }
    const std::int64_t number = value->get_int64();
    if (number < least) at(key).wrong("NUMBER_TYPE_MIN", fmt::format("int value should be greater than or equal to {}.", least));
    if (number > most) at(key).wrong("NUMBER_TYPE_MAX", fmt::format("int value should be less than or equal to {}.", most));
    return number < least || number > most ? std::nullopt : std::optional(number);
}

std::optional<bool> form_path::flag(const json::object& from, std::string_view key) const {
    const json::value* value = from.if_contains(json::string_view(key.data(), key.size()));
    if (value == nullptr || value->is_null()) return std::nullopt;
    if (value->is_bool()) return value->get_bool();
    at(key).wrong("BOOLEAN_TYPE_CONVERT", "Must be either true or false.");
    return std::nullopt;
}

std::optional<std::uint64_t> form_path::id(const json::object& from, std::string_view key, bool needed) const {
    const json::value* value = from.if_contains(json::string_view(key.data(), key.size()));
    if (value == nullptr || value->is_null()) {
        if (needed) at(key).required();
        return std::nullopt;
    }
    const auto id = value->is_string() ? parse_snowflake(std::string_view(value->get_string())) : std::nullopt;
    if (!id) at(key).wrong("NUMBER_TYPE_COERCE", fmt::format("Value {} is not snowflake.", json::serialize(*value)));
    return id;
}

std::size_t characters(std::string_view text) noexcept {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string error_body(int code, std::string_view message) {
    return json::serialize(json::object{{"message", std::string(message)}, {"code", code}});
}

}  // namespace shoal::sim
