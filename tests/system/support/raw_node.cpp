#include "system/support/raw_node.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <future>
#include <utility>

#include "base/task_group.hpp"
#include "net/io_thread.hpp"
#include "rpc/dialer.hpp"
#include "trust/node_files.hpp"
#include "wire/methods.hpp"

namespace shoal::system_test {

namespace {
// Longer than any bound of the other side's.
constexpr auto patience = 60s;
const trust::role_set any_role(trust::role::coordinator, trust::role::worker, trust::role::operating);
}  // namespace

struct raw_node::state {
    net::io_thread thread{"test-node"};
    std::unique_ptr<rpc::dialer> dialer;
    std::unique_ptr<rpc::stream> stream;
    task_group running;
    rpc::endpoint to;

    template <class Job>
    auto there(Job job) {
        using value = std::invoke_result_t<Job>;
        auto got = std::make_shared<std::promise<value>>();
        auto future = got->get_future();
        thread.post([job = std::move(job), got]() mutable {
            if constexpr (std::is_void_v<value>) {
                job();
                got->set_value();
            } else {
                got->set_value(job());
            }
        });
        REQUIRE(future.wait_for(2 * patience) == std::future_status::ready);
        return future.get();
    }
    /// Runs what `make` gives to its end.
    template <class Make>
    auto await(Make make) {
        using value = typename std::invoke_result_t<Make>::value_type;
        auto got = std::make_shared<std::promise<value>>();
        auto future = got->get_future();
        thread.post([this, make = std::move(make), got]() mutable { running.start(deliver(std::move(make), got)); });
        REQUIRE(future.wait_for(2 * patience) == std::future_status::ready);
        return future.get();
    }
    template <class Make, class Value>
    static task<> deliver(Make make, std::shared_ptr<std::promise<Value>> got) {
        got->set_value(co_await make());
    }
};

raw_node::raw_node(const std::string& certs, const std::string& url) : state_(std::make_unique<state>()) {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const auto self = trust::read_node(certs, now);
    REQUIRE_MESSAGE(self.has_value(), certs);
    state_->to = rpc::dial_endpoint(url).value();
    rpc::dialer_options options;
    // What is too large for the other side goes out here.
    options.limits.largest_sent_bytes *= 4;
    options.limits.outbox_bytes *= 4;
    options.call_limits.largest_sent_bytes *= 4;
    state_->there([&] { state_->dialer = rpc::dialer::make(state_->thread, *self, options).value(); });
}

raw_node::~raw_node() {
    state_->there([this] {
        state_->stream.reset();
        state_->dialer.reset();
    });
    state_->thread.stop();
    state_->thread.join();
}

result<void> raw_node::attach() {
    return state_->await([me = state_.get()]() -> task<result<void>> {
        auto opened = co_await me->dialer->open(me->to, wire::attach_method, any_role, me->thread.now() + patience);
        if (!opened) co_return std::unexpected(opened.error());
        me->stream = std::move(*opened);
        co_return result<void>{};
    });
}

result<void> raw_node::send(std::string bytes) {
    return state_->there([me = state_.get(), &bytes] { return me->stream->send(std::move(bytes)); });
}

result<std::string> raw_node::receive(clock::duration within) {
    return state_->await([me = state_.get(), within]() -> task<result<std::string>> {
        return me->stream->receive(me->thread.now() + std::chrono::duration_cast<duration>(within));
    });
}

void raw_node::half_close() {
    state_->there([me = state_.get()] { me->stream->half_close(); });
}

result<std::string> raw_node::ask(std::string method, std::string request) {
    return state_->await([me = state_.get(), &method, &request]() -> task<result<std::string>> {
        return me->dialer->call(me->to, method, any_role, request, me->thread.now() + patience);
    });
}

}  // namespace shoal::system_test
