#include "sim/server/server.hpp"

#include <fmt/format.h>

#include <chrono>
#include <future>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "net/io_thread.hpp"
#include "sim/server/certificates.hpp"
#include "sim/server/control_port.hpp"
#include "sim/server/doors.hpp"
#include "sim/server/listen_address.hpp"
#include "sim/server/recording.hpp"
#include "sim/server/switchboard.hpp"
#include "sim/server/timer_slot.hpp"

namespace shoal::sim {

namespace json = boost::json;

struct server::impl {
    explicit impl(server_options wanted) : options(std::move(wanted)), thread("shoal-sim"), random(options.seed ^ 0x5EA51DEULL) {}

    server_options options;
    server_addresses where;
    certificates shown;
    net::io_thread thread;
    random_source random;
    std::function<void()> stop_asked;
    std::function<void(const failure&)> recording_ended;

    // Everything below belongs to the thread.
    std::unique_ptr<recorder> record;
    std::unique_ptr<switchboard> board;
    std::unique_ptr<doors> ports;
    std::unique_ptr<timer_slot> record_flush;
    bool recording_told = false;
    std::vector<std::unique_ptr<timer_slot>> delayed;
    std::unique_ptr<net::listener> control_listener;
    control_hooks hooks;
    std::unordered_map<control_connection*, std::unique_ptr<control_connection>> controllers;
    instant started_at{};

    // ---- start and stop ------------------------------------------------------------------------------------------------

    result<void> open(const machine_maker& make) {
        const auto api = read_listen_address(options.listen);
        const auto resume = read_listen_address(options.resume_listen);
        const auto gateway = read_listen_address(options.gateway_listen.empty() ? options.listen : options.gateway_listen);
        const auto control = read_listen_address(options.control.empty() ? "127.0.0.1:0" : options.control);
        for (const auto* one : {&api, &resume, &gateway, &control}) {
            if (!*one) return std::unexpected(one->error());
        }
        if (!control->loopback()) {
            return std::unexpected(failure(server_errc::control_needs_loopback, control->text()));
        }
        auto certified = open_certificates(options, {*api, *resume, *gateway});
        if (!certified) return std::unexpected(certified.error());
        shown = std::move(*certified);
        if (!options.record_file.empty()) {
            auto opened = recorder::open(options.record_file);
            if (!opened) return std::unexpected(opened.error());
            record = std::move(*opened);
        }
        board = std::make_unique<switchboard>(thread, options, random);
        auto listening = doors::open(thread, options, shown, random, where,
                                     [this](connection::port to, bool serves_rest, std::unique_ptr<net::byte_stream> stream) {
                                         board->accept(to, serves_rest, std::move(stream));
                                     });
        if (!listening) return std::unexpected(listening.error());
        ports = std::move(*listening);
        if (!options.control.empty()) {
            if (auto opened = open_control(*control); !opened) return opened;
        }
        record_flush = std::make_unique<timer_slot>(thread);
        auto behind = make(where);
        started_at = thread.now();
        board->begin(std::move(behind), *ports, record.get());
        if (record) keep_flushing();
        return {};
    }

    result<void> open_control(const listen_address& at) {
        hooks.control = [this](const json::object& command) { return board->control(command); };
        hooks.oracle = [this] { return board->oracle(); };
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
        if (!flush_recording()) return;
        record_flush->in(std::chrono::milliseconds(500), [this] { keep_flushing(); });
    }

    result<void> flush_recording() {
        auto kept = record ? record->flush() : result<void>{};
        if (!kept && recording_ended && !std::exchange(recording_told, true)) recording_ended(kept.error());
        return kept;
    }

    void shut() {
        delayed.clear();
        record_flush.reset();
        control_listener.reset();
        ports.reset();
        controllers.clear();
        board.reset();
        record.reset();
    }

    // ---- questions -----------------------------------------------------------------------------------------------------

    [[nodiscard]] json::object state() const {
        json::object told{{"api_base", where.api_base},
                          {"gateway", where.gateway},
                          {"resume", where.resume},
                          {"control", where.control},
                          {"uptime_s", std::chrono::duration_cast<std::chrono::seconds>(thread.now() - started_at).count()}};
        for (auto& [name, count] : board->counts()) told.emplace(name, count);
        return told;
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
        const bool drained = board->is_drained();
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
const std::string& server::ca_pem() const noexcept { return impl_->shown.made_ca; }

boost::json::object server::control(const boost::json::object& command) {
    return impl_->call([&] { return impl_->board->control(command); });
}
boost::json::object server::oracle() {
    return impl_->call([this] { return impl_->board->oracle(); });
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
    impl_->thread.post([this, command = std::move(command), on_answer = std::move(on_answer)]() mutable {
        on_answer(impl_->board->control(command));
    });
}
void server::oracle_async(std::move_only_function<void(boost::json::object)> on_answer) {
    impl_->thread.post([this, on_answer = std::move(on_answer)]() mutable { on_answer(impl_->board->oracle()); });
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

void server::on_recording_ended(std::function<void(const failure& why)> ended) {
    impl_->call([&] {
        impl_->recording_ended = std::move(ended);
        return true;
    });
}
result<void> server::finish_recording() {
    return impl_->call([this] { return impl_->flush_recording(); });
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
