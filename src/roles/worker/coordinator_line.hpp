#pragma once
// A worker's stream to its coordinator: opened, greeted with the proofs of token and intents, and then carrying messages both
// ways. Not here: when it is opened and what is said (cluster/worker_session.hpp).

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/scheduler.hpp"
#include "base/secret.hpp"
#include "base/task_group.hpp"
#include "cluster/messages.hpp"
#include "roles/worker/line_end.hpp"
#include "rpc/dialer.hpp"
#include "wire/bad_messages.hpp"
#include "wire/joining.hpp"

namespace shoal::roles {

class coordinator_line {
public:
    struct events {
        /// The coordinator has shown that it holds the same token, and waits for register_ask.
        std::function<void()> opened;
        std::function<void(cluster::to_worker)> received;
        /// The end, told once a stream, never inside of a call.
        std::function<void(line_end how)> closed;
    };
    /// All on `on`'s thread; `dialer` outlives it.
    coordinator_line(scheduler& on, rpc::dialer& dialer, secret token, std::uint64_t intents, cluster::process_id process,
                     cluster::incarnation which, events to);
    ~coordinator_line();
    coordinator_line(const coordinator_line&) = delete;
    coordinator_line& operator=(const coordinator_line&) = delete;

    /// Leaves the stream before, if there is one.
    void open(const std::string& address);
    /// Proofs are added to register_ask here. Dropped where no stream is open.
    void say(cluster::to_coordinator what);
    /// Without a word to `closed`. What was said before is still sent if the other side takes it soon.
    void close();
    /// What coordinators said that could not be read, or was of a kind that only a newer version knows.
    [[nodiscard]] const wire::bad_messages& bad() const noexcept { return bad_; }

private:
    [[nodiscard]] task<> run(std::string address, std::uint64_t turn);
    [[nodiscard]] task<result<void>> serve(const std::string& address, std::uint64_t turn, bool& other_token);

    scheduler& on_;
    rpc::dialer& dialer_;
    const secret token_;
    const std::uint64_t intents_;
    const cluster::process_id process_;
    const cluster::incarnation incarnation_;
    events to_;

    std::string address_;     // Last dialed.
    std::uint64_t turn_ = 0;  // Of the stream that counts; what an older one says is not heard.
    std::unique_ptr<rpc::stream> stream_;
    std::optional<wire::worker_joining> joining_;  // Of the stream that counts.
    std::unique_ptr<task_group> running_;
    wire::bad_messages bad_;
    std::shared_ptr<coordinator_line*> self_;  // Emptied when this goes.
};

}  // namespace shoal::roles
