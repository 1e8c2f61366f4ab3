#include "sim/server/server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <future>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "net/errc.hpp"
#include "net/io_thread.hpp"
#include "sim/server/accept_faults.hpp"
#include "sim/server/connection.hpp"
#include "sim/server/control_port.hpp"
#include "sim/server/files.hpp"
#include "sim/server/recording.hpp"
#include "sim/server/timer_slot.hpp"

namespace shoal::sim {
namespace {

namespace json = boost::json;

struct address {
    std::string host;  // "127.0.0.1", "[::1]"
    std::string port;
    [[nodiscard]] bool loopback() const { return host.starts_with("127.") || host == "[::1]"; }
    [[nodiscard]] std::string text() const { return host + ":" + port; }
};

result<address> read_address(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size()) {
        return std::unexpected(failure(server_errc::bad_address, std::string(text)));
    }
    address read{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
    if (read.host == "localhost") read.host = "127.0.0.1";
    return read;
}

}  // namespace

struct server::impl final : connection_owner {
    explicit impl(server_options wanted) : options(std::move(wanted)), thread("shoal-sim"), random(options.seed ^ 0x5EA51DEULL) {}

    server_options options;
    server_addresses where;
    std::string made_ca;
    net::io_thread thread;
    random_source random;
    std::function<void()> stop_asked;

    // Everything below belongs to the thread.
    net::tls_context_ptr tls, gateway_tls;  // the second: of the gateway and the resume host
    std::unique_ptr<machine> behind;
    std::unique_ptr<recorder> record;
    std::unique_ptr<timer_slot> wake, record_flush;
    std::vector<std::unique_ptr<timer_slot>> delayed;
    struct door {
        std::unique_ptr<net::listener> listener;
        accept_faults faults;
        bool listening = true;
        explicit door(std::uint64_t seed) : faults(seed) {}
    };
    std::unique_ptr<door> api_door, gateway_door, resume_door;
    std::unique_ptr<net::listener> control_listener;
    control_hooks hooks;
    std::unordered_map<std::uint64_t, std::unique_ptr<connection>> connections;
    std::unordered_map<control_connection*, std::unique_ptr<control_connection>> controllers;
    std::unordered_map<std::uint64_t, conn_id> requests;
    std::vector<conn_id> to_flush;
    std::vector<action> orders;
    std::uint64_t last_conn = 0, last_request = 0, accepted = 0, slow_cut = 0, payloads = 0, plain_bytes = 0;
    bool stepping = false;
    instant started_at{};

    [[nodiscard]] connection* find(conn_id id) {
        const auto found = connections.find(static_cast<std::uint64_t>(id));
        return found == connections.end() ? nullptr : found->second.get();
    }
    [[nodiscard]] door& gateway() { return gateway_door ? *gateway_door : *api_door; }

    // ---- start and stop ------------------------------------------------------------------------------------------------

    static result<net::tls_context_ptr> read_tls(const std::string& certificate_file, const std::string& key_file,
                                                 std::string* chain_out) {
        auto chain = read_file(certificate_file);
        if (!chain) return std::unexpected(chain.error());
        const auto key = read_file(key_file);
        if (!key) return std::unexpected(key.error());
        auto context = net::server_tls(*chain, *key);
        if (!context) {
            return std::unexpected(
                failure(net::errc::bad_certificate, fmt::format("{}: {}", certificate_file, context.error().detail())));
        }
        if (chain_out != nullptr) *chain_out = std::move(*chain);
        return context;
    }

    result<net::tls_context_ptr> make_certificate(const std::vector<address>& all) {
        std::vector<std::string> names{"localhost", "127.0.0.1", "::1"};
        const auto add = [&names](std::string host) {
            if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
            if (!host.empty() && host != "0.0.0.0" && host != "::" && std::ranges::find(names, host) == names.end()) {
                names.push_back(host);
            }
        };
        for (const auto& one : all) add(one.host);
        add(options.public_host);
        auto made = net::make_self_signed(names, 30);
        if (!made) return std::unexpected(made.error());
        made_ca = made->certificate_pem;
        return net::server_tls(made->certificate_pem, made->key_pem);
    }

    result<void> make_tls(const std::vector<address>& all) {
        for (const auto& one : all) {
            if (options.plain && !one.loopback()) {
                return std::unexpected(failure(server_errc::plain_needs_loopback, one.text()));
            }
        }
        if (options.plain) return {};
        std::string chain;
        auto context = options.certificate_file.empty() ? make_certificate(all)
                                                        : read_tls(options.certificate_file, options.key_file, &chain);
        if (!context) return std::unexpected(context.error());
        tls = gateway_tls = std::move(*context);
        if (!options.gateway_certificate_file.empty()) {
            auto other = read_tls(options.gateway_certificate_file, options.gateway_key_file, nullptr);
            if (!other) return std::unexpected(other.error());
            gateway_tls = std::move(*other);
        }
        if (options.ca_out.empty()) return {};
        return write_file(options.ca_out, made_ca.empty() ? chain : made_ca);
    }

