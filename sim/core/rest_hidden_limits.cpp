#include "sim/core/rest_hidden_limits.hpp"

#include "sim/core/rest_state.hpp"

namespace shoal::sim {
namespace {

std::string renamed_channel(rest_state&, const rest_request& asked) {
    const auto& fields = asked.fields();
    return fields.contains("name") || fields.contains("topic") ? asked.segments[1] : std::string();
}

std::string webhook_channel(rest_state& state, const rest_request& asked) {
    if (asked.id(1) == state.config.application_id) {
        const interaction* one = state.interactions.by_token(asked.segments[2]);
        return one == nullptr ? std::string() : std::to_string(one->channel);
    }
    const auto hook = state.webhooks.find(asked.id(1));
    return hook == state.webhooks.end() ? std::string() : std::to_string(hook->second.channel);
}

constexpr bucket_rule fresh{"message_delete_fresh", 5, 1s, "messages"};
constexpr bucket_rule usual{"message_delete", 3, 333ms, "messages"};
constexpr bucket_rule old{"message_delete_old", 30, 4s, "messages"};

}  // namespace

// Of the scope of these two nobody outside Discord is sure: a name is its guild's alone, a channel's webhooks are many users'.
const hidden_limit channel_name_limit{{"channel_name", 2, 10min}, limit_scope::user, renamed_channel};
const hidden_limit webhook_channel_limit{{"webhook_channel", 30, 1min}, limit_scope::shared, webhook_channel};

const bucket_rule& message_delete_bucket(rest_state& state, const rest_request& asked) {
    const auto age = std::chrono::milliseconds(state.where.unix_ms(asked.now) - discord_epoch_ms - discord_ms_of(asked.id(3)));
    if (age < 10s) return fresh;
    return age < std::chrono::days(14) ? usual : old;
}

}  // namespace shoal::sim
