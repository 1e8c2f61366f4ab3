#include "simulation/virtual_discord.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <utility>
#include <variant>

namespace shoal::simulation {

namespace json = boost::json;

void transcript::write(std::string line) {
    lines_.push_back(fmt::format("{:>9.3f}  {}", static_cast<double>(to_ms(time_.now() - begun_)) / 1000.0, line));
    if (lines_.size() > 2000) lines_.pop_front();
}

std::string transcript::tail(std::size_t lines) const {
    std::string text;
    for (std::size_t i = lines_.size() > lines ? lines_.size() - lines : 0; i < lines_.size(); ++i) text += lines_[i] + "\n";
    return text;
}

/// One connection, seen from both sides.
struct virtual_discord::link {
    sim::conn_id id{};
    net::websocket_events* events = nullptr;  // null once the client was told the end, or let go
    std::optional<sim::wire::encoder> encoder;
    duration latency{};
    instant last_up{}, last_down{};
    instant stalled_until{};
    std::deque<sim::wire::wire_message> inbox;  // came to the client, which does not read
    bool open = false, paused = false, closing = false;
    bool server_gone = false, black = false, server_reads = true;
    std::deque<std::string> unread;  // came to the server, which does not read
    std::shared_ptr<const bool> leaving;
    instant last_arrival{};  // of anything, at the client
    std::optional<instant> identified_at;
    bool answered = false;   // since then: READY, op 7, op 9 or a close
    bool corrupted = false;  // F35
    std::optional<std::uint32_t> shard;
    bool resumed_with = false;
    std::string session;
};

class virtual_discord::near_end final : public net::websocket {
public:
    near_end(virtual_discord& discord, std::shared_ptr<link> which) : discord_(discord), link_(std::move(which)) {}
    ~near_end() override {
        link_->events = nullptr;
        if (link_->open && !link_->closing) go({});
    }
    bool send(std::string text) override {
        if (link_->closing || !link_->open) return false;
        discord_.to_server(link_, [this_discord = &discord_, link = link_, text = std::move(text)] {
            if (!link->server_reads) return link->unread.push_back(text);
            this_discord->note_from_client(*link, text);
            this_discord->step(sim::message_arrived{link->id, text});
        });
        return true;
    }
    void close(std::uint16_t code, duration grace) override {
        if (std::exchange(link_->closing, true)) return;
        discord_.check_hang_up(*link_);
        discord_.notes_.write(fmt::format("conn {} client closes with {}", static_cast<std::uint64_t>(link_->id), code));
        if (link_->open) go(code);
        // The echo takes a round trip; a peer that is not there never answers.
        const auto wait = link_->black ? grace : std::min(grace, 2 * link_->latency);
        discord_.time_.wake_at(discord_.time_.now() + wait, [&discord = discord_, link = link_] {
            discord.end_client(link, {std::nullopt, "", true, false, std::nullopt});
        });
    }
    void cut() override {
        if (!std::exchange(link_->closing, true)) {
            discord_.check_hang_up(*link_);
            if (link_->open) go({});
        }
        discord_.time_.post([&discord = discord_, link = link_] {
            discord.end_client(link, {std::nullopt, "", true, !link->open, std::nullopt});
        });
    }
    void pause_reading() override { link_->paused = true; }
    void resume_reading() override {
        link_->paused = false;
        discord_.time_.post([&discord = discord_, link = link_] { discord.pump(link); });
    }
    [[nodiscard]] std::size_t unsent_bytes() const override { return 0; }

private:
    void go(std::optional<std::uint16_t> code) {
        discord_.to_server(link_, [&discord = discord_, link = link_, code] { discord.tell_core_closed(*link, code); });
    }
    virtual_discord& discord_;
    std::shared_ptr<link> link_;
};

virtual_discord::virtual_discord(virtual_scheduler& time, sim::simulator_config config, std::uint64_t seed, transcript& notes)
    : time_(time),
      random_(seed ^ 0x6e6574ULL),
      notes_(notes),
      resume_host_(config.resume_url),
      gateway_host_(config.gateway_url),
      core_(std::move(config)) {
    step(sim::tick{});
}

virtual_discord::~virtual_discord() {
    if (timer_ != timer_id::none) time_.cancel(timer_);
}

json::object virtual_discord::control(const json::object& command) {
    std::vector<sim::action> actions;
    auto answer = core_.control(command, time_.now(), actions);
    if (answer.contains("error")) FAIL("control command refused: ", json::serialize(command), " ", json::serialize(answer));
    carry_out(actions);
    return answer;
}

void virtual_discord::step(const sim::input& fact) {
    std::vector<sim::action> actions;
    core_.step(fact, time_.now(), actions);
    carry_out(actions);
}

void virtual_discord::carry_out(std::vector<sim::action>& actions) {
    const auto find = [this](sim::conn_id id) -> std::shared_ptr<link> {
        const auto found = links_.find(static_cast<std::uint64_t>(id));
        return found == links_.end() ? nullptr : found->second;
    };
    for (auto& one : actions) {
        if (auto* send = std::get_if<sim::send_payload>(&one)) {
            if (const auto to = find(send->conn)) deliver(*to, send->what);
        } else if (auto* close = std::get_if<sim::close_connection>(&one)) {
            if (const auto to = find(close->conn)) close_from_server(*to, close->code, close->reason);
        } else if (auto* order = std::get_if<sim::wire_order>(&one)) {
            wire(*order);
        } else if (auto* accept = std::get_if<sim::accept_order>(&one)) {
            auto& kept = accept->fault == sim::accept_fault::refuse_tcp ? refuse_
                         : accept->fault == sim::accept_fault::mute_tls ? mute_
                                                                        : status_;
            kept[accept->on_resume_host ? 1 : 0] = *accept;
        } else if (auto* answer = std::get_if<sim::http_answer>(&one)) {
            auto node = requests_.extract(static_cast<std::uint64_t>(answer->request));
            if (node.empty()) continue;
            net::http_response response{static_cast<std::uint16_t>(answer->status), {}, answer->body};
            for (const auto& header : answer->headers) response.headers.push_back({header.name, header.value});
            // What a client's own HTTP makes of a cut answer (F41): there is none.
            const bool cut = answer->delivery == sim::http_delivery::reset || answer->delivery == sim::http_delivery::truncated;
            if (cut) {
                time_.wake_at(time_.now() + random_.between(5ms, 60ms),
                              [call = std::move(node.mapped())]() mutable { call(std::unexpected(failure(net::errc::closed))); });
                continue;
            }
            time_.wake_at(
                time_.now() + random_.between(5ms, 60ms),
                [call = std::move(node.mapped()), response = std::move(response)]() mutable { call(std::move(response)); });
        } else if (auto* wake = std::get_if<sim::wake_at>(&one)) {
            if (timer_ != timer_id::none) time_.cancel(std::exchange(timer_, timer_id::none));
            if (wake->when == never) continue;
            timer_ = time_.wake_at(wake->when, [this] {
                timer_ = timer_id::none;
                step(sim::tick{});
            });
        } else if (auto* mode = std::get_if<sim::connection_mode>(&one)) {
            if (const auto to = find(mode->conn); to && to->encoder) to->encoder->compress_large(mode->compress);
        }
    }
}

// ---- from Discord to the client ----------------------------------------------------------------------------------------

void virtual_discord::deliver(link& to, const sim::payload& what) {
    if (to.server_gone) return;
    if (what.op == 9 && what.data && *what.data == "false" && to.shard) told_lost.insert(*to.shard);
    if (what.op == 7 || what.op == 9 || what.name == "READY") to.answered = true;
    if (what.op != 11 && what.op != 0)
        notes_.write(fmt::format("conn {} op {} {}", static_cast<std::uint64_t>(to.id), what.op,
                                 what.data ? std::string_view(*what.data).substr(0, 40) : "null"));
    if (what.name == "READY" && what.data) {
        const auto id = json::parse(*what.data).as_object().at("session_id").as_string();
        to.session.assign(id.data(), id.size());
        told_lost.erase(to.shard.value_or(0));
        check_storm(false);
    }
    if (what.name == "READY" || what.name == "RESUMED") {
        system_numbers[to.session].insert(what.seq);
        notes_.write(
            fmt::format("conn {} {} s={} session {}", static_cast<std::uint64_t>(to.id), what.name, what.seq, to.session));
    }
    auto messages = to.encoder->encode(what);
    const auto self = links_.at(static_cast<std::uint64_t>(to.id));
    // A line of 20 kB/s, felt by what is large [F15].
    if (what.data && what.data->size() > 100'000) crawl(self, 1s * static_cast<std::int64_t>(what.data->size() / 20'000));
    if (what.op == 9 && to.identified_at)
        to_client(self, [this, self] {
            if (self->events != nullptr && !self->closing) check_storm(true);
        });
    for (auto& message : messages)
        to_client(self, [this, self, message = std::move(message)]() mutable {
            if (self->events == nullptr || self->closing) return;
            self->inbox.push_back(std::move(message));
            pump(self);
        });
}

