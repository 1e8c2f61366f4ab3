#pragma once
// What the handlers of writes share: the fields that may be set, the world's change as an answer, refusals with their codes
// [4.17]. Not here: messages (rest_posts.hpp).

#include <initializer_list>
#include <optional>

#include "sim/core/form_errors.hpp"
#include "sim/core/rest_route.hpp"

namespace shoal::sim {

[[nodiscard]] inline rest_answer unknown_channel() { return refuse(404, 10003, "Unknown Channel"); }
[[nodiscard]] inline rest_answer unknown_guild() { return refuse(404, 10004, "Unknown Guild"); }
[[nodiscard]] inline rest_answer unknown_invite() { return refuse(404, 10006, "Unknown Invite"); }
[[nodiscard]] inline rest_answer unknown_member() { return refuse(404, 10007, "Unknown Member"); }
[[nodiscard]] inline rest_answer unknown_message() { return refuse(404, 10008, "Unknown Message"); }
[[nodiscard]] inline rest_answer unknown_role() { return refuse(404, 10011, "Unknown Role"); }
[[nodiscard]] inline rest_answer unknown_user() { return refuse(404, 10013, "Unknown User"); }
[[nodiscard]] inline rest_answer unknown_webhook() { return refuse(404, 10015, "Unknown Webhook"); }
[[nodiscard]] inline rest_answer missing_access() { return refuse(403, 50001, "Missing Access"); }
[[nodiscard]] inline rest_answer missing_permissions() { return refuse(403, 50013, "Missing Permissions"); }

/// 400 with what is wrong, as the asked version words it.
[[nodiscard]] inline rest_answer refuse_form(const form_errors& errors, const rest_request& asked) {
    return {.status = 400, .body = errors.body(asked.version)};
}
/// The fields of a body that may be set, and nothing else.
[[nodiscard]] boost::json::object chosen(const boost::json::object& body, std::initializer_list<const char*> keys);
/// What the world made of a write, with its events; `otherwise` if there is nothing to write to. 204 has no body.
[[nodiscard]] rest_answer told(std::optional<world_change> change, rest_answer otherwise, int status = 200);

}  // namespace shoal::sim
