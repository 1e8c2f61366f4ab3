#include "sim/core/command_reader.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <utility>

#include "sim/core/identify_request.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace shoal::sim {

namespace json = boost::json;

const json::value* command_reader::use(std::string_view key) {
    used_.emplace(key);
    return command_.if_contains(key);
}

void command_reader::fail(std::string sentence) {
    if (problem_.empty()) problem_ = std::move(sentence);
}

void command_reader::need(bool given, std::string_view key) {
    if (!given) fail(fmt::format("\"{}\" is missing.", key));
}

std::optional<double> command_reader::number(std::string_view key, double low, double high) {
    const json::value* value = use(key);
    if (value == nullptr) return std::nullopt;
    const double got = value->is_double()   ? value->get_double()
                       : value->is_int64()  ? static_cast<double>(value->get_int64())
                       : value->is_uint64() ? static_cast<double>(value->get_uint64())
                                            : low - 1;
    if (!(got >= low && got <= high)) {
        fail(fmt::format("\"{}\" must be a number from {} to {}.", key, low, high));
        return std::nullopt;
    }
    return got;
}

std::optional<std::uint64_t> command_reader::whole_number(std::string_view key, std::uint64_t low, std::uint64_t high) {
    const json::value* value = use(key);
    if (value == nullptr) return std::nullopt;
    const auto got = read_whole(value);
    if (!got || *got < low || *got > high) {
        fail(fmt::format("\"{}\" must be a whole number from {} to {}.", key, low, high));
        return std::nullopt;
    }
    return got;
}

std::optional<bool> command_reader::flag(std::string_view key) {
    const json::value* value = use(key);
    if (value == nullptr) return std::nullopt;
    if (!value->is_bool()) {
        fail(fmt::format("\"{}\" must be true or false.", key));
        return std::nullopt;
    }
    return value->get_bool();
}

std::optional<std::string> command_reader::text(std::string_view key) {
    const json::value* value = use(key);
    if (value == nullptr) return std::nullopt;
    if (!value->is_string()) {
        fail(fmt::format("\"{}\" must be a text.", key));
        return std::nullopt;
    }
    return std::string(value->get_string());
}

std::optional<std::string> command_reader::word(std::string_view key, std::initializer_list<std::string_view> known) {
    auto got = text(key);
    if (!got) return std::nullopt;
    if (std::ranges::find(known, std::string_view(*got)) == known.end()) {
        fail(fmt::format("\"{}\" must be one of: {}.", key, fmt::join(known, ", ")));
        return std::nullopt;
    }
    return got;
}

std::optional<std::uint64_t> command_reader::id(std::string_view key) {
    const json::value* value = use(key);
    if (value == nullptr) return std::nullopt;
    if (const auto number = read_whole(value)) return number;
    if (value->is_string()) {
        const std::string_view digits = value->get_string();
        std::uint64_t out = 0;
        const auto [end, bad] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
        if (bad == std::errc{} && !digits.empty() && end == digits.data() + digits.size()) return out;
    }
    fail(fmt::format("\"{}\" must be an id.", key));
    return std::nullopt;
}

std::vector<std::string> command_reader::texts(std::string_view key) {
    std::vector<std::string> out;
    const json::value* value = use(key);
    if (value == nullptr) return out;
    const auto* list = value->if_array();
    if (list != nullptr) {
        for (const json::value& one : *list) {
            if (!one.is_string()) {
                list = nullptr;
                break;
            }
            out.emplace_back(one.get_string());
        }
    }
    if (list == nullptr) fail(fmt::format("\"{}\" must be a list of texts.", key));
    return out;
}

const json::value* command_reader::value(std::string_view key) { return use(key); }

duration command_reader::milliseconds(std::string_view key, duration otherwise) {
    const auto got = whole_number(key, 0, 1'000'000'000'000ULL);
    return got ? duration(std::chrono::milliseconds(*got)) : otherwise;
}

selector command_reader::who() {
    for (const std::string_view key : {"all", "percent", "shard", "total", "session", "conn"}) use(key);
    std::string problem;
    selector out = selector::read(command_, problem);
    if (!problem.empty()) fail(std::move(problem));
    return out;
}

const std::string& command_reader::finish() {
    for (const auto& member : command_) {
        if (problem_.empty() && !used_.contains(std::string_view(member.key()))) {
            fail(fmt::format("This command has no parameter \"{}\".", std::string_view(member.key())));
        }
    }
    return problem_;
}

}  // namespace shoal::sim
