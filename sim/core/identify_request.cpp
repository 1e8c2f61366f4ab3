#include "sim/core/identify_request.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <string_view>

namespace shoal::sim {

namespace json = boost::json;

std::optional<std::uint64_t> read_whole(const json::value* value) noexcept {
    if (value == nullptr) return std::nullopt;
    if (const auto* number = value->if_int64()) {
        if (*number < 0) return std::nullopt;
        return static_cast<std::uint64_t>(*number);
    }
    if (const auto* number = value->if_uint64()) return *number;
    return std::nullopt;
}

std::optional<std::string> read_presence(const json::value* d) {
    const json::object* object = d == nullptr ? nullptr : d->if_object();
    if (object == nullptr) return std::nullopt;
    const json::value* status = object->if_contains("status");
    if (status == nullptr || !status->is_string()) return std::nullopt;
    if (const auto* activities = object->if_contains("activities"); activities != nullptr && !activities->is_array()) {
        return std::nullopt;
    }
    constexpr std::array<std::string_view, 5> known{"online", "dnd", "idle", "invisible", "offline"};
    const std::string_view text = status->as_string();
    if (std::ranges::find(known, text) == known.end()) return std::nullopt;
    return std::string(text);
}

std::optional<identify_request> read_identify(const json::value* d) {
    const json::object* object = d == nullptr ? nullptr : d->if_object();
    if (object == nullptr) return std::nullopt;
    identify_request out;

    const json::value* token = object->if_contains("token");
    const json::value* properties = object->if_contains("properties");
    const json::value* intents = object->if_contains("intents");
    if (token == nullptr || !token->is_string() || intents == nullptr) return std::nullopt;
    if (properties == nullptr || !properties->is_object()) return std::nullopt;
    out.token = std::string(token->as_string());
    out.intents = read_whole(intents);

    if (const json::value* shard = object->if_contains("shard"); shard != nullptr && !shard->is_null()) {
        const json::array* pair = shard->if_array();
        if (pair == nullptr) return std::nullopt;
        out.shard_given = true;
        out.shard_valid = false;
        if (pair->size() == 2) {
            const auto id = read_whole(&(*pair)[0]);
            const auto total = read_whole(&(*pair)[1]);
            if (id && total && *id < *total && *total <= 1'000'000) {
                out.shard = static_cast<std::uint32_t>(*id);
                out.total = static_cast<std::uint32_t>(*total);
                out.shard_valid = true;
            }
        }
    }
    if (const json::value* compress = object->if_contains("compress"); compress != nullptr) {
        if (!compress->is_bool()) return std::nullopt;
        out.compress = compress->as_bool();
    }
    if (const json::value* threshold = object->if_contains("large_threshold"); threshold != nullptr) {
        const auto number = read_whole(threshold);
        if (!number) return std::nullopt;
        out.large_threshold = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(*number, 50, 250));
    }
    if (const json::value* presence = object->if_contains("presence"); presence != nullptr && !presence->is_null()) {
        const auto status = read_presence(presence);
        if (!status) return std::nullopt;
        out.status = *status;
    }
    return out;
}

std::optional<resume_request> read_resume(const json::value* d) {
    const json::object* object = d == nullptr ? nullptr : d->if_object();
    if (object == nullptr) return std::nullopt;
    const json::value* token = object->if_contains("token");
    const json::value* id = object->if_contains("session_id");
    const auto seq = read_whole(object->if_contains("seq"));
    if (token == nullptr || !token->is_string() || id == nullptr || !id->is_string() || !seq) return std::nullopt;
    return resume_request{std::string(token->as_string()), std::string(id->as_string()), *seq};
}

}  // namespace shoal::sim
