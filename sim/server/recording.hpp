#pragma once
// Recordings: what a simulated Discord sent to its gateway clients, byte for byte before compression, with timing; written while
// it serves, and served again to clients of a bench. Not here: sockets.

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "shoal/error.hpp"
#include "sim/server/errc.hpp"
#include "sim/server/machine.hpp"
#include "sim/wire/text.hpp"

namespace shoal::sim {

/// Writes a recording. Format: the line "shoal-recording 1", then for each message a line "MICROSECONDS CONNECTION BYTES", the
/// message itself and a line feed. Where the disk does not take it, it ends: what came before can be replayed.
class recorder {
public:
    [[nodiscard]] static result<std::unique_ptr<recorder>> open(const std::string& path);
    ~recorder();
    recorder(const recorder&) = delete;
    recorder& operator=(const recorder&) = delete;
    void write(instant now, conn_id conn, const wire::text_parts& text);
    /// A failure: it has ended before, or does now.
    [[nodiscard]] result<void> flush();

private:
    recorder(std::string path, std::FILE* file) : path_(std::move(path)), file_(file) {}
    void put(std::string_view text);

    std::string path_;
    std::FILE* file_;
    int error_ = 0;  // That ended it.
    instant first_ = never;
};

struct recorded_message {
    duration at{};
    shared_text text;
};
/// The dispatches of one recorded connection, from READY on.
struct recorded_stream {
    std::uint64_t conn = 0;
    std::vector<recorded_message> messages;
};
/// Reads a recording's streams in the order in which their connections came. Connections without a READY (resumed ones) and
/// messages that are no dispatch are left out: HELLO and ACKs are the server's own business.
[[nodiscard]] result<std::vector<recorded_stream>> read_recording(const std::string& path);

struct replay_options {
    double speed = 0;   ///< 1: as recorded; 2: twice as fast; 0: as fast as the client reads.
    bool hold = false;  ///< Send READY, then wait for {"do":"go"}.
    duration heartbeat_interval = std::chrono::milliseconds(41250);
    std::string gateway_url = {};
};
/// A Discord that knows only a recording: shard i of a client gets stream i (modulo their number), from READY on.
[[nodiscard]] std::unique_ptr<machine> make_replay_machine(std::shared_ptr<const std::vector<recorded_stream>> streams,
                                                           replay_options options);

}  // namespace shoal::sim
