#include "sim/core/rest_writes.hpp"

namespace shoal::sim {
namespace json = boost::json;

json::object chosen(const json::object& body, std::initializer_list<const char*> keys) {
    json::object out;
    for (const char* key : keys) {
        if (const json::value* value = body.if_contains(key)) out[key] = *value;
    }
    return out;
}

rest_answer told(std::optional<world_change> change, rest_answer otherwise, int status) {
    if (!change) return otherwise;
    return {.status = status,
            .body = status == 204 ? std::string() : std::move(change->object),
            .headers = {},
            .events = std::move(change->events)};
}

}  // namespace shoal::sim
