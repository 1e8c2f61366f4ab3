#pragma once
// How a websocket begins: the request that asks an HTTP server for it, and whether its answer agrees. For websocket.cpp only.
// Source: RFC 6455, section 4.1.

#include <string>
#include <string_view>

#include "net/http_answer.hpp"
#include "shoal/error.hpp"

namespace shoal::net {

class websocket_upgrade {
public:
    websocket_upgrade(std::string_view authority, std::string_view target, std::string_view user_agent);

    [[nodiscard]] const std::string& request() const noexcept { return request_; }
    /// What the server says goes in here; its body, if it has one, is not waited for.
    [[nodiscard]] http_answer_reader& answer() noexcept { return answer_; }
    /// Once the answer is done. Takes it: errc::upgrade_refused with the status, or errc::protocol_broken.
    [[nodiscard]] result<void> agreed();

private:
    std::string key_;
    std::string request_;
    http_answer_reader answer_;
};

}  // namespace shoal::net
