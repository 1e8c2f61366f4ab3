#pragma once
// A front before the simulator's API that lies for a while, and then hands everything through: what a broken proxy, an edge or
// a captive portal does to a bot. Raw sockets, no library code of ours.
// Not here: the gateway's faults, which the simulator has itself.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace shoal::system_test {

/// How it answers; each repeats what was asked, headers included, wherever there is room: no line of a log may show that.
enum class lie : std::uint8_t {
    page,             ///< 200 with HTML.
    page_of_failure,  ///< 502 with HTML.
    nothing,          ///< 200 without a body.
    other_json,       ///< 200 with JSON that nobody asked for.
    garbage,          ///< No HTTP at all.
    endless_chunks,   ///< Chunks without end, as fast as they are read.
    endless_body,     ///< No length, and never closed.
    ten_gigabytes,    ///< Announced.
    too_short,        ///< Less than announced, then closed.
    too_long,         ///< More than announced.
    header_storm,     ///< Headers without end.
    interim_storm,    ///< 103 without end.
    redirect,         ///< To another host.
    refusal,          ///< 400 with JSON whose message is the path.
    trickle,          ///< A byte now and then.
};
inline constexpr std::size_t lies = 15;
[[nodiscard]] std::string_view name_of(lie what) noexcept;

class bad_api {
public:
    /// Before `api_base`, which is plain HTTP on this machine.
    explicit bad_api(const std::string& api_base);
    ~bad_api();
    bad_api(const bad_api&) = delete;
    bad_api& operator=(const bad_api&) = delete;

    [[nodiscard]] const std::string& api_base() const noexcept;
    /// The next `times` requests whose path has `part` in it are answered so, and go no further.
    void answer_with(lie what, int times, std::string_view part);
    /// How many lies were told.
    [[nodiscard]] int told() const;
    /// The paths that were asked for.
    [[nodiscard]] std::vector<std::string> paths() const;

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace shoal::system_test
