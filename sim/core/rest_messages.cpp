#include "sim/core/rest_messages.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <chrono>

namespace shoal::sim {
namespace json = boost::json;
namespace {

std::int64_t flags_of(const json::object& body) {
    const json::value* flags = body.if_contains("flags");
    return flags != nullptr && flags->is_int64() ? flags->get_int64() : 0;
}

bool holds_something(const json::object& body, const char* key) {
    const json::value* value = body.if_contains(key);
    if (value == nullptr || value->is_null()) return false;
    if (value->is_string()) return !value->get_string().empty();
    if (value->is_array()) return !value->get_array().empty();
    return true;
}

void check_embeds(const json::object& body, const form_path& where) {
    const json::array* embeds = where.list(body, "embeds", 10);
    if (embeds == nullptr) return;
    std::size_t total = 0;
    for (std::size_t i = 0; i < embeds->size(); ++i) {
        const form_path here = where.at("embeds").at(i);
        const json::object* embed = (*embeds)[i].if_object();
        if (embed == nullptr) {
            here.wrong("MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType");
            continue;
        }
        for (const auto& [key, most] : {std::pair<const char*, std::size_t>{"title", 256}, {"description", 4096}}) {
            if (const json::string* text = here.text(*embed, key, 0, most, false)) total += characters(std::string_view(*text));
        }
        if (const json::array* fields = here.list(*embed, "fields", 25)) {
            for (std::size_t f = 0; f < fields->size(); ++f) {
                const form_path field = here.at("fields").at(f);
                const json::object* one = (*fields)[f].if_object();
                if (one == nullptr) continue;
                for (const auto& [key, most] : {std::pair<const char*, std::size_t>{"name", 256}, {"value", 1024}}) {
                    if (const json::string* text = field.text(*one, key, 1, most, true))
                        total += characters(std::string_view(*text));
                }
            }
        }
    }
    if (total > 6000) where.at("embeds").wrong("MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000");
}

void words_in(const json::value& value, std::string& out) {
    if (const json::array* list = value.if_array()) {
        for (const json::value& item : *list) words_in(item, out);
        return;
    }
    const json::object* one = value.if_object();
    if (one == nullptr) return;
    for (const char* key : {"title", "description", "content"}) {
        const json::value* text = one->if_contains(key);
        if (text == nullptr || !text->is_string() || text->get_string().empty()) continue;
        if (!out.empty()) out.push_back('\n');
        out.append(std::string_view(text->get_string()));
    }
    for (const char* key : {"components", "component"}) {
        if (const json::value* nested = one->if_contains(key)) words_in(*nested, out);
    }
}

}  // namespace

bool check_message(const json::object& body, bool must_have_content, const form_path& where) {
    where.text(body, "content", 0, 2000, false);
    check_embeds(body, where);
    where.list(body, "sticker_ids", 3);
    const bool second = (flags_of(body) & message_flag::components_v2) != 0;
    where.list(body, "components", second ? 40 : 5);
    if (second) {
        for (const char* key : {"content", "embeds", "poll", "sticker_ids"}) {
            if (holds_something(body, key)) {
                where.at(key).wrong("MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
                                    "The field cannot be used when using IS_COMPONENTS_V2");
            }
        }
    }
    if (!must_have_content) return true;
    constexpr const char* sources[] = {"content", "embeds", "components", "sticker_ids", "poll", "attachments"};
    return std::any_of(std::begin(sources), std::end(sources), [&](const char* key) { return holds_something(body, key); });
}

std::string words_of(const json::object& message) {
    std::string out;
    if (const json::value* content = message.if_contains("content"); content != nullptr && content->is_string()) {
        out = std::string(content->get_string());
    }
    if (!out.empty()) return out;
    if (const json::value* embeds = message.if_contains("embeds")) words_in(*embeds, out);
    if (const json::value* components = message.if_contains("components")) words_in(*components, out);
    return out;
}

void apply_body(json::object& message, const json::object& body) {
    if (const json::value* content = body.if_contains("content"))
        message["content"] = content->is_string() ? *content : json::value("");
    for (const char* key : {"components", "poll", "nonce"}) {
        const json::value* value = body.if_contains(key);
        if (value != nullptr && !value->is_null()) message[key] = *value;
    }
    if (const json::value* tts = body.if_contains("tts"); tts != nullptr && tts->is_bool()) message["tts"] = *tts;
    if (const json::value* embeds = body.if_contains("embeds"); embeds != nullptr && embeds->is_array()) {
        json::array made;
        for (const json::value& embed : embeds->get_array()) {
            json::object one = embed.is_object() ? embed.get_object() : json::object();
            one["type"] = "rich";
            made.push_back(std::move(one));
        }
        message["embeds"] = std::move(made);
    }
    constexpr std::int64_t settable = message_flag::suppress_embeds | message_flag::ephemeral |
                                      message_flag::suppress_notifications | message_flag::components_v2;
    if (body.contains("flags")) message["flags"] = flags_of(body) & settable;
    if (const json::value* reference = body.if_contains("message_reference"); reference != nullptr && reference->is_object()) {
        message["message_reference"] = *reference;
        message["type"] = 19;
    }
}

stored_message& message_store::put(std::uint64_t id, stored_message message) {
    order_.push_back(id);
    if (order_.size() > most_) {
        messages_.erase(order_.front());
        order_.pop_front();
    }
    return messages_[id] = std::move(message);
}

stored_message* message_store::find(std::uint64_t id) {
    const auto found = messages_.find(id);
    return found == messages_.end() ? nullptr : &found->second;
}

std::vector<const stored_message*> message_store::newest(std::uint64_t channel, std::uint32_t limit) const {
    std::vector<const stored_message*> list;
    for (auto id = order_.rbegin(); id != order_.rend() && list.size() < limit; ++id) {
        const auto found = messages_.find(*id);
        if (found != messages_.end() && found->second.channel == channel && !found->second.ephemeral)
            list.push_back(&found->second);
    }
    return list;
}

std::optional<std::uint64_t> message_store::by_nonce(const std::string& nonce, instant now) const {
    const auto found = nonces_.find(nonce);
    if (found == nonces_.end() || now - found->second.when > std::chrono::minutes(5)) return std::nullopt;
    return found->second.id;
}

void message_store::remember_nonce(const std::string& nonce, std::uint64_t id, instant now) {
    if (nonces_.size() > 4096) {
        std::erase_if(nonces_, [now](const auto& item) { return now - item.second.when > std::chrono::minutes(5); });
    }
    nonces_[nonce] = {id, now};
}

}  // namespace shoal::sim
