// What each stage of our path costs: the same recorded bytes go through more and more of the library's own parts, in this process
// and without a socket, and a stage costs what a run with it takes longer than the run before. TLS and the event loop are not in
// it: run.py finds them as what the whole client takes beyond the last stage.
//   bench_stages RECORDING none|zlib|zstd [ROUNDS]

#include <fmt/format.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <shoal/shoal.hpp>
#include <utility>

#include "base/virtual_scheduler.hpp"
#include "bench/recording.hpp"
#include "bot/runtime.hpp"
#include "discord/envelope.hpp"
#include "gateway/inflater.hpp"
#include "host/shard_driver.hpp"
#include "net/http_client.hpp"
#include "net/websocket_frames.hpp"

namespace {

using namespace shoal;

/// One connection, played by this program.
class wire final : public net::dialer {
public:
    std::unique_ptr<net::websocket> dial(net::dial_request, net::websocket_events& events) override {
        to = &events;
        return std::make_unique<near_end>();
    }
    net::websocket_events* to = nullptr;

private:
    struct near_end final : net::websocket {
        bool send(std::string) override { return true; }
        void close(std::uint16_t, duration) override {}
        void cut() override {}
        void pause_reading() override {}
        void resume_reading() override {}
        [[nodiscard]] std::size_t unsent_bytes() const override { return 0; }
    };
};

class open_permits final : public host::permit_source {
public:
    void ask(shard_key, bool, scheduler& reply_on, std::function<void(answer)> on_answer) override {
        on_answer({1, reply_on.now() + std::chrono::seconds(1), {}});
    }
    void withdraw(shard_key) override {}
    void used(std::uint64_t, shard_key) override {}
    void returned(std::uint64_t, shard_key) override {}
    void identify_ended(shard_key, bool) override {}
    void can_spare(shard_key, scheduler&, std::function<void(bool)>) override {}
};

/// Lets every event go at once.
class no_bot final : public host::event_sink {
public:
    void on_session(shard_key, std::string_view) override {}
    result<void> on_dispatch(host::dispatch, host::guild_change) override { return {}; }
    void on_resumed(shard_key) override {}
    void on_shard_ready(shard_key, std::uint32_t) override {}
    void on_status(shard_key, gateway::session_status) override {}
    void on_gave_up(shard_key, std::uint16_t, std::string_view) override {}
};

struct no_http final : net::http_client {
    void send(net::http_request, answered) override {}
};

/// Cuts frames and hands their payloads on, 16 KB of bytes at a time, as TLS records bring them.
template <class Take>
void read_frames(std::string_view bytes, Take take) {
    net::frame_reader reader(64 * 1024 * 1024);
    while (!bytes.empty()) {
        const auto room = reader.room();
        const auto piece = bytes.substr(0, std::min({room.size(), bytes.size(), std::size_t{16} * 1024}));
        std::memcpy(room.data(), piece.data(), piece.size());
        reader.wrote(piece.size());
        bytes.remove_prefix(piece.size());
        for (auto next = reader.next(); next.kind == net::frame_kind::message; next = reader.next()) take(next);
    }
}

enum class until { frames, inflate, envelope, verdict, journal, bot, cache, handler };

class path {
public:
    path(std::string how, std::string bytes, std::size_t messages)
        : kind_(how == "zlib"   ? gateway::compression::zlib_stream
                : how == "zstd" ? gateway::compression::zstd_stream
                                : gateway::compression::none),
          bytes_(std::move(bytes)),
          messages_(static_cast<double>(messages)) {}