    result<std::unique_ptr<door>> open_door(const address& at, connection::port what, bool serves_rest) {
        auto made = std::make_unique<door>(random.next());
        const auto& shown = what == connection::port::api || serves_rest ? tls : gateway_tls;
        auto listening =
            net::listen(thread, at.text(), shown, [this, what, serves_rest](std::unique_ptr<net::byte_stream> stream) {
                ++accepted;
                const auto id = ++last_conn;
                connections.emplace(id, std::make_unique<connection>(
                                            *this, thread, conn_id{id}, what, std::move(stream),
                                            connection_limits{options.most_unsent_bytes, options.close_grace}, serves_rest));
            });
        if (!listening) return std::unexpected(listening.error());
        made->listener = std::move(*listening);
        made->listener->set_policy([faults = &made->faults] { return faults->on_accept(); });
        return made;
    }

    [[nodiscard]] std::string url(std::string_view scheme, const address& at, const net::listener& listener) const {
        auto host = options.public_host.empty() ? at.host : options.public_host;
        if (host == "0.0.0.0") host = "127.0.0.1";
        if (host == "[::]") host = "[::1]";
        return fmt::format("{}://{}:{}", scheme, host, listener.port());
    }

    result<void> open(const machine_maker& make) {
        const auto api = read_address(options.listen);
        const auto resume = read_address(options.resume_listen);
        const auto gateway_at = read_address(options.gateway_listen.empty() ? options.listen : options.gateway_listen);
        const auto control = read_address(options.control.empty() ? "127.0.0.1:0" : options.control);
        for (const auto* one : {&api, &resume, &gateway_at, &control}) {
            if (!*one) return std::unexpected(one->error());
        }
        if (!control->loopback()) {
            return std::unexpected(failure(server_errc::control_needs_loopback, control->text()));
        }
        if (auto ready = make_tls({*api, *resume, *gateway_at}); !ready) return ready;
        if (!options.record_file.empty()) {
            auto opened = recorder::open(options.record_file);
            if (!opened) return std::unexpected(opened.error());
            record = std::move(*opened);
        }

        const bool shared = options.gateway_listen.empty();
        auto first = open_door(*api, shared ? connection::port::gateway : connection::port::api, true);
        if (!first) return std::unexpected(first.error());
        api_door = std::move(*first);
        if (!shared) {
            auto second = open_door(*gateway_at, connection::port::gateway, false);
            if (!second) return std::unexpected(second.error());
            gateway_door = std::move(*second);
        }
        auto third = open_door(*resume, connection::port::resume, false);
        if (!third) return std::unexpected(third.error());
        resume_door = std::move(*third);

        where.api_base = url(options.plain ? "http" : "https", *api, *api_door->listener) + "/api/v10";
        where.gateway = url(options.plain ? "ws" : "wss", *gateway_at, *gateway().listener);
        where.resume = url(options.plain ? "ws" : "wss", *resume, *resume_door->listener);
        if (!options.control.empty()) {
            if (auto opened = open_control(*control); !opened) return opened;
        }
        wake = std::make_unique<timer_slot>(thread);
        record_flush = std::make_unique<timer_slot>(thread);
        behind = make(where);
        started_at = thread.now();
        happened(tick{});
        if (record) keep_flushing();
        return {};
    }

    result<void> open_control(const address& at) {
        hooks.control = [this](const json::object& command) { return obey(command); };
        hooks.oracle = [this] { return true_oracle(); };
        hooks.status = [this] { return state(); };
        hooks.stop = [this] {
            if (stop_asked) stop_asked();
        };
        auto opened = net::listen(thread, at.text(), nullptr, [this](std::unique_ptr<net::byte_stream> stream) {
            auto made = std::make_unique<control_connection>(std::move(stream), hooks,
                                                             [this](control_connection* gone) { controllers.erase(gone); });
            auto* const key = made.get();
            controllers.emplace(key, std::move(made));
        });
        if (!opened) return std::unexpected(opened.error());
        control_listener = std::move(*opened);
        where.control = fmt::format("http://{}:{}", at.host, control_listener->port());
        return {};
    }

    void keep_flushing() {
        record->flush();
        record_flush->in(std::chrono::milliseconds(500), [this] { keep_flushing(); });
    }

    void shut() {
        delayed.clear();
        wake.reset();
        record_flush.reset();
        control_listener.reset();
        api_door.reset();
        gateway_door.reset();
        resume_door.reset();
        controllers.clear();
        connections.clear();
        record.reset();
        behind.reset();
    }

