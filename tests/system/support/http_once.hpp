#pragma once
// One plain HTTP exchange with a port on this machine, blocking: what driving the simulator needs. No library code of ours in it.

#include <cstdint>
#include <string>
#include <string_view>

namespace shoal::system_test {

struct http_answer {
    int status = 0;  ///< 0: nobody answered.
    std::string body;
};

/// `base` is "http://127.0.0.1:1234"; `header` is one more line ("Authorization: Bearer x").
[[nodiscard]] http_answer http_once(std::string_view method, std::string_view base, std::string_view target,
                                    std::string_view body = {}, std::string_view header = {});

}  // namespace shoal::system_test