    /// CPU microseconds a message.
    double run(until last) {
        if (last >= until::verdict) return run_driver(last);
        buffer_pool pool;
        auto inflater = gateway::make_inflater(kind_, pool);
        const double begin = bench::cpu_us();
        read_frames(bytes_, [&](const net::frame_event& frame) {
            if (last == until::frames) return void(sum_ += frame.payload.size());
            const auto text = inflater->feed(frame.payload);
            if (last == until::inflate) return void(sum_ += text->size());
            sum_ += discord::read_envelope(text->view())->data.size();
        });
        return (bench::cpu_us() - begin) / messages_;
    }

private:
    double run_driver(until last) {
        virtual_scheduler time;
        double took = 0;
        time.post([&] { took = run_driver_on(time, last); });
        time.run_one();
        return took;
    }
    double run_driver_on(virtual_scheduler& time, until last) {
        buffer_pool pool;
        wire line;
        open_permits permits;
        no_bot nobody;
        no_http http;
        shoal::bot bot(
            {.intents = intents::from_handlers, .cache = last >= until::cache ? cache_preset::guilds : cache_preset::none});
        if (last == until::handler) bot.on([this](const message_create& event) { sum_ += event.content().size(); });
        if (auto opened = bot.inside().open({.log = {},
                                             .token = secret("t"),
                                             .rest_on = &time,
                                             .http = &http,
                                             .offload_threads = 1,
                                             .checkpoints = {},
                                             .bad_answers = {}});
            !opened)
            std::abort();
        std::optional<state::journal_writer> journal;
        if (last == until::journal) {
            const auto folder = std::filesystem::temp_directory_path() / fmt::format("shoal-bench-journal-{}", ++journals_);
            std::filesystem::remove_all(folder);
            if (auto made = state::journal_writer::create(folder, {0, 1}, {}); made) journal.emplace(std::move(*made));
            std::filesystem::remove_all(folder);  // It stays mapped.
        }
        double took = 0;
        {
            host::driver_options options;
            options.session.transport = kind_;
            options.session.token = secret("t");
            options.session.gateway_url = "wss://bench";
            options.session.intents = bot.inside().intents_to_identify();
            host::event_sink& sink = last >= until::bot ? static_cast<host::event_sink&>(bot.inside()) : nobody;
            host::shard_driver driver({&time, &line}, pool, journal ? &*journal : nullptr, options, std::nullopt, permits, sink,
                                      {});
            driver.start();
            line.to->on_open();
            const double begin = bench::cpu_us();
            read_frames(bytes_, [&](const net::frame_event& frame) { line.to->on_message(frame.message, frame.payload); });
            took = bench::cpu_us() - begin;
            if (static_cast<double>(driver.snapshot().events) + 1 < messages_) {
                fmt::print(stderr, "bench_stages: {} of {} messages were taken\n", driver.snapshot().events, messages_);
                std::exit(1);
            }
        }
        bot.inside().close();
        return took / messages_;
    }

    gateway::compression kind_;
    std::string bytes_;
    double messages_;
    std::size_t sum_ = 0;
    int journals_ = 0;
};

void append_server_frame(std::string& out, std::string_view payload, bool binary) {
    out += static_cast<char>(0x80 | (binary ? 2 : 1));
    const auto size = payload.size();
    const std::size_t more = size < 126 ? 0 : size <= 0xFFFF ? 2 : 8;
    out += static_cast<char>(more == 0 ? size : more == 2 ? 126 : 127);
    for (std::size_t i = more; i > 0; --i) out += static_cast<char>(size >> (8 * (i - 1)));
    out += payload;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        fmt::print(stderr, "usage: bench_stages RECORDING none|zlib|zstd [ROUNDS]\n");
        return 1;
    }
    const std::string how = argv[2];
    const int rounds = argc > 3 ? std::atoi(argv[3]) : 9;
    const auto texts = bench::read_recording(argv[1]);
    std::string bytes;
    // The levels are the simulator's.
    for (const auto& each : bench::compress(texts, how, how == "zlib" ? 3 : 1)) append_server_frame(bytes, each, how != "none");
    path through(how, std::move(bytes), texts.size());

    constexpr std::pair<until, const char*> stages[] = {{until::frames, "frames"},     {until::inflate, "inflate"},
                                                        {until::envelope, "envelope"}, {until::verdict, "verdict"},
                                                        {until::journal, "journal"},   {until::bot, "bot"},
                                                        {until::cache, "cache"},       {until::handler, "reader_and_handler"}};
    std::vector<double> found[std::size(stages)];
    for (int i = 0; i <= rounds; ++i) {
        for (std::size_t s = 0; s < std::size(stages); ++s) {
            const double took = through.run(stages[s].first);
            if (i > 0) found[s].push_back(took);  // The first round warms.
        }
    }
    std::string line = "{";
    double before = 0;
    for (std::size_t s = 0; s < std::size(stages); ++s) {
        const double whole = bench::median(found[s]);
        // A journal is off unless asked for, so what comes behind it stands on the run without one.
        line += fmt::format(R"("{}":{:.3f},)", stages[s].second, whole - before);
        if (stages[s].first != until::journal) before = whole;
    }
    fmt::print("{}\"whole\":{:.3f}}}\n", line, before);
    return 0;
}