void virtual_discord::pump(const std::shared_ptr<link>& to) {
    if (to->events == nullptr || to->closing || to->paused || to->inbox.empty()) return;
    to->last_arrival = time_.now();
    to->events->on_traffic();
    while (to->events != nullptr && !to->closing && !to->paused && !to->inbox.empty()) {
        auto message = std::move(to->inbox.front());
        to->inbox.pop_front();
        to->events->on_message(message.binary ? net::message_kind::binary : net::message_kind::text,
                               std::span<const char>(message.bytes.data(), message.bytes.size()));
    }
}

void virtual_discord::close_from_server(link& to, std::optional<std::uint16_t> code, std::string reason) {
    if (to.server_gone) return;
    notes_.write(fmt::format("conn {} Discord closes with {}", static_cast<std::uint64_t>(to.id),
                             code ? fmt::format("{}", *code) : "no code"));
    if (to.shard && to.resumed_with && code && *code >= 4000 && *code != 4000 && *code != 4008) told_lost.insert(*to.shard);
    if (to.shard && code && (*code == 4007 || *code == 4009)) told_lost.insert(*to.shard);
    const auto self = links_.at(static_cast<std::uint64_t>(to.id));
    to.server_gone = to.answered = true;
    to_client(self, [this, self, code, reason = std::move(reason)] {
        // What lies unread before the close frame is read first, so a client that paused meets the close late.
        if (self->paused && self->events != nullptr && !self->closing) {
            self->paused = false;
            pump(self);
        }
        end_client(self, {code ? code : std::optional<std::uint16_t>(1005), reason, false, false, std::nullopt});
    });
    time_.post([this, self] { tell_core_closed(*self, std::nullopt); });
}

