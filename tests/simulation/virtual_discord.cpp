#include "simulation/virtual_discord.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <utility>
#include <variant>

namespace shoal::simulation {

namespace json = boost::json;

class virtual_discord::near_end final : public net::websocket {
public:
    near_end(virtual_discord& discord, std::shared_ptr<virtual_link> which) : discord_(discord), link_(std::move(which)) {}
    ~near_end() override {
        link_->events = nullptr;
        if (link_->open && !link_->closing) go({});
    }
    bool send(std::string text) override {
        if (link_->closing || !link_->open) return false;
        link_->to_server(discord_.time_, [&discord = discord_, link = link_, text = std::move(text)] {
            if (!link->server_reads) return link->unread.push_back(text);
            discord.take(*link, text);
        });
        return true;
    }
    void close(std::uint16_t code, duration grace) override {
        if (std::exchange(link_->closing, true)) return;
        discord_.watch_.hung_up(*link_);
        discord_.notes_.write(fmt::format("conn {} client closes with {}", link_->number(), code));
        if (link_->open) go(code);
        // The echo takes a round trip; a peer that is not there never answers.
        const auto wait = link_->black ? grace : std::min(grace, 2 * link_->latency);
        discord_.time_.wake_at(discord_.time_.now() + wait,
                               [link = link_] { link->end_client({std::nullopt, "", true, false, std::nullopt}); });
    }
    void cut() override {
        if (!std::exchange(link_->closing, true)) {
            discord_.watch_.hung_up(*link_);
            if (link_->open) go({});
        }
        discord_.time_.post([link = link_] { link->end_client({std::nullopt, "", true, !link->open, std::nullopt}); });
    }
    void pause_reading() override { link_->paused = true; }
    void resume_reading() override {
        link_->paused = false;
        discord_.time_.post([&discord = discord_, link = link_] { link->pump(discord.time_.now()); });
    }
    [[nodiscard]] std::size_t unsent_bytes() const override { return 0; }

private:
    void go(std::optional<std::uint16_t> code) {
        link_->to_server(discord_.time_, [&discord = discord_, link = link_, code] { discord.tell_core_closed(*link, code); });
    }
    virtual_discord& discord_;
    std::shared_ptr<virtual_link> link_;
};

virtual_discord::virtual_discord(virtual_scheduler& time, sim::simulator_config config, std::uint64_t seed, transcript& notes)
    : time_(time),
      random_(seed ^ 0x6e6574ULL),
      notes_(notes),
      watch_(time, notes),
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
    for (const auto& one : actions) std::visit([this](const auto& what) { order(what); }, one);
}

std::shared_ptr<virtual_link> virtual_discord::find(sim::conn_id id) const {
    const auto found = links_.find(static_cast<std::uint64_t>(id));
    return found == links_.end() ? nullptr : found->second;
}

void virtual_discord::order(const sim::accept_order& what) {
    auto& kept = what.fault == sim::accept_fault::refuse_tcp ? refuse_
                 : what.fault == sim::accept_fault::mute_tls ? mute_
                                                             : status_;
    kept[what.on_resume_host ? 1 : 0] = what;
}

void virtual_discord::order(const sim::http_answer& what) {
    auto node = requests_.extract(static_cast<std::uint64_t>(what.request));
    if (node.empty()) return;
    result<net::http_response> answer = std::unexpected(failure(net::errc::closed));
    // What a client's own HTTP makes of a cut answer (F41): there is none.
    if (what.delivery != sim::http_delivery::reset && what.delivery != sim::http_delivery::truncated) {
        answer = net::http_response{static_cast<std::uint16_t>(what.status), {}, what.body};
        for (const auto& header : what.headers) answer->headers.push_back({header.name, header.value});
    }
    time_.wake_at(time_.now() + random_.between(5ms, 60ms),
                  [call = std::move(node.mapped()), answer = std::move(answer)]() mutable { call(std::move(answer)); });
}

void virtual_discord::order(const sim::wake_at& what) {
    if (timer_ != timer_id::none) time_.cancel(std::exchange(timer_, timer_id::none));
    if (what.when == never) return;
    timer_ = time_.wake_at(what.when, [this] {
        timer_ = timer_id::none;
        step(sim::tick{});
    });
}

void virtual_discord::order(const sim::connection_mode& what) {
    if (const auto to = find(what.conn); to && to->encoder) to->encoder->compress_large(what.compress);
}

// ---- from Discord to the client ----------------------------------------------------------------------------------------

void virtual_discord::order(const sim::send_payload& send) {
    const auto to = find(send.conn);
    if (!to || to->server_gone) return;
    const auto& what = send.what;
    watch_.said(*to, what);
    auto messages = to->encoder->encode(what);
    // A line of 20 kB/s, felt by what is large [F15].
    if (what.data && what.data->size() > 100'000) to->crawl(time_, 1s * static_cast<std::int64_t>(what.data->size() / 20'000));
    if (what.op == 9 && to->identified_at)
        to->to_client(time_, [this, to] {
            if (to->events != nullptr && !to->closing) watch_.identify_failed();
        });
    for (auto& message : messages)
        to->to_client(time_, [this, to, message = std::move(message)]() mutable {
            if (to->events == nullptr || to->closing) return;
            to->inbox.push_back(std::move(message));
            to->pump(time_.now());
        });
}

