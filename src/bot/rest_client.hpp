#pragma once
// REST: the limiter's driver over an HTTP client, on one thread for all of a bot. Any thread with a scheduler may ask; the answer
// comes back to it.
// Not here: when calls go out (src/rest), what bodies mean (calls.hpp).

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/logger.hpp"
#include "base/scheduler.hpp"
#include "base/secret.hpp"
#include "rest/limiter.hpp"
#include "rest/route.hpp"
#include "shoal/rest.hpp"
#include "shoal/task.hpp"

namespace shoal::net {
class body_source;
class http_client;
}  // namespace shoal::net
namespace shoal::host {
class bad_answer_log;
}

namespace shoal::runtime {

struct rest_options {
    scheduler* on = nullptr;
    net::http_client* http = nullptr;
    std::string api_base;
    secret token;
    std::string user_agent;
    logger log;
    rest::limiter_policy limits;
    /// Told on `on` of every wait and every 429.
    std::function<void(const rest_notice&)> told;
    std::shared_ptr<host::bad_answer_log> bad;  ///< Of the same scheduler; empty: bad answers are not counted.
};

struct rest_call {
    rest::route where;
    std::string body = {};                              ///< JSON, or empty.
    std::shared_ptr<net::body_source> large_body = {};  ///< In place of it,
    std::string content_type = {};                      ///< of this type.
    std::string reason = {};                            ///< For the audit log.
    duration within = std::chrono::seconds(30);
};

class rest_client {
public:
    explicit rest_client(rest_options options);
    ~rest_client();

    /// The body of a 2xx answer. Lazy; awaited on a thread with a scheduler (else it resumes on REST's own). If the frame that
    /// waits is destroyed, a call that has not gone out never will; one that has is left to end, since what its answer says of
    /// the limits is wanted.
    [[nodiscard]] task<result<std::string>> ask(rest_call what);
    /// Another part of the bot's global limit from now on. On REST's thread.
    void set_pace(const rest::pace& what);
    /// What is made of it now. On REST's thread.
    [[nodiscard]] rest::pace_use pace_use() const;
    /// As of the last change. From any thread.
    [[nodiscard]] rest_status status() const;
    /// Refuses everything that waits and everything to come; answers on their way are dropped. From any thread.
    void close();
    [[nodiscard]] scheduler& on() const noexcept;

private:
    struct impl;
    std::shared_ptr<impl> impl_;
};

}  // namespace shoal::runtime
