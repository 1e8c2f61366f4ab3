#pragma once
// What a view says that no single field of Discord's does: set after its fields were read.
// Not here: the fields (generated: read.hpp and its sources).

#include <charconv>
#include <string_view>

#include "shoal/ids.hpp"
#include "shoal/models.hpp"

namespace shoal::runtime {

inline void finish(message_view& out) {
    // A forward points at a message too, but answers nobody.
    if (out.reference != nullptr && out.reference->type == reference_type::reply) out.replies_to = out.reference->message_id;
    // A message's member comes without its user, who is the author; its methods need to know whose it is.
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): it was made a moment ago, for this message.
    if (out.member != nullptr && !out.member->user.id) const_cast<member_view*>(out.member)->user.id = out.author.id;
}

inline void finish(interaction_view& out) {
    // In a guild Discord sends the user inside of the member alone.
    if (!out.user.id && out.member != nullptr) out.user = out.member->user;
}

/// Members in a map of Discord's have no user: the key is all that names them. Other objects name themselves.
inline void keyed(member_view& out, std::string_view key) {
    if (const auto id = user_id::parse(key); id && !out.user.id) out.user.id = *id;
}
template <class View>
void keyed(View&, std::string_view) {}

}  // namespace shoal::runtime
