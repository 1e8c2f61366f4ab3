#include "roles/worker/coordinator_line.hpp"

#include <fmt/format.h>

#include <utility>

#include "rpc/endpoint.hpp"
#include "wire/codec.hpp"
#include "wire/methods.hpp"

namespace shoal::roles {
namespace {

// For the connection and the greeting; the session's own patience is longer, so that the reason told is this one's.
constexpr duration open_patience = std::chrono::milliseconds(2500);
// For a coordinator of another bot to take notice before the stream goes.
constexpr duration parting = std::chrono::milliseconds(500);

}  // namespace

coordinator_line::coordinator_line(scheduler& on, rpc::dialer& dialer, secret token, std::uint64_t intents,
                                   cluster::process_id process, cluster::incarnation which, events to)
    : on_(on),
      dialer_(dialer),
      token_(std::move(token)),
      intents_(intents),
      process_(std::move(process)),
      incarnation_(which),
      to_(std::move(to)),
      self_(std::make_shared<coordinator_line*>(this)) {}

coordinator_line::~coordinator_line() {
    *self_ = nullptr;
    running_.reset();
}

void coordinator_line::open(const std::string& address) {
    close();
    // Not inside of a coroutine of this line, which may be the caller.
    on_.post([self = self_, address, turn = turn_] {
        auto* const me = *self;
        if (me == nullptr || me->turn_ != turn) return;
        me->running_ = std::make_unique<task_group>();
        me->running_->start(me->run(address, turn));
    });
}

void coordinator_line::close() {
    ++turn_;
    // The frame that reads the stream may be the caller: it goes when nobody stands in it, and before its stream.
    on_.post(
        [stream = std::shared_ptr<rpc::stream>(std::move(stream_)), old = std::shared_ptr<task_group>(std::move(running_))] {});
}

void coordinator_line::say(cluster::to_coordinator what) {
    if (stream_ == nullptr) return;
    if (auto* const ask = std::get_if<cluster::register_ask>(&what)) joining_->sign(*ask);
    if (auto sent = stream_->send(wire::encode(what)); !sent) {
        // A coordinator that takes nothing more is one that is not there.
        const auto turn = turn_;
        on_.post([self = self_, turn, how = end_of(sent.error(), address_, true)] {
            auto* const me = *self;
            if (me == nullptr || me->turn_ != turn) return;
            me->close();
            me->to_.closed(how);
        });
    }
}

task<> coordinator_line::run(std::string address, std::uint64_t turn) {
    address_ = address;
    bool other_token = false;
    const auto ended = co_await serve(address, turn, other_token);
    auto how = end_of(ended ? failure(rpc::errc::finished) : ended.error(), address, turn == turn_ && stream_ != nullptr);
    if (other_token) how = {line_end_kind::other_token, address};
    on_.post([self = self_, turn, how = std::move(how)] {
        auto* const me = *self;
        if (me == nullptr || me->turn_ != turn) return;
        me->close();
        me->to_.closed(how);
    });
}

task<result<void>> coordinator_line::serve(const std::string& address, std::uint64_t turn, bool& other_token) {
    const auto to = rpc::dial_endpoint(address);
    if (!to) co_return std::unexpected(to.error());
    const auto by = on_.now() + open_patience;
    auto opened = co_await dialer_.open(*to, wire::attach_method, trust::role_set(trust::role::coordinator), by);
    if (!opened) co_return std::unexpected(std::move(opened).error());
    if (turn != turn_) co_return result<void>{};
    stream_ = std::move(*opened);
    auto& stream = *stream_;

    joining_.emplace(token_, intents_, process_, incarnation_);
    if (auto sent = stream.send(wire::encode(joining_->hello())); !sent) co_return sent;
    auto first = co_await stream.receive(by);
    if (!first) co_return std::unexpected(std::move(first).error());
    auto read = wire::decode_from_coordinator(*first);
    if (!read) {
        bad_.count(read.error());
        co_return std::unexpected(std::move(read).error());
    }
    const auto* challenge = std::get_if<wire::coordinator_challenge>(&*read);
    if (challenge == nullptr) co_return std::unexpected(failure(rpc::errc::malformed, "a stream begins with Challenge"));
    if (!joining_->hear(*challenge)) {
        // Nothing of ours is said to it; that nothing comes tells it why.
        other_token = true;
        stream.half_close();
        (void)co_await stream.receive(on_.now() + parting);
        co_return result<void>{};
    }
    to_.opened();
    while (turn == turn_) {
        auto bytes = co_await stream.receive();
        if (!bytes) {
            if (bytes.error().is(rpc::errc::finished)) co_return result<void>{};
            if (bytes.error().is(rpc::errc::too_large)) ++bad_.too_large;
            co_return std::unexpected(std::move(bytes).error());
        }
        auto said = wire::decode_from_coordinator(*bytes);
        if (!said) {
            bad_.count(said.error());
            // A newer version's, and none that must be understood.
            if (said.error().is(wire::errc::unknown_kind)) continue;
            co_return std::unexpected(std::move(said).error());
        }
        auto* const message = std::get_if<cluster::to_worker>(&*said);
        if (message == nullptr) co_return std::unexpected(failure(rpc::errc::malformed, "Challenge comes once"));
        to_.received(std::move(*message));
    }
    co_return result<void>{};
}

}  // namespace shoal::roles
