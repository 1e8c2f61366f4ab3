#pragma once
// A payload as JSON text: an envelope of t, s, op around data that many sessions share. Order of keys and white space can be
// varied, as JSON allows and Discord does not rule out [2.1.10, #48]. Not here: what the data says.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "sim/core/facts.hpp"

namespace shoal::sim::wire {

/// A payload whose data is a whole message already, to be sent as it is (recordings).
inline constexpr int verbatim_op = -1;

/// The parts of one message: front, data, back. `data` points into the payload.
struct text_parts {
    std::string front;
    std::string_view data;
    std::string back;
};

/// {"t":..,"s":..,"op":..,"d":DATA}. With `vary` the keys come in any order with white space between them.
void make_text(const payload& what, random_source* vary, text_parts& out);
[[nodiscard]] std::string whole_text(const payload& what, random_source* vary = nullptr);

}  // namespace shoal::sim::wire
