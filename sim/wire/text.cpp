#include "sim/wire/text.hpp"

#include <array>
#include <utility>

namespace shoal::sim::wire {
namespace {

void append_name(std::string& out, const std::string& name) {
    if (name.empty()) {
        out += "null";
        return;
    }
    // Names of events are A-Z, 0-9 and underscores; a made-up one may hold anything printable, so quotes are escaped.
    out += '"';
    for (const char c : name) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    out += '"';
}

void append_seq(std::string& out, std::uint64_t seq) { out += seq == 0 ? std::string("null") : std::to_string(seq); }

void append_space(std::string& out, random_source& vary) {
    static constexpr std::array<std::string_view, 8> spaces{"", "", "", " ", "  ", "\t", "\n", "\r\n "};
    out += spaces[vary.below(spaces.size())];
}

void make_varied(const payload& what, random_source& vary, text_parts& out) {
    std::array<int, 4> order{0, 1, 2, 3};
    for (std::size_t i = order.size() - 1; i > 0; --i) std::swap(order[i], order[vary.below(i + 1)]);
    std::string* side = &out.front;
    append_space(*side, vary);
    *side += '{';
    bool first = true;
    for (const int key : order) {
        if (!std::exchange(first, false)) *side += ',';
        append_space(*side, vary);
        static constexpr std::array<std::string_view, 4> keys{"\"t\"", "\"s\"", "\"op\"", "\"d\""};
        *side += keys[static_cast<std::size_t>(key)];
        append_space(*side, vary);
        *side += ':';
        append_space(*side, vary);
        if (key == 0) append_name(*side, what.name);
        if (key == 1) append_seq(*side, what.seq);
        if (key == 2) *side += std::to_string(what.op);
        if (key == 3) side = &out.back;  // the data goes between front and back
        append_space(*side, vary);
    }
    *side += '}';
    append_space(*side, vary);
}

}  // namespace

void make_text(const payload& what, random_source* vary, text_parts& out) {
    out.front.clear();
    out.back.clear();
    out.data = what.data ? std::string_view(*what.data) : std::string_view("null");
    if (what.op == verbatim_op) return;
    if (vary != nullptr) return make_varied(what, *vary, out);
    out.front += "{\"t\":";
    append_name(out.front, what.name);
    out.front += ",\"s\":";
    append_seq(out.front, what.seq);
    out.front += ",\"op\":";
    out.front += std::to_string(what.op);
    out.front += ",\"d\":";
    out.back += '}';
}

std::string whole_text(const payload& what, random_source* vary) {
    text_parts parts;
    make_text(what, vary, parts);
    std::string text = std::move(parts.front);
    text.append(parts.data);
    text += parts.back;
    return text;
}

}  // namespace shoal::sim::wire
