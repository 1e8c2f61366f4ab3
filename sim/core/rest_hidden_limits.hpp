#pragma once
// Limits that no header tells of, and buckets that depend on what is asked [#38, 4.16].
// Not here: counting (rest_limits.hpp), the table that names these (rest_routes.cpp).

#include "sim/core/rest_route.hpp"

namespace shoal::sim {

/// A channel's name or topic may change twice in ten minutes, whatever its bucket says.
extern const hidden_limit channel_name_limit;
/// A channel takes thirty messages of webhooks and followups a minute, whatever their buckets say.
extern const hidden_limit webhook_channel_limit;
/// Deleting a message costs by its age.
[[nodiscard]] const bucket_rule& message_delete_bucket(rest_state& state, const rest_request& asked);

}  // namespace shoal::sim
