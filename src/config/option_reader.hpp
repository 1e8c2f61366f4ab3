#pragma once
// Reads the values of a table's options: flag over environment over file over code over default, each value with the place
// that it came from. Not here: what the values mean together (bot_options.hpp).

#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/exit_codes.hpp"
#include "config/option_table.hpp"

namespace shoal::config {

/// Where a value came from; a higher one wins.
enum class origin : std::uint8_t { fallback, code, file, environment, flag };

struct option_value {
    std::string text;
    origin from = origin::fallback;
    std::string where;  ///< For people: "--total-shards", "SHARD_MODE", "bot.toml:3", "the program".
};

class option_values {
public:
    /// Takes the value unless a higher origin has spoken already.
    void offer(std::string_view name, option_value value);
    /// nullptr if nobody said anything and the option has no default.
    [[nodiscard]] const option_value* find(std::string_view name) const noexcept;
    [[nodiscard]] bool has(std::string_view name) const noexcept { return find(name) != nullptr; }
    /// These suppose that the value was read by read_options, which has checked it; an option that is not set gives nothing.
    [[nodiscard]] std::string text(std::string_view name) const;
    [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t otherwise = 0) const;
    [[nodiscard]] double number(std::string_view name, double otherwise = 0) const;
    [[nodiscard]] duration time(std::string_view name, duration otherwise = {}) const;
    [[nodiscard]] bool flag(std::string_view name) const;
    [[nodiscard]] std::vector<std::uint32_t> numbers(std::string_view name) const;
    [[nodiscard]] const std::map<std::string, option_value, std::less<>>& all() const noexcept { return values_; }

private:
    std::map<std::string, option_value, std::less<>> values_;
};

struct option_sources {
    std::vector<std::string> arguments;                            ///< Without the program's name.
    std::vector<std::pair<std::string, std::string>> environment;  ///< Only what is here is looked at.
    std::map<std::string, std::string, std::less<>> code;          ///< Option name -> value.
    bool take_words = false;  ///< Arguments that are no flags are allowed (they come back as `words`).
};

struct option_reading {
    option_values values;
    std::vector<std::string> words;
    std::vector<std::string> warnings;
    bool help = false;
    bool version = false;
};

[[nodiscard]] std::expected<option_reading, startup_problem> read_options(const option_table& table,
                                                                          const option_sources& sources);

/// The process's environment.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> process_environment();

/// One source each; read_options composes them.
[[nodiscard]] std::expected<void, startup_problem> read_flags(const option_table& table, const option_sources& sources,
                                                              option_reading& into);
[[nodiscard]] std::expected<void, startup_problem> read_environment(const option_table& table, const option_sources& sources,
                                                                    option_reading& into);
[[nodiscard]] std::expected<void, startup_problem> read_file(const option_table& table, const std::string& path,
                                                             option_reading& into);
/// What read_file does with the bytes of the file; `path` is for people.
[[nodiscard]] std::expected<void, startup_problem> read_file_text(const option_table& table, const std::string& path,
                                                                  std::string_view text, option_reading& into);
/// The sentence about one bad value.
[[nodiscard]] startup_problem bad_value(const option_spec& option, std::string_view where, std::string_view text,
                                        std::string_view wrong);

}  // namespace shoal::config