    // ---- facts and orders ----------------------------------------------------------------------------------------------

    void happened(const input& fact) override {
        if (!behind) return;
        SHOAL_ASSERT(!std::exchange(stepping, true));
        behind->step(fact, thread.now(), orders);
        carry_out();
    }

    void carry_out() {
        for (auto& order : orders) std::visit([this](auto& one) { obey_order(one); }, order);
        orders.clear();
        stepping = false;
        for (const auto id : to_flush) {
            if (auto* const which = find(id)) which->flush();
        }
        to_flush.clear();
    }

    void obey_order(const send_payload& order) {
        if (auto* const to = find(order.conn)) to->send(order.what);
    }
    void obey_order(const close_connection& order) {
        if (auto* const which = find(order.conn)) which->close(order.code, order.reason);
    }
    void obey_order(const wire_order& order) {
        if (auto* const which = find(order.conn)) which->wire(order);
    }
    void obey_order(const connection_mode& order) {
        if (auto* const which = find(order.conn)) which->compress_large(order.compress);
    }
    void obey_order(const accept_order& order) {
        auto& door = order.on_resume_host ? *resume_door : gateway();
        door.faults.apply(order);
        const bool listening = !door.faults.refuses_all();
        if (std::exchange(door.listening, listening) != listening) {
            // Opening the port again can only fail if somebody else took it meanwhile; refused connections show that well enough.
            static_cast<void>(door.listener->set_listening(listening));
        }
    }
    void obey_order(http_answer& order) {
        const auto found = requests.find(static_cast<std::uint64_t>(order.request));
        if (found == requests.end()) return;
        auto* const to = find(found->second);
        requests.erase(found);
        if (to == nullptr) return;
        net::http_response response{static_cast<std::uint16_t>(order.status), {}, std::move(order.body)};
        for (auto& one : order.headers) response.headers.push_back({std::move(one.name), std::move(one.value)});
        // Reading the next request of a keep-alive connection steps the machine, which is carrying out orders now.
        thread.post([this, id = to->id(), response = std::move(response), how = order.delivery, span = order.span]() mutable {
            if (auto* const still = find(id)) still->answer(std::move(response), how, span);
        });
    }
    void obey_order(const wake_at& order) {
        if (order.when == never) return wake->forget();
        wake->at(order.when, [this] { happened(tick{}); });
    }

    // ---- connection_owner ----------------------------------------------------------------------------------------------

    void asked(connection& from, net::http_request request) override {
        const auto id = ++last_request;
        requests.emplace(id, from.id());
        http_arrived fact{request_id{id}, std::move(request.method), std::move(request.url), std::move(request.body), {},
                          from.peer_ip()};
        for (auto& one : request.headers) fact.headers.push_back({std::move(one.name), std::move(one.value)});
        happened(fact);
    }
    std::optional<int> upgrade_status(const connection& from) override {
        return (from.came_to() == connection::port::resume ? *resume_door : gateway()).faults.on_upgrade();
    }
    bool hello_with_upgrade() override { return random.chance(options.hello_with_upgrade); }
    wire::encoder_config encoder_for(wire::compression how) override {
        return {.how = how,
                .vary = options.vary_json,
                .zlib_level = options.zlib_level,
                .zstd_level = options.zstd_level,
                .seed = random.next()};
    }
    void wants_flush(connection& which) override {
        // Most often several payloads in a row go to one connection.
        if (to_flush.empty() || to_flush.back() != which.id()) to_flush.push_back(which.id());
    }
    void drained(connection& which) override {
        if (!behind || stepping) return;
        stepping = true;
        behind->drained(which.id(), thread.now(), orders);
        carry_out();
    }
    void sent(connection& which, const wire::text_parts& text) override {
        ++payloads;
        plain_bytes += text.front.size() + text.data.size() + text.back.size();
        if (record) record->write(thread.now(), which.id(), text);
    }
    void too_slow(connection&) override { ++slow_cut; }
    void ended(connection& which) override {
        const auto id = which.id();
        std::erase_if(requests, [id](const auto& waiting) { return waiting.second == id; });
        connections.erase(static_cast<std::uint64_t>(id));
    }

    // ---- questions -----------------------------------------------------------------------------------------------------

