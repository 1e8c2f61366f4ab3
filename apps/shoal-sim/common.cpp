// What the subcommands share: sentences for mistakes, files, one HTTP call, and the life of a serving process.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cstdio>
#include <future>

#include "apps/shoal-sim/commands.hpp"
#include "config/token_shape.hpp"
#include "net/errc.hpp"
#include "net/io_thread.hpp"
#include "sim/server/files.hpp"

namespace shoal_sim {

namespace {
using shoal::config::exit_code;
using shoal::net::errc;
using shoal::sim::server_errc;

exit_code code_of(const shoal::failure& why) noexcept {
    if (why.is(errc::address_in_use)) return exit_code::port_in_use;
    if (why.is(errc::bad_certificate)) return exit_code::certificate_refused;
    if (why.is(server_errc::unwritable_file)) return exit_code::state_unusable;
    if (why.is(server_errc::disk_full)) return exit_code::disk_full;
    return exit_code::bad_setting;
}
}  // namespace

int mistake(const std::string& sentence, exit_code code) {
    // Sentences repeat what was typed: addresses with a password in them, a token in the wrong place.
    fmt::print(stderr, "shoal-sim: {}\n", shoal::config::without_secrets(sentence));
    return static_cast<int>(code);
}
int mistake(const shoal::failure& why) {
    auto sentence = why.detail().empty() ? std::string(why.text()) : fmt::format("{}: {}", why.text(), why.detail());
    if (why.is(errc::address_in_use)) {
        sentence = fmt::format("cannot listen on {}; choose another port, or port 0 for any that is free", why.detail());
    }
    return mistake(sentence + ".", code_of(why));
}

int unanswered(const std::string& url, const shoal::failure& why) {
    if (why.is(errc::bad_url)) {
        return mistake(fmt::format("{} is no control address; write it as 127.0.0.1:9000, as shoal-sim serve tells it.", url));
    }
    return mistake(fmt::format("no simulator answers at {} ({}); look at --control, and whether shoal-sim serve still runs.", url,
                               why.detail().empty() ? why.text() : std::string_view(why.detail())),
                   exit_code::api_unreachable);
}

std::string control_url(std::string address) {
    if (!address.starts_with("http")) address = "http://" + address;
    while (address.ends_with('/')) address.pop_back();
    return address;
}

shoal::result<answer> http_call(const std::string& method, const std::string& url, const std::string& body) {
    shoal::net::io_thread thread("shoal-sim-ctl");
    std::promise<shoal::result<answer>> done;
    std::unique_ptr<shoal::net::http_client> client;
    thread.post([&] {
        client = shoal::net::make_http_client(thread, nullptr, {});
        shoal::net::http_request request;
        request.method = method;
        request.url = url;
        request.body = body;
        request.largest_body = std::size_t{1} << 30U;
        request.timeout = std::chrono::seconds(60);
        client->send(std::move(request), [&](shoal::result<shoal::net::http_response> got) {
            if (got) {
                done.set_value(answer{got->status, std::move(got->body)});
            } else {
                done.set_value(std::unexpected(std::move(got).error()));
            }
        });
    });
    auto got = done.get_future().get();
    std::promise<void> gone;
    thread.post([&] {
        client.reset();
        gone.set_value();
    });
    gone.get_future().wait();
    thread.stop();
    thread.join();
    return got;
}

void serving::add_to(CLI::App& app) {
    auto& o = server;
    app.add_option("--listen", o.listen, "Where REST and the gateway listen (port 0: any free one)")->capture_default_str();
    app.add_option("--gateway-listen", o.gateway_listen,
                   "A port of its own for the gateway, so that faults of its port spare REST");
    app.add_option("--resume-listen", o.resume_listen, "Where resume_gateway_url points")->capture_default_str();
    app.add_option("--control", o.control, "Where the control port listens; loopback, plain HTTP")->capture_default_str();
    app.add_option("--public-host", o.public_host, "The host in the urls that clients get (default: the one listened on)");
    auto* const plain = app.add_flag("--plain", o.plain, "ws and http without TLS; on loopback only");
    auto* const cert = app.add_option("--cert", o.certificate_file, "Certificate chain (PEM); default: one is made");
    auto* const key = app.add_option("--key", o.key_file, "Its key (PEM)");
    cert->needs(key)->excludes(plain);
    key->needs(cert);
    auto* const gateway_cert = app.add_option("--gateway-cert", o.gateway_certificate_file,
                                              "Another certificate for the gateway and the resume host (PEM)");
    auto* const gateway_key = app.add_option("--gateway-key", o.gateway_key_file, "Its key (PEM)");
    gateway_cert->needs(gateway_key)->needs("--gateway-listen")->excludes(plain);
    gateway_key->needs(gateway_cert);
    app.add_option("--ca-out", o.ca_out, "Write the certificate that clients should trust to this file");
    app.add_option("--hello-with-upgrade", o.hello_with_upgrade,
                   "Share of connections whose HELLO leaves in one segment with the upgrade's answer")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    app.add_option("--most-unsent-bytes", o.most_unsent_bytes, "A client that lets more wait is cut")->capture_default_str();
    app.add_option("--zlib-level", o.zlib_level, "Effort of zlib-stream")->check(CLI::Range(1, 9))->capture_default_str();
    app.add_option("--zstd-level", o.zstd_level, "Effort of zstd-stream")->check(CLI::Range(1, 19))->capture_default_str();
    app.add_option("--ready-file", ready_file, "Write a JSON object with all addresses there once it listens");
    app.add_option("--oracle", oracle_file, "Write the oracle there at the end");
    app.add_option("--drain-seconds", drain_seconds, "How long to wait at the end until everything is written")
        ->check(CLI::Range(0, 3600))
        ->capture_default_str();
}

int serving::run(shoal::sim::server::machine_maker make, const std::string& what) const {
    // The threads that are started inherit the blocked signals; this one waits for them.
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);  // A file that may not grow is told as a full disk.

