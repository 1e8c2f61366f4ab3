#pragma once
// Reads one control command's parameters: types and ranges are checked, and a parameter that nobody asked for is an error, so
// that a misspelt one does not pass for its default.
// Not here: what commands do (control.cpp, gateway_faults.cpp).

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "sim/core/fault_table.hpp"

namespace shoal::sim {

class command_reader {
public:
    explicit command_reader(const boost::json::object& command) : command_(command) {}

    [[nodiscard]] const boost::json::object& whole() const noexcept { return command_; }
    [[nodiscard]] bool has(std::string_view key) const noexcept { return command_.contains(key); }

    [[nodiscard]] std::optional<double> number(std::string_view key, double low, double high);
    [[nodiscard]] std::optional<std::uint64_t> whole_number(std::string_view key, std::uint64_t low, std::uint64_t high);
    [[nodiscard]] std::optional<bool> flag(std::string_view key);
    [[nodiscard]] std::optional<std::string> text(std::string_view key);
    /// One of these words.
    [[nodiscard]] std::optional<std::string> word(std::string_view key, std::initializer_list<std::string_view> known);
    /// A snowflake, as Discord writes it (a string) or as a number.
    [[nodiscard]] std::optional<std::uint64_t> id(std::string_view key);
    [[nodiscard]] std::vector<std::string> texts(std::string_view key);
    [[nodiscard]] const boost::json::value* value(std::string_view key);
    [[nodiscard]] duration milliseconds(std::string_view key, duration otherwise);
    /// "all", "percent", "shard", "total", "session", "conn".
    [[nodiscard]] selector who();

    /// Says that a parameter is needed, if nothing else is wrong.
    void need(bool given, std::string_view key);
    void fail(std::string sentence);
    /// What is wrong, as a sentence; empty if nothing. Call it when all parameters have been read and before anything is done.
    [[nodiscard]] const std::string& finish();

private:
    const boost::json::value* use(std::string_view key);
    const boost::json::object& command_;
    std::set<std::string, std::less<>> used_{"do", "fault"};
    std::string problem_;
};

}  // namespace shoal::sim
