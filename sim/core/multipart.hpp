#pragma once
// Reading of multipart/form-data, as uploads come [4.2]. Not here: what the parts mean (rest_request.cpp).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shoal::sim {

/// One part; `content` lies in the body that was read.
struct form_part {
    std::string name, filename, content_type;
    std::string_view content;
};

/// The parts of a body, in order; nullopt if the type names no boundary or the body does not end as it must.
[[nodiscard]] std::optional<std::vector<form_part>> read_multipart(std::string_view body, std::string_view content_type);

}  // namespace shoal::sim
