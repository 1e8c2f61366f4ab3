#pragma once
// Which behaviours of Discord and which faults have a test of their number: a test's name starts with it, "B22 a replay ...",
// "F2 a reset ...", also several, "B28 B29 ...". Not here: whether the test is good.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "shoal/error.hpp"

namespace shoal::sim {

struct coverage_item {
    char kind = 'B';  ///< B: behaviour of 7.1, F: fault of 7.2 of the project's fact sheet on Discord.
    int number = 0;
    std::string_view what;
};
/// Everything that the simulator claims to do so far.
[[nodiscard]] const std::vector<coverage_item>& coverage_items();

struct found_test {
    std::string file;  ///< Below the folder that was searched.
    std::string name;
};
using tests_by_number = std::map<std::string, std::vector<found_test>>;  // "B22" -> tests

/// The numbers that a test's name starts with, without leading zeros: "B01 B2, F33: x" -> B1, B2, F33.
[[nodiscard]] std::vector<std::string> numbers_of(std::string_view test_name);
/// The names of the test cases in one source.
[[nodiscard]] std::vector<std::string> test_names(std::string_view source);
/// Searches every .cpp below a folder.
[[nodiscard]] result<tests_by_number> find_tests(const std::string& folder);

/// The table, and how many items have no test.
struct coverage_table {
    std::string text;
    std::size_t gaps = 0;
};
[[nodiscard]] coverage_table make_coverage_table(const tests_by_number& tests);

}  // namespace shoal::sim
