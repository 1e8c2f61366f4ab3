// shoal-sim ctl: one command to a running simulator.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <memory>
#include <optional>

#include "apps/shoal-sim/commands.hpp"

namespace shoal_sim {
namespace {

namespace json = boost::json;

/// What the word behind a verb means: `fault F11`, `slash ping`, `join_guild large`.
std::string_view main_parameter(std::string_view verb) {
    if (verb == "fault") return "fault";
    if (verb == "slash") return "command";
    if (verb == "traffic") return "rate";
    if (verb == "join_guild") return "class";
    if (verb == "leave_guild" || verb == "outage") return "guild";
    if (verb == "send_raw") return "event";
    return {};
}

/// 3, 2.5, true, {"a":1}, [1,2] as JSON; anything else is a word. Ids stay words where they do not fit.
json::value value_of(const std::string& text) {
    boost::system::error_code bad;
    auto value = json::parse(text, bad);
    return bad ? json::value(text) : value;
}

/// `fault F11 --shard 3 --all` -> {"do":"fault","fault":"F11","shard":3,"all":true}
std::optional<json::object> read_words(const std::vector<std::string>& words, std::string& problem) {
    if (words.front().starts_with('{')) {
        boost::system::error_code bad;
        auto value = json::parse(words.front(), bad);
        if (!bad && value.is_object() && words.size() == 1) return value.as_object();
        problem = "the command is not one JSON object.";
        return std::nullopt;
    }
    json::object command{{"do", words.front()}};
    for (std::size_t i = 1; i < words.size(); ++i) {
        const auto& word = words[i];
        if (!word.starts_with("--")) {
            const auto key = main_parameter(words.front());
            if (key.empty() || command.contains(key)) {
                problem = fmt::format("'{}' takes no further word '{}'; write --name value.", words.front(), word);
                return std::nullopt;
            }
            command[key] = value_of(word);
            continue;
        }
        auto key = word.substr(2);
        std::string value = "true";
        if (const auto equals = key.find('='); equals != std::string::npos) {
            value = key.substr(equals + 1);
            key.resize(equals);
        } else if (i + 1 < words.size() && !words[i + 1].starts_with("--")) {
            value = words[++i];
        }
        for (auto& c : key) c = c == '-' ? '_' : c;
        command[key] = value_of(value);
    }
    return command;
}

struct ctl_call {
    std::string control;
    std::vector<std::string> words;

    int run() const {
        const auto base = control_url(control);
        std::string method = "POST";
        std::string path = "/control";
        std::string body;
        if (words.front() == "oracle" || words.front() == "stop" || words.front() == "server") {
            if (words.size() > 1) return mistake(fmt::format("'{}' takes nothing further.", words.front()));
            if (words.front() != "stop") method = "GET";
            path = words.front() == "server" ? "/status" : "/" + words.front();
        } else {
            std::string problem;
            const auto command = read_words(words, problem);
            if (!command) return mistake(problem);
            body = json::serialize(*command);
        }
        const auto got = http_call(method, base + path, body);
        if (!got) return unanswered(base, got.error());
        fmt::print("{}", got->body);
        if (got->status == 200) return exit_fine;
        // The answer is on stdout for programs; this is for people.
        json::error_code bad;
        const auto answer = json::parse(got->body, bad);
        const auto* const why = bad || !answer.is_object() ? nullptr : answer.as_object().if_contains("error");
        return mistake(why != nullptr && why->is_string()
                           ? std::string(why->as_string())
                           : fmt::format("{} answered {}; is that a control address?", base, got->status),
                       shoal::config::exit_code::failed);
    }
};

}  // namespace

runner add_ctl(CLI::App& app) {
    auto call = std::make_shared<ctl_call>();
    if (const char* set = std::getenv("SHOAL_SIM_CONTROL"); set != nullptr) call->control = set;
    auto* const control = app.add_option("--control", call->control, "The control address (SHOAL_SIM_CONTROL)");
    if (call->control.empty()) control->required();
    app.prefix_command();  // what follows the verb is the command's own
    app.footer(
        "shoal-sim ctl --control 127.0.0.1:9000 fault F11 --shard 3\n"
        "shoal-sim ctl --control 127.0.0.1:9000 traffic --rate 50 --slash-rate 2\n"
        "shoal-sim ctl --control 127.0.0.1:9000 '{\"do\":\"slash\",\"command\":\"ping\",\"guild\":0}'\n"
        "oracle, server and stop are the port's own; all others, and what they take, are in sim/core/README.md.");
    return [call, &app] {
        call->words = app.remaining();
        if (call->words.empty()) return mistake("ctl needs a command, for instance: fault F11 --shard 3.");
        return call->run();
    };
}

}  // namespace shoal_sim
