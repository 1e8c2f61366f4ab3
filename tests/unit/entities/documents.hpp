#pragma once
// Random documents for a view: its own keys with values of the right and, at times, of the wrong type [7.2 F46].
// Not here: what should be read of them (foreign.hpp).

#include <map>
#include <span>
#include <string>
#include <type_traits>

#include "base/random.hpp"
#include "discord/json_writer.hpp"
#include "fields.hpp"

namespace shoal::test {

class document_maker {
public:
    explicit document_maker(std::uint64_t seed) : random_(seed) {}

    /// An object with most of the view's keys.
    template <class View>
    std::string object(int depth = 3) {
        keys mine;
        const View empty{};
        fields_of<View>::visit(empty, [&](std::string_view path, const auto& field, how read) {
            if (random_.chance(0.1)) return;
            const auto dot = path.find('.');
            auto& values = dot == std::string_view::npos ? mine.own : mine.inner[std::string(path.substr(0, dot))];
            values.try_emplace(std::string(dot == std::string_view::npos ? path : path.substr(dot + 1)),
                               value(field, read, depth));
        });
        if (random_.chance(0.3)) mine.own.try_emplace("nobody_documented_this", R"({"a":[1,{"b":null}]})");
        for (auto& [key, values] : mine.inner) mine.own.try_emplace(key, written(values));
        return written(mine.own);
    }

private:
    struct keys {
        std::map<std::string, std::string> own;
        std::map<std::string, std::map<std::string, std::string>> inner;
    };
    static std::string written(const std::map<std::string, std::string>& values) {
        discord::json_writer w;
        w.begin_object();
        for (const auto& [key, json] : values) w.raw_field(key, json);
        w.end_object();
        return std::move(w).take();
    }

    template <class T>
    std::string value(const T& field, how read, int depth) {
        if (random_.chance(0.08)) return odd();
        if (read == how::raw) return random_.chance(0.5) ? R"({"x": [1, "two", null]})" : number();
        if (read == how::map) return map(field, depth);
        return plain(field, depth);
    }
    /// What is there and should not be.
    std::string odd() {
        static constexpr const char* pieces[] = {"null",
                                                 "[]",
                                                 "{}",
                                                 "true",
                                                 "\"\"",
                                                 "-1",
                                                 "7",
                                                 "\"7\"",
                                                 "\"no number\"",
                                                 "99999999999",
                                                 "\"18446744073709551615\"",
                                                 "[null]",
                                                 "{\"id\":null}"};
        return pieces[random_.below(std::size(pieces))];
    }
    std::string number() {
        const auto drawn = random_.chance(0.5) ? random_.below(100) : random_.next() >> random_.below(64);
        return random_.chance(0.3) ? "\"" + std::to_string(drawn) + "\"" : std::to_string(drawn);
    }
    std::string words() {
        static constexpr const char* pieces[] = {
            "a", "guild", "\\\"", "\\n", "\xC3\xA9", "\\u00e9", "\\ud83d\\ude00", "\xF0\x9F\x98\x80", "\\/", " ", "\\u0000"};
        std::string out = "\"";
        for (auto n = random_.below(8); n > 0; --n) out += pieces[random_.below(std::size(pieces))];
        return out + "\"";
    }
    std::string plain(bool, int) { return random_.chance(0.5) ? "true" : "false"; }
    template <class T>
        requires std::is_integral_v<T> || std::is_enum_v<T>
    std::string plain(T, int) {
        return number();
    }
    std::string plain(double, int) { return random_.chance(0.5) ? "0.25" : "\"1.5\""; }
    std::string plain(std::string_view, int) { return words(); }
    std::string plain(timestamp, int) { return R"("2026-08-06T11:31:01.000000+00:00")"; }
    template <class Tag>
    std::string plain(snowflake<Tag>, int) {
        return number();
    }
    template <class E>
    std::string plain(flag_set<E>, int) {
        return number();
    }
    template <class Unit>
    std::string plain(std::chrono::duration<std::int64_t, Unit>, int) {
        return number();
    }
    template <class Duration>
    std::string plain(std::chrono::sys_time<Duration>, int) {
        return number();
    }
    template <class T>
    std::string plain(const std::optional<T>&, int depth) {
        return plain(T{}, depth);
    }
    template <class View>
        requires std::is_class_v<View>
    std::string plain(const View&, int depth) {
        return depth > 0 ? object<View>(depth - 1) : "{}";
    }
    template <class View>
    std::string plain(const View*, int depth) {
        return depth > 0 ? object<View>(depth - 1) : "null";
    }
    template <class T>
    std::string plain(std::span<const T>, int depth) {
        std::string out = "[";
        for (auto n = depth > 0 ? random_.below(3) : 0; n > 0; --n) out += (out.size() > 1 ? "," : "") + plain(T{}, depth - 1);
        return out + "]";
    }
    template <class T>
    std::string map(const std::span<const T>&, int depth) {
        discord::json_writer w;
        w.begin_object();
        for (auto n = random_.below(3); n > 0; --n)
            w.raw_field(std::to_string(n * 1000 + random_.below(1000)), plain(T{}, depth - 1));
        w.end_object();
        return std::move(w).take();
    }
    template <class T>
    std::string map(const T&, int) {
        return "{}";
    }

    random_source random_;
};

}  // namespace shoal::test
