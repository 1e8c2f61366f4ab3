#include "discord/json_writer.hpp"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "discord/json_cursor.hpp"

namespace shoal::discord {

void json_writer::separate() {
    if (comma_) out_.push_back(',');
    comma_ = true;
}

json_writer& json_writer::open(char bracket) {
    separate();
    out_.push_back(bracket);
    comma_ = false;
    return *this;
}

json_writer& json_writer::close(char bracket) {
    out_.push_back(bracket);
    comma_ = true;
    return *this;
}

json_writer& json_writer::key(std::string_view name) {
    separate();
    append_escaped(name);
    out_.push_back(':');
    comma_ = false;
    return *this;
}

json_writer& json_writer::value(std::string_view text) {
    separate();
    append_escaped(text);
    return *this;
}

json_writer& json_writer::value(double number) {
    if (!std::isfinite(number)) return value(nullptr);
    separate();
    fmt::format_to(std::back_inserter(out_), "{}", number);
    return *this;
}

json_writer& json_writer::integer(std::int64_t number) {
    separate();
    out_.append(fmt::format_int(number).c_str());
    return *this;
}

json_writer& json_writer::unsigned_integer(std::uint64_t number) {
    separate();
    out_.append(fmt::format_int(number).c_str());
    return *this;
}

json_writer& json_writer::quoted_integer(std::uint64_t number) {
    separate();
    out_.push_back('"');
    out_.append(fmt::format_int(number).c_str());
    out_.push_back('"');
    return *this;
}

json_writer& json_writer::raw(std::string_view json) {
    separate();
    out_.append(json);
    return *this;
}

void json_writer::append_escaped(std::string_view text) {
    out_.push_back('"');
    std::size_t plain = 0;  // Where the run of characters starts that need no escape.
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        append_utf8(out_, text.substr(plain, i - plain));
        plain = i + 1;
        switch (c) {
            case '"': out_.append("\\\""); break;
            case '\\': out_.append("\\\\"); break;
            case '\n': out_.append("\\n"); break;
            case '\r': out_.append("\\r"); break;
            case '\t': out_.append("\\t"); break;
            default: fmt::format_to(std::back_inserter(out_), "\\u{:04x}", c);
        }
    }
    append_utf8(out_, text.substr(plain));
    out_.push_back('"');
}

std::string json_quoted(std::string_view text) {
    json_writer w;
    w.value(text);
    return std::move(w).take();
}

}  // namespace shoal::discord
