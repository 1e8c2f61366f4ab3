#include "rest/route.hpp"

#include <fmt/format.h>

namespace shoal::rest {

route create_message(channel_id channel) {
    return {.method = "POST",
            .path = fmt::format("/channels/{}/messages", channel.value()),
            .key = "POST /channels/{channel}/messages",
            .major = channel.to_string(),
            .harmless_to_repeat = true};
}

route overwrite_global_commands(application_id application) {
    return {.method = "PUT",
            .path = fmt::format("/applications/{}/commands", application.value()),
            .key = "PUT /applications/{application}/commands",
            .major = {},
            .harmless_to_repeat = true};
}

route current_application() {
    return {
        .method = "GET", .path = "/applications/@me", .key = "GET /applications/@me", .major = {}, .harmless_to_repeat = true};
}

// A second answer is refused with 40060, so asking again after an unknown outcome shows nothing twice.
route answer_interaction(interaction_id id, std::string_view token) {
    return {.method = "POST",
            .path = fmt::format("/interactions/{}/{}/callback", id.value(), token),
            .key = "POST /interactions/{interaction}/{token}/callback",
            .major = id.to_string(),
            .authorized = false,
            .counts_globally = false,
            .harmless_to_repeat = true};
}

route edit_original_answer(application_id application, std::string_view token) {
    return {.method = "PATCH",
            .path = fmt::format("/webhooks/{}/{}/messages/@original", application.value(), token),
            .key = "PATCH /webhooks/{webhook}/{token}/messages/@original",
            .major = std::string(token),
            .authorized = false,
            .counts_globally = false,
            .harmless_to_repeat = true};
}

route create_followup(application_id application, std::string_view token) {
    return {.method = "POST",
            .path = fmt::format("/webhooks/{}/{}", application.value(), token),
            .key = "POST /webhooks/{webhook}/{token}",
            .major = std::string(token),
            .authorized = false,
            .counts_globally = false};
}

}  // namespace shoal::rest
