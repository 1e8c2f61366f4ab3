#include "sim/server/connection.hpp"

#include <fmt/format.h>

#include <utility>

namespace shoal::sim {
namespace {

constexpr duration hold_together_at_most = std::chrono::seconds(1);
constexpr std::size_t largest_kept = 64 * 1024;

std::string html_of(int status) {
    // What an edge in front of Discord answers: a page for people.
    return fmt::format(
        "<!DOCTYPE html>\n<html><head><title>{0}</title></head>\n<body><center><h1>{0}</h1></center><hr>"
        "<center>cloudflare</center></body></html>\n",
        status);
}

}  // namespace

connection::connection(connection_owner& owner, scheduler& on, conn_id id, port came_to, std::unique_ptr<net::byte_stream> stream,
                       connection_limits limits, bool serves_rest)
    : owner_(owner),
      on_(on),
      id_(id),
      came_to_(came_to),
      limits_(limits),
      serves_rest_(serves_rest),
      stream_(std::move(stream)),
      http_(*stream_, [this](net::http_request request) { take_request(std::move(request)); }),
      grace_(on),
      stall_(on),
      coalesce_(on),
      opening_(on),
      drip_(on) {
    stream_->listen_to(*this);
}

connection::~connection() = default;

std::string connection::peer_ip() const {
    auto peer = stream_->peer();
    if (const auto colon = peer.rfind(':'); colon != std::string::npos) peer.resize(colon);
    return peer;
}

// ---- what comes in -----------------------------------------------------------------------------------------------------

void connection::on_bytes(std::string_view bytes) {
    if (state_ == state::http) {
        http_.feed(bytes);
        return;
    }
    frames_.feed(bytes);
    if (state_ != state::opening) pump();
}

void connection::take_request(net::http_request request) {
    const bool wants_websocket = net::header_has(request, "Upgrade", "websocket");
    const auto path = std::string_view(request.url).substr(0, request.url.find('?'));
    if (wants_websocket && came_to_ != port::api && (path == "/" || path.empty())) return upgrade(request);
    if (serves_rest_) return owner_.asked(*this, std::move(request));
    http_.answer(wants_websocket ? net::json_response(404, R"({"message":"404: Not Found","code":0})")
                                 : net::http_response{426, {{"Upgrade", "websocket"}}, "This port speaks websocket only.\n"});
}

void connection::answer(net::http_response response, http_delivery how, duration span) {
    const auto promise = [&response](std::size_t bytes) {
        response.headers.push_back({"Content-Length", fmt::format("{}", bytes)});
    };
    switch (how) {
        case http_delivery::whole: return http_.answer(response);
        case http_delivery::reset: return stream_->reset();
        case http_delivery::then_closed: http_.close_at_next(); return http_.answer(response);
        case http_delivery::too_long: promise(response.body.size() + 10); return http_.answer(response);
        case http_delivery::too_short: promise(response.body.size() / 2); return http_.answer(response);
        case http_delivery::truncated:
            promise(response.body.size());
            response.headers.push_back({"Connection", "keep-alive"});
            response.body.resize(response.body.size() / 2);
            return http_.answer_and_end(response);
        case http_delivery::slow:
            dripping_ = http_.text_of(response);
            drip_bytes_ = dripping_.size() / 10 + 1;
            drip_pause_ = span / 10;
            return drip();
    }
}

void connection::drip() {
    stream_->write(std::string_view(dripping_).substr(0, drip_bytes_));
    dripping_.erase(0, drip_bytes_);
    if (dripping_.empty()) return http_.written();
    drip_.in(drip_pause_, [this] { drip(); });
}

void connection::refuse_upgrade(int status) {
    http_.answer_and_end({static_cast<std::uint16_t>(status), {{"Content-Type", "text/html; charset=UTF-8"}}, html_of(status)});
}

void connection::upgrade(const net::http_request& request) {
    const auto key = net::header_of(request, "Sec-WebSocket-Key");
    if (request.method != "GET" || !net::header_has(request, "Connection", "upgrade") || key.empty()) {
        return http_.answer_and_end({400, {}, "This is no websocket upgrade.\n"});
    }
    if (net::header_of(request, "Sec-WebSocket-Version") != "13") {
        return http_.answer_and_end({426, {{"Sec-WebSocket-Version", "13"}}, "Only websocket version 13 is spoken here.\n"});
    }
    if (const auto status = owner_.upgrade_status(*this)) return refuse_upgrade(*status);

    target_ = request.url;
    const auto how = wire::read_target(target_);
    if (!how) refused_ = how.error();
    encoder_ = std::make_unique<wire::encoder>(owner_.encoder_for(how.value_or(wire::compression::none)));
    out_ = wire::switching_protocols(key);
    frames_.feed(http_.take_rest());
    state_ = state::opening;
    if (owner_.hello_with_upgrade()) return open();  // HELLO joins the answer in out_
    flush();
    opening_.at(on_.now(), [this] { open(); });
}

void connection::open() {
    state_ = state::open;
    owner_.happened(connection_opened{id_, target_, came_to_ == port::resume});
    // The machine closes what it does not speak; should it not, this is said plainly here.
    if (state_ == state::open && !refused_.empty()) hang_up(4002, refused_);
    flush();
    pump();
}

void connection::pump() {
    while (state_ == state::open || state_ == state::closing) {
        auto event = frames_.next();
        if (!event) return;
        if (auto* closed = std::get_if<wire::client_close>(&*event)) {
            take_close(*closed);
        } else if (state_ == state::closing) {
            continue;  // said before it saw our close frame
        } else if (auto* message = std::get_if<wire::client_message>(&*event)) {
            owner_.happened(message_arrived{id_, std::move(message->bytes)});
        } else if (auto* ping = std::get_if<wire::client_ping>(&*event)) {
            wire::append_frame(out_, wire::opcode::pong, ping->bytes);
            flush();
        } else if (const auto* broke = std::get_if<wire::client_broke>(&*event)) {
            hang_up(broke->code, broke->why);
        }
    }
}

void connection::take_close(const wire::client_close& closed) {
    if (state_ == state::open) {
        wire::append_close(out_, closed.code == 1005 ? std::nullopt : std::optional(closed.code), {});
        state_ = state::closing;
        told_closed_ = true;
        owner_.happened(connection_closed{id_, closed.code});
    }
    finish();
}

void connection::on_drained() {
    if (cut_when_drained_) return stream_->reset();
    if (tiny_ends_ && out_.empty()) {
        tiny_ends_ = false;
        stream_->set_segment_bytes(0);
    }
    if (state_ == state::open) owner_.drained(*this);
}

void connection::on_ended(const failure& /*why*/) {
    const bool tell = state_ >= state::open && !told_closed_;
    state_ = state::ended;
    if (tell) owner_.happened(connection_closed{id_, std::nullopt});
    owner_.ended(*this);
}

// ---- what goes out -----------------------------------------------------------------------------------------------------

void connection::send(const payload& what) {
    if (state_ != state::open) return;
    encoder_->append_frames(what, out_);
    owner_.sent(*this, encoder_->last_text());
    if (coalesce_left_ > 0 && --coalesce_left_ == 0) coalesce_.forget();
    if (tiny_left_ > 0 && --tiny_left_ == 0) tiny_ends_ = true;
    if (unsent() > limits_.most_unsent_bytes) {
        owner_.too_slow(*this);
        out_.clear();
        state_ = state::closing;
        stream_->reset();
        return;
    }
    owner_.wants_flush(*this);
}

void connection::flush() {
    if (out_.empty() || holds_back() || state_ == state::ended) return;
    stream_->write(out_);
    out_.clear();
    if (out_.capacity() > largest_kept) out_.shrink_to_fit();
}

void connection::close(std::optional<std::uint16_t> code, std::string_view reason) {
    if (state_ == state::open) hang_up(code, reason);
}

void connection::hang_up(std::optional<std::uint16_t> code, std::string_view reason) {
    wire::append_close(out_, code, reason);
    coalesce_left_ = 0;
    state_ = state::closing;
    flush();
    grace_.in(limits_.close_grace, [this] { finish(); });
}

void connection::finish() {
    grace_.forget();
    coalesce_left_ = 0;
    stall_.forget();
    flush();
    state_ = state::closing;
    stream_->finish();
    // A client that neither reads nor ends is not waited for.
    grace_.in(limits_.close_grace, [this] { stream_->reset(); });
}

void connection::compress_large(bool on) {
    if (encoder_) encoder_->compress_large(on);
}

void connection::cut_when_drained() {
    coalesce_left_ = 0;
    stall_.forget();
    state_ = state::closing;
    cut_when_drained_ = true;
    flush();
    grace_.in(limits_.close_grace, [this] { stream_->reset(); });
}

void connection::wire(const wire_order& order) {
    if (state_ != state::open && order.fault != wire_fault::resume_reading) return;
    switch (order.fault) {
        case wire_fault::fin: out_.clear(); return finish();
        case wire_fault::rst:
            out_.clear();
            state_ = state::closing;
            return stream_->reset();
        case wire_fault::rst_mid_record: {
            std::string record;
            wire::append_frame(record, wire::opcode::binary, std::string(600, '\x5A'));
            flush();
            state_ = state::closing;
            return stream_->write_half_and_reset(record);
        }
        case wire_fault::rst_mid_frame: wire::append_half_frame(out_); return cut_when_drained();
        case wire_fault::stop_reading: return stream_->pause_reading();
        case wire_fault::resume_reading: return stream_->resume_reading();
        case wire_fault::stall_sending: flush(); return stall_.in(order.span, [this] { flush(); });
        case wire_fault::coalesce:
            flush();
            coalesce_left_ = order.count == 0 ? 2 : order.count;
            return coalesce_.in(hold_together_at_most, [this] {
                coalesce_left_ = 0;
                flush();
            });
        case wire_fault::tiny_segments:
            flush();
            tiny_left_ = order.count == 0 ? 1 : order.count;
            tiny_ends_ = false;
            return stream_->set_segment_bytes(1);
        case wire_fault::split_messages:
        case wire_fault::fragment_with_pings:
        case wire_fault::corrupt_byte:
        case wire_fault::truncate_message:
        case wire_fault::bomb:
        case wire_fault::cut_json:
        case wire_fault::no_op: return encoder_->arm(order.fault, order.count);
    }
}

}  // namespace shoal::sim