    auto started = shoal::sim::server::start(server, std::move(make));
    if (!started) return mistake(started.error());
    auto& running = **started;
    const auto main_thread = pthread_self();
    running.on_stop_asked([main_thread] { pthread_kill(main_thread, SIGTERM); });
    running.on_recording_ended([](const shoal::failure& why) {
        mistake(fmt::format("the recording ends here, its clients are served on: {}: {}.", why.text(), why.detail()),
                code_of(why));
    });
    const auto& at = running.addresses();
    fmt::print("shoal-sim serves {}\n  REST     {}\n  gateway  {}\n  resume   {}\n  control  {}\n", what, at.api_base, at.gateway,
               at.resume, at.control.empty() ? "none" : at.control);
    if (!server.ca_out.empty() && !server.plain) fmt::print("  trust    {}\n", server.ca_out);
    std::fflush(stdout);
    if (!ready_file.empty()) {
        const boost::json::object ready{{"api_base", at.api_base}, {"gateway", at.gateway},    {"resume", at.resume},
                                        {"control", at.control},   {"ca_file", server.ca_out}, {"pid", getpid()}};
        if (auto written = shoal::sim::write_file(ready_file, boost::json::serialize(ready) + "\n"); !written)
            return mistake(written.error());
    }

    int which = 0;
    sigwait(&ends, &which);
    const bool drained = running.drain(std::chrono::seconds(drain_seconds));
    if (!drained) fmt::print("shoal-sim: not everything could be written in {} s; the oracle says so\n", drain_seconds);
    if (!oracle_file.empty()) {
        const auto text = boost::json::serialize(running.oracle()) + "\n";
        if (auto written = shoal::sim::write_file(oracle_file, text); !written) return mistake(written.error());
    }
    // It was said when it happened.
    if (const auto kept = running.finish_recording(); !kept) return static_cast<int>(code_of(kept.error()));
    return exit_fine;
}

}  // namespace shoal_sim
