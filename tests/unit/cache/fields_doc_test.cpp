// docs/cache.md lists what each preset keeps; it is written from the table of fields, and this holds it to that.
// SHOAL_WRITE_DOCS=1 writes it anew.

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "cache/layouts.hpp"

using namespace shoal;

namespace {

constexpr std::string_view begin = "<!-- fields: written by test_cache -->\n";
constexpr std::string_view end = "<!-- end of fields -->\n";

template <class T>
std::string row(std::string_view kept_by) {
    std::string at[3];
    cache::for_each_field<T>([&](const auto& f, auto) {
        if (f.key.empty()) return;
        auto& list = at[static_cast<int>(f.from)];
        list += (list.empty() ? "`" : ", `") + std::string(f.key) + "`";
    });
    return "| " + std::string(cache::layout<T>::name) + " | " + std::string(kept_by) + " | " + at[0] + " | " + at[1] + " | " +
           at[2] + " |\n";
}

std::string table() {
    std::string out =
        "| what | with preset | fields in every preset that keeps it | from `standard` on | with `everything` "
        "|\n|--|--|--|--|--|\n";
    out += row<cached_guild_fields>("guilds");
    out += row<cached_channel>("guilds");
    out += row<cached_role>("guilds");
    out += row<cached_member>("guilds: the bot alone; standard");
    out += row<cached_user>("guilds: the bot alone; standard");
    out += row<cached_thread>("standard");
    out += row<cached_emoji>("standard");
    out += row<cached_sticker>("standard");
    out += row<cached_voice_state>("standard");
    out += row<cached_presence>("everything");
    out += row<cached_stage>("everything");
    out += row<cached_scheduled_event>("everything");
    out += row<cached_sound>("everything");
    return out;
}

}  // namespace

TEST_CASE("docs/cache.md lists the fields that are kept") {
    const std::string path = std::string(SHOAL_SOURCE_ROOT) + "/docs/cache.md";
    std::stringstream read;
    read << std::ifstream(path).rdbuf();
    const auto text = read.str();
    const auto from = text.find(begin);
    const auto to = text.find(end);
    REQUIRE(from != std::string::npos);
    REQUIRE(to != std::string::npos);
    const auto wanted = text.substr(0, from + begin.size()) + table() + text.substr(to);
    if (std::getenv("SHOAL_WRITE_DOCS") != nullptr) {
        std::ofstream(path) << wanted;
    } else {
        CHECK(text == wanted);
    }
}
