#include "system/support/raw_coordinator.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <chrono>
#include <future>
#include <utility>

#include "net/io_thread.hpp"
#include "rpc/server.hpp"
#include "trust/node_files.hpp"
#include "wire/codec.hpp"
#include "wire/joining.hpp"
#include "wire/methods.hpp"

namespace shoal::system_test {

struct raw_coordinator::state {
    net::io_thread thread{"test-coordinator"};
    std::unique_ptr<rpc::server> server;
    std::string token;
    std::function<std::vector<std::string>(int)> says;
    int registrations = 0;  // Of the thread.

    task<result<void>> serve(rpc::stream& stream) {
        auto first = co_await stream.receive();
        if (!first) co_return result<void>{};
        const auto hello = wire::decode_from_worker(*first);
        wire::coordinator_joining joining{secret(token), 0};
        (void)stream.send(wire::encode(joining.hear(std::get<wire::worker_hello>(*hello))));
        auto second = co_await stream.receive();
        if (!second) co_return result<void>{};
        for (auto& message : says(registrations++)) (void)stream.send(std::move(message));
        for (;;) {
            auto more = co_await stream.receive();
            if (!more) co_return result<void>{};
            const auto said = wire::decode_from_worker(*more);
            const auto* message = said ? std::get_if<cluster::to_coordinator>(&*said) : nullptr;
            const auto* beat = message != nullptr ? std::get_if<cluster::heartbeat>(message) : nullptr;
            if (beat == nullptr) continue;
            (void)stream.send(wire::encode(
                cluster::to_worker(cluster::heartbeat_ack{beat->number, cluster::leader_epoch{1}, std::chrono::seconds(3)})));
        }
    }
    template <class Job>
    void there(Job job) {
        std::promise<void> over;
        thread.post([&] {
            job();
            over.set_value();
        });
        over.get_future().wait();
    }
};

raw_coordinator::raw_coordinator(const std::string& certs, std::string token, std::function<std::vector<std::string>(int)> says)
    : state_(std::make_unique<state>()) {
    state_->token = std::move(token);
    state_->says = std::move(says);
    const auto self = trust::read_node(certs, std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
    REQUIRE_MESSAGE(self.has_value(), certs);
    state_->there([&] {
        rpc::served_calls calls;
        calls.streams.emplace(wire::attach_method, [me = state_.get()](rpc::stream& stream) { return me->serve(stream); });
        rpc::server_options options;
        options.listen = rpc::listen_endpoint("127.0.0.1:0").value();
        // What is too large for the other side goes out here.
        options.limits.largest_sent_bytes *= 4;
        state_->server = rpc::server::start(state_->thread, *self, std::move(options), std::move(calls)).value();
    });
}

raw_coordinator::~raw_coordinator() {
    state_->there([this] { state_->server.reset(); });
    state_->thread.stop();
    state_->thread.join();
}

std::string raw_coordinator::url() const { return fmt::format("https://127.0.0.1:{}", state_->server->port()); }

}  // namespace shoal::system_test
