#pragma once
// What went wrong, as a value (failure, result) and, at the edge of a bot's own code, as an exception (error).
// Not here: the codes themselves; each room of the library has one enum of its own.

#include <concepts>
#include <exception>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace shoal {
inline namespace v0 {

/// An enum whose values say what went wrong in one room: `errc_room(e)` names the room, `errc_text(e)` the meaning.
template <class E>
concept errc_enum = std::is_enum_v<E> && requires(E e) {
    { errc_room(e) } -> std::convertible_to<std::string_view>;
    { errc_text(e) } -> std::convertible_to<std::string_view>;
};

/// A failure: a code of one room and a detail for people. It never holds a token or another secret.
class failure {
public:
    template <errc_enum E>
    failure(E code,
            std::string detail = {})  // NOLINT(google-explicit-constructor): `return std::unexpected(errc::x)` reads well.
        : room_(errc_room(code)), text_(errc_text(code)), code_(static_cast<int>(code)), detail_(std::move(detail)) {}

    /// True if this failure is exactly `code`.
    template <errc_enum E>
    [[nodiscard]] bool is(E code) const noexcept {
        return code_ == static_cast<int>(code) && room_ == errc_room(code);
    }
    [[nodiscard]] std::string_view room() const noexcept { return room_; }
    [[nodiscard]] std::string_view text() const noexcept { return text_; }
    [[nodiscard]] int code() const noexcept { return code_; }
    [[nodiscard]] const std::string& detail() const noexcept { return detail_; }
    /// One line: "net: connection refused: 127.0.0.1:443".
    [[nodiscard]] std::string message() const {
        std::string line;
        line.append(room_).append(": ").append(text_);
        if (!detail_.empty()) line.append(": ").append(detail_);
        return line;
    }

private:
    std::string_view room_;  // static storage
    std::string_view text_;  // static storage
    int code_ = 0;
    std::string detail_;
};

/// A value or the reason why there is none.
template <class T = void>
using result = std::expected<T, failure>;

/// What `co_await` throws in a bot's code when a call failed.
class error : public std::exception {
public:
    explicit error(failure why) : why_(std::move(why)), line_(why_.message()) {}
    [[nodiscard]] const failure& why() const noexcept { return why_; }
    [[nodiscard]] const char* what() const noexcept override { return line_.c_str(); }

private:
    failure why_;
    std::string line_;
};

}  // namespace v0
}  // namespace shoal
