#include "sim/core/member_chunks.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include "sim/core/identify_request.hpp"
#include "sim/core/protocol.hpp"

#include <fmt/format.h>

namespace shoal::sim {

namespace json = boost::json;

namespace {

/// An id as a string of digits; anything else is malformed and stands for the number it starts with.
void take_id(const json::value& value, members_request& out) {
    if (const auto number = read_whole(&value)) {
        out.malformed.push_back(*number);
        return;
    }
    if (!value.is_string()) return out.malformed.push_back(0);
    const std::string_view text = value.as_string();
    std::uint64_t id = 0;
    const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (bad == std::errc{} && end == text.data() + text.size() && text.size() >= 15) {
        out.ids.push_back(id);
    } else {
        out.malformed.push_back(bad == std::errc{} ? id : 0);
    }
}

/// The presence of a member, made from nothing but its user's id: about one in three is online.
std::string presence_of(std::string_view member) {
    json::error_code bad;
    const json::value parsed = json::parse(member, bad);
    const json::object* object = bad ? nullptr : parsed.if_object();
    const json::value* user = object == nullptr ? nullptr : object->if_contains("user");
    const json::value* id = user != nullptr && user->is_object() ? user->as_object().if_contains("id") : nullptr;
    if (id == nullptr || !id->is_string()) return {};
    const std::string_view digits = id->as_string();
    std::uint64_t number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if ((number >> 22) % 3 != 0) return {};
    return fmt::format(R"({{"user":{{"id":"{}"}},"status":"online","activities":[],"client_status":{{"desktop":"online"}}}})",
                       digits);
}

}  // namespace

std::optional<members_request> read_members_request(const json::value* d) {
    const json::object* object = d == nullptr ? nullptr : d->if_object();
    if (object == nullptr) return std::nullopt;
    members_request out;
    const json::value* guild = object->if_contains("guild_id");
    if (guild == nullptr || !guild->is_string()) return std::nullopt;
    const std::string_view digits = guild->as_string();
    const auto [end, bad] = std::from_chars(digits.data(), digits.data() + digits.size(), out.guild);
    if (bad != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;

    if (const json::value* ids = object->if_contains("user_ids"); ids != nullptr && !ids->is_null()) {
        out.by_ids = true;
        if (const auto* list = ids->if_array()) {
            for (const json::value& one : *list) {
                if (out.ids.size() + out.malformed.size() == limits::members_per_query) break;
                take_id(one, out);
            }
        } else {
            take_id(*ids, out);
        }
    } else {
        const json::value* query = object->if_contains("query");
        const auto limit = read_whole(object->if_contains("limit"));
        if (query == nullptr || !query->is_string() || !limit) return std::nullopt;
        out.query = std::string(query->as_string());
        out.limit = static_cast<std::uint32_t>(std::min<std::uint64_t>(*limit, limits::members_per_query));
        // Only the empty query may ask for all.
        if (out.limit == 0 && !out.query.empty()) out.limit = limits::members_per_query;
    }
    if (const json::value* presences = object->if_contains("presences"))
        out.presences = presences->is_bool() && presences->as_bool();
    if (const json::value* nonce = object->if_contains("nonce"); nonce != nullptr && nonce->is_string()) {
        if (nonce->as_string().size() <= limits::nonce_bytes) out.nonce = std::string(nonce->as_string());
    }
    return out;
}

std::vector<std::string> make_chunks(const members_request& request, const std::vector<std::string>& members,
                                     const std::vector<std::uint64_t>& not_found, bool with_presences, std::string_view nonce,
                                     std::uint64_t members_per_chunk) {
    const std::size_t count = std::max<std::size_t>(1, (members.size() + members_per_chunk - 1) / members_per_chunk);
    std::vector<std::string> chunks;
    chunks.reserve(count);
    for (std::size_t index = 0; index < count; ++index) {
        const std::size_t from = index * members_per_chunk;
        const std::size_t to = std::min(members.size(), from + members_per_chunk);
        std::string list, presences;
        for (std::size_t i = from; i < to; ++i) {
            if (i != from) list += ',';
            list += members[i];
            if (!with_presences) continue;
            const std::string one = presence_of(members[i]);
            if (!one.empty()) presences += presences.empty() ? one : "," + one;
        }
        std::string chunk = fmt::format(R"({{"guild_id":"{}","members":[{}],"chunk_index":{},"chunk_count":{})", request.guild,
                                        list, index, count);
        if (index == 0 && (!not_found.empty() || !request.malformed.empty())) {
            std::string missing;
            for (const std::uint64_t id : not_found) missing += fmt::format(R"({}"{}")", missing.empty() ? "" : ",", id);
            for (const std::uint64_t id : request.malformed) missing += fmt::format("{}{}", missing.empty() ? "" : ",", id);
            chunk += fmt::format(R"(,"not_found":[{}])", missing);
        }
        if (with_presences) chunk += fmt::format(R"(,"presences":[{}])", presences);
        if (!nonce.empty()) chunk += ",\"nonce\":" + json::serialize(json::value(json::string(nonce)));
        chunk += '}';
        chunks.push_back(std::move(chunk));
    }
    return chunks;
}

}  // namespace shoal::sim