void virtual_discord::cut_from_server(link& to, bool orderly) {
    if (to.server_gone) return;
    notes_.write(fmt::format("conn {} is cut", static_cast<std::uint64_t>(to.id)));
    const auto self = links_.at(static_cast<std::uint64_t>(to.id));
    to.server_gone = true;
    // A reset overtakes what is on its way; an orderly end comes behind it.
    if (!orderly) to.last_down = {};
    to_client(self, [this, self, orderly] {
        if (orderly && self->paused) self->paused = false, pump(self);
        end_client(self, {std::nullopt, "", false, !self->open, std::nullopt});
    });
    time_.post([this, self] { tell_core_closed(*self, std::nullopt); });
}

void virtual_discord::wire(const sim::wire_order& order) {
    const auto found = links_.find(static_cast<std::uint64_t>(order.conn));
    if (found == links_.end()) return;
    auto& to = *found->second;
    switch (order.fault) {
        case sim::wire_fault::fin: return cut_from_server(to, true);
        case sim::wire_fault::rst:
        case sim::wire_fault::rst_mid_record:
        case sim::wire_fault::rst_mid_frame: return cut_from_server(to, false);
        case sim::wire_fault::stop_reading: to.server_reads = false; return;
        case sim::wire_fault::resume_reading: {
            to.server_reads = true;
            for (auto& text : std::exchange(to.unread, {})) {
                note_from_client(to, text);
                step(sim::message_arrived{to.id, text});
            }
            return;
        }
        case sim::wire_fault::stall_sending: to.stalled_until = time_.now() + order.span; return;
        case sim::wire_fault::split_messages:
        case sim::wire_fault::fragment_with_pings:
        case sim::wire_fault::corrupt_byte:
        case sim::wire_fault::truncate_message:
        case sim::wire_fault::bomb:
        case sim::wire_fault::cut_json:
        case sim::wire_fault::no_op:
            to.corrupted = to.corrupted || order.fault == sim::wire_fault::corrupt_byte;
            to.encoder->arm(order.fault, order.count);
            return;
        default: return;  // segments mean nothing here
    }
}

void virtual_discord::end_client(const std::shared_ptr<link>& which, net::close_report report) {
    if (which->events == nullptr) return;
    auto* const events = std::exchange(which->events, nullptr);
    events->on_closed(report);
}

