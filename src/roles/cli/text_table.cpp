#include "roles/cli/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace shoal::roles::cli {
namespace {

/// Letters, not bytes: names may be in any language.
std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

std::string table_text(const std::vector<table_row>& rows, std::initializer_list<std::size_t> right) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
    }
    std::string out;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string room(widths[i] - width_of(row[i]), ' ');
            const bool to_right = std::ranges::find(right, i) != right.end();
            line += to_right ? room + row[i] : row[i] + room;
            line += "  ";
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out += line + "\n";
    }
    return out;
}

std::string printable(std::string_view text) {
    std::string out(text);
    for (std::size_t i = 0; i < out.size(); ++i) {
        const auto byte = static_cast<unsigned char>(out[i]);
        // C1 control characters are U+0080 to U+009F: C2 and one byte below A0.
        const bool steers =
            byte < 0x20 || byte == 0x7F || (byte == 0xC2 && i + 1 < out.size() && static_cast<unsigned char>(out[i + 1]) < 0xA0);
        if (steers && byte == 0xC2) out.erase(i, 1);
        if (steers) out[i] = '?';
    }
    return out;
}

std::string counted(std::size_t count, std::string_view what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace shoal::roles::cli
