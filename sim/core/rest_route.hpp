#pragma once
// A REST request as its handlers see it, what they answer, and a row of the table of routes. Not here: the table
// (rest_routes.cpp), what handlers know (rest_state.hpp).

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/facts.hpp"
#include "sim/core/rest_limits.hpp"
#include "sim/core/snowflakes.hpp"
#include "sim/core/world.hpp"

namespace shoal::sim {

/// A file of a multipart body. Its bytes are not kept: nobody can download them.
struct uploaded_file {
    std::string field;  ///< "files[0]", or "file" of a sticker.
    std::string filename, content_type;
    std::size_t size_bytes = 0;
};

struct rest_request {
    std::string_view method;
    int version = 6;
    std::vector<std::string> segments;  ///< Of the path behind /api/vN, percent-decoded.
    std::map<std::string, std::string, std::less<>> query;
    boost::json::value body;  ///< null if there was none.
    std::vector<uploaded_file> files;
    std::string audit_reason;  ///< X-Audit-Log-Reason, decoded [4.2].
    instant now;

    [[nodiscard]] std::uint64_t id(std::size_t segment) const {
        return segment < segments.size() ? parse_snowflake(segments[segment]).value_or(0) : 0;
    }
    /// A number from the query, clamped; `otherwise` if it is absent or none.
    [[nodiscard]] std::uint32_t number(std::string_view key, std::uint32_t otherwise, std::uint32_t least,
                                       std::uint32_t most) const;
    [[nodiscard]] bool truth(std::string_view key) const;  ///< True, true, 1 [4.2]
    [[nodiscard]] std::uint64_t query_id(std::string_view key) const;
    [[nodiscard]] std::string_view word(std::string_view key) const;  ///< Of the query; empty if absent.
    /// The body as an object; an empty one if it is something else.
    [[nodiscard]] const boost::json::object& fields() const;
};

struct rest_answer {
    int status = 200;
    std::string body;
    std::vector<header> headers = {};
    std::vector<world_event> events = {};  ///< Told to the sessions at about the time of the answer [#34].
    limit_scope refused_by = limit_scope::none;
    bool of_edge = false;  ///< Made in front of the API: no Via, and its headers name the type of its body.
    bool never = false;    ///< Nobody answers; what was done stays done.
    http_delivery delivery = http_delivery::whole;
    duration span = {};
};

/// {"message", "code"} with a status.
[[nodiscard]] rest_answer refuse(int status, int code, std::string_view message);
[[nodiscard]] inline rest_answer nothing() { return {.status = 204, .body = {}}; }
[[nodiscard]] std::string joined(const std::vector<std::string>& objects);

struct rest_state;

/// A limit beside a route's bucket of which no header tells [#38].
struct hidden_limit {
    bucket_rule rule;
    limit_scope scope = limit_scope::user;
    /// What it counts for this request; empty: it does not apply.
    std::string (*key)(rest_state&, const rest_request&) = nullptr;
};

struct rest_route {
    enum class who : std::uint8_t { anybody, bot, bearer };
    std::string_view method;
    std::string_view path;  ///< "/channels/{id}/messages"; the id behind channels, guilds or webhooks is the major one.
    who may = who::bot;
    bucket_rule bucket;
    rest_answer (*handle)(rest_state&, const rest_request&) = nullptr;
    const hidden_limit* hidden = nullptr;
    /// For routes whose bucket depends on what is asked.
    const bucket_rule& (*bucket_of)(rest_state&, const rest_request&) = nullptr;
    int audit = 0;  ///< What the audit log calls it; 0: it is not entered.
    /// What the bot must be allowed to do, all of it, in the channel that the path names or leads to, else in its guild.
    std::uint64_t needs = 0;
    /// What else, as far as it depends on what is asked.
    std::uint64_t (*needs_of)(rest_state&, const rest_request&) = nullptr;

    [[nodiscard]] constexpr rest_route audited(int action) const {
        rest_route same = *this;
        same.audit = action;
        return same;
    }
    [[nodiscard]] constexpr rest_route needing(std::uint64_t permissions) const {
        rest_route same = *this;
        same.needs = permissions;
        return same;
    }
    [[nodiscard]] constexpr rest_route needing(std::uint64_t (*of)(rest_state&, const rest_request&)) const {
        rest_route same = *this;
        same.needs_of = of;
        return same;
    }
};

[[nodiscard]] std::span<const rest_route> all_routes() noexcept;
/// Finds the route; sets `path_known` if another method of the same path exists.
[[nodiscard]] const rest_route* find_route(std::string_view method, const std::vector<std::string>& segments, bool& path_known);
/// Whether the table has this path, alone or behind a method: "/channels/{id}", "DELETE /channels/{id}".
[[nodiscard]] bool is_route(std::string_view text);

}  // namespace shoal::sim
