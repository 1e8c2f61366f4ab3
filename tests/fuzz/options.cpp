// Settings from file, flags and environment, whatever they hold: one sentence or values, and never a word of a token that strayed
// among them. The byte 1 in an input stands for such a token.

#include <algorithm>
#include <string>

#include "bytes.hpp"
#include "config/bot_options.hpp"

using namespace shoal;
using namespace shoal::config;

namespace {

constexpr std::string_view token = "MTE5ODYyMjQ4MzQ3MTkyNTI0OA.Gx7FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs0yT5dUqLp82";
constexpr std::size_t part = 12;  // So much of its last part in a sentence is a leak.

bool leaks(std::string_view text) {
    const auto secret_part = token.substr(token.rfind('.') + 1);
    for (std::size_t at = 0; at + part <= secret_part.size(); ++at) {
        if (text.find(secret_part.substr(at, part)) != std::string_view::npos) return true;
    }
    return false;
}

std::string with_token(std::string_view text) {
    std::string out;
    for (const char c : text) c == '\x01' ? out.append(token) : out.append(1, c);
    return out;
}

void check_problem(const startup_problem& problem) {
    SHOAL_ASSERT(problem.code != exit_code::fine && !problem.sentence.empty());
    SHOAL_ASSERT(!leaks(problem.sentence));
}

void file(std::string_view text) {
    option_reading reading;
    if (const auto done = read_file_text(bot_option_table(), "bot.toml", text, reading); !done) check_problem(done.error());
}

/// A line "NAME=value" is an environment variable, any other an argument.
void command_line(std::string_view text) {
    option_sources sources;
    fuzz::by_line(text, 16, [&](std::string_view line) {
        const auto equals = line.find('=');
        if (equals == std::string_view::npos || line.starts_with('-')) {
            // A program cannot be given such an argument; and the paths of files are not the fuzzer's to choose.
            if (line.find('\0') == std::string_view::npos && line.find("file") == std::string_view::npos &&
                line.find("config") == std::string_view::npos)
                sources.arguments.emplace_back(line);
        } else if (line.find("FILE") == std::string_view::npos && line.find("CONFIG") == std::string_view::npos) {
            sources.environment.emplace_back(line.substr(0, equals), line.substr(equals + 1));
        }
    });
    const auto start = read_bot_settings(sources, "bot");
    if (!start) return check_problem(start.error());
    for (const auto& warning : start->warnings) SHOAL_ASSERT(!leaks(warning));
    if (start->print.empty())
        SHOAL_ASSERT(!start->settings.token.empty() && start->settings.api_base.find("://") != std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input in(data, size);
    const bool is_file = (in.choice() & 1) == 0;
    if (leaks(in.rest())) return 0;  // A piece of the token that nobody could tell from a word.
    const auto text = with_token(in.rest());
    is_file ? file(text) : command_line(text);
    return 0;
}
