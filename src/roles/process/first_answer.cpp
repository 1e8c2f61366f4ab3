#include "roles/process/first_answer.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "roles/process/exit_reasons.hpp"

namespace shoal::roles {
namespace {

/// Waits for the first of two descriptors; true if it is the second.
bool wait_for(int wanted, int give_up) {
    pollfd ends[2] = {{wanted, POLLIN, 0}, {give_up, POLLIN, 0}};
    for (;;) {
        const int ready = ::poll(ends, give_up < 0 ? 1 : 2, -1);
        if (ready < 0 && errno == EINTR) continue;
        return ends[0].revents == 0;
    }
}

/// One question with its repetitions; lives as long as somebody waits for it, or it waits itself.
class question : public std::enable_shared_from_this<question> {
public:
    question(scheduler& on, const host::gateway_bot_source& source, duration patience, const logger& log)
        : on_(on), source_(source), patience_(patience), log_(log) {}
    ~question() { ::close(descriptor_); }
    question(const question&) = delete;
    question& operator=(const question&) = delete;

    void attempt() {
        source_([self = shared_from_this()](host::gateway_bot_answer answer) { self->answered(std::move(answer)); });
    }
    /// Becomes readable with the answer.
    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
    [[nodiscard]] result<host::gateway_bot> take() {
        const std::lock_guard lock(mutex_);
        return std::move(*answer_);
    }

private:
    void answered(host::gateway_bot_answer answer) {
        if (answer.what || !may_pass(answer.what.error())) return settle(std::move(answer.what));
        const auto now = on_.now();
        if (attempts_++ == 0) first_failure_ = now;
        const bool has_answered = discord_is_unwell(answer.what.error());
        if (!has_answered && now - first_failure_ >= patience_) return settle(std::move(answer.what));
        const auto wait = host::wait_before_retry(attempts_, answer.retry_after);
        auto why = answer.what.error().message();
        if (why != last_why_ || now - told_at_ >= std::chrono::minutes(1)) {
            log_.warn("Discord's API did not answer, trying again", {{"why", why}, {"in", fmt::format("{} ms", to_ms(wait))}});
            last_why_ = std::move(why);
            told_at_ = now;
        }
        const auto when = has_answered ? now + wait : std::min(now + wait, first_failure_ + patience_);
        on_.wake_at(when, [weak = weak_from_this()] {
            if (const auto self = weak.lock()) self->attempt();
        });
    }
    void settle(result<host::gateway_bot> what) {
        {
            const std::lock_guard lock(mutex_);
            answer_ = std::move(what);
        }
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(descriptor_, &one, sizeof one);
    }

    scheduler& on_;
    const host::gateway_bot_source source_;
    const duration patience_;
    const logger log_;
    std::uint32_t attempts_ = 0;
    instant first_failure_{};
    std::string last_why_;  // And when it was told: the same again within a minute is not.
    instant told_at_{};
    const int descriptor_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    std::mutex mutex_;
    std::optional<result<host::gateway_bot>> answer_;
};

}  // namespace

std::optional<result<host::gateway_bot>> wait_for_first_answer(scheduler& on, const host::gateway_bot_source& source,
                                                               duration patience, const logger& log, int give_up_descriptor) {
    const auto asked = std::make_shared<question>(on, source, patience, log);
    on.post([asked] { asked->attempt(); });
    if (wait_for(asked->descriptor(), give_up_descriptor)) return std::nullopt;
    return asked->take();
}

}  // namespace shoal::roles
