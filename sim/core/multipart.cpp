#include "sim/core/multipart.hpp"

#include <algorithm>

namespace shoal::sim {
namespace {

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lowered(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), lower);
    return out;
}

/// The value of `name=` in a header's parameters, quoted or not.
std::optional<std::string> parameter(std::string_view header, std::string_view name) {
    const std::string small = lowered(header);
    for (std::size_t at = small.find(name); at != std::string::npos; at = small.find(name, at + 1)) {
        const bool own_word = at == 0 || small[at - 1] == ' ' || small[at - 1] == ';';
        std::size_t from = at + name.size();
        if (!own_word || from >= header.size() || header[from] != '=') continue;
        ++from;
        if (from < header.size() && header[from] == '"') {
            const std::size_t end = header.find('"', from + 1);
            return end == std::string_view::npos ? std::nullopt
                                                 : std::optional<std::string>(header.substr(from + 1, end - from - 1));
        }
        return std::string(header.substr(from, header.find_first_of("; \r", from) - from));
    }
    return std::nullopt;
}

std::optional<form_part> read_part(std::string_view text) {
    const std::size_t blank = text.find("\r\n\r\n");
    if (blank == std::string_view::npos) return std::nullopt;
    form_part part{.name = {}, .filename = {}, .content_type = {}, .content = text.substr(blank + 4)};
    std::string_view head = text.substr(0, blank);
    while (!head.empty()) {
        const std::string_view line = head.substr(0, head.find("\r\n"));
        head.remove_prefix(std::min(head.size(), line.size() + 2));
        const std::string small = lowered(line.substr(0, line.find(':')));
        if (small == "content-disposition") {
            part.name = parameter(line, "name").value_or("");
            part.filename = parameter(line, "filename").value_or("");
        } else if (small == "content-type") {
            std::string_view value = line.substr(line.find(':') + 1);
            while (value.starts_with(' ')) value.remove_prefix(1);
            part.content_type = value;
        }
    }
    return part;
}

}  // namespace

std::optional<std::vector<form_part>> read_multipart(std::string_view body, std::string_view content_type) {
    const auto boundary = parameter(content_type, "boundary");
    if (!boundary || boundary->empty()) return std::nullopt;
    const std::string mark = "--" + *boundary;
    if (!body.starts_with(mark)) return std::nullopt;
    body.remove_prefix(mark.size());
    std::vector<form_part> parts;
    const std::string next = "\r\n" + mark;
    while (!body.starts_with("--")) {
        if (!body.starts_with("\r\n")) return std::nullopt;
        body.remove_prefix(2);
        const std::size_t end = body.find(next);
        if (end == std::string_view::npos) return std::nullopt;
        auto part = read_part(body.substr(0, end));
        if (!part) return std::nullopt;
        parts.push_back(*std::move(part));
        body.remove_prefix(end + next.size());
    }
    return parts;
}

}  // namespace shoal::sim