void virtual_discord::order(const sim::close_connection& what) {
    const auto to = find(what.conn);
    if (!to || to->server_gone) return;
    watch_.closed_by_discord(*to, what.code);
    to->server_gone = true;
    to->to_client(time_, [this, to, code = what.code, reason = what.reason] {
        // What lies unread before the close frame is read first, so a client that paused meets the close late.
        if (to->paused && to->events != nullptr && !to->closing) {
            to->paused = false;
            to->pump(time_.now());
        }
        to->end_client({code ? code : std::optional<std::uint16_t>(1005), reason, false, false, std::nullopt});
    });
    time_.post([this, to] { tell_core_closed(*to, std::nullopt); });
}

void virtual_discord::cut(virtual_link& to, bool orderly) {
    if (to.server_gone) return;
    notes_.write(fmt::format("conn {} is cut", to.number()));
    const auto self = to.shared_from_this();
    to.server_gone = true;
    // A reset overtakes what is on its way; an orderly end comes behind it.
    if (!orderly) to.last_down = {};
    to.to_client(time_, [this, self, orderly] {
        if (orderly && self->paused) self->paused = false, self->pump(time_.now());
        self->end_client({std::nullopt, "", false, !self->open, std::nullopt});
    });
    time_.post([this, self] { tell_core_closed(*self, std::nullopt); });
}

void virtual_discord::order(const sim::wire_order& what) {
    const auto found = find(what.conn);
    if (!found) return;
    auto& to = *found;
    switch (what.fault) {
        case sim::wire_fault::fin: return cut(to, true);
        case sim::wire_fault::rst:
        case sim::wire_fault::rst_mid_record:
        case sim::wire_fault::rst_mid_frame: return cut(to, false);
        case sim::wire_fault::stop_reading: to.server_reads = false; return;
        case sim::wire_fault::resume_reading: {
            to.server_reads = true;
            for (auto& text : std::exchange(to.unread, {})) {
                take(to, text);
            }
            return;
        }
        case sim::wire_fault::stall_sending: to.stalled_until = time_.now() + what.span; return;
        case sim::wire_fault::split_messages:
        case sim::wire_fault::fragment_with_pings:
        case sim::wire_fault::corrupt_byte:
        case sim::wire_fault::truncate_message:
        case sim::wire_fault::bomb:
        case sim::wire_fault::cut_json:
        case sim::wire_fault::no_op:
            to.corrupted = to.corrupted || what.fault == sim::wire_fault::corrupt_byte;
            to.encoder->arm(what.fault, what.count);
            return;
        default: return;  // segments mean nothing here
    }
}

// ---- from the client to Discord ----------------------------------------------------------------------------------------

void virtual_discord::called_dead(std::uint32_t shard) {
    for (const auto& [id, one] : links_) watch_.called_dead(shard, *one);
}

void virtual_discord::take(virtual_link& from, const std::string& text) {
    watch_.came(from, text, [this](std::string_view session) { return shard_of(session); });
    step(sim::message_arrived{from.id, text});
}

std::optional<std::uint32_t> virtual_discord::shard_of(std::string_view session) const {
    for (const auto& one : core_.oracle().at("sessions").as_array()) {
        const auto& known = one.as_object();
        if (known.at("id").as_string() == session) return known.at("shard").as_array().at(0).to_number<std::uint32_t>();
    }
    return std::nullopt;
}

void virtual_discord::tell_core_closed(virtual_link& which, std::optional<std::uint16_t> code) {
    which.server_gone = true;
    const auto id = which.id;
    if (links_.erase(static_cast<std::uint64_t>(id)) != 0) step(sim::connection_closed{id, code});
}

std::unique_ptr<net::websocket> virtual_discord::dial(net::dial_request request, net::websocket_events& events,
                                                      std::shared_ptr<const bool> leaving) {
    const auto now = time_.now();
    watch_.dialed();
    auto made = std::make_shared<virtual_link>();
    made->id = sim::conn_id{++last_conn_};
    made->events = &events;
    made->leaving = std::move(leaving);
    made->last_arrival = now;
    made->latency = random_.between(3ms, 60ms);
    const bool resume = request.url.starts_with(resume_host_);
    const std::size_t host = resume ? 1 : 0;
    const auto path = request.url.find("/?");
    const auto target = path == std::string::npos ? std::string("/") : request.url.substr(path);
    notes_.write(fmt::format("conn {} dial {}", made->number(), request.url));

    const auto fail_after = [&](duration wait, net::errc why) {
        time_.wake_at(now + wait, [made, why] { made->end_client({std::nullopt, "", made->closing, true, failure(why)}); });
        return std::make_unique<near_end>(*this, made);
    };
    if (!resume && !request.url.starts_with(gateway_host_)) {
        watch_.dialed_nowhere(made->leaving, request.url);
        return fail_after(30ms, net::errc::resolve_failed);
    }
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
            links_.erase(made->number());
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

void virtual_discord::blackhole(double share) {
    for (auto& [id, one] : links_) {
        if (!one->open || !random_.chance(share)) continue;
        notes_.write(fmt::format("conn {} goes black", id));
        one->black = true;
        // Discord's own end notices by the missing heartbeats; the client by the missing answers.
    }
}

}  // namespace shoal::simulation
