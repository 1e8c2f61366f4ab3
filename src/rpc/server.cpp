#include "rpc/server.hpp"

#include <grpc/grpc.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "base/assert.hpp"
#include "base/task_group.hpp"
#include "rpc/credentials.hpp"
#include "rpc/grpc_bytes.hpp"
#include "rpc/stream_core.hpp"

namespace shoal::rpc {
namespace {

class server_call;

/// A call that nobody serves, answered at once.
class refusal final : public grpc::ServerGenericBidiReactor {
public:
    explicit refusal(const failure& why) { Finish(status_of(why)); }
    void OnDone() override { delete this; }
};

}  // namespace

struct server::impl : std::enable_shared_from_this<server::impl> {
    impl(scheduler& on, const trust::node_identity& self, server_options with, served_calls served)
        : home(on),
          options(std::move(with)),
          what(std::move(served)),
          certificates(self.texts),
          service(*this),
          through(std::make_shared<wakeups>(on, options.gather)) {}

    struct generic final : grpc::CallbackGenericService {
        explicit generic(impl& to) : owner(to) {}
        grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override {
            return owner.take_call(*context);
        }
        impl& owner;
    };

    grpc::ServerGenericBidiReactor* take_call(grpc::GenericCallbackServerContext& context);
    [[nodiscard]] result<peer_identity> admit(const grpc::GenericCallbackServerContext& context);
    void serve(const std::shared_ptr<server_call>& call, const std::string& method);
    task<> run(std::shared_ptr<server_call> call, std::string method);
    void forget(const server_call* call);
    void count_too_large();
    void end_all();

    scheduler& home;
    const server_options options;
    const served_calls what;
    certificate_source certificates;
    generic service;
    const std::shared_ptr<wakeups> through;
    std::unique_ptr<listener> port;
    std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor;
    std::unique_ptr<grpc::Server> grpc_server;
    std::optional<task_group> handlers{std::in_place};  // Of the scheduler's thread.

    std::mutex mutex;
    std::unordered_map<const server_call*, std::weak_ptr<server_call>> calls;
    bool closing = false;
    server_counts counts;
};

namespace {

class server_call final : public stream_core, public grpc::ServerGenericBidiReactor {
public:
    server_call(std::shared_ptr<wakeups> through, stream_limits limits, grpc::GenericCallbackServerContext& context,
                peer_identity who, server::impl& owner)
        : stream_core(std::move(through), limits), context_(context), owner_(owner) {
        peer_ = std::move(who);
    }
    [[nodiscard]] bool owes_status() const noexcept override { return true; }
    void begin() {
        self_ = std::static_pointer_cast<server_call>(shared_from_this());
        // The caller is told at once that its call was taken: it says nothing before.
        StartSendInitialMetadata();
    }
    /// The handler's last word; set before the end of writing.
    void end_with(const result<void>& how) { status_ = how ? grpc::Status::OK : status_of(how.error()); }

private:
    void OnSendInitialMetadataDone(bool) override { told_open(); }
    void OnReadDone(bool ok) override {
        if (!ok && context_.IsCancelled()) told_end(errc::cancelled);
        if (!ok) told_all_said();
        if (ok && incoming_.Length() > largest_received_bytes()) {
            owner_.count_too_large();
            return told_too_large(incoming_.Length());
        }
        told_read(ok, ok ? text_of(incoming_) : std::string());
    }
    void OnWriteDone(bool ok) override {
        if (!ok) told_end(errc::cancelled);
        told_write(ok);
    }
    void OnCancel() override { told_end(errc::cancelled); }
    void OnDone() override {
        told_end(errc::stopped);
        told_over();
        const auto self = std::move(self_);
        owner_.forget(this);
    }

    void start_read() override { StartRead(&incoming_); }
    void start_write(std::string message) override {
        outgoing_ = buffer_of(message);
        StartWrite(&outgoing_);
    }
    void start_close() override { Finish(status_); }
    void cancel() override { context_.TryCancel(); }
    void release() override {}

