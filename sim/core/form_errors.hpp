#pragma once
// Errors of a request body as Discord nests them [4.3]: {"code":50035,"message":"Invalid Form Body","errors":{...}}.
// Not here: what is wrong with which body.

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shoal::sim {

class form_errors {
public:
    /// Notes that the field that `path` leads to ("options", "0", "name") is wrong; an empty path means the whole body.
    void add(const std::vector<std::string>& path, std::string_view code, std::string_view message);
    [[nodiscard]] bool empty() const noexcept { return tree_.empty(); }
    /// The body of the 400. Before v8 errors were flat: {"name": ["message"]}.
    [[nodiscard]] std::string body(int api_version) const;

private:
    boost::json::object tree_;
    boost::json::object flat_;
};

/// A place in a body, for error messages: grows while one walks down.
class form_path {
public:
    form_path(form_errors& errors, std::vector<std::string> path) : errors_(&errors), path_(std::move(path)) {}
    [[nodiscard]] form_path at(std::string_view key) const {
        auto longer = path_;
        longer.emplace_back(key);
        return {*errors_, std::move(longer)};
    }
    [[nodiscard]] form_path at(std::size_t index) const { return at(std::to_string(index)); }
    void wrong(std::string_view code, std::string_view message) const { errors_->add(path_, code, message); }
    void required() const { wrong("BASE_TYPE_REQUIRED", "This field is required"); }

    // Reads a field of an object; notes what is wrong with it and gives nullptr.
    /// A string of `least` to `most` characters. Absent or null is wrong only if `needed`.
    const boost::json::string* text(const boost::json::object& from, std::string_view key, std::size_t least, std::size_t most,
                                    bool needed) const;
    const boost::json::array* list(const boost::json::object& from, std::string_view key, std::size_t most) const;
    std::optional<std::int64_t> number(const boost::json::object& from, std::string_view key, std::int64_t least,
                                       std::int64_t most, bool needed = false) const;
    std::optional<bool> flag(const boost::json::object& from, std::string_view key) const;
    /// A snowflake; null counts as absent.
    std::optional<std::uint64_t> id(const boost::json::object& from, std::string_view key, bool needed = false) const;

private:
    form_errors* errors_;
    std::vector<std::string> path_;
};

/// Characters (code points) of valid UTF-8.
[[nodiscard]] std::size_t characters(std::string_view text) noexcept;

/// {"message": ..., "code": ...}
[[nodiscard]] std::string error_body(int code, std::string_view message);

}  // namespace shoal::sim
