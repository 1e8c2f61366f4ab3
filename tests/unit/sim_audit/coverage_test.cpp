#include "sim/audit/coverage.hpp"

#include <doctest/doctest.h>

using namespace shoal::sim;
using words = std::vector<std::string>;

TEST_CASE("a test covers the numbers that its name starts with, with or without a leading zero") {
    CHECK(numbers_of("B22 a replay is bounded") == words{"B22"});
    CHECK(numbers_of("F02 a reset") == words{"F2"});
    CHECK(numbers_of("B28 B29, B30/F33 and F34: streams") == words{"B28", "B29", "B30", "F33", "F34"});
    CHECK(numbers_of("B1: alone") == words{"B1"});
    CHECK(numbers_of("F5") == words{"F5"});
    CHECK(numbers_of("Before B22").empty());
    CHECK(numbers_of("F5x is a word").empty());
    CHECK(numbers_of("B is a letter").empty());
    CHECK(numbers_of("and B5").empty());
    CHECK(numbers_of("").empty());
}

TEST_CASE("names of tests are found in a source, over line breaks too") {
    const auto names = test_names(
        "TEST_CASE(\"B1 one\") {\n}\n  TEST_CASE(\n    \"B2 two \\\"quoted\\\" \"\n    \"and on\") {}\n"
        "TEST_CASE_FIXTURE(thing, \"B3 three\") {}\n// MY_TEST_CASE(\"B4 not one\")\nTEST_CASE(name) {}\n");
    CHECK(names == words{"B1 one", "B2 two \"quoted\" and on", "B3 three"});
}

TEST_CASE("the table names every gap") {
    tests_by_number tests;
    for (const auto& item : coverage_items())
        tests[item.kind + std::to_string(item.number)] = {{"unit/sim_core/x.cpp", "a test"}};
    CHECK(make_coverage_table(tests).gaps == 0);
    tests.erase("F33");
    tests.erase("B1");
    tests["F46"] = {{"unit/discord/x.cpp", "a client's test"}};  // not one of the simulator
    const auto table = make_coverage_table(tests);
    CHECK(table.gaps == 3);
    CHECK(table.text.find("F33  zlib messages split over websocket messages\n       NO TEST") != std::string::npos);
    CHECK(table.text.find("3 have none") != std::string::npos);
}

TEST_CASE("the table holds what the simulator claims: behaviours 1 to 52, faults 1 to 46") {
    std::size_t behaviours = 0, faults = 0;
    for (const auto& item : coverage_items()) (item.kind == 'B' ? behaviours : faults) += 1;
    CHECK(behaviours == 52);
    CHECK(faults == 46);
}

TEST_CASE("a folder that is not there is an error") { CHECK_FALSE(find_tests("/nowhere/at/all").has_value()); }
