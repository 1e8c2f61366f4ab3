#pragma once
// GET /gateway/bot: where the gateway is, how many shards Discord wants, and what is left of the identify budget [1.1, 1.2].
// Not here: other REST routes (src/rest), what the budget allows (budget/identify_governor.hpp).

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/logger.hpp"
#include "base/scheduler.hpp"
#include "base/secret.hpp"
#include "budget/identify_governor.hpp"
#include "host/bad_answer.hpp"
#include "net/http_client.hpp"
#include "shoal/error.hpp"

namespace shoal::host {

struct gateway_bot {
    std::string url;
    std::uint32_t shards = 1;  ///< Discord's recommendation.
    budget::session_start_limit limit;
};

/// One attempt's end.
struct gateway_bot_answer {
    result<gateway_bot> what;
    duration retry_after{};  ///< Discord said to wait so long; 0: it said nothing.
    /// Trying again cannot help: the token is wrong.
    [[nodiscard]] bool fatal() const noexcept;
};

/// One attempt. Called on one scheduler's thread; answers come there, never inside the call. The real one is
/// gateway_bot_over_http(); a simulation has its own.
using gateway_bot_source = std::function<void(std::function<void(gateway_bot_answer)>)>;

/// What a status, the headers and a body say.
[[nodiscard]] gateway_bot_answer read_gateway_bot(const net::http_response& response);

/// `http` must outlive the source. `api_base` is like "https://discord.com/api/v10". Answers that cannot be are counted in `bad`,
/// if there is one.
[[nodiscard]] gateway_bot_source gateway_bot_over_http(net::http_client& http, std::string api_base, secret token,
                                                       std::string user_agent, std::shared_ptr<bad_answer_log> bad = {});

/// How long to wait before attempt `attempt` (1 is the first repetition): 1 s doubling to 60 s, or longer if Discord said so.
[[nodiscard]] duration wait_before_retry(std::uint32_t attempt, duration retry_after) noexcept;

/// Asks until there is an answer or trying cannot help. `on` must be the source's scheduler; `done` is called on it. Destroying
/// the object gives up.
class bootstrap {
public:
    bootstrap(scheduler& on, gateway_bot_source source, logger log);
    ~bootstrap();
    bootstrap(const bootstrap&) = delete;
    bootstrap& operator=(const bootstrap&) = delete;

    /// On the scheduler's thread, once.
    void start(std::function<void(result<gateway_bot>)> done);

private:
    void attempt();
    void answered(gateway_bot_answer answer);

    scheduler& on_;
    gateway_bot_source source_;
    logger log_;
    std::function<void(result<gateway_bot>)> done_;
    std::uint32_t attempts_ = 0;
    timer_id timer_ = timer_id::none;
    std::shared_ptr<bootstrap*> self_;  // emptied when this object goes
};

}  // namespace shoal::host
