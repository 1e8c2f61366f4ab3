#include "roles/coordinator/fleet_port.hpp"

#include <fmt/format.h>

#include <coroutine>
#include <optional>
#include <string>
#include <utility>

#include "wire/codec.hpp"
#include "wire/joining.hpp"

namespace shoal::roles {
namespace {

// A worker says its first two messages at once; one that does not is none.
constexpr duration join_patience = std::chrono::seconds(10);
// How late the end of a stream that the office closed is seen at the latest: a worker that lives says something every second.
constexpr duration close_look = std::chrono::seconds(5);

std::unexpected<failure> malformed(std::string_view what) {
    return std::unexpected(failure(rpc::errc::malformed, std::string(what)));
}

/// One worker's stream, attached to the office for as long as this lives.
class attached_line final : public worker_line {
public:
    attached_line(office& where, rpc::stream& stream) : office_(where), stream_(stream), id_(where.attach(*this)) {}
    ~attached_line() {
        if (!closed_) office_.detach(id_);
    }
    attached_line(const attached_line&) = delete;
    attached_line& operator=(const attached_line&) = delete;

    [[nodiscard]] cluster::stream_id id() const noexcept { return id_; }
    [[nodiscard]] bool is_closed() const noexcept { return closed_; }
    /// Why this side ends it: a failure if the worker did not take what was said.
    [[nodiscard]] result<void> verdict() const { return verdict_; }

