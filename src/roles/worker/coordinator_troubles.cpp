#include "roles/worker/coordinator_troubles.hpp"

namespace shoal::roles {

std::optional<std::uint64_t> coordinator_troubles::heard(const cluster::worker::note& what, line_end_kind how, instant now) {
    using code = cluster::worker::note_code;
    switch (what.code) {
        case code::stream_lost: return met(how, what.detail, now);
        case code::refused: return refused(*what.refused, sentence_of(*what.refused, what.detail), now);
        case code::registering: return why_.empty() ? std::optional<std::uint64_t>(0) : std::nullopt;
        case code::registered: over(); return 0;
        default: return 0;
    }
}

void coordinator_troubles::show(ops::node_picture& node, bool registered) const {
    node.trouble = why_;
    auto& use = node.coordinator.emplace();
    use.registered = registered;
    for (std::size_t i = 0; i < line_end_kinds; ++i) use.lost.emplace_back(name_of(static_cast<line_end_kind>(i)), lost_[i]);
    for (std::size_t i = 0; i < cluster::refusals; ++i)
        use.refused.emplace_back(cluster::name_of(static_cast<cluster::refusal>(i)), refused_[i]);
}

}  // namespace shoal::roles
