#include "discord/envelope.hpp"

#include "discord/errc.hpp"
#include "discord/json_cursor.hpp"

namespace shoal::discord {

result<envelope> read_envelope(std::string_view text, json_outline* outline) {
    const json_value message(text);
    if (!message.is(json_kind::object)) return std::unexpected(failure(errc::not_json, "a gateway message must be an object"));
    envelope out;
    out.data = "null";
    bool has_op = false;
    auto fields = message.fields();
    for (const auto& [key, value] : fields) {
        if (key.size() > 2) continue;
        if (key == "t") {
            if (!value.is(json_kind::string)) continue;
            const auto quoted = value.raw();
            if (quoted.size() < 2) continue;  // The string does not end; the walk will say so.
            out.name = quoted.substr(1, quoted.size() - 2);
        } else if (key == "s") {
            out.seq = value.unsigned_integer();
        } else if (key == "op") {
            const auto op = value.as<std::int32_t>();
            if (!op) return std::unexpected(failure(errc::not_a_gateway_message, "op is not a number"));
            out.op = *op;
            has_op = true;
        } else if (key == "d") {
            out.data = outline != nullptr ? outline->take(value) : value.raw();
        }
    }
    if (fields.broken()) return std::unexpected(failure(errc::not_json, "cut off or broken"));
    if (!has_op) return std::unexpected(failure(errc::not_a_gateway_message, "no op"));
    if (outline != nullptr) out.outline = outline->known();
    out.kind = event_kind_of(out.name);
    return out;
}

}  // namespace shoal::discord
