#include "sim/core/interaction_json.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>

#include "sim/core/json_text.hpp"
#include "sim/core/names.hpp"
#include "sim/core/render.hpp"

namespace shoal::sim {
namespace json = boost::json;
namespace {

const json::object* option_named(const json::object& owner, std::string_view name) {
    const json::value* list = owner.if_contains("options");
    if (list == nullptr || !list->is_array()) return nullptr;
    for (const json::value& option : list->get_array()) {
        if (std::string_view(option.at("name").as_string()) == name) return &option.get_object();
    }
    return nullptr;
}

void fit(const json::object& owner, json::array& options) {
    for (json::value& item : options) {
        if (!item.is_object()) continue;
        json::object& option = item.get_object();
        const json::value* name = option.if_contains("name");
        const json::object* known =
            name != nullptr && name->is_string() ? option_named(owner, std::string_view(name->get_string())) : nullptr;
        if (known == nullptr) continue;
        if (!option.contains("type")) option["type"] = known->at("type");
        if (json::value* nested = option.if_contains("options"); nested != nullptr && nested->is_array())
            fit(*known, nested->get_array());
    }
}

std::optional<double> bound(const json::object& option, const char* key) {
    const json::value* value = option.if_contains(key);
    return value != nullptr && value->is_number() ? std::optional(value->to_number<double>()) : std::nullopt;
}

json::value random_value(rest_state& state, const json::object& option, std::int64_t type, std::uint64_t guild) {
    random_source& random = state.random;
    if (const json::value* choices = option.if_contains("choices");
        choices != nullptr && choices->is_array() && !choices->get_array().empty()) {
        return choices->get_array()[random.below(choices->get_array().size())].at("value");
    }
    const auto member = [&] {
        const std::uint64_t id = guild == 0 ? 0 : state.where.some_member(guild, random.next());
        return std::to_string(id != 0 ? id : state.where.bot_user_id());
    };
    const auto role = [&] { return std::to_string(state.where.some_role(guild, random.next())); };
    switch (type) {
        case option_type::string: {
            const auto least = static_cast<std::size_t>(bound(option, "min_length").value_or(0));
            const auto most = static_cast<std::size_t>(bound(option, "max_length").value_or(6000));
            std::string text =
                prose(random, std::clamp<std::size_t>(1 + random.below(30), std::max<std::size_t>(least, 1), 5900));
            // Cut by characters, never within one.
            while (characters(text) > most) {
                while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0U) == 0x80U) text.pop_back();
                if (!text.empty()) text.pop_back();
            }
            return json::string(text);
        }
        case option_type::integer: {
            const double least = std::max(bound(option, "min_value").value_or(random.chance(0.1) ? -9007199254740991.0 : -1000.0),
                                          -9007199254740991.0);
            const double most =
                std::min(bound(option, "max_value").value_or(std::max(least, random.chance(0.1) ? 9007199254740991.0 : 1000.0)),
                         9007199254740991.0);
            const auto low = static_cast<std::int64_t>(std::ceil(least)), high = static_cast<std::int64_t>(std::floor(most));
            return low +
                   static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(std::max<std::int64_t>(high - low, 0)) + 1));
        }
        case option_type::number: {
            const double least = bound(option, "min_value").value_or(-1000.0),
                         most = bound(option, "max_value").value_or(std::max(least, 1000.0));
            return std::clamp(least + random.unit() * (most - least), least, most);
        }
        case option_type::boolean: return random.chance(0.5);
        case option_type::user: return json::string(member());
        case option_type::channel:
            return json::string(std::to_string(guild == 0 ? 0 : state.where.some_channel(guild, random.next())));
        case option_type::role: return json::string(role());
        case option_type::mentionable: return json::string(guild != 0 && random.chance(0.5) ? role() : member());
        default:
            return json::string(std::to_string(world_birth_ms << snowflake_low_bits | random.below(1U << 22)));  // an attachment
    }
}

void resolve(rest_state& state, std::uint64_t guild, const json::array& options, json::object& out) {
    const auto entry = [&out](const char* kind, std::string_view id, json::value value) {
        json::value& map = out[kind];
        if (!map.is_object()) map = json::object();
        map.get_object()[json::string_view(id.data(), id.size())] = std::move(value);
    };
    for (const json::value& item : options) {
        if (!item.is_object()) continue;
        const json::object& option = item.get_object();
        if (const json::value* nested = option.if_contains("options"); nested != nullptr && nested->is_array()) {
            resolve(state, guild, nested->get_array(), out);
        }
        const json::value* type = option.if_contains("type");
        const json::value* value = option.if_contains("value");
        if (type == nullptr || !type->is_int64() || value == nullptr || !value->is_string()) continue;
        const std::string_view digits = std::string_view(value->get_string());
        const auto id = parse_snowflake(digits);
        if (!id) continue;
        const std::int64_t what = type->get_int64();
        if (what == option_type::user || what == option_type::mentionable) {
            if (const auto user = state.user_text(*id)) {
                entry("users", digits, json::parse(*user));
                if (auto member = state.where.member_part(guild, *id, true)) {
                    json::object partial = json::parse(*member).as_object();
                    partial["permissions"] = std::to_string(state.where.member_permissions(guild, *id));
                    entry("members", digits, std::move(partial));
                }
                continue;
            }
        }
        if (what == option_type::role || what == option_type::mentionable) {
            if (const auto role = state.where.role(guild, *id)) entry("roles", digits, json::parse(*role));
        } else if (what == option_type::channel) {
            if (const auto channel = state.where.channel(*id)) {
                const json::object whole = json::parse(*channel).as_object();
                json::object partial{{"permissions", std::to_string(permission::everyone)}};
                for (const char* key :
                     {"id", "name", "type", "parent_id", "thread_metadata", "last_message_id", "flags", "position", "guild_id"}) {
                    if (const json::value* field = whole.if_contains(key)) partial[key] = *field;
                }
                entry("channels", digits, std::move(partial));
            }
        } else if (what == option_type::attachment) {
            entry("attachments", digits,
                  json::object{{"id", json::string(digits.data(), digits.size())},
                               {"filename", "данные.txt"},
                               {"size", 1234},
                               {"content_type", "text/plain; charset=utf-8"},
                               {"ephemeral", true},
                               {"url", "https://cdn.example.com/ephemeral-attachments/1/x.txt?ex=6a&is=69&hm=00"},
                               {"proxy_url", "https://media.example.com/ephemeral-attachments/1/x.txt"}});
        }
    }
}

}  // namespace

