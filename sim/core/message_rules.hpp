#pragma once
// What may be in the body of a message [5.9, 5.10, 6.7, 6.8]. Not here: what becomes of it (rest_messages.hpp).

#include <boost/json/object.hpp>

#include "sim/core/form_errors.hpp"

namespace shoal::sim {

/// Notes what is wrong with the body of a message. False with no errors noted: it is empty (50006). `files` came beside it.
[[nodiscard]] bool check_message(const boost::json::object& body, bool must_have_content, std::size_t files,
                                 const form_path& where);

}  // namespace shoal::sim
