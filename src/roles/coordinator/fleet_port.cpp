#include "roles/coordinator/fleet_port.hpp"

#include <fmt/format.h>

#include <coroutine>
#include <optional>
#include <string>
#include <utility>

#include "base/log_limiter.hpp"
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

/// What all streams share.
struct port_room {
    scheduler& on;
    office& where;
    death_probe& deaths;
    join_secrets secrets;
    wire::bad_messages& bad;
    logger log;
    enum line : std::uint8_t { bad_beginning, bad_message, bad_request, lines_in_all };
    log_limiter<lines_in_all> lines;

    /// Whoever repeats it makes one line a minute.
    void warn(line kind, std::string_view what, const rpc::peer_identity& who, const failure& why) {
        const auto held_back = lines.pass(kind, on.now());
        if (!held_back) return;
        logger::fields fields{{"from", who.address}, {"certificate", who.name}, {"why", why.message()}};
        if (*held_back > 0) fields.emplace_back("and_as_often_before", fmt::format("{}", *held_back));
        log.warn(what, fields);
    }
};

/// A worker's message; nothing if it is of a kind that only a newer version knows: it is passed over.
result<std::optional<wire::from_worker>> read(std::string_view bytes, port_room& room) {
    auto said = wire::decode_from_worker(bytes);
    if (said) return std::optional(*std::move(said));
    room.bad.count(said.error());
    if (said.error().is(wire::errc::unknown_kind)) return std::optional<wire::from_worker>();
    return std::unexpected(std::move(said).error());
}

/// The next message that is not passed over, until `by`.
task<result<wire::from_worker>> next_message(rpc::stream& stream, port_room& room, instant by) {
    for (;;) {
        auto bytes = co_await stream.receive(by);
        if (!bytes) co_return std::unexpected(std::move(bytes).error());
        auto said = read(*bytes, room);
        if (!said) co_return std::unexpected(std::move(said).error());
        if (*said) co_return **std::move(said);
    }
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
task<result<cluster::register_ask>> join(rpc::stream& stream, port_room& room) {
    const auto by = room.on.now() + join_patience;
    auto hello = co_await next_message(stream, room, by);
    if (!hello) co_return std::unexpected(std::move(hello).error());
    const auto* who = std::get_if<wire::worker_hello>(&*hello);
    if (who == nullptr) co_return malformed("a stream begins with Hello");

    wire::coordinator_joining joining(room.secrets.token, room.secrets.intents);
    if (auto sent = stream.send(wire::encode(joining.hear(*who))); !sent) co_return std::unexpected(std::move(sent).error());

    auto said = co_await next_message(stream, room, by);
    if (!said && said.error().is(rpc::errc::finished)) {
        // A worker leaves in order here when the proof that it was sent is not of its own token. It shows none itself, and that
        // is answered as what it is.
        cluster::register_ask none;
        none.version = who->version;
        none.process = who->process;
        none.incarnation = who->incarnation;
        co_return none;
    }
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
task<result<void>> hear(rpc::stream& stream, attached_line& line, port_room& room) {
    for (;;) {
        if (!line.verdict()) co_return line.verdict();
        if (line.is_closed()) co_return result<void>{};
        auto said = co_await next_message(stream, room, room.on.now() + close_look);
        if (!said) {
            if (said.error().is(rpc::errc::timed_out)) continue;
            if (said.error().is(rpc::errc::finished)) co_return result<void>{};
            co_return std::unexpected(std::move(said).error());
        }
        auto* message = std::get_if<cluster::to_coordinator>(&*said);
        if (message == nullptr) co_return malformed("Hello comes once");
        room.where.said(line.id(), std::move(*message));
    }
}

/// Whether the other side has sent what it must not, rather than gone.
bool is_a_bad_message(const failure& why) noexcept {
    return why.room() == errc_room(wire::errc::garbage) || why.is(rpc::errc::malformed) || why.is(rpc::errc::too_large);
}

task<result<void>> serve_worker(std::shared_ptr<port_room> room, rpc::stream& stream) {
    auto& where = room->where;
    auto ask = co_await join(stream, *room);
    if (!ask) {
        room->warn(port_room::bad_beginning, "a worker's stream did not begin as it must", stream.peer(), ask.error());
        co_return std::unexpected(std::move(ask).error());
    }
    const auto process = ask->process;
    const auto which = ask->incarnation;
    // Who holds the token is believed to name its own incarnation. A worker of another host shows no sign here.
    auto neighbour = ask->token_proof == wire::proven ? seen_process::find(cluster::number(which)) : std::nullopt;
    result<void> ended;
    bool closed_here = false;
    {
        attached_line line(where, stream);
        where.said(line.id(), std::move(*ask));
        ended = co_await hear(stream, line, *room);
        closed_here = line.is_closed();
    }
    if (!ended && is_a_bad_message(ended.error())) {
        room->warn(port_room::bad_message, "a worker's message cannot be understood; its stream ends", stream.peer(),
                   ended.error());
    }
    if (!closed_here && neighbour) {
        room->deaths.look(*std::move(neighbour),
                          [&where, process, which](std::string how) { where.death_proven(process, which, std::move(how)); });
    }
    co_return ended;
}

/// `co_await answer_of(office, request)`. The office calls back maybe at once, maybe never: then the frame is destroyed waiting.
class answer_of {
public:
    answer_of(office& where, cluster::operator_request what, std::string by)
        : office_(where), what_(std::move(what)), by_(std::move(by)) {}
    [[nodiscard]] bool await_ready() {
        office_.ask(std::move(what_), std::move(by_), [state = state_](cluster::operator_answer got) {
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
    std::string by_;
    std::shared_ptr<shared> state_ = std::make_shared<shared>();
};

task<result<std::string>> serve_operator(std::shared_ptr<port_room> room, std::string_view method, const rpc::peer_identity& who,
                                         std::string request) {
    auto what = wire::decode_operator_request(method, request);
    if (!what) {
        room->bad.count(what.error());
        room->warn(port_room::bad_request, "an operator's request cannot be understood", who, what.error());
        co_return std::unexpected(failure(rpc::errc::malformed, what.error().message()));
    }
    co_return wire::encode(co_await answer_of(room->where, std::move(*what), who.name));
}

}  // namespace

rpc::served_calls serve_fleet(scheduler& on, office& where, death_probe& deaths, join_secrets secrets, wire::bad_messages& bad,
                              logger log) {
    rpc::served_calls calls;
    auto room = std::make_shared<port_room>(on, where, deaths, std::move(secrets), bad, std::move(log),
                                            log_limiter<port_room::lines_in_all>{});
    calls.streams.emplace(wire::attach_method, [room](rpc::stream& stream) { return serve_worker(room, stream); });
    for (const auto method :
         {wire::picture_method, wire::events_method, wire::explain_method, wire::move_method, wire::drain_method,
          wire::cordon_method, wire::pause_method, wire::rebalance_method, wire::fence_method, wire::reserve_method}) {
        calls.calls.emplace(method, [room, method](const rpc::peer_identity& who, std::string request) {
            room->log.debug("an operator asks", {{"who", who.name}, {"call", std::string(method)}});
            return serve_operator(room, method, who, std::move(request));
        });
    }
    return calls;
}

}  // namespace shoal::roles