std::optional<json::array> fitted_options(const json::object& command, const std::vector<std::string>& path,
                                          json::array options) {
    const json::object* owner = &command;
    for (const std::string& name : path) {
        owner = option_named(*owner, name);
        if (owner == nullptr) return std::nullopt;
    }
    fit(*owner, options);
    for (std::size_t i = path.size(); i > 0; --i) {
        const std::int64_t type = i == path.size() ? option_type::sub_command : option_type::sub_command_group;
        options = json::array{json::object{{"name", path[i - 1]}, {"type", type}, {"options", std::move(options)}}};
    }
    return options;
}

json::array random_options(rest_state& state, const json::object& owner, std::uint64_t guild) {
    json::array made;
    const json::value* list = owner.if_contains("options");
    if (list == nullptr || !list->is_array() || list->get_array().empty()) return made;
    const json::array& options = list->get_array();
    const std::int64_t first = options[0].at("type").as_int64();
    if (first == option_type::sub_command || first == option_type::sub_command_group) {
        const json::object& chosen = options[state.random.below(options.size())].get_object();
        made.push_back(json::object{
            {"name", chosen.at("name")}, {"type", chosen.at("type")}, {"options", random_options(state, chosen, guild)}});
        return made;
    }
    for (const json::value& item : options) {
        const json::object& option = item.get_object();
        const json::value* required = option.if_contains("required");
        if ((required == nullptr || *required != true) && state.random.chance(0.5)) continue;
        const std::int64_t type = option.at("type").as_int64();
        made.push_back(
            json::object{{"name", option.at("name")}, {"type", type}, {"value", random_value(state, option, type, guild)}});
    }
    return made;
}

json::object resolved_of(rest_state& state, std::uint64_t guild, const json::array& options) {
    json::object out;
    resolve(state, guild, options, out);
    return out;
}

world_event interaction_event(rest_state& state, const interaction& one, json::object data, const json::object* message) {
    random_source own(mix(state.config.seed, one.id));
    const bool in_guild = one.guild != 0;
    const std::string application = std::to_string(state.where.application_id());
    json_text out;
    out.open('{')
        .field("version", 1)
        .field("type", static_cast<int>(one.type))
        .field("token", state.interactions.token_of(one.id));
    const std::string user = *state.user_text(one.user);
    if (in_guild) {
        std::string member = state.where.member(one.guild, one.user).value_or("");
        if (member.empty()) member = state.where.named_member(one.guild, one.user_name);
        // A guild that the bot is not in: the user installed it, and the member is all that is told.
        if (member == "{}")
            member = R"({"roles":[],"joined_at":"2020-01-01T00:00:00.000000+00:00","flags":0,"deaf":false,"mute":false})";
        json::object whole = json::parse(member).as_object();
        whole["user"] = json::parse(user);
        const std::uint64_t permissions = state.where.member_permissions(one.guild, one.user);
        whole["permissions"] = std::to_string(permissions != 0 ? permissions : permission::everyone);
        out.raw("member", json::serialize(whole));
        out.field("guild_locale", "en-US").id("guild_id", one.guild);
        out.key("guild").open('{').field("locale", "en-US").id("id", one.guild).key("features").open('[').close(']').close('}');
    } else {
        out.raw("user", user);
    }
    out.field("locale", locale(own)).id("id", one.id).key("entitlements").open('[').close(']');
    out.key("entitlement_sku_ids").open('[').close(']').raw("data", json::serialize(data)).field("context", in_guild ? 0 : 1);
    if (message != nullptr) out.raw("message", json::serialize(*message));
    out.id("channel_id", one.channel);
    const auto channel = in_guild ? state.where.channel(one.channel) : std::nullopt;
    if (channel) {
        out.raw("channel", overlaid(*channel, {{"permissions", std::to_string(permission::everyone)}}));
    } else {
        out.key("channel").open('{').field("type", in_guild ? 0 : 1).id("id", one.channel).field("flags", 0).close('}');
    }
    out.key("authorizing_integration_owners").open('{');
    if (one.user_install_only) {
        out.id("1", one.user);
    } else {
        out.id("0", one.guild);  // "0" in the bot's DM
    }
    out.close('}').field("attachment_size_limit", 10485760).field("application_id", application);
    out.id("app_permissions",
           in_guild ? std::max<std::uint64_t>(state.where.bot_permissions(one.guild), 1) : permission::everyone);
    out.close('}');
    std::string text = out.take();
    if (state.config.world.vary_json) text = vary(text, state.random);
    return {.name = "INTERACTION_CREATE",
            .guild = one.guild,
            .intents = 0,
            .data = std::make_shared<const std::string>(std::move(text)),
            .data_without_content = {}};
}

}  // namespace shoal::sim
