#pragma once
// What tests of src/rpc share: nodes with certificates of one authority, each with a scheduler's thread of its own, and
// coroutines run to their end on it. Waiting has a deadline that only a hang reaches; nothing sleeps for luck.

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/task_group.hpp"
#include "net/io_thread.hpp"
#include "rpc/dialer.hpp"
#include "rpc/server.hpp"
#include "unit/trust/trust_fixture.hpp"

namespace shoal::rpc::testing {

using namespace std::chrono_literals;
using trust::role;
using trust::role_set;
using trust::testing::house;

inline constexpr auto patience = 60s;

/// The authority of the tests, made once.
inline const house& our_house() {
    static const house home(trust::testing::real_today());
    return home;
}

/// Waits until something on another thread has come about.
inline bool eventually(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(2ms);
    }
    return true;
}

/// A thread with tasks on it.
class thread_of_tasks {
public:
    explicit thread_of_tasks(const char* name) : io(name) {
        run([this] { group_.emplace(); });
    }
    ~thread_of_tasks() {
        run([this] { group_.reset(); });
    }
    /// Runs `job` there and hands its value over.
    template <class Job>
    std::invoke_result_t<Job> run(Job job) {
        using value = std::invoke_result_t<Job>;
        std::promise<value> promise;
        auto future = promise.get_future();
        io.post([&] {
            if constexpr (std::is_void_v<value>) {
                job();
                promise.set_value();
            } else {
                promise.set_value(job());
            }
        });
        REQUIRE(future.wait_for(patience) == std::future_status::ready);
        return future.get();
    }
    /// Starts the coroutine that `make` gives and leaves it running; it ends with this at the latest.
    template <class Make>
    void start(Make make) {
        io.post([this, make = std::move(make)]() mutable { group_->start(keep(std::move(make))); });
    }
    /// Runs the coroutine that `make` gives to its end.
    template <class Make>
    auto await(Make make) {
        using value = typename std::invoke_result_t<Make>::value_type;
        auto promise = std::make_shared<std::promise<value>>();
        auto future = promise->get_future();
        io.post([this, make = std::move(make), promise]() mutable { group_->start(deliver(std::move(make), promise)); });
        REQUIRE(future.wait_for(patience) == std::future_status::ready);
        return future.get();
    }
    /// Destroys what still runs; on the thread.
    void end_all() { group_.emplace(); }
    [[nodiscard]] instant in(duration much) const { return io.now() + much; }
    net::io_thread io;

private:
    // The lambda lives in the frame for as long as its coroutine does.
    template <class Make>
    static task<> keep(Make make) {
        co_await make();
    }
    template <class Make, class Value>
    static task<> deliver(Make make, std::shared_ptr<std::promise<Value>> promise) {
        if constexpr (std::is_void_v<Value>) {
            co_await make();
            promise->set_value();
        } else {
            promise->set_value(co_await make());
        }
    }
    std::optional<task_group> group_;
};

/// A node that dials.
struct client_node {
    explicit client_node(role_set roles, const house& home = our_house(), dialer_options options = {}) : thread("test-client") {
        thread.run([&] { dial = dialer::make(thread.io, home.identity(roles, "client"), options).value(); });
    }
    ~client_node() {
        thread.run([&] { dial.reset(); });
    }
    thread_of_tasks thread;
    std::unique_ptr<dialer> dial;
};

/// A test's own calls: a stream and a request, for workers and operators.
inline const std::vector<wire::declared_method> test_methods{
    {"/test.Node/Stream", true}, {"/test.Node/Ask", false}, {"/test.Node/Closed", false}};
inline const std::vector<method_rule> test_rules{{"/test.Node/Stream", role_set(role::worker)},
                                                 {"/test.Node/Ask", role_set(role::worker, role::operating)},
                                                 {"/test.Node/Closed", role_set(role::operating)}};

/// Sends everything back until the other side has no more to say.
inline task<result<void>> echo(stream& with) {
    for (;;) {
        auto message = co_await with.receive();
        if (!message) co_return message.error().is(errc::finished) ? result<void>{} : std::unexpected(message.error());
        if (auto sent = with.send(*std::move(message)); !sent) co_return sent;
    }
}

/// A node that listens: a coordinator, unless something else is said.
struct server_node {
    explicit server_node(stream_handler on_stream = &echo, const std::function<void(server_options&)>& change = {},
                         role_set roles = role_set(role::coordinator), const house& home = our_house())
        : thread("test-server") {
        server_options options;
        options.listen = listen_endpoint("127.0.0.1:0").value();
        options.declared = test_methods;
        options.rules = test_rules;
        if (change) change(options);
        served_calls what;
        what.streams["/test.Node/Stream"] = std::move(on_stream);
        const auto answer = [](const peer_identity& peer, std::string request) -> task<result<std::string>> {
            if (request == "fail") co_return std::unexpected(failure(errc::refused, "not today"));
            if (request == "large") co_return std::string(wire::most_answer_bytes, 'x');
            if (request == "too large") co_return std::string(wire::most_answer_bytes + 1, 'x');
            if (request == "misread") co_return std::unexpected(failure(errc::malformed, "field shard"));
            co_return request + " from " + peer.name;
        };
        what.calls["/test.Node/Ask"] = answer;
        what.calls["/test.Node/Closed"] = answer;
        face = server::start(thread.io, home.identity(roles, "server"), std::move(options), std::move(what)).value();
        at = dial_endpoint("https://127.0.0.1:" + std::to_string(face->port())).value();
    }
    ~server_node() { stop(); }
    void stop() {
        thread.run([&] { face.reset(); });
    }
    thread_of_tasks thread;
    std::unique_ptr<server> face;
    endpoint at;
};

/// One request from a client to a server that should be a coordinator.
inline result<std::string> ask(client_node& from, const endpoint& at, std::string request,
                               std::string_view method = "/test.Node/Ask", role_set expected = role_set(role::coordinator),
                               duration within = patience) {
    return from.thread.await([&, request]() -> task<result<std::string>> {
        return from.dial->call(at, method, expected, request, from.thread.in(within));
    });
}

}  // namespace shoal::rpc::testing