    void say(const cluster::to_worker& what) override {
        if (!verdict_) return;
        // A worker that does not read is one that is not there: its stream ends, its lease goes on.
        verdict_ = stream_.send(wire::encode(what));
    }
    void close(std::string_view) override { closed_ = true; }

private:
    office& office_;
    rpc::stream& stream_;
    cluster::stream_id id_;
    bool closed_ = false;
    result<void> verdict_;
};

/// The first two messages, with the worker's proofs checked: what the office is told.
task<result<cluster::register_ask>> join(scheduler& on, rpc::stream& stream, const join_secrets& secrets) {
    auto first = co_await stream.receive(on.now() + join_patience);
    if (!first) co_return std::unexpected(std::move(first).error());
    auto hello = wire::decode_from_worker(*first);
    if (!hello) co_return std::unexpected(std::move(hello).error());
    const auto* who = std::get_if<wire::worker_hello>(&*hello);
    if (who == nullptr) co_return malformed("a stream begins with Hello");

    wire::coordinator_joining joining(secrets.token, secrets.intents);
    if (auto sent = stream.send(wire::encode(joining.hear(*who))); !sent) co_return std::unexpected(std::move(sent).error());

    auto second = co_await stream.receive(on.now() + join_patience);
    if (!second) co_return std::unexpected(std::move(second).error());
    auto said = wire::decode_from_worker(*second);
    if (!said) co_return std::unexpected(std::move(said).error());
    auto* message = std::get_if<cluster::to_coordinator>(&*said);
    auto* ask = message != nullptr ? std::get_if<cluster::register_ask>(message) : nullptr;
    if (ask == nullptr) co_return malformed("after Hello comes RegisterAsk");
    if (ask->process != who->process || ask->incarnation != who->incarnation) {
        co_return malformed("RegisterAsk is of another worker than Hello");
    }
    joining.judge(*ask);
    co_return std::move(*ask);
}

/// What the worker says, until its stream ends.
task<result<void>> hear(scheduler& on, office& where, rpc::stream& stream, attached_line& line) {
    for (;;) {
        if (!line.verdict()) co_return line.verdict();
        if (line.is_closed()) co_return result<void>{};
        auto bytes = co_await stream.receive(on.now() + close_look);
        if (!bytes) {
            if (bytes.error().is(rpc::errc::timed_out)) continue;
            if (bytes.error().is(rpc::errc::finished)) co_return result<void>{};
            co_return std::unexpected(std::move(bytes).error());
        }
        auto said = wire::decode_from_worker(*bytes);
        if (!said) co_return std::unexpected(std::move(said).error());
        auto* message = std::get_if<cluster::to_coordinator>(&*said);
        if (message == nullptr) co_return malformed("Hello comes once");
        where.said(line.id(), std::move(*message));
    }
}

task<result<void>> serve_worker(scheduler& on, office& where, death_probe& deaths, const join_secrets& secrets, const logger& log,
                                rpc::stream& stream) {
    auto ask = co_await join(on, stream, secrets);
    if (!ask) {
        log.warn("a worker's stream did not begin as it must",
                 {{"from", stream.peer().address}, {"certificate", stream.peer().name}, {"why", ask.error().message()}});
        co_return std::unexpected(std::move(ask).error());
    }
    const auto process = ask->process;
    const auto which = ask->incarnation;
    const auto listen_url = ask->listen_url;
    const bool proven_member = ask->token_proof == wire::proven;
    result<void> ended;
    bool closed_here = false;
    {
        attached_line line(where, stream);
        where.said(line.id(), std::move(*ask));
        ended = co_await hear(on, where, stream, line);
        closed_here = line.is_closed();
    }
    // Only of what calls from this host, and holds the token, is a port on this host believed to be its own.
    if (!closed_here && proven_member && stream.peer().address.starts_with("127.")) {
        deaths.look(listen_url,
                    [&where, process, which](std::string how) { where.death_proven(process, which, std::move(how)); });
    }
    co_return ended;
}

/// `co_await answer_of(office, request)`. The office calls back maybe at once, maybe never: then the frame is destroyed waiting.
class answer_of {
public:
    answer_of(office& where, cluster::operator_request what) : office_(where), what_(std::move(what)) {}
    [[nodiscard]] bool await_ready() {
        office_.ask(std::move(what_), [state = state_](cluster::operator_answer got) {
            state->answer.emplace(std::move(got));
            if (auto waiting = std::exchange(state->waiting, {})) waiting.resume();
        });
        return state_->answer.has_value();
    }
    void await_suspend(std::coroutine_handle<> frame) { state_->waiting = frame; }
    [[nodiscard]] cluster::operator_answer await_resume() { return std::move(*state_->answer); }
    ~answer_of() { state_->waiting = {}; }
    answer_of(const answer_of&) = delete;
    answer_of& operator=(const answer_of&) = delete;

private:
    struct shared {
        std::optional<cluster::operator_answer> answer;
        std::coroutine_handle<> waiting;
    };
    office& office_;
    cluster::operator_request what_;
    std::shared_ptr<shared> state_ = std::make_shared<shared>();
};

task<result<std::string>> serve_operator(office& where, std::string_view method, std::string request) {
    auto what = wire::decode_operator_request(method, request);
    if (!what) co_return std::unexpected(failure(rpc::errc::malformed, what.error().message()));
    co_return wire::encode(co_await answer_of(where, std::move(*what)));
}

}  // namespace

rpc::served_calls serve_fleet(scheduler& on, office& where, death_probe& deaths, join_secrets secrets, logger log) {
    rpc::served_calls calls;
    auto shared = std::make_shared<const join_secrets>(std::move(secrets));
    calls.streams.emplace(wire::attach_method, [&on, &where, &deaths, shared, log](rpc::stream& stream) {
        return serve_worker(on, where, deaths, *shared, log, stream);
    });
    for (const auto method :
         {wire::picture_method, wire::events_method, wire::explain_method, wire::move_method, wire::drain_method,
          wire::cordon_method, wire::pause_method, wire::rebalance_method, wire::fence_method, wire::reserve_method}) {
        calls.calls.emplace(method, [&where, method, log](const rpc::peer_identity& who, std::string request) {
            log.debug("an operator asks", {{"who", who.name}, {"call", std::string(method)}});
            return serve_operator(where, method, std::move(request));
        });
    }
    return calls;
}

}  // namespace shoal::roles
