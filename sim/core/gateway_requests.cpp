// What a client asks over the gateway after READY: op 3, 4, 8, 31, 43 [#32, #33], and the faults in op 8's chunks (F38).

#include <boost/json.hpp>
#include <charconv>
#include <utility>

#include "sim/core/gateway.hpp"
#include "sim/core/member_chunks.hpp"
#include "sim/core/protocol.hpp"

#include <fmt/format.h>

namespace shoal::sim {

namespace json = boost::json;

namespace {

std::optional<std::uint64_t> read_id(const json::object& from, std::string_view key) {
    const json::value* value = from.if_contains(key);
    if (value == nullptr || !value->is_string()) return std::nullopt;
    const std::string_view digits = value->as_string();
    std::uint64_t id = 0;
    const auto [end, bad] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
    if (bad != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return id;
}

bool read_bool(const json::object& from, std::string_view key) {
    const json::value* value = from.if_contains(key);
    return value != nullptr && value->is_bool() && value->as_bool();
}

}  // namespace

bool gateway::sees(const session& s, std::uint64_t guild) const noexcept {
    return s.bot == 0 && shard_of(guild, s.total) == s.shard && world_.has_guild(guild) && !away_.contains(guild);
}

void gateway::later_dispatch(session& s, std::string_view name, std::string data, duration after, instant now) {
    ++pending_jobs_;
    agenda_.at(now + after, [this, &s, what = sessions_.intern(name),
                             text = std::make_shared<const std::string>(std::move(data))](instant later) {
        --pending_jobs_;
        dispatch(s, what, text, later);
    });
}

void gateway::presence(connection& c, const json::value* d, instant now) {
    const auto status = read_presence(d);
    if (!status) return close(c, close_code::unknown_opcode, "The payload of op 3 makes no sense.", now);
    if (!c.presences.admit(now)) {
        ++count_.presences_ignored;
        return;
    }
    if (c.of != nullptr) c.of->presence = *status;
}

void gateway::voice_state(connection& c, const json::value* d, instant now) {
    const json::object* object = d == nullptr ? nullptr : d->if_object();
    const auto guild = object == nullptr ? std::nullopt : read_id(*object, "guild_id");
    const json::value* channel_value = object == nullptr ? nullptr : object->if_contains("channel_id");
    const auto channel = object == nullptr ? std::nullopt : read_id(*object, "channel_id");
    if (!guild || channel_value == nullptr || (!channel && !channel_value->is_null())) {
        return close(c, close_code::unknown_opcode, "The payload of op 4 makes no sense.", now);
    }
    session& s = *c.of;
    if (!sees(s, *guild)) return;
    const std::string where = channel ? fmt::format(R"("{}")", *channel) : "null";
    const std::string state = fmt::format(
        R"({{"guild_id":"{0}","channel_id":{1},"user_id":"{2}","session_id":"{3:016x}{4:016x}","deaf":false,"mute":false,)"
        R"("self_deaf":{5},"self_mute":{6},"self_video":false,"suppress":false,"request_to_speak_timestamp":null}})",
        *guild, where, world_.bot_user_id(), *guild, channel.value_or(0), read_bool(*object, "self_deaf"),
        read_bool(*object, "self_mute"));
    const duration lead = 5ms;
    const bool state_first = chance_.chance(0.5);
    agenda_.at(now + (state_first ? duration{} : lead), [this, guild = *guild, state](instant later) {
        publish({"VOICE_STATE_UPDATE", guild, intent::guild_voice_states, std::make_shared<const std::string>(state), nullptr},
                later);
    });
    if (!channel) return;
    later_dispatch(s, "VOICE_SERVER_UPDATE",
                   fmt::format(R"({{"token":"sim-voice-{0:x}","guild_id":"{0}","endpoint":"voice-1.sim:443"}})", *guild),
                   state_first ? lead : duration{}, now);
}

void gateway::members(connection& c, const json::value* d, instant now) {
    const auto request = read_members_request(d);
    if (!request) return close(c, close_code::unknown_opcode, "The payload of op 8 makes no sense.", now);
    ++count_.member_requests;
    session& s = *c.of;
    if (!sees(s, request->guild)) return;
    const auto how = faults_.strike(38, subject(c), now, chance_);
    const json::value* how_value = how ? how->if_contains("how") : nullptr;
    const std::string_view trick =
        !how ? std::string_view()
             : (how_value != nullptr && how_value->is_string() ? std::string_view(how_value->as_string()) : "reorder");

    const auto limited = [&](double retry_after) {
        ++count_.member_requests_limited;
        const std::string nonce =
            request->nonce.empty() ? std::string() : ",\"nonce\":" + json::serialize(json::value(json::string(request->nonce)));
        dispatch(s, "RATE_LIMITED",
                 std::make_shared<const std::string>(fmt::format(
                     R"({{"opcode":8,"retry_after":{:.3f},"meta":{{"guild_id":"{}"{}}}}})", retry_after, request->guild, nonce)),
                 now);
    };
    if (trick == "rate_limited") {
        return limited(static_cast<double>(read_whole(how->if_contains("retry_after")).value_or(3600)));
    }
    if (request->whole_list()) {
        if ((s.intents & intent::guild_members) == 0) return;
        auto [last, first_time] = full_lists_.try_emplace({s.bot, request->guild}, now);
        if (!first_time) {
            const instant free = last->second + config_.full_member_list_limit;
            if (now < free) return limited(std::chrono::duration<double>(free - now).count());
            last->second = now;
        }
    }
    std::vector<std::string> found;
    std::vector<std::uint64_t> missing;
    if (request->by_ids) {
        for (const std::uint64_t id : request->ids) {
            if (auto one = world_.member(request->guild, id)) {
                found.push_back(std::move(*one));
            } else {
                missing.push_back(id);
            }
        }
    } else {
        found = world_.members(request->guild, request->query, request->limit);
    }
    const bool presences = request->presences && (s.intents & intent::guild_presences) != 0;
    const std::string nonce = trick == "wrong_nonce" ? "sim-other-nonce" : request->nonce;
    auto chunks = make_chunks(*request, found, missing, presences, nonce, config_.members_per_chunk);
    if (trick == "missing") chunks.erase(chunks.begin() + static_cast<std::ptrdiff_t>(chance_.below(chunks.size())));
    if (trick == "duplicate") chunks.push_back(chunks[chance_.below(chunks.size())]);
    if (trick == "reorder") std::ranges::reverse(chunks);
    if (trick == "interleave") {
        // The chunks of a request with another nonce come in between.
        const auto others = make_chunks(*request, found, missing, presences, "sim-other-nonce", config_.members_per_chunk);
        std::vector<std::string> both;
        for (std::size_t i = 0; i < chunks.size(); ++i) {
            both.push_back(others[i]);
            both.push_back(std::move(chunks[i]));
        }
        chunks = std::move(both);
    }
    duration after{};
    for (auto& chunk : chunks) {
        later_dispatch(s, "GUILD_MEMBERS_CHUNK", std::move(chunk), after, now);
        after += config_.members_chunk_pace;
    }
}

void gateway::sounds(connection& c, const json::value* d, instant now) {
    const json::object* object = d == nullptr ? nullptr : d->if_object();
    const json::value* ids = object == nullptr ? nullptr : object->if_contains("guild_ids");
    if (ids == nullptr || !ids->is_array()) {
        return close(c, close_code::unknown_opcode, "The payload of op 31 makes no sense.", now);
    }
    session& s = *c.of;
    for (const json::value& one : ids->as_array()) {
        const auto guild = read_id(json::object{{"id", one}}, "id");
        if (!guild || !sees(s, *guild)) continue;
        json::error_code bad;
        json::value create = json::parse(*world_.guild_create(*guild, {s.intents, s.large_threshold}), bad);
        const json::value* list = !bad && create.is_object() ? create.as_object().if_contains("soundboard_sounds") : nullptr;
        later_dispatch(
            s, "SOUNDBOARD_SOUNDS",
            fmt::format(R"({{"guild_id":"{}","soundboard_sounds":{}}})", *guild, list == nullptr ? "[]" : json::serialize(*list)),
            {}, now);
    }
}

void gateway::channel_info(connection& c, const json::value* d, instant now) {
    const json::object* object = d == nullptr ? nullptr : d->if_object();
    const auto guild = object == nullptr ? std::nullopt : read_id(*object, "guild_id");
    const json::value* fields = object == nullptr ? nullptr : object->if_contains("fields");
    if (!guild || fields == nullptr || !fields->is_array()) {
        return close(c, close_code::unknown_opcode, "The payload of op 43 makes no sense.", now);
    }
    session& s = *c.of;
    if (!sees(s, *guild)) return;
    bool status = false, start_time = false;
    for (const json::value& field : fields->as_array()) {
        status = status || field == "status";
        start_time = start_time || field == "voice_start_time";
    }
    std::string list;
    for (const std::uint64_t channel : world_.channel_ids(*guild, 2)) {
        list += fmt::format(R"({}{{"id":"{}")", list.empty() ? "" : ",", channel);
        if (status) list += R"(,"status":"Talking")";
        if (start_time) list += fmt::format(R"(,"voice_start_time":{})", (channel >> 22) / 1000 + 1420070400);
        list += '}';
    }
    later_dispatch(s, "CHANNEL_INFO", fmt::format(R"({{"guild_id":"{}","channels":[{}]}})", *guild, list), {}, now);
}

}  // namespace shoal::sim
