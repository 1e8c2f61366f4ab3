#pragma once
// What the tests of src/net share: a scheduler's thread to run things on, a server of scripted connections, and recorders that
// a test waits on. Waiting ends with the condition, or fails after a deadline; nothing sleeps for luck.

#include <doctest/doctest.h>

#include <unistd.h>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <fstream>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "net/byte_stream.hpp"
#include "net/errc.hpp"
#include "net/http_codec.hpp"
#include "net/io_thread.hpp"

namespace shoal::net::testing {

using namespace std::chrono_literals;

inline constexpr auto patience = 20s;

/// Runs `job` on `on` and hands its value over.
template <class Job>
auto run_on(io_thread& on, Job job) {
    using value = std::invoke_result_t<Job>;
    std::promise<value> promise;
    auto future = promise.get_future();
    on.post([&] {
        if constexpr (std::is_void_v<value>) {
            job();
            promise.set_value();
        } else {
            promise.set_value(job());
        }
    });
    REQUIRE(future.wait_for(patience) == std::future_status::ready);
    return future.get();
}

/// Notes from another thread, in order, that a test waits for.
class notes {
public:
    void add(std::string note) {
        const std::lock_guard lock(mutex_);
        all_.push_back(std::move(note));
        changed_.notify_all();
    }
    [[nodiscard]] std::vector<std::string> all() const {
        const std::lock_guard lock(mutex_);
        return all_;
    }
    /// Waits for a note that begins with `start`; "" if it never comes.
    std::string wait(std::string_view start, std::size_t nth = 1) const {
        std::unique_lock lock(mutex_);
        std::string found;
        changed_.wait_for(lock, patience, [&] {
            std::size_t seen = 0;
            for (const auto& note : all_) {
                if (note.starts_with(start) && ++seen == nth) {
                    found = note;
                    return true;
                }
            }
            return false;
        });
        return found;
    }
    [[nodiscard]] std::size_t count(std::string_view start) const {
        std::size_t seen = 0;
        for (const auto& note : all()) seen += note.starts_with(start) ? 1U : 0U;
        return seen;
    }

private:
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::vector<std::string> all_;
};

/// A file with this text, removed at the end.
class text_file {
public:
    explicit text_file(const std::string& text) {
        static std::atomic<int> number{0};
        path_ = "/tmp/shoal-net-test-" + std::to_string(::getpid()) + "-" + std::to_string(++number) + ".pem";
        std::ofstream(path_) << text;
    }
    ~text_file() { std::remove(path_.c_str()); }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

/// A certificate for localhost and the loopback addresses, made once.
inline const self_signed& own_certificate() {
    static const self_signed made = make_self_signed({"localhost", "127.0.0.1", "::1"}, 30).value();
    return made;
}
inline tls_context_ptr own_server_tls() {
    return server_tls(own_certificate().certificate_pem, own_certificate().key_pem).value();
}
inline tls_context_ptr own_client_tls() {
    const text_file file(own_certificate().certificate_pem);
    return client_tls(file.path()).value();
}

/// One accepted connection with its script: `on_bytes` sees everything that has come so far and may eat it.
class server_connection : public byte_stream_events {
public:
    using script = std::function<void(server_connection&)>;
    server_connection(std::unique_ptr<byte_stream> taken, script on_data, notes& log, int number)
        : stream(std::move(taken)), number(number), log_(log), on_data_(std::move(on_data)) {
        stream->listen_to(*this);
    }
    void on_bytes(std::string_view bytes) override {
        received.append(bytes);
        on_data_(*this);
    }
    void on_drained() override { log_.add("drained"); }
    void on_ended(const failure& why) override {
        ended = true;
        log_.add("server ended: " + why.message());
    }
    std::unique_ptr<byte_stream> stream;
    std::string received;
    int number;
    int stage = 0;
    bool ended = false;

private:
    notes& log_;
    script on_data_;
};

/// A server on a thread of its own.
class server {
public:
    explicit server(tls_context_ptr tls, server_connection::script on_data, std::string address = "127.0.0.1:0") {
        face_ = run_on(io, [&] {
            return listen(io, address, std::move(tls),
                          [this, on_data](std::unique_ptr<byte_stream> stream) {
                              connections.push_back(std::make_unique<server_connection>(
                                  std::move(stream), on_data, log, static_cast<int>(connections.size()) + 1));
                              log.add("accepted");
                          })
                .value();
        });
        port = face_->port();
    }
    ~server() {
        run_on(io, [&] {
            face_.reset();
            connections.clear();
        });
    }
    [[nodiscard]] listener& face() { return *face_; }

    io_thread io{"test-server"};
    notes log;
    std::uint16_t port = 0;
    std::vector<std::unique_ptr<server_connection>> connections;  // on the server's thread

private:
    std::unique_ptr<listener> face_;
};

// ---- websocket frames, written by hand: this is the other side of the wire.

[[nodiscard]] std::string frame(int opcode, std::string_view payload, bool last = true);
[[nodiscard]] std::string close_frame(std::uint16_t code, std::string_view reason = {});

struct client_frame {
    int opcode = 0;
    bool last = true;
    std::string payload;
};
/// Takes one whole (masked) frame off the front of `bytes`.
[[nodiscard]] std::optional<client_frame> take_frame(std::string& bytes);
/// The code in a close frame's payload; 1005 if there is none.
[[nodiscard]] int code_in(const client_frame& frame);

/// If `received` holds a whole upgrade request: eats it and returns the answer to it.
[[nodiscard]] std::optional<std::string> take_upgrade(std::string& received);

/// Notes everything: "open", "text:...", "binary:...", "traffic", "closed ...".
class recorder : public websocket_events {
public:
    void on_open() override;
    void on_message(message_kind kind, std::span<const char> bytes) override;
    void on_traffic() override { ++traffic; }
    void on_closed(const close_report& report) override;

    notes log;
    std::atomic<int> traffic{0};
    std::function<void()> at_open;
    std::function<void(std::string_view)> at_message;
    std::function<void(const close_report&)> at_closed;
    close_report last;                  // after "closed"
    std::unique_ptr<websocket> socket;  // on the client's thread
};

}  // namespace shoal::net::testing
