#pragma once
// Reading of one HTTP answer from bytes: Beast's parser, its limits and its ends. For the sources of this room only.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/errc.hpp"
#include "net/http_client.hpp"

namespace shoal::net {

class http_answer_reader {
public:
    struct problem {
        net::errc errc;
        std::string detail;
    };

    /// `no_body`: the answer to HEAD, whose Content-Length promises nothing.
    http_answer_reader(std::size_t largest_body, bool no_body);
    ~http_answer_reader();
    http_answer_reader(http_answer_reader&&) noexcept;
    http_answer_reader& operator=(http_answer_reader&&) noexcept;

    void feed(std::string_view bytes);
    /// The stream ended properly.
    void feed_end();
    [[nodiscard]] bool done() const noexcept;
    [[nodiscard]] const std::optional<problem>& failed() const noexcept;
    /// True if the connection may carry a further request.
    [[nodiscard]] bool keep_alive() const;
    /// True if bytes came that belong to no answer.
    [[nodiscard]] bool has_rest() const noexcept;
    /// Those bytes, once: what the peer says behind an upgrade.
    [[nodiscard]] std::string take_rest();
    /// Once done.
    [[nodiscard]] http_response take();

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace shoal::net
