#include "simulation/virtual_network.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <chrono>
#include <utility>

namespace shoal::simulation {

void virtual_http::send(net::http_request request, answered on_answer) {
    if (!request.url.ends_with("/gateway/bot")) return discord_.http(std::move(request), std::move(on_answer));
    if (time_.now() < *not_before_)
        discord_.watch().on_wrong(
            fmt::format("/gateway/bot asked {} ms before Discord's Retry-After was over", to_ms(*not_before_ - time_.now())));
    discord_.http(std::move(request), [&time = time_, until = not_before_,
                                       call = std::move(on_answer)](result<net::http_response> response) mutable {
        if (response && response->status == 429) {
            const auto seconds = boost::json::parse(response->body).as_object().at("retry_after").to_number<double>();
            *until = time.now() + std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
        }
        call(std::move(response));
    });
}

}  // namespace shoal::simulation
