#include "rpc/dialer.hpp"

#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "base/assert.hpp"
#include "rpc/credentials.hpp"
#include "rpc/grpc_bytes.hpp"
#include "rpc/stream_core.hpp"

namespace shoal::rpc {
namespace {

/// More hosts than a fleet has coordinators and neighbours to move to: an old channel is let go, its streams go on.
constexpr std::size_t most_channels = 256;

class client_call;

/// The calls that gRPC's threads are not done with.
class call_book {
public:
    void add(const std::shared_ptr<client_call>& call);
    void remove(const client_call* call) {
        const std::lock_guard lock(mutex_);
        calls_.erase(call);
        if (calls_.empty()) empty_.notify_all();
    }
    [[nodiscard]] std::size_t count() const {
        const std::lock_guard lock(mutex_);
        return calls_.size();
    }
    void abandon_all();
    void wait_until_empty() {
        std::unique_lock lock(mutex_);
        empty_.wait(lock, [this] { return calls_.empty(); });
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable empty_;
    std::unordered_map<const client_call*, std::weak_ptr<client_call>> calls_;
};

class client_call final : public stream_core, public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
public:
    client_call(std::shared_ptr<wakeups> through, stream_limits limits, std::shared_ptr<grpc::Channel> channel,
                trust::role_set expected, call_book& book)
        : stream_core(std::move(through), limits),
          channel_(std::move(channel)),
          stub_(channel_),
          expected_(expected),
          book_(book) {}

    [[nodiscard]] bool owes_status() const noexcept override { return false; }
    void begin(const std::string& method) {
        self_ = std::static_pointer_cast<client_call>(shared_from_this());
        book_.add(self_);
        stub_.PrepareBidiStreamingCall(&context_, method, {}, this);
        // Until release(): reads and writes are started from other threads than gRPC's, and the call must not be over before
        // them.
        AddHold();
        StartCall();
    }

private:
    void OnReadInitialMetadataDone(bool ok) override {
        if (!ok) return told_not_open();
        auto who = identity_of(context_.auth_context().get(), context_.peer());
        if (who && !who->roles.meets(expected_)) {
            who = std::unexpected(failure(errc::wrong_role, "who answers at " + who->address + " is " + who->name +
                                                                ", with roles: " + text_of(who->roles)));
        }
        if (!who) {
            told_end(std::move(who).error());
            context_.TryCancel();
            return told_not_open();
        }
        peer_ = *std::move(who);
        told_open();
    }
    void OnReadDone(bool ok) override {
        if (ok && incoming_.Length() > largest_received_bytes()) return told_too_large(incoming_.Length());
        told_read(ok, ok ? text_of(incoming_) : std::string());
    }
    void OnWriteDone(bool ok) override { told_write(ok); }
    void OnDone(const grpc::Status& status) override {
        told_end(failure_of(status));
        told_over();
        const auto self = std::move(self_);
        book_.remove(this);  // Last: whoever waits for it may go on to destroy everything but this.
    }

    void start_read() override { StartRead(&incoming_); }
    void start_write(std::string message) override {
        outgoing_ = buffer_of(message);
        StartWrite(&outgoing_);
    }
    void start_close() override { StartWritesDone(); }
    void cancel() override { context_.TryCancel(); }
    void release() override { RemoveHold(); }

    std::shared_ptr<client_call> self_;
    std::shared_ptr<grpc::Channel> channel_;
    grpc::GenericStub stub_;
    grpc::ClientContext context_;
    grpc::ByteBuffer incoming_, outgoing_;
    const trust::role_set expected_;
    call_book& book_;
};

void call_book::add(const std::shared_ptr<client_call>& call) {
    const std::lock_guard lock(mutex_);
    calls_.emplace(call.get(), call);
}

void call_book::abandon_all() {
    std::vector<std::shared_ptr<client_call>> alive;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [key, call] : calls_) {
            if (auto one = call.lock()) alive.push_back(std::move(one));
        }
    }
    for (const auto& one : alive) one->abandon();
}

}  // namespace

