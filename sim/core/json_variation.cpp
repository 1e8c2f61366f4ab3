#include "sim/core/json_variation.hpp"

#include <boost/json.hpp>
#include <cstdint>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace shoal::sim {

namespace json = boost::json;

namespace {

class writer {
public:
    explicit writer(random_source& random) : random_(random) {}

    void value(const json::value& what, int depth) {
        if (const auto* object = what.if_object()) return members(*object, depth);
        if (const auto* array = what.if_array()) {
            out += '[';
            bool first = true;
            for (const auto& one : *array) {
                if (!std::exchange(first, false)) out += ',';
                space();
                value(one, depth + 1);
            }
            space();
            out += ']';
            return;
        }
        if (const auto* string = what.if_string()) return text(*string);
        out += json::serialize(what);
    }

    std::string out;

private:
    void space() {
        if (!random_.chance(0.1)) return;
        constexpr std::string_view kinds[] = {" ", "\n", "\t", "  "};
        out += kinds[random_.below(4)];
    }
    void members(const json::object& what, int depth) {
        std::vector<const json::key_value_pair*> order;
        order.reserve(what.size());
        for (const auto& member : what) order.push_back(&member);
        for (std::size_t left = order.size(); left > 1; --left) std::swap(order[left - 1], order[random_.below(left)]);
        out += '{';
        bool first = true;
        const auto key = [&](std::string_view name) {
            if (!std::exchange(first, false)) out += ',';
            space();
            text(name);
            space();
            out += ':';
            space();
        };
        for (const auto* member : order) {
            key(member->key());
            value(member->value(), depth + 1);
        }
        if (random_.chance(depth == 0 ? 0.5 : 0.02)) {
            key("_sim_undocumented");
            out += R"({"a":[1,{"b":null}],"c":"\u0000"})";
        }
        space();
        out += '}';
    }
    void text(std::string_view what) {
        out += '"';
        for (const char c : what) {
            const auto byte = static_cast<unsigned char>(c);
            if (c == '"' || c == '\\') {
                out += '\\';
                out += c;
            } else if (c == '/' && random_.chance(0.5)) {
                out += "\\/";
            } else if (byte < 0x20 || (byte < 0x7F && random_.chance(0.01))) {
                fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
            } else {
                out += c;
            }
        }
        out += '"';
    }
    random_source& random_;
};

}  // namespace

std::string vary_json(std::string_view text, random_source& random) {
    json::error_code bad;
    const json::value parsed = json::parse(text, bad);
    if (bad) return std::string(text);
    writer one(random);
    one.out.reserve(text.size() + text.size() / 8);
    one.value(parsed, 0);
    return std::move(one.out);
}

}  // namespace shoal::sim