void virtual_discord::to_client(const std::shared_ptr<link>& to, std::function<void()> job) {
    if (to->black) return;
    const auto due = std::max({to->last_down, to->stalled_until, time_.now() + to->latency});
    to->last_down = due;
    time_.wake_at(due, [job = std::move(job), to] {
        if (!to->black) job();
    });
}

/// Something large is on its way for so long: what follows waits, and its bytes show life.
void virtual_discord::crawl(const std::shared_ptr<link>& to, duration span) {
    const auto begin = std::max({to->last_down, to->stalled_until, time_.now() + to->latency});
    to->last_down = begin + span;
    for (auto when = begin; when < to->last_down; when += 5s)
        time_.wake_at(when, [this, to] {
            if (to->events == nullptr || to->closing || to->paused || to->black || to->server_gone) return;
            to->last_arrival = time_.now();
            to->events->on_traffic();
        });
}

// ---- what the network itself sees to be wrong ----------------------------------------------------------------------------

void virtual_discord::called_dead(std::uint32_t shard) {
    for (const auto& [id, one] : links_) {
        if (one->shard != shard || one->events == nullptr || one->black) continue;
        // The shortest interval in which a beat goes unanswered is over 41 s.
        if (const auto quiet = time_.now() - one->last_arrival; quiet < 40s)
            on_wrong(fmt::format("shard {} called conn {} dead {} ms after something came", shard, id, to_ms(quiet)));
    }
}

/// A READY that takes long while heartbeats are ACKed is no reason to leave: it would cost another IDENTIFY.
void virtual_discord::check_hang_up(const link& which) {
    if (!which.identified_at || which.answered || which.corrupted || which.black || which.server_gone || *which.leaving) return;
    const auto now = time_.now();
    if (now - which.last_arrival < 45s && now - *which.identified_at < 5min)
        on_wrong(fmt::format("shard {} hung up {} s after its IDENTIFY, while Discord prepared READY", which.shard.value_or(0),
                             (now - *which.identified_at) / 1s));
}

/// After so many failures in a row nobody's IDENTIFYs come in quick succession.
void virtual_discord::check_storm(bool failed) { failed_identifies_ = failed ? failed_identifies_ + 1 : 0; }

// ---- from the client to Discord ----------------------------------------------------------------------------------------

void virtual_discord::to_server(const std::shared_ptr<link>& from, std::function<void()> job) {
    const auto due = std::max(from->last_up, time_.now() + from->latency);
    from->last_up = due;
    time_.wake_at(due, [job = std::move(job), from] {
        if (!from->black && !from->server_gone) job();
    });
}

void virtual_discord::tell_core_closed(link& which, std::optional<std::uint16_t> code) {
    which.server_gone = true;
    const auto id = which.id;
    if (links_.erase(static_cast<std::uint64_t>(id)) != 0) step(sim::connection_closed{id, code});
}

void virtual_discord::note_from_client(link& from, std::string_view text) {
    const auto message = json::parse(text).as_object();
    const auto op = message.at("op").as_int64();
    if (op == 1 && !from.session.empty() && !message.at("d").is_null())
        return on_heartbeat(from.session, message.at("d").to_number<std::uint64_t>());
    if (op != 2 && op != 6) return;
    const auto& d = message.at("d").as_object();
    if (op == 2) {
        from.shard = static_cast<std::uint32_t>(d.at("shard").as_array().at(0).as_int64());
        const auto now = time_.now();
        from.identified_at = now;
        from.answered = false;
        if (failed_identifies_ >= 9 && now - last_identify_ < 9s)
            on_wrong(fmt::format("IDENTIFY {} ms after another, with {} failed in a row", to_ms(now - last_identify_),
                                 failed_identifies_));
        last_identify_ = now;
        notes_.write(fmt::format("conn {} IDENTIFY shard {}", static_cast<std::uint64_t>(from.id), *from.shard));
        if (on_identify) on_identify(*from.shard);
        return;
    }
    from.resumed_with = true;
    from.session.assign(d.at("session_id").as_string().data(), d.at("session_id").as_string().size());
    for (const auto& one : core_.oracle().at("sessions").as_array()) {
        const auto& known = one.as_object();
        if (known.at("id").as_string() == from.session)
            from.shard = static_cast<std::uint32_t>(known.at("shard").as_array().at(0).to_number<std::uint32_t>());
    }
    notes_.write(fmt::format("conn {} RESUME shard {} from {} session {}", static_cast<std::uint64_t>(from.id),
                             from.shard.value_or(999), d.at("seq").as_int64(), from.session));
}

