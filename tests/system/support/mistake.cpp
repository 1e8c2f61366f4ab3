#include "system/support/mistake.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace shoal::system_test {

namespace {
std::string last_line(std::string text) {
    while (!text.empty() && text.back() == '\n') text.pop_back();
    const auto at = text.rfind('\n');
    return at == std::string::npos ? text : text.substr(at + 1);
}

std::size_t lines_that_begin_with(const std::string& text, const std::string& begin) {
    std::size_t count = text.starts_with(begin) ? 1 : 0;
    for (auto at = text.find("\n" + begin); at != std::string::npos; at = text.find("\n" + begin, at + 1)) ++count;
    return count;
}

std::vector<std::string> command_of(std::string_view program, std::vector<std::string> more) {
    std::vector<std::string> command{program_path(program)};
    command.insert(command.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    return command;
}
}  // namespace

outcome run(const std::vector<std::string>& command, const std::map<std::string, std::string>& environment) {
    process program(command, environment);
    const auto ended = program.wait(60s);
    return {ended ? ended->code : -1, program.err(), program.out()};
}

void expect(const outcome& got, int code, std::string_view words, std::string_view program) {
    CAPTURE(got.said);
    CHECK(got.code == code);
    const auto begin = fmt::format("{}: ", program);
    const auto line = last_line(got.said);
    CHECK(line.starts_with(begin));
    CHECK(lines_that_begin_with(got.said, begin) == 1);
    CHECK_MESSAGE(line.find(words) != std::string::npos, std::string(words));
    CHECK_MESSAGE((line.ends_with('.') || line.ends_with('?')), "it is a sentence");
    for (const auto* trace : {"terminate called", "what():", "Segmentation", "Aborted", "core dumped", " at 0x", "#0 "}) {
        CHECK_MESSAGE(got.said.find(trace) == std::string::npos, trace);
    }
    const auto secret_part = bot_token.substr(bot_token.rfind('.') + 1);
    CHECK(got.said.find(secret_part) == std::string::npos);
    CHECK(got.out.find(secret_part) == std::string::npos);
}

std::vector<std::string> demo_bot(std::vector<std::string> more) { return command_of("shoal-demo-bot", std::move(more)); }
std::vector<std::string> simulator(std::vector<std::string> more) { return command_of("shoal-sim", std::move(more)); }

}  // namespace shoal::system_test