    json::object obey(const json::object& command) {
        SHOAL_ASSERT(!std::exchange(stepping, true));
        auto answer = behind->control(command, thread.now(), orders);
        carry_out();
        return answer;
    }
    [[nodiscard]] std::size_t unsent() const {
        std::size_t sum = 0;
        for (const auto& [id, one] : connections) sum += one->upgraded() ? one->unsent() : 0;
        return sum;
    }
    [[nodiscard]] json::object true_oracle() const {
        auto told = behind->oracle();
        const auto* drained_in_core = told.if_contains("drained");
        told["drained"] = drained_in_core != nullptr && *drained_in_core == true && unsent() == 0;
        return told;
    }
    [[nodiscard]] json::object state() const {
        std::uint64_t websockets = 0;
        for (const auto& [id, one] : connections) websockets += one->upgraded() ? 1U : 0U;
        return {{"api_base", where.api_base},
                {"gateway", where.gateway},
                {"resume", where.resume},
                {"control", where.control},
                {"uptime_s", std::chrono::duration_cast<std::chrono::seconds>(thread.now() - started_at).count()},
                {"connections", connections.size()},
                {"websockets", websockets},
                {"accepted", accepted},
                {"slow_readers_cut", slow_cut},
                {"payloads_sent", payloads},
                {"plain_bytes_sent", plain_bytes},
                {"unsent_bytes", unsent()}};
    }

    /// Runs `job` on the thread and waits for what it returns.
    template <class F>
    auto call(F job) {
        using value = decltype(job());
        SHOAL_ASSERT(!thread.is_current());
        auto done = std::make_shared<std::promise<value>>();
        auto waiting = done->get_future();
        thread.post([done, &job] { done->set_value(job()); });
        return waiting.get();
    }

    void after(duration delay, work job) {
        std::erase_if(delayed, [](const auto& slot) { return !slot->armed(); });
        delayed.push_back(std::make_unique<timer_slot>(thread));
        delayed.back()->in(delay, std::move(job));
    }
    /// Looks again at short distances until everything is written: the last bytes leave when clients read them.
    void await_drained(const std::shared_ptr<std::promise<bool>>& done, instant until) {
        // The oracle of a long run is large: it is made only when it may be good news.
        const bool drained = unsent() == 0 && true_oracle().at("drained").as_bool();
        if (drained || thread.now() >= until) return done->set_value(drained);
        after(std::chrono::milliseconds(100), [this, done, until] { await_drained(done, until); });
    }
};

server::server(std::unique_ptr<impl> made) : impl_(std::move(made)) {}

result<std::unique_ptr<server>> server::start(server_options options, machine_maker make) {
    std::unique_ptr<server> made(new server(std::make_unique<impl>(std::move(options))));
    auto& inner = *made->impl_;
    auto opened = inner.call([&] { return inner.open(make); });
    if (!opened) return std::unexpected(opened.error());
    return made;
}

server::~server() {
    impl_->call([this] {
        impl_->shut();
        return true;
    });
    impl_->thread.stop();
    impl_->thread.join();
}

const server_addresses& server::addresses() const noexcept { return impl_->where; }
const std::string& server::ca_pem() const noexcept { return impl_->made_ca; }

boost::json::object server::control(const boost::json::object& command) {
    return impl_->call([&] { return impl_->obey(command); });
}
boost::json::object server::oracle() {
    return impl_->call([this] { return impl_->true_oracle(); });
}
boost::json::object server::status() {
    return impl_->call([this] { return impl_->state(); });
}

bool server::drain(duration span) {
    static_cast<void>(control({{"do", "drain"}}));
    auto done = std::make_shared<std::promise<bool>>();
    auto waiting = done->get_future();
    impl_->thread.post([this, done, span] { impl_->await_drained(done, impl_->thread.now() + span); });
    return waiting.get();
}

void server::control_async(boost::json::object command, std::move_only_function<void(boost::json::object)> on_answer) {
    impl_->thread.post(
        [this, command = std::move(command), on_answer = std::move(on_answer)]() mutable { on_answer(impl_->obey(command)); });
}
void server::oracle_async(std::move_only_function<void(boost::json::object)> on_answer) {
    impl_->thread.post([this, on_answer = std::move(on_answer)]() mutable { on_answer(impl_->true_oracle()); });
}
void server::later(duration delay, std::move_only_function<void()> job) {
    impl_->thread.post([this, delay, job = std::move(job)]() mutable { impl_->after(delay, std::move(job)); });
}
void server::on_stop_asked(std::function<void()> asked) {
    impl_->call([&] {
        impl_->stop_asked = std::move(asked);
        return true;
    });
}

server::machine_maker live(simulator_config config) {
    return [config = std::move(config)](const server_addresses& where) mutable {
        config.gateway_url = where.gateway;
        // Ids of what happens carry the real time: bots judge the age of an interaction by them.
        const auto since_boot = std::chrono::duration_cast<std::chrono::milliseconds>(net::boot_now().time_since_epoch());
        const auto unix_now =
            std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
        config.world.unix_ms_at_zero = (unix_now - since_boot).count();
        config.resume_url = where.resume;
        return make_live_machine(std::move(config));
    };
}

}  // namespace shoal::sim
