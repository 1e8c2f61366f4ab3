#pragma once
// A bot on one real thread, with its workers beside it: for what blocks. Not here: virtual time (bot_fixture.hpp).

#include <doctest/doctest.h>

#include <algorithm>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bot/runtime.hpp"
#include "net/errc.hpp"
#include "net/http_client.hpp"
#include "net/io_thread.hpp"
#include "shoal/shoal.hpp"

namespace shoal::test {

using namespace std::chrono_literals;

/// Reads a request's whole body, however it comes, and answers with `status`; what it read is in `bodies`.
class reading_http final : public net::http_client {
public:
    std::vector<std::pair<net::http_request, std::string>> requests;  ///< With their bodies; on the shard's thread.
    void send(net::http_request request, answered on_answer) override {
        auto what = std::make_shared<exchange>(std::move(request), std::move(on_answer));
        if (what->request.large_body) what->request.large_body->rewind();
        read_on(what);
    }

private:
    struct exchange {
        net::http_request request;
        answered on_answer;
        std::string body;
    };
    void read_on(const std::shared_ptr<exchange>& what) {
        const auto& large = what->request.large_body;
        if (large == nullptr || what->body.size() >= large->size_bytes()) {
            if (large == nullptr) what->body = what->request.body;
            requests.emplace_back(what->request, what->body);
            return what->on_answer(net::http_response{200, {}, "{}"});
        }
        large->read(1000, [this, what](result<std::string> piece) {
            if (!piece) return what->on_answer(std::unexpected(failure(net::errc::body_failed, piece.error().message())));
            REQUIRE_FALSE(piece->empty());
            what->body += *piece;
            read_on(what);
        });
    }
};

class ignoring final : public host::event_guard::owner {
public:
    void event_done(std::uint64_t) noexcept override {}
};

/// A bot on one real shard thread.
struct threaded {
    net::io_thread shard_thread{"test-shard"};
    reading_http http;
    ignoring owner;
    std::unique_ptr<buffer_pool> pool = std::make_unique<buffer_pool>();
    shoal::bot bot;

    explicit threaded(bot_options options = {}) : bot(std::move(options)) {}
    ~threaded() {
        std::promise<void> drained;
        bot.inside().drain(10s, [&] { drained.set_value(); });
        drained.get_future().wait();
        bot.inside().close();
        std::promise<void> emptied;
        shard_thread.post([&] {
            CHECK(pool->lent() == 0);
            pool.reset();
            emptied.set_value();
        });
        emptied.get_future().wait();
        shard_thread.stop();
        shard_thread.join();
    }
    void open(unsigned workers = 2, std::size_t queue = 16) {
        runtime::runtime_setup setup;
        setup.rest_on = &shard_thread;
        setup.http = &http;
        setup.offload_threads = workers;
        setup.offload_queue = queue;
        REQUIRE(bot.inside().open(std::move(setup)));
    }
    void message(std::uint64_t seq) {
        shard_thread.post([this, seq] {
            constexpr std::string_view json = R"({"id":"1","channel_id":"2","content":"from the event"})";
            auto bytes = pool->take(json.size());
            std::copy(json.begin(), json.end(), bytes.room().begin());
            bytes.resize(json.size());
            host::dispatch event{{0, 1},
                                 seq,
                                 discord::event_kind::message_create,
                                 "MESSAGE_CREATE",
                                 bytes.view(),
                                 nullptr,
                                 bytes,
                                 host::delivery::fresh,
                                 host::event_guard(owner, seq)};
            bytes = {};
            CHECK(bot.inside().on_dispatch(std::move(event), host::guild_change::none));
        });
    }
};

}  // namespace shoal::test
