#include "sim/core/interactions.hpp"

#include <charconv>

#include "sim/core/snowflakes.hpp"

namespace shoal::sim {
namespace json = boost::json;

interaction& interaction_book::issue(interaction fresh) {
    places_[fresh.id] = book_.size();
    return book_.emplace_back(std::move(fresh));
}

std::string interaction_book::token_of(std::uint64_t id) const {
    // Discord's look like base64 of "interaction:<id>:<secret>"; these carry the id in plain sight behind the same kind of text.
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string token = "aW50ZXJhY3Rpb24" + std::to_string(id) + "x";
    random_source secret(mix(seed_, id, 0x746F6BULL));
    while (token.size() < 200) token.push_back(alphabet[secret.below(64)]);
    return token;
}

interaction* interaction_book::find(std::uint64_t id) {
    const auto found = places_.find(id);
    return found == places_.end() ? nullptr : &book_[found->second];
}

interaction* interaction_book::by_token(std::string_view token) {
    constexpr std::size_t lead = 15;
    if (token.size() != 200) return nullptr;
    std::uint64_t id = 0;
    const auto end = std::from_chars(token.data() + lead, token.data() + token.size(), id).ptr;
    if (end == token.data() + lead || token != token_of(id)) return nullptr;
    return find(id);
}

void interaction_book::pass(instant now) {
    while (first_open_ < book_.size()) {
        interaction& first = book_[first_open_];
        if (!first.acknowledged && now - first.issued < deadline) return;
        if (!first.acknowledged && !first.missed) {
            first.missed = true;
            ++missed_;
        }
        ++first_open_;
    }
}

instant interaction_book::next_deadline() const noexcept {
    return first_open_ < book_.size() ? book_[first_open_].issued + deadline : never;
}

json::array interaction_book::report() const {
    json::array list;
    list.reserve(book_.size());
    for (const interaction& one : book_) {
        json::object entry;
        entry["id"] = std::to_string(one.id);
        entry["guild"] = std::to_string(one.guild);
        entry["command"] = one.command;
        entry["type"] = static_cast<int>(one.type);
        entry["issued_ms"] = to_ms(one.issued.time_since_epoch());
        entry["state"] = one.missed ? "missed" : one.answered ? "answered" : "waiting";
        entry["first_answer_ms"] = one.acknowledged ? json::value(to_ms(one.first_answer)) : json::value(nullptr);
        entry["acks"] = one.acks;
        entry["double_acks"] = one.double_acks;
        entry["missed"] = one.missed;
        entry["text"] = one.text;
        json::array texts;
        for (const std::string& text : one.texts) texts.push_back(json::string(text));
        entry["texts"] = std::move(texts);
        list.push_back(std::move(entry));
    }
    return list;
}

}  // namespace shoal::sim
