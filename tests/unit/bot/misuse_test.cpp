// What the compiler says to handlers that would dangle or race: each of these must not compile, with a sentence that tells why.
#include <doctest/doctest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace {

struct outcome {
    bool compiles = false;
    std::string said;
};

/// The compiler, told where the headers are. They are read by it once for all lines where it can keep what it read, as clang can.
const std::string& compiler() {
    struct kept {
        kept() {
            const char* chosen = std::getenv("CXX");
            const auto include = (std::filesystem::path(SHOAL_SOURCE_ROOT) / "include").string();
            command = std::string(chosen != nullptr ? chosen : "clang++-19") + " -std=c++23 -I'" + include + "'";
            folder = (std::filesystem::temp_directory_path() / "shoal-misuse-XXXXXX").string();
            if (::mkdtemp(folder.data()) == nullptr) return;
            const auto precompiled = folder + "/shoal.pch";
            const auto making = command + " -x c++-header '" + include + "/shoal/shoal.hpp' -o '" + precompiled + "' 2>/dev/null";
            const auto trying = command + " -include-pch '" + precompiled + "' -fsyntax-only -x c++ /dev/null 2>/dev/null";
            if (std::system(making.c_str()) == 0 && std::system(trying.c_str()) == 0)
                command += " -include-pch '" + precompiled + "'";
        }
        ~kept() {
            std::error_code ignored;
            std::filesystem::remove_all(folder, ignored);
        }
        std::string command, folder;
    };
    static const kept one;
    return one.command;
}

/// Runs the compiler over a bot whose main has this line.
outcome compile(const std::string& line) {
    auto source = std::filesystem::temp_directory_path() / "shoal-misuse-XXXXXX.cpp";
    auto name = source.string();
    const int descriptor = ::mkstemps(name.data(), 4);
    REQUIRE(descriptor >= 0);
    std::ofstream(name) << "#include <shoal/shoal.hpp>\nint main() { shoal::bot bot; " << line << " }\n";
    const auto command = compiler() + " -fsyntax-only '" + name + "' 2>&1";
    outcome out;
    auto* pipe = ::popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::array<char, 4096> chunk{};
    while (std::fgets(chunk.data(), static_cast<int>(chunk.size()), pipe) != nullptr) out.said += chunk.data();
    out.compiles = ::pclose(pipe) == 0;
    ::close(descriptor);
    std::filesystem::remove(name);
    return out;
}

void check_refused(const std::string& line, const std::string& reason) {
    CAPTURE(line);
    const auto got = compile(line);
    CAPTURE(got.said);
    CHECK_FALSE(got.compiles);
    CHECK(got.said.find(reason) != std::string::npos);
}

}  // namespace

TEST_CASE("a handler as it should be compiles") {
    const auto got = compile("bot.on([](shoal::message_create) -> shoal::task<> { co_return; });");
    CAPTURE(got.said);
    CHECK(got.compiles);
}

TEST_CASE("handlers of components, modals and typed options that take something else are refused with the reason") {
    check_refused(R"(bot.on_component("a", [](shoal::message_create) {});)", "take a handler of shoal::context");
    check_refused(R"(bot.on_modal("a", [](shoal::context, int) {});)", "this handler takes one parameter");
    check_refused(R"(bot.autocomplete("a", "b", [](shoal::context) {});)", "autocomplete() one of shoal::completion");
    check_refused("bot.on([](shoal::completion) {});", "none of the events");
}

TEST_CASE("a coroutine that takes its event or its context by reference is refused with the reason") {
    check_refused("bot.on([](const shoal::message_create&) -> shoal::task<> { co_return; });",
                  "takes events, contexts and options by value");
    check_refused(R"(bot.command("a", "b", [](const shoal::context&) -> shoal::task<> { co_return; });)",
                  "takes events, contexts and options by value");
}

TEST_CASE("a mutable lambda, an unnamed type and a parameter that is no event are refused with the reason") {
    check_refused("int n = 0; bot.on([n](shoal::message_create) mutable { ++n; });", "runs on several threads at once");
    check_refused("bot.on([](auto event) { (void)event; });", "names its parameters' types");
    check_refused("bot.on([](int) {});", "none of the events of <shoal/events.hpp>");
}

TEST_CASE("a command's parameter that is no option, or of a type that Discord has not, is refused with the reason") {
    check_refused(R"(bot.command("a", "b", [](shoal::context, int) {});)", "what follows a command's context are its options");
    check_refused(R"(bot.command("a", "b", [](shoal::context, shoal::opt<"x", "y", float>) {});)", "an option is a std::string");
}

TEST_CASE("a call that is neither awaited nor forgotten is pointed at") {
    const auto got = compile("bot.channel(shoal::channel_id(1)).send(\"x\");");
    CHECK(got.said.find("nodiscard") != std::string::npos);
}
