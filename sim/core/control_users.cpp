// The control commands by which users act on the bot: slash commands, autocomplete, components, modals, direct messages, and who
// may see a channel.

#include <boost/json.hpp>

#include "sim/core/simulator_impl.hpp"

#include <fmt/format.h>

namespace shoal::sim {

namespace json = boost::json;

namespace {
json::object error(std::string sentence) { return {{"error", std::move(sentence)}}; }
}  // namespace

json::object simulator::impl::overwrite(command_reader& read, instant now) {
    const auto channel = read.id("channel");
    const auto whom = read.id("whom");
    const std::uint64_t allow = read.id("allow").value_or(0), deny = read.id("deny").value_or(0);
    read.need(channel.has_value(), "channel");
    read.need(whom.has_value(), "whom");
    const auto guild = where.guild_of_channel(channel.value_or(0));
    if (!guild || where.is_thread(*channel)) read.fail("There is no such channel in a guild of the bot's.");
    if (const std::string& problem = read.finish(); !problem.empty()) return error(problem);
    std::optional<json::object> wanted;
    if ((allow | deny) != 0) {
        const bool person = where.member(*guild, *whom).has_value();
        wanted = {{"type", person ? 1 : 0}, {"allow", std::to_string(allow)}, {"deny", std::to_string(deny)}};
    }
    auto change = where.set_overwrite(*channel, *whom, wanted);
    if (!change) return error("There is no such overwrite.");
    for (world_event& event : change->events) publish(std::move(event), now);
    return {{"ok", true}};
}

std::optional<json::object> simulator::impl::user_command(std::string_view name, command_reader& read, instant now) {
    if (name == "slash") {
        const std::uint64_t guild = read.id("guild").value_or(0);
        const auto which = read.text("command");
        const auto user = read.text("user");
        const json::value* options = read.value("options");
        read.need(which.has_value(), "command");
        if (options != nullptr && !options->is_array()) read.fail("\"options\" must be a list of Discord's option objects.");
        if (guild != 0 && !where.has_guild(guild)) read.fail("The bot is not in this guild.");
        if (const std::string& problem = read.finish(); !problem.empty()) return error(problem);
        const auto id =
            rest.slash(guild, *which, options == nullptr ? json::array{} : options->as_array(), user.value_or("sim"), now);
        if (!id) return error(fmt::format("The command \"{}\" is not registered.", *which));
        return json::object{{"ok", true}, {"interaction", std::to_string(*id)}};
    }
    if (name == "autocomplete") {
        const std::uint64_t guild = read.id("guild").value_or(0);
        const auto which = read.text("command");
        const auto user = read.text("user");
        const json::value* options = read.value("options");
        read.need(which.has_value(), "command");
        read.need(options != nullptr && options->is_array(), "options");
        if (guild != 0 && !where.has_guild(guild)) read.fail("The bot is not in this guild.");
        if (const std::string& problem = read.finish(); !problem.empty()) return error(problem);
        const auto id = rest.autocomplete(guild, *which, options->as_array(), user.value_or("sim"), now);
        if (!id) return error(fmt::format("The command \"{}\" is not registered.", *which));
        return json::object{{"ok", true}, {"interaction", std::to_string(*id)}};
    }
    if (name == "press") {
        const auto message = read.id("message");
        const auto custom_id = read.text("custom_id");
        const auto user = read.text("user");
        const json::value* values = read.value("values");
        read.need(message.has_value(), "message");
        read.need(custom_id.has_value(), "custom_id");
        if (values != nullptr && !values->is_array()) read.fail("\"values\" must be a list of what was picked.");
        if (const std::string& problem = read.finish(); !problem.empty()) return error(problem);
        const auto id =
            rest.press(*message, *custom_id, values == nullptr ? json::array{} : values->as_array(), user.value_or("sim"), now);
        if (!id) return error("There is no such message of the bot, or it has no such component that can be used.");
        return json::object{{"ok", true}, {"interaction", std::to_string(*id)}};
    }
    if (name == "submit_modal") {
        const auto from = read.id("interaction");
        const json::value* texts = read.value("texts");
        read.need(from.has_value(), "interaction");
        if (texts == nullptr || !texts->is_object()) read.fail("\"texts\" must be an object: custom_id of an input, text.");
        if (const std::string& problem = read.finish(); !problem.empty()) return error(problem);
        const auto id = rest.submit_modal(*from, texts->as_object(), now);
        if (!id) return error("This interaction was not answered with a modal.");
        return json::object{{"ok", true}, {"interaction", std::to_string(*id)}};
    }
    if (name == "direct") {
        const auto text = read.text("text");
        const auto user = read.text("user");
        read.need(text && !text->empty(), "text");
        if (const std::string& problem = read.finish(); !problem.empty()) return error(problem);
        const auto sent = rest.direct(user.value_or("sim"), *text, now);
        return json::object{{"ok", true}, {"message", std::to_string(sent.message)}, {"channel", std::to_string(sent.channel)}};
    }
    if (name == "overwrite") return overwrite(read, now);
    if (name == "random_slash") {
        if (const std::string& problem = read.finish(); !problem.empty()) return error(problem);
        const auto id = rest.random_slash(now);
        if (!id) return error("No command is registered, or there is no guild.");
        return json::object{{"ok", true}, {"interaction", std::to_string(*id)}};
    }
    return std::nullopt;
}

}  // namespace shoal::sim