    std::shared_ptr<server_call> self_;
    grpc::GenericCallbackServerContext& context_;  // gRPC's; there until OnDone returns.
    server::impl& owner_;
    grpc::ByteBuffer incoming_, outgoing_;
    grpc::Status status_{grpc::CANCELLED, "the other side ended it"};
};

}  // namespace

result<peer_identity> server::impl::admit(const grpc::GenericCallbackServerContext& context) {
    auto who = identity_of(context.auth_context().get(), context.peer());
    if (!who) return who;
    port->proven(who->address);
    const std::lock_guard lock(mutex);
    const auto* const rule = rule_for(options.rules, context.method());
    if (rule != nullptr && !rule->callers.meets(who->roles)) {
        ++counts.wrong_role;
        return std::unexpected(failure(errc::wrong_role, context.method() + " is for " + text_of(rule->callers) +
                                                             "; the certificate of " + who->name + " says " +
                                                             text_of(who->roles)));
    }
    if (rule == nullptr || (!what.streams.contains(context.method()) && !what.calls.contains(context.method()))) {
        ++counts.unknown;
        return std::unexpected(failure(errc::unknown_method, "this node does not serve it"));
    }
    if (calls.size() >= options.most_calls) {
        ++counts.busy;
        return std::unexpected(failure(errc::busy, "this node has as many calls as it takes"));
    }
    if (closing) return std::unexpected(failure(errc::unreachable, "this node is stopping"));
    ++counts.calls;
    return *std::move(who);
}

grpc::ServerGenericBidiReactor* server::impl::take_call(grpc::GenericCallbackServerContext& context) {
    auto who = admit(context);
    if (!who) return new refusal(who.error());
    const auto limits = what.streams.contains(context.method()) ? options.limits : options.call_limits;
    auto call = std::make_shared<server_call>(through, limits, context, *std::move(who), *this);
    {
        const std::lock_guard lock(mutex);
        calls.emplace(call.get(), call);
    }
    call->begin();
    home.post([self = shared_from_this(), call, method = context.method()] { self->serve(call, method); });
    return call.get();
}

void server::impl::serve(const std::shared_ptr<server_call>& call, const std::string& method) {
    {
        const std::lock_guard lock(mutex);
        if (closing) return call->abandon();
    }
    handlers->start(run(call, method));
}

// A handler sees the stream's face, which ends the call when it goes; the last words get their time to be taken.
task<> server::impl::run(std::shared_ptr<server_call> call, std::string method) {
    const auto face = make_stream(call);
    result<void> how;
    if (const auto stream = what.streams.find(method); stream != what.streams.end()) {
        how = co_await stream->second(*face);
    } else {
        auto request = co_await face->receive(home.now() + options.request_patience);
        if (request) {
            auto answer = co_await what.calls.find(method)->second(face->peer(), *std::move(request));
            how = answer ? face->send(*std::move(answer)) : result<void>(std::unexpected(std::move(answer).error()));
        } else {
            how = std::unexpected(std::move(request).error());
        }
    }
    call->end_with(how);
    call->close_writing();
    co_await call->over(home.now() + options.linger);
}

void server::impl::forget(const server_call* call) {
    const std::lock_guard lock(mutex);
    calls.erase(call);
}

void server::impl::count_too_large() {
    const std::lock_guard lock(mutex);
    ++counts.too_large;
}

void server::impl::end_all() {
    {
        const std::lock_guard lock(mutex);
        closing = true;
    }
    port->stop();
    through->stop();
    handlers.reset();  // Every handler's frame goes, and with it its stream.
    std::vector<std::shared_ptr<server_call>> left;
    {
        const std::lock_guard lock(mutex);
        for (const auto& [key, call] : calls) {
            if (auto one = call.lock()) left.push_back(std::move(one));
        }
    }
    for (const auto& one : left) one->abandon();
    grpc_server->Shutdown(std::chrono::system_clock::now());
    grpc_server->Wait();
}

result<std::unique_ptr<server>> server::start(scheduler& on, const trust::node_identity& self, server_options options,
                                              served_calls what) {
    if (auto fine = check_rules(options.declared, options.rules); !fine) return std::unexpected(std::move(fine).error());
    if (auto fine = prepare_grpc(); !fine) return std::unexpected(std::move(fine).error());
    auto port = listener::open(options.listen, options.knocking);
    if (!port) return std::unexpected(std::move(port).error());

    auto inner = std::make_shared<impl>(on, self, std::move(options), std::move(what));
    const auto& with = inner->options;
    inner->port = *std::move(port);
    grpc::ServerBuilder builder;
    for (const auto& [name, value] : message_arguments) builder.AddChannelArgument(name, value);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, static_cast<int>(with.most_calls_per_connection));
    builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, static_cast<int>(to_ms(with.knocking.patience)));
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, static_cast<int>(to_ms(with.keepalive)));
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, static_cast<int>(to_ms(with.keepalive_timeout)));
    // Dead connections are found also when nothing is said on them, and when no call is open.
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5000);
    builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, 16 * 1024);
    builder.RegisterCallbackGenericService(&inner->service);
    inner->acceptor = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, server_credentials(inner->certificates));
    inner->grpc_server = builder.BuildAndStart();
    if (!inner->grpc_server) return std::unexpected(failure(errc::broken, "gRPC does not take this node's certificate"));
    inner->port->begin([acceptor = inner->acceptor.get()](int socket) {
        grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters taken;
        taken.listener_fd = -1;
        taken.fd = socket;
        acceptor->HandleNewConnection(&taken);
    });
    return std::unique_ptr<server>(new server(std::move(inner)));
}

server::server(std::shared_ptr<impl> inner) : impl_(std::move(inner)) {}

server::~server() {
    SHOAL_ASSERT(impl_->home.is_current());
    impl_->end_all();
}

std::uint16_t server::port() const noexcept { return impl_->port->port(); }

void server::use(const trust::node_identity& self) { impl_->certificates.use(self.texts); }

server_counts server::counts() const {
    const std::lock_guard lock(impl_->mutex);
    auto counts = impl_->counts;
    counts.knocking = impl_->port->counts();
    counts.open_calls = impl_->calls.size();
    return counts;
}

}  // namespace shoal::rpc