struct dialer::impl {
    impl(scheduler& on, dialer_options with) : home(on), options(with), through(std::make_shared<wakeups>(on, duration{})) {}

    std::shared_ptr<grpc::Channel> channel_to(const endpoint& to) {
        auto& channel = channels[to.text()];
        if (channel) return channel;
        grpc::ChannelArguments arguments;
        for (const auto& [name, value] : message_arguments) arguments.SetInt(name, value);
        arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, static_cast<int>(to_ms(options.keepalive)));
        arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, static_cast<int>(to_ms(options.keepalive_timeout)));
        arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
        arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
        arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 2000);
        arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
        // A request for a move is not to be made twice by somebody who knows nothing of it.
        arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
        // Nodes are dialed where they are: by no proxy of the environment, and with no settings from the DNS.
        arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
        arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
        // A dialer with new certificates must not come upon a connection made with old ones.
        arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
        auto made = grpc::CreateCustomChannel(to.text(), credentials, arguments);
        if (channels.size() > most_channels) channels.clear();
        channels[to.text()] = made;
        return made;
    }

    task<result<std::unique_ptr<stream>>> open(endpoint to, std::string_view method, trust::role_set expected,
                                               stream_limits limits, instant deadline) {
        SHOAL_ASSERT(home.is_current());
        auto call = std::make_shared<client_call>(through, limits, channel_to(to), expected, book);
        call->begin(std::string(method));
        auto face = make_stream(call);
        auto taken = co_await call->opened(deadline);
        if (!taken) {
            if (taken.error().is(errc::timed_out))
                co_return std::unexpected(failure(errc::timed_out, to.text() + " did not take the call in time"));
            co_return std::unexpected(std::move(taken).error());
        }
        co_return face;
    }

    scheduler& home;
    dialer_options options;
    const std::shared_ptr<wakeups> through;
    std::shared_ptr<grpc::ChannelCredentials> credentials;
    std::map<std::string, std::shared_ptr<grpc::Channel>> channels;
    call_book book;
};

result<std::unique_ptr<dialer>> dialer::make(scheduler& on, const trust::node_identity& self, dialer_options options) {
    if (auto fine = prepare_grpc(); !fine) return std::unexpected(std::move(fine).error());
    auto inner = std::make_unique<impl>(on, options);
    inner->credentials = client_credentials(self.texts);
    return std::unique_ptr<dialer>(new dialer(std::move(inner)));
}

dialer::dialer(std::unique_ptr<impl> inner) : impl_(std::move(inner)) {}

dialer::~dialer() {
    impl_->through->stop();
    impl_->book.abandon_all();
    impl_->book.wait_until_empty();
}

void dialer::use(const trust::node_identity& self) {
    impl_->credentials = client_credentials(self.texts);
    impl_->channels.clear();
}

task<result<std::unique_ptr<stream>>> dialer::open(endpoint to, std::string_view method, trust::role_set expected,
                                                   instant deadline) {
    return impl_->open(std::move(to), method, expected, impl_->options.limits, deadline);
}

task<result<std::string>> dialer::call(endpoint to, std::string_view method, trust::role_set expected, std::string request,
                                       instant deadline) {
    auto stream = co_await impl_->open(std::move(to), method, expected, impl_->options.call_limits, deadline);
    if (!stream) co_return std::unexpected(std::move(stream).error());
    if (auto sent = (*stream)->send(std::move(request)); !sent) co_return std::unexpected(std::move(sent).error());
    (*stream)->half_close();
    auto answer = co_await (*stream)->receive(deadline);
    if (!answer) co_return std::unexpected(std::move(answer).error());
    // The answer counts when the other side has said that it was the whole of it.
    auto end = co_await (*stream)->receive(deadline);
    if (end) co_return std::unexpected(failure(errc::not_our_kind, "more than one answer"));
    if (!end.error().is(errc::finished)) co_return std::unexpected(std::move(end).error());
    co_return answer;
}

std::size_t dialer::open_calls() const { return impl_->book.count(); }

}  // namespace shoal::rpc
