#include <doctest/doctest.h>

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "discord/close_codes.hpp"

using namespace shoal::discord;

TEST_CASE("every close code of the fact sheet has its reaction [2.3]") {
    struct row {
        std::uint16_t code;
        close_reaction reaction;
    };
    using enum close_reaction;
    for (const auto& [code, reaction] :
         {row{1000, resume}, row{1001, resume}, row{1005, resume}, row{1006, resume}, row{1009, resume},
          row{1011, resume}, row{1012, resume}, row{4000, resume}, row{4001, resume}, row{4002, resume},
          row{4003, resume}, row{4004, stop},   row{4005, resume}, row{4006, resume}, row{4007, new_session},
          row{4008, resume}, row{4009, resume}, row{4010, stop},   row{4011, stop},   row{4012, stop},
          row{4013, stop},   row{4014, stop},   row{4015, resume}, row{4999, resume}}) {
        CAPTURE(code);
        CHECK(reaction_to(code) == reaction);
    }
    CHECK(reaction_to(std::nullopt) == resume);
}

TEST_CASE("a close that cannot be helped says what to do about it") {
    std::set<std::string_view> said;
    for (const auto& [code, hint] : {std::pair<std::uint16_t, std::string_view>{4004, "token"},
                                     {4010, "--total-shards"},
                                     {4011, "--total-shards"},
                                     {4012, "Update Shoal"},
                                     {4013, "intents"},
                                     {4014, "developer portal"}}) {
        CAPTURE(code);
        const auto sentence = explain_close(code);
        CHECK(sentence.find(hint) != std::string_view::npos);
        CHECK(sentence.ends_with('.'));
        CHECK(said.insert(sentence).second);
    }
    CHECK_FALSE(explain_close(std::nullopt).empty());
    CHECK(explain_close(4321).find("does not know") != std::string_view::npos);
}
