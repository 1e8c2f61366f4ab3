#pragma once
// A table of options: one line an option, from which come flags, environment variables, the settings file, --help and the
// reference page. Not here: the table of a bot (bot_options.hpp); any program may have one of its own.

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace shoal::config {

enum class option_kind : std::uint8_t {
    text,
    path,
    url,
    integer,
    number,
    duration,  ///< "500ms", "15s", "2m", "1h"; a bare number is seconds.
    flag,      ///< true or false; on the command line its name alone means true.
    choice,
    numbers,  ///< Whole numbers and ranges: "0,2,5-7"; in the file also an array.
    secret,   ///< From the environment only: a command line can be read by every user of the machine, a file gets shared.
};

struct option_spec {
    std::string_view name;  ///< "total-shards": the flag is --total-shards, the variable SHOAL_TOTAL_SHARDS.
    option_kind kind = option_kind::text;
    std::string_view help;          ///< Whole sentences.
    std::string_view fallback{};    ///< What holds when nobody says anything, as text; empty is "not set".
    std::string_view alias{};       ///< A further environment variable, or empty.
    std::string_view value_name{};  ///< For --help; empty takes one from the kind.
    std::string_view choices{};     ///< "zstd|zlib|none".
    std::int64_t least = 0;         ///< Bounds of integers, and of each of `numbers`.
    std::int64_t most = INT64_MAX;
    std::string_view modes = "all";      ///< "single", "worker", ...: where it means something.
    bool flag_only = false;              ///< Makes no sense in environment or file (help, version).
    bool not_in_file = false;            ///< Makes no sense in the file (config).
    std::string_view group = "Options";  ///< Heading in --help and the reference.
};

struct option_table {
    std::string_view program;  ///< "A bot built with Shoal."
    std::string_view prefix;   ///< Of environment variables: "SHOAL_".
    std::span<const option_spec> options;
    [[nodiscard]] const option_spec* find(std::string_view name) const noexcept;
};

/// "SHOAL_TOTAL_SHARDS"
[[nodiscard]] std::string variable_of(const option_table& table, const option_spec& option);
/// "a whole number from 1 to 64", "one of zstd, zlib, none": what the sentence about a mistake says is allowed.
[[nodiscard]] std::string allowed_values(const option_spec& option);
/// Nothing if `text` is a good value, else what is wrong with it ("is no whole number").
[[nodiscard]] std::optional<std::string> wrong_with(const option_spec& option, std::string_view text);

[[nodiscard]] std::optional<std::int64_t> read_integer(std::string_view text);
[[nodiscard]] std::optional<duration> read_duration(std::string_view text);
[[nodiscard]] std::optional<std::vector<std::uint32_t>> read_numbers(std::string_view text);
[[nodiscard]] std::optional<bool> read_flag(std::string_view text);

/// The name that was probably meant, or empty if none is near.
[[nodiscard]] std::string_view nearest_name(std::string_view wrong, std::span<const std::string_view> known);

}  // namespace shoal::config