std::unique_ptr<net::websocket> virtual_discord::dial(net::dial_request request, net::websocket_events& events,
                                                      std::shared_ptr<const bool> leaving) {
    const auto now = time_.now();
    ++dialed;
    recent_dials_.push_back(now);
    while (now - recent_dials_.front() > 60s) recent_dials_.pop_front();
    most_dials_in_a_minute = std::max(most_dials_in_a_minute, recent_dials_.size());

    auto made = std::make_shared<link>();
    made->id = sim::conn_id{++last_conn_};
    made->events = &events;
    made->leaving = std::move(leaving);
    made->last_arrival = now;
    made->latency = random_.between(3ms, 60ms);
    const bool resume = request.url.starts_with(resume_host_);
    const std::size_t host = resume ? 1 : 0;
    const auto path = request.url.find("/?");
    const auto target = path == std::string::npos ? std::string("/") : request.url.substr(path);
    notes_.write(fmt::format("conn {} dial {}", static_cast<std::uint64_t>(made->id), request.url));

    const auto fail_after = [&](duration wait, net::errc why) {
        time_.wake_at(now + wait, [this, made, why] { end_client(made, {std::nullopt, "", made->closing, true, failure(why)}); });
        return std::make_unique<near_end>(*this, made);
    };
    if (!resume && !request.url.starts_with(gateway_host_)) return fail_after(30ms, net::errc::resolve_failed);
    const auto strikes = [&](const sim::accept_order& order) { return random_.chance(order.percent / 100.0); };
    if (strikes(refuse_[host])) return fail_after(made->latency, net::errc::connect_failed);
    if (strikes(mute_[host])) return fail_after(request.connect_timeout, net::errc::timed_out);
    if (strikes(status_[host])) return fail_after(4 * made->latency, net::errc::upgrade_refused);

    sim::wire::encoder_config encoding;
    encoding.how = sim::wire::read_target(target).value_or(sim::wire::compression::none);
    encoding.seed = random_.next();
    made->encoder.emplace(encoding);
    links_.emplace(last_conn_, made);
    // TCP, TLS and the upgrade take some round trips.
    time_.wake_at(now + 4 * made->latency, [this, made, target, resume] {
        if (made->server_gone || made->closing || made->events == nullptr) {
            links_.erase(static_cast<std::uint64_t>(made->id));
            return;
        }
        made->open = true;
        made->events->on_open();
        if (made->events != nullptr) step(sim::connection_opened{made->id, target, resume});
    });
    return std::make_unique<near_end>(*this, made);
}

void virtual_discord::http(net::http_request request, net::http_client::answered on_answer) {
    const auto id = ++last_request_;
    requests_.emplace(id, std::move(on_answer));
    sim::http_arrived arrived;
    arrived.request = sim::request_id{id};
    arrived.method = request.method;
    const auto host_end = request.url.find('/', request.url.find("://") + 3);
    arrived.target = request.url.substr(host_end);
    arrived.body = request.body;
    for (const auto& header : request.headers) arrived.headers.push_back({header.name, header.value});
    arrived.peer_ip = "10.0.0.1";
    time_.wake_at(time_.now() + random_.between(5ms, 60ms), [this, arrived = std::move(arrived)] { step(arrived); });
}

void virtual_http::send(net::http_request request, answered on_answer) {
    if (!request.url.ends_with("/gateway/bot")) return discord_.http(std::move(request), std::move(on_answer));
    if (time_.now() < *not_before_)
        discord_.on_wrong(
            fmt::format("/gateway/bot asked {} ms before Discord's Retry-After was over", to_ms(*not_before_ - time_.now())));
    discord_.http(std::move(request),
                  [&time = time_, until = not_before_, call = std::move(on_answer)](result<net::http_response> response) mutable {
                      if (response && response->status == 429) {
                          const auto seconds = json::parse(response->body).as_object().at("retry_after").to_number<double>();
                          *until = time.now() + std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
                      }
                      call(std::move(response));
                  });
}

void virtual_discord::blackhole(double share) {
    for (auto& [id, one] : links_) {
        if (!one->open || !random_.chance(share)) continue;
        notes_.write(fmt::format("conn {} goes black", id));
        one->black = true;
        // Discord's own end notices by the missing heartbeats; the client by the missing answers.
    }
}

}  // namespace shoal::simulation
