#include "sim/core/rest_messages.hpp"

#include <boost/json/array.hpp>
#include <chrono>

namespace shoal::sim {
namespace json = boost::json;
namespace {

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

std::int64_t flags_of(const json::object& body) {
    const json::value* flags = body.if_contains("flags");
    return flags != nullptr && flags->is_int64() ? flags->get_int64() : 0;
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
    for (const char* key : {"components", "nonce"}) {
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
    if (body.contains("flags")) message["flags"] = (flags_of(body) & settable) | (flags_of(message) & message_flag::has_thread);
}

stored_message& message_store::put(std::uint64_t id, stored_message message) {
    order_.push_back(id);
    if (order_.size() > most_) {
        const std::uint64_t oldest = order_.front();
        order_.pop_front();
        erase(oldest);
    }
    if (!message.ephemeral) channels_[message.channel].insert(id);
    return messages_[id] = std::move(message);
}

stored_message* message_store::find(std::uint64_t id) {
    const auto found = messages_.find(id);
    return found == messages_.end() ? nullptr : &found->second;
}

bool message_store::erase(std::uint64_t id) {
    const auto found = messages_.find(id);
    if (found == messages_.end()) return false;
    if (const auto channel = channels_.find(found->second.channel); channel != channels_.end()) {
        channel->second.erase(id);
        if (channel->second.empty()) channels_.erase(channel);
    }
    messages_.erase(found);
    return true;
}

const std::set<std::uint64_t>& message_store::of(std::uint64_t channel) const {
    static const std::set<std::uint64_t> none;
    const auto found = channels_.find(channel);
    return found == channels_.end() ? none : found->second;
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
