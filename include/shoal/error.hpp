#pragma once
// What went wrong, as a value (failure, result) and, at the edge of a bot's own code, as an exception (error).
// Not here: the codes themselves; each room of the library has one enum of its own.

#include <concepts>
#include <cstdint>
#include <exception>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shoal {
inline namespace v0 {

/// An enum whose values say what went wrong in one room: `errc_room(e)` names the room, `errc_text(e)` the meaning.
template <class E>
concept errc_enum = std::is_enum_v<E> && requires(E e) {
    { errc_room(e) } -> std::convertible_to<std::string_view>;
    { errc_text(e) } -> std::convertible_to<std::string_view>;
};

/// What Discord itself answered to a request that it did not carry out.
/// Source: https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
struct discord_error {
    /// One field of a request that Discord did not like (code 50035).
    struct field {
        std::string path;     ///< Where it stands in what was sent: "embeds.0.fields.3.name".
        std::string code;     ///< Discord's: "BASE_TYPE_REQUIRED".
        std::string message;  ///< For people.
    };
    std::uint16_t status = 0;  ///< Of HTTP.
    std::int64_t code = 0;     ///< Discord's JSON code, such as 50013 (missing permissions); 0: it sent none.
    std::string message;       ///< Discord's sentence; empty if it sent none.
    std::vector<field> fields = {};
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
    /// What Discord answered, if it is what failed the call; else nullptr. Lives as long as a copy of this failure.
    [[nodiscard]] const discord_error* discord() const noexcept { return discord_.get(); }
    /// True if Discord answered with this JSON code.
    [[nodiscard]] bool has_discord_code(std::int64_t code) const noexcept {
        return discord_ != nullptr && discord_->code == code;
    }
    /// The same failure with Discord's answer behind it.
    [[nodiscard]] failure with(std::shared_ptr<const discord_error> answer) && {
        discord_ = std::move(answer);
        return std::move(*this);
    }
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
    std::shared_ptr<const discord_error> discord_;
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
